"""Article numbers that count up: which of them belong to a range of days, found by looking at a few articles.

Most systems number their articles in the order of publication, and put the number into the address. Where a sitemap says nothing
of days, that order saves fetching all that it lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from crawlers.discovery.scope import Scope

LAST_NUMBER = re.compile(r"(?<!\d)(\d{2,12})(?!.*\d)")
LEAST = 40
"""Fewer articles are not worth the look."""
NUMBERED_SHARE = 0.9
EACH_ROUND = 4
"""Articles looked at a round for each end of the range."""
ROUNDS = 12
NEAR, NEAR_SHARE = 3, 0.02
"""An end of the range is known well enough when it lies between so few articles, or so small a share of the range: looking costs, too."""
NEIGHBOURS = 12
"""Numbers tried one after the other where one leads nowhere: systems number pictures and drafts, too."""
TOLERANCE = timedelta(days=7)
"""Numbers are given when a text is begun: a few days of disorder are no objection."""
SPARE = 2
"""Articles taken besides on each side."""

DaysOf = Callable[[Sequence[str]], Mapping[str, date | None]]
"""Looks at articles and says when they were published."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The article numbers [first, last] of a range."""

    first: int
    last: int

    def holds(self, url: str) -> bool:
        """Whether an address may belong to the range; one without a number may."""
        number = number_of(url)
        return number is None or self.first <= number <= self.last


def number_of(url: str) -> int | None:
    """The last number of an address's last segment or query: `slug-3099.html`, `slug,12.html`, `?p=123`; None if there is none."""
    parts = urlsplit(url)
    found = LAST_NUMBER.search(parts.query) or LAST_NUMBER.search(parts.path.rstrip("/").rpartition("/")[2])
    return int(found[1]) if found else None


def find_numbers(urls: Collection[str], scope: Scope, days_of: DaysOf) -> Numbers | None:
    """Find the numbers of a range (both its ends are given); None if the addresses have none, or they do not follow the days."""
    by_number = {number: url for url in urls if (number := number_of(url)) is not None}
    if len(by_number) < LEAST or len(by_number) < len(urls) * NUMBERED_SHARE:
        return None
    return find_between(sorted(by_number), by_number.__getitem__, scope, days_of)


def find_between(numbers: Sequence[int], url_of: Callable[[int], str], scope: Scope, days_of: DaysOf) -> Numbers | None:
    """Find those of `numbers`, ascending, that belong to a range (both its ends are given); None if they do not follow the days."""
    assert scope.since is not None
    assert scope.until is not None
    search = _Search(numbers, url_of, days_of)
    first, last = search.around(scope.since, scope.until)
    if not search.is_in_order():
        return None
    low, high = max(0, first - SPARE), min(len(numbers) - 1, last + SPARE - 1)
    return Numbers(numbers[low], numbers[high]) if low <= high else None


class _Search:
    """What is known of the days of some of the numbers."""

    def __init__(self, numbers: Sequence[int], url_of: Callable[[int], str], days_of: DaysOf) -> None:
        self.numbers = numbers
        self._url_of = url_of
        self._days_of = days_of
        self._days: dict[int, date] = {}
        self._asked: set[int] = set()

    def around(self, since: date, until: date) -> tuple[int, int]:
        """Positions [first, last) outside of which nothing of the range can be."""
        for _ in range(ROUNDS):
            start, end = self._between(since), self._between(until)
            near = max(NEAR, round((end[1] - start[0]) * NEAR_SHARE))
            wanted = list(dict.fromkeys([*self._spread(*start, near), *self._spread(*end, near)]))
            if not wanted:
                break
            urls = {at: self._url_of(self.numbers[at]) for at in wanted}
            found = self._days_of(list(urls.values()))
            self._asked |= set(wanted)
            self._days |= {at: day for at, url in urls.items() if (day := found.get(url)) is not None}
        (before, _), (_, after) = self._between(since), self._between(until)
        return before + 1, after

    def is_in_order(self) -> bool:
        """Whether the days seen grow with the numbers."""
        seen = [self._days[at] for at in sorted(self._days)]
        return len(seen) > 1 and all(later >= earlier - TOLERANCE for earlier, later in pairwise(seen))

    def _between(self, day: date) -> tuple[int, int]:
        """The last position known to lie before a day, and the first known not to: -1 and the number of articles if none is."""
        before = max((at for at, seen in self._days.items() if seen < day), default=-1)
        after = min((at for at, seen in self._days.items() if seen >= day and at > before), default=len(self.numbers))
        return before, after

    def _spread(self, before: int, after: int, near: int) -> list[int]:
        """Up to EACH_ROUND positions between the two that nobody has looked at; none if no more than `near` lie between them."""
        gap = after - before
        if gap <= near:
            return []
        steps = [before + gap * step // (EACH_ROUND + 1) for step in range(1, EACH_ROUND + 1)]
        fresh = (next((at for at in range(step, min(step + NEIGHBOURS, after)) if at not in self._asked), before) for step in steps)
        return [at for at in dict.fromkeys(fresh) if before < at < after]
