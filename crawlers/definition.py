"""Taking checked values out of a source file's tables: types, units, misspelt keys. What the keys mean is `crawlers.source`'s business."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
WINDOW = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)")
PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `1h30m`, `1d`, `1w` as a length of time; raises ValueError for anything else or more than 10 years."""
    folded = text.strip().lower().replace(" ", "")
    if not DURATION.fullmatch(folded) or len(folded) > 40:
        raise ValueError(f"{text!r} is no length of time; write for example 90s, 15m, 2h, 1h30m or 1d")
    seconds = sum(float(number) * UNITS[unit] for number, unit in PART.findall(folded))
    if seconds > 3660 * UNITS["d"]:
        raise ValueError(f"{text!r} is more than ten years")
    return timedelta(seconds=seconds)


@dataclass(slots=True)
class Definition:
    """One table of a source file.

    Every `take_…` notes what is wrong in `problems` and goes on with the default, so that one reading of a file finds
    all its mistakes; `close` then reports the keys that nobody asked for.
    """

    values: Mapping[str, Any]
    problems: list[str]
    where: str = ""
    """Dotted path of the table, empty for the top level."""
    asked: list[str] = field(default_factory=list)

    def problem(self, key: str, text: str) -> None:
        """Note that `key` of this table is wrong; `text` says what and what to write instead."""
        self.problems.append(f"{self.name(key)}: {text}")

    def name(self, key: str) -> str:
        """`key` with the path of its table before it."""
        return f"{self.where}.{key}" if self.where else key

    def take(self, key: str) -> Any:
        """The raw value, None if it is not there."""
        self.asked.append(key)
        return self.values.get(key)

    def take_text(self, key: str, default: str | None = None) -> str | None:
        """A string that is not empty."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.problem(key, f"must be text in quotes, not {shown(value)}")
            return default
        return value.strip()

    def take_texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; a single string is a list of one."""
        value = self.take(key)
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            self.problem(key, f'must be a list of texts, as in {key} = ["…", "…"], not {shown(value)}')
            return ()
        return tuple(dict.fromkeys(item.strip() for item in items))

    def take_number(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number within `low` … `high`."""
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.problem(key, f"must be a whole number from {low} to {high}, not {shown(value)}")
            return default
        return value

    def take_flag(self, key: str, default: bool) -> bool:
        """`true` or `false`."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, f"must be true or false, without quotes, not {shown(value)}")
            return default
        return value

    def take_seconds(self, key: str, default: float, high: float) -> float:
        """A number of seconds, or a length of time in quotes (`"1m"`), from 0 to `high`."""
        value = self.take(key)
        if value is None:
            return default
        try:
            seconds = duration(value).total_seconds() if isinstance(value, str) else float(value)
        except (TypeError, ValueError) as error:
            self.problem(key, str(error) if isinstance(value, str) else f"must be a number of seconds, not {shown(value)}")
            return default
        if isinstance(value, bool) or not math.isfinite(seconds) or not 0 <= seconds <= high:
            self.problem(key, f"must be from 0 to {high:g} seconds, not {shown(value)}")
            return default
        return seconds

    def take_duration(self, key: str, low: timedelta) -> timedelta | None:
        """A length of time in quotes, at least `low`."""
        value = self.take_text(key)
        if value is None:
            return None
        try:
            length = duration(value)
        except ValueError as error:
            self.problem(key, str(error))
            return None
        if length < low:
            self.problem(key, f"must be at least {low.total_seconds():g} seconds, not {value!r}")
            return None
        return length

    def take_windows(self, key: str) -> tuple[str, ...]:
        """Spans of the day such as `06:00-23:00`, each with two digits for hour and minute; one may cross midnight."""
        spans = []
        for text in self.take_texts(key):
            match = WINDOW.fullmatch(text)
            span = match and f"{int(match[1]):02}:{match[2]}-{int(match[3] or 24):02}:{match[4] or '00'}"
            if not span or span[:5] == span[6:]:
                self.problem(key, f"{text!r} is no span of the day; write it as 06:00-23:00, or 22:00-02:00 over midnight")
            else:
                spans.append(span)
        return tuple(spans)

    def take_day(self, key: str) -> date | None:
        """A calendar day, as a TOML date or as text `2021-03-01`."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.problem(key, f"must be a day such as 2021-03-01, not {shown(value)}")
            return None

    def take_patterns(self, key: str) -> tuple[str, ...]:
        """A list of regular expressions, each compiled once to see whether it is one."""
        patterns = self.take_texts(key)
        return tuple(pattern for pattern in patterns if self.is_pattern(key, pattern))

    def is_pattern(self, key: str, pattern: str) -> bool:
        """Whether `pattern` is a regular expression; notes the problem where it is none."""
        try:
            re.compile(pattern)
        except re.error as error:
            self.problem(key, f"{pattern!r} is not a regular expression ({error}); single quotes keep backslashes as they are")
            return False
        return True

    def take_table(self, key: str) -> Definition:
        """The table `[key]`, empty if it is not there."""
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            self.problem(key, f"must be a table: write [{key}] on a line of its own, with its keys below")
        return Definition(value if isinstance(value, dict) else {}, self.problems, self.name(key))

    def take_tables(self, key: str) -> list[Definition]:
        """The tables `[[key]]`, in order."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.problem(key, f"must be a list of tables: write [[{key}]] before each, with its keys below")
            return []
        return [Definition(item, self.problems, f"{self.name(key)}[{n}]") for n, item in enumerate(value, 1)]

    def close(self) -> None:
        """Note the keys that mean nothing here, with the one that was probably meant."""
        for key in self.values:
            if key not in self.asked:
                near = difflib.get_close_matches(key, self.asked, n=1, cutoff=0.5)
                remedy = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(self.asked)}"
                self.problem(key, f"unknown key; {remedy}")


def shown(value: object) -> str:
    """A value as an error message quotes it: short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
