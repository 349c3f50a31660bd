"""When a source is due: pure functions from (timetable, last slot, now) to slots. APScheduler's triggers do the arithmetic only.

A slot is a local wall-clock time without fold. Triggers are therefore asked in wall time, where no hour is missing and none
comes twice; only then is the answer laid on the zone's real clock. A repeated hour names the same slots again, so they run
once; a wall time that the zone skips happens just after the gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from db.errors import SourceError
from pipeline.crontab import spelt
from pipeline.windows import Windows

GRID_START = datetime(2000, 1, 1, tzinfo=UTC)
"""Intervals are counted from here in wall time, so that `every = "15m"` falls on the quarters of the hour."""

LOOKBACKS = (timedelta(hours=2), timedelta(days=2), timedelta(days=9), timedelta(days=35), timedelta(days=370))
"""How far back a missed slot is looked for: narrow windows first, so that a timetable by the minute costs little."""

SLOT_FORMAT = "%Y-%m-%dT%H:%M:%S"

WRONG_CLOCK = timedelta(days=1)
"""A last slot that lies further ahead was named by a clock that was wrong, and is not waited for."""

MOST_COUNTED = 1000
"""More missed slots than this are not counted one by one."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One due time: its wall-clock name (`2026-02-15T02:30:00`, no fold) and the instant it happens at (UTC)."""

    wall: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Timetable:
    """How often a source is visited: an interval, a five-field cron expression, or neither, which is adaptive; in the source's zone."""

    zone: str = "UTC"
    every: timedelta | None = None
    cron: str | None = None
    windows: tuple[str, ...] = ()
    """When visits may begin, as `06:00-23:00`; what falls outside comes when the next one opens."""
    shortest: timedelta = timedelta(minutes=5)
    longest: timedelta | None = None
    """Bounds of an adaptive timetable; without `longest`, `pipeline.pace` knows one."""

    @property
    def is_adaptive(self) -> bool:
        """Whether the next visit follows from what earlier ones brought."""
        return self.every is None and self.cron is None


def latest_due(timetable: Timetable, last: str | None, now: datetime) -> Slot | None:
    """Return the newest slot not after `now` and later than the slot named `last`, or None. Not for adaptive timetables.

    However many slots were missed, one is returned: a source catches up once. A source that never ran (`last` is None)
    is due at once if it has an interval; with a cron expression it waits for its time.
    """
    zone = ZoneInfo(timetable.zone)
    wall_now = wall_of(now, zone)
    floor = believed(last, wall_now)
    if floor is None and timetable.cron is not None:
        floor = wall_now - timedelta(minutes=1)
    for lookback in LOOKBACKS:
        start = wall_now - lookback
        best = None
        for wall in _walls(timetable, max(start, floor + timedelta(seconds=1)) if floor else start, wall_now + _shown_before(now, zone)):
            if instant(wall, zone) <= now:
                best = wall
        if best is not None:
            return slot_of(best, zone)
        if floor is not None and start <= floor:
            break
    return None


def upcoming(timetable: Timetable, now: datetime, last: str | None = None) -> Iterator[Slot]:
    """Yield the slots after `now` (and after the slot named `last`) in order, for five years. Not for adaptive timetables."""
    zone = ZoneInfo(timetable.zone)
    wall_now = wall_of(now, zone)
    start = wall_now - timedelta(hours=2)  # a repeated hour may lie ahead although its wall time has passed
    floor = believed(last, wall_now)
    for wall in _walls(timetable, start, start + timedelta(days=370 * 5)):
        if instant(wall, zone) > now and (floor is None or wall > floor):
            yield slot_of(wall, zone)


def next_due(timetable: Timetable, now: datetime, last: str | None = None) -> Slot | None:
    """Return the first of `upcoming`, or None if the expression has none left."""
    return next(upcoming(timetable, now, last), None)


def slots_between(timetable: Timetable, earlier: str, later: str) -> int:
    """How many slots lie between two, at most MOST_COUNTED. Not for adaptive timetables."""
    start, end = wall_named(earlier) + timedelta(seconds=1), wall_named(later) - timedelta(seconds=1)
    return sum(1 for _ in islice(_walls(timetable, start, end), MOST_COUNTED))


def check(timetable: Timetable) -> None:
    """Raise SourceError if the cron expression cannot be read, or names what never comes."""
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


def slot_of(wall: datetime, zone: ZoneInfo) -> Slot:
    """The slot of a wall-clock time."""
    return Slot(wall.strftime(SLOT_FORMAT), instant(wall, zone))


def wall_of(now: datetime, zone: ZoneInfo) -> datetime:
    """What the zone's clock shows at an instant, without fold and marked as UTC, in which wall times are counted."""
    return now.astimezone(zone).replace(tzinfo=UTC, fold=0)


def _shown_before(now: datetime, zone: ZoneInfo) -> timedelta:
    """How much later the zone's clock may have been already: in an hour that comes the second time, the length of what is repeated."""
    local = now.astimezone(zone)
    first, second = local.replace(fold=0).utcoffset(), local.utcoffset()
    return first - second if local.fold and first is not None and second is not None else timedelta(0)


def wall_named(slot: str) -> datetime:
    """The wall time that a slot's name states."""
    return datetime.fromisoformat(slot).replace(tzinfo=UTC)


def believed(last: str | None, wall_now: datetime) -> datetime | None:
    """The wall time of the last slot; None if there is none, or if a clock that was wrong must have named it."""
    wall = wall_named(last) if last else None
    return None if wall is None or wall > wall_now + WRONG_CLOCK else wall


def _walls(timetable: Timetable, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the timetable's wall times in [start, end]: the trigger's, those outside the windows moved to the next opening."""
    trigger, windows = _trigger(timetable), Windows(timetable.windows)
    moment = windows.closed_since(start)  # what fell outside before `start` may come at an opening after it
    while (fires := trigger.get_next_fire_time(None, moment)) is not None:
        wall = windows.opening(fires)
        if wall > end:
            return
        if wall >= start:
            yield wall
        moment = wall + timedelta(seconds=1)


def _trigger(timetable: Timetable) -> Any:
    if timetable.cron is not None:
        try:
            return CronTrigger.from_crontab(spelt(timetable.cron), timezone=UTC)
        except ValueError as error:
            remedy = "write minute, hour, day, month and weekday, such as '*/30 6-22 * * *'"
            raise SourceError(f"timetable.cron: {timetable.cron!r} {error}; {remedy}") from error
    every = timetable.every or timedelta(hours=1)
    return IntervalTrigger(seconds=max(1, int(every.total_seconds())), start_date=GRID_START, timezone=UTC)
