"""The post of the timetable: one holder at a time, and a late one writes nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from db.engine import Database
from db.errors import LeaseLost
from db.services import ServiceStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def call(database, name, *args):
    return database.transact(lambda tx: getattr(ServiceStore(tx), name)(*args))


def test_one_holds_the_post_until_its_lease_is_over(database):
    assert call(database, "get") is None
    mine = call(database, "take", "me", NOW, LATER, {"pid": 1})
    assert (mine.owner, mine.fence, mine.started_at, mine.seen_at, mine.said) == ("me", 1, NOW, NOW, {"pid": 1})
    assert call(database, "take", "you", NOW, LATER, {}) is None
    assert call(database, "take", "you", LATER, LATER + timedelta(minutes=1), {}).fence == 2


def test_a_holder_says_that_it_is_there(database):
    mine = call(database, "take", "me", NOW, LATER, {})
    call(database, "renew", mine.fence, LATER, LATER + timedelta(minutes=1), {"runs": [4]})
    row = call(database, "get")
    assert (row.seen_at, row.started_at, row.said, row.until) == (LATER, NOW, {"runs": [4]}, LATER + timedelta(minutes=1))


def test_torture_91_a_late_holder_of_the_post_writes_nothing(database):
    late = call(database, "take", "late", NOW, LATER, {})
    call(database, "confirm", late.fence)
    new = call(database, "take", "new", LATER, LATER + timedelta(minutes=1), {})
    for name, *more in (("confirm",), ("renew", LATER, LATER + timedelta(hours=1), {})):
        with pytest.raises(LeaseLost, match="another service"):
            call(database, name, late.fence, *more)
    call(database, "release", late.fence)
    assert call(database, "get").owner == "new"
    call(database, "release", new.fence)
    assert call(database, "get").owner is None
    assert call(database, "take", "third", NOW, LATER, {}).fence == 3, "given back: free at once"


def test_torture_91_the_post_does_not_change_hands_under_a_transaction_that_has_confirmed_it(database, database_url):
    mine = call(database, "take", "me", NOW, LATER, {})
    confirmed, order = threading.Event(), []

    def other() -> None:
        own = Database.open(database_url)
        confirmed.wait(10)
        call(own, "take", "you", LATER, LATER + timedelta(minutes=1), {})
        order.append("taken")
        own.close()

    thread = threading.Thread(target=other)
    thread.start()

    def work(tx):
        ServiceStore(tx).confirm(mine.fence)
        confirmed.set()
        thread.join(0.3)
        order.append("written")

    database.transact(work)
    thread.join()
    assert order == ["written", "taken"]
