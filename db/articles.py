"""The article store: takes readings, keeps every article once with all its revisions and addresses, and gives it back.

What makes two readings one article is `db.same`'s and `db.saving`'s business; searching is `db.query`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from db import article_writes, copies, known
from db.article_rows import stored_articles, to_articles
from db.changes import next_change, record_change
from db.engine import Transaction
from db.identity import url_key
from db.models import addresses, articles, pages, revisions
from db.readings import Reading, Saved, StoredArticle
from db.saving import Shelf
from db.vocabulary import SaveOutcome

BATCH = 200
"""Readings compared and written together; larger calls are taken in several steps."""


class ArticleStore:
    """Articles in one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def save(self, readings: Sequence[Reading], *, now: datetime) -> list[Saved]:
        """Store what was read, comparing it with what is known; one outcome a reading, in their order.

        Raises UnknownName for a source that is not in the database. Transactions that save articles come one after the
        other (the row `change` of `counters` is locked first), so that two readers cannot both find an article to be new.
        """
        order = sorted(range(len(readings)), key=lambda i: (readings[i].page.fetched_at, readings[i].page.id))
        saved: dict[int, Saved] = {}
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            saved.update(zip(chosen, self._save([readings[i] for i in chosen], now), strict=True))
        return [saved[i] for i in range(len(readings))]

    def _save(self, readings: Sequence[Reading], now: datetime) -> list[Saved]:
        change = next_change(self._tx)
        shelf, arriving = self._prepare(readings, now)
        placed = [shelf.place(one) for one in arriving]
        article_writes.write(self._tx, shelf, change)
        touched = {digest for a in shelf.articles if a.altered for digest in (a.current.digest, *a.left_digests)}
        copied = copies.settle(self._tx, touched, change) if touched else set()
        if touched:
            record_change(self._tx, change)
        return [Saved(_final(outcome, article, copied), article.uid) for outcome, article in placed]

    def _prepare(self, readings: Sequence[Reading], now: datetime) -> tuple[Shelf, list[known.Incoming]]:
        ids = known.source_ids(self._tx, {reading.page.source for reading in readings})
        here = list(ids.values())
        aliases = known.aliases_of(self._tx, here, {reading.page.url_key for reading in readings})
        arriving = [known.incoming(r, ids[r.page.source], aliases.get((ids[r.page.source], r.page.url_key), ()), now) for r in readings]
        keys = {
            key for one in arriving for key in (one.key, one.version.claim, *one.aliases, *(one.first_page or ())[:1], one.next_page) if key
        }
        ids_held = known.holders(self._tx, here, keys)
        ids_claiming = known.claiming(self._tx, here, keys)
        ids_same = known.with_digest(self._tx, here, {one.version.digest for one in arriving})
        found = known.load(self._tx, ids_held | ids_claiming | ids_same)
        held = [((row.source_id, row.url_key), row.url, found[row.article_id]) for row in known.addresses_of(self._tx, found)]
        return Shelf(found.values(), held), arriving

    def get(self, uid: str) -> StoredArticle | None:
        """Return an article by its uid."""
        return self._one(articles.c.uid == uid)

    def uids_beginning(self, prefix: str, limit: int = 2) -> list[str]:
        """Return up to `limit` uids that begin with these characters, sorted."""
        found = select(articles.c.uid).where(articles.c.uid.startswith(prefix, autoescape=True)).order_by(articles.c.uid)
        return list(self._tx.execute(found.limit(limit)).scalars())

    def by_url(self, url: str) -> StoredArticle | None:
        """Return the article that has this address, in any spelling; of several sources' the one seen first. None if unusable."""
        try:
            key = url_key(url)
        except ValueError:
            return None
        held = select(addresses.c.article_id).where(addresses.c.url_key == key).order_by(addresses.c.first_seen, addresses.c.article_id)
        article_id = self._tx.execute(held.limit(1)).scalar()
        return None if article_id is None else self._one(articles.c.id == article_id)

    def revisions(self, uid: str) -> list[dict[str, Any]]:
        """Return every revision of an article by n: n, current, cause, seen_at, reading_version, page_url, text and its metadata."""
        query = (
            select(revisions, pages.c.url.label("page_url"), (revisions.c.n == articles.c.revision).label("current"))
            .join(articles, articles.c.id == revisions.c.article_id)
            .outerjoin(pages, pages.c.id == revisions.c.page_id)
            .where(articles.c.uid == uid)
            .order_by(revisions.c.n)
        )
        named = ("n", "current", "cause", "seen_at", "reading_version", "page_url", "text")
        return [{name: row[name] for name in named} | row["metadata"] for row in self._tx.execute(query).mappings()]

    def _one(self, condition: Any) -> StoredArticle | None:
        rows = self._tx.execute(stored_articles().where(condition)).all()
        return next(iter(to_articles(self._tx, rows)), None)


def _final(outcome: SaveOutcome, article: known.Known, copied: set[int]) -> SaveOutcome:
    return SaveOutcome.COPY if outcome is SaveOutcome.NEW and article.id in copied else outcome
