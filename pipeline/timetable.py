"""When a source is due: pure functions from (timetable, last slot, now) to slots. APScheduler's triggers do the arithmetic only.

A slot is a local wall-clock time without fold. Triggers are therefore asked in wall time, where no hour is missing and none
comes twice; only then is the answer laid on the zone's real clock. A repeated hour names the same slots again, so they run
once; a wall time that the zone skips happens just after the gap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from db.errors import SourceError

GRID_START = datetime(2000, 1, 1, tzinfo=UTC)
"""Intervals are counted from here in wall time, so that `every = "15m"` falls on the quarters of the hour."""

LOOKBACKS = (timedelta(hours=2), timedelta(days=2), timedelta(days=9), timedelta(days=35), timedelta(days=370))
"""How far back a missed slot is looked for: narrow windows first, so that a timetable by the minute costs little."""

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")

SLOT_FORMAT = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True, slots=True)
class Slot:
    """One due time: its wall-clock name (`2026-02-15T02:30:00`, no fold) and the instant it happens at (UTC)."""

    wall: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Timetable:
    """How often a source is visited: an interval or a five-field cron expression, in the source's zone."""

    zone: str = "UTC"
    every: timedelta | None = None
    cron: str | None = None


def latest_due(timetable: Timetable, last: str | None, now: datetime) -> Slot | None:
    """Return the newest slot not after `now` and later than the slot named `last`, or None.

    However many slots were missed, one is returned: a source catches up once. A source that never ran (`last` is None)
    is due at once if it has an interval; with a cron expression it waits for its time.
    """
    zone = ZoneInfo(timetable.zone)
    wall_now = _wall(now, zone)
    floor = _parse(last) if last else None
    if floor is None and timetable.every is None:
        floor = wall_now - timedelta(minutes=1)
    for lookback in LOOKBACKS:
        start = wall_now - lookback
        best = None
        for wall in _walls(timetable, max(start, floor + timedelta(seconds=1)) if floor else start, wall_now):
            if instant(wall, zone) <= now:
                best = wall
        if best is not None:
            return Slot(best.strftime(SLOT_FORMAT), instant(best, zone))
        if floor is not None and start <= floor:
            break
    return None


def next_due(timetable: Timetable, now: datetime, last: str | None = None) -> Slot | None:
    """Return the first slot after `now` (and after the slot named `last`), or None if the expression has none left."""
    zone = ZoneInfo(timetable.zone)
    start = _wall(now, zone) - timedelta(hours=2)  # a repeated hour may lie ahead although its wall time has passed
    floor = _parse(last) if last else None
    for wall in _walls(timetable, start, start + timedelta(days=370 * 5)):
        if instant(wall, zone) > now and (floor is None or wall > floor):
            return Slot(wall.strftime(SLOT_FORMAT), instant(wall, zone))
    return None


def check(timetable: Timetable) -> None:
    """Raise SourceError if the cron expression cannot be read."""
    _trigger(timetable)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Lay a wall-clock time (UTC-marked) on the zone's clock: the first of two, or the end of the gap if it is skipped."""
    local = wall.replace(tzinfo=zone, fold=0)
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return utc
    # In a gap, fold=0 counts with the offset before it and fold=1 with the one after: the change lies between the two.
    early, late = sorted((utc, local.replace(fold=1).astimezone(UTC)))
    offset = late.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)


def _wall(now: datetime, zone: ZoneInfo) -> datetime:
    return now.astimezone(zone).replace(tzinfo=UTC, fold=0)


def _parse(slot: str) -> datetime:
    return datetime.fromisoformat(slot).replace(tzinfo=UTC)


def _walls(timetable: Timetable, start: datetime, end: datetime) -> Any:
    """Yield the trigger's wall times in [start, end]."""
    trigger = _trigger(timetable)
    previous: datetime | None = None
    moment = start
    while (wall := trigger.get_next_fire_time(previous, moment)) is not None and wall <= end:
        yield wall
        previous, moment = wall, wall + timedelta(seconds=1)


def _trigger(timetable: Timetable) -> Any:
    if timetable.cron is not None:
        try:
            return CronTrigger.from_crontab(_with_named_weekdays(timetable.cron), timezone=UTC)
        except ValueError as error:
            message = f'timetable: cron "{timetable.cron}" cannot be read ({error}); five fields are expected, such as "*/30 6-22 * * *"'
            raise SourceError(message) from error
    every = timetable.every or timedelta(hours=1)
    return IntervalTrigger(seconds=max(1, int(every.total_seconds())), start_date=GRID_START, timezone=UTC)


def _with_named_weekdays(cron: str) -> str:
    """Name the weekdays: crontab(5) counts from Sunday (0 and 7), APScheduler from Monday. Raises ValueError for other numbers."""
    *fields, weekdays = cron.split()
    days, step, every = weekdays.partition("/")
    if any(int(number) >= len(WEEKDAYS) for number in re.findall(r"\d+", days)):
        raise ValueError(f"no weekday {days}")
    named = re.sub(r"\d", lambda number: WEEKDAYS[int(number[0])], days)
    if named.startswith("sun-"):  # a week that begins on Sunday is two ranges for one that begins on Monday
        named = "sun" if named == "sun-sun" else f"sun,mon-{named.removeprefix('sun-')}"
    return " ".join([*fields, named + step + every])
