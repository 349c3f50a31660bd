"""Where a run begins: the addresses a source names, or those that the usual systems keep their feeds and sitemaps at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from crawlers.discovery import priorities
from crawlers.discovery.scope import Scope
from crawlers.source import Source
from db.identity import url_key
from db.records import Candidate
from db.vocabulary import FoundBy, PageKind, RunKind

FEED_GUESSES = (
    "feed/",  # WordPress
    "spip.php?page=backend",  # SPIP
    "rss.xml",  # Drupal and many others
    "rss",
    "feed.xml",
    "atom.xml",
    "index.php?format=feed&type=rss",  # Joomla
    "feeds/posts/default",  # Blogger
)
SITEMAP_GUESSES = (
    "sitemap.xml",
    "sitemap_index.xml",  # Yoast
    "wp-sitemap.xml",  # WordPress since 5.5
    "news-sitemap.xml",
    "sitemap-news.xml",
    "sitemap.xml.gz",
)
NOTHING: Mapping[str, PageKind] = MappingProxyType({})
GUESS_AGAIN = timedelta(days=30)
"""A guess that led nowhere is not repeated earlier."""
SLOWLY = timedelta(hours=24)
"""Listings and sitemaps of a source that has a feed only catch what the feed missed."""
FRONT_PAGE = timedelta(hours=6)
"""And its front page what the feed was too short for."""


def seeds(
    source: Source, kind: RunKind, params: Mapping[str, Any], now: datetime, *, working: Mapping[str, PageKind] = NOTHING
) -> list[Candidate]:
    """The first addresses of a run that was asked for at `now`, most urgent first, each once.

    `working`: addresses nobody named that have answered as feeds or sitemaps before; they are visited like named ones. A backfill
    begins with sitemaps and listings and leaves feeds out; its `params` may hold `since` and `until`. A run whose `params` hold
    `starts` (pairs of page kind and address) begins there and nowhere else.
    """
    if "starts" in params:
        return [_start(PageKind(page), url, now) for page, url in params["starts"]]
    keys = {_key(url) for url in working}
    fed = has_feed(source, working)
    found = [*_feeds(source, now, working), *_sitemaps(source, kind, now, keys, fed=fed), *_listings(source, kind, now, fed=fed)]
    if kind is RunKind.BACKFILL:
        scope = Scope.of(params)
        found = [candidate for candidate in found if candidate.kind is not PageKind.FEED and scope.admits(candidate)]
    unique = {_key(candidate.url): candidate for candidate in reversed(found)}
    shift = priorities.BACKFILL if kind is RunKind.BACKFILL else 0
    return sorted((_shifted(candidate, shift) for candidate in reversed(unique.values())), key=lambda candidate: -candidate.priority)


def _start(page: PageKind, url: str, now: datetime) -> Candidate:
    urgency = {PageKind.LISTING: priorities.LISTING, PageKind.ARTICLE: priorities.ARTICLE}.get(page, priorities.SITEMAP)
    if page is PageKind.ARTICLE:  # by its number: many lead nowhere, and that is no failure
        return Candidate(url, page, FoundBy.GUESS, priority=urgency + priorities.BACKFILL)
    return Candidate(url, page, FoundBy.SEED, priority=urgency + priorities.BACKFILL, refetch_before=now)


def has_feed(source: Source, working: Mapping[str, PageKind]) -> bool:
    """Whether a source tells by a feed what is new: one that its file names, or one that was found."""
    return bool(source.feeds) or PageKind.FEED in working.values()


def revisit_before(kind: RunKind, now: datetime, *, fed: bool, slowly: timedelta = SLOWLY) -> datetime:
    """Before when a listing or sitemap must have been fetched to be fetched again by a run that was asked for at `now`.

    `fed`: whether the source has a feed.
    """
    return now - slowly if fed and kind is RunKind.CRAWL else now


def of_sitemap(url: str, kind: RunKind, now: datetime, *, fed: bool, found_by: FoundBy = FoundBy.SEED) -> Candidate:
    """A sitemap as seeds offer it, also for those that robots.txt names. News sitemaps hold two days and are read by each run."""
    before = now if re.search(r"news|actu", url, re.IGNORECASE) else revisit_before(kind, now, fed=fed)
    return Candidate(url, PageKind.SITEMAP, found_by, priority=priorities.SITEMAP, refetch_before=before)


def _feeds(source: Source, now: datetime, working: Mapping[str, PageKind]) -> Iterator[Candidate]:
    for url in source.feeds:
        yield Candidate(url, PageKind.FEED, FoundBy.SEED, priority=priorities.FEED, refetch_before=now)
    if source.feeds:
        return
    guessed = guesses(source.home, FEED_GUESSES) if source.guess else []
    keys = {_key(url) for url in working}
    for url in guessed:
        before = now if _key(url) in keys else now - GUESS_AGAIN
        yield Candidate(url, PageKind.FEED, FoundBy.GUESS, priority=priorities.FEED, refetch_before=before)
    known = {_key(url) for url in guessed}
    for url, kind in working.items():
        if kind is PageKind.FEED and _key(url) not in known:  # the front page named it
            yield Candidate(url, PageKind.FEED, FoundBy.LISTING, priority=priorities.FEED, refetch_before=now)


def _sitemaps(source: Source, kind: RunKind, now: datetime, working: set[str], *, fed: bool) -> Iterator[Candidate]:
    for url in source.sitemaps:
        yield of_sitemap(url, kind, now, fed=fed)
    if source.guess and not source.sitemaps:
        for url in guesses(source.home, SITEMAP_GUESSES):
            if _key(url) in working or kind is RunKind.BACKFILL:
                yield of_sitemap(url, kind, now, fed=fed, found_by=FoundBy.GUESS)
            else:
                yield Candidate(url, PageKind.SITEMAP, FoundBy.GUESS, priority=priorities.SITEMAP, refetch_before=now - GUESS_AGAIN)


def _listings(source: Source, kind: RunKind, now: datetime, *, fed: bool) -> Iterator[Candidate]:
    front = revisit_before(kind, now, fed=fed, slowly=FRONT_PAGE)
    yield Candidate(source.home, PageKind.LISTING, FoundBy.SEED, priority=priorities.LISTING, refetch_before=front)
    for listing in source.listings:
        before = revisit_before(kind, now, fed=fed)
        yield Candidate(listing.url, PageKind.LISTING, FoundBy.SEED, priority=priorities.LISTING, refetch_before=before)


def guesses(home: str, names: tuple[str, ...]) -> list[str]:
    """The usual addresses at the root of the home page's host, then beside the home page if that is deeper (`/fr/`)."""
    root = urljoin(home, "/")
    folders = [root] if home == root else [root, urljoin(home, ".")]
    return list(dict.fromkeys(urljoin(folder, name) for folder in folders for name in names))


def _shifted(candidate: Candidate, shift: int) -> Candidate:
    return Candidate(
        url=candidate.url,
        kind=candidate.kind,
        found_by=candidate.found_by,
        priority=candidate.priority + shift,
        refetch_before=candidate.refetch_before,
    )


def _key(url: str) -> str:
    try:
        return url_key(url)
    except ValueError:
        return url
