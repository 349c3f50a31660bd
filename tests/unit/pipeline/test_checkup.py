"""Each crawl's end leaves its figures and a verdict on its source, on both databases."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.runs import open_run
from crawlers.source import Source
from db.frontier import FrontierStore
from db.health import HealthStore
from db.records import Settlement, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FailureClass, HealthState, RunKind, RunState
from pipeline.report import finish_run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = dataclasses.replace(Source.from_home("http://a.test/", "a"), guess=False)


@pytest.fixture
def crawl(database):
    """A function that makes one crawl of a source of one list, which fails or answers 304."""
    database.transact(lambda tx: SourceStore(tx).sync([SourceEntry("a", "A", SOURCE.home, None, (), "UTC", "0")], NOW))
    times = iter(NOW + timedelta(hours=k) for k in range(100))

    def work(failure=None, kind=RunKind.CRAWL):
        now = next(times)

        def visit(tx):
            run = open_run(tx, SOURCE, kind, slot=None, params={}, now=now)
            run = RunStore(tx).lease(run.id, "me", now, now + timedelta(minutes=1))
            frontier = FrontierStore(tx)
            for lease in frontier.lease("a.test", [run.id], "me", now, now + timedelta(minutes=1), 10):
                frontier.settle([Settlement(lease, now, fetched=failure is None, status=None if failure else 304, failure=failure)])
            finish_run(tx, run, RunState.DONE, now)
            return RunStore(tx).get(run.id).counts, HealthStore(tx).all().get("a")

        return database.transact(visit)

    return work


def test_a_source_that_is_well_has_no_row(crawl):
    assert crawl() == ({"lists_answered": 1}, None)


def test_a_source_that_nobody_answers_for_is_noticed_by_the_second_run_and_well_by_the_first_good_one(crawl):
    crawl()
    counts, health = crawl(FailureClass.CONNECT)
    assert (counts, health) == ({"connect": 1, "lists_answered": 0, "lists_failed": 1}, None)
    _, health = crawl(FailureClass.CONNECT)
    assert (health.state, health.since) == (HealthState.FAILING, NOW + timedelta(hours=2))
    assert "two visits in a row got nothing (1 connect)" in health.evidence
    _, health = crawl(FailureClass.DNS)
    assert (health.state, health.since) == (HealthState.FAILING, NOW + timedelta(hours=2)), "it has been so since"
    assert "1 dns" in health.evidence
    _, health = crawl()
    assert (health.state, health.evidence, health.since) == (HealthState.OK, "", NOW + timedelta(hours=4))


def test_a_backfill_is_not_judged(crawl):
    for _ in range(3):
        counts, health = crawl(FailureClass.CONNECT, RunKind.BACKFILL)
        assert (counts, health) == ({"connect": 1}, None)
