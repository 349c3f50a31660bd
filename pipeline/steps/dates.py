"""When an article was published and changed: the evidence in its order of trust, and what is never a publication date.

Site clocks, © years, days in the future (more than a day after the fetch), the first of January out of nowhere and the epoch are refused:
a wrong date is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lxml.html import HtmlElement

from db.readings import PublicationDate
from db.records import Hints
from db.vocabulary import DateEvidence, Precision
from pipeline.steps.asset_months import asset_months
from pipeline.steps.date_context import DateContext, is_acceptable
from pipeline.steps.date_phrases import COARSE, Phrase, find_date, read_instant, shows_month_first
from pipeline.steps.dateline import labels
from pipeline.steps.headline import Surroundings
from pipeline.steps.in_page import InPage
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import plain
from pipeline.steps.own_day import against_page, by_trust, own_day, with_time
from pipeline.steps.shown_date import shown_dates
from pipeline.steps.stated_date import machine_date, stated_dates, written_date
from pipeline.steps.structured import Statements, text_value
from pipeline.steps.tree import words_of
from pipeline.steps.url_day import day_in_url

_MODIFIED_META = (
    "article:modified_time",
    "og:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
)
_URL_MONTH = re.compile(r"/((?:19|20)\d{2})/(0[1-9]|1[0-2])(?=/)")
_STATED = frozenset((DateEvidence.JSON_LD, DateEvidence.META, DateEvidence.MICRODATA))


@dataclass(frozen=True, slots=True)
class Dates:
    """When the article was published and last changed, as far as the page says."""

    published: PublicationDate | None
    modified_at: datetime | None


def find_dates(tree: HtmlElement, stated: Statements, lines: Surroundings, here: DateContext, journal: Journal) -> Dates:
    """The best evidence that is not refused, the paper's own day (`own_day`) where a stated one has rivals."""
    candidates = _candidates(tree, stated, lines, here, journal)
    published = next(candidates, None)
    if published and published.precision is Precision.MONTH and published.evidence in _STATED:
        published = next((one for one in candidates if _tells_day_of(one, published)), published)
    hinted = _hinted(here.hints)
    if published and hinted and published.precision in COARSE and is_acceptable(hinted.on, here, journal, "feed"):
        journal.note("dates", "published", hinted.on, f"a feed or news sitemap knows the day, the page only the {published.precision}")
        published = hinted
    if published is None:
        journal.note("dates", "published", "unknown", "no evidence on the page or in the feeds")
    return Dates(published, _modified(stated, lines, here, published))


def _tells_day_of(one: PublicationDate, month: PublicationDate) -> bool:
    return one.precision not in COARSE and (one.on.year, one.on.month) == (month.on.year, month.on.month)


def with_written(found: Dates, texts: tuple[str, ...], here: DateContext, journal: Journal) -> Dates:
    """`found` with the day of the place the source's layout points at, if it can be read there; an instant stated of that day stays."""
    for text in texts:
        written = machine_date(text, DateEvidence.HEADLINE, here) or written_date(text, DateEvidence.HEADLINE, here)
        if written and is_acceptable(written.on, here, journal, "layout of the source"):
            journal.note("dates", "published", written.at or written.on, "layout of the source")
            stands = found.published
            knows_more = stands is not None and stands.at is not None and written.at is None and stands.on == written.on
            return found if knows_more else replace(found, published=written)
    return found


def _candidates(
    tree: HtmlElement, stated: Statements, lines: Surroundings, here: DateContext, journal: Journal
) -> Iterator[PublicationDate]:
    url_day = day_in_url(here.url)
    url_day = url_day if url_day and is_acceptable(url_day, here, journal, "address") else None
    yield from _stated(InPage(tree, lines, here), stated, url_day, journal)
    if url_day:
        journal.note("dates", "published", url_day, "the address holds the day")
        yield _with_headline_time(PublicationDate(url_day, Precision.DAY, DateEvidence.URL), lines, here)
    if not here.month_first:  # only here, for most pages state their day and need no look at all of their words
        here = replace(here, month_first=shows_month_first(words_of(tree), asset_months(tree)))
    yield from _shown(InPage(tree, lines, here), journal)
    yield from _of_month(InPage(tree, lines, here), journal)


def _stated(page: InPage, stated: Statements, url_day: date | None, journal: Journal) -> Iterator[PublicationDate]:
    """The days the page states for machines, each the paper's own where others know better."""
    here = page.here
    shown = next((one for one in shown_dates(page.lines, here) if is_acceptable(one.published.on, here, journal, one.why)), None)
    known = (one for one in stated_dates(page.tree, stated, here) if is_acceptable(one.published.on, here, journal, one.why))
    trusted = by_trust(known, shown)
    for one in trusted:
        found, why = own_day(one, here.url, url_day, shown)
        if found == one.published:
            found, why = against_page(one, page.agreed) or (found, why)
            found = with_time(found, trusted, shown)
        journal.note("dates", "published", found.at or found.on, why)
        yield found


def _shown(page: InPage, journal: Journal) -> Iterator[PublicationDate]:
    """The days the page shows its readers, and what feeds said of it: by the headline first, then away from it."""
    here = page.here
    first = page.first_version()
    if first:
        yield from _accepted(first, DateEvidence.PAGE, "a sentence says when the article was first published", here, journal)
    for shown in shown_dates(page.lines, here):
        if is_acceptable(shown.published.on, here, journal, shown.why):
            journal.note("dates", "published", shown.published.on, shown.why)
            yield shown.published
    hinted = _hinted(here.hints)
    if hinted and is_acceptable(hinted.on, here, journal, "feed"):
        journal.note("dates", "published", hinted.on, "the page says nothing; a feed or news sitemap does")
        yield hinted
    yearless = page.yearless()
    if yearless:
        yield from _accepted(yearless, DateEvidence.HEADLINE, "by the headline without a year, which address or images know", here, journal)
    for phrase, why in page.away():
        yield from _accepted(phrase, DateEvidence.PAGE, why, here, journal)


def _of_month(page: InPage, journal: Journal) -> Iterator[PublicationDate]:
    """Where the address holds the month: the only day of it that the page writes, else the month."""
    month = _URL_MONTH.search(page.here.url)
    first = date(int(month[1]), int(month[2]), 1) if month else None
    if first is None or not is_acceptable(first, page.here, journal, "address"):
        return
    day = page.day_of(first)
    if day:
        why = "the only day the page writes of the month that the address holds"
        yield from _accepted(Phrase(day, Precision.DAY, None, False, 0, 0), DateEvidence.PAGE, why, page.here, journal)
    journal.note("dates", "published", first, "the address holds the month only")
    yield PublicationDate(first, Precision.MONTH, DateEvidence.URL)


def _accepted(phrase: Phrase, evidence: DateEvidence, why: str, here: DateContext, journal: Journal) -> Iterator[PublicationDate]:
    if is_acceptable(phrase.on, here, journal, why):
        journal.note("dates", "published", phrase.at or phrase.on, why)
        yield PublicationDate(phrase.on, phrase.precision, evidence, phrase.at)


def _with_headline_time(found: PublicationDate, lines: Surroundings, here: DateContext) -> PublicationDate:
    """The time of day, if the lines around the headline state one for the same day."""
    for shown in shown_dates(lines, here):
        if shown.published.on == found.on and shown.published.at is not None:
            return replace(found, at=shown.published.at, precision=shown.published.precision)
    return found


def _hinted(hints: Hints) -> PublicationDate | None:
    on = hints.published_on or (hints.published_at.date() if hints.published_at else None)
    if on is None:
        return None
    evidence = hints.evidence or DateEvidence.FEED
    return PublicationDate(on, Precision.SECOND if hints.published_at else Precision.DAY, evidence, hints.published_at)


def _modified(stated: Statements, lines: Surroundings, here: DateContext, published: PublicationDate | None) -> datetime | None:
    """The last change, if an instant is stated that is neither before the publication nor after the fetch."""
    values = [text_value(stated.article.get("dateModified")), *(stated.first_meta(name) or "" for name in _MODIFIED_META)]
    instants = [read[1] for read in (read_instant(value, here.zone) for value in values if value) if read]
    for line in (*lines.after, *lines.before):
        update = labels()["updated"].search(plain(line.text))
        rest = plain(line.text)[update.end() :] if update else ""
        phrase = find_date(rest, zone=here.zone, now=here.fetched_at, language=here.language) if rest else None
        instants.append(phrase.at if phrase else None)
    floor = published.at if published and published.at else None
    ceiling = here.fetched_at + timedelta(days=1) if here.fetched_at else None
    return next((at for at in instants if at and not (floor and at < floor) and not (ceiling and at > ceiling)), None)
