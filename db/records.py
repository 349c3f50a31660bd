"""The values that cross package borders: frozen, without behaviour that needs a library.

Instants are aware `datetime`s in UTC; calendar days are `date`s in the source's own zone. A `None` means "not known", never "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from db.vocabulary import (
    ArticleStatus,
    DateEvidence,
    FailureClass,
    Fate,
    FoundBy,
    HealthState,
    PageKind,
    PageReason,
    PageState,
    Precision,
    RunKind,
    RunState,
    SaveOutcome,
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


# ---------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class PublicationDate:
    """When an article was published, how exactly that is known, and from what."""

    on: date
    precision: Precision
    evidence: DateEvidence
    at: datetime | None = None
    """UTC instant; None unless the page states a time of day."""

    @property
    def confidence(self) -> float:
        """How far the day is to be believed, 0 to 1."""
        return self.evidence.confidence


@dataclass(frozen=True, slots=True)
class Image:
    """The lead image."""

    url: str
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Reading hints of a source for a period: CSS selectors, tried before the general rules."""

    since: date | None = None
    until: date | None = None
    """Half-open: [since, until)."""
    body: str | None = None
    title: str | None = None
    date: str | None = None
    authors: str | None = None
    section: str | None = None
    tags: str | None = None
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """What recurs around the articles of a source, learned from pages that were kept of it."""

    version: int
    """Of the way it was learned: grows when that changes."""
    pages: int
    """How many articles it was learned from."""
    blocks: tuple[str, ...] = ()
    """Signatures of containers that hold what is no article: the same words on several pages, or teasers of other articles."""
    lines: tuple[str, ...] = ()
    """Folded lines that stand in the text of several articles, word for word."""
    bodies: tuple[str, ...] = ()
    """Signatures of the containers that hold the articles; what holds one of them is never cut."""
    engine: str = "default"
    """The engine mode that agrees best with the texts the pages state for machines: `default`, `precision`, `recall` or `no_tables`."""


@dataclass(frozen=True, slots=True)
class ReadingHints:
    """Everything the reader may know besides the page itself."""

    source: str = ""
    title: str = ""
    """The outlet's own name: never an author, cut from page titles."""
    home: str = ""
    time_zone: str = "UTC"
    languages: tuple[str, ...] = ()
    editions: tuple[tuple[str, str], ...] = ()
    """(path pattern, edition name) pairs; the first that matches names the article's edition."""
    layouts: tuple[Layout, ...] = ()
    discovered: Hints = Hints()
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class PageToRead:
    """A page as the reader gets it, with no trace of where it was kept."""

    url: str
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    fetched_at: datetime | None = None
    """Relative dates are resolved against it; without it they stay unknown."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One explained choice of the reader: `veille read --why` prints these."""

    step: str
    field: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Article:
    """What was read from one page. `text` is paragraphs separated by one blank line, NFC, without control characters."""

    url: str
    title: str
    text: str
    text_digest: str
    """SHA-256 of the folded text (`db.identity.text_digest`), hexadecimal."""
    language: str
    """BCP 47 primary subtag, `und` if unsure."""
    language_confidence: float
    status: ArticleStatus
    reading_version: int
    canonical_url: str | None = None
    standfirst: str | None = None
    authors: tuple[str, ...] = ()
    agency: str | None = None
    publisher: str | None = None
    contributors: tuple[str, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    published: PublicationDate | None = None
    modified_at: datetime | None = None
    image: Image | None = None
    edition: str | None = None
    languages: tuple[tuple[str, float], ...] = ()
    """(language, share of the letters), largest first: more than one only where a text is in several scripts."""
    translations: tuple[tuple[str, str], ...] = ()
    """(language, URL) pairs from hreflang, without the page itself."""
    links: tuple[str, ...] = ()
    """Absolute http(s) addresses of the page, in order, each once."""
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A page that holds no article, and why."""

    url: str
    reason: PageReason
    detail: str
    reading_version: int
    links: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """An article and the page it was read from, on their way into the article store."""

    page: StoredPage
    article: Article


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one reading in the article store."""

    outcome: SaveOutcome
    uid: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on kept pages, as a person wrote it: field, comparison, value."""

    field: str
    """`reading_version`, `state`, `reason`, `status`, `language` or `published_from`."""
    op: str
    """`=`, `!=`, `<`, `<=`, `>` or `>=`."""
    value: int | str


@dataclass(frozen=True, slots=True)
class Choice:
    """Which kept pages of a source are read again. Without conditions: those that an older reader read, or one that knew no template."""

    reading_version: int
    """Of today's reader."""
    learned_at: datetime | None = None
    """When the template in use was learned; None if there is none."""
    conditions: tuple[Condition, ...] = ()
    since: date | None = None
    until: date | None = None
    """Half-open, by the article's day, or by the day of fetching where none is known."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for the address of a page: the current revision of its article."""

    uid: str
    page_id: int | None
    """The page the revision rests on."""
    text: str
    metadata: dict[str, Any]
    """As a row of `revisions` keeps it."""


# ---------------------------------------------------------------- asking


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the database holds it: its current revision and what is known around it."""

    uid: str
    url: str
    urls: tuple[str, ...]
    source: str
    country: str | None
    edition: str | None
    title: str
    standfirst: str | None
    text: str
    authors: tuple[str, ...]
    agency: str | None
    publisher: str | None
    contributors: tuple[str, ...]
    section: str | None
    tags: tuple[str, ...]
    published_at: datetime | None
    published_on: date | None
    published_precision: Precision | None
    published_from: DateEvidence | None
    modified_at: datetime | None
    language: str
    language_confidence: float
    languages: tuple[tuple[str, float], ...]
    image: Image | None
    translations: tuple[tuple[str, str], ...]
    status: ArticleStatus
    fate: Fate
    first_seen: datetime
    last_seen: datetime
    duplicate_of: str | None
    """uid of the original."""
    duplicate_of_url: str | None
    story: str | None
    revision: int
    change: int
    reading_version: int

    @property
    def published_confidence(self) -> float | None:
        """How far the publication day is to be believed, 0 to 1; None if it is unknown."""
        return self.published_from.confidence if self.published_from else None


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result: the article without its text, its rank score (higher is better) and a snippet of ≤ 300 characters."""

    article: StoredArticle
    score: float
    snippet: str
    matches: tuple[tuple[int, int], ...] = ()
    """Character ranges of `snippet` that matched."""


# ---------------------------------------------------------------- the service, and figures for monitors


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """Who keeps the timetable, or kept it last."""

    started_at: datetime | None
    seen_at: datetime | None
    """When it last said that it is there."""
    said: Mapping[str, Any]
    """What it says of itself: plain values."""
    owner: str | None
    until: datetime | None
    fence: int


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """How one source is, for monitors."""

    name: str
    health: HealthState
    paused: bool
    done_at: datetime | None
    """When its last crawl that was done ended."""


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """What is to be done, and how the sources are."""

    waiting: int
    """Addresses of the frontier that are to be fetched."""
    unread: int
    open_runs: Mapping[tuple[str, str], int]
    """Runs by kind and state."""
    slices: Mapping[str, int]
    """Slices of open backfills by state."""
    sources: list[SourceFigures]


@dataclass(frozen=True, slots=True)
class StockFigures:
    """How much is kept."""

    articles: Mapping[str, int]
    """By source."""
    pages: Mapping[str, int]
    """By state."""
    ended_runs: Mapping[tuple[str, str], int]
    """By kind and state."""
