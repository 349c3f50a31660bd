"""The clockwork of the simulated month: its own count of slots, against what is known of the zones."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

BENCHMARKS = str(Path(__file__).parents[3] / "benchmarks")


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in {"simulated", "month", "databases"}]:
        del sys.modules[name]


def slots(zone: str, start: datetime, hours: int, **paper) -> list[tuple[str, datetime]]:
    from simulated.slots import Paper, due

    found = due(Paper("a", "a.test", zone, **paper), start, start + timedelta(hours=hours))
    return [(each.slot[5:16], each.at) for each in found]


def test_torture_92_an_hour_that_comes_twice_has_its_slots_once():
    start = datetime(2026, 2, 15, 0, tzinfo=UTC)
    found = slots("Africa/Casablanca", start, 4, minutes=30)
    walls = [wall for wall, _ in found]
    assert walls == ["02-15T01:00", "02-15T01:30", "02-15T02:00", "02-15T02:30", "02-15T03:00", "02-15T03:30"]
    assert found[3][1] == datetime(2026, 2, 15, 1, 30, tzinfo=UTC), "the first of the two"
    assert found[4][1] == datetime(2026, 2, 15, 3, tzinfo=UTC)


def test_torture_92_a_slot_that_is_skipped_happens_at_the_end_of_the_gap():
    assert slots("Africa/Casablanca", datetime(2026, 3, 21, 12, tzinfo=UTC), 24, at=(2, 30)) == [
        ("03-22T02:30", datetime(2026, 3, 22, 2, tzinfo=UTC))
    ]
    assert slots("Europe/Paris", datetime(2026, 3, 28, 12, tzinfo=UTC), 24, at=(2, 15)) == [
        ("03-29T02:15", datetime(2026, 3, 29, 1, tzinfo=UTC))
    ]


def test_torture_92_the_slots_of_the_simulation_are_those_of_the_timetable():
    from month import CHANGES, PAPERS
    from simulated.slots import due

    from pipeline.timetable import Timetable, next_due

    for paper in PAPERS:
        cron = f"{paper.at[1]} {paper.at[0]} * * *" if paper.at else None
        timetable = Timetable(paper.zone, None if cron else timedelta(minutes=paper.minutes), cron)
        for change in CHANGES:
            start, end = change - timedelta(hours=3), change + timedelta(hours=3)
            for each in due(paper, start, end):
                slot = next_due(timetable, each.at - timedelta(seconds=1))
                assert slot is not None
                assert slot.at == each.at, (paper.name, each.slot)


def test_a_slot_that_could_be_run_and_was_not_is_lost(capsys):
    from month import Moment, Verdict, _judge_paper
    from simulated.slots import Paper, due

    paper = Paper("a", "a.test", "UTC", minutes=15)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    window = (start, start + timedelta(hours=1))
    found = due(paper, *window)

    def judged(kept: range, busy: range = range(0), newest: str = "") -> tuple[int, int, int, int]:
        moments = [Moment(start + timedelta(minutes=m), m in kept, frozenset({"a"} if m in busy else ()), {"a": newest}) for m in range(60)]
        verdict = Verdict()
        _judge_paper(
            verdict, (paper, found), {each.slot: 1 for each in found[:1]} | dict.fromkeys([e.slot for e in found[1:]], 0), moments, [window]
        )
        return verdict.once, verdict.caught_up, verdict.passed_over, verdict.lost

    assert judged(range(60)) == (1, 0, 0, 3)
    assert judged(range(15)) == (1, 3, 0, 0), "nobody was there"
    assert judged(range(60), busy=range(14, 60)) == (1, 3, 0, 0), "the visit before was still open"
    assert judged(range(60), newest="2026-03-01T00:45:00") == (1, 0, 2, 1), "a clock that was ahead: what it had begun counts for the rest"
    assert judged(range(40, 60)) == (1, 1, 0, 2)
    assert "lost: a 2026-03-01T00:30:00" in capsys.readouterr().err
