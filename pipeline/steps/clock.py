"""The time of day that a line writes beside a date: 18:05, 18.05 Uhr, 18h05, 6 p.m., 下午6:05; which zone it says it is of.

Only what stands right after the date or right before it counts; whether there is a date, and which, is `date_phrases`' business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache

from pipeline.steps.lexicon import alternatives, plain, vocabulary

_AFTER, _BEFORE, _GAP = 20, 40, 18
"""Characters after a date in which a time begins; before it, in which one stands; and between that one and the date."""
_LONGEST = 28
_PUNCTUATION = " ,|·•–—-()[]"
_CLOSING = "|,;)]·•–—-"
_DIGIT = re.compile(r"\d")
_FARTHEST = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day: `has_seconds` if it states them, `zone` if it names one, and where it stood in the folded line."""

    hour: int
    minute: int
    second: int
    has_seconds: bool
    zone: tzinfo | None
    start: int
    end: int

    def on(self, day: date, zone: tzinfo) -> datetime | None:
        """The instant in UTC, in `zone` unless another is named; None for midnight sharp, which is how systems write a day alone."""
        if (self.hour, self.minute, self.second) == (0, 0, 0):
            return None
        try:
            return datetime.combine(day, time(self.hour, self.minute, self.second), self.zone or zone).astimezone(UTC)
        except OverflowError:
            return None


def clock_beside(line: str, start: int, end: int) -> Clock | None:
    """The time right after the date that stands at `start` to `end` of a line folded by `plain`, else the one right before it."""
    for match in _pattern().finditer(line, end, end + _AFTER + _LONGEST):
        if match.start() > end + _AFTER:
            break
        clock = _clock(match, line, line[end : match.start()])
        if clock:
            return clock
    found = [
        (match, clock)
        for match in _pattern().finditer(line, max(0, start - _BEFORE), start)
        if (clock := _clock(match, line, line[match.end() : start]))
    ]
    if not found:
        return None
    match, clock = found[-1]
    gap = line[clock.end : start]
    is_german_am = match["am"] == "am" and not match["colon"] and not gap.strip()  # "Platz 3 am 5. März 2024"
    return clock if len(gap) <= _GAP and not _DIGIT.search(gap) and not is_german_am else None


def _clock(match: re.Match[str], line: str, gap: str) -> Clock | None:
    """The time a match states, None if its figures may be something else: a price, a number, a version."""
    half = 0 if match["am"] or match["early"] else 12 if match["pm"] or match["late"] else None
    if not (match["colon"] or match["hours"] or half is not None) and not (match["point"] and _is_pointed_time(match, line, gap)):
        return None
    hour = int(match["hour"])
    if half is not None and hour <= 12:
        hour = hour % 12 + half
    minute = match["colon"] or match["minutes"] or match["point"] or "0"
    return Clock(hour, int(minute), int(match["second"] or 0), match["second"] is not None, _zone(match), match.start(), match.end())


def _is_pointed_time(match: re.Match[str], line: str, gap: str) -> bool:
    """Whether 18.05 is a time: a word beside it says so, or nothing but the date does stand beside it."""
    if match["mark"] or match["unit"] or match["zone"]:
        return True
    rest = line[match.end() :].lstrip()
    return not gap.strip(_PUNCTUATION) and (not rest or rest[0] in _CLOSING)


def _zone(match: re.Match[str]) -> tzinfo | None:
    """The zone a time names: by its letters, by hours from UTC, or both (GMT+1)."""
    minutes = _zones()[match["zone"]] if match["zone"] else 0
    if match["offset"]:
        hours, rest = match["offset"][1:3].rstrip(":"), match["offset"].replace(":", "")[3:]
        sign = -1 if match["offset"][0] == "-" else 1
        minutes += sign * (int(hours) * 60 + int(rest or 0))
    elif not match["zone"]:
        return None
    shift = timedelta(minutes=minutes)
    return timezone(shift) if abs(shift) <= _FARTHEST else None


@cache
def _zones() -> dict[str, int]:
    return {plain(name): minutes for name, minutes in vocabulary("dates")["zones"].items()}


@cache
def _pattern() -> re.Pattern[str]:
    words = {key: alternatives(plain(word) for word in entries) for key, entries in vocabulary("dates")["clock"].items()}
    ended = r"(?![^\W\d_])"
    return re.compile(
        rf"""(?<![\d/.-])
        (?:(?P<early>{words["early"]})\s*|(?P<late>{words["late"]})\s*)?
        (?:(?<![^\W\d_])(?P<mark>{words["before"]})\.?\s*)?
        (?<!\d)(?<![a-su-z])(?<![a-z]t)(?P<hour>[01]?\d|2[0-3])
        (?:\s?:\s?(?P<colon>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d+)?)?(?!\d)
          |\.(?P<point>[0-5]\d)(?![.\d])
          |\s?(?P<hours>{words["hours"]}{ended}(?:\s?(?P<minutes>[0-5]\d|[1-9](?=\s?{words["minutes"]}))(?!\d)(?:\s?{words["minutes"]}{ended})?)?|{words["units"]}{ended}))?
        (?!\d)
        (?:\s*(?:(?P<am>{words["am"]})|(?P<pm>{words["pm"]}))(?!\w))?
        (?:\s*(?P<unit>{words["units"]}){ended})?
        (?:\s*\(?(?P<zone>{alternatives(_zones())})(?!\w))?
        (?:\s*(?P<offset>[+-]\d\d:?\d\d|(?<=[a-z])[+-]\d\d?)(?![\d/.-]))?""",
        re.VERBOSE,
    )
