"""Who waits for a turn at a host that another process asks: its holder lets go of it between two requests, and takes it up again after.

A waiter has a row of the service table, leased like any other, so that nobody waits for one that died. Hosts are `db.hosts`'s.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, select

from db import leases
from db.engine import Transaction, upsert
from db.models import services

PREFIX: Final = "turn "
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""As `seen_at`: such a row is no service that was ever seen."""


class TurnStore:
    """Those who wait for hosts, inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def ask(self, owner: str, host: str, now: datetime, until: datetime) -> None:
        """Wait for a host until `until`; asked again, for this one instead. Whoever waits no more is forgotten."""
        waits_no_more = services.c.name.startswith(PREFIX) & leases.available(services, now)
        self._tx.execute(delete(services).where(waits_no_more))
        said = {"said": {"host": host}, "lease_owner": owner, "lease_until": until}
        insert = upsert(self._tx, services).values(name=_name(owner), seen_at=NEVER, fence=1, **said)
        self._tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=said))

    def withdraw(self, owner: str) -> None:
        """Wait no more."""
        self._tx.execute(delete(services).where(services.c.name == _name(owner)))

    def wanted(self, now: datetime) -> frozenset[str]:
        """Return the hosts that somebody waits for; the table holds a row for each of them, and hardly any other."""
        waiting = services.c.name.startswith(PREFIX) & ~leases.available(services, now)
        return frozenset(str(said["host"]) for said in self._tx.execute(select(services.c.said).where(waiting)).scalars())


def _name(owner: str) -> str:
    """A name of its own for every waiter, by the part of its owner's name that is drawn anew for each."""
    return PREFIX + owner.rpartition(":")[2]
