"""Cron expressions as crontab(5) writes them, checked and spelt as APScheduler reads them; when they come is `pipeline.timetable`'s."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
WEEKDAYS: Final = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days a month may have."""
PART: Final = re.compile(r"(?:\*|(\d{1,4}|[a-z]{3})(?:-(\d{1,4}|[a-z]{3}))?)(?:/(\d{1,4}))?", re.IGNORECASE)
LAST: Final = "last"
"""The last day of a month, in APScheduler's words."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: Mapping[str, int] = field(default_factory=dict)

    def values(self, written: str) -> list[int]:
        """The numbers that a field names, in order. Raises ValueError, with the end of a sentence that begins with the expression."""
        return sorted({number for part in written.split(",") for number in self._of(part)})

    def _of(self, part: str) -> range:
        match = PART.fullmatch(part)
        if match is None:
            raise ValueError(f"cannot be read: {part!r} is no {self.name}")
        low, high = (self._number(word) if word else None for word in match.groups()[:2])
        step = int(match[3] or 1)
        if not 1 <= step <= self.high - self.low:
            raise ValueError(f"cannot be read: {part!r} has a step that is not from 1 to {self.high - self.low}")
        first = self.low if low is None else low
        last = high if high is not None else first if low is not None and not match[3] else self.high
        if self.words is WEEKDAYS and last == 0 < first:  # a week may end on Sunday, too
            last = 7
        if first > last:
            raise ValueError(f"cannot be read: {part!r} ends before it begins")
        return range(first, last + 1, step)

    def _number(self, word: str) -> int:
        number = int(word) if word.isdigit() else self.words.get(word.lower(), -1)
        if not self.low <= number <= self.high:
            raise ValueError(f"cannot be read: there is no {self.name} {word}")
        return number


MINUTE, HOUR, DAY = _Field("minute", 0, 59), _Field("hour", 0, 23), _Field("day", 1, 31)
MONTH, WEEKDAY = _Field("month", 1, 12, MONTHS), _Field("weekday", 0, 7, WEEKDAYS)


def spelt(cron: str) -> str:
    """The expression as APScheduler reads it: weekdays by name (it counts them from Monday), months by number (it overlooks their steps).

    Raises ValueError, with the end of a sentence that begins with the expression, for what is none and for days that never come.
    """
    fields = cron.split()
    if len(fields) != 5:
        raise ValueError(f"has {len(fields)} fields, not five")
    minute, hour, day, month, weekday = fields
    MINUTE.values(minute)
    HOUR.values(hour)
    months = MONTH.values(month)
    if day.lower() != LAST:
        earliest = DAY.values(day)[0]
        if all(LONGEST[number - 1] < earliest for number in months):
            raise ValueError(f"can never come: none of its months has a day {earliest}")
    named = {number % 7 for number in WEEKDAY.values(weekday)}
    weekdays = "*" if len(named) == 7 else ",".join(word for word, number in WEEKDAYS.items() if number in named)
    return f"{minute} {hour} {day.lower()} {'*' if len(months) == 12 else ','.join(map(str, months))} {weekdays}"
