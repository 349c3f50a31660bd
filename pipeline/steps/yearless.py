"""A day by the headline that is written without its year, where the address or the images of the page know the year.

A © year is none of the article's, and the year of the visit is only that of fresh articles: neither is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, tzinfo
from functools import cache

from db.vocabulary import Precision
from pipeline.steps.clock import clock_beside
from pipeline.steps.date_phrases import Phrase, month_names
from pipeline.steps.dateline import is_update
from pipeline.steps.headline import Line
from pipeline.steps.lexicon import alternatives, plain

_LONGEST = 60
_WORD = re.compile(r"[^\W\d_]+")
_MOST_WORDS = 3
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_FOLDER = re.compile(r"/((?:19|20)\d\d)(?=/)")


def yearless_phrase(
    lines: Iterable[Line], url: str, months: Callable[[], frozenset[tuple[int, int]]], zone: tzinfo, language: str
) -> Phrase | None:
    """The first such day in the lines after a headline; `months` are asked for (year, month) pairs only if there is one."""
    for line in lines:
        folded = plain(line.text)
        match = _day().search(folded) if len(folded) <= _LONGEST and not line.linked else None
        if match is None or _YEAR.search(folded) or is_update(line.label) or is_update(folded[: match.start()]):
            continue
        rest = f"{folded[: match.start()]} {folded[match.end() :]}"
        clock = clock_beside(folded, match.start(), match.end())
        if len(_WORD.findall(rest)) > _MOST_WORDS + (1 if clock else 0):
            continue
        number = int(match["east"] or month_names(language)[match["first"] or match["second"]])
        years = {int(year) for year in _FOLDER.findall(url.partition("?")[0])} or {year for year, month in months() if month == number}
        day = _one_day(years, number, int(match["d1"] or match["d2"] or match["d3"]))
        if day is None:
            return None
        at = clock.on(day, zone) if clock else None
        return Phrase(day, Precision.MINUTE if at else Precision.DAY, at, relative=False, start=match.start(), end=match.end())
    return None


def _one_day(years: set[int], month: int, day: int) -> date | None:
    try:
        return date(years.pop(), month, day) if len(years) == 1 else None
    except ValueError:
        return None


@cache
def _day() -> re.Pattern[str]:
    month = alternatives(month_names(""))
    return re.compile(
        rf"(?<![\d.,:/-])(?P<d1>\d{{1,2}})(?:er|st|nd|rd|th|º)?\.?\s*(?:de\s+)?(?P<first>{month})(?!\w)"
        rf"|(?<!\w)(?P<second>{month})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.,h])"
        rf"|(?<!\d)(?P<east>\d{{1,2}})月(?P<d3>\d{{1,2}})日"
    )
