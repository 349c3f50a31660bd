"""The host table: when a host may be asked again, its robots.txt as last seen, and which one process may ask it now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from db import leases
from db.engine import Transaction, upsert
from db.errors import LeaseLost
from db.models import hosts
from db.records import HostLease, HostRow, RobotsCopy


class HostStore:
    """Hosts inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def lease(self, host: str, owner: str, now: datetime, until: datetime) -> HostLease | None:
        """Take a host; None if somebody else who may be alive holds it. Its owner may take it anew, with a new fence."""
        before = self._tx.execute(select(hosts.c.lease_owner, hosts.c.lease_until).where(hosts.c.host == host)).one_or_none()
        abandoned = before is not None and before.lease_until is not None and before.lease_owner != owner
        insert = upsert(self._tx, hosts).values(host=host, lease_owner=owner, lease_until=until, fence=1)
        free = leases.available(hosts, now) | (hosts.c.lease_owner == owner)
        insert = insert.on_conflict_do_update(index_elements=["host"], set_=leases.taken(hosts, owner, until), where=free)
        row = self._tx.execute(insert.returning(*hosts.c)).one_or_none()
        return None if row is None else _lease(row, abandoned=abandoned)

    def renew(self, owner: str, now: datetime, until: datetime) -> int:
        """Move the end of the owner's leases; return how many it holds."""
        return leases.renew(self._tx, hosts, owner, now, until)

    def release(self, owner: str) -> int:
        """Give back every host the owner holds."""
        return leases.free(self._tx, hosts, owner)

    def give_back(self, held: Sequence[HostLease]) -> None:
        """Give back single hosts; those somebody else has taken since stay theirs."""
        for lease in held:
            mine = (hosts.c.host == lease.host) & (hosts.c.fence == lease.fence)
            self._tx.execute(update(hosts).where(mine).values(leases.FREE))

    def update(self, lease: HostLease, *, next_allowed_at: datetime | None, pause_until: datetime | None = None) -> None:
        """Record when the host may be asked again; both instants are written. Raises LeaseLost."""
        mine = (hosts.c.host == lease.host) & (hosts.c.fence == lease.fence)
        change = update(hosts).where(mine).values(next_allowed_at=next_allowed_at, pause_until=pause_until)
        if not self._tx.execute(change).rowcount:
            raise LeaseLost(f"host {lease.host} is now asked by another process")

    def keep_robots(self, host: str, copy: RobotsCopy) -> None:
        """Keep the latest robots.txt answer of a host, leased or not."""
        said = {"robots_body": copy.body, "robots_status": copy.status, "robots_fetched_at": copy.fetched_at}
        insert = upsert(self._tx, hosts).values(host=host, **said)
        self._tx.execute(insert.on_conflict_do_update(index_elements=["host"], set_=said))

    def robots(self, host: str) -> RobotsCopy | None:
        """Return the latest robots.txt answer of a host; None if there never was one."""
        row = self._tx.execute(select(hosts).where(hosts.c.host == host)).one_or_none()
        return None if row is None else _robots(row)

    def holder(self, host: str) -> str | None:
        """Return who holds a host, or held it last without giving it back; None if nobody does."""
        return self._tx.execute(select(hosts.c.lease_owner).where(hosts.c.host == host)).scalar_one_or_none()

    def list(self) -> Sequence[HostRow]:
        """Return all hosts by name."""
        return [
            HostRow(
                host=row.host,
                next_allowed_at=row.next_allowed_at,
                pause_until=row.pause_until,
                robots_status=row.robots_status,
                robots_fetched_at=row.robots_fetched_at,
                owner=row.lease_owner,
            )
            for row in self._tx.execute(select(hosts).order_by(hosts.c.host))
        ]


def _lease(row: Row[Any], *, abandoned: bool) -> HostLease:
    return HostLease(
        host=row.host,
        fence=row.fence,
        next_allowed_at=row.next_allowed_at,
        pause_until=row.pause_until,
        robots=_robots(row),
        abandoned=abandoned,
    )


def _robots(row: Row[Any]) -> RobotsCopy | None:
    if row.robots_fetched_at is None:
        return None
    return RobotsCopy(fetched_at=row.robots_fetched_at, status=row.robots_status, body=row.robots_body)
