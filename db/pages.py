"""The page table: one row an answer kept, where its bytes lie in the archive, and whether it has been read.

Fetching and reading meet here and nowhere else. The bytes themselves are `db.archive`'s.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, case, column, false, func, literal_column, or_, select, text, update, values

from db import leases
from db.engine import Transaction, upsert
from db.errors import UnknownName
from db.identity import url_key
from db.models import addresses, articles, frontier, pages, runs, sources
from db.offers import hints_from_json
from db.records import ArchiveLocation, FetchedPage, KnownBody, StoredPage
from db.sources import SourceStore
from db.vocabulary import FoundBy, PageKind, PageReason, PageState

UNREAD: Final = pages.c.state == literal_column("'unread'")
"""Written out, not bound: only so do both databases see that the index of unread pages will do."""

WITH_BODY: Final = (PageState.UNREAD, PageState.READ, PageState.REJECTED, PageState.PARSED)
"""States of pages whose body can stand for later equal ones: it was kept with them, and it was an answer, not an error."""

RUNS_UNREAD: Final = text("""
    WITH RECURSIVE found(run_id) AS (
        SELECT (SELECT p.run_id FROM pages p WHERE p.state = 'unread' AND p.run_id IS NOT NULL ORDER BY p.run_id, p.id LIMIT 1)
        UNION ALL
        SELECT (SELECT p.run_id FROM pages p WHERE p.state = 'unread' AND p.run_id > f.run_id ORDER BY p.run_id, p.id LIMIT 1)
        FROM found f WHERE f.run_id IS NOT NULL
    )
    SELECT run_id FROM found WHERE run_id IS NOT NULL
""")
"""Jumps through the index of unread pages from run to run; ordering by `id` too makes it the only index that fits."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of reading a page."""

    page: StoredPage
    state: PageState
    reason: PageReason | None
    detail: str | None
    reading_version: int


class PageStore:
    """Kept pages inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    # ------------------------------------------------------------ keeping

    def put(self, kept: Sequence[tuple[FetchedPage, ArchiveLocation]]) -> list[int]:
        """Insert rows for pages whose records the archive has synced; return their ids. The same record twice is one row."""
        if not kept:
            return []
        source_ids = SourceStore(self._tx).ids(sorted({page.source for page, _ in kept}))
        insert = upsert(self._tx, pages)
        same = {"archive_length": insert.excluded.archive_length}  # so that a row already there is returned too
        insert = insert.on_conflict_do_update(index_elements=["archive_file", "archive_offset"], set_=same)
        rows = self._tx.execute(
            insert.returning(pages.c.id, pages.c.archive_file, pages.c.archive_offset),
            [_values(page, location, source_ids[page.source]) for page, location in kept],
        )
        ids = {(row.archive_file, row.archive_offset): int(row.id) for row in rows}
        return [ids[location.file, location.offset] for _, location in kept]

    def known_bodies(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KnownBody]:
        """Return the latest body kept for each (source, url_key); addresses without one are left out."""
        if not keys:
            return {}
        names = {id_: name for name, id_ in SourceStore(self._tx).ids(sorted({source for source, _ in keys})).items()}
        ids = {name: id_ for id_, name in names.items()}
        asked = values(column("source_id", pages.c.source_id.type), column("url_key", pages.c.url_key.type), name="asked")
        wanted = asked.data(sorted({(ids[source], key) for source, key in keys})).cte()
        latest = select(pages.c.id).where(pages.c.source_id == wanted.c.source_id, pages.c.url_key == wanted.c.url_key)
        latest = latest.where(pages.c.state.in_(WITH_BODY)).order_by(pages.c.fetched_at.desc(), pages.c.id.desc()).limit(1)
        found = select(latest.correlate(wanted).scalar_subquery().label("id")).select_from(wanted).subquery()
        rows = self._tx.execute(select(pages).join(found, found.c.id == pages.c.id))
        return {(names[row.source_id], row.url_key): _known_body(row) for row in rows}

    def kept(self, source: str, bodies: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those of the (url_key, body digest) pairs of a source that a page is kept of, whenever it was captured."""
        if not bodies:
            return set()
        query = select(pages.c.url_key, pages.c.body_digest).join(sources, sources.c.id == pages.c.source_id)
        query = query.where(sources.c.name == source, pages.c.url_key.in_({key for key, _ in bodies}), pages.c.state.in_(WITH_BODY))
        return {(row.url_key, row.body_digest) for row in self._tx.execute(query)} & set(bodies)

    # ------------------------------------------------------------ reading

    def lease_unread(
        self, owner: str, now: datetime, until: datetime, limit: int, run_ids: Sequence[int] | None = None
    ) -> list[StoredPage]:
        """Hand out at most `limit` unread pages, oldest first, of these runs or of all; `attempts` counts the lease."""
        wanted: Sequence[int | None] = [*self._tx.execute(RUNS_UNREAD).scalars(), None] if run_ids is None else run_ids
        free = sorted(id_ for run_id in wanted for id_ in self._unread(run_id, now, limit))[:limit]
        if not free:
            return []
        taken = {**leases.taken(pages, owner, until), "attempts": pages.c.attempts + 1}
        self._tx.execute(update(pages).where(pages.c.id.in_(free)).values(taken))
        return self._stored(_query(pages.c.id.in_(free)).order_by(pages.c.id))

    def renew(self, owner: str, now: datetime, until: datetime) -> int:
        """Move the end of the owner's leases; return how many it holds."""
        return leases.renew(self._tx, pages, owner, now, until)

    def held(self, leased: Sequence[StoredPage]) -> set[int]:
        """Lock those of the pages whose lease is still the caller's, and return their ids."""
        query = select(pages.c.id, pages.c.fence).where(pages.c.id.in_([page.id for page in leased])).order_by(pages.c.id)
        fences = {row.id: row.fence for row in self._tx.execute(query.with_for_update())}
        return {page.id for page in leased if fences.get(page.id) == page.fence}

    def settle(
        self,
        page: StoredPage,
        state: PageState,
        *,
        reason: PageReason | None = None,
        detail: str | None = None,
        reading_version: int | None = None,
        at: datetime | None = None,
    ) -> bool:
        """Record what came of reading a page, `at` which instant. False if the lease was lost: what was read from it must be dropped."""
        mine = (pages.c.id == page.id) & (pages.c.fence == page.fence)
        said = {"state": state, "reason": reason, "detail": detail, "reading_version": reading_version, "read_at": at}
        return bool(self._tx.execute(update(pages).where(mine).values({**said, **leases.FREE})).rowcount)

    def settle_all(self, settled: Sequence[Settled], at: datetime) -> None:
        """Record what came of many pages in one statement, as `settle` does of one; pages whose lease was lost stay as they are."""
        if settled:
            mine = (pages.c.id == bindparam("its_id")) & (pages.c.fence == bindparam("its_fence"))
            said = ("state", "reason", "detail", "reading_version")
            change = update(pages).where(mine).values({name: bindparam(name) for name in said} | {"read_at": at, **leases.FREE})
            rows = [{"its_id": s.page.id, "its_fence": s.page.fence} | {name: getattr(s, name) for name in said} for s in settled]
            self._tx.execute(change, rows)

    def give_back(self, owner: str) -> int:
        """Return everything `owner` holds unread, as if it had not been handed out; return how many pages that were."""
        change = update(pages).where(UNREAD, pages.c.lease_owner == owner)  # only unread pages are leased, and these have an index
        return self._tx.execute(change.values({**leases.FREE, "attempts": pages.c.attempts - 1})).rowcount

    # ------------------------------------------------------------ looking

    def unread(self, run_ids: Sequence[int] | None = None) -> int:
        """Return how many pages are unread, those being read included."""
        query = select(func.count()).select_from(pages).where(UNREAD)
        return int(self._tx.execute(query if run_ids is None else query.where(pages.c.run_id.in_(run_ids))).scalar_one())

    def left_unread(self, source: str) -> list[int]:
        """Return the runs of a source that are over, but left pages nobody has read."""
        ended = (
            select(runs.c.id).join(sources, sources.c.id == runs.c.source_id).where(sources.c.name == source, runs.c.ended_at.is_not(None))
        )
        return sorted(set(self._tx.execute(RUNS_UNREAD).scalars()) & set(self._tx.execute(ended).scalars()))

    def articles_fetched(self, run_id: int) -> int:
        """Return how many pages expected to hold an article a run has fetched, errors included."""
        query = select(func.count()).select_from(pages).where(pages.c.run_id == run_id, pages.c.kind == PageKind.ARTICLE)
        return int(self._tx.execute(query).scalar_one())

    def outside(self, run_id: int, since: date | None, until: date | None) -> int:
        """Return how many pages of a run gave an article that was published on another day than [since, until)."""
        named = (addresses.c.source_id == pages.c.source_id) & (addresses.c.url_key == pages.c.url_key)
        days = [*([articles.c.published_on < since] if since else []), *([articles.c.published_on >= until] if until else [])]
        query = select(func.count()).select_from(pages).join(addresses, named).join(articles, articles.c.id == addresses.c.article_id)
        query = query.where(pages.c.run_id == run_id, pages.c.state == PageState.READ, or_(false(), *days))
        return int(self._tx.execute(query).scalar_one())

    def counts(self, run_id: int) -> dict[str, int]:
        """Return how many pages of a run there are by word: `fetched` for all, every state, reason, and outcome of saving."""
        outcome = case((pages.c.state == PageState.READ, pages.c.detail))
        reason = case((pages.c.state != PageState.FAILED, pages.c.reason))  # what failed is counted with the failures of its address
        query = select(pages.c.state, reason, outcome, func.count()).where(pages.c.run_id == run_id)
        counts: dict[str, int] = {}
        for *words, number in self._tx.execute(query.group_by(pages.c.state, reason, outcome)):
            for word in ("fetched", *filter(None, words)):
                counts[word] = counts.get(word, 0) + number
        return counts

    def details(self, run_id: int, states: Sequence[PageState], reason: PageReason | None = None) -> dict[str, int]:
        """Return how many pages of a run in these states have each sentence, the commonest first; of those with `reason`, else without."""
        query = select(pages.c.detail, func.count()).where(pages.c.run_id == run_id, pages.c.state.in_(states))
        query = query.where(pages.c.reason.is_(None) if reason is None else pages.c.reason == reason, pages.c.detail.is_not(None))
        found = self._tx.execute(query.group_by(pages.c.detail).order_by(func.count().desc(), pages.c.detail))
        return {str(detail): int(number) for detail, number in found}

    def seeds_answered(self, run_id: int, statuses: Sequence[int], limit: int) -> list[list[StoredPage]]:
        """Return the latest `limit` answers, newest first, of each seed that this run saw answered with one of the statuses."""
        of_page = (frontier.c.source_id == pages.c.source_id) & (frontier.c.url_key == pages.c.url_key)
        query = select(pages.c.source_id, pages.c.url_key).join(frontier, of_page).where(frontier.c.found_by == FoundBy.SEED)
        query = query.where(pages.c.run_id == run_id, pages.c.status.in_(statuses), pages.c.kind != PageKind.ARTICLE).distinct()
        return [
            self._stored(
                _query(pages.c.source_id == row.source_id, pages.c.url_key == row.url_key)
                .order_by(pages.c.fetched_at.desc(), pages.c.id.desc())
                .limit(limit)
            )
            for row in self._tx.execute(query.order_by(pages.c.url_key)).all()
        ]

    def latest(self, url: str, source: str | None = None) -> StoredPage | None:
        """Return the page fetched last from an address, of one source or of any. Raises ValueError for what is no address."""
        query = _query(pages.c.url_key == url_key(url), pages.c.source_id.in_(select(sources.c.id)))
        if source is not None:
            query = query.where(sources.c.name == source)
        return next(iter(self._stored(query.order_by(pages.c.fetched_at.desc(), pages.c.id.desc()).limit(1))), None)

    def latest_read(self, source: str, limit: int) -> list[StoredPage]:
        """Return the pages fetched last that gave an article, newest first, one an address."""
        return self._stored(
            _query(pages.c.id.in_(_newest_read(source))).order_by(pages.c.fetched_at.desc(), pages.c.id.desc()).limit(limit)
        )

    def mean_length(self, source: str, of: int = 500) -> float | None:
        """Return the mean compressed length, in bytes, of a source's latest `of` read pages; None if there are none."""
        latest = select(pages.c.archive_length).where(pages.c.id.in_(_newest_read(source))).order_by(pages.c.id.desc()).limit(of)
        mean = self._tx.execute(select(func.avg(latest.subquery().c.archive_length))).scalar_one()
        return None if mean is None else float(mean)

    def read_again(self, source: str) -> int:
        """Mark the newest page of each address that gave an article as unread, as if it had just been fetched; return how many."""
        again = {**leases.FREE, "state": PageState.UNREAD, "reason": None, "detail": None, "attempts": 0}
        return self._tx.execute(update(pages).where(pages.c.id.in_(_newest_read(source))).values(again)).rowcount

    def get(self, page_id: int) -> StoredPage:
        """Return one page. Raises UnknownName."""
        found = self._stored(_query(pages.c.id == page_id))
        if not found:
            raise UnknownName(f"there is no page {page_id}")
        return found[0]

    def several(self, ids: Sequence[int]) -> list[StoredPage]:
        """Return pages by id, ascending; those that are gone are left out."""
        return self._stored(_query(pages.c.id.in_(ids)).order_by(pages.c.id)) if ids else []

    def beyond(self, page_id: int, limit: int) -> list[StoredPage]:
        """Return the next pages in the order of their ids."""
        return self._stored(_query(pages.c.id > page_id).order_by(pages.c.id).limit(limit))

    def total(self) -> int:
        """Return how many pages are kept."""
        return int(self._tx.execute(select(func.count()).select_from(pages)).scalar_one())

    def by_file(self) -> dict[str, int]:
        """Return how many pages' records are in each file of the archive."""
        rows = self._tx.execute(select(pages.c.archive_file, func.count()).group_by(pages.c.archive_file))
        return {str(name): int(number) for name, number in rows}

    def ids(self) -> array[int]:
        """Return the ids of all pages, ascending: eight bytes a page."""
        return array("q", self._tx.execute(select(pages.c.id).order_by(pages.c.id), execution_options={"yield_per": 10_000}).scalars())

    def locations(self) -> Iterator[ArchiveLocation]:
        """Give the location of every page's record, a thousand rows at a time, grouped by file."""
        query = select(pages.c.archive_file, pages.c.archive_offset, pages.c.archive_length)
        query = query.order_by(pages.c.archive_file, pages.c.archive_offset)
        for row in self._tx.execute(query, execution_options={"yield_per": 1_000}):
            yield ArchiveLocation(row.archive_file, row.archive_offset, row.archive_length)

    # ------------------------------------------------------------ inside

    def _unread(self, run_id: int | None, now: datetime, limit: int) -> Sequence[int]:
        """Lock the next free unread pages of one run: a walk along the index of unread pages."""
        query = select(pages.c.id).where(UNREAD, pages.c.run_id == run_id, leases.available(pages, now))
        return self._tx.execute(query.order_by(pages.c.id).limit(limit).with_for_update(skip_locked=True)).scalars().all()

    def _stored(self, query: Select[Any]) -> list[StoredPage]:
        return [_stored_page(row) for row in self._tx.execute(query)]


def _newest_read(source: str) -> Select[Any]:
    """The ids of the newest page of each address that gave an article."""
    own = pages.c.source_id.in_(select(sources.c.id).where(sources.c.name == source))
    return select(func.max(pages.c.id)).where(pages.c.state == PageState.READ, own).group_by(pages.c.url_key)


def _query(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Select pages with their source's name and the frontier's hints as they stand."""
    of_page = (frontier.c.source_id == pages.c.source_id) & (frontier.c.url_key == pages.c.url_key)
    query = select(pages, sources.c.name.label("source"), frontier.c.hints.label("hints"))
    query = query.join(sources, sources.c.id == pages.c.source_id).outerjoin(frontier, of_page)
    return query.where(*conditions)


def _values(page: FetchedPage, location: ArchiveLocation, source_id: int) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "run_id": page.run_id,
        "url_key": page.url_key,
        "url": page.url,
        "kind": page.kind,
        "fetched_at": page.fetched_at,
        "status": page.status,
        "headers": [list(pair) for pair in page.headers],
        "body_digest": page.body_digest or hashlib.sha256(page.body).hexdigest(),
        "archive_file": location.file,
        "archive_offset": location.offset,
        "archive_length": location.length,
        "state": page.state,
        "reason": page.reason,
        "detail": page.detail,
    }


def _location(row: Any) -> ArchiveLocation:
    return ArchiveLocation(file=row.archive_file, offset=row.archive_offset, length=row.archive_length)


def _known_body(row: Any) -> KnownBody:
    return KnownBody(digest=row.body_digest, page_id=row.id, url=row.url, fetched_at=row.fetched_at, location=_location(row))


def _stored_page(row: Any) -> StoredPage:
    return StoredPage(
        id=row.id,
        source=row.source,
        run_id=row.run_id,
        url=row.url,
        url_key=row.url_key,
        kind=PageKind(row.kind),
        fetched_at=row.fetched_at,
        status=row.status,
        headers=tuple((name, value) for name, value in row.headers),
        body_digest=row.body_digest,
        location=_location(row),
        state=PageState(row.state),
        reason=PageReason(row.reason) if row.reason else None,
        detail=row.detail,
        attempts=row.attempts,
        fence=row.fence,
        hints=hints_from_json(row.hints),
    )
