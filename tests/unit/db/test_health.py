"""What is known of a source's health comes back, and each change of it is announced once, whoever asks."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from db.engine import Database
from db.errors import UnknownName
from db.health import HealthStore
from db.records import Health, SourceEntry
from db.sources import SourceStore
from db.vocabulary import HealthState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BAD = Health("gazette", HealthState.FAILING, "two visits in a row got nothing", NOW)
WELL = Health("gazette", HealthState.OK, "", NOW + timedelta(hours=1))


@pytest.fixture
def known(database):
    entries = [SourceEntry(name, name, f"https://{name}.org/", None, (), "UTC", "1" * 64) for name in ("gazette", "matin")]
    database.transact(lambda tx: SourceStore(tx).sync(entries, NOW))
    return database


def put(database, found):
    database.transact(lambda tx: HealthStore(tx).put(found))


def announce(database):
    return database.transact(lambda tx: HealthStore(tx).announce())


def test_it_comes_back_as_it_was_put(known):
    assert known.transact(lambda tx: HealthStore(tx).lock("gazette")) is None
    put(known, BAD)
    assert known.transact(lambda tx: HealthStore(tx).lock("gazette")) == BAD
    put(known, WELL)
    with known.read() as tx:
        assert HealthStore(tx).all() == {"gazette": WELL}


def test_nobody_is_locked_who_is_not_there(known):
    with pytest.raises(UnknownName, match="nobody"):
        known.transact(lambda tx: HealthStore(tx).lock("nobody"))


def test_a_change_and_the_all_clear_are_announced_once_each(known):
    assert announce(known) == []
    put(known, BAD)
    put(known, replace(BAD, evidence="still"))
    assert announce(known) == [replace(BAD, evidence="still")]
    assert announce(known) == []
    put(known, WELL)
    assert announce(known) == [WELL]
    assert announce(known) == []


def test_what_was_over_before_it_was_announced_is_not_announced(known):
    put(known, BAD)
    put(known, WELL)
    assert announce(known) == []


def test_a_run_s_lists_are_found_by_their_index(make_database_url):
    database = Database.open(make_database_url("sqlite"))
    with database.read() as tx:
        plan = tx.execute(text("EXPLAIN QUERY PLAN SELECT count(last_failure) FROM frontier WHERE run_id = 7 AND kind <> 'article'")).all()
    database.close()
    assert ["ix_frontier_run_lists" in row[3] for row in plan] == [True]


def test_of_several_who_announce_one_gets_each_change(known, database_url):
    for name in ("gazette", "matin"):
        put(known, replace(BAD, source=name))
    got, start = [], threading.Barrier(4)

    def ask():
        own = Database.open(database_url)
        start.wait()
        got.extend(found.source for found in announce(own))
        own.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["gazette", "matin"]
