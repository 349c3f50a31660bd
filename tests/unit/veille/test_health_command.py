"""`veille health` and `veille metrics`: what containers and monitors ask, and the file that the service keeps for them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from db.engine import Database
from db.health import HealthStore
from db.leases import owner_name
from db.records import Health, SourceEntry
from db.runs import RunStore
from db.services import ServiceStore
from db.sources import SourceStore
from db.vocabulary import HealthState, RunKind, RunState
from veille.metrics import MetricsFile, exposition
from veille.wellbeing import SILENT, is_alive

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fill(tx):
    entries = [SourceEntry(name, name, f"https://{name}.example/", "MA", (), "UTC", "0" * 64) for name in ("one", "two", "gone")]
    SourceStore(tx).sync(entries, NOW)
    SourceStore(tx).pause("two")
    SourceStore(tx).remove(["gone"])
    HealthStore(tx).put(Health("one", HealthState.FAILING, "nobody answers", NOW))
    for state, minutes in ((RunState.DONE, 1), (RunState.DONE, 2), (RunState.FAILED, 3)):
        run, _ = RunStore(tx).request("one", RunKind.CRAWL, slot=f"2026-03-01T12:0{minutes}:00", now=NOW)
        held = RunStore(tx).lease(run.id, "me", NOW, NOW + timedelta(hours=1))
        RunStore(tx).finish(held, state, {}, None, NOW + timedelta(minutes=minutes))
    RunStore(tx).request("one", RunKind.BACKFILL, params={"slice": 1}, now=NOW)


def take(database, owner, at):
    return database.transact(lambda tx: ServiceStore(tx).take(owner, at, at + timedelta(minutes=1), {"pid": 7}))


# ---------------------------------------------------------------- health


@pytest.fixture
def kept(veille, folder):
    """The database of the working folder."""
    veille("init")
    opened = Database.open(f"sqlite:///{folder / 'veille.db'}")
    opened.transact(fill)
    yield opened
    opened.close()


def test_a_service_that_lives_is_well(veille, kept):
    take(kept, owner_name(), datetime.now(UTC))
    outcome = veille("health")
    assert outcome.code == 0
    assert outcome.out.startswith("the service works: process ")
    assert outcome.out.splitlines()[1] == "sources: 1 failing, 1 paused"
    found = veille("health", "--json").json
    assert (found["alive"], found["said"], found["sources"]) == (True, {"pid": 7}, {"failing": 1, "paused": 1})


def test_before_any_service_has_worked(veille, kept):
    outcome = veille("health")
    assert (outcome.code, outcome.out.splitlines()[0]) == (1, "no service has ever worked on this database: `veille run` is one")


def test_a_service_that_was_stopped(veille, kept):
    held = take(kept, owner_name(), datetime.now(UTC))
    kept.transact(lambda tx: ServiceStore(tx).release(held.fence))
    outcome = veille("health")
    assert (outcome.code, outcome.out.partition(",")[0]) == (1, "no service works: the last one was stopped")


def test_a_service_that_is_dead_or_silent(veille, kept):
    host, pid, ticks, nonce = owner_name().rsplit(":", 3)
    take(kept, f"{host}:{pid}:{ticks}1:{nonce}", datetime.now(UTC))
    outcome = veille("health")
    assert (outcome.code, outcome.out.partition(":")[0]) == (1, "the service is dead")
    kept.transact(lambda tx: tx.exec_driver_sql("DELETE FROM services"))
    take(kept, "elsewhere/1:2:3:4", datetime.now(UTC) - timedelta(minutes=3))
    outcome = veille("health")
    assert (outcome.code, outcome.out.partition(":")[0]) == (1, "the service is silent")


def test_a_database_that_is_not_there_is_told_in_words(veille):
    outcome = veille("health", "--database", "sqlite:///nowhere.db")
    assert (outcome.code, outcome.err) == (1, "")
    assert "nowhere.db: there is no database yet" in outcome.out
    found = veille("health", "--database", "sqlite:///nowhere.db", "--json")
    assert (found.code, found.json["alive"], found.json["seen_at"]) == (1, False, None)
    assert "there is no database yet" in found.json["sentence"]


def test_a_wrong_setting_is_no_answer_of_a_health_check(veille):
    outcome = veille("health", "--database", "mysql://x/y")
    assert (outcome.code, outcome.out) == (2, "")


@pytest.mark.parametrize(("after", "alive"), [(0, True), (-30, True), (60, True), (91, False)])
def test_a_service_is_heard_of_every_few_seconds(database, after, alive):
    row = take(database, "elsewhere/1:2:3:4", NOW)
    assert is_alive(row, NOW + timedelta(seconds=after)) is alive
    assert timedelta(seconds=90) == SILENT
    assert not is_alive(None, NOW)


# ---------------------------------------------------------------- metrics


def test_the_figures_are_those_of_the_database(database):
    database.transact(fill)
    take(database, "elsewhere/1:2:3:4", NOW)
    lines = exposition(database, NOW).splitlines()
    wanted = {
        "veille_service_up 1.0",
        "veille_frontier_pending 0.0",
        "veille_pages_unread 0.0",
        'veille_runs_open{kind="backfill",state="queued"} 1.0',
        'veille_runs_ended{kind="crawl",state="done"} 2.0',
        'veille_runs_ended{kind="crawl",state="failed"} 1.0',
        'veille_source_health{source="one",state="failing"} 1.0',
        'veille_source_health{source="one",state="ok"} 0.0',
        'veille_source_health{source="two",state="ok"} 1.0',
        'veille_source_paused{source="two"} 1.0',
    }
    assert wanted - set(lines) == set()
    [success] = [line for line in lines if line.startswith("veille_source_last_success_timestamp_seconds{")]
    assert float(success.split()[1]) == (NOW + timedelta(minutes=2)).timestamp(), "the third failed"
    assert not any('source="gone"' in line for line in lines)
    assert "# TYPE veille_articles gauge" in lines


def test_articles_and_pages_are_counted(veille, press):
    outcome = veille("metrics", *press.flags)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert {'veille_articles{source="lerivage"} 2.0', 'veille_articles{source="almina"} 2.0', "veille_pages_unread 1.0"} <= set(lines)
    assert {'veille_pages{state="read"} 4.0', 'veille_pages{state="unread"} 1.0'} <= set(lines)


def test_what_costs_more_is_not_counted_every_time(database, monkeypatch, tmp_path):
    counted = []
    real = __import__("veille.metrics", fromlist=["stock_figures"]).stock_figures
    monkeypatch.setattr("veille.metrics.stock_figures", lambda tx: counted.append(1) or real(tx))
    figures = MetricsFile(tmp_path / "veille.prom", database, lambda: NOW)
    for _ in range(3):
        figures.write()
    assert counted == [1]


def test_the_file_is_whole_at_any_moment_and_written_from_a_thread(database, tmp_path):
    path = tmp_path / "veille.prom"
    with MetricsFile(path, database, lambda: NOW) as kept_file:
        kept_file._over.wait(0)
        for _ in range(500):
            if path.exists():
                break
            kept_file._over.wait(0.02)
    assert path.read_text().endswith("\n")
    assert list(tmp_path.glob(".veille.prom*")) == []


def test_a_file_that_cannot_be_written_is_told_once(database, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("veille.metrics.EVERY_SECONDS", 0.01)
    caplog.set_level("ERROR")
    with MetricsFile(tmp_path / "nowhere" / "veille.prom", database, lambda: NOW) as kept_file:
        kept_file._over.wait(0.3)
    assert len(caplog.records) == 1
    assert "the figures are not written" in caplog.text


def test_without_the_library_the_way_out_is_told(veille, kept, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    outcome = veille("metrics")
    assert outcome.code == 2
    assert "pip install 'veille[metrics]'" in outcome.err
