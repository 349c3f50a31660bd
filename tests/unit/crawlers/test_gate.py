"""A host as the process before us left it: when it may be asked, also where the clock was set back in between."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.gate import Gate
from db.records import HostLease

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def wait(next_in: float, pause_in: float | None = None, delay: float = 2.0) -> float:
    """Seconds until a host may be asked whose row says so."""
    pause = NOW + timedelta(seconds=pause_in) if pause_in is not None else None
    lease = HostLease("gazette.org", 1, next_allowed_at=NOW + timedelta(seconds=next_in), pause_until=pause, robots=None, abandoned=False)
    gate = Gate.open(lease, NOW)
    gate.slot.configure(delay, 1)
    return gate.slot.wait(time.monotonic())


@pytest.mark.parametrize(
    ("next_in", "pause_in", "seconds"),
    [
        (-30, None, 0),
        (1.5, None, 1.5),
        (65, None, 65),
        (3600, None, 2),  # the clock was set back an hour: who knows when it was asked last
        (3600, 3600, 3600),  # it asked for that
        (3600, -60, 2),
    ],
)
def test_how_long_a_host_is_left_alone(next_in, pause_in, seconds):
    assert wait(next_in, pause_in) == pytest.approx(seconds, abs=0.3)


def test_a_source_that_is_asked_every_ten_minutes_is_not_asked_sooner():
    assert wait(500, delay=600) == pytest.approx(600, abs=0.3)
