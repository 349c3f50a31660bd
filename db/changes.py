"""The change number: grows by one with every transaction that alters articles, so that readers can ask for what came after N."""

from __future__ import annotations

from sqlalchemy import select, update

from db.engine import Transaction, upsert
from db.models import counters

CHANGE = counters.c.name == "change"


def next_change(tx: Transaction) -> int:
    """Return the number after the last one, and keep every other altering transaction waiting until this one ends."""
    put = upsert(tx, counters).values(name="change", value=0)
    tx.execute(put.on_conflict_do_nothing(index_elements=["name"]))
    value: int = tx.execute(select(counters.c.value).where(CHANGE).with_for_update()).scalar_one()
    return value + 1


def record_change(tx: Transaction, change: int) -> None:
    """Make `change`, as `next_change` gave it, the last number; without this nothing has changed."""
    tx.execute(update(counters).where(CHANGE).values(value=change))
