"""The range of days a run asks for, and what lies wholly outside it, judged before anything is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from db.records import Candidate
from db.vocabulary import PageKind

PERIOD = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/]?(0[1-9]|1[0-2])(?:[-_/]?(0[1-9]|[12]\d|3[01]))?)?(?!\d)")
IN_PATH = re.compile(r"(?<!/page)(?<!/p)/((?:19|20)\d\d)(?:[-/](0?[1-9]|1[0-2])(?:[-/](0?[1-9]|[12]\d|3[01]))?)?(?=[/.-]|$)")
IN_QUERY = re.compile(r"(?:yyyy|year|annee)=((?:19|20)\d\d)(?:&(?:mm|month|mois)=(1[0-2]|0?[1-9])(?!\d))?")
NUMBERED_PART = re.compile(r"(?:posts?|pages?|part)[-_]?(?:19|20)\d\d\.xml", re.IGNORECASE)
"""WordPress numbers its parts: the 2,014th is not the year 2014."""
SLACK = timedelta(days=1)
"""Names of parts and addresses follow the server's clock, which may be in another zone than the paper's."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Half-open range of days of publication [since, until); None: no bound."""

    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Scope:
        """The range that a run's parameters `since` and `until` (ISO days) ask for. Raises ValueError for what is no day."""
        since, until = (date.fromisoformat(str(params[key])) if params.get(key) else None for key in ("since", "until"))
        return cls(since, until)

    def admits(self, candidate: Candidate) -> bool:
        """Whether an address may lead to something in the range; what is not dated may."""
        if candidate.kind is PageKind.FEED:
            return True
        if candidate.kind is PageKind.ARTICLE and candidate.hints.published_on is not None:
            return self.holds(candidate.hints.published_on)
        changed = candidate.hints.lastmod
        if candidate.kind is not PageKind.LISTING and changed is not None and self.is_before(changed.date() + SLACK):
            return False  # what changed last before the range was published before it, and so was all that a sitemap's part lists
        return self._meets(period_of(candidate.url, is_sitemap=candidate.kind is PageKind.SITEMAP))

    def holds(self, day: date) -> bool:
        """Whether a day lies in the range."""
        return not self.is_before(day) and (self.until is None or day < self.until)

    def is_before(self, day: date) -> bool:
        """Whether a day lies before the range."""
        return self.since is not None and day < self.since

    def meets(self, period: tuple[date, date]) -> bool:
        """Whether days [first, after) and the range have any in common, by the same clock."""
        return (self.since is None or period[1] > self.since) and (self.until is None or period[0] < self.until)

    def is_near(self, day: date) -> bool:
        """Whether a day lies in the range or beside it."""
        return self.meets((day - SLACK, day + SLACK + timedelta(days=1)))

    def past(self, days: Iterable[date]) -> bool:
        """Whether a listing page lies wholly before the range, so that the pages after it do too: it has dated entries, all older."""
        newest = max(days, default=None)
        return newest is not None and self.is_before(newest)

    def _meets(self, period: tuple[date, date] | None) -> bool:
        if period is None:
            return True
        return self.meets((period[0] - SLACK, period[1] + SLACK))


def period_of(url: str, *, is_sitemap: bool = False) -> tuple[date, date] | None:
    """The days [first, after) that an address names: `/2014/08/08/slug`, `sitemap-2011-03.xml`, `?yyyy=2014&mm=08`; None if none."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    found = IN_PATH.search(path) or IN_QUERY.search(parts.query)
    if found is None and is_sitemap and not NUMBERED_PART.search(path):
        found = PERIOD.search(f"{path}?{parts.query}")
    if found is None:
        return None
    numbers = [int(number) for number in found.groups() if number]
    try:
        return _period(*numbers)
    except ValueError:  # 31 June
        return None


def _period(year: int, month: int | None = None, day: int | None = None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year + 1, 1, 1)
    if day is None:
        return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, day), date(year, month, day) + timedelta(days=1)
