"""Phrases that count back from the day they are read ("il y a 2 jours", "gestern") in folded lines; dates are made of them elsewhere.

A language is a table of `vocabulary/relative.toml`: its words are never mixed with another's, for Portuguese *há 20 anos* is a time and
Italian *ha 20 anni* an age.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.steps.lexicon import alternatives, plain, vocabulary

_UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
_NEAR = ("today", "yesterday", "day_before_yesterday")
"""Named days, by how many days back they are."""
_NEVER = "(?!)"


@dataclass(frozen=True, slots=True)
class Ago:
    """`count` times `unit` (one of "second" … "year") ago, and where the phrase stood in the folded line."""

    count: int
    unit: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Tables:
    counted: re.Pattern[str]
    meanings: dict[int, tuple[dict[str, int], dict[str, str]]]
    """The number words and the units of a language, by the group of `counted` that holds the unit."""
    single: re.Pattern[str]
    singles: dict[str, tuple[int, str]]
    near: re.Pattern[str]
    named: dict[str, Ago]


def find_ago(line: str) -> Ago | None:
    """The first phrase in a line folded by `plain` that counts back ("3 uur geleden", "منذ يومين"), None if it holds none."""
    tables = _tables()
    match = tables.counted.search(line)
    if match and match.lastindex:
        numbers, units = tables.meanings[match.lastindex]
        number = match[match.lastindex - 1]
        return Ago(int(number) if number.isdigit() else numbers[number], units[match[match.lastindex]], match.start(), match.end())
    match = tables.single.search(line)
    return Ago(*tables.singles[match[1]], match.start(), match.end()) if match else None


def find_near(line: str) -> Ago | None:
    """The named day ("hier", "heute") that opens a folded line, or follows a label or a separator.

    The day of the visit must end the line or stand before a time or a byline: with any other word after it, it is prose or the name of
    a paper (*Aujourd'hui le Maroc*, *اليوم السابع*).
    """
    match = _tables().near.match(line)
    if not match:
        return None
    named = _tables().named[match[1] or match[2]]
    return Ago(named.count, named.unit, match.start(), match.end())


def _folded(entries: Iterable[str]) -> list[str]:
    return [plain(entry) for entry in entries]


def _counted(words: Mapping[str, list[str]], numbers: Iterable[str], units: Iterable[str]) -> Iterator[str]:
    count, unit = f"(\\d{{1,3}}|{alternatives(numbers)})", f"({alternatives(units)})"
    ended = r"(?!\w)"
    if "before" in words:
        about = f"(?:{alternatives(_folded(words['about']))}\\s+)?"
        yield rf"\b{alternatives(_folded(words['before']))}\s+{about}{count}\s*{unit}{ended}"
    if "after" in words:
        yield rf"\b{count}\s*{unit}\s+{alternatives(_folded(words['after']))}{ended}"


@cache
def _tables() -> _Tables:
    counted: list[str] = []
    meanings: dict[int, tuple[dict[str, int], dict[str, str]]] = {}
    singles: dict[str, tuple[int, str]] = {}
    named: dict[str, Ago] = {}
    single: list[str] = []
    for words in vocabulary("relative").values():
        numbers = {plain(word): n for n, entry in enumerate(words["numbers"], 1) for word in entry.split("|")}
        units = {plain(word): unit for unit in _UNITS for word in words[unit]}
        for pattern in _counted(words, numbers, units):
            counted.append(pattern)
            meanings[2 * len(counted)] = (numbers, units)
        pairs = {plain(word): (2, unit) for unit, spelled in words.get("pairs", {}).items() for word in spelled}
        if pairs:
            own = pairs | {word: (1, unit) for word, unit in units.items()}
            singles |= own
            single.append(rf"(?<!\w){alternatives(_folded(words['before']))}\s+({alternatives(own)})(?!\w)")
        named |= {plain(word): Ago(0, "minute", 0, 0) for word in words["now"]}
        named |= {plain(word): Ago(days, "day", 0, 0) for days, key in enumerate(_NEAR) for word in words[key]}
    return _Tables(re.compile("|".join(counted)), meanings, re.compile("|".join(single) or _NEVER), singles, _near(named), named)


def _near(named: dict[str, Ago]) -> re.Pattern[str]:
    labels = alternatives(plain(word) for key in ("published", "dates") for word in vocabulary("dates")["labels"][key])
    today = alternatives(word for word, ago in named.items() if ago.count == 0)
    past = alternatives(word for word, ago in named.items() if ago.count > 0)
    on = r"(?=\W*$|\s*[-–—|•·:(]|,?\s+(?:(?:a|at|um|om|as|las|la|alle|ore|de|علي|الساعه|في)\s+)*\d|,?\s+(?:par|by|von|di|door|بقلم)\s)"
    return re.compile(rf"(?:.{{0,40}}(?:\s[-–]|[|•·:,–])\s*|{labels}\s*:?\s+)?(?:({past})(?!\w)|({today})(?!\w){on})")
