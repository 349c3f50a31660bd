"""The calendar day an address holds."""

from __future__ import annotations

import re
from datetime import date

_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})([/_-]?)(0[1-9]|1[0-2]|[1-9](?=\2))\2(0[1-9]|[12]\d|3[01]|[1-9](?!\d))(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(0?[1-9]|[12]\d|3[01])-(0?[1-9]|1[0-2])-((?:19|20)\d{2})(?!\d)")
_BARE = range(1995, 2050)
"""Years that eight figures in a row may begin with; others are more often numbers of articles."""


def day_in_url(url: str) -> date | None:
    """The calendar day an address holds (/2020/10/03/, 2020-10-03, 20201003), if any.

    In folders the day is a whole one: `/2020/10/3-questions` is an article of that month about three questions.
    """
    path = url.partition("?")[0]
    for match in _DAY.finditer(path):
        if match[2] == "/" and path[match.end() : match.end() + 1] not in {"", "/", "#", "."}:
            continue
        if not match[2] and int(match[1]) not in _BARE:
            continue
        try:
            return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    turned = _DAY_FIRST.search(path)
    if turned:
        try:
            return date(int(turned[3]), int(turned[2]), int(turned[1]))
        except ValueError:
            return None
    return None


def is_in_folders(day: date, url: str) -> bool:
    """Whether an address holds a day as folders, as systems make them of the day an article first appears: /2020/10/03/."""
    return re.search(rf"/{day.year}/0?{day.month}/0?{day.day}(?:/|$)", url.partition("?")[0]) is not None
