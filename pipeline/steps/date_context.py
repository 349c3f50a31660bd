"""What every piece of evidence for a day is read with, and which days are refused whatever names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from db.readings import ReadingHints
from db.records import Hints
from pipeline.steps.journal import Journal

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
    language: str = ""
    """What the page says it is in, a BCP 47 tag."""


def context(url: str, fetched_at: datetime | None, hints: ReadingHints, page_language: str) -> DateContext:
    """The context of a page; an unknown zone name counts as UTC. Only American English puts the month first."""
    try:
        zone: tzinfo = ZoneInfo(hints.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = UTC
    american = page_language.lower() in {"en-us", "en_us"}
    return DateContext(zone, fetched_at, url, american, hints.time_zone not in {"", "UTC"}, hints.discovered, page_language)


def is_acceptable(day: date, here: DateContext, journal: Journal, why: str) -> bool:
    """Whether a day may be a publication date at all: not the epoch, not absurdly old, not after the fetch."""
    too_late = here.fetched_at is not None and day > here.fetched_at.astimezone(here.zone).date() + timedelta(days=1)
    if too_late or day < _OLDEST or day == _EPOCH or day.year > 2200:
        journal.note("dates", "refused", day, f"{why}: {'in the future' if too_late else 'not a day a paper was published'}")
        return False
    return True
