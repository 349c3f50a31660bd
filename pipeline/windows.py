"""Hours of the day in which a source may be visited, on wall times. When a visit is due is `pipeline.timetable`'s business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

DAY = 24 * 60


class Windows:
    """Windows of local time, such as `06:00-23:00`; each holds its first minute, not its last. None: always open."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self._open = [minutes(text) for text in texts]

    def is_open(self, wall: datetime) -> bool:
        """Whether a wall time lies in a window."""
        return not self._open or any(_holds(window, wall.hour * 60 + wall.minute) for window in self._open)

    def opening(self, wall: datetime) -> datetime:
        """Return `wall` itself if a window is open then, else when the next one opens."""
        if self.is_open(wall):
            return wall
        waits = [(start - wall.hour * 60 - wall.minute) % DAY for start, _ in self._open]
        return wall.replace(second=0, microsecond=0) + timedelta(minutes=min(waits))

    def closed_since(self, wall: datetime) -> datetime:
        """Return `wall` itself if a window is open then, else when the last one closed."""
        if self.is_open(wall):
            return wall
        ages = [(wall.hour * 60 + wall.minute - end) % DAY for _, end in self._open]
        return wall.replace(second=0, microsecond=0) - timedelta(minutes=min(ages))


def minutes(text: str) -> tuple[int, int]:
    """`06:00-23:00` as minutes after midnight (360, 1380)."""
    start, _, end = text.partition("-")
    return _minute(start), _minute(end)


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _holds(window: tuple[int, int], minute: int) -> bool:
    start, end = window
    return start <= minute < end if start < end else minute >= start or minute < end
