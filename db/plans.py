"""The values of backfills: what is planned, what became of it. Rows of them are `db.slices`'s business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from db.vocabulary import BackfillState, SliceState, Way


@dataclass(frozen=True, slots=True)
class SlicePlan:
    """One part of a backfill before it has a row: small enough to be done again, large enough to be worth a run."""

    way: Way
    label: str
    """What it is, for a person: a month, a sitemap, a section, a file and its range."""
    since: date | None
    until: date | None
    """The days it may hold, [since, until), where that is known."""
    params: Mapping[str, Any]
    """Where it begins, as JSON. `starts` is a list of [page kind, address] for everything that is fetched."""
    expected: int | None = None
    """Articles it should hold, where that is known before."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """A row of the backfill table."""

    id: int
    source: str
    since: date
    until: date
    ways: tuple[Way, ...]
    params: Mapping[str, Any]
    state: BackfillState
    note: str | None
    requested_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Slice:
    """A row of the slice table."""

    id: int
    backfill_id: int
    position: int
    plan: SlicePlan
    state: SliceState
    run_id: int | None
    attempts: int
    counts: Mapping[str, int]
    note: str | None
    started_at: datetime | None
    ended_at: datetime | None
