"""When an article was published and changed: the evidence in its order of trust, and what is never a publication date.

Site clocks, © years, days in the future (more than a day after the fetch), the first of January out of nowhere and the epoch are refused:
a wrong date is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lxml.html import HtmlElement

from db.readings import PublicationDate, ReadingHints
from db.records import Hints
from db.vocabulary import DateEvidence, Precision
from pipeline.steps.date_phrases import COARSE, Phrase, find_date, read_instant, read_month, shows_month_first
from pipeline.steps.dateline import is_other, is_update, tells_of_another_day
from pipeline.steps.headline import Line, Surroundings
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import alternatives, plain, vocabulary
from pipeline.steps.lone_date import lone_phrase
from pipeline.steps.page_date import guess_day, marked_phrase
from pipeline.steps.structured import Statements, text_value
from pipeline.steps.tree import text_of, words_of

_PUBLISHED_META = (
    "article:published_time", "article:published", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "publish-date", "publish_date", "publication_date", "pubdate", "publishdate",
    "article.published", "article_date_original", "originalpublicationdate", "dc.date.issued", "dcterms.issued", "dcterms.created",
    "dc.date.created", "dc.date.published", "dc.date", "dcterms.date", "date", "published", "date_published", "publisheddate",
    "publish_time", "publishtime", "pub_date", "article_publication_date", "rnews:datepublished", "bt:pubdate", "article:post_date",
    "cdate", "ptime", "citation_publication_date", "citation_online_date", "citation_date",
)  # fmt: skip
_MODIFIED_META = (
    "article:modified_time",
    "og:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
)
_URL_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})([/_-]?)(0[1-9]|1[0-2]|[1-9](?=\2))\2(0[1-9]|[12]\d|3[01]|[1-9](?!\d))(?!\d)")
_URL_DAY_FIRST = re.compile(r"(?<!\d)(0?[1-9]|[12]\d|3[01])-(0?[1-9]|1[0-2])-((?:19|20)\d{2})(?!\d)")
_URL_MONTH = re.compile(r"/((?:19|20)\d{2})/(0[1-9]|1[0-2])(?=/)")
_STATED = frozenset((DateEvidence.JSON_LD, DateEvidence.META, DateEvidence.MICRODATA))
_OLDEST = date(1900, 1, 1)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DateContext:
    """What every piece of evidence is read with: the source's zone, the time of the fetch, the page's address, what feeds said of it."""

    zone: tzinfo
    fetched_at: datetime | None
    url: str
    month_first: bool = False
    zone_is_known: bool = False
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True)
class Dates:
    """When the article was published and last changed, as far as the page says."""

    published: PublicationDate | None
    modified_at: datetime | None


def context(url: str, fetched_at: datetime | None, hints: ReadingHints, page_language: str) -> DateContext:
    """The context of a page; an unknown zone name counts as UTC. Only American English puts the month first."""
    try:
        zone: tzinfo = ZoneInfo(hints.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = UTC
    american = page_language.lower() in {"en-us", "en_us"}
    return DateContext(zone, fetched_at, url, american, hints.time_zone not in {"", "UTC"}, hints.discovered)


def find_dates(tree: HtmlElement, stated: Statements, lines: Surroundings, here: DateContext, journal: Journal) -> Dates:
    """The best evidence that is not refused, with the URL's own day over a stated one that is at most a day off."""
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
    """`found` with the day of the place the source's layout points at, if it can be read there."""
    for text in texts:
        written = _machine(text, DateEvidence.HEADLINE, here) or _written(text, DateEvidence.HEADLINE, here)
        if written and is_acceptable(written.on, here, journal, "layout of the source"):
            journal.note("dates", "published", written.at or written.on, "layout of the source")
            return replace(found, published=written)
    return found


def _candidates(
    tree: HtmlElement, stated: Statements, lines: Surroundings, here: DateContext, journal: Journal
) -> Iterator[PublicationDate]:
    url_day = day_in_url(here.url)
    for found, why in _stated(tree, stated, here):
        if is_acceptable(found.on, here, journal, why):
            yield _settled_by_url(found, url_day, why, journal)
    if url_day and is_acceptable(url_day, here, journal, "address"):
        journal.note("dates", "published", url_day, "the address holds the day")
        yield _with_headline_time(PublicationDate(url_day, Precision.DAY, DateEvidence.URL), lines, here)
    if not here.month_first:  # only here, for most pages state their day and need no look at all of their words
        here = replace(here, month_first=shows_month_first(words_of(tree)))
    for found, why in _in_lines(lines, here):
        if is_acceptable(found.on, here, journal, why):
            journal.note("dates", "published", found.on, why)
            yield found
    hinted = _hinted(here.hints)
    if hinted and is_acceptable(hinted.on, here, journal, "feed"):
        journal.note("dates", "published", hinted.on, "the page says nothing; a feed or news sitemap does")
        yield hinted
    yield from _in_page(tree, lines, here, journal)
    month = _URL_MONTH.search(here.url)
    if month and is_acceptable(date(int(month[1]), int(month[2]), 1), here, journal, "address"):
        journal.note("dates", "published", month[0], "the address holds the month only")
        yield PublicationDate(date(int(month[1]), int(month[2]), 1), Precision.MONTH, DateEvidence.URL)


def _in_page(tree: HtmlElement, lines: Surroundings, here: DateContext, journal: Journal) -> Iterator[PublicationDate]:
    """The last resorts, best first: a place marked as a date, a day that stands alone, what htmldate finds."""

    def read(text: str) -> Phrase | None:
        return _marked_date(text, here)

    def is_prose(text: str) -> bool:
        return _is_part_of_sentence(text, here)

    for look, why in (
        (marked_phrase, "a place the page marks as a date"),
        (lone_phrase, "labelled, or the only day that stands by itself"),
    ):
        phrase = look(tree, lines.element, read, is_prose, here.fetched_at)
        if phrase and is_acceptable(phrase.on, here, journal, why):
            journal.note("dates", "published", phrase.at or phrase.on, why)
            yield _from_phrase(phrase, DateEvidence.PAGE)
    guessed = guess_day(tree, here.url, here.fetched_at, month_first=here.month_first)
    if guessed and is_acceptable(guessed, here, journal, "htmldate"):
        journal.note("dates", "published", guessed, "found in the cleaned page")
        yield PublicationDate(guessed, Precision.DAY, DateEvidence.PAGE)


def is_acceptable(day: date, here: DateContext, journal: Journal, why: str) -> bool:
    """Whether a day may be a publication date at all: not the epoch, not absurdly old, not after the fetch."""
    too_late = here.fetched_at is not None and day > here.fetched_at.astimezone(here.zone).date() + timedelta(days=1)
    if too_late or day < _OLDEST or day == _EPOCH or day.year > 2200:
        journal.note("dates", "refused", day, f"{why}: {'in the future' if too_late else 'not a day a paper was published'}")
        return False
    return True


def day_in_url(url: str) -> date | None:
    """The calendar day an address holds (/2020/10/03/, 2020-10-03, 20201003), if any."""
    for match in _URL_DAY.finditer(url.partition("?")[0]):
        try:
            return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    turned = _URL_DAY_FIRST.search(url.partition("?")[0])
    if turned:
        try:
            return date(int(turned[3]), int(turned[2]), int(turned[1]))
        except ValueError:
            return None
    return None


def _settled_by_url(found: PublicationDate, url_day: date | None, why: str, journal: Journal) -> PublicationDate:
    if url_day and url_day != found.on and abs(url_day - found.on) <= timedelta(days=1):
        journal.note(
            "dates", "published", url_day, f"{why} says {found.on}, the address a day beside it: the address is the paper's own day"
        )
        return replace(found, on=url_day)
    journal.note("dates", "published", found.at or found.on, why)
    return found


def _stated(tree: HtmlElement, stated: Statements, here: DateContext) -> Iterator[tuple[PublicationDate, str]]:
    for key in ("datePublished", "dateCreated", "uploadDate"):
        found = _machine(text_value(stated.article.get(key)), DateEvidence.JSON_LD, here)
        if found:
            yield found, f"JSON-LD {key}"
    for node in stated.nodes:
        found = _machine(text_value(node.get("datePublished")), DateEvidence.JSON_LD, here) if not stated.article else None
        if found:
            yield found, "JSON-LD datePublished of the page"
            break
    for name in _PUBLISHED_META:
        for value in stated.meta.get(name, ())[:1]:
            found = _machine(value, DateEvidence.META, here) or _written(value, DateEvidence.META, here)
            if found:
                yield found, f"meta {name}"
    for element in tree.xpath("//*[@itemprop='datePublished' or @property='datePublished'][not(self::meta)] | //time[@pubdate]")[:3]:
        value = element.get("datetime") or element.get("content") or text_of(element)
        found = _machine(value, DateEvidence.MICRODATA, here) or _written(value, DateEvidence.MICRODATA, here)
        if found:
            yield found, "itemprop datePublished"


def _machine(value: str | None, evidence: DateEvidence, here: DateContext) -> PublicationDate | None:
    read = read_instant(value, here.zone) if value else None
    if not read or not value:
        month = read_month(value) if value else None
        return PublicationDate(month, Precision.MONTH, evidence) if month else None
    day, at = read
    if at is None:
        return PublicationDate(day, Precision.DAY, evidence)
    if here.zone_is_known:
        day = at.astimezone(here.zone).date()
    seconds = re.search(r":\d\d:\d\d", value) is not None
    return PublicationDate(day, Precision.SECOND if seconds else Precision.MINUTE, evidence, at)


def _written(value: str, evidence: DateEvidence, here: DateContext) -> PublicationDate | None:
    phrase = find_date(value, zone=here.zone, now=here.fetched_at, month_first=here.month_first)
    return _from_phrase(phrase, evidence) if phrase else None


def _marked_date(text: str, here: DateContext) -> Phrase | None:
    month = read_month(text)
    if month:
        return Phrase(month, Precision.MONTH, None, relative=False, start=0, end=len(text))
    found = find_date(text, zone=here.zone, now=here.fetched_at, month_first=here.month_first)
    return None if found and tells_of_another_day(text, found) else found


def _from_phrase(phrase: Phrase, evidence: DateEvidence) -> PublicationDate:
    return PublicationDate(phrase.on, phrase.precision, evidence, phrase.at)


def _in_lines(lines: Surroundings, here: DateContext) -> Iterator[tuple[PublicationDate, str]]:
    for line in lines.after:
        found = _line_date(line, here)
        if found:
            yield found, f"after the headline: {line.text}"
    for line in lines.before:
        found = _line_date(line, here)
        if found and not _is_clock(line, found, here):
            yield found, f"before the headline: {line.text}"


def _line_date(line: Line, here: DateContext) -> PublicationDate | None:
    if (line.linked and not line.at) or is_update(line.label) or is_other(line.label):
        return None
    labels = _label_patterns()
    folded = plain(line.text)
    update = labels["updated"].search(folded)
    text = line.text if not update else folded[: update.start()] if update.start() > 5 else ""
    phrase = find_date(text, zone=here.zone, now=here.fetched_at, month_first=here.month_first) if text else None
    if phrase and (tells_of_another_day(text, phrase) or _is_part_of_sentence(line.within, here)):
        return None
    phrase = _settled_by_fetch(phrase, here)
    if line.at and not (update and not phrase):
        machine = _machine(line.at, DateEvidence.HEADLINE, here)
        if machine and not (phrase and not phrase.relative and machine.on not in {phrase.on, phrase.other}):
            return machine
    return _from_phrase(phrase, DateEvidence.HEADLINE) if phrase else None


def _settled_by_fetch(phrase: Phrase | None, here: DateContext) -> Phrase | None:
    """Of the two days that figures may mean (12/10 and 10/12), the one that is not in the future."""
    if phrase is None or phrase.other is None or here.fetched_at is None:
        return phrase
    latest = here.fetched_at.astimezone(here.zone).date() + timedelta(days=1)
    if phrase.on <= latest or phrase.other > latest:
        return phrase
    at = phrase.at and phrase.at + (phrase.other - phrase.on)
    return replace(phrase, on=phrase.other, other=phrase.on, at=at)


def _is_part_of_sentence(whole: str, here: DateContext) -> bool:
    phrase = find_date(whole, zone=here.zone, now=here.fetched_at) if whole else None
    return phrase is not None and tells_of_another_day(whole[:400], phrase)


def _is_clock(line: Line, found: PublicationDate, here: DateContext) -> bool:
    """A masthead shows the day of the visit: a bare day above the headline, outside its container, or that of the fetch itself."""
    if find_date(line.text, zone=here.zone, now=None) is None or _label_patterns()["published"].search(plain(line.text)):
        return False
    fetched_on = here.fetched_at.astimezone(here.zone).date() if here.fetched_at else None
    is_fetch_day = fetched_on is not None and abs(found.on - fetched_on) <= timedelta(days=1)
    names_weekday = _label_patterns()["weekdays"].search(plain(line.text)) is not None
    return not line.near and (is_fetch_day or names_weekday)


def _with_headline_time(found: PublicationDate, lines: Surroundings, here: DateContext) -> PublicationDate:
    """The time of day, if the lines around the headline state one for the same day."""
    for other, _ in _in_lines(lines, here):
        if other.on == found.on and other.at is not None:
            return replace(found, at=other.at, precision=other.precision)
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
        update = _label_patterns()["updated"].search(plain(line.text))
        phrase = find_date(plain(line.text)[update.end() :], zone=here.zone, now=here.fetched_at) if update else None
        instants.append(phrase.at if phrase else None)
    floor = published.at if published and published.at else None
    ceiling = here.fetched_at + timedelta(days=1) if here.fetched_at else None
    return next((at for at in instants if at and not (floor and at < floor) and not (ceiling and at > ceiling)), None)


@cache
def _label_patterns() -> dict[str, re.Pattern[str]]:
    labels = vocabulary("dates")["labels"]
    return {key: re.compile(rf"(?<!\w){alternatives(plain(word) for word in labels[key])}(?!\w)") for key in labels}
