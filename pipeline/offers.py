"""Which links of a page that was read go back to the frontier: article addresses of the same paper, not offered by this process yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from crawlers.discovery import priorities
from crawlers.discovery.links import LinkKind, classify, denied_by
from crawlers.discovery.scope import Scope, period_of
from crawlers.source import Source
from db.readings import Article, Rejected
from db.records import Candidate, Hints, Run, StoredPage
from db.vocabulary import FoundBy, PageKind, RunKind

MAX_DEPTH = 30
"""Links followed from a page that a feed, a sitemap or a listing named: a chain this long is a trap, not an archive."""
SAME_ARTICLE = (FoundBy.EDITION, FoundBy.CANONICAL)
"""Links to the page's own article, in another language or under its proper address."""
REMEMBERED = 200_000
"""Addresses remembered as offered, so that the links every page of a site repeats cost one look-up."""


class LinkOffers:
    """Chooses candidates among the links of pages; forgets the oldest of the addresses it has offered."""

    def __init__(self) -> None:
        self._offered: OrderedDict[tuple[int, str], None] = OrderedDict()

    def candidates(self, page: StoredPage, reading: Article | Rejected, source: Source, run: Run | None) -> list[Candidate]:
        """Return what the page leads to; nothing for a run that is over, or a page out of an archive.

        An article's next page is a part of it, and wanted even of a source that follows no links.
        """
        if run is None or run.kind is RunKind.REPLAY:
            return []
        further = _next_page(page, reading, source, run)
        if not source.follow_links or page.hints.depth >= MAX_DEPTH:
            return further
        fresh = [(url, by) for url, by in _found(reading) if (run.id, url) not in self._offered]
        self._remember([(run.id, url) for url, _ in fresh])
        day = reading.published.on if isinstance(reading, Article) and reading.published else None
        return further + self._worth_fetching(fresh, source, run, page.hints.depth + 1, day)

    def forget(self, reading: Article | Rejected, run: Run | None) -> None:
        """What a page leads to was not stored after all: whoever reads it next has to offer it."""
        if run is not None:
            for url, _ in _found(reading):
                self._offered.pop((run.id, url), None)

    def _worth_fetching(
        self, found: Sequence[tuple[str, FoundBy]], source: Source, run: Run, depth: int, day: date | None
    ) -> list[Candidate]:
        """`day` is the publication day of the page that leads on: its other editions share it."""
        backfill = run.kind is RunKind.BACKFILL
        scope = Scope.of(run.params)
        offers = []
        for url, found_by in found:
            if not source.is_on_site(url):
                continue
            if classify(url, source).kind is not LinkKind.ARTICLE:
                continue
            candidate = Candidate(
                url,
                PageKind.ARTICLE,
                found_by,
                hints=Hints(depth=depth),
                priority=priorities.ARTICLE + priorities.BACKFILL * backfill,
            )
            # A link says nothing of its date unless the address does: a backfill would otherwise wander through the whole site.
            dated = period_of(url) is not None or (found_by in SAME_ARTICLE and day is not None and scope.holds(day))
            if not backfill or (dated and scope.admits(candidate)):
                offers.append(candidate)
        return offers

    def _remember(self, keys: Sequence[tuple[int, str]]) -> None:
        for key in keys:
            self._offered[key] = None
        while len(self._offered) > REMEMBERED:
            self._offered.popitem(last=False)


def _next_page(page: StoredPage, reading: Article | Rejected, source: Source, run: Run) -> list[Candidate]:
    """The page that an article goes on at. What has the address of a listing was taken for an article, and goes on for ever."""
    if not isinstance(reading, Article) or reading.part.following is None:
        return []
    url, first = reading.part.following, reading.part.first or page.url
    verdict = classify(first, source)
    if (verdict.kind is LinkKind.LISTING and not verdict.weak) or not source.is_on_site(url) or denied_by(url, source):
        return []
    backfill = run.kind is RunKind.BACKFILL
    if backfill and reading.published and not Scope.of(run.params).holds(reading.published.on):
        return []
    priority = priorities.ARTICLE + priorities.BACKFILL * backfill
    hints = replace(page.hints, part=(reading.part.number + 1, first))
    fresh = page.fetched_at  # what the publisher changed on one page may have moved to the next
    return [Candidate(url, PageKind.ARTICLE, FoundBy.PAGINATION, hints=hints, priority=priority, refetch_before=fresh)]


def _found(reading: Article | Rejected) -> list[tuple[str, FoundBy]]:
    found = [(url, FoundBy.LINK) for url in reading.links]
    if isinstance(reading, Article):
        found += [(url, FoundBy.EDITION) for _, url in reading.translations]
        if reading.canonical_url:
            found.append((reading.canonical_url, FoundBy.CANONICAL))
    return found
