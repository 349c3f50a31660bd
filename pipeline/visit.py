"""What a finished crawl teaches of its source's rhythm, and when the next one is due: kept in the transaction that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from db.arrivals import NEW, arrivals
from db.engine import Transaction
from db.records import Run
from db.sources import SourceStore
from db.vocabulary import RunKind
from pipeline.pace import Bounds, next_visit
from pipeline.rhythm import Rhythm, from_json, learn, to_json
from pipeline.timetable import Timetable

BREATH = timedelta(minutes=1)
"""Between the end of a crawl that took longer than its interval and the next one, at least."""


def note_visit(tx: Transaction, run: Run, counts: Mapping[str, int] | None, timetable: Timetable | None, now: datetime) -> None:
    """Learn from a crawl that brought `counts` (None: nobody answered, which teaches nothing) and decide on the next."""
    if run.kind is not RunKind.CRAWL or timetable is None:
        return
    store, zone, began = SourceStore(tx), ZoneInfo(timetable.zone), run.started_at or run.requested_at
    rhythm = from_json(store.rhythm(run.source))
    if counts is not None:
        rhythm = _learned(tx, run, rhythm, zone, counts)
    due = max(next_visit(rhythm, zone, bounds_of(timetable), began), now + BREATH) if timetable.is_adaptive else None
    store.put_rhythm(run.source, to_json(rhythm) if rhythm else None, due)


def bounds_of(timetable: Timetable) -> Bounds:
    """How near and how far apart the visits of an adaptive timetable may be."""
    if timetable.longest is None:
        return Bounds(timetable.shortest, max(Bounds().longest, timetable.shortest), max(Bounds().asleep, timetable.shortest))
    return Bounds(timetable.shortest, timetable.longest, timetable.longest)


def _learned(tx: Transaction, run: Run, rhythm: Rhythm | None, zone: ZoneInfo, counts: Mapping[str, int]) -> Rhythm:
    """Of articles that state only a day, those of days before the last visit were published before it, and teach nothing."""
    found = arrivals(tx, run.id)
    instants = [at for at, _ in found if at is not None]
    old = sum(rhythm is not None and at is None and on is not None and on < rhythm.seen.astimezone(zone).date() for at, on in found)
    undated = max(0, sum(counts.get(word, 0) for word in NEW) - len(instants) - old)
    return learn(rhythm, zone, run.started_at or run.requested_at, instants, undated)
