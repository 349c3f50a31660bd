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
class Known:
    """What decides when one source is visited: its timetable, its row (None before it is in the table), the slot it had last."""

    source: Source
    timetable: Timetable
    row: SourceRow | None
    last: str | None


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
    found = Look()
    busy = {run.source for run in RunStore(tx).open_runs() if run.kind is RunKind.CRAWL}
    for known in known_of(tx, sources):
        source, row = known.source, known.row
        slot = None if row is None or source.name in busy or row.is_paused(now) else due_slot(known, now)
        begins = opens_at(source, slot) if slot and slot.at > since and known.last is not None else now
        if slot is not None and begins > now:
            found.again[source.name] = begins
            continue
        if slot is not None:
            found.openings.append(Opening(source, slot, missed(tx, known, slot, now)))
        found.again[source.name] = when_to_look_again(known, now)
    return found


def known_of(tx: Transaction, sources: Sequence[Source]) -> list[Known]:
    """What is known of these sources, in their order: two questions, however many they are."""
    names = [source.name for source in sources]
    last, rows = RunStore(tx).last_slots(RunKind.CRAWL, names), SourceStore(tx).named(names)
    return [Known(source, timetable_of(source), rows.get(source.name), last.get(source.name)) for source in sources]


def due_slot(known: Known, now: datetime) -> Slot | None:
    """The slot for which a source is to be visited now, None if it is not due."""
    if not known.timetable.is_adaptive:
        return latest_due(known.timetable, known.last, now)
    slot = next_adaptive(known, now)
    return slot if slot.at <= now else None


def next_adaptive(known: Known, now: datetime) -> Slot:
    """The next slot of an adaptive source, past if it is due."""
    return adaptive_slot(known.timetable, known.row.due_at if known.row else None, known.last, now)


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


def missed(tx: Transaction, known: Known, slot: Slot, now: datetime) -> int:
    """How many slots passed before `slot` without a visit of their own, since the last visit or the end of a pause."""
    timetable, row = known.timetable, known.row
    zone = ZoneInfo(timetable.zone)
    resumed = row.paused_until if row and row.paused_until and row.paused_until <= now else None
    if timetable.is_adaptive:
        start, bounds = max(slot.at, resumed or slot.at), bounds_of(timetable)
        rhythm = from_json(SourceStore(tx).rhythm(known.source.name)) if now - start >= bounds.shortest else None
        return visits_between(rhythm, zone, bounds, start, now) if rhythm else 0
    if known.last is None:
        return 0
    floor = max(known.last, slot_of(wall_of(resumed, zone), zone).wall) if resumed else known.last
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


def when_to_look_again(known: Known, now: datetime) -> datetime:
    """At its next slot, or after a glance if that is sooner."""
    slot = next_adaptive(known, now) if known.timetable.is_adaptive else next_due(known.timetable, now)
    return min(slot.at, now + GLANCE) if slot and slot.at > now else now + GLANCE
