"""The service table: which one process keeps the timetable, and when it last said that it is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update

from db import leases
from db.engine import Transaction, upsert
from db.errors import LeaseLost
from db.models import services
from db.monitoring import ServiceRow

TIMETABLE = "timetable"
"""The name of the one post there is."""


class ServiceStore:
    """The post of the timetable inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def take(self, owner: str, now: datetime, until: datetime, said: Mapping[str, Any]) -> ServiceRow | None:
        """Take the post, with a new fence; None if somebody else who may be alive holds it."""
        told = {"started_at": now, "seen_at": now, "said": dict(said)}
        insert = upsert(self._tx, services).values(name=TIMETABLE, lease_owner=owner, lease_until=until, fence=1, **told)
        taken = {**leases.taken(services, owner, until), **told}
        insert = insert.on_conflict_do_update(index_elements=["name"], set_=taken, where=leases.available(services, now))
        row = self._tx.execute(insert.returning(*services.c)).one_or_none()
        return None if row is None else _row(row)

    def renew(self, fence: int, now: datetime, until: datetime, said: Mapping[str, Any]) -> None:
        """Say that the holder is there, and keep the post until `until`. Raises LeaseLost."""
        told = {"lease_until": until, "seen_at": now, "said": dict(said)}
        if not self._tx.execute(update(services).where(_held(fence)).values(told)).rowcount:
            raise _lost()

    def confirm(self, fence: int) -> None:
        """Have nobody take the post before this transaction is over. Raises LeaseLost if somebody has."""
        if self._tx.execute(select(services.c.name).where(_held(fence)).with_for_update()).one_or_none() is None:
            raise _lost()

    def release(self, fence: int) -> None:
        """Give the post back, so that the next who stands by has it at once; one that is lost stays with its new holder."""
        self._tx.execute(update(services).where(_held(fence)).values(leases.FREE))

    def get(self) -> ServiceRow | None:
        """Return who keeps the timetable or kept it last; None if nobody ever did."""
        row = self._tx.execute(select(services).where(services.c.name == TIMETABLE)).one_or_none()
        return None if row is None else _row(row)


def _held(fence: int) -> ColumnElement[bool]:
    return (services.c.name == TIMETABLE) & (services.c.fence == fence) & services.c.lease_owner.is_not(None)


def _lost() -> LeaseLost:
    return LeaseLost("another service keeps the timetable now")


def _row(row: Row[Any]) -> ServiceRow:
    return ServiceRow(
        started_at=row.started_at,
        seen_at=row.seen_at,
        said=row.said,
        owner=row.lease_owner,
        until=row.lease_until,
        fence=row.fence,
    )
