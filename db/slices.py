"""The backfill and slice tables: what of the past was asked for, in which parts it is done, and how far each part is.

Planning, opening runs and judging their ends is done above; here a change of state is one statement in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, func, select, update

from db.engine import Transaction, upsert
from db.errors import UnknownName
from db.models import backfills, slices, sources
from db.plans import Backfill, Slice, SlicePlan
from db.vocabulary import BackfillState, SliceState, Way

OPEN: Final = (BackfillState.ACTIVE, BackfillState.PAUSED, BackfillState.DRAINING)
UNDER_WAY: Final = (SliceState.QUEUED, SliceState.RUNNING)
UNFINISHED: Final = (SliceState.PLANNED, *UNDER_WAY)
TROUBLED: Final = (SliceState.FAILED, SliceState.ROBOTS)


class BackfillStore:
    """Backfills with their slices, inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    # ------------------------------------------------------------ asking for one

    def open(
        self,
        source: str,
        since: date,
        until: date,
        ways: Sequence[Way],
        *,
        params: Mapping[str, Any],
        plans: Sequence[SlicePlan],
        now: datetime,
    ) -> Backfill:
        """Keep a backfill of [since, until) with its slices, in the order in which they shall be done. Raises UnknownName."""
        values = {
            "source_id": self._source_id(source),
            "since": since,
            "until": until,
            "ways": list(ways),
            "params": dict(params),
            "state": BackfillState.ACTIVE,
            "requested_at": now,
        }
        made: int = self._tx.execute(upsert(self._tx, backfills).values(values).returning(backfills.c.id)).scalar_one()
        rows = [_planned(made, position, plan) for position, plan in enumerate(plans)]
        if rows:
            self._tx.execute(slices.insert(), rows)  # compiled once, however many there are
        return self.get(made)

    def open_alike(self, source: str, since: date, until: date, ways: Sequence[Way], params: Mapping[str, Any]) -> Backfill | None:
        """Return the open backfill that was asked for in the same words, so that the same command again goes on with it.

        A range that lay partly ahead ends where today was; `until` in its parameters is the day that was asked for, by which it is
        known for ever, also when that day has come.
        """
        query = _query(sources.c.name == source, backfills.c.ended_at.is_(None), backfills.c.since == since)
        asked = {"until": until.isoformat(), **params}
        found = [_backfill(row) for row in self._tx.execute(query.order_by(backfills.c.id))]
        alike = [each for each in found if set(each.ways) == set(ways) and {"until": each.until.isoformat(), **each.params} == asked]
        return next(iter(alike), None)

    # ------------------------------------------------------------ looking

    def get(self, backfill_id: int) -> Backfill:
        """Return one backfill. Raises UnknownName."""
        row = self._tx.execute(_query(backfills.c.id == backfill_id)).one_or_none()
        if row is None:
            raise UnknownName(f"there is no backfill {backfill_id}: `veille backfills list` shows them")
        return _backfill(row)

    def list(self, source: str | None = None, *, limit: int = 20) -> Sequence[Backfill]:
        """Return the latest backfills, newest first."""
        query = _query() if source is None else _query(sources.c.name == source)
        return [_backfill(row) for row in self._tx.execute(query.order_by(backfills.c.id.desc()).limit(limit))]

    def unfinished(self) -> Sequence[Backfill]:
        """Return every backfill that is not over, oldest first."""
        return [_backfill(row) for row in self._tx.execute(_query(backfills.c.ended_at.is_(None)).order_by(backfills.c.id))]

    def slices(self, backfill_id: int, states: Sequence[SliceState] = tuple(SliceState), limit: int | None = None) -> Sequence[Slice]:
        """Return slices of a backfill in the order of work."""
        query = select(slices).where(slices.c.backfill_id == backfill_id).order_by(slices.c.position).limit(limit)
        if set(states) != set(SliceState):
            query = query.where(slices.c.state.in_(states))
        return [_slice(row) for row in self._tx.execute(query)]

    def slice_of(self, run_id: int) -> Slice | None:
        """Return the slice that a run works on, or was the last to work on."""
        row = self._tx.execute(select(slices).where(slices.c.run_id == run_id)).one_or_none()
        return None if row is None else _slice(row)

    def tally(self, backfill_ids: Sequence[int]) -> dict[int, dict[SliceState, int]]:
        """Return how many slices of each backfill are in each state."""
        query = select(slices.c.backfill_id, slices.c.state, func.count()).where(slices.c.backfill_id.in_(backfill_ids))
        counts: dict[int, dict[SliceState, int]] = {backfill_id: {} for backfill_id in backfill_ids}
        for backfill_id, state, number in self._tx.execute(query.group_by(slices.c.backfill_id, slices.c.state)):
            counts[backfill_id][SliceState(state)] = number
        return counts

    def states_of(self, slice_ids: Sequence[int]) -> dict[int, BackfillState]:
        """Return the state of the backfill of each of these slices."""
        query = select(slices.c.id, backfills.c.state).join(backfills, backfills.c.id == slices.c.backfill_id)
        return {int(row.id): BackfillState(row.state) for row in self._tx.execute(query.where(slices.c.id.in_(slice_ids)))}

    # ------------------------------------------------------------ working

    def lock(self, backfill_id: int) -> Backfill:
        """Return a backfill that nobody else steers until the transaction ends. Raises UnknownName."""
        self._tx.execute(select(backfills.c.id).where(backfills.c.id == backfill_id).with_for_update())
        return self.get(backfill_id)

    def queue(self, slice_id: int, run_id: int) -> None:
        """Note which run shall work on a planned slice."""
        mine = (slices.c.id == slice_id) & (slices.c.state == SliceState.PLANNED)
        change = {"state": SliceState.QUEUED, "run_id": run_id, "attempts": slices.c.attempts + 1, "note": None, "ended_at": None}
        self._tx.execute(update(slices).where(mine).values(change))

    def begin(self, run_id: int, now: datetime) -> None:
        """Note that somebody works on the slice of a run."""
        queued = (slices.c.run_id == run_id) & (slices.c.state == SliceState.QUEUED)
        self._tx.execute(update(slices).where(queued).values(state=SliceState.RUNNING, started_at=now))

    def wait(self, run_id: int) -> None:
        """Note that the slice of a run waits for somebody to go on with it."""
        running = (slices.c.run_id == run_id) & (slices.c.state == SliceState.RUNNING)
        self._tx.execute(update(slices).where(running).values(state=SliceState.QUEUED))

    def end(self, run_id: int, state: SliceState, counts: Mapping[str, int], note: str | None, now: datetime) -> None:
        """Note how the run of a slice ended, if it is under way."""
        mine = (slices.c.run_id == run_id) & slices.c.state.in_(UNDER_WAY)
        values = {"state": state, "counts": dict(counts), "note": note, "ended_at": now}
        self._tx.execute(update(slices).where(mine).values(values))

    # ------------------------------------------------------------ steering

    def steer(self, backfill_id: int, state: BackfillState, now: datetime, note: str | None = None) -> None:
        """Change what shall become of a backfill; the end states close it."""
        ended = None if state in OPEN else now
        values: dict[str, Any] = {"state": state, "ended_at": ended}
        if note is not None:
            values["note"] = note
        self._tx.execute(update(backfills).where(backfills.c.id == backfill_id).values(values))

    def retry(self, backfill_id: int, now: datetime) -> int:
        """Plan again what failed or was forbidden, its attempts forgotten, and open the backfill; return how many slices that were."""
        again = (slices.c.backfill_id == backfill_id) & slices.c.state.in_(TROUBLED)
        anew = {"state": SliceState.PLANNED, "note": None, "ended_at": None, "attempts": 0}
        planned = self._tx.execute(update(slices).where(again).values(anew)).rowcount
        if planned:
            self.steer(backfill_id, BackfillState.ACTIVE, now)
        return planned

    def _source_id(self, source: str) -> int:
        found: int | None = self._tx.execute(select(sources.c.id).where(sources.c.name == source)).scalar_one_or_none()
        if found is None:
            raise UnknownName(f"the database knows no source named {source}")
        return found


def _query(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(backfills, sources.c.name.label("source")).join(sources, sources.c.id == backfills.c.source_id).where(*conditions)


def _planned(backfill_id: int, position: int, plan: SlicePlan) -> dict[str, Any]:
    return {
        "backfill_id": backfill_id,
        "position": position,
        "way": plan.way,
        "label": plan.label,
        "since": plan.since,
        "until": plan.until,
        "params": dict(plan.params),
        "expected": plan.expected,
        "state": SliceState.PLANNED,
        "counts": {},
    }


def _backfill(row: Row[Any]) -> Backfill:
    return Backfill(
        id=row.id,
        source=row.source,
        since=row.since,
        until=row.until,
        ways=tuple(Way(way) for way in row.ways),
        params=row.params,
        state=BackfillState(row.state),
        note=row.note,
        requested_at=row.requested_at,
        ended_at=row.ended_at,
    )


def _slice(row: Row[Any]) -> Slice:
    return Slice(
        id=row.id,
        backfill_id=row.backfill_id,
        position=row.position,
        plan=SlicePlan(Way(row.way), row.label, row.since, row.until, row.params, row.expected),
        state=SliceState(row.state),
        run_id=row.run_id,
        attempts=row.attempts,
        counts=row.counts,
        note=row.note,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
