"""Where in a numbered section the range of a backfill begins: pages are leapt over, then the leap is halved. Pure arithmetic.

A section's pages are in order of time, the newest first, so a page wholly newer than the range says the same of all before it.
What a page holds and what is fetched are the caller's business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from crawlers.discovery.paging import IN_PATH, IN_QUERY
from crawlers.discovery.scope import Scope

LEAST_DAYS = 3
"""Dated entries a page needs to be believed about the order."""
FARTHEST = 200_000
"""No section has so many pages."""


@dataclass(frozen=True, slots=True)
class Seek:
    """What is known when a page is asked for: pages up to `low` are too new, `high` is not (0: no such page is known yet)."""

    low: int
    high: int
    step: int
    """What the numbers grow by from page to page: 1, or articles a page."""

    def packed(self) -> tuple[int, int, int]:
        """As the frontier keeps it."""
        return self.low, self.high, self.step


def is_too_new(days: Sequence[date], scope: Scope) -> bool:
    """Whether a page lies wholly after the range. With an old article pinned on top it is walked: nothing is lost."""
    return scope.until is not None and len(days) >= LEAST_DAYS and min(days) >= scope.until


def after_too_new(known: Seek, at: int) -> tuple[int, Seek]:
    """The page to ask for after page `at` was too new: twice as far, or half-way to the first that was not."""
    following = Seek(at, known.high, known.step)
    if known.high == 0:
        return min(at * 2 + known.step, FARTHEST * known.step), following
    return _middle(following), following


def after_old_enough(known: Seek, at: int) -> tuple[int, Seek] | None:
    """The page to ask for after page `at` was not too new, or does not exist; None if nothing lies between it and the last that was."""
    following = Seek(known.low, at, known.step)
    return (_middle(following), following) if at - known.low > known.step else None


def number_in(url: str) -> tuple[int, int, int] | None:
    """The page number that an address holds, with where it begins and ends in the address; None for first pages."""
    parts = urlsplit(url)
    found = IN_PATH.search(parts.path)
    if found is not None:
        start = url.index(parts.path, url.index("//") + 2) + found.start(1)
        return int(found[1]), start, start + len(found[1])
    query_at = len(url) - len(url.partition("?")[2])
    for pair in re.finditer(r"([^&=]+)=(\d{1,7})(?=&|$|#)", url[query_at:]):
        if IN_QUERY.fullmatch(pair[1]):
            return int(pair[2]), query_at + pair.start(2), query_at + pair.end(2)
    return None


def with_number(url: str, number: int) -> str:
    """The address of another page of the same section. Raises ValueError for an address without a number."""
    found = number_in(url)
    if found is None:
        message = f"{url} has no page number"
        raise ValueError(message)
    _, start, end = found
    return f"{url[:start]}{number}{url[end:]}"


def _middle(known: Seek) -> int:
    pages = (known.high - known.low) // known.step
    return known.low + max(1, pages // 2) * known.step
