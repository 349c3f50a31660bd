"""What should have happened by now and has not: sources past their time, runs nobody works on, leases that ran out, a silent service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, func, select

from db.engine import Transaction
from db.models import frontier, hosts, pages, runs, services, sources
from db.pages import UNREAD
from db.runs import OPEN
from db.services import TIMETABLE
from db.vocabulary import SourceState


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that is not over."""

    source: str
    kind: str
    since: datetime
    owner: str | None
    until: datetime | None
    """When its holder's lease ends."""


@dataclass(frozen=True, slots=True)
class Post:
    """Who keeps the timetable, or kept it last."""

    seen_at: datetime | None
    owner: str | None
    """None: it was given back in order."""


def overdue_sources(tx: Transaction, before: datetime) -> list[tuple[str, datetime]]:
    """Return the sources whose next visit was decided for before an instant, longest first, with that time; not those that are paused."""
    query = select(sources.c.name, sources.c.due_at).where(sources.c.due_at < before, sources.c.state == SourceState.ACTIVE)
    return [(row.name, row.due_at) for row in tx.execute(query.where(~sources.c.paused).order_by(sources.c.due_at))]


def open_runs(tx: Transaction) -> list[OpenRun]:
    """Return the runs that are not over, oldest first."""
    since = func.coalesce(runs.c.started_at, runs.c.requested_at, type_=runs.c.started_at.type).label("since")
    query = select(sources.c.name, runs.c.kind, since, runs.c.lease_owner, runs.c.lease_until)
    query = query.join(sources, sources.c.id == runs.c.source_id).where(runs.c.state.in_(OPEN)).order_by(runs.c.id)
    return [OpenRun(*row) for row in tx.execute(query)]


def expired_leases(tx: Transaction, now: datetime) -> dict[str, int]:
    """Return how many leases ran out without being given back, by table; tables without any are left out."""
    return {table.name: count for table in (hosts, frontier, pages) if (count := _expired(tx, table, now))}


def post(tx: Transaction) -> Post | None:
    """Return who keeps the timetable; None if no service ever did."""
    row = tx.execute(select(services.c.seen_at, services.c.lease_owner).where(services.c.name == TIMETABLE)).one_or_none()
    return None if row is None else Post(row.seen_at, row.lease_owner)


def _expired(tx: Transaction, table: Table, now: datetime) -> int:
    ran_out: ColumnElement[bool] = table.c.lease_owner.is_not(None) & (table.c.lease_until < now)
    query = select(func.count()).select_from(table).where(ran_out)
    return int(tx.execute(query.where(UNREAD) if table is pages else query).scalar_one())
