"""Sources that are due at the same time begin spread over a little while: none before its time, each once, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.registry import Registry
from crawlers.source import Source
from crawlers.spec import EngineSpec
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunState
from pipeline.due import SPREAD, opens_at
from pipeline.service import Service
from pipeline.session import SessionSpec
from pipeline.source_check import timetable_of
from pipeline.timetable import latest_due

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def source(name: str, timetable: str = 'every = "15m"') -> Source:
    return Source.from_toml(f'home = "https://{name}.example/"\ntime_zone = "UTC"\n[timetable]\n{timetable}\n', Path(f"{name}.toml"))


def delay_of(each: Source) -> timedelta:
    slot = latest_due(timetable_of(each), "2026-03-01T11:00:00", DUE)
    return opens_at(each, slot) - slot.at


@given(st.from_regex(r"[a-z][a-z0-9]{0,12}", fullmatch=True))
def test_torture_39_chance_only_adds_and_is_the_same_every_time(name):
    wait = delay_of(source(name))
    assert timedelta(0) <= wait <= SPREAD
    assert delay_of(source(name)) == wait


def test_torture_39_a_short_interval_is_spread_over_a_tenth_of_itself():
    waits = [delay_of(source(f"paper{n}", 'every = "2m"')) for n in range(50)]
    assert timedelta(seconds=6) < max(waits) <= timedelta(seconds=12)


@pytest.fixture
def service(database, tmp_path):
    for n in range(50):
        (tmp_path / f"paper{n}.toml").write_text(
            f'home = "https://paper{n}.example/"\ntime_zone = "UTC"\n[timetable]\nevery = "15m"\n[discovery]\nguess = false\n'
        )
    registry = Registry([tmp_path], bundled=False)
    database.transact(lambda tx: SourceStore(tx).sync(registry.entries(), DUE))
    return Service(SessionSpec(EngineSpec(database_url="", archive=tmp_path)), database, registry)


def end(database, runs, now):
    def work(tx):
        for run in runs:
            RunStore(tx).finish(RunStore(tx).lease(run.id, "me", now, now + timedelta(1)), RunState.DONE, {}, None, now)

    database.transact(work)


def test_torture_39_fifty_sources_due_at_once_begin_one_after_the_other(service, database):
    first = service.open_due(DUE - timedelta(minutes=14))
    assert len(first) == 50, "the very first visit waits for nothing"
    end(database, first, DUE - timedelta(minutes=13))
    opened = {}
    for second in range(-3, 90):
        now = DUE + timedelta(seconds=second)
        for run in service.open_due(now):
            assert run.source not in opened, "each once"
            assert run.slot == "2026-03-01T12:00:00"
            opened[run.source] = second
    assert len(opened) == 50
    assert min(opened.values()) >= 0, "none before its time"
    assert max(opened.values()) <= SPREAD.total_seconds()
    assert len(set(opened.values())) > 25
    assert max(list(opened.values()).count(second) for second in opened.values()) <= 6


def test_what_was_missed_long_ago_is_caught_up_without_waiting(service, database):
    end(database, service.open_due(DUE), DUE)
    assert len(service.open_due(DUE + timedelta(hours=8, minutes=5))) == 50


def test_what_is_due_when_a_service_begins_does_not_wait(service, database):
    end(database, service.open_due(DUE - timedelta(minutes=14)), DUE)
    assert len(Service(service.spec, database, service.registry).open_due(DUE)) == 50
