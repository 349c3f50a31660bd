"""What comes next, and why then: the coming visits of all sources in order, for people to look at. Nothing is opened or written here."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from zoneinfo import ZoneInfo

from crawlers.source import Source
from db.engine import Transaction
from db.sources import SourceStore
from pipeline.due import Known, adaptive_slot, known_of, next_adaptive
from pipeline.pace import is_asleep, next_visit
from pipeline.rhythm import Rhythm, from_json, liveliness, mean, week
from pipeline.source_check import timetable_problem
from pipeline.timetable import Slot, Timetable, latest_due, upcoming
from pipeline.visit import bounds_of

UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
MOSTLY = 0.8
"""The hours that are named hold this share of what a source publishes."""
EVEN = 18
"""A source that takes so many hours for it has no hours of its own."""
LIVELY = 1.5


@dataclass(frozen=True, slots=True)
class Coming:
    """One visit to come. `forecast`: of an adaptive source, the visits before it may still change it."""

    source: str
    zone: str
    slot: Slot
    is_due: bool
    is_forecast: bool
    why: str


def agenda(tx: Transaction, sources: Sequence[Source], now: datetime, number: int) -> list[Coming]:
    """Return the next `number` visits of the sources that are not paused, soonest first; unreadable timetables are left out."""
    usable = [source for source in sources if timetable_problem(source) is None]
    series = [_series(tx, known, now) for known in known_of(tx, usable) if not (known.row and known.row.is_paused(now))]
    first = islice(heapq.merge(*series, key=lambda each: (each[1].at, each[0].source.name)), number)
    return [_coming(tx, known, slot, nth, now) for known, slot, nth in first]


def why(timetable: Timetable, rhythm: Rhythm | None, now: datetime) -> str:
    """Say in words by what rule a source is visited."""
    within = f" within {', '.join(timetable.windows)}" if timetable.windows else ""
    if timetable.every is not None:
        return f"every {spelt(timetable.every)}{within}"
    if timetable.cron is not None:
        return f"cron {timetable.cron}"
    return f"{_habit(rhythm, now)}{within}"


def spelt(length: timedelta) -> str:
    """A length of time as source files write it: `1h30m`."""
    rest, parts = int(length.total_seconds()), []
    for unit, seconds in UNITS:
        count, rest = divmod(rest, seconds)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def _series(tx: Transaction, known: Known, now: datetime) -> Iterator[tuple[Known, Slot, int]]:
    slots = _forecast(tx, known, now) if known.timetable.is_adaptive else _fixed(known, now)
    for nth, slot in enumerate(slots):
        yield known, slot, nth


def _fixed(known: Known, now: datetime) -> Iterator[Slot]:
    due = latest_due(known.timetable, known.last, now)
    return chain([due] if due else [], upcoming(known.timetable, now, due.wall if due else known.last))


def _forecast(tx: Transaction, known: Known, now: datetime) -> Iterator[Slot]:
    slot, timetable = next_adaptive(known, now), known.timetable
    yield slot
    rhythm, zone, bounds = from_json(SourceStore(tx).rhythm(known.source.name)), ZoneInfo(timetable.zone), bounds_of(timetable)
    while True:
        begins = max(slot.at, now)
        slot = adaptive_slot(timetable, next_visit(rhythm, zone, bounds, begins), slot.wall, begins)
        yield slot


def _coming(tx: Transaction, known: Known, slot: Slot, nth: int, now: datetime) -> Coming:
    timetable, name = known.timetable, known.source.name
    rhythm = from_json(SourceStore(tx).rhythm(name)) if timetable.is_adaptive else None
    return Coming(name, timetable.zone, slot, slot.at <= now, timetable.is_adaptive and nth > 0, why(timetable, rhythm, now))


def _habit(rhythm: Rhythm | None, now: datetime) -> str:
    if rhythm is None:
        return "not visited yet"
    if is_asleep(rhythm, now):
        return f"has published nothing since {(rhythm.latest or rhythm.since).astimezone(UTC):%Y-%m-%d}"
    a_day = mean(rhythm) * 24
    pace = f"about {a_day:.0f} a day" if a_day >= 1.5 else f"about {max(1, round(a_day * 7))} a week"
    lively = liveliness(rhythm, now - rhythm.seen)
    mood = ", more than usual now" if lively > LIVELY else ", less than usual now" if lively < 1 / LIVELY else ""
    return f"publishes {pace}{_hours(rhythm)}{mood}"


def _hours(rhythm: Rhythm) -> str:
    """The shortest span of hours that holds most of what a source publishes; nothing if that is nearly the whole day."""
    rates = week(rhythm)
    day = [sum(rates[hour::24]) for hour in range(24)]
    for length in range(1, EVEN):
        start = max(range(24), key=lambda begin: sum(day[(begin + n) % 24] for n in range(length)))
        if sum(day[(start + n) % 24] for n in range(length)) >= MOSTLY * sum(day):
            return f", mostly {start}–{(start + length) % 24 or 24} h"
    return ""
