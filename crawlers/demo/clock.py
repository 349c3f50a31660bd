"""The newspapers' own time: it stands still, or runs, and can be set forward; what the papers show follows from it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


class DemoClock:
    """An aware UTC clock. Frozen unless `running`, so that two runs over the papers see the same pages.

    `start` is the first instant shown; naive datetimes raise ValueError.
    """

    def __init__(self, start: datetime = START, *, running: bool = False) -> None:
        if start.tzinfo is None:
            raise ValueError("the demo clock needs an aware datetime")
        self._lock = threading.Lock()
        self._shown = start.astimezone(UTC)
        self._running = running
        self._since = time.monotonic()

    def now(self) -> datetime:
        """Return the instant the newspapers live in."""
        with self._lock:
            return self._instant()

    def set(self, instant: datetime) -> None:
        """Jump to an aware instant, earlier or later; ValueError if it is naive."""
        if instant.tzinfo is None:
            raise ValueError("the demo clock needs an aware datetime")
        with self._lock:
            self._shown = instant.astimezone(UTC)
            self._since = time.monotonic()

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        """Move forward and return the new instant."""
        with self._lock:
            self._shown = self._instant() + timedelta(days=days, hours=hours, minutes=minutes)
            self._since = time.monotonic()
            return self._shown

    def _instant(self) -> datetime:
        if not self._running:
            return self._shown
        return self._shown + timedelta(seconds=time.monotonic() - self._since)
