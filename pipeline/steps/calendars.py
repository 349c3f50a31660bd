"""Years and days of calendars other than the common one, as papers count them: Thai, Japanese, of the Republic of China, Persian.

Only calendars whose days are a matter of arithmetic are turned into days; those of the moon (Hijri) follow sightings, and are told apart
so that nothing else is taken for such a page's day.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from pipeline.steps.lexicon import alternatives, plain, vocabulary

_BUDDHIST = range(2443, 2643)
"""Years 1900 to 2099 as Thai papers count them, 543 more."""
_ERAS = {"": 0, "令和": 2018, "平成": 1988, "昭和": 1925, "民国": 1911, "民國": 1911}
"""The year before the first one of an era."""
EAST_ASIAN = re.compile(
    rf"(?<!\d)(?:中[华華])?(?:(?P<era>令和|平成|昭和|民国|民國)\s*(?P<of>\d{{1,3}}|元)|(?P<year>\d{{4}}))\s*(?:年|{plain('년')})\s*"
    rf"(?P<month>\d{{1,2}})\s*(?:月|{plain('월')})\s*(?P<day>\d{{1,2}})(?!\d)\s*(?:日|号|號|{plain('일')})?"
)
"""2020年3月5日, 2020년 3월 5일, 令和2年3月5日, in folded text."""
_SOLAR = range(1300, 1500)
"""Persian years since 1921, when the calendar of today became law."""
_NUMERIC_SOLAR = range(1370, 1420)
"""Those that figures alone may mean: as years of the moon they are before the web."""
_SOLAR_EPOCH = 226895
"""Day number (`date.toordinal`) of the first day of the Persian year 1, less one year of 365 days and a day; see `solar_day`."""


def full_year(text: str) -> int:
    """A year of two figures is one of 1970 to 2069; one of the Buddhist era is counted back."""
    year = int(text.strip("'"))
    if year < 100:
        return year + (2000 if year < 70 else 1900)
    return year - 543 if year in _BUDDHIST else year


def east_asian_year(match: re.Match[str]) -> int:
    """The year of a match of `EAST_ASIAN`."""
    of = match["of"]
    return int(match["year"]) if of is None else _ERAS[match["era"]] + (1 if of == "元" else int(of))


def solar_day(year: int, month: int, day: int) -> date | None:
    """The day of a Persian date; None if there is none. Leap years recur in 33 years, as ICU counts them: right from 1799 to 2254."""
    longest = 31 if month <= 6 else 30 if month < 12 or _is_leap(year) else 29
    if year not in _SOLAR or not 1 <= month <= 12 or not 1 <= day <= longest:
        return None
    before = 31 * (month - 1) if month <= 7 else 30 * (month - 1) + 6
    return date.fromordinal(_SOLAR_EPOCH + 365 * (year - 1) + (8 * year + 21) // 33 + before + day - 1)


def solar_or_common(year: int, month: int, day: int) -> date | None:
    """The day of figures that begin with the year: 2024/03/05, or 1402/12/15 in a Persian paper."""
    if year in _NUMERIC_SOLAR:
        return solar_day(year, month, day)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def solar_phrase(line: str) -> tuple[int, int, date] | None:
    """The first Persian date in words in a folded line (۱۵ اسفند ۱۴۰۲): where it begins and ends, and its day."""
    for match in _solar().finditer(line):
        day = solar_day(int(match[3]), _solar_months()[match[2]], int(match[1]))
        if day:
            return match.start(), match.end(), day
    return None


def names_lunar_day(text: str) -> bool:
    """Whether a text names a day of the calendar of the moon: 15 رمضان 1445, 15. Ramadan 1445."""
    return _lunar().search(plain(text)) is not None


def _is_leap(year: int) -> bool:
    return (8 * year + 29) % 33 < 8


@cache
def _solar_months() -> dict[str, int]:
    listed = vocabulary("dates")["solar_months"].values()
    return {plain(name): number for names in listed for number, entry in enumerate(names, 1) for name in entry.split("|")}


@cache
def _solar() -> re.Pattern[str]:
    return re.compile(rf"(?<!\d)(\d{{1,2}})\s*({alternatives(_solar_months())})\s*(?:ماه\s*)?،?\s*(?:سال\s*)?(1[34]\d\d)(?!\d)")


@cache
def _lunar() -> re.Pattern[str]:
    months = alternatives(plain(name) for name in vocabulary("dates")["lunar_months"]["names"])
    return re.compile(rf"(?<!\d)\d{{1,2}}\.?\s*(?:من\s+|de\s+|of\s+)?{months}[\s,،]*(?:سنه\s+)?1[34]\d\d(?!\d)")
