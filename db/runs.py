"""The run table: what was asked for, who is at it, and what became of it. It is the only truth of either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, update

from db import leases
from db.engine import Transaction, upsert
from db.errors import LeaseLost, UnknownName
from db.models import runs, sources
from db.records import Run
from db.vocabulary import RunKind, RunState

OPEN = (RunState.QUEUED, RunState.RUNNING)
ALIKE = 2_000
"""Ended runs of a source among which one with the same parameters is looked for."""


class RunStore:
    """Runs inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def request(
        self, source: str, kind: RunKind, *, slot: str | None = None, params: Mapping[str, Any] | None = None, now: datetime
    ) -> tuple[Run, bool]:
        """Return the run that does what is asked, and whether it was made just now.

        A slot of the timetable has one run for ever, finished or not. Without a slot an open run of the same source, kind
        and parameters is returned, so that the same command again goes on with it. Raises UnknownName.
        """
        wanted = dict(params or {})
        source_id = self._locked_source(source)
        known = self._of_slot(source_id, kind, slot) if slot else self._open_alike(source_id, kind, wanted)
        if known is not None:
            return known, False
        values = {
            "source_id": source_id,
            "kind": kind,
            "slot": slot,
            "state": RunState.QUEUED,
            "params": wanted,
            "counts": {},
            "requested_at": now,
        }
        made = self._tx.execute(upsert(self._tx, runs).values(values).returning(runs.c.id)).scalar_one()
        return self.get(made), True

    def lease(self, run_id: int, owner: str, now: datetime, until: datetime) -> Run | None:
        """Take an open run; None if it is finished or somebody else who may be alive holds it. Its owner may take it anew."""
        free = leases.available(runs, now) | (runs.c.lease_owner == owner)
        taken = {**leases.taken(runs, owner, until), "state": RunState.RUNNING, "started_at": func.coalesce(runs.c.started_at, now)}
        change = update(runs).where(runs.c.id == run_id, runs.c.state.in_(OPEN), free).values(taken)
        return self.get(run_id) if self._tx.execute(change).rowcount else None

    def renew(self, owner: str, now: datetime, until: datetime) -> int:
        """Move the end of the owner's leases; return how many it holds."""
        return leases.renew(self._tx, runs, owner, now, until)

    def release(self, owner: str) -> int:
        """Give back the owner's runs unfinished, so that the next who asks can go on with them at once."""
        return leases.free(self._tx, runs, owner)

    def give_back(self, run: Run) -> None:
        """Give back one run unfinished, if it is still ours."""
        mine = (runs.c.id == run.id) & (runs.c.fence == run.fence)
        self._tx.execute(update(runs).where(mine).values(leases.FREE))

    def owned(self, owner: str) -> list[Run]:
        """Return the running runs `owner` holds, oldest first."""
        return self._all(_query(runs.c.lease_owner == owner, runs.c.state == RunState.RUNNING).order_by(runs.c.id))

    def finish(self, run: Run, state: RunState, counts: Mapping[str, int], note: str | None, now: datetime) -> None:
        """Close a run with its final counts. Raises LeaseLost if somebody else has taken it since, or has closed it."""
        mine = (runs.c.id == run.id) & (runs.c.fence == run.fence) & runs.c.state.in_(OPEN)
        ended = {"state": state, "counts": dict(counts), "note": note, "ended_at": now, **leases.FREE}
        if not self._tx.execute(update(runs).where(mine).values(ended)).rowcount:
            raise LeaseLost(f"run {run.id} of {run.source} has been taken over: its end is not recorded by this process")

    def withdraw(self, run_id: int, now: datetime) -> bool:
        """Stop a run that nobody holds; False if somebody does, or it is over."""
        free = leases.available(runs, now) & (runs.c.id == run_id) & runs.c.state.in_(OPEN)
        return bool(self._tx.execute(update(runs).where(free).values(state=RunState.STOPPED, ended_at=now)).rowcount)

    def expect(self, run_id: int, counts: Mapping[str, int]) -> None:
        """Note on an open run what it was given to do; its end counts it among the rest."""
        self._tx.execute(update(runs).where(runs.c.id == run_id, runs.c.state.in_(OPEN)).values(counts=dict(counts)))

    def count(self, run_id: int, word: str, number: int) -> None:
        """Add to a count of an open run; what is counted so stays beside what its end counts."""
        row = self._tx.execute(select(runs.c.counts).where(runs.c.id == run_id, runs.c.state.in_(OPEN)).with_for_update()).one_or_none()
        if row is not None:
            counts = {**row.counts, word: row.counts.get(word, 0) + number}
            self._tx.execute(update(runs).where(runs.c.id == run_id).values(counts=counts))

    def note(self, run: Run, counts: Mapping[str, int]) -> None:
        """Note on an open run how far it has come, with what its holder writes. Raises LeaseLost if somebody else has taken it since."""
        mine = (runs.c.id == run.id) & (runs.c.fence == run.fence) & runs.c.state.in_(OPEN)
        if not self._tx.execute(update(runs).where(mine).values(counts=dict(counts))).rowcount:
            raise LeaseLost(f"run {run.id} of {run.source} has been taken over: what this process brings for it is not kept")

    def last_alike(self, run: Run) -> Run | None:
        """Return the latest run before this one that did the same for its source, and is over."""
        query = _query(sources.c.name == run.source, runs.c.kind == run.kind, runs.c.ended_at.is_not(None), runs.c.id < run.id)
        alike = (each for each in self._all(query.order_by(runs.c.id.desc()).limit(ALIKE)) if each.params == run.params)
        return next(alike, None)

    def advance(self, run: Run, counts: Mapping[str, int], until: datetime) -> None:
        """Note how far a run is, and hold it until then. Raises LeaseLost if somebody else has taken it since, or has closed it."""
        mine = (runs.c.id == run.id) & (runs.c.fence == run.fence) & runs.c.state.in_(OPEN)
        if not self._tx.execute(update(runs).where(mine).values(counts=dict(counts), lease_until=until)).rowcount:
            raise LeaseLost(f"run {run.id} of {run.source} has been taken over: nothing more of it is stored by this process")

    def get(self, run_id: int) -> Run:
        """Return one run. Raises UnknownName."""
        row = self._tx.execute(_query(runs.c.id == run_id)).one_or_none()
        if row is None:
            raise UnknownName(f"there is no run {run_id}")
        return _run(row)

    def recent(
        self, source: str | None = None, kind: RunKind | None = None, limit: int = 20, *, ended_before: datetime | None = None
    ) -> list[Run]:
        """Return the latest runs, newest first; with `ended_before` those that were over by then."""
        query = _query().order_by(runs.c.id.desc()).limit(limit)
        if source is not None:
            query = query.where(sources.c.name == source)
        if kind is not None:
            query = query.where(runs.c.kind == kind)
        if ended_before is not None:
            query = query.where(runs.c.ended_at < ended_before)
        return self._all(query)

    def last_slot(self, source: str, kind: RunKind) -> Run | None:
        """Return the run of the latest slot a source had; slots are local wall times, so their text is in order."""
        query = _query(sources.c.name == source, runs.c.kind == kind, runs.c.slot.is_not(None))
        row = self._tx.execute(query.order_by(runs.c.slot.desc()).limit(1)).one_or_none()
        return None if row is None else _run(row)

    def last_slots(self, kind: RunKind, names: Sequence[str] | None = None) -> dict[str, str]:
        """Return the latest slot of every source that had one (or of those named), by the source's name.

        One look into the index of slots a source, however many runs it has had.
        """
        own = (runs.c.source_id == sources.c.id) & (runs.c.kind == kind)
        latest = select(func.max(runs.c.slot)).where(own).scalar_subquery()
        query = select(sources.c.name, latest)
        if names is not None:
            query = query.where(sources.c.name.in_(names))
        return {str(name): str(slot) for name, slot in self._tx.execute(query) if slot is not None}

    def open_runs(self) -> list[Run]:
        """Return the runs that are queued or running, oldest first."""
        return self._all(_query(runs.c.state.in_(OPEN)).order_by(runs.c.id))

    def _locked_source(self, source: str) -> int:
        """Requests for one source wait for each other: two at once must not make two runs."""
        query = select(sources.c.id).where(sources.c.name == source).with_for_update()
        found: int | None = self._tx.execute(query).scalar_one_or_none()
        if found is None:
            raise UnknownName(f"the database knows no source named {source}")
        return found

    def _of_slot(self, source_id: int, kind: RunKind, slot: str) -> Run | None:
        row = self._tx.execute(_query(runs.c.source_id == source_id, runs.c.kind == kind, runs.c.slot == slot)).one_or_none()
        return None if row is None else _run(row)

    def _open_alike(self, source_id: int, kind: RunKind, params: dict[str, Any]) -> Run | None:
        alike = _query(runs.c.source_id == source_id, runs.c.kind == kind, runs.c.slot.is_(None), runs.c.state.in_(OPEN))
        return next((run for run in self._all(alike.order_by(runs.c.id)) if run.params == params), None)

    def _all(self, query: Select[Any]) -> list[Run]:
        return [_run(row) for row in self._tx.execute(query)]


def _query(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(runs, sources.c.name.label("source")).join(sources, sources.c.id == runs.c.source_id).where(*conditions)


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        source=row.source,
        kind=RunKind(row.kind),
        slot=row.slot,
        state=RunState(row.state),
        params=row.params,
        counts=row.counts,
        note=row.note,
        owner=row.lease_owner,
        fence=row.fence,
        requested_at=row.requested_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
