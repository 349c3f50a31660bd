"""Which articles are copies: in each group of one text, all but the original name it. The rule is `db.same.original`'s."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import bindparam, select, update

from db.engine import Transaction
from db.models import articles, sources
from db.same import COPY_LENGTH, Member, original


def settle(tx: Transaction, digests: Iterable[str], change: int) -> set[int]:
    """Decide anew who is the original of every text with one of these digests. Return the ids of all its copies.

    Articles whose answer differs from before get the number `change`.
    """
    wanted: dict[int, int | None] = {}
    before: dict[int, int | None] = {}
    for group in _groups(tx, digests):
        first = original(group)
        for member in group:
            wanted[member.id] = None if member is first else first.id
            before[member.id] = member.duplicate_of
    rows = [{"its_id": i, "duplicate_of": of, "change": change} for i, of in wanted.items() if of != before[i]]
    if rows:
        tx.execute(update(articles).where(articles.c.id == bindparam("its_id")), rows)
    return {i for i, of in wanted.items() if of is not None}


def _groups(tx: Transaction, digests: Iterable[str]) -> list[list[Member]]:
    columns = (articles.c.id, articles.c.duplicate_of, articles.c.published_on, articles.c.published_at, sources.c.name, articles.c.url_key)
    query = select(articles.c.text_digest, *columns).join(sources, sources.c.id == articles.c.source_id)
    query = query.where(articles.c.text_digest.in_(list(digests)), articles.c.text_length >= COPY_LENGTH)
    rows = tx.execute(query.order_by(articles.c.text_digest, articles.c.id))
    return [[Member(*row[1:]) for row in group] for _, group in groupby(rows, key=lambda row: row[0])]
