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
from pipeline.steps.calendars import EAST_ASIAN, east_asian_year, full_year, solar_or_common, solar_phrase
from pipeline.steps.clock import clock_beside
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
_FIGURE = re.compile(r"\d")
_ISO = re.compile(
    r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*(z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2}\b)?)?"
)
_FIGURES = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)(?:t?([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(z|[+-]\d{2}:?\d{2})?)?")
_SECONDS = re.compile(r"1[0-9]{9}(?:\d{3})?")
"""Seconds, or thousandths of them, of instants between 2001 and 2033."""
_ISO_MONTH = re.compile(r"\s*(\d{4})-(\d{2})\s*")
_NUMERIC = re.compile(
    r"(?<![\d/.])(?<!\d-)(?<!\d\.\s)(\d{1,2})\s?([/.-]|(?<=\s)\|(?=\s))\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2}(?!\s?(?::\d|h\b|h\d|u\d|uhr)))(?![\d/.-]\d)"
)
"""03/04/2020. Two figures before a colon or the word for hours are no year: "3. 5. 18:05"."""
_YEAR_FIRST = re.compile(r"(?<![\d/.-])(\d{4})(?:/(\d{1,2})/(\d{1,2})|\.\s?(\d{1,2})\.\s?(\d{1,2}))(?!\d)")
"""2024/03/05, 2024.3.5, 2024. 3. 5."""


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
    month_time_year: re.Pattern[str]
    month_only: re.Pattern[str]


def find_date(text: str, *, zone: tzinfo, now: datetime | None, month_first: bool = False, language: str = "") -> Phrase | None:
    """The first date in a line of at most a few hundred characters; local times are in `zone`, relative phrases count back from `now`.

    `month_first` reads 03/04/2020 as the fourth of March, where both readings are possible; `language` (a BCP 47 tag) says which month
    a name is that is another one elsewhere (*listopad*): without it such a name gives no day.
    """
    line = plain(text[:400])
    has_figures = _FIGURE.search(line) is not None  # most lines have none, and are done with here
    absolute = _absolute(line, zone, _tables(_with_own_months(language)), month_first=month_first) if has_figures else None
    relative = _relative(line, zone, now) if now else None
    found = [phrase for phrase in (absolute, relative) if phrase]
    return min(found, key=lambda phrase: phrase.start, default=None)


def read_instant(text: str, zone: tzinfo) -> tuple[date, datetime | None] | None:
    """A machine-readable date (ISO 8601 and its lookalikes): the day as written there, and the instant if a time other than midnight is.

    Midnight sharp is how systems write a day without a time.
    """
    line = plain(text[:80])
    match = _ISO.search(line)
    if match is None:
        return _compact(line, zone)
    day = solar_or_common(int(match[1]), int(match[2]), int(match[3]))
    return (day, _iso_phrase(line, match, day, zone).at) if day else None


def _compact(line: str, zone: tzinfo) -> tuple[date, datetime | None] | None:
    """A date without separators: 20240305, 20240305T180512, or the seconds since 1970 of an instant."""
    match = _FIGURES.fullmatch(line)
    day = _day(int(match[1]), int(match[2]), int(match[3])) if match else None
    if match and day:
        return day, _instant(day, match[4], match[5], match[6], _offset(match[7]) or zone)
    if not _SECONDS.fullmatch(line):
        return None
    at = datetime.fromtimestamp(int(line[:10]), UTC)
    return at.date(), at


def read_month(text: str) -> date | None:
    """The first day of the month a machine-readable date without a day names (`2024-05`, ISO 8601)."""
    match = _ISO_MONTH.fullmatch(text)
    return _day(int(match[1]), int(match[2]), 1) if match else None


def written_days(text: str, *, month_first: bool) -> Iterator[Phrase]:
    """Every whole date (year, month and day in one place) that a text of any length writes."""
    line = plain(text)
    iso = ((match, _day(int(match[1]), int(match[2]), int(match[3])), None) for match in _ISO.finditer(line))
    for match, day, other in chain(iso, _whole_dates(line, _tables(""), month_first=month_first)):
        if day:
            yield Phrase(day, Precision.DAY, None, relative=False, start=match.start(), end=match.end(), other=other)


def shows_month_first(text: str, months: frozenset[tuple[int, int]] = frozenset()) -> bool:
    """Whether a page's dates in figures can only be read with the month first (12/25/2024), and none only with the day first.

    Where all of them can be read in both ways, `months`, (year, month) of the page's images, tell: 01-04-2024 on a page whose images
    are of January 2024, and none of April, is the fourth of January.
    """
    dates = [(int(match[1]), int(match[3]), full_year(match[4])) for match in _NUMERIC.finditer(text) if match[2] in "/-"]
    if any(second <= 12 < first for first, second, _ in dates):
        return False
    if any(first <= 12 < second for first, second, _ in dates):
        return True
    open_ = [(first, second, year) for first, second, year in dates if first != second]
    return any((year, first) in months for first, _, year in open_) and not any((year, second) in months for _, second, year in open_)


def month_names(language: str) -> dict[str, int]:
    """Folded names of months and their numbers, those of `language` (a BCP 47 tag) for names of two."""
    return _tables(_with_own_months(language)).months


def _whole_dates(line: str, tables: _Tables, *, month_first: bool) -> Iterator[tuple[re.Match[str], date | None, date | None]]:
    """Every match of a pattern of whole dates in a folded line, pattern by pattern, with its day and the day it could be as well."""
    named: tuple[tuple[re.Pattern[str], tuple[int, int, int]], ...] = (
        (tables.day_month, (3, 2, 1)),
        (tables.month_day, (3, 1, 2)),
        (tables.year_month, (1, 2, 3)),
        (tables.year_day, (1, 3, 2)),
        (tables.month_time_year, (3, 1, 2)),
    )
    for pattern, (year, month, day) in named:
        for match in pattern.finditer(line):
            yield match, _day(full_year(match[year]), tables.months[_squeeze(match[month])], int(match[day])), None
    for match in _YEAR_FIRST.finditer(line):
        yield match, solar_or_common(int(match[1]), int(match[2] or match[4]), int(match[3] or match[5])), None
    for match in EAST_ASIAN.finditer(line):
        yield match, _day(east_asian_year(match), int(match["month"]), int(match["day"])), None
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


def _absolute(line: str, zone: tzinfo, tables: _Tables, *, month_first: bool) -> Phrase | None:
    iso = _ISO.search(line)
    if iso:
        day = solar_or_common(int(iso[1]), int(iso[2]), int(iso[3]))
        if day:
            return _iso_phrase(line, iso, day, zone)
    found = [(match.start(), match.end(), day, other) for match, day, other in _whole_dates(line, tables, month_first=month_first) if day]
    solar = solar_phrase(line)
    if solar:
        found.append((*solar, None))
    if not found:
        return _month_alone(line, tables)
    start, end, day, other = min(found, key=lambda one: one[:2])
    return replace(_with_time(line, start, end, day, zone, relative=False), other=other)


def _iso_phrase(line: str, iso: re.Match[str], day: date, zone: tzinfo) -> Phrase:
    """A date in figures that begins with the year; its time may be written for people: 2024-03-05 kl. 18.05, 2024-03-05 6:05 pm."""
    if iso[4] is None or (iso[7] is None and iso[6] is None):
        return _with_time(line, iso.start(), iso.end(3), day, zone, relative=False)
    at = _instant(day, iso[4], iso[5], iso[6], _offset(iso[7]) or zone)
    precision = Precision.DAY if at is None else Precision.SECOND if iso[6] else Precision.MINUTE
    return Phrase(day, precision, at, relative=False, start=iso.start(), end=iso.end())


def _numeric(match: re.Match[str], *, month_first: bool) -> tuple[date | None, date | None]:
    """The day, and the other day that the figures may mean as well."""
    first, second, year = int(match[1]), int(match[3]), full_year(match[4])
    if second > 12 or (month_first and first <= 12):
        first, second = second, first
    day = _day(year, second, first)
    return day, _day(year, first, second) if day and first != second and match[2] != "." else None


def _month_alone(line: str, tables: _Tables) -> Phrase | None:
    match = tables.month_only.fullmatch(line)
    if not match:
        return None
    day = _day(int(match[2]), tables.months[_squeeze(match[1])], 1)
    return Phrase(day, Precision.MONTH, None, relative=False, start=0, end=len(line)) if day else None


def _with_time(line: str, start: int, end: int, day: date, zone: tzinfo, *, relative: bool) -> Phrase:
    """Add the time of day that stands right after the date, or right before it."""
    clock = clock_beside(line, start, start if ":" in line[start:end] else end)
    at = clock.on(day, zone) if clock else None
    precision = Precision.DAY if at is None else Precision.SECOND if clock and clock.has_seconds else Precision.MINUTE
    if clock:
        start, end = min(start, clock.start), max(end, clock.end)
    return Phrase(day, precision, at, relative=relative, start=start, end=end)


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


def _with_own_months(language: str) -> str:
    """The language of a tag, if it has names of months that are other months elsewhere, else ""."""
    primary = language[:2].lower()
    return primary if primary in vocabulary("dates")["own_months"] else ""


@cache
def _tables(language: str) -> _Tables:
    words = vocabulary("dates")
    months = {plain(name): n for names in words["months"].values() for n, entry in enumerate(names, 1) for name in entry.split("|") if name}
    months |= {plain(name): number for name, number in words["own_months"].get(language, {}).items()}
    month = f"({alternatives(months)})"
    also = f"(?:\\s*/\\s*{alternatives(months)}\\.?)?"
    return _Tables(
        months=months,
        day_month=re.compile(
            rf"(?<![\d:])(\d{{1,2}})\s?(?:er|st|nd|rd|th|º|°|o|\.)?\s*(?:de\s+|d'|of\s+|ב|-|/)?\s*{month}\.?{also}\s*"
            rf"(?:(?:de|del|nam)\s+|,|-|/)?\s*(\d{{4}}(?!\d)|'\d{{2}}\b|(?<=[-/])\d{{2}}\b|\d{{2}}(?=\W*$))"
        ),
        month_day=re.compile(rf"\b{month}(?:\.?\s+|\.|-)(\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,?\s+|[.,-])(\d{{4}}(?!\d)|'\d{{2}}\b)"),
        year_month=re.compile(rf"(?<![\d/.-])(\d{{4}})(?:\.|,|\s*m\.)?[\s-]+{month}\.?[\s-]*(\d{{1,2}})(?![\d:])"),
        year_day=re.compile(rf"(?<![\d/.-])(\d{{4}})\.?\s*gada\s*(\d{{1,2}})\.?\s*{month}"),
        month_time_year=re.compile(
            rf"\b{month}\.?\s+(\d{{1,2}}),?\s+\d{{1,2}}:\d\d(?::\d\d)?\s+(?:[a-z]{{2,5}}\s+)?((?:19|20)\d\d)(?![\d:])"
        ),
        month_only=re.compile(rf"{month}\.?{also}\s+(?:de\s+)?(\d{{4}})"),
    )
