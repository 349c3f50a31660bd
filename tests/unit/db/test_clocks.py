"""What a clock that is set back changes of wanted addresses and of leases: nothing that lasts, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.clocks import hasten
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.records import Candidate, Settlement, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FailureClass, FoundBy, PageKind, RunKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BACK = NOW - timedelta(hours=1)
HOST = "gazette.org"


def article(name: str) -> Candidate:
    return Candidate(f"https://{HOST}/{name}", PageKind.ARTICLE, FoundBy.LINK)


def listing(name: str, before: datetime) -> Candidate:
    return Candidate(f"https://{HOST}/{name}/", PageKind.LISTING, FoundBy.PAGINATION, refetch_before=before)


@pytest.fixture
def run(database):
    """Opens a run of a kind, with parameters."""
    entry = SourceEntry("gazette", "Gazette", f"https://{HOST}/", None, (), "UTC", "0" * 64)
    database.transact(lambda tx: SourceStore(tx).sync([entry], NOW))
    return lambda kind, **params: database.transact(lambda tx: RunStore(tx).request("gazette", kind, params=params, now=NOW)[0].id)


@pytest.fixture
def frontier(database):
    return lambda name, *args, **more: database.transact(lambda tx: getattr(FrontierStore(tx), name)(*args, **more))


def test_what_was_never_tried_is_due_though_it_was_offered_by_a_clock_ahead(database, run, frontier):
    backfill = run(RunKind.BACKFILL)
    frontier("offer", "gazette", backfill, [article("a"), article("b"), article("c")], now=NOW)
    [first, *_] = frontier("lease", HOST, [backfill], "me", NOW, NOW + timedelta(minutes=1), 1)
    failed = Settlement(first, NOW, fetched=False, failure=FailureClass.TIMEOUT, retry_at=NOW + timedelta(hours=3))
    frontier("settle", [failed])
    assert frontier("hosts_due", [backfill], BACK) == []
    assert frontier("has_due", backfill, BACK + timedelta(minutes=1)) is False
    assert database.transact(lambda tx: hasten(tx, [backfill], BACK)) == 2
    assert frontier("hosts_due", [backfill], BACK) == [HOST]
    assert len(frontier("lease", HOST, [backfill], "me", BACK, NOW, 10)) == 2, "what failed keeps the time it was given"


def test_what_another_run_takes_over_keeps_the_time_that_its_host_has_asked_for(database, run, frontier):
    first = run(RunKind.CRAWL)
    frontier("offer", "gazette", first, [article("a")], now=NOW)
    [lease] = frontier("lease", HOST, [first], "me", NOW, NOW + timedelta(minutes=1), 1)
    later = NOW + timedelta(hours=1)
    frontier("settle", [Settlement(lease, NOW, fetched=False, status=429, failure=FailureClass.BLOCKED, retry_at=later)])
    frontier("release", first)
    second = run(RunKind.CRAWL, limit=2)
    assert frontier("adopt", "gazette", second) == 1
    assert database.transact(lambda tx: hasten(tx, [second], NOW)) == 0
    assert frontier("next_due", [second]) == later


def test_clocks_of_machines_that_differ_a_little_change_nothing(database, run, frontier):
    backfill = run(RunKind.BACKFILL)
    frontier("offer", "gazette", backfill, [article("a")], now=NOW)
    assert database.transact(lambda tx: hasten(tx, [backfill], NOW - timedelta(minutes=4))) == 0


def fetch(frontier, run_id: int, at: datetime) -> int:
    """Fetch what a run wants; returns how much that was."""
    leased = frontier("lease", HOST, [run_id], "me", at, at + timedelta(minutes=1), 10)
    frontier("settle", [Settlement(lease, at, fetched=True, status=200) for lease in leased])
    return len(leased)


def again(frontier, run_id: int, before: datetime, now: datetime) -> int:
    """How many lists are due again if a run wants one that was asked for after `before`."""
    return frontier("offer", "gazette", run_id, [listing("sport", before)], now=now).again


@pytest.mark.parametrize("back", [timedelta(0), timedelta(minutes=2), timedelta(hours=1)])
def test_a_backfill_sees_lists_that_a_crawl_has_fetched_since_by_whatever_clock(run, frontier, back):
    crawl, backfill = run(RunKind.CRAWL), run(RunKind.BACKFILL, slice=2)
    frontier("offer", "gazette", crawl, [listing("sport", NOW)], now=NOW)
    assert fetch(frontier, crawl, NOW + timedelta(seconds=30)) == 1
    asked = NOW - back
    assert again(frontier, backfill, asked, asked) == 1
    assert fetch(frontier, backfill, asked + timedelta(seconds=1)) == 1
    assert again(frontier, backfill, asked, asked + timedelta(seconds=2)) == 0, "it has seen it"
    assert again(frontier, crawl, asked, asked + timedelta(seconds=2)) == 0, "a crawl does not ask again for what was fetched"


def test_two_backfills_do_not_send_each_other_to_the_same_list_in_turn(run, frontier):
    one, two = run(RunKind.BACKFILL, slice=1), run(RunKind.BACKFILL, slice=2)
    frontier("offer", "gazette", one, [listing("sport", NOW)], now=NOW)
    fetch(frontier, one, NOW + timedelta(seconds=30))
    assert again(frontier, two, NOW, NOW + timedelta(minutes=1)) == 0
    assert again(frontier, one, NOW, NOW + timedelta(minutes=1)) == 0


def test_a_run_that_was_asked_for_by_a_clock_ahead_sees_a_list_once(run, frontier):
    backfill = run(RunKind.BACKFILL)
    frontier("offer", "gazette", backfill, [listing("sport", NOW)], now=BACK)
    assert fetch(frontier, backfill, BACK + timedelta(seconds=1)) == 1
    assert again(frontier, backfill, NOW, BACK + timedelta(seconds=2)) == 0


def test_a_crawl_does_not_repeat_a_list_that_was_fetched_since_it_was_asked_for(run, frontier):
    one, two = run(RunKind.CRAWL, limit=1), run(RunKind.CRAWL, limit=2)
    frontier("offer", "gazette", one, [listing("sport", NOW)], now=NOW)
    fetch(frontier, one, NOW + timedelta(seconds=30))
    assert frontier("offer", "gazette", two, [listing("sport", NOW)], now=NOW + timedelta(minutes=1)).again == 0


def test_a_lease_that_is_to_last_for_hours_was_given_by_another_clock_and_is_free(database, run, frontier):
    backfill = run(RunKind.BACKFILL)
    frontier("offer", "gazette", backfill, [article("a")], now=BACK)
    elsewhere, until = "elsewhere/1:2:3:4", NOW + timedelta(hours=3)
    frontier("lease", HOST, [backfill], elsewhere, NOW, until, 1)

    def take(tx):
        RunStore(tx).lease(backfill, elsewhere, NOW, until)
        HostStore(tx).lease(HOST, elsewhere, NOW, until)

    database.transact(take)
    soon = NOW + timedelta(minutes=1)
    assert frontier("hosts_due", [backfill], NOW) == [HOST]
    assert database.transact(lambda tx: RunStore(tx).lease(backfill, "me", NOW, soon)) is not None
    assert database.transact(lambda tx: HostStore(tx).lease(HOST, "me", NOW, soon)) is not None
    assert len(frontier("lease", HOST, [backfill], "me", NOW, soon, 1)) == 1
