"""Addresses that are asked for, written into the frontier's rows: new ones, and what an offer changes in those that are known.

What makes one offer out of several is `db.offers`'s business; what becomes of the rows then is `db.frontier`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import select, update

from db.changes import next_change, record_change
from db.engine import Transaction, upsert
from db.identity import url_key
from db.models import addresses, articles, frontier, runs
from db.offers import Offer, merged
from db.vocabulary import FoundBy, PageKind, RunKind

CHUNK: Final = 500
"""Addresses a statement."""
DISCOVERY: Final = (PageKind.FEED, PageKind.SITEMAP, PageKind.LISTING, PageKind.CAPTURES)
"""The kinds that list articles."""
CLOCK_SLACK: Final = timedelta(minutes=5)
"""How far the clocks of several machines may differ."""
CHANGING: Final = (
    *("url", "host", "kind", "found_by", "hints", "aliases", "priority"),
    *("run_id", "due_at", "attempts"),
)
"""The columns an offer may change."""


class OfferWriter:
    """Offers inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._backfills: dict[int, bool] = {}

    def write(self, source_id: int, run_id: int | None, offers: Sequence[Offer], now: datetime) -> tuple[int, int, int]:
        """Write offers of distinct addresses, by key; return how many are new, due again, and in hand of an open crawl."""
        new = again = elsewhere = 0
        for start in range(0, len(offers), CHUNK):
            more_new, more_again, more_elsewhere = self._write(source_id, run_id, offers[start : start + CHUNK], now)
            new, again, elsewhere = new + more_new, again + more_again, elsewhere + more_elsewhere
        return new, again, elsewhere

    def _write(self, source_id: int, run_id: int | None, chunk: Sequence[Offer], now: datetime) -> tuple[int, int, int]:
        """Offer ≤ CHUNK addresses; return how many were new, how many are due again, and how many an open crawl has in hand.

        Most of what is offered is known and says nothing new, which one plain SELECT finds out. The rest is written under
        row locks, in the order of the keys so that two writers do not wait for each other crosswise.
        """
        seen = {row.url_key: row for row in self._rows(source_id, [offer.url_key for offer in chunk])}
        crawls = self._passed_by(run_id, [seen[offer.url_key] for offer in chunk if offer.url_key in seen and offer.kind in DISCOVERY])
        by = _By(run_id, crawls, now)
        telling = [offer for offer in chunk if offer.url_key not in seen or _changed(seen[offer.url_key], offer, by)]
        unseen = [_fresh(offer, source_id, run_id, now) for offer in telling if offer.url_key not in seen]
        new = self._insert(unseen)
        by_key = {offer.url_key: offer for offer in telling if offer.url_key not in new}
        locked = list(self._rows(source_id, list(by_key), lock=True))
        changes = [(row, change) for row in locked if (change := _changed(row, by_key[row.url_key], by))]
        if changes:
            insert = upsert(self._tx, frontier)
            changing = {name: insert.excluded[name] for name in CHANGING}
            insert = insert.on_conflict_do_update(index_elements=["source_id", "url_key"], set_=changing)
            self._tx.execute(insert, [_as_values(row) | change for row, change in changes])
        self._add_addresses(source_id, [offer for offer in telling if offer.aliases], now)
        again = sum(1 for row, _ in changes if row.due_at is None and _is_again(row, by_key[row.url_key], by))
        return len(new), again, self._of_crawls([row.run_id for row in seen.values() if row.due_at is not None and row.run_id != run_id])

    def _passed_by(self, run_id: int | None, lists: Sequence[Any]) -> frozenset[int]:
        """Return the crawls that were the last to want one of these rows; none to a run that does not bring the past."""
        others = {row.run_id for row in lists if row.due_at is None} - {None, run_id}
        if run_id is None or not others or not self._is_backfill(run_id):
            return frozenset()
        crawls = select(runs.c.id).where(runs.c.id.in_(others), runs.c.kind == RunKind.CRAWL)
        return frozenset(self._tx.execute(crawls).scalars())

    def _is_backfill(self, run_id: int) -> bool:
        if run_id not in self._backfills:
            kind = self._tx.execute(select(runs.c.kind).where(runs.c.id == run_id)).scalar_one_or_none()
            self._backfills[run_id] = kind == RunKind.BACKFILL
        return self._backfills[run_id]

    def _of_crawls(self, run_ids: Sequence[int | None]) -> int:
        """Return how many of these are open crawls, each as often as it occurs."""
        others = {run_id for run_id in run_ids if run_id is not None}
        if not others:
            return 0
        crawls = select(runs.c.id).where(runs.c.id.in_(others), runs.c.kind == RunKind.CRAWL, runs.c.ended_at.is_(None))
        found = set(self._tx.execute(crawls).scalars())
        return sum(run_id in found for run_id in run_ids)

    def _rows(self, source_id: int, keys: Sequence[str], *, lock: bool = False) -> Iterator[Any]:
        if not keys:
            return iter(())
        query = select(frontier).where(frontier.c.source_id == source_id, frontier.c.url_key.in_(keys)).order_by(frontier.c.url_key)
        return iter(self._tx.execute(query.with_for_update() if lock else query).all())

    def _insert(self, rows: list[dict[str, Any]]) -> set[str]:
        """Insert what is not there; what another transaction has inserted meanwhile is left out of the keys returned."""
        if not rows:
            return set()
        insert = upsert(self._tx, frontier).on_conflict_do_nothing(index_elements=["source_id", "url_key"])
        return set(self._tx.execute(insert.returning(frontier.c.url_key), rows).scalars())

    def _add_addresses(self, source_id: int, offers: Sequence[Offer], now: datetime) -> None:
        """Make the aliases of addresses from which an article was read addresses of that article."""
        if not offers:
            return
        keys = [offer.url_key for offer in offers]
        query = select(addresses.c.url_key, addresses.c.article_id).where(addresses.c.source_id == source_id, addresses.c.url_key.in_(keys))
        held = {row.url_key: row.article_id for row in self._tx.execute(query)}
        aliases = {url_key(alias): (alias, held[o.url_key]) for o in offers if o.url_key in held for alias in sorted(o.aliases)}
        rows = [
            {"source_id": source_id, "url_key": key, "url": url, "article_id": article, "first_seen": now}
            for key, (url, article) in sorted(aliases.items())
        ]
        if rows:
            insert = upsert(self._tx, addresses).on_conflict_do_nothing(index_elements=["source_id", "url_key"])
            altered = set(self._tx.execute(insert.returning(addresses.c.article_id), rows).scalars())
            if altered:
                change = next_change(self._tx)
                self._tx.execute(update(articles).where(articles.c.id.in_(altered)).values(change=change))
                record_change(self._tx, change)


def _fresh(offer: Offer, source_id: int, run_id: int | None, now: datetime) -> dict[str, Any]:
    return {
        **_said(offer),
        "source_id": source_id,
        "run_id": run_id,
        "url_key": offer.url_key,
        "url": offer.url,
        "host": offer.host,
        "priority": offer.priority,
        "due_at": now,
        "offered_at": now,
    }


def _said(offer: Offer) -> dict[str, Any]:
    """The columns that hold what was said of an address, whatever has become of it."""
    return {"kind": offer.kind, "found_by": offer.found_by, "hints": dict(offer.hints), "aliases": sorted(offer.aliases)}


class _By(NamedTuple):
    """Who offers, and when."""

    run_id: int | None
    crawls: frozenset[int]
    """What these have fetched of lists says nothing to him."""
    now: datetime


def _changed(row: Any, offer: Offer, by: _By) -> dict[str, Any]:
    """Return what an offer changes in a row; nothing if it says nothing new."""
    known = _offer_in(row)
    both = merged(known, offer)
    values = _said(both)
    if row.last_status is None and row.last_failure is None and row.fetched_at is None:  # a spelling that was tried is kept
        values |= {"url": both.url, "host": row.host if both.url == row.url else both.host}
    if row.due_at is not None:
        values |= {"priority": both.priority, "run_id": row.run_id if row.run_id is not None else by.run_id}
    elif _is_again(row, offer, by):
        values |= {"priority": offer.priority, "run_id": by.run_id, "due_at": by.now, "attempts": 0}
    before = _as_values(row)
    return values if any(before[name] != value for name, value in values.items()) else {}


def _as_values(row: Any) -> dict[str, Any]:
    """Return the columns of a row that an offer names or changes."""
    return {name: getattr(row, name) for name in ("source_id", "url_key", "offered_at", *CHANGING)}


def _is_again(row: Any, offer: Offer, by: _By) -> bool:
    """Tell whether a settled address is to be fetched again.

    Where a clock was set back, a visit from the future says nothing, and the wish from the future for a list has been met by the
    run's own visit.
    """
    if offer.refetch_before is None:
        return False
    if row.fetched_at is None:
        return True
    if offer.kind in DISCOVERY:
        if row.run_id in by.crawls:
            return True
        if row.run_id == by.run_id and offer.refetch_before > by.now + CLOCK_SLACK:
            return False
    return bool(row.fetched_at < offer.refetch_before or row.fetched_at > by.now + CLOCK_SLACK)


def _offer_in(row: Any) -> Offer:
    """Read a row as the offer that everything said so far amounts to."""
    return Offer(
        url_key=row.url_key,
        url=row.url,
        kind=PageKind(row.kind),
        found_by=FoundBy(row.found_by),
        hints=row.hints,
        aliases=frozenset(row.aliases),
        priority=row.priority,
    )
