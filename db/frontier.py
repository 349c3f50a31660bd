"""The frontier table: which addresses are wanted, when each is due, who fetches it now, and how fetching it ended.

What makes one offer out of several is `db.offers`'s business, what an offer changes here `db.offer_rows`'s; hosts and their pace are
`db.hosts`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, case, exists, func, select, text, update

from db import leases
from db.engine import Transaction
from db.identity import host_of, url_key
from db.models import frontier, runs, sources
from db.offer_rows import DISCOVERY, OfferWriter
from db.offers import Offer, hints_from_json, merged, offer_of
from db.records import Candidate, FrontierLease, Offered, Settlement
from db.sources import SourceStore
from db.vocabulary import FailureClass, FoundBy, PageKind

RETRIED_SOON: Final = timedelta(seconds=10)
"""What is due again within this time holds up the articles of its run."""

PENDING: Final = frontier.c.due_at.is_not(None)

HOSTS_DUE: Final = text("""
    WITH RECURSIVE waiting(run_id, host) AS (
        SELECT r.id, (SELECT min(f.host) FROM frontier f WHERE f.run_id = r.id AND f.due_at IS NOT NULL)
        FROM runs r WHERE r.id IN :run_ids
        UNION ALL
        SELECT w.run_id,
            (SELECT min(f.host) FROM frontier f WHERE f.run_id = w.run_id AND f.due_at IS NOT NULL AND f.host > w.host)
        FROM waiting w WHERE w.host IS NOT NULL
    )
    SELECT DISTINCT w.host FROM waiting w WHERE w.host IS NOT NULL AND EXISTS (
        SELECT 1 FROM frontier f WHERE f.run_id = w.run_id AND f.host = w.host AND f.due_at IS NOT NULL
            AND f.due_at <= :now AND (f.lease_until IS NULL OR f.lease_until <= :now OR f.lease_until > :ahead))
    ORDER BY w.host
""").bindparams(
    bindparam("run_ids", expanding=True), bindparam("now", type_=frontier.c.due_at.type), bindparam("ahead", type_=frontier.c.due_at.type)
)
"""Jumps through the index from host to host, so that the rows of one host cost nothing however many they are."""


class FrontierStore:
    """Wanted addresses inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._source_ids: dict[str, int] = {}
        self._offers = OfferWriter(tx)

    # ------------------------------------------------------------ wanting

    def offer(self, source: str, run_id: int | None, candidates: Sequence[Candidate], *, now: datetime) -> Offered:
        """Ask for addresses of a source; the order in which they are offered, at once or one by one, makes no difference.

        A new address is due now. A pending one gets the higher priority, the merged hints, and the run if it has none. A settled
        one is due again only if the candidate says `refetch_before` and it was not fetched since; to what brings the past, lists that
        a crawl has fetched since are due again as well: it took from them what is new. Aliases are kept with the address; if an
        article was read from it already they become addresses of that article. Raises UnknownName.
        """
        source_id = self._source_id(source)
        offers: dict[str, Offer] = {}
        unusable = 0
        for candidate in candidates:
            offer = offer_of(candidate)
            if offer is None:
                unusable += 1
            else:
                known = offers.get(offer.url_key)
                offers[offer.url_key] = offer if known is None else merged(known, offer)
        new, again, elsewhere = self._offers.write(source_id, run_id, [offers[key] for key in sorted(offers)], now)
        return Offered(new=new, again=again, known=len(offers) - new - again, unusable=unusable, elsewhere=elsewhere)

    def adopt(self, source: str, run_id: int) -> int:
        """Give a run what earlier runs of the source left pending, with no failure held against it; return how many addresses that were.

        What waits to be asked of a web archive is left to the backfill that found it.
        """
        source_id = self._source_id(source)
        ended = select(runs.c.id).where(runs.c.source_id == source_id, runs.c.ended_at.is_not(None), runs.c.id != run_id)
        left = frontier.c.run_id.is_(None) | frontier.c.run_id.in_(ended)
        own = (frontier.c.found_by != FoundBy.CAPTURE) & (frontier.c.kind != PageKind.CAPTURES)
        change = update(frontier).where(frontier.c.source_id == source_id, PENDING, left, own)
        return self._tx.execute(change.values(run_id=run_id, attempts=0, last_failure=None)).rowcount

    def release(self, run_id: int) -> int:
        """Leave what a run did not get to for the next one; return how many addresses that were."""
        change = update(frontier).where(frontier.c.run_id == run_id, PENDING)
        return self._tx.execute(change.values(run_id=None)).rowcount

    # ------------------------------------------------------------ handing out

    def hosts_due(self, run_ids: Sequence[int], now: datetime) -> list[str]:
        """Return the hosts, by name, of which these runs want something now that nobody is fetching."""
        if not run_ids:
            return []
        return list(self._tx.execute(HOSTS_DUE, {"run_ids": list(run_ids), "now": now, "ahead": now + leases.LONGEST}).scalars())

    def lease(  # noqa: PLR0917 - the first five are what every lease takes
        self,
        host: str,
        run_ids: Sequence[int],
        owner: str,
        now: datetime,
        until: datetime,
        limit: int,
        kinds: Sequence[PageKind] | None = None,
    ) -> list[FrontierLease]:
        """Hand out at most `limit` addresses of a host: the highest priority first, then the longest due, then the oldest."""
        due = [
            row
            for run_id in self._wanting(host, run_ids)
            for row in self._due(host, run_id, now, limit, kinds or self._first(host, run_id, now))
        ]
        due.sort(key=lambda row: (-row.priority, row.due_at, row.id))
        ids = [row.id for row in due[:limit]]
        if not ids:
            return []
        self._tx.execute(update(frontier).where(frontier.c.id.in_(ids)).values(leases.taken(frontier, owner, until)))
        query = select(frontier, sources.c.name.label("source")).join(sources, sources.c.id == frontier.c.source_id)
        leased = {row.id: _lease(row) for row in self._tx.execute(query.where(frontier.c.id.in_(ids)))}
        return [leased[id_] for id_ in ids]

    def renew(self, owner: str, now: datetime, until: datetime) -> int:
        """Move the end of the owner's leases; return how many it holds."""
        return leases.renew(self._tx, frontier, owner, now, until)

    def give_back(self, given: Sequence[FrontierLease]) -> None:
        """Return addresses unfetched; those leased by somebody else since stay theirs."""
        if given:
            change = update(frontier).where(leases.by_id_and_fence(frontier)).values(leases.FREE)
            self._tx.execute(change, [{"lease_id": lease.id, "lease_fence": lease.fence} for lease in given])

    def free(self, owner: str) -> int:
        """Return every address the owner holds, as when its fetching process has died; return how many that were."""
        return leases.free(self._tx, frontier, owner)

    def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Record how fetches ended. False where the lease was lost: whatever belongs to that fetch must be dropped.

        `attempts` counts the fetches since the address was last settled for good. Raises ValueError if `moved_to` is the
        spelling of another address.
        """
        ids = [settlement.lease.id for settlement in settlements]
        query = select(frontier.c.id, frontier.c.fence, frontier.c.fetched_at, frontier.c.etag, frontier.c.last_modified)
        current = {row.id: row for row in self._tx.execute(query.where(frontier.c.id.in_(ids)).with_for_update())}
        held = [s.lease.id in current and current[s.lease.id].fence == s.lease.fence for s in settlements]
        changes = [_settled(s, current[s.lease.id]) for s, mine in zip(settlements, held, strict=True) if mine]
        if changes:
            written: dict[str, Any] = {name: bindparam(f"to_{name}") for name in SETTLED}
            self._tx.execute(update(frontier).where(frontier.c.id == bindparam("lease_id")).values(**written), changes)
        return held

    # ------------------------------------------------------------ looking

    def next_due(self, run_ids: Sequence[int]) -> datetime | None:
        """Return the earliest instant at which something of these runs can be fetched; None if nothing is pending."""
        free_at = case((frontier.c.lease_until > frontier.c.due_at, frontier.c.lease_until), else_=frontier.c.due_at)
        instant: datetime | None = self._tx.execute(select(func.min(free_at)).where(frontier.c.run_id.in_(run_ids), PENDING)).scalar()
        return instant

    def pending(self, run_ids: Sequence[int]) -> dict[int, int]:
        """Return how many addresses each run still wants, those being fetched included."""
        query = select(frontier.c.run_id, func.count()).where(frontier.c.run_id.in_(run_ids), PENDING).group_by(frontier.c.run_id)
        return dict.fromkeys(run_ids, 0) | {int(run_id): int(count) for run_id, count in self._tx.execute(query)}

    def fetching(self, now: datetime) -> set[int]:
        """Return the runs of which an address is being fetched. Looks at leased rows only, of which there are few."""
        held = frontier.c.lease_owner.is_not(None) & (frontier.c.lease_until > now) & PENDING
        # Adding nothing to run_id keeps SQLite from walking through every pending row in its order.
        return set(self._tx.execute(select(frontier.c.run_id + 0).where(held).distinct()).scalars())

    def is_fetching(self, run_id: int, now: datetime) -> bool:
        """Tell whether an address of a run is being fetched."""
        return run_id in self.fetching(now)

    def has_due(self, run_id: int, until: datetime) -> bool:
        """Tell whether a run wants an address that is due by `until`."""
        return bool(self._tx.execute(select(exists().where(frontier.c.run_id == run_id, frontier.c.due_at <= until))).scalar_one())

    def working(self, source: str) -> dict[str, PageKind]:
        """Return the feeds and sitemaps that nobody named, guessed or found on a page, and that answered as such the last time."""
        query = select(frontier.c.url, frontier.c.kind).where(frontier.c.source_id == self._source_id(source))
        query = query.where(text("kind IN ('feed', 'sitemap')"), frontier.c.found_by.in_([FoundBy.GUESS, FoundBy.LISTING]))
        query = query.where(frontier.c.fetched_at.is_not(None), frontier.c.last_failure.is_(None)).order_by(frontier.c.url)
        return {str(row.url): PageKind(row.kind) for row in self._tx.execute(query)}

    def known_before(self, source: str, keys: Sequence[str], instant: datetime) -> int:
        """Return how many of these addresses (by `url_key`) the source had been offered before `instant`."""
        query = select(func.count()).select_from(frontier).where(frontier.c.source_id == self._source_id(source))
        query = query.where(frontier.c.url_key.in_(keys), frontier.c.offered_at < instant)
        return int(self._tx.execute(query).scalar_one())

    def failures(self, run_id: int) -> dict[str, int]:
        """Return how many addresses of a run failed last time, by failure class; guesses that came to nothing are no failures."""
        failed = (frontier.c.run_id == run_id) & frontier.c.last_failure.is_not(None) & (frontier.c.found_by != FoundBy.GUESS)
        query = select(frontier.c.last_failure, func.count()).where(failed).group_by(frontier.c.last_failure)
        return {str(word): int(count) for word, count in self._tx.execute(query.order_by(frontier.c.last_failure))}

    def was_answered(self, run_id: int, since: datetime) -> bool:
        """Tell whether any address of a run has been answered since, be it that nothing has changed."""
        answered = (frontier.c.run_id == run_id) & frontier.c.last_failure.is_(None) & (frontier.c.fetched_at >= since)
        return self._tx.execute(select(frontier.c.id).where(answered).limit(1)).first() is not None

    def keep_unanswered(self, run_id: int, failures: Collection[FailureClass], now: datetime) -> int:
        """Leave to the next run what never gave an answer but failed in these ways; return how many addresses that were.

        Seeds and guesses are not kept: the next run has its own.
        """
        silent = (frontier.c.run_id == run_id) & frontier.c.due_at.is_(None) & frontier.c.fetched_at.is_(None)
        found = frontier.c.found_by.not_in([FoundBy.SEED, FoundBy.GUESS])
        change = update(frontier).where(silent, found, frontier.c.last_failure.in_(failures))
        return self._tx.execute(change.values(due_at=now, run_id=None)).rowcount

    # ------------------------------------------------------------ inside

    def _source_id(self, source: str) -> int:
        if source not in self._source_ids:
            self._source_ids |= SourceStore(self._tx).ids([source])
        return self._source_ids[source]

    def _wanting(self, host: str, run_ids: Sequence[int]) -> list[int]:
        """Return which of these runs have something pending at the host."""
        some = exists().where(frontier.c.run_id == runs.c.id, frontier.c.host == host, PENDING)
        return list(self._tx.execute(select(runs.c.id).where(runs.c.id.in_(run_ids), some)).scalars())

    def _first(self, host: str, run_id: int, now: datetime) -> Sequence[PageKind] | None:
        """Return the kinds that come before articles while one is the most wanted: what they say of an article is known when it is read.

        One that is being fetched, or tried again in a moment, is still wanted; a walk along the index that ends at its first row.
        """
        soon = (frontier.c.run_id == run_id) & (frontier.c.host == host) & PENDING & (frontier.c.due_at <= now + RETRIED_SOON)
        query = select(frontier.c.kind).where(soon).order_by(frontier.c.priority.desc(), frontier.c.due_at, frontier.c.id).limit(1)
        return DISCOVERY if self._tx.execute(query).scalar() in DISCOVERY else None

    def _due(self, host: str, run_id: int, now: datetime, limit: int, kinds: Sequence[PageKind] | None) -> Sequence[Any]:
        """Lock the next `limit` addresses of one run at a host: a walk along the index, in its order."""
        due: list[ColumnElement[bool]] = [frontier.c.due_at <= now, leases.available(frontier, now)]
        if kinds is not None:
            due.append(frontier.c.kind.in_(kinds))
        query = select(frontier.c.id, frontier.c.priority, frontier.c.due_at)
        query = query.where(frontier.c.run_id == run_id, frontier.c.host == host, PENDING, *due)
        query = query.order_by(frontier.c.priority.desc(), frontier.c.due_at, frontier.c.id).limit(limit)
        return self._tx.execute(query.with_for_update(skip_locked=True)).all()


SETTLED: Final = (
    *(*leases.FREE, "due_at", "fetched_at", "attempts", "last_status", "last_failure", "url", "host", "etag", "last_modified"),
    *("revisit_at", "revisits", "unchanged", "validators_lie"),
)


def _settled(settlement: Settlement, row: Any) -> dict[str, Any]:
    """Return the values to write; a 304 may leave its validators out, which then stay as they were."""
    lease, fetched = settlement.lease, settlement.fetched
    url = settlement.moved_to or lease.url
    if url_key(url) != lease.url_key:
        message = f"{url} is not a spelling of {lease.url_key}"
        raise ValueError(message)
    kept = not fetched or settlement.status == 304
    values = {
        **leases.FREE,
        "due_at": settlement.retry_at,
        "fetched_at": settlement.at if fetched else row.fetched_at,
        "attempts": 0 if settlement.retry_at is None else min(lease.attempts + 1, 32_767),
        "last_status": settlement.status,
        "last_failure": settlement.failure,
        "url": url,
        "host": host_of(url),
        "etag": settlement.etag or (row.etag if kept else None),
        "last_modified": settlement.last_modified or (row.last_modified if kept else None),
        "revisit_at": settlement.revisit_at,
        "revisits": lease.revisits if settlement.revisits is None else settlement.revisits,
        "unchanged": min(lease.unchanged + 1, 32_767) if settlement.status == 304 else (0 if fetched else lease.unchanged),
        "validators_lie": lease.validators_lie if settlement.altered is None else settlement.altered and _are_the_same(settlement, row),
    }
    return {"lease_id": lease.id} | {f"to_{name}": value for name, value in values.items()}


def _are_the_same(settlement: Settlement, row: Any) -> bool:
    """Whether an answer bears the validators of the one before: the ETag, or the date where there is none (RFC 9110 §13.1)."""
    if settlement.etag or row.etag:
        return bool(settlement.etag == row.etag)
    return bool(settlement.last_modified and settlement.last_modified == row.last_modified)


def _lease(row: Any) -> FrontierLease:
    return FrontierLease(
        id=row.id,
        fence=row.fence,
        source=row.source,
        run_id=row.run_id,
        url=row.url,
        url_key=row.url_key,
        host=row.host,
        kind=PageKind(row.kind),
        found_by=FoundBy(row.found_by),
        hints=hints_from_json(row.hints),
        priority=row.priority,
        attempts=row.attempts,
        etag=row.etag,
        last_modified=row.last_modified,
        aliases=tuple(row.aliases),
        offered_at=row.offered_at,
        fetched_at=row.fetched_at,
        last_failure=FailureClass(row.last_failure) if row.last_failure else None,
        revisits=row.revisits,
        unchanged=row.unchanged,
        validators_lie=row.validators_lie,
    )
