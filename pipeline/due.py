"""Which sources are due, for which slot, and when to look again: timetables and learned rhythms laid against what the database says.

Opening the runs is `pipeline.service`'s business, the arithmetic of slots `pipeline.timetable`'s, of rhythms `pipeline.pace`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crawlers.source import Source
from db.engine import Transaction
from db.records import SourceRow
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind
from pipeline.pace import visits_between
from pipeline.rhythm import from_json
from pipeline.source_check import timetable_of
from pipeline.timetable import Slot, Timetable, believed, instant, latest_due, next_due, slot_of, slots_between, wall_of
from pipeline.visit import bounds_of
from pipeline.windows import Windows

SPREAD = timedelta(seconds=60)
SPREAD_SHARE = 10
"""Sources due at the same time begin within SPREAD after it, or a SPREAD_SHAREth of their interval where that is shorter."""
GLANCE = timedelta(minutes=1)
"""A source is looked at again so often: somebody else may have visited, paused or resumed it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A visit to begin now. `missed` slots have passed since the last one without a visit of their own."""

    source: Source
    slot: Slot
    missed: int

    @property
    def params(self) -> dict[str, Any]:
        """What its run keeps of it."""
        return {"missed": self.missed} if self.missed else {}


@dataclass(slots=True)
class Look:
    """What a look at some sources found."""

    openings: list[Opening] = field(default_factory=list)
    again: dict[str, datetime] = field(default_factory=dict)
    """When to look at each of them again."""


def look(tx: Transaction, sources: Sequence[Source], now: datetime, since: datetime) -> Look:
    """Find those of `sources` that are due, not paused, and not being visited.

    What was due before `since` begins at once, as does a first visit; other intervals and cron times begin a little later, spread.
    """
    names, found, store = [source.name for source in sources], Look(), RunStore(tx)
    last, rows = store.last_slots(RunKind.CRAWL, names), SourceStore(tx).named(names)
    busy = {run.source for run in store.open_runs() if run.kind is RunKind.CRAWL}
    for source in sources:
        row, timetable = rows.get(source.name), timetable_of(source)
        slot = None
        if row is not None and source.name not in busy and not row.is_paused(now):
            slot = due_slot(timetable, row, last.get(source.name), now)
        begins = opens_at(source, slot) if slot and slot.at > since and source.name in last else now
        if slot is not None and begins > now:
            found.again[source.name] = begins
            continue
        if slot is not None and row is not None:
            found.openings.append(Opening(source, slot, missed(tx, timetable, row, last.get(source.name), slot, now)))
        found.again[source.name] = when_to_look_again(timetable, row, last.get(source.name), now)
    return found


def due_slot(timetable: Timetable, row: SourceRow, last: str | None, now: datetime) -> Slot | None:
    """The slot for which a source is to be visited now, None if it is not due."""
    if not timetable.is_adaptive:
        return latest_due(timetable, last, now)
    slot = adaptive_slot(timetable, row.due_at, last, now)
    return slot if slot.at <= now else None


def coming_slot(timetable: Timetable, row: SourceRow | None, last: str | None, now: datetime) -> Slot | None:
    """The slot after `now`; of an adaptive source the next one, which is past if it is due. None if there is none left."""
    if not timetable.is_adaptive:
        return next_due(timetable, now, last)
    return adaptive_slot(timetable, row.due_at if row else None, last, now)


def adaptive_slot(timetable: Timetable, due_at: datetime | None, last: str | None, now: datetime) -> Slot:
    """The next slot of an adaptive source: the wall time of `due_at` (None: now), once a window is open.

    Names only grow: in an hour that comes twice it waits until the clock shows a later time than at the last visit. What a clock
    that was wrong has put off far beyond the longest interval is due now.
    """
    zone, bounds = ZoneInfo(timetable.zone), bounds_of(timetable)
    if due_at is None or due_at > now + bounds.asleep + timedelta(hours=1):
        due_at = now
    wall = wall_of(due_at, zone).replace(microsecond=0)
    opening = Windows(timetable.windows).opening(wall)
    at = due_at if opening == wall else instant(opening, zone)
    floor = believed(last, wall_of(now, zone))
    if floor is not None and opening <= floor:
        late = floor.replace(tzinfo=zone, fold=1).astimezone(due_at.tzinfo) + timedelta(seconds=1)
        return Slot(slot_of(floor + timedelta(seconds=1), zone).wall, max(late, at))
    return Slot(slot_of(opening, zone).wall, at)


def missed(tx: Transaction, timetable: Timetable, row: SourceRow, last: str | None, slot: Slot, now: datetime) -> int:
    """How many slots passed before `slot` without a visit of their own, since the last visit or the end of a pause."""
    zone = ZoneInfo(timetable.zone)
    resumed = row.paused_until if row.paused_until and row.paused_until <= now else None
    if timetable.is_adaptive:
        start = max(slot.at, resumed) if resumed else slot.at
        if now - start < bounds_of(timetable).shortest:
            return 0
        rhythm = from_json(SourceStore(tx).rhythm(row.name))
        return visits_between(rhythm, zone, bounds_of(timetable), start, now) if rhythm else 0
    if last is None:
        return 0
    floor = max(last, slot_of(wall_of(resumed, zone), zone).wall) if resumed else last
    return slots_between(timetable, floor, slot.wall)


def opens_at(source: Source, slot: Slot) -> datetime:
    """When a source that is due begins: a little after its time, always as much for one name, so that many do not begin at once.

    The very first visit of a source waits for nothing, nor does what was due before a service began, nor an adaptive source.
    """
    timetable = timetable_of(source)
    if timetable.is_adaptive:
        return slot.at
    following = next_due(timetable, slot.at)
    span = min(SPREAD, (following.at - slot.at) / SPREAD_SHARE) if following else SPREAD
    share = int.from_bytes(hashlib.sha256(source.name.encode()).digest()[:4]) / (1 << 32)
    return slot.at + span * share


def when_to_look_again(timetable: Timetable, row: SourceRow | None, last: str | None, now: datetime) -> datetime:
    """At its next slot, or after a glance if that is sooner."""
    slot = coming_slot(timetable, row, last if timetable.is_adaptive else None, now)
    return min(slot.at, now + GLANCE) if slot and slot.at > now else now + GLANCE

