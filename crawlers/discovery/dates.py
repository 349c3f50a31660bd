"""Dates as feeds, sitemaps and listings state them: exact forms first, names of months in four languages, else unknown.

A wrong date is worse than none: what is ambiguous, before 1990 or in the future is unknown, never "now".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from db.identity import fold

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=2)
"""Clocks of servers differ and zones are wrong; what lies further ahead of now is no date of publication."""
MAX_LENGTH = 120
SAME_MOMENT = timedelta(minutes=1)

MONTHS = {
    fold(name): number
    for number, names in enumerate(
        (
            "jan january janvier janv enero ene يناير جانفي",
            "feb february fevrier fevr fev febrero فبراير فيفري شباط",
            "mar march mars marzo مارس اذار",
            "apr april avril avr abril abr ابريل افريل نيسان",
            "may mai mayo مايو ماي ايار",
            "jun june juin junio يونيو جوان حزيران",
            "jul july juillet juil julio يوليو يوليوز جويلية تموز",
            "aug august aout agosto ago اغسطس غشت اوت اب",
            "sep sept september septembre septiembre set setiembre سبتمبر شتنبر ايلول",
            "oct october octobre octubre اكتوبر",
            "nov november novembre noviembre نوفمبر نونبر",
            "dec december decembre diciembre dic ديسمبر دجنبر",
        ),
        1,
    )
    for name in names.split()
}
"""English, French, Spanish; Arabic as written in the East, in Morocco (غشت), in Algeria and Tunisia (أوت)."""

ZONES = {
    "gmt": 0, "ut": 0, "utc": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "met": 1, "mest": 2, "eet": 2, "eest": 3,
    "msk": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Hours east of Greenwich: RFC 822's names and Europe's."""

ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[t ]\s?(\d{2})[:h]?(\d{2})(?::?(\d{2}))?(?:[.,]\d{1,9})?\s*(z|utc|gmt|[+-]\d{2}(?::?\d{2})?)?)?(?![\d])"
)
TIME = r"(?:\D{0,12}?\b(\d{1,2})\s?[:h]\s?(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]\.?m\b)?\s*(.*))?"
DAY_FIRST = re.compile(r"(?:^|[^\d])(\d{1,2})(?:er|o|º)?[\s./-]{1,3}(?:de\s)?([^\W\d_]+)\.?[\s./,،-]{1,3}(?:de\s)?(\d{4}|\d{2})\b" + TIME)
MONTH_FIRST = re.compile(r"(?:^|[\s,])([^\W\d_]+)\.?\s(\d{1,2})(?:st|nd|rd|th)?,?\s(\d{4})\b" + TIME)
ASCTIME = re.compile(r"\w+\s([a-z]+)\s{1,2}(\d{1,2})\s(\d{1,2}):(\d{2}):(\d{2})\s(?:([a-z]+|[+-]\d{4})\s)?(\d{4})$")
NUMBERS = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b" + TIME)
OFFSET = re.compile(r"^(?:gmt|utc)?\s*([+-])\s?(\d{1,2})(?:[:.]?(\d{2}))?(?!\d)")


@dataclass(frozen=True, slots=True)
class Stated:
    """A date of publication: the day in the source's zone, and the UTC instant if a time of day is stated."""

    on: date
    at: datetime | None = None


def stated(text: str | None, *, now: datetime, time_zone: str = "UTC") -> Stated | None:
    """Understand RFC 822 and 2822 (broken zones too), ISO 8601, `8 août 2014 21h44`, Arabic months, seconds since 1970.

    A time without zone is the source's. Midnight sharp is how systems write "no time": only the day is kept.
    """
    if text is None or len(text) > MAX_LENGTH:
        return None
    zone = ZoneInfo(time_zone)
    folded = fold(text)
    try:
        moment = _epoch(folded) or _iso(folded) or _named(folded) or _numbers(folded)
        return _bounded(moment, zone, now) if moment else None
    except (ValueError, OverflowError):  # 31 February, hour 25, year 9999 east of Greenwich
        return None


def lastmod(text: str | None, *, now: datetime) -> datetime | None:
    """Understand a W3C date (NOTE-datetime: year, month, day or instant) as the UTC instant of a last change.

    A day means its beginning; a month or year its last day, so that what it covers is never taken for older than it is.
    """
    if text is None or len(text) > MAX_LENGTH:
        return None
    short = re.fullmatch(r"\s*(\d{4})(?:-(\d{1,2}))?\s*", text)
    try:
        if short:
            year, month = int(short[1]), int(short[2] or 12)
            last = datetime(year, month, calendar.monthrange(year, month)[1], tzinfo=UTC)
            return min(last, now) if last >= EARLIEST and year <= now.year else None
        moment = _epoch(fold(text)) or _iso(fold(text)) or _named(fold(text))
        instant = moment.instant(UTC) if moment else None
    except (ValueError, OverflowError):
        return None
    return instant if instant is not None and EARLIEST <= instant <= now + AHEAD else None


def are_all_now(stamps: Sequence[datetime], now: datetime) -> bool:
    """Whether every stamp is the same moment, that of the answer itself, give or take a minute: it then says nothing."""
    return bool(stamps) and max(stamps) - min(stamps) <= SAME_MOMENT and abs(now - max(stamps)) <= SAME_MOMENT


@dataclass(frozen=True, slots=True)
class _Moment:
    """What was read off: a day, perhaps with a time, perhaps with its zone."""

    day: date
    clock: tuple[int, int, int] | None = None
    zone: tzinfo | None = None

    def instant(self, zone: tzinfo) -> datetime:
        hour, minute, second = self.clock or (0, 0, 0)
        local = datetime(self.day.year, self.day.month, self.day.day, hour, minute, min(second, 59), tzinfo=self.zone or zone)
        return local.astimezone(UTC)


def _bounded(moment: _Moment, zone: ZoneInfo, now: datetime) -> Stated | None:
    instant = moment.instant(zone)
    if not EARLIEST <= instant <= now + AHEAD:
        return None
    if moment.clock in {None, (0, 0, 0)}:
        return Stated(moment.day)
    return Stated(instant.astimezone(zone).date(), instant)


def _epoch(text: str) -> _Moment | None:
    if not re.fullmatch(r"1?\d{9}(?:\d{3})?", text) or len(text) not in {9, 10, 13}:
        return None
    at = datetime.fromtimestamp(int(text[:10]) if len(text) >= 10 else int(text), UTC)
    return _Moment(at.date(), (at.hour, at.minute, at.second), UTC)


def _iso(text: str) -> _Moment | None:
    found = ISO.match(text)
    if not found:
        return None
    day = date(int(found[1]), int(found[2]), int(found[3]))
    return _Moment(day, (int(found[4]), int(found[5]), int(found[6] or 0)), _zone(found[7] or "")) if found[4] else _Moment(day)


def _named(text: str) -> _Moment | None:
    """Dates with the month in letters, wherever the day stands."""
    if found := ASCTIME.search(text):
        month, day, hour, minute, second, zone, year = found.groups()
        return _composed(year, month, day, (hour, minute, second, None, zone))
    if (found := DAY_FIRST.search(text)) and found[2] in MONTHS:
        day, month, year, *clock = found.groups()
        return _composed(year, month, day, tuple(clock))
    if (found := MONTH_FIRST.search(text)) and found[1] in MONTHS:
        month, day, year, *clock = found.groups()
        return _composed(year, month, day, tuple(clock))
    return None


def _numbers(text: str) -> _Moment | None:
    """`25/10/2020 14:05`: only where one of the numbers can be nothing but the day."""
    found = NUMBERS.match(text)
    if not found:
        return None
    first, second, year, *clock = found.groups()
    if int(first) > 12 >= int(second):
        return _moment(date(int(year), int(second), int(first)), tuple(clock))
    return _moment(date(int(year), int(first), int(second)), tuple(clock)) if int(second) > 12 >= int(first) else None


def _composed(year: str, month: str, day: str, clock: tuple[str | None, ...]) -> _Moment | None:
    number = MONTHS.get(month)
    if number is None:
        return None
    full = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 50 else 1900)  # RFC 2822, 4.3
    return _moment(date(full, number, int(day)), clock)


def _moment(day: date, clock: tuple[str | None, ...]) -> _Moment:
    hour, minute, second, half, zone = clock
    if hour is None or minute is None:
        return _Moment(day)
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.startswith("p") else 0)
    return _Moment(day, (hours, int(minute), int(second or 0)), _zone(zone or ""))


def _zone(text: str) -> timezone | None:
    """A zone's name or offset; None if it says nothing usable."""
    offset = OFFSET.match(text)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes)) if minutes <= 14 * 60 else None
    word = re.match(r"\(?([a-z]+)", text)
    return timezone(timedelta(hours=ZONES[word[1]])) if word and word[1] in ZONES else None
