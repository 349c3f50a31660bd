"""The one place where a fetching process asks what time it is; everything below it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """The computer's clock, moved by a fixed offset: the demo newspapers live days ahead of us."""

    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC) + self.offset
