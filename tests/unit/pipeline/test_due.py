"""Which sources are due, on both databases: adaptive ones by what was decided, windows, pauses, missed slots, clocks that jump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.registry import Registry
from crawlers.source import Source
from crawlers.spec import EngineSpec
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind, RunState
from pipeline.due import adaptive_slot
from pipeline.report import finish_run
from pipeline.rhythm import from_json
from pipeline.service import Service
from pipeline.session import SessionSpec
from pipeline.source_check import timetable_of
from pipeline.timetable import Timetable, wall_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CASABLANCA = "Africa/Casablanca"


class Office:
    """Sources in a folder, a database, and a service whose clock is turned by hand."""

    def __init__(self, database, folder: Path) -> None:
        self.database, self.folder = database, folder

    def source(self, name: str, timetable: str = "", zone: str = "UTC") -> Source:
        text = f'home = "https://{name}.example/"\ntime_zone = "{zone}"\n[timetable]\n{timetable}\n[discovery]\nguess = false\n'
        (self.folder / f"{name}.toml").write_text(text)
        self.database.transact(lambda tx: SourceStore(tx).sync(self.registry.entries(), NOW))
        return self.registry.get(name)

    @property
    def registry(self) -> Registry:
        return Registry([self.folder], bundled=False)

    def service(self) -> Service:
        return Service(SessionSpec(EngineSpec(database_url="", archive=self.folder)), self.database, self.registry)

    def begin(self, run, now):
        return self.database.transact(lambda tx: RunStore(tx).lease(run.id, "me", now, now + timedelta(1)))

    def end(self, run, now, ended=None):
        """Work on a run, which finds nothing."""
        timetable = timetable_of(self.registry.get(run.source))
        mine = self.begin(run, now)
        self.database.transact(lambda tx: finish_run(tx, mine, RunState.DONE, ended or now, timetable=timetable))

    def row(self, name):
        with self.database.read() as tx:
            return SourceStore(tx).named([name])[name]

    def run(self, service, start, end, step=timedelta(minutes=3)):
        """Turn the clock from `start` to `end`; every run ends at once. Returns (source, slot, missed)."""
        found, now = [], start
        while now <= end:
            for run in service.open_due(now):
                found.append((run.source, run.slot, run.params.get("missed", 0)))
                self.end(run, now)
            now += step
        return found


@pytest.fixture
def office(database, tmp_path):
    return Office(database, tmp_path)


def test_an_adaptive_source_that_never_ran_is_due_at_once_and_then_as_was_decided(office):
    office.source("paper", zone=CASABLANCA)
    service = office.service()
    [run] = service.open_due(NOW)
    assert run.slot == "2026-03-02T12:00:00", "wall time in Casablanca, in Ramadan"
    assert service.open_due(NOW + timedelta(hours=9)) == [], "it is being visited"
    office.end(run, NOW)
    row = office.row("paper")
    assert NOW < row.due_at <= NOW + timedelta(hours=6)
    assert from_json(office.database.transact(lambda tx: SourceStore(tx).rhythm("paper"))).seen == NOW
    assert office.service().open_due(row.due_at - timedelta(seconds=1)) == []
    [again] = office.service().open_due(row.due_at)
    assert again.slot == wall_of(row.due_at, ZoneInfo(CASABLANCA)).strftime("%Y-%m-%dT%H:%M:%S")


def test_a_visit_by_hand_puts_the_next_one_off(office):
    source = office.source("paper")
    [run] = office.service().open_due(NOW)
    office.end(run, NOW)
    due = office.row("paper").due_at
    by_hand, _ = office.database.transact(lambda tx: RunStore(tx).request(source.name, RunKind.CRAWL, now=due))
    office.end(by_hand, due - timedelta(minutes=1))
    assert office.row("paper").due_at > due


def test_other_timetables_learn_too_and_backfills_teach_nothing(office):
    source = office.source("paper", 'every = "15m"')
    [run] = office.service().open_due(NOW)
    office.end(run, NOW)
    assert office.row("paper").due_at is None
    kept = office.database.transact(lambda tx: SourceStore(tx).rhythm("paper"))
    assert kept
    backfill, _ = office.database.transact(lambda tx: RunStore(tx).request(source.name, RunKind.BACKFILL, now=NOW))
    office.end(backfill, NOW + timedelta(hours=1))
    assert office.database.transact(lambda tx: SourceStore(tx).rhythm("paper")) == kept


def test_torture_92_eight_hours_asleep_each_source_runs_once_and_says_what_it_missed(office):
    office.source("quarters", 'every = "15m"')
    office.source("hourly", 'cron = "0 * * * *"')
    office.source("paper")
    service = office.service()
    office.run(service, NOW, NOW + timedelta(minutes=64))
    woken = NOW + timedelta(hours=9, minutes=5)
    opened = {run.source: run for run in service.open_due(woken)}
    assert {name: run.slot for name, run in opened.items() if name != "paper"} == {
        "quarters": "2026-03-02T21:00:00",
        "hourly": "2026-03-02T21:00:00",
    }
    assert (opened["quarters"].params, opened["hourly"].params) == ({"missed": 31}, {"missed": 7})
    assert opened["paper"].params["missed"] > 1
    for run in opened.values():
        office.end(run, woken)
    later = office.run(service, woken, woken + timedelta(minutes=9))
    assert len(later) <= 1, "nothing is caught up twice"
    assert all(missed == 0 for *_, missed in later)


def test_slots_that_passed_while_a_visit_was_under_way_are_missed(office):
    office.source("paper", 'every = "15m"')
    service = office.service()
    [run] = service.open_due(NOW)
    office.end(run, NOW, ended=NOW + timedelta(minutes=50))
    [after] = service.open_due(NOW + timedelta(minutes=52))
    assert (after.slot, after.params) == ("2026-03-02T12:45:00", {"missed": 2})


def test_a_pause_ends_by_itself_and_what_fell_into_it_is_not_missed(office):
    office.source("paper", 'every = "15m"')
    [run] = office.service().open_due(NOW)
    office.end(run, NOW)
    end = NOW + timedelta(hours=5)
    office.database.transact(lambda tx: SourceStore(tx).pause("paper", until=end, reason="asked us to wait"))
    service = office.service()
    found = office.run(service, NOW + timedelta(hours=4), NOW + timedelta(hours=5, minutes=32))
    assert [slot for _, slot, _ in found][:2] == ["2026-03-02T17:00:00", "2026-03-02T17:15:00"]
    assert {missed for *_, missed in found} == {0}
    office.database.transact(lambda tx: SourceStore(tx).pause("paper"))
    assert office.run(service, NOW + timedelta(hours=7), NOW + timedelta(hours=8)) == []
    office.database.transact(lambda tx: SourceStore(tx).resume("paper", NOW + timedelta(hours=10)))
    [resumed] = service.open_due(NOW + timedelta(hours=10, minutes=5))
    assert resumed.params == {}


def test_windows_keep_visits_to_their_hours(office):
    office.source("paper", 'every = "4h"\nwindows = ["09:30-18:00"]')
    office.source("night", 'longest = "1h"\nwindows = ["22:00-02:00"]')
    service = office.service()
    found = office.run(service, NOW, NOW + timedelta(days=1, minutes=10), step=timedelta(minutes=10))
    paper = [slot[11:16] for name, slot, _ in found if name == "paper"]
    assert paper == ["12:00", "16:00", "09:30", "12:00"], "what falls outside comes when the window opens"
    night = [datetime.fromisoformat(slot) for name, slot, _ in found if name == "night"][1:]
    assert night
    assert all(at.hour >= 22 or at.hour < 2 for at in night)
    assert len(night) >= 4


def test_torture_92_a_clock_set_back_doubles_nothing_and_one_set_far_ahead_stops_nothing(office):
    office.source("paper")
    office.source("quarters", 'every = "15m"')
    service = office.service()
    before = office.run(service, NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    again = office.run(service, NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    assert again == [], "the same hour again"
    wrong = service.open_due(NOW + timedelta(days=900, minutes=5))
    for run in wrong:
        office.end(run, NOW + timedelta(days=900, minutes=5))
    assert len(wrong) == 2
    later = office.run(service, NOW + timedelta(hours=3, minutes=1), NOW + timedelta(hours=5))
    assert {"2026-03-02T16:00:00", "2026-03-02T16:45:00"} <= {slot for _, slot, _ in later}
    assert len({*later, *before}) == len(later) + len(before)


def test_a_slot_that_was_ended_otherwise_does_not_stop_an_adaptive_source(office):
    office.source("paper")
    [run] = office.service().open_due(NOW)
    mine = office.begin(run, NOW)
    office.database.transact(lambda tx: RunStore(tx).finish(mine, RunState.STOPPED, {}, None, NOW))
    [again] = office.service().open_due(NOW + timedelta(minutes=5))
    assert again.slot > run.slot


@given(
    st.sampled_from([CASABLANCA, "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.lists(st.integers(5, 90), min_size=5, max_size=30),
    st.sampled_from([(), ("01:00-03:00",), ("23:30-02:30", "12:00-13:00")]),
)
def test_names_of_adaptive_slots_only_grow_and_none_waits_for_ever(zone, start, minutes, windows):
    timetable, now, last = Timetable(zone, windows=windows), start, None
    for wait in minutes:
        slot = adaptive_slot(timetable, now + timedelta(minutes=wait), last, now)
        assert last is None or slot.wall > last
        assert slot.at >= now + timedelta(minutes=wait)
        assert slot.at - now <= timedelta(minutes=wait, hours=2) + timedelta(days=2 if windows else 0)
        last, now = slot.wall, slot.at
