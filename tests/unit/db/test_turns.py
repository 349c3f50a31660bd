"""Who waits for a turn at a host, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from db.leases import owner_name, reclaim_dead
from db.overdue import Post, post
from db.services import ServiceStore
from db.turns import TurnStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)
DEAD = owner_name().split(":")[0] + ":99999999:5:aa"


@pytest.fixture
def ask(database):
    return lambda owner, host, until=SOON: database.transact(lambda tx: TurnStore(tx).ask(owner, host, NOW, until))


@pytest.fixture
def wanted(database):
    return lambda now=NOW: database.transact(lambda tx: TurnStore(tx).wanted(now))


def test_what_is_waited_for_is_told_until_it_is_withdrawn_or_the_time_is_up(database, ask, wanted):
    one, two = owner_name(), owner_name()
    assert wanted() == frozenset()
    ask(one, "a.test")
    ask(two, "b.test")
    assert wanted() == {"a.test", "b.test"}
    ask(one, "c.test")
    ask(one, "c.test", until=SOON + timedelta(minutes=1))
    database.transact(lambda tx: TurnStore(tx).withdraw(two))
    assert wanted(SOON) == {"c.test"}
    assert wanted(SOON + timedelta(minutes=1)) == frozenset()


def test_one_that_died_is_not_waited_for_and_forgotten(database, ask, wanted):
    ask(DEAD, "a.test")
    assert wanted() == {"a.test"}
    assert database.transact(lambda tx: reclaim_dead(tx, NOW)) == 1
    assert wanted() == frozenset()
    ask(owner_name(), "b.test")
    assert wanted() == {"b.test"}
    with database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM services")).scalar_one() == 1


def test_one_that_waits_by_a_clock_that_was_set_back_since_is_not_waited_for(ask, wanted):
    ask(owner_name(), "a.test", until=NOW + timedelta(hours=3))
    assert wanted() == frozenset()


def test_it_is_no_service(database, ask):
    ask(owner_name(), "a.test")
    with database.read() as tx:
        assert (post(tx), ServiceStore(tx).get()) == (None, None)
    taken = database.transact(lambda tx: ServiceStore(tx).take(owner_name(), NOW, SOON, {}))
    with database.read() as tx:
        assert post(tx) == Post(NOW, taken.owner)
