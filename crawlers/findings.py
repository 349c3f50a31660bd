"""What a look at a site found, as plain values: the answer of `crawlers.survey`, to be shown and written into a source file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from crawlers.fetch import Fetched
from db.records import Candidate


@dataclass(frozen=True, slots=True)
class Asked:
    """One address that was asked for, and what came of it in words."""

    url: str
    purpose: str
    """`home`, `robots`, `feed`, `sitemap`, `section` or `article`."""
    outcome: str


@dataclass(frozen=True, slots=True)
class RobotsFound:
    """What robots.txt says to us."""

    url: str
    outcome: str
    """`ok`, or why there are no rules."""
    crawl_delay: float | None = None
    """Seconds."""
    sitemaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemFound:
    """The system a site is made with, and the sign it was recognised by."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class FeedFound:
    """An address that answered with a feed."""

    url: str
    kind: str
    """`rss`, `atom` or `json`."""
    items: int
    articles: int
    """Items that may be articles of the site."""
    newest: date | None
    title: str | None
    declared: bool
    """The home page names it; else it was guessed, and found."""
    left_out: str | None = None
    """Why it is not used."""


@dataclass(frozen=True, slots=True)
class SitemapFound:
    """An address that answered with a sitemap or an index of sitemaps."""

    url: str
    is_index: bool
    count: int
    """Addresses, or parts of an index."""
    is_news: bool
    named: bool
    """robots.txt names it; else it was guessed, and found."""
    looked_at: int = 0
    """Addresses that were judged, spread over the sitemap or over the newest part of an index."""
    articles: int = 0
    """Those of them that may be articles."""
    newest_part: str | None = None
    newest_part_count: int | None = None
    """None: the part did not answer with a sitemap of addresses, or was not asked for."""
    oldest: date | None = None
    newest: date | None = None
    """First and last day of change among the addresses or parts that state one."""
    left_out: str | None = None
    """Why it is not used."""


@dataclass(frozen=True, slots=True)
class SectionFound:
    """A section page that was looked at."""

    url: str
    articles: int
    older: str | None
    """The page with its older articles, if there is a sign of one."""


@dataclass(frozen=True, slots=True)
class AddressPattern:
    """What the addresses of articles have in common: a proposal, never a fact."""

    pattern: str
    """Regular expression, searched in `crawlers.source.path_of`."""
    words: str
    matched: int
    of: int


@dataclass(frozen=True, slots=True)
class ZoneFound:
    """Where the paper may be, and whose time it may keep."""

    country: str | None
    """ISO 3166 code: a guess."""
    country_from: str
    """What it was guessed from; empty if there is no guess."""
    zone: str | None
    agreed: int
    """Dates whose stated offset is the zone's own; 0 if none states one, or any of them contradicts."""
    offsets: tuple[str, ...]
    """Offsets from UTC that the site's own dates state (`+01:00`), the most frequent first; UTC itself proves nothing and is not kept."""


@dataclass(frozen=True, slots=True)
class SamplePage:
    """An article address of the sample, where it came from, and its answer."""

    candidate: Candidate
    fetched: Fetched


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything one look at a site found. Instants are aware, days as the site states them."""

    asked_for: str
    home: str
    """Address of the home page after redirects."""
    status: int
    at: datetime
    """When the home page was fetched."""
    robots: RobotsFound
    system: SystemFound | None
    title: str | None
    title_from: str
    page_language: str | None
    """The home page's `lang`, as it is written there."""
    feeds: tuple[FeedFound, ...]
    sitemaps: tuple[SitemapFound, ...]
    sections: tuple[str, ...]
    """Every section that the home page links to."""
    looked_at: tuple[SectionFound, ...]
    links: int
    """Article links of the home page and of the sections looked at."""
    pattern: AddressPattern | None
    zone: ZoneFound
    sample: tuple[SamplePage, ...]
    trail: tuple[Asked, ...]

    @property
    def feeds_used(self) -> tuple[FeedFound, ...]:
        """Those that a source file should name."""
        return tuple(feed for feed in self.feeds if feed.left_out is None)

    @property
    def sitemaps_used(self) -> tuple[SitemapFound, ...]:
        """Those that a source file should name."""
        return tuple(sitemap for sitemap in self.sitemaps if sitemap.left_out is None)

    def tried(self, purpose: str) -> tuple[str, ...]:
        """The addresses that were asked for in that hope."""
        return tuple(asked.url for asked in self.trail if asked.purpose == purpose)
