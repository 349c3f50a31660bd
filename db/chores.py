"""The chore table: when each piece of housekeeping was done last, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from db.engine import Transaction, upsert
from db.models import chores


@dataclass(frozen=True, slots=True)
class Done:
    """A row of the chore table."""

    at: datetime
    outcome: dict[str, Any]


class ChoreStore:
    """Chores inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def all(self) -> dict[str, Done]:
        """Return every chore that was ever done, by name."""
        return {row.name: Done(row.done_at, row.outcome) for row in self._tx.execute(select(chores))}

    def get(self, name: str) -> Done | None:
        """Return one chore; None if it was never done."""
        row = self._tx.execute(select(chores).where(chores.c.name == name)).one_or_none()
        return None if row is None else Done(row.done_at, row.outcome)

    def put(self, name: str, at: datetime, outcome: Mapping[str, Any]) -> None:
        """Note that a chore was done, in place of what was noted before."""
        row = {"done_at": at, "outcome": dict(outcome)}
        insert = upsert(self._tx, chores).values(name=name, **row)
        self._tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=row))
