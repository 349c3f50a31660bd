"""The values of sources, discovery, fetching and runs that cross package borders: frozen, without behaviour that needs a library.

Instants are aware `datetime`s in UTC; calendar days are `date`s in the source's own zone. A `None` means "not known", never "no".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from db.vocabulary import (
    DateEvidence,
    FailureClass,
    FoundBy,
    HealthState,
    PageKind,
    PageReason,
    PageState,
    RunKind,
    RunState,
    SourceState,
)

# ---------------------------------------------------------------- sources


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A source as its file names it, for the list the database keeps."""

    name: str
    title: str
    home: str
    country: str | None
    tags: tuple[str, ...]
    time_zone: str
    digest: str
    """SHA-256 of the definition, hexadecimal."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of the source table."""

    id: int
    name: str
    title: str
    home: str
    country: str | None
    tags: tuple[str, ...]
    time_zone: str
    digest: str
    state: SourceState
    paused: bool
    seen_at: datetime
    """When its file was last seen."""

    # ---------------------------------------------------------------- discovery and fetching
    paused_until: datetime | None = None
    """When a pause ends by itself; of a source that is not paused, when its last pause ended."""
    pause_reason: str | None = None
    due_at: datetime | None = None
    """Its next visit as last decided; None unless its timetable is adaptive."""

    def is_paused(self, now: datetime) -> bool:
        """Whether the timetable passes it over: a pause whose end has passed is over."""
        return self.paused and (self.paused_until is None or self.paused_until > now)


@dataclass(frozen=True, slots=True)
class Hints:
    """What feeds, sitemaps and listings said of an address before it was fetched."""

    title: str | None = None
    published_at: datetime | None = None
    published_on: date | None = None
    """Set with or without `published_at`; alone when only a day was stated."""
    evidence: DateEvidence | None = None
    lastmod: datetime | None = None
    depth: int = 0
    """Listing pages walked, or links followed, to get here."""
    seek: tuple[int, int, int] | None = None
    """For a section page that is asked for to find where a range begins: see `crawlers.discovery.seek.Seek`."""
    part: tuple[int, str] | None = None
    """For a further page of an article: its number, and the address of the first, as the page before it says."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address worth fetching, as offered to the frontier."""

    url: str
    kind: PageKind
    found_by: FoundBy
    hints: Hints = Hints()
    priority: int = 0
    """Higher is sooner."""
    refetch_before: datetime | None = None
    """Fetch a known address again if it was last fetched before this instant; None: never again."""
    aliases: tuple[str, ...] = ()
    """Addresses that redirected here: they become addresses of the article that is read here."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of the candidates of one offer, each address counted once."""

    new: int = 0
    again: int = 0
    """Known and settled, now due again."""
    known: int = 0
    unusable: int = 0
    """Not addresses that can be fetched."""
    elsewhere: int = 0
    """Of those known: which another run, an open crawl, has in hand and will fetch."""


@dataclass(frozen=True, slots=True)
class FrontierLease:
    """One address handed out for fetching; writes about it must show the same `fence`."""

    id: int
    fence: int
    source: str
    run_id: int
    url: str
    url_key: str
    host: str
    kind: PageKind
    found_by: FoundBy
    hints: Hints
    priority: int
    attempts: int
    etag: str | None
    last_modified: str | None
    aliases: tuple[str, ...] = ()
    """Addresses that redirected here."""
    offered_at: datetime | None = None
    fetched_at: datetime | None = None
    """The last final answer; None if there was none."""
    last_failure: FailureClass | None = None
    revisits: int = 0
    """Times the page was asked for again after it was fetched."""
    unchanged: int = 0
    """How often in a row the answer was that nothing has changed."""
    validators_lie: bool = False
    """Whether other content came under validators that were the same."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a fetch ended, for the frontier row it came from."""

    lease: FrontierLease
    at: datetime
    fetched: bool
    """True if the server gave a final answer (even 304): sets `fetched_at`."""
    status: int | None = None
    failure: FailureClass | None = None
    retry_at: datetime | None = None
    """Due again then; None settles the address for good, until it is offered again."""
    moved_to: str | None = None
    """New spelling of the same address (same url_key): the row's URL becomes this one."""
    etag: str | None = None
    last_modified: str | None = None
    revisits: int | None = None
    """Visits to count from now on; None leaves the number as it is."""
    revisit_at: datetime | None = None
    """When the page is asked for again by itself."""
    altered: bool | None = None
    """Whether the body differs from the one kept before; None if there was none, or no body came."""


@dataclass(frozen=True, slots=True)
class ArchiveLocation:
    """Where a record lies: file, byte offset and length of the compressed record."""

    file: str
    """Its name in the archive folder; of a file of others, where pages are kept by reference, the whole path."""
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class KnownBody:
    """The latest body kept for an address, to compare a new answer with."""

    digest: str
    """SHA-256, hexadecimal."""
    page_id: int
    url: str
    fetched_at: datetime
    location: ArchiveLocation


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """An answer as the archive keeps it."""

    url: str
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    refers_to: KnownBody | None = None
    """The page whose body this one repeats: the body is then not kept a second time."""


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """An answer as it comes back from the archive; `body` is whole even where it was kept with an earlier answer."""

    url: str
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """An answer on its way into the archive."""

    source: str
    run_id: int
    url: str
    url_key: str
    kind: PageKind
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    """Decoded of transfer and content encodings, not of its charset."""
    state: PageState = PageState.UNREAD
    reason: PageReason | None = None
    detail: str | None = None
    """What stood in the page's place, for a person: the name of a bot wall, where a redirect led."""
    body_digest: str | None = None
    """SHA-256, hexadecimal, of a body that is not at hand; None: `body` is."""


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A row of the page table."""

    id: int
    source: str
    run_id: int | None
    url: str
    url_key: str
    kind: PageKind
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body_digest: str
    """SHA-256 of the body, hexadecimal."""
    location: ArchiveLocation
    state: PageState
    reason: PageReason | None
    detail: str | None
    attempts: int
    fence: int
    hints: Hints
    """The frontier's hints as they stand when the page is handed out."""


@dataclass(frozen=True, slots=True)
class RobotsCopy:
    """The last robots.txt answer of a host. `body` is None where none was given (4xx)."""

    fetched_at: datetime
    status: int
    body: str | None


@dataclass(frozen=True, slots=True)
class HostLease:
    """A host handed to one fetching process."""

    host: str
    fence: int
    next_allowed_at: datetime | None
    pause_until: datetime | None
    robots: RobotsCopy | None
    abandoned: bool = False
    """Whether the process that held it before never gave it back: it may have asked the host until a moment ago."""


@dataclass(frozen=True, slots=True)
class HostRow:
    """A row of the host table, for showing."""

    host: str
    next_allowed_at: datetime | None
    pause_until: datetime | None
    robots_status: int | None
    robots_fetched_at: datetime | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the run table: what was asked, and what became of it."""

    id: int
    source: str
    kind: RunKind
    slot: str | None
    """Local wall time of the timetable's slot without fold (`2026-02-15T02:30`), None if a person asked."""
    state: RunState
    params: dict[str, Any]
    counts: dict[str, int]
    """Final counts by word (`fetched`, `new`, a page reason, a failure class…); while the run is open, only how far it has noted to be."""
    note: str | None
    owner: str | None
    fence: int
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """How a source is, with the evidence and what to do in a sentence (empty while all is well), and since when."""

    source: str
    state: HealthState
    evidence: str
    since: datetime
