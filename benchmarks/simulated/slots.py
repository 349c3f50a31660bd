"""Which slots a timetable has in a stretch of time, counted minute by minute on the zone's clock: nothing of the program is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Paper:
    """A source of the simulation: `minutes` between two visits, or a wall time of the day as `at`."""

    name: str
    host: str
    zone: str
    minutes: int = 0
    at: tuple[int, int] | None = None
    takes: int = 1
    """Turns that a visit takes."""

    @property
    def toml(self) -> str:
        """Its source file."""
        when = f'cron = "{self.at[1]} {self.at[0]} * * *"' if self.at else f'every = "{self.minutes}m"'
        head = f'home = "http://{self.host}/"\ntitle = "{self.name}"\ntime_zone = "{self.zone}"\n'
        return f"{head}[discovery]\nguess = false\n[timetable]\n{when}\n"

    def is_due(self, wall: datetime) -> bool:
        """Whether a wall time is one of its slots. Intervals are counted from the first minute of 2000."""
        if self.at is not None:
            return (wall.hour, wall.minute) == self.at
        return (wall - datetime(2000, 1, 1)) // MINUTE % self.minutes == 0  # noqa: DTZ001 - wall time


@dataclass(frozen=True, slots=True)
class Due:
    """One slot: its name, when it happens, and when the next one does."""

    slot: str
    at: datetime
    following: datetime


def due(paper: Paper, start: datetime, end: datetime) -> list[Due]:
    """Return the slots of [start, end): a repeated wall time counts once, a skipped one happens at the end of the gap."""
    happens = _happenings(ZoneInfo(paper.zone), start, end, paper.is_due)
    ordered = sorted(happens.items(), key=lambda item: (item[1], item[0]))
    nexts = [*(at for _, at in ordered[1:]), end][: len(ordered)]
    return [Due(wall.strftime("%Y-%m-%dT%H:%M:%S"), at, following) for (wall, at), following in zip(ordered, nexts, strict=True)]


def _happenings(zone: ZoneInfo, start: datetime, end: datetime, wanted: Callable[[datetime], bool]) -> dict[datetime, datetime]:
    found: dict[datetime, datetime] = {}
    latest = (start - MINUTE).astimezone(zone).replace(tzinfo=None)
    moment = start
    while moment < end:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        while latest < wall:  # one minute, or all that a gap leaves out
            latest += MINUTE
            if wanted(latest):
                found[latest] = moment
        moment += MINUTE
    return found
