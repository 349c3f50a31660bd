"""The one rule by which runs, hosts, frontier addresses and pages are leased: an owner, an end, and a fence that grows with every lease.

Whoever writes about a leased row shows the fence it got; a late holder shows an old one and changes nothing.
"""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, bindparam, literal_column, or_, select, union_all, update

from db.engine import Transaction
from db.models import frontier, hosts, pages, runs, services

FREE: Final[dict[str, Any]] = {"lease_owner": None, "lease_until": None}
"""The column values of a row nobody holds."""

LONGEST: Final = timedelta(hours=2)
"""No lease is given for so long, by far: the longest are of five minutes."""

LEASED: Final = (runs, hosts, frontier, pages, services)


def _holders(table: Table) -> Select[Any]:
    holding = table.c.lease_owner.is_not(None) & (table.c.lease_until > bindparam("now", type_=table.c.lease_until.type))
    return select(literal_column(f"'{table.name}'").label("name"), table.c.lease_owner).where(holding).distinct()


HOLDERS: Final = union_all(*map(_holders, LEASED))
"""Who holds anything by a lease that is still running; built once, because it is asked every few seconds."""


def owner_name() -> str:
    """Return a new owner's name, `host:pid:start-ticks:nonce`, by which others on this host can tell whether it still lives."""
    pid = os.getpid()
    return f"{_here()}:{pid}:{_start_ticks(pid)}:{secrets.token_hex(4)}"


def owner_is_gone(owner: str) -> bool:
    """Tell whether the process behind a name no longer lives; False as well if that cannot be known from here."""
    parts = owner.rsplit(":", 3)
    if len(parts) != 4 or parts[0] != _here() or not parts[1].isdigit():
        return False
    return _start_ticks(int(parts[1])) != parts[2]


def owner_in_words(owner: str) -> str:
    """Return an owner's name for a person: which process on which host."""
    host, pid, *_ = [*owner.split(":"), "?"]
    return f"process {pid} on {host.partition('/')[0]}"


def available(table: Table, now: datetime) -> ColumnElement[bool]:
    """The condition under which a row may be leased: nobody holds it, or the holder's time is up.

    A lease that is to last longer than any does was given by a clock that has been set back since, and not renewed after that.
    """
    return or_(table.c.lease_until.is_(None), table.c.lease_until <= now, table.c.lease_until > now + LONGEST)


def taken(table: Table, owner: str, until: datetime) -> dict[str, Any]:
    """Return the column values by which `owner` leases a row."""
    return {"lease_owner": owner, "lease_until": until, "fence": table.c.fence + 1}


def renew(tx: Transaction, table: Table, owner: str, now: datetime, until: datetime) -> int:
    """Move the end of everything `owner` holds in `table` to `until`; return how many rows that were.

    A lease that ran out but was taken by nobody else is renewed too: a machine that slept goes on where it was.
    """
    if until <= now:
        message = f"a lease cannot end at {until}, before {now}"
        raise ValueError(message)
    return tx.execute(update(table).where(table.c.lease_owner == owner).values(lease_until=until)).rowcount


def free(tx: Transaction, table: Table, owner: str) -> int:
    """Give back everything `owner` holds in `table`; return how many rows that were."""
    return tx.execute(update(table).where(table.c.lease_owner == owner).values(FREE)).rowcount


def reclaim_dead(tx: Transaction, now: datetime) -> int:
    """Free every lease still running whose owner was a process of this host that has died; return how many rows that were.

    A program that was killed so goes on at once instead of when its leases run out.
    """
    holders = [(row.name, row.lease_owner) for row in tx.execute(HOLDERS, {"now": now})]
    freed = 0
    for table in LEASED:
        for owner in sorted(owner for name, owner in holders if name == table.name and owner_is_gone(owner)):
            # The end of a host's lease stays to tell that it was not given back in order: it may have been asked until now.
            left = {"lease_owner": None, "lease_until": now} if table is hosts else FREE
            freed += tx.execute(update(table).where(table.c.lease_owner == owner).values(left)).rowcount
    return freed


def by_id_and_fence(table: Table) -> ColumnElement[bool]:
    """The condition that finds a leased row for its holder only; parameters `lease_id` and `lease_fence`."""
    return (table.c.id == bindparam("lease_id")) & (table.c.fence == bindparam("lease_fence"))


def _here() -> str:
    """Name this host and its space of process ids, which containers on one host do not share."""
    try:
        space = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:  # not Linux: one space of process ids
        space = 0
    return f"{socket.gethostname()[:100]}/{space}"


def _start_ticks(pid: int) -> str:
    """Return when a process started, so that a later process with the same id is told apart; empty if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return "0" if not Path("/proc/self").exists() and _exists(pid) else ""
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state in {"Z", "X"} else fields[18]  # a zombie holds nothing any more; field 22 of proc(5) is the start time


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's, but alive
        return True
    return True
