"""Days, spans and instants as people write them on the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from veille.cli.values import day, instant, span


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("45", timedelta(seconds=45)),
        ("0.5h", timedelta(minutes=30)),
        (" 10M ", timedelta(minutes=10)),
    ],
)
def test_spans(written, expected):
    assert span(written) == expected


@pytest.mark.parametrize("written", ["", "soon", "10x", "m10", "10m and more", "-5m", "0s", "0", "1" * 40 + "d", "10 m"])
def test_what_is_no_span(written):
    with pytest.raises(typer.BadParameter):
        span(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("2020-03-01", date(2020, 3, 1)), ("2020-03", date(2020, 3, 1)), ("2020", date(2020, 1, 1)), ("2020-2-9", date(2020, 2, 9))],
)
def test_days(written, expected):
    assert day(written) == expected


@pytest.mark.parametrize("written", ["", "2020-13", "2020-02-30", "20", "01/02/2020", "yesterday", "0000", "2020-01-01T00:00"])
def test_what_is_no_day(written):
    with pytest.raises(typer.BadParameter, match="write it as 2020-03-01, 2020-03 or 2020"):
        day(written)


@given(st.dates())
def test_every_day_is_read_back(each):
    assert day(each.isoformat()) == each


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-02-15T08:00:00Z", datetime(2026, 2, 15, 8, tzinfo=UTC)),
        ("2026-02-15T09:00+01:00", datetime(2026, 2, 15, 8, tzinfo=UTC)),
        ("2026-02-15", datetime(2026, 2, 15, tzinfo=UTC)),
    ],
)
def test_instants(written, expected):
    assert instant(written) == expected


def test_what_is_no_instant():
    with pytest.raises(typer.BadParameter, match="write it as 2026-02-15T08:00:00Z"):
        instant("noon")
