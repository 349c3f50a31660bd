"""Which day is the paper's own, where a page names several for machines and for readers.

Systems state instants in UTC, and state articles anew when these are moved or saved again; the day in an address and the day that readers
are shown are the paper's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain

from db.readings import PublicationDate
from db.vocabulary import DateEvidence, Precision
from pipeline.steps.date_phrases import COARSE
from pipeline.steps.shown_date import Shown
from pipeline.steps.stated_date import Stated
from pipeline.steps.url_day import is_in_folders

_BESIDE = timedelta(days=1)
_LATE = 10
"""The earliest hour in UTC at which a new day begins somewhere: 14 hours east."""
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)
"""How far clocks on Earth are from UTC at most."""


def by_trust(stated: Iterator[Stated], shown: Shown | None) -> Iterator[Stated]:
    """Stated days in the order of their trust: as they come, but one that readers are shown as well before others."""
    first = next(stated, None)
    if first is None:
        return
    agrees = shown is None or first.published.on in {shown.published.on, shown.other} or _is_same_instant(first.published, shown.published)
    if shown and _is_firm(shown) and not agrees:
        yield from sorted([first, *stated], key=lambda one: one.published.on != shown.published.on)
    else:
        yield first
        yield from stated


def own_day(stated: Stated, url: str, in_url: date | None, shown: Shown | None) -> tuple[PublicationDate, str]:
    """The day a page states, or the one that its address or the first line with a day around its headline knows better, and why.

    `in_url` is the day that `url` holds, if it is an acceptable one.
    """
    found = stated.published
    if in_url and in_url != found.on and abs(in_url - found.on) <= _BESIDE:
        said = f"{stated.why} says {found.on}, the address a day beside it: the address is the paper's own day"
        return replace(found, on=in_url), said
    if in_url and in_url < found.on and is_in_folders(in_url, url):
        said = f"{stated.why} says {found.on}, the address an earlier day: what is stated later is a new version"
        return PublicationDate(in_url, Precision.DAY, DateEvidence.URL), said
    if shown and found.on not in {in_url, shown.published.on}:
        return _against_shown(stated, shown)
    return found, stated.why


def against_page(stated: Stated, agreed: Callable[[], date | None]) -> tuple[PublicationDate, str] | None:
    """The day the page shows away from its headline (`agreed`, asked only if it matters), where it is surer than the stated one.

    That is so for a name that does not say that its day is that of publication, and for the midnight at which a day begins in the
    paper's zone, stated in UTC: *23:00:00Z* of the day before.
    """
    found = stated.published
    if stated.is_vague:
        day = agreed()
        if day and day != found.on:
            return PublicationDate(day, Precision.DAY, DateEvidence.PAGE), f"{stated.why} may be another day; the page shows {day} only"
    elif found.at and found.at.minute == found.at.second == 0 and found.at.hour >= _LATE and found.at.date() == found.on:
        day = agreed()
        if day == found.on + _BESIDE:
            midnight = replace(found, on=day, at=None, precision=Precision.DAY)
            return midnight, f"{stated.why} is the midnight before {day}, which the page shows"
    return None


def with_time(found: PublicationDate, others: Iterator[Stated], shown: Shown | None) -> PublicationDate:
    """A stated day with the time of day that another statement, or the line by the headline, has for it."""
    if found.at is not None or found.precision is not Precision.DAY:
        return found
    named = (one.published for one in others if not one.is_vague)
    beside = () if shown is None or shown.published.evidence is found.evidence else (shown.published,)
    timed = next((one for one in chain(named, beside) if one.on == found.on and one.at is not None), None)
    return replace(found, at=timed.at, precision=timed.precision) if timed else found


def _against_shown(stated: Stated, shown: Shown) -> tuple[PublicationDate, str]:
    found, read = stated.published, shown.published
    if not _is_firm(shown) or found.precision in COARSE or found.on == shown.other:
        return found, stated.why
    if read.on == stated.other:
        return replace(found, on=read.on), f"{stated.why} may mean two days; {shown.why} shows which"
    if not shown.close:
        return found, stated.why
    if _is_same_instant(found, read):
        return replace(found, on=read.on), f"{stated.why} is {found.on} in UTC; {shown.why} shows the paper's own day"
    if read.on < found.on:
        return read, f"{stated.why} says {found.on}, which is later than what readers are shown: {shown.why}"
    return found, stated.why


def _is_firm(shown: Shown) -> bool:
    return shown.published.precision not in COARSE and shown.is_written


def _is_same_instant(found: PublicationDate, read: PublicationDate) -> bool:
    """Whether somewhere on Earth it was the day that is shown, at the time that is shown, at the instant that is stated in UTC."""
    if found.at is None or found.at.date() != found.on or abs(read.on - found.on) > _BESIDE:
        return False
    if read.at is not None:
        return _WEST <= read.at - found.at <= _EAST
    return _at(read.on) - _EAST < found.at < _at(read.on + _BESIDE) - _WEST


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
