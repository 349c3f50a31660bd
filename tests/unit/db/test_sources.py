"""The source table follows the source files and forgets nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from db.errors import UnknownName
from db.records import SourceEntry
from db.sources import SourceStore
from db.vocabulary import SourceState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GAZETTE = SourceEntry("gazette", "La Gazette", "https://gazette.org/", "dz", ("press", "été"), "Africa/Algiers", "1" * 64)
MATIN = SourceEntry("matin", "Le Matin", "https://matin.org/", None, (), "UTC", "2" * 64)


@pytest.fixture
def synced(database):
    database.transact(lambda tx: SourceStore(tx).sync([MATIN, GAZETTE], NOW))
    return database


def rows(database):
    with database.read() as tx:
        return {row.name: row for row in SourceStore(tx).list()}


def test_sources_come_back_as_they_were_given(synced):
    row = rows(synced)["gazette"]
    assert (row.title, row.home, row.country, row.tags) == ("La Gazette", "https://gazette.org/", "dz", ("press", "été"))
    assert (row.time_zone, row.digest, row.state, row.paused, row.seen_at) == ("Africa/Algiers", "1" * 64, SourceState.ACTIVE, False, NOW)
    assert list(rows(synced)) == ["gazette", "matin"]


def test_syncing_again_changes_what_changed_and_keeps_ids(synced):
    before = rows(synced)
    synced.transact(lambda tx: SourceStore(tx).sync([replace(GAZETTE, title="Gazette"), MATIN], NOW + timedelta(days=1)))
    after = rows(synced)
    assert after["gazette"].title == "Gazette"
    assert [row.id for row in after.values()] == [row.id for row in before.values()]


def test_what_is_not_named_stays_unless_the_list_is_complete(synced):
    synced.transact(lambda tx: SourceStore(tx).sync([GAZETTE], NOW))
    assert rows(synced)["matin"].state is SourceState.ACTIVE
    synced.transact(lambda tx: SourceStore(tx).sync([GAZETTE], NOW, complete=True))
    assert rows(synced)["matin"].state is SourceState.REMOVED


def test_torture_93_a_source_that_comes_back_is_the_same_one_and_still_paused(synced):
    number = rows(synced)["matin"].id
    synced.transact(lambda tx: SourceStore(tx).pause("matin"))
    synced.transact(lambda tx: SourceStore(tx).sync([], NOW, complete=True))
    assert {row.state for row in rows(synced).values()} == {SourceState.REMOVED}
    synced.transact(lambda tx: SourceStore(tx).sync([MATIN], NOW))
    row = rows(synced)["matin"]
    assert (row.id, row.state, row.paused) == (number, SourceState.ACTIVE, True)


def test_pausing_and_letting_go_on(synced):
    synced.transact(lambda tx: SourceStore(tx).pause("gazette", until=NOW + timedelta(days=2), reason="asked us to wait"))
    row = rows(synced)["gazette"]
    assert (row.paused, row.paused_until, row.pause_reason) == (True, NOW + timedelta(days=2), "asked us to wait")
    assert row.is_paused(NOW)
    assert not row.is_paused(NOW + timedelta(days=2)), "a pause whose end has passed is over"
    synced.transact(lambda tx: SourceStore(tx).pause("gazette"))
    assert rows(synced)["gazette"].is_paused(NOW + timedelta(days=999))
    synced.transact(lambda tx: SourceStore(tx).resume("gazette", NOW))
    row = rows(synced)["gazette"]
    assert (row.paused, row.paused_until, row.pause_reason) == (False, NOW, None)


def test_rhythms_are_kept_and_forgotten(synced):
    synced.transact(lambda tx: SourceStore(tx).put_rhythm("matin", {"version": 1, "hours": [0.5]}, NOW))
    with synced.read() as tx:
        store = SourceStore(tx)
        assert store.rhythm("matin") == {"version": 1, "hours": [0.5]}
        assert store.rhythm("gazette") is None
        assert store.named(["matin", "nowhere"])["matin"].due_at == NOW
    synced.transact(lambda tx: SourceStore(tx).put_rhythm("matin", None, None))
    with synced.read() as tx:
        assert SourceStore(tx).rhythm("matin") is None


def test_unknown_names_are_reported(synced):
    with pytest.raises(UnknownName, match="nowhere"):
        synced.transact(lambda tx: SourceStore(tx).pause("nowhere"))
    with pytest.raises(UnknownName, match="nowhere"):
        synced.transact(lambda tx: SourceStore(tx).resume("nowhere", NOW))
    with synced.read() as tx, pytest.raises(UnknownName, match="elsewhere, nowhere"):
        SourceStore(tx).ids(["gazette", "nowhere", "elsewhere"])


def test_ids_by_name(synced):
    with synced.read() as tx:
        assert SourceStore(tx).ids(["matin", "gazette", "matin"]) == {name: row.id for name, row in rows(synced).items()}
        assert SourceStore(tx).ids([]) == {}
