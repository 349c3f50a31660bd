"""A source that could not be reached for a while: the first run that is answered again says since when, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.records import SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind, RunState
from pipeline.gap import gap_before

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def tx(database):
    entries = [SourceEntry(name, name, f"https://{name}.test/", None, (), "UTC", "0") for name in ("a", "b")]
    database.transact(lambda tx: SourceStore(tx).sync(entries, NOW))
    return database.transact


def runs(tx, *states, kind=RunKind.CRAWL, source="a"):
    """Finished runs an hour apart, and the one that is at work now."""

    def work(tx):
        store = RunStore(tx)
        for hour, state in enumerate(states):
            at = NOW + timedelta(hours=hour)
            run, _ = store.request(source, kind, slot=None, params={}, now=at)
            leased = store.lease(run.id, "me", at, at + timedelta(hours=1))
            store.finish(leased, state, {}, None, at)
        return store.request(source, RunKind.CRAWL, slot="now", params={}, now=NOW + timedelta(days=1))[0]

    return tx(work)


@pytest.mark.parametrize("before", [(), (RunState.DONE,), (RunState.FAILED, RunState.STOPPED)])
def test_nothing_is_said_where_the_last_visit_was_answered(tx, before):
    run = runs(tx, *before)
    assert tx(lambda tx: gap_before(tx, run)) is None


def test_torture_26_the_first_answer_after_a_gap_says_since_when(tx):
    run = runs(tx, RunState.FAILED, RunState.DONE, RunState.FAILED, RunState.FAILED)
    said = tx(lambda tx: gap_before(tx, run))
    assert said == (
        "the first answer since 2026-03-01 13:00 UTC: 2 visits in vain; what feeds no longer name may be missing: `veille backfill a`"
    )


def test_a_source_that_was_never_reached_before(tx):
    run = runs(tx, RunState.FAILED)
    assert str(tx(lambda tx: gap_before(tx, run))).startswith("the first answer ever: 1 visit in vain")


def test_other_sources_and_backfills_say_nothing_of_it(tx):
    runs(tx, RunState.FAILED, source="b")
    run = runs(tx, RunState.FAILED, kind=RunKind.BACKFILL)
    assert tx(lambda tx: gap_before(tx, run)) is None
