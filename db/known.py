"""What is known of an article while readings are given to it, and how that is loaded. What becomes of a reading is `db.saving`'s affair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from db import parts
from db.article_rows import claim_label, metadata_of, storable
from db.engine import Transaction
from db.errors import UnknownName
from db.identity import clean_url
from db.models import addresses, articles, frontier, labels, pages, revisions, sources
from db.readings import Reading
from db.same import Version, key_or_none
from db.vocabulary import RevisionCause

Address = tuple[int, str]
"""(source id, url_key)."""


@dataclass(slots=True, eq=False)
class Known:
    """An article while a batch is at work on it."""

    uid: str
    source_id: int
    url: str
    url_key: str
    revision: int
    last_revision: int
    """Highest number given, suspect readings included."""
    current: Version
    first_seen: datetime
    last_seen: datetime
    id: int | None = None
    suspects: set[str] = field(default_factory=set)
    """Text digests of readings kept aside since the current revision."""
    left_digests: set[str] = field(default_factory=set)
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Rows of `revisions` to write, by n."""
    altered: bool = False
    """Something that is exported differs: gets this transaction's change number."""
    seen: bool = False
    """First or last sighting moved."""
    read_again: bool = False
    """A newer page, or a newer reader, gave the same: the current revision now rests on it."""

    def see(self, at: datetime) -> None:
        """Note that the article was there at an instant."""
        if not self.first_seen <= at <= self.last_seen:
            self.first_seen, self.last_seen = min(self.first_seen, at), max(self.last_seen, at)
            self.seen = True

    def show(self, spellings: Mapping[Address, str], *, claimed: bool) -> None:
        """Choose the address to show: the one the page declares canonical if the article has it (`claimed`), else the page's."""
        canonical = clean_url(self.current.metadata["canonical_url"] or "")
        key = (self.current.claim if claimed else None) or self.current.page_key
        shown = canonical if canonical and (claimed or self.current.names_itself) else spellings[self.source_id, key]
        self.altered = self.altered or (shown, key) != (self.url, self.url_key)
        self.url, self.url_key = shown, key

    def become(self, version: Version, n: int, cause: RevisionCause, at: datetime) -> None:
        """Make a reading the current one, as revision `n`: a new number, or in place of the one of that number."""
        if version.digest != self.current.digest:
            self.left_digests.add(self.current.digest)
        self.current, self.revision, self.altered = version, n, True
        self.last_revision = max(n, self.last_revision)
        self.suspects.clear()
        self.write(version, n, cause, at)

    def confirm(self, version: Version) -> None:
        """Let the current revision rest on other pages that say the same."""
        self.current, self.read_again = version, True

    def write(self, version: Version, n: int, cause: RevisionCause, at: datetime) -> None:
        """Have a revision's row written with the batch."""
        self.rows[n] = {
            "n": n,
            "page_id": version.page_id,
            "reading_version": version.reading_version,
            "cause": cause,
            "text": version.text,
            "metadata": version.metadata,
            "seen_at": at,
        }


@dataclass(frozen=True, slots=True)
class Incoming:
    """A reading on its way to its article."""

    source_id: int
    version: Version
    aliases: dict[str, str]
    """Addresses that redirected to the page, by key."""
    at: datetime
    first_page: tuple[str, str] | None = None
    """Key and address of the first page, where this is a further one of an article on several."""
    next_page: str | None = None
    """Key of the page that an article goes on at."""

    @property
    def key(self) -> str:
        """The page's own address."""
        return self.version.page_key


# ---------------------------------------------------------------- loading


def source_ids(tx: Transaction, names: Iterable[str]) -> dict[str, int]:
    """Return the ids of sources. Raises UnknownName if one is not in the database."""
    wanted = sorted(set(names))
    found = {row.name: row.id for row in tx.execute(select(sources.c.name, sources.c.id).where(sources.c.name.in_(wanted)))}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise UnknownName(f"no source named {missing[0]!r} in the database")
    return found


def aliases_of(tx: Transaction, source: Iterable[int], keys: Iterable[str]) -> dict[Address, list[str]]:
    """Read what redirects to addresses, and keep their rows from gaining more until this transaction ends."""
    query = select(frontier.c.source_id, frontier.c.url_key, frontier.c.aliases)
    query = query.where(frontier.c.source_id.in_(list(source)), frontier.c.url_key.in_(list(keys)))
    return {(row.source_id, row.url_key): row.aliases for row in tx.execute(query.order_by(frontier.c.id).with_for_update())}


def incoming(reading: Reading, source_id: int, aliases: Sequence[str], now: datetime) -> Incoming:
    """Prepare a reading for comparison. It was seen when its page was fetched, and never after `now`."""
    page, article = reading.page, reading.article
    version = Version(
        page.id, page.url_key, page.url, page.fetched_at, article.reading_version, storable(article.text), metadata_of(article)
    )
    usable = {key: url for url in sorted(aliases) if (key := key_or_none(url)) and key != page.url_key}
    first = article.part.first
    first_key = key_or_none(first) if first else None
    first_page = (first_key, first) if first and first_key else None
    next_page = key_or_none(article.part.following) if article.part.following else None
    return Incoming(source_id, parts.with_parts(version, article), usable, min(page.fetched_at, now), first_page, next_page)


def holders(tx: Transaction, source: Iterable[int], keys: Iterable[str]) -> set[int]:
    """Return the ids of the articles that have any of these addresses."""
    query = select(addresses.c.article_id).where(addresses.c.source_id.in_(list(source)), addresses.c.url_key.in_(list(keys)))
    return set(tx.execute(query).scalars())


def claiming(tx: Transaction, source: Iterable[int], keys: Iterable[str]) -> set[int]:
    """Return the ids of the articles whose page calls one of these addresses canonical."""
    folded = [claim_label(key) for key in keys]
    query = select(labels.c.article_id).join(articles, articles.c.id == labels.c.article_id)
    query = query.where(labels.c.kind == "claim", labels.c.folded.in_(folded), articles.c.source_id.in_(list(source)))
    return set(tx.execute(query).scalars())


def addresses_of(tx: Transaction, ids: Iterable[int]) -> list[Any]:
    """Return the rows of `addresses` of these articles."""
    return list(tx.execute(select(addresses).where(addresses.c.article_id.in_(list(ids)))))


def with_digest(tx: Transaction, source: Iterable[int], digests: Iterable[str]) -> set[int]:
    """Return the ids of articles of these sources whose text has one of these digests."""
    query = select(articles.c.id).where(articles.c.source_id.in_(list(source)), articles.c.text_digest.in_(list(digests)))
    return set(tx.execute(query).scalars())


def load(tx: Transaction, ids: Iterable[int]) -> dict[int, Known]:
    """Load articles with their current revision and what was kept aside since."""
    query = (
        select(articles, revisions, pages.c.url_key.label("page_key"), pages.c.url.label("page_url"), pages.c.fetched_at.label("page_at"))
        .join(revisions, revisions.c.article_id == articles.c.id)
        .outerjoin(pages, pages.c.id == revisions.c.page_id)
        .where(articles.c.id.in_(list(ids)), revisions.c.n >= articles.c.revision)
        .order_by(articles.c.id, revisions.c.n)
    )
    found: dict[int, Known] = {}
    for row in tx.execute(query).mappings():
        if row["n"] == row["revision"]:
            found[row["id"]] = _known(row)
        else:
            aside = found[row["article_id"]]
            aside.last_revision = row["n"]
            aside.suspects.add(row["metadata"]["text_digest"])
    return found


def _known(row: Any) -> Known:
    current = Version(
        row["page_id"],
        row["page_key"] or row["url_key"],
        row["page_url"] or row["url"],
        row["page_at"] or row["seen_at"],
        row["reading_version"],
        row["text"],
        row["metadata"],
    )
    return Known(
        uid=row["uid"],
        source_id=row["source_id"],
        url=row["url"],
        url_key=row["url_key"],
        revision=row["revision"],
        last_revision=row["n"],
        current=current,
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        id=row["id"],
    )
