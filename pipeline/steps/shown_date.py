"""The days that the lines around the headline show to readers: the lines after it first, then those before it, without the site's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from db.readings import PublicationDate
from db.vocabulary import DateEvidence
from pipeline.steps.date_context import DateContext
from pipeline.steps.date_phrases import Phrase, find_date
from pipeline.steps.dateline import about_publication, is_other, is_part_of_sentence, is_update, labels, names_event, tells_of_another_day
from pipeline.steps.headline import Line, Surroundings
from pipeline.steps.lexicon import plain
from pipeline.steps.stated_date import machine_date

_CLOSE, _PARAGRAPH = 6, 120


@dataclass(frozen=True, slots=True)
class Shown:
    """A day in a line: `other` is the day that its figures may mean as well.

    `is_written` says that readers see that day itself, not how long ago it was; `close` that the line stands in the headline's own
    container, a few lines from it and before any paragraph.
    """

    published: PublicationDate
    why: str
    other: date | None = None
    is_written: bool = False
    close: bool = False


def shown_dates(lines: Surroundings, here: DateContext) -> Iterator[Shown]:
    """Every acceptable day around the headline, best first."""
    is_close = True
    is_event = any(names_event(line.text) for line in lines.after[:_CLOSE] if len(line.text) < _PARAGRAPH)
    for index, line in enumerate(lines.after):
        found = _read(line, here, f"after the headline: {line.text}")
        if found and not (is_event and not labels()["published"].search(plain(f"{line.label} {line.text}"))):
            yield replace(found, close=line.near and is_close and index < _CLOSE)
        is_close = is_close and len(line.text) < _PARAGRAPH
    for line in lines.before:
        found = _read(line, here, f"before the headline: {line.text}")
        if found and not _is_clock(line, found.published, here):
            yield replace(found, close=line.near)


def _read(line: Line, here: DateContext, why: str) -> Shown | None:
    if (line.linked and not line.at) or line.in_figure or is_update(line.label) or is_other(line.label):
        return None
    text = about_publication(line.text)
    phrase = find_date(text, zone=here.zone, now=here.fetched_at, month_first=here.month_first, language=here.language) if text else None
    if phrase and (tells_of_another_day(text, phrase) or is_part_of_sentence(line.within, here)):
        return None
    phrase = _settled_by_fetch(phrase, here)
    if line.at and (phrase or text == line.text):
        machine = machine_date(line.at, DateEvidence.HEADLINE, here)
        if machine and not (phrase and not phrase.relative and machine.on not in {phrase.on, phrase.other}):
            return Shown(machine, why, is_written=phrase is not None and not phrase.relative)
    if not phrase:
        return None
    return Shown(PublicationDate(phrase.on, phrase.precision, DateEvidence.HEADLINE, phrase.at), why, phrase.other, not phrase.relative)


def _settled_by_fetch(phrase: Phrase | None, here: DateContext) -> Phrase | None:
    """Of the two days that figures may mean (12/10 and 10/12), the one that is not in the future."""
    if phrase is None or phrase.other is None or here.fetched_at is None:
        return phrase
    latest = here.fetched_at.astimezone(here.zone).date() + timedelta(days=1)
    if phrase.on <= latest or phrase.other > latest:
        return phrase
    at = phrase.at and phrase.at + (phrase.other - phrase.on)
    return replace(phrase, on=phrase.other, other=phrase.on, at=at)


def _is_clock(line: Line, found: PublicationDate, here: DateContext) -> bool:
    """A masthead shows the day of the visit: a bare day above the headline, outside its container, or that of the fetch itself."""
    if find_date(line.text, zone=here.zone, now=None, language=here.language) is None or labels()["published"].search(plain(line.text)):
        return False
    fetched_on = here.fetched_at.astimezone(here.zone).date() if here.fetched_at else None
    is_fetch_day = fetched_on is not None and abs(found.on - fetched_on) <= timedelta(days=1)
    names_weekday = labels()["weekdays"].search(plain(line.text)) is not None
    return not line.near and (is_fetch_day or names_weekday)
