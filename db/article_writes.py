"""Writing a batch of decided articles: each table in one statement, whatever the size of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, update

from db import fulltext
from db.article_rows import columns_of, labels_of
from db.engine import Transaction, upsert
from db.fulltext import Document
from db.known import Known
from db.models import addresses, articles, labels, revisions
from db.saving import Shelf
from db.vocabulary import Fate


def write(tx: Transaction, shelf: Shelf, change: int) -> None:
    """Write everything that was decided; articles that altered get the number `change`."""
    altered = [known for known in shelf.articles if known.altered]
    _insert_articles(tx, [known for known in altered if known.id is None], change)
    _update_articles(tx, [known for known in altered if known.id is not None], change)
    _update_seen(tx, [known for known in shelf.articles if known.seen and not known.altered])
    _write_revisions(tx, shelf.articles)
    _write_addresses(tx, shelf)
    rewritten = [known for known in altered if known.revision in known.rows]
    _write_labels(tx, rewritten)
    fulltext.put(tx, [_document(known) for known in rewritten])


def _insert_articles(tx: Transaction, new: Sequence[Known], change: int) -> None:
    if not new:
        return
    rows = [{"uid": known.uid, "source_id": known.source_id, **_columns(known, change)} for known in new]
    ids = {row.uid: row.id for row in tx.execute(insert(articles).returning(articles.c.id, articles.c.uid), rows)}
    for known in new:
        known.id = ids[known.uid]


def _update_articles(tx: Transaction, old: Sequence[Known], change: int) -> None:
    if old:
        _update(tx, [{"its_id": known.id, **_columns(known, change)} for known in old])
    retold = [known.id for known in old if known.left_digests]
    if retold:  # what it is a copy of is decided anew, by its new text
        tx.execute(update(articles).where(articles.c.id.in_(retold)).values(duplicate_of=None))


def _update_seen(tx: Transaction, seen: Sequence[Known]) -> None:
    if seen:
        _update(tx, [{"its_id": known.id, "first_seen": known.first_seen, "last_seen": known.last_seen} for known in seen])


def _update(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    tx.execute(update(articles).where(articles.c.id == bindparam("its_id")), rows)


def _columns(known: Known, change: int) -> dict[str, Any]:
    return {
        "url": known.url,
        "url_key": known.url_key,
        "revision": known.revision,
        "first_seen": known.first_seen,
        "last_seen": known.last_seen,
        "fate": Fate.PRESENT.value,
        "change": change,
        **columns_of(known.current.metadata, known.current.text),
    }


def _write_revisions(tx: Transaction, known: Sequence[Known]) -> None:
    rows = [{"article_id": article.id, **row} for article in known for row in article.rows.values()]
    if rows:
        put = upsert(tx, revisions)
        replaced = {name: put.excluded[name] for name in ("page_id", "reading_version", "text", "metadata")}
        tx.execute(put.on_conflict_do_update(index_elements=["article_id", "n"], set_=replaced), rows)
    again = [
        {"its_id": a.id, "its_n": a.revision}
        | {"page_id": a.current.page_id, "reading_version": a.current.reading_version, "metadata": a.current.metadata}
        for a in known
        if a.read_again
    ]
    if again:
        tx.execute(update(revisions).where(revisions.c.article_id == bindparam("its_id"), revisions.c.n == bindparam("its_n")), again)


def _write_addresses(tx: Transaction, shelf: Shelf) -> None:
    rows = [
        {"source_id": source, "url_key": key, "url": url, "article_id": known.id, "first_seen": known.last_seen}
        for (source, key), url, known in shelf.new_addresses()
    ]
    if rows:
        put = upsert(tx, addresses)
        replaced = {"url": put.excluded.url, "article_id": put.excluded.article_id}
        tx.execute(put.on_conflict_do_update(index_elements=["source_id", "url_key"], set_=replaced), rows)


def _write_labels(tx: Transaction, rewritten: Sequence[Known]) -> None:
    ids = [known.id for known in rewritten if known.id is not None]
    if ids:
        tx.execute(delete(labels).where(labels.c.article_id.in_(ids)))
    rows = [row for known in rewritten if known.id is not None for row in labels_of(known.id, known.current.metadata, known.current.claim)]
    if rows:
        tx.execute(insert(labels), rows)


def _document(known: Known) -> Document:
    meta, current = known.current.metadata, known.current
    return Document(known.id or 0, meta["language"], meta["title"], meta["standfirst"] or "", current.text)
