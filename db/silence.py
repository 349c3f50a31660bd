"""Which hosts have asked for silence, and what that means for a run: whether it can still do something, and what it waits for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select

from db.engine import Transaction
from db.models import frontier, hosts


def silent_hosts(tx: Transaction, until: datetime) -> list[str]:
    """Return the hosts, by name, that are not to be asked before an instant later than `until`."""
    return list(tx.execute(select(hosts.c.host).where(hosts.c.pause_until > until).order_by(hosts.c.host)).scalars())


def waits_only_for(tx: Transaction, run_id: int, silent: list[str], until: datetime) -> bool:
    """Tell whether all that a run wants by `until`, what is leased included, lies at these hosts; False if it wants nothing."""
    due: tuple[ColumnElement[bool], ...] = (frontier.c.run_id == run_id, frontier.c.due_at <= until)
    if not silent or tx.execute(select(exists().where(*due, frontier.c.host.not_in(silent)))).scalar_one():
        return False
    return bool(tx.execute(select(exists().where(*due, frontier.c.host.in_(silent)))).scalar_one())


def silences(tx: Transaction, run_id: int, now: datetime) -> dict[str, datetime]:
    """Return the hosts of which a run still wants something and that asked for silence, with the end of it, by name."""
    wanted = exists().where(frontier.c.run_id == run_id, frontier.c.host == hosts.c.host, frontier.c.due_at.is_not(None))
    query = select(hosts.c.host, hosts.c.pause_until).where(hosts.c.pause_until > now, wanted).order_by(hosts.c.host)
    return {str(row.host): row.pause_until for row in tx.execute(query)}
