"""The timetable as `veille schedule` shows and steers it: visits to come, runs that were, pauses; as plain values, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crawlers.registry import Registry
from crawlers.source import Source
from db.engine import Database, Transaction
from db.records import Run, SourceRow
from db.runs import RunStore
from db.sources import SourceStore
from pipeline.agenda import agenda
from pipeline.source_check import timetable_problem


def future(database: Database, sources: Sequence[Source], now: datetime, number: int) -> dict[str, Any]:
    """Return `next` (visits to come), `paused` (sources left out) and `problems` (timetables that cannot be read)."""
    with database.read() as tx:
        coming = agenda(tx, sources, now, number)
        rows = SourceStore(tx).named([source.name for source in sources])
    visits = [
        {
            "source": each.source,
            "local": each.slot.wall,
            "zone": each.zone,
            "at": each.slot.at,
            "due": each.is_due,
            "forecast": each.is_forecast,
            "why": each.why,
        }
        for each in coming
    ]
    paused = [pause_of(row, now) for row in rows.values() if row.is_paused(now)]
    return {"next": visits, "paused": paused, "problems": [problem for each in sources if (problem := timetable_problem(each))]}


def past(database: Database, source: str | None, number: int) -> list[dict[str, Any]]:
    """Return the latest runs, of one source or of all, newest first."""
    with database.read() as tx:
        return [_run(run) for run in RunStore(tx).recent(source, limit=number)]


def pause_sources(
    database: Database, registry: Registry, ends: Mapping[str, datetime | None], reason: str | None, now: datetime
) -> list[SourceRow]:
    """Take sources out of the timetable, each until the instant given for its name, or (None) until it is resumed."""

    def work(tx: Transaction) -> list[SourceRow]:
        store = _synced(tx, registry, list(ends), now)
        for name, until in ends.items():
            store.pause(name, until=until, reason=reason)
        return list(store.named(list(ends)).values())

    return database.transact(work)


def resume_sources(database: Database, registry: Registry, sources: Sequence[Source], now: datetime) -> tuple[list[SourceRow], list[str]]:
    """Let sources back in; return those that were paused, and the names of those that were not."""

    def work(tx: Transaction) -> tuple[list[SourceRow], list[str]]:
        names = [source.name for source in sources]
        store = _synced(tx, registry, names, now)
        paused = [name for name, row in store.named(names).items() if row.is_paused(now)]
        for name in paused:
            store.resume(name, now)
        return list(store.named(paused).values()), [name for name in names if name not in paused]

    return database.transact(work)


def pause_of(row: SourceRow, now: datetime) -> dict[str, Any]:
    """Whether a source is paused, until when, and why."""
    paused = row.is_paused(now)
    until, reason = (row.paused_until, row.pause_reason) if paused else (None, None)
    return {"source": row.name, "paused": paused, "until": until, "reason": reason}


def _synced(tx: Transaction, registry: Registry, names: Sequence[str], now: datetime) -> SourceStore:
    """The source table, with the sources in it."""
    store = SourceStore(tx)
    store.sync([entry for entry in registry.entries() if entry.name in names], now)
    return store


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "source": run.source,
        "kind": run.kind,
        "slot": run.slot,
        "requested": run.requested_at,
        "started": run.started_at,
        "ended": run.ended_at,
        "state": run.state,
        "missed": run.params.get("missed", 0),
        "note": run.note,
    }
