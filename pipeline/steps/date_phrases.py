"""Dates as papers write them, in one short line: months in some forty languages, and what `relative` counts back.

Absolute and relative phrases are read by tables and a handful of patterns; nothing here knows pages, and nothing guesses: a line that
says no day gives None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from itertools import chain

from db.vocabulary import Precision
from pipeline.steps.lexicon import alternatives, plain, vocabulary
from pipeline.steps.relative import Ago, find_ago, find_near

COARSE = frozenset((Precision.WEEK, Precision.MONTH, Precision.YEAR))
"""Precisions that name no day."""
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_UNIT_PRECISION = {
    "second": Precision.SECOND, "minute": Precision.MINUTE, "hour": Precision.HOUR, "day": Precision.DAY,
    "week": Precision.WEEK, "month": Precision.MONTH, "year": Precision.YEAR,
}  # fmt: skip
_UNIT_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_TIME = re.compile(r"(?<![\d/.-])([01]?\d|2[0-3])\s?(?:[:h]|hs?\b|uhr|u\b)\s?([0-5]\d)?(?::([0-5]\d))?\s*([ap])?\.?m?\b")
_HALF = re.compile(rf"\s*(?:({'|'.join(map(plain, ('مساء', 'مساءا', 'ظهرا', 'ليلا', 'م')))})|{'|'.join(map(plain, ('صباحا', 'ص')))})(?!\w)")
"""Which half of the day an hour is of, in Arabic; the group is that of the second."""
_ISO = re.compile(
    r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*(z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2}\b)?)?"
)
_ISO_MONTH = re.compile(r"\s*(\d{4})-(\d{2})\s*")
_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})\s?([/.-]|(?<=\s)\|(?=\s))\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d/.-]\d)")
_YEAR_FIRST = re.compile(r"(?<![\d/.-])(\d{4})([/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_EAST_ASIAN = re.compile(
    rf"(?<!\d)(\d{{4}})\s*(?:年|{plain('년')})\s*(\d{{1,2}})\s*(?:月|{plain('월')})\s*(\d{{1,2}})(?!\d)\s*(?:日|号|{plain('일')})?"
)
"""2020年3月5日, 2020년 3월 5일."""
_BUDDHIST = range(2443, 2643)
"""Years 1900 to 2099 as Thai papers count them, 543 more."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A date found in a line: day, exactness, the instant if a time was stated, and where it stood in the folded line."""

    on: date
    precision: Precision
    at: datetime | None
    relative: bool
    start: int
    end: int
    other: date | None = None
    """The day that the same figures are where the month is written first, or last, as the case may be."""


@dataclass(frozen=True, slots=True)
class _Tables:
    months: dict[str, int]
    day_month: re.Pattern[str]
    month_day: re.Pattern[str]
    year_month: re.Pattern[str]
    year_day: re.Pattern[str]
    month_only: re.Pattern[str]


def find_date(text: str, *, zone: tzinfo, now: datetime | None, month_first: bool = False) -> Phrase | None:
    """The first date in a line of at most a few hundred characters; local times are in `zone`, relative phrases count back from `now`.

    `month_first` reads 03/04/2020 as the fourth of March, where both readings are possible.
    """
    line = plain(text[:400])
    absolute = _absolute(line, zone, month_first=month_first)
    relative = _relative(line, zone, now) if now else None
    found = [phrase for phrase in (absolute, relative) if phrase]
    return min(found, key=lambda phrase: phrase.start, default=None)


def read_instant(text: str, zone: tzinfo) -> tuple[date, datetime | None] | None:
    """A machine-readable date (ISO 8601 and its lookalikes): the day as written there, and the instant if a time other than midnight is.

    Midnight sharp is how systems write a day without a time.
    """
    match = _ISO.search(plain(text[:80]))
    if not match:
        return None
    day = _day(int(match[1]), int(match[2]), int(match[3]))
    if not day:
        return None
    at = _instant(day, match[4], match[5], match[6], _offset(match[7]) or zone)
    return day, at


def read_month(text: str) -> date | None:
    """The first day of the month a machine-readable date without a day names (`2024-05`, ISO 8601)."""
    match = _ISO_MONTH.fullmatch(text)
    return _day(int(match[1]), int(match[2]), 1) if match else None


def written_days(text: str, *, month_first: bool) -> Iterator[Phrase]:
    """Every whole date (year, month and day in one place) that a text of any length writes."""
    line = plain(text)
    iso = ((match, _day(int(match[1]), int(match[2]), int(match[3])), None) for match in _ISO.finditer(line))
    for match, day, other in chain(iso, _whole_dates(line, month_first=month_first)):
        if day:
            yield Phrase(day, Precision.DAY, None, relative=False, start=match.start(), end=match.end(), other=other)


def shows_month_first(text: str) -> bool:
    """Whether a page's dates in figures can only be read with the month first (12/25/2024), and none only with the day first."""
    pairs = [(int(match[1]), int(match[3])) for match in _NUMERIC.finditer(text) if match[2] == "/"]
    return any(first <= 12 < second for first, second in pairs) and not any(second <= 12 < first for first, second in pairs)


def _whole_dates(line: str, *, month_first: bool) -> Iterator[tuple[re.Match[str], date | None, date | None]]:
    """Every match of a pattern of whole dates in a folded line, pattern by pattern, with its day and the day it could be as well."""
    tables = _tables()
    named: tuple[tuple[re.Pattern[str], tuple[int, int, int]], ...] = (
        (tables.day_month, (3, 2, 1)),
        (tables.month_day, (3, 1, 2)),
        (tables.year_month, (1, 2, 3)),
        (tables.year_day, (1, 3, 2)),
    )
    for pattern, (year, month, day) in named:
        for match in pattern.finditer(line):
            yield match, _day(_full_year(match[year]), tables.months[_squeeze(match[month])], int(match[day])), None
    for match in _YEAR_FIRST.finditer(line):
        yield match, _day(int(match[1]), int(match[3]), int(match[4])), None
    for match in _EAST_ASIAN.finditer(line):
        yield match, _day(int(match[1]), int(match[2]), int(match[3])), None
    for match in _NUMERIC.finditer(line):
        yield match, *_numeric(match, month_first=month_first)


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if not text[1:].strip(":").replace(":", "").isdigit():
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    delta = timedelta(minutes=-minutes if text[0] == "-" else minutes)
    return datetime.strptime(_zone_text(delta), "%z").tzinfo if abs(delta) < timedelta(hours=24) else UTC


def _zone_text(delta: timedelta) -> str:
    minutes = int(delta.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def _instant(day: date, hour: str | None, minute: str | None, second: str | None, zone: tzinfo) -> datetime | None:
    whole, _, fraction = (second or "0").replace(",", ".").partition(".")
    if hour is None or (int(hour), int(minute or 0), int(whole)) == (0, 0, 0):
        return None
    try:
        at = time(int(hour), int(minute or 0), int(whole), int(fraction[:6].ljust(6, "0")))
        return datetime.combine(day, at, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _absolute(line: str, zone: tzinfo, *, month_first: bool) -> Phrase | None:
    iso = _ISO.search(line)
    if iso:
        day = _day(int(iso[1]), int(iso[2]), int(iso[3]))
        if day:
            at = _instant(day, iso[4], iso[5], iso[6], _offset(iso[7]) or zone)
            precision = Precision.DAY if at is None else Precision.SECOND if iso[6] else Precision.MINUTE
            return Phrase(day, precision, at, relative=False, start=iso.start(), end=iso.end())
    found = [(match.start(), match.end(), day, other) for match, day, other in _whole_dates(line, month_first=month_first) if day]
    if not found:
        return _month_alone(line, _tables())
    start, end, day, other = min(found, key=lambda one: one[:2])
    return replace(_with_time(line, start, end, day, zone, relative=False), other=other)


def _numeric(match: re.Match[str], *, month_first: bool) -> tuple[date | None, date | None]:
    """The day, and the other day that the figures may mean as well."""
    first, second, year = int(match[1]), int(match[3]), _full_year(match[4])
    if second > 12 or (month_first and first <= 12):
        first, second = second, first
    day = _day(year, second, first)
    return day, _day(year, first, second) if day and first != second and match[2] != "." else None


def _full_year(text: str) -> int:
    """A year of two figures is one of 1970 to 2069; one of the Buddhist era is counted back."""
    year = int(text.strip("'"))
    if year < 100:
        return year + (2000 if year < 70 else 1900)
    return year - 543 if year in _BUDDHIST else year


def _month_alone(line: str, tables: _Tables) -> Phrase | None:
    match = tables.month_only.fullmatch(line)
    if not match:
        return None
    day = _day(int(match[2]), tables.months[_squeeze(match[1])], 1)
    return Phrase(day, Precision.MONTH, None, relative=False, start=0, end=len(line)) if day else None


def _with_time(line: str, start: int, end: int, day: date, zone: tzinfo, *, relative: bool) -> Phrase:
    """Add the time of day that stands right after the date, or right before it."""
    after = _TIME.search(line, end, min(len(line), end + 22))
    before = None if after else _TIME.search(line, max(0, start - 14), start)
    clock = after or before
    at = None
    if clock:
        hour = int(clock[1])
        half = None if clock[4] else _HALF.match(line, clock.end())
        if (clock[4] or half) and hour <= 12:
            hour = hour % 12 + (12 if clock[4] == "p" or (half and half[1]) else 0)
        try:
            at = datetime.combine(day, time(hour, int(clock[2] or 0), int(clock[3] or 0)), zone).astimezone(UTC)
        except (ValueError, OverflowError):
            at = None
    precision = Precision.DAY if at is None else Precision.SECOND if clock and clock[3] else Precision.MINUTE
    return Phrase(day, precision, at, relative=relative, start=start, end=clock.end() if clock and clock is after else end)


def _relative(line: str, zone: tzinfo, now: datetime) -> Phrase | None:
    ago = find_ago(line)
    if ago:
        return _back(now, zone, ago)
    named = find_near(line)
    if named is None or named.unit in _UNIT_SECONDS:
        return _back(now, zone, named) if named else None
    day = now.astimezone(zone).date() - timedelta(days=named.count)
    return _with_time(line, named.start, named.end, day, zone, relative=True)


def _back(now: datetime, zone: tzinfo, ago: Ago) -> Phrase | None:
    precision = _UNIT_PRECISION[ago.unit]
    try:
        if ago.unit in _UNIT_SECONDS:
            at = (now - timedelta(seconds=ago.count * _UNIT_SECONDS[ago.unit])).replace(microsecond=0)
            return Phrase(at.astimezone(zone).date(), precision, at, relative=True, start=ago.start, end=ago.end)
        day = now.astimezone(zone).date() - timedelta(days=ago.count * _UNIT_DAYS[ago.unit])
    except OverflowError:
        return None
    return Phrase(day, precision, None, relative=True, start=ago.start, end=ago.end)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _squeeze(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


@cache
def _tables() -> _Tables:
    words = vocabulary("dates")
    months = {plain(name): n for names in words["months"].values() for n, entry in enumerate(names, 1) for name in entry.split("|") if name}
    month = f"({alternatives(months)})"
    also = f"(?:\\s*/\\s*{alternatives(months)}\\.?)?"
    return _Tables(
        months=months,
        day_month=re.compile(
            rf"(?<![\d:])(\d{{1,2}})\s?(?:er|st|nd|rd|th|º|°|o|\.)?\s*(?:de\s+|d'|of\s+|ב|-|/)?\s*{month}\.?{also}\s*"
            rf"(?:(?:de|del|nam)\s+|,|-|/)?\s*(\d{{4}}(?!\d)|'\d{{2}}\b|(?<=[-/])\d{{2}}\b|\d{{2}}(?=\W*$))"
        ),
        month_day=re.compile(rf"\b{month}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(\d{{4}}(?!\d)|'\d{{2}}\b)"),
        year_month=re.compile(rf"(?<![\d/.-])(\d{{4}})(?:\.|,|\s*m\.)?[\s-]+{month}\.?[\s-]*(\d{{1,2}})(?![\d:])"),
        year_day=re.compile(rf"(?<![\d/.-])(\d{{4}})\.?\s*gada\s*(\d{{1,2}})\.?\s*{month}"),
        month_only=re.compile(rf"{month}\.?{also}\s+(?:de\s+)?(\d{{4}})"),
    )
