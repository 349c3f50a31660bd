"""Values people write on the command line: whole numbers, words of a list, days, spans of time, and instants.

Numbers and words are read here and not by Typer, whose wording changes with its version.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import typer

LARGEST = 2**63 - 1
"""That a database keeps."""
WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def whole(low: int, high: int = LARGEST) -> Callable[[Any], int]:
    """Whole numbers from `low` to `high`."""
    bounds = f"from {low} up" if high == LARGEST else f"from {low} to {high}"

    def number(written: Any) -> int:
        text = str(written).strip()
        value = int(text) if WHOLE.fullmatch(text) else low - 1
        if not low <= value <= high:
            raise typer.BadParameter(f"{text!r} is not a whole number {bounds}.")
        return value

    return number


def one_of(*words: str) -> Callable[[Any], str]:
    """One word of a closed list, in small letters or capitals."""

    def word(written: Any) -> str:
        text = str(written).strip().lower()
        if text not in words:
            raise typer.BadParameter(f"{str(written)!r} is not known; write {' or '.join(words)}.")
        return text

    return word


def span(written: str) -> timedelta:
    """`90s`, `10m`, `1h30m`, `2d` as a duration above zero; a bare number is seconds."""
    text = written.strip().lower()
    parts = SPAN.findall(text if not text.isdigit() else f"{text}s")
    if not parts or "".join(number + unit for number, unit in parts) != (text if not text.isdigit() else f"{text}s"):
        raise typer.BadParameter(f"{written!r} is not a duration; write for example 90s, 10m or 1h30m.")
    try:
        total = sum((timedelta(**{UNITS[unit]: float(number)}) for number, unit in parts), timedelta())
    except OverflowError:
        raise typer.BadParameter(f"{written!r} is longer than time is counted; write for example 10m.") from None
    if not total:
        raise typer.BadParameter("a duration of nothing; write for example 10m.")
    return total


def day(written: str) -> date:
    """`2020-03-01`; `2020-03` and `2020` are the first day of that month and year."""
    match = DAY.fullmatch(written.strip())
    year, month, in_month = (int(part or 1) for part in match.groups()) if match else (0, 0, 0)
    try:
        return date(year, month, in_month)
    except ValueError:  # no such day, or nothing like a day at all
        raise typer.BadParameter(f"{written!r} is not a day; write it as 2020-03-01, 2020-03 or 2020.") from None


def instant(written: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC."""
    try:
        value = datetime.fromisoformat(written.strip())
    except ValueError:
        raise typer.BadParameter(f"{written!r} is not an instant; write it as 2026-02-15T08:00:00Z.") from None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def moment(written: str, zone: str, now: datetime) -> datetime:
    """A day, or a time of one, that lies ahead; without an offset on the clock of `zone`. A bare day begins at its midnight."""
    try:
        value = datetime.fromisoformat(written.strip())
    except ValueError:
        raise typer.BadParameter(f"{written!r} is no time; write it as 2026-09-01 or 2026-09-01T08:00.") from None
    at = (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    if at <= now:
        raise typer.BadParameter(f"{written!r} is past; name a time that is still to come.")
    return at
