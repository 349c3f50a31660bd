"""The values that tell how the program fares: who keeps the timetable, and the figures that monitors ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.vocabulary import (
    HealthState,
)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """Who keeps the timetable, or kept it last."""

    started_at: datetime | None
    seen_at: datetime | None
    """When it last said that it is there."""
    said: Mapping[str, Any]
    """What it says of itself: plain values."""
    owner: str | None
    until: datetime | None
    fence: int


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """How one source is, for monitors."""

    name: str
    health: HealthState
    paused: bool
    done_at: datetime | None
    """When its last crawl that was done ended."""


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """What is to be done, and how the sources are."""

    waiting: int
    """Addresses of the frontier that are to be fetched."""
    unread: int
    open_runs: Mapping[tuple[str, str], int]
    """Runs by kind and state."""
    slices: Mapping[str, int]
    """Slices of open backfills by state."""
    sources: list[SourceFigures]


@dataclass(frozen=True, slots=True)
class StockFigures:
    """How much is kept."""

    articles: Mapping[str, int]
    """By source."""
    pages: Mapping[str, int]
    """By state."""
    ended_runs: Mapping[tuple[str, str], int]
    """By kind and state."""
