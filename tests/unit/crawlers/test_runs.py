"""How runs begin: new, gone on with, taking over what was left."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.runs import open_run
from crawlers.source import Source
from db.frontier import FrontierStore
from db.records import Candidate, Settlement, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FoundBy, PageKind, RunKind, RunState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=1)
SOURCE = dataclasses.replace(Source.from_home("http://a.test/", "a"), guess=False)


@pytest.fixture
def tx(database):
    database.transact(lambda tx: SourceStore(tx).sync([SourceEntry("a", "A", SOURCE.home, None, (), "UTC", "0")], NOW))
    return database.transact


def begin(kind=RunKind.CRAWL, slot=None, now=NOW, **params):
    return lambda tx: open_run(tx, SOURCE, kind, slot=slot, params=params, now=now)


def lease(run, now=NOW):
    return lambda tx: FrontierStore(tx).lease("a.test", [run.id], "me", now, now + timedelta(minutes=1), 100)


def settle_all(run, now=NOW):
    def work(tx):
        leases = lease(run, now)(tx)
        FrontierStore(tx).settle([Settlement(each, now, fetched=True, status=200) for each in leases])
        return [each.url for each in leases]

    return work


def finish(run, now=NOW):
    def work(tx):
        store = RunStore(tx)
        store.finish(store.lease(run.id, "me", now, now + timedelta(minutes=1)), RunState.STOPPED, {}, None, now)

    return work


def test_a_new_run_starts_from_the_seeds(tx):
    run = tx(begin())
    assert (run.state, run.kind, run.source) == (RunState.QUEUED, RunKind.CRAWL, "a")
    assert [each.url for each in tx(lease(run))] == ["http://a.test/"]


def test_the_same_command_again_goes_on_with_the_open_run(tx):
    first = tx(begin(limit=5))
    assert tx(begin(limit=5)).id == first.id
    assert tx(begin(limit=6)).id != first.id
    assert tx(begin(RunKind.BACKFILL)).id != first.id


def test_going_on_does_not_fetch_seeds_twice(tx):
    run = tx(begin())
    assert tx(settle_all(run)) == ["http://a.test/"]
    again = tx(begin(now=NOW + timedelta(hours=1)))
    assert again.id == run.id
    assert tx(lease(again, NOW + timedelta(hours=1))) == []


def test_the_next_run_fetches_the_seeds_again_and_what_was_left(tx):
    run = tx(begin())
    tx(settle_all(run))
    left = [Candidate("http://a.test/left", PageKind.ARTICLE, FoundBy.LISTING)]
    tx(lambda tx: FrontierStore(tx).offer("a", run.id, left, now=NOW))
    tx(finish(run))
    later = NOW + timedelta(hours=1)
    following = tx(begin(now=later))
    assert following.id != run.id
    assert tx(settle_all(following, later)) == ["http://a.test/"], "what lists articles comes before articles"
    assert tx(settle_all(following, later)) == ["http://a.test/left"]


def test_a_slot_that_is_over_stays_over(tx):
    run = tx(begin(slot="2026-03-01T12:00"))
    tx(settle_all(run))
    tx(finish(run))
    again = tx(begin(slot="2026-03-01T12:00", now=NOW + timedelta(hours=2)))
    assert (again.id, again.state) == (run.id, RunState.STOPPED)
    assert tx(lease(run, NOW + timedelta(hours=2))) == []


def test_guesses_that_worked_are_visited_by_every_run(database):
    database.transact(lambda tx: SourceStore(tx).sync([SourceEntry("a", "A", SOURCE.home, None, (), "UTC", "0")], NOW))
    guessing = dataclasses.replace(SOURCE, guess=True)

    def start(now):
        return database.transact(lambda tx: open_run(tx, guessing, RunKind.CRAWL, slot=None, params={}, now=now))

    def work_off(run, now):
        def work(tx):
            leases = lease(run, now)(tx)
            works = {each.id for each in leases if each.url.endswith(("/feed/", ".test/"))}
            settled = [Settlement(each, now, fetched=True, status=200, failure=None if each.id in works else "gone") for each in leases]
            FrontierStore(tx).settle(settled)
            return sorted(each.url for each in leases)

        return database.transact(work)

    first = start(NOW)
    assert len(work_off(first, NOW)) > 10
    database.transact(finish(first))
    later = NOW + timedelta(hours=1)
    assert work_off(start(later), later) == ["http://a.test/feed/"]
