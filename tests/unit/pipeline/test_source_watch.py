"""Source files that come, change, break and go while a service works."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db.sources import SourceStore
from db.vocabulary import SourceState
from pipeline import source_watch
from pipeline.service import Service
from pipeline.session import SessionSpec
from pipeline.source_watch import Changes, SourceWatch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(folder, name, every="15m", more=""):
    path = folder / f"{name}.toml"
    path.write_text(f'home = "https://{name}.example/"\ntime_zone = "UTC"\n{more}\n[timetable]\nevery = "{every}"\n', encoding="utf-8")
    return path


@pytest.fixture
def watch(tmp_path, monkeypatch):
    monkeypatch.setattr(source_watch, "LOOK_SECONDS", 0.0)
    write(tmp_path, "one")
    write(tmp_path, "two")
    made = SourceWatch(Registry([tmp_path], bundled=False))
    assert not made.look()
    return made


def test_nothing_is_read_while_nothing_changes(watch, monkeypatch):
    monkeypatch.setattr(Registry, "reread", None)
    assert not watch.look()


def test_files_that_come_change_and_go(watch, tmp_path):
    write(tmp_path, "three")
    write(tmp_path, "one", every="1h")
    (tmp_path / "two.toml").unlink()
    changes = watch.look()
    assert changes == Changes(("three",), ("one",), ("two",))
    assert changes.in_words() == "new: three; changed: one; gone: two"
    assert watch.registry.names() == ["one", "three"]


def test_a_remark_in_a_file_changes_nothing(watch, tmp_path):
    write(tmp_path, "one", more="# a remark")
    assert not watch.look()


@pytest.mark.parametrize(
    "broken",
    [
        "home = ",
        'home = "https://one.example/"\n[timetable]\ncron = "every now and then"\n',
        'home = "https://one.example/"\n[[layouts]]\nbody = "div["\n',
    ],
)
def test_a_broken_file_is_told_once_and_what_held_before_holds_on_until_it_is_mended(watch, tmp_path, caplog, broken):
    caplog.set_level(logging.INFO)
    good = watch.registry.get("one")
    (tmp_path / "one.toml").write_text(broken)
    write(tmp_path, "three")
    assert watch.look() == Changes(added=("three",))
    assert watch.registry.get("one") is good
    write(tmp_path, "four")
    watch.look()
    assert watch.registry.get("one") is good
    [error] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert str(tmp_path / "one.toml") in error.message
    assert "what held before holds on" in error.message
    write(tmp_path, "one", every="2h")
    assert watch.look().changed == ("one",)
    assert [record.event for record in caplog.records] == [
        "source_problem",
        "sources_read",
        "sources_read",
        "source_mended",
        "sources_read",
    ]


def test_a_folder_that_is_not_there_takes_no_source_away(watch, tmp_path):
    tmp_path.rename(tmp_path.with_name("elsewhere"))
    try:
        watch.ask()
        assert not watch.look()
        assert watch.registry.names() == ["one", "two"]
        assert not watch.registry.lacks("three"), "nobody knows"
    finally:
        tmp_path.with_name("elsewhere").rename(tmp_path)


def test_who_asks_has_the_files_read_at_once(watch, tmp_path, monkeypatch):
    monkeypatch.setattr(source_watch, "LOOK_SECONDS", 3600.0)
    write(tmp_path, "three")
    assert not watch.look()
    watch.ask()
    assert watch.look().added == ("three",)


@pytest.fixture
def service(database, tmp_path, monkeypatch):
    monkeypatch.setattr(source_watch, "LOOK_SECONDS", 0.0)
    write(tmp_path, "one")
    write(tmp_path, "two")
    made = Service(SessionSpec(EngineSpec(database_url="", archive=tmp_path)), database, Registry([tmp_path], bundled=False))
    made.begin(NOW)
    return made


def states(service):
    with service.database.read() as tx:
        return {row.name: row.state for row in SourceStore(tx).list()}


class Desk:
    """Stands in for a session: hears which sources it is to go on with."""

    open_runs = ()

    def __init__(self) -> None:
        self.used = []

    def clock(self):
        return NOW

    def use(self, registry):
        self.used.append(registry.names())

    def add(self, run_id):
        return False

    def turn(self):
        return []


def test_torture_93_a_source_that_is_removed_and_comes_back_is_the_same_source(service, tmp_path):
    desk = Desk()
    service.turn(desk)
    service.database.transact(lambda tx: SourceStore(tx).pause("two"))
    (tmp_path / "two.toml").unlink()
    service.turn(desk)
    assert states(service) == {"one": SourceState.ACTIVE, "two": SourceState.REMOVED}
    assert "two" not in [source.name for source in service._timed]
    write(tmp_path, "two")
    service.turn(desk)
    assert states(service)["two"] is SourceState.ACTIVE
    assert desk.used == [["one"], ["one", "two"]], "the session is told of changes only"
    with service.database.read() as tx:
        assert [row.paused for row in SourceStore(tx).list()] == [False, True]


def test_torture_93_a_renamed_source_is_a_new_one_and_the_old_one_is_removed(service, tmp_path):
    (tmp_path / "two.toml").rename(tmp_path / "deux.toml")
    service.turn(Desk())
    assert states(service) == {"one": SourceState.ACTIVE, "two": SourceState.REMOVED, "deux": SourceState.ACTIVE}


def test_torture_93_what_the_files_say_is_all_that_a_service_knows_when_it_begins(service, tmp_path):
    (tmp_path / "two.toml").unlink()
    (tmp_path / "one.toml").write_text("home = ")
    Service(service.spec, service.database, Registry([tmp_path], bundled=False)).begin(NOW)
    assert states(service) == {"one": SourceState.ACTIVE, "two": SourceState.REMOVED}, "a broken file is still a file"


def test_a_new_source_is_due_at_once(service, tmp_path):
    service.turn(Desk())
    write(tmp_path, "three")
    service._look_at_sources()
    service._list_sources(NOW)
    assert [run.source for run in service.open_due(NOW)] == ["three"]
