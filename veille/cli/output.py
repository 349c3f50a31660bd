"""How results are shown: tables and colours on a terminal, plain tab-separated lines in a pipe, JSON where asked for.

Nothing that a publisher wrote reaches the terminal as a control sequence, and right-to-left text does not reorder its neighbours.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and the marks that would turn the direction of what follows."""
CONTROL_BUT_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
RTL = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


def line(value: object) -> str:
    """Any value as one line without control characters; None is empty, an instant ends at its second."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, tuple | list):
        return ", ".join(line(item) for item in value)
    return CONTROL.sub(" ", str(value)).strip()


def flat(text: str) -> str:
    """Text of one line, letter for letter as long as before, so that positions in it stay right."""
    return CONTROL.sub(lambda match: " " * len(match.group()), text)


def paragraphs(text: str) -> str:
    """Text of several lines without control characters."""
    return CONTROL_BUT_LINES.sub(" ", text)


def isolated(text: str) -> str:
    """Text that may stand beside other text: right-to-left runs are kept to themselves (Unicode UAX #9, isolates)."""
    return f"{ISOLATE}{text}{END_ISOLATE}" if RTL.search(text) else text


def say(text: str = "") -> None:
    """Write one line (or several) to stdout."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write a remark to stderr, where it does not disturb what is read by another program."""
    sys.stderr.write(f"{text}\n")


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """JSON with letters as they are; escaped where stdout could not carry them."""
    ascii_only = "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    return json.dumps(value, ensure_ascii=ascii_only, indent=indent, default=plain)


def plain(value: object) -> object:
    """What JSON knows of a value of ours: ISO 8601 for times and days, the word of an enumeration."""
    if isinstance(value, datetime):
        return line(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
    """Print rows under their columns: aligned on a terminal, tab-separated with a header line in a pipe."""
    if sys.stdout.isatty():
        _rich_table(columns, rows, numbers)
        return
    say("\t".join(columns))
    for row in rows:
        say("\t".join(line(value) for value in row))


def _rich_table(columns: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(isolated(line(value))) for value in row))
    Console(highlight=False).print(drawn)
