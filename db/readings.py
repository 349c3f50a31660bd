"""The values of reading and asking: what is known before a page is read, what was read from it, and what is stored and found."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from db.records import Hints, StoredPage
from db.vocabulary import (
    ArticleStatus,
    DateEvidence,
    Fate,
    PageReason,
    Precision,
    SaveOutcome,
)


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
    discovered: Hints = Hints()  # noqa: RUF009 - frozen, like any constant
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
class Part:
    """Which page of an article that stands on several pages this is; as it is by default: the whole article."""

    number: int = 1
    first: str | None = None
    """Address of the article's first page; None on that page itself."""
    following: str | None = None
    """Address of the article's next page; None on the last."""


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
    byline: tuple[str, ...] = ()
    """Whom the page credits, in its own words and order: people, agencies, desks, the paper itself."""
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
    part: Part = Part()
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
    byline: tuple[str, ...]
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
