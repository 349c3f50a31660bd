"""Hosts that asked for silence, and runs that have nothing else left, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.frontier import FrontierStore
from db.hosts import HostStore
from db.records import Candidate, FoundBy, PageKind, Settlement, SourceEntry
from db.runs import RunStore
from db.silence import silences, silent_hosts, waits_only_for
from db.sources import SourceStore
from db.vocabulary import RunKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=45)
HOUR = NOW + timedelta(hours=1)
PLACES = ("http://a.test/1", "http://b.test/1")


@pytest.fixture
def tx(database):
    return database.transact


@pytest.fixture
def run(tx):
    """A run that wants a page of a.test and one of b.test."""

    def work(tx):
        SourceStore(tx).sync([SourceEntry("a", "A", "http://a.test/", None, (), "UTC", "0")], NOW)
        made, _ = RunStore(tx).request("a", RunKind.CRAWL, now=NOW)
        candidates = [Candidate(url, PageKind.ARTICLE, FoundBy.LINK) for url in PLACES]
        FrontierStore(tx).offer("a", made.id, candidates, now=NOW)
        return made

    return tx(work)


def pause(host, until):
    def work(tx):
        lease = HostStore(tx).lease(host, "me", NOW, SOON)
        HostStore(tx).update(lease, next_allowed_at=until, pause_until=until)

    return work


def settle(run, host, retry_at=None):
    def work(tx):
        frontier = FrontierStore(tx)
        leases = frontier.lease(host, [run.id], "me", NOW, SOON, 10)
        frontier.settle([Settlement(lease, NOW, fetched=retry_at is None, status=200, retry_at=retry_at) for lease in leases])

    return work


def waits(run, silent):
    return lambda tx: waits_only_for(tx, run.id, silent, SOON)


def test_only_a_pause_that_ends_later_is_silence(tx):
    tx(pause("a.test", HOUR))
    tx(pause("b.test", NOW))
    tx(pause("c.test", None))
    assert tx(lambda tx: silent_hosts(tx, NOW)) == ["a.test"]
    assert tx(lambda tx: silent_hosts(tx, HOUR)) == []


@pytest.mark.parametrize(("silent", "waiting"), [([], False), (["a.test"], False), (["a.test", "b.test"], True), (["c.test"], False)])
def test_a_run_waits_if_all_it_wants_is_at_silent_hosts(tx, run, silent, waiting):
    assert tx(waits(run, silent)) is waiting


def test_what_is_leased_counts_as_wanted(tx, run):
    tx(lambda tx: FrontierStore(tx).lease("b.test", [run.id], "me", NOW, SOON, 10))
    assert not tx(waits(run, ["a.test"]))
    assert tx(waits(run, ["a.test", "b.test"]))


def test_what_is_done_or_due_later_holds_up_nobody(tx, run):
    tx(settle(run, "b.test"))
    assert tx(waits(run, ["a.test"]))
    tx(settle(run, "a.test", retry_at=HOUR))
    assert not tx(waits(run, ["a.test"])), "it wants nothing now, so it waits for nobody"


def test_the_silences_of_a_run_are_told_with_their_ends(tx, run):
    tx(pause("a.test", HOUR))
    tx(pause("c.test", HOUR))
    assert tx(lambda tx: silences(tx, run.id, NOW)) == {"a.test": HOUR}
    assert tx(lambda tx: silences(tx, run.id, HOUR)) == {}
    tx(settle(run, "a.test", retry_at=HOUR))
    assert tx(lambda tx: silences(tx, run.id, NOW)) == {"a.test": HOUR}, "it still waits for it"
    tx(lambda tx: FrontierStore(tx).release(run.id))
    assert tx(lambda tx: silences(tx, run.id, NOW)) == {}
