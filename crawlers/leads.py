"""Where a feed, a sitemap or a listing leads: the parsers of `crawlers.discovery` applied to what a run wants. Bytes in, candidates out."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from crawlers.discovery import priorities, seek
from crawlers.discovery.feed import parse_feed
from crawlers.discovery.links import endless
from crawlers.discovery.listing import Listing, parse_listing
from crawlers.discovery.numbers import Numbers
from crawlers.discovery.scope import Scope, period_of
from crawlers.discovery.seeds import revisit_before
from crawlers.discovery.seek import Seek
from crawlers.discovery.sitemap import parse_sitemap
from crawlers.discovery.traps import lies_ahead
from crawlers.source import Source
from db.identity import url_key
from db.records import Candidate, FrontierLease, Hints, Run
from db.vocabulary import FoundBy, PageKind, RunKind, Trap, Way

MAX_DEPTH = 1_000
"""Pages of one listing walked one after the other at most."""


class Walks:
    """Remembers what the listing pages of each run held, so that a listing that repeats itself under new addresses ends."""

    def __init__(self) -> None:
        self._seen: dict[int, dict[frozenset[str], str]] = {}

    def repeats(self, lease: FrontierLease, articles: Iterable[Candidate]) -> bool:
        """Whether another page of the run held just these articles already; the first page of a listing never repeats."""
        return self._is_second(lease, frozenset(key for article in articles if (key := key_of(article.url))))

    def repeats_body(self, lease: FrontierLease, body: bytes) -> bool:
        """Whether another page of the run was just these bytes already."""
        return self._is_second(lease, frozenset([hashlib.sha256(body).hexdigest()]))

    def _is_second(self, lease: FrontierLease, held: frozenset[str]) -> bool:
        first = self._seen.setdefault(lease.run_id, {}).setdefault(held, lease.url_key)
        return first != lease.url_key and lease.found_by is FoundBy.PAGINATION


@dataclass(frozen=True, slots=True)
class Errand:
    """An address on its way, with the run that wants it and the source it belongs to."""

    lease: FrontierLease
    run: Run
    source: Source
    walks: Walks = field(default_factory=Walks)
    obey_noindex: bool = False

    @property
    def is_backfill(self) -> bool:
        """Whether a range of days is wanted rather than news."""
        return self.run.kind is RunKind.BACKFILL

    @property
    def way(self) -> str | None:
        """The way of a backfill's slice; None for whatever is no slice."""
        return self.run.params.get("way")

    @property
    def shift(self) -> int:
        """What is added to every priority."""
        return priorities.BACKFILL if self.is_backfill else 0


@dataclass(frozen=True, slots=True)
class Leads:
    """What a page leads to."""

    candidates: tuple[Candidate, ...] = ()
    next_pages: tuple[Candidate, ...] = ()
    walk_since: datetime | None = None
    """The next pages are wanted only if a candidate was unknown before; None: in any case."""
    trapped: Mapping[Trap, int] = field(default_factory=dict)
    """What was left out because it leads on for ever."""


def leads_of(errand: Errand, body: bytes, content_type: str | None, now: datetime) -> Leads | None:
    """What a page of the kind that the lease says leads to; None if it is no such thing.

    A backfill gets only what may be in its range.
    """
    readers = {PageKind.FEED: _of_feed, PageKind.SITEMAP: _of_sitemap, PageKind.LISTING: _of_listing}
    reader = readers.get(errand.lease.kind)  # captures are `crawlers.replay`'s
    return reader(errand, body, content_type, now) if reader else None


def key_of(url: str) -> str | None:
    """The identity of an address, None if it has none."""
    try:
        return url_key(url)
    except ValueError:
        return None


def _of_feed(errand: Errand, body: bytes, content_type: str | None, now: datetime) -> Leads | None:
    lease, source = errand.lease, errand.source
    feed = parse_feed(body, lease.url, now=now, content_type=content_type, time_zone=source.time_zone)
    if feed is None:
        return None
    older: tuple[Candidate, ...] = ()
    if feed.next_url and source.is_on_site(feed.next_url) and lease.hints.depth < MAX_DEPTH:
        hints, priority = Hints(depth=lease.hints.depth + 1), priorities.PAGINATION + errand.shift
        older = (Candidate(feed.next_url, PageKind.FEED, FoundBy.PAGINATION, hints, priority, errand.run.requested_at),)
    return Leads(_wanted(errand, feed.candidates(source, errand.shift)), older, errand.run.requested_at)


def _of_sitemap(errand: Errand, body: bytes, content_type: str | None, now: datetime) -> Leads | None:  # noqa: ARG001 - bytes tell
    lease, source = errand.lease, errand.source
    sitemap = parse_sitemap(body, lease.url, now=now, time_zone=source.time_zone)
    if sitemap is None:
        return None
    found = _wanted(errand, sitemap.candidates(source, depth=lease.hints.depth, shift=errand.shift))
    return Leads(tuple(each for each in found if _is_of_slice(errand, each)))


def _is_of_slice(errand: Errand, candidate: Candidate) -> bool:
    """Whether an address may be of the range by what is known of its slice, where it says nothing of days itself.

    `numbers` are the article numbers of the range; of a sitemap at its `edge` only what changed in those days is taken.
    """
    params, changed = errand.run.params, candidate.hints.lastmod
    if candidate.kind is not PageKind.ARTICLE or candidate.hints.published_on or period_of(candidate.url):
        return True
    if params.get("edge"):
        return changed is not None and Scope.of(params).is_near(changed.date())
    return "numbers" not in params or Numbers(*params["numbers"]).holds(candidate.url)


def _of_listing(errand: Errand, body: bytes, content_type: str | None, now: datetime) -> Leads:
    lease, source, asked = errand.lease, errand.source, errand.run.requested_at
    listing = parse_listing(
        body,
        lease.url,
        source,
        now=now,
        content_type=content_type,
        depth=lease.hints.depth,
        shift=errand.shift,
        refetch_before=asked,
        archives=errand.is_backfill,
    )
    trap = _end_of_walk(errand, listing, now) if listing.next_pages else None
    if errand.is_backfill:
        return _of_archive(errand, listing, trap)
    section_before = revisit_before(errand.run.kind, asked, fed=bool(source.feeds))
    sections = tuple(dataclasses.replace(section, refetch_before=section_before) for section in listing.sections)
    return Leads(
        candidates=(*listing.articles, *sections, *listing.alternates),
        next_pages=() if trap else listing.next_pages,
        walk_since=asked,
        trapped=Counter(listing.trapped) + Counter([trap] if trap else []),
    )


def _of_archive(errand: Errand, listing: Listing, trap: Trap | None) -> Leads:
    """What a backfill takes from a listing: what may lie in its range, older pages until they are past it, sections if it has no slices."""
    scope, days = Scope.of(errand.run.params), _days_of(listing)
    trapped = Counter(listing.trapped) + Counter([trap] if trap else [])
    sought = errand.way == Way.LISTING
    if sought and not trap and seek.is_too_new(days, scope):
        return Leads(next_pages=_leap(errand, listing), trapped=trapped)
    sections = () if errand.way else listing.sections
    walked = () if trap or scope.past(days) else listing.next_pages
    return Leads(_wanted(errand, (*listing.articles, *sections)), (*walked, *step_back(errand)), trapped=trapped)


def _days_of(listing: Listing) -> list[date]:
    """Days stated beside the links, else those in the addresses."""
    if len(listing.days) >= seek.LEAST_DAYS:
        return list(listing.days)
    named = (period_of(article.url) for article in listing.articles)
    exact = [period[0] for period in named if period is not None and (period[1] - period[0]).days == 1]
    return exact if len(exact) > len(listing.days) else list(listing.days)


def _leap(errand: Errand, listing: Listing) -> tuple[Candidate, ...]:
    """The page to look at after one that lies wholly after the range."""
    following = listing.next_pages[0].url if listing.next_pages else None
    known, own = errand.lease.hints.seek, seek.number_in(errand.lease.url)
    if known is not None and own is not None:
        number, further = seek.after_too_new(Seek(*known), own[0])
        return (_probe(errand, errand.lease.url, number, further),)
    found = seek.number_in(following) if following else None
    if found is None or following is None:  # its pages have no numbers: they are walked one by one
        return listing.next_pages
    step = found[0] - own[0] if own else found[0] if found[0] > 2 else 1
    if step <= 0:
        return listing.next_pages
    number, further = seek.after_too_new(Seek(0, 0, step), found[0] - step)
    return (_probe(errand, following, number, further),)


def step_back(errand: Errand) -> tuple[Candidate, ...]:
    """Where a page that was leapt to is not too new, or is not there: the page to look at between it and the last that was."""
    known, own = errand.lease.hints.seek, seek.number_in(errand.lease.url)
    if known is None or own is None or not errand.is_backfill:
        return ()
    between = seek.after_old_enough(Seek(*known), own[0])
    return (_probe(errand, errand.lease.url, *between),) if between else ()


def _probe(errand: Errand, url: str, number: int, known: Seek) -> Candidate:
    hints = Hints(depth=errand.lease.hints.depth + 1, seek=known.packed())
    priority = priorities.PAGINATION + errand.shift
    return Candidate(seek.with_number(url, number), PageKind.LISTING, FoundBy.PAGINATION, hints, priority, errand.run.requested_at)


def _end_of_walk(errand: Errand, listing: Listing, now: datetime) -> Trap | None:
    """What keeps a listing from being walked further: it repeats itself, or it would go on for ever."""
    if errand.walks.repeats(errand.lease, listing.articles):
        return Trap.REPEATS
    if errand.lease.hints.depth >= MAX_DEPTH:
        return Trap.DEPTH
    following = listing.next_pages[0].url
    return Trap.CALENDAR if lies_ahead(following, now.date()) else endless(following)


def _wanted(errand: Errand, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """What the run wants of these. A backfill walks sitemaps and listings that were walked before, too."""
    if not errand.is_backfill:
        return tuple(candidates)
    scope, asked = Scope.of(errand.run.params), errand.run.requested_at
    return tuple(
        each if each.kind is PageKind.ARTICLE else dataclasses.replace(each, refetch_before=asked)
        for each in candidates
        if scope.admits(each)
    )
