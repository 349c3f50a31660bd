"""How a run that brought nothing ends, and what it leaves to the next, on both databases."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.runs import open_run
from crawlers.source import Source
from db.frontier import FrontierStore
from db.records import Candidate, FailureClass, FoundBy, PageKind, RunKind, RunState, Settlement, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from pipeline.report import finish_run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=1)
SOURCE = dataclasses.replace(Source.from_home("http://a.test/", "a"), guess=False)
ARTICLE = "http://a.test/economie/le-port-agrandit-son-terminal,13.html"


@pytest.fixture
def tx(database):
    database.transact(lambda tx: SourceStore(tx).sync([SourceEntry("a", "A", SOURCE.home, None, (), "UTC", "0")], NOW))
    return database.transact


def begin(tx):
    run = open_run(tx, SOURCE, RunKind.CRAWL, slot=None, params={}, now=NOW)
    FrontierStore(tx).offer("a", run.id, [Candidate(ARTICLE, PageKind.ARTICLE, FoundBy.LINK)], now=NOW)
    return RunStore(tx).lease(run.id, "me", NOW, UNTIL)


def settle(run, *, seed: FailureClass | None, article: FailureClass):
    def work(tx):
        frontier = FrontierStore(tx)
        while leases := frontier.lease("a.test", [run.id], "me", NOW, UNTIL, 10):
            for lease in leases:
                failure = article if lease.url == ARTICLE else seed
                frontier.settle([Settlement(lease, NOW, fetched=failure is None, status=None if failure else 304, failure=failure)])

    return work


def end(run):
    return lambda tx: finish_run(tx, run, RunState.DONE, NOW)


def waiting(tx):
    """What the next run begins with."""
    later = NOW + timedelta(hours=1)
    run = open_run(tx, SOURCE, RunKind.CRAWL, slot=None, params={}, now=later)
    return FrontierStore(tx).pending([run.id])[run.id]


def test_a_run_nobody_answered_has_failed_and_keeps_what_it_tried_in_vain(tx):
    run = tx(begin)
    tx(settle(run, seed=FailureClass.CONNECT, article=FailureClass.CONNECT))
    report = tx(end(run))
    assert (report.state, report.counts) == (RunState.FAILED, {"connect": 2})
    assert tx(waiting) == 2, "the article, and the next run's own seed"


@pytest.mark.parametrize("failure", [FailureClass.ROBOTS, FailureClass.REFUSED, FailureClass.TOO_LARGE])
def test_what_would_fail_again_is_not_kept(tx, failure):
    run = tx(begin)
    tx(settle(run, seed=failure, article=failure))
    assert tx(end(run)).state is RunState.FAILED
    assert tx(waiting) == 1


def test_a_web_archive_that_does_not_answer_is_named_in_the_place_of_the_source(tx):
    index = Candidate("http://archive.test/press/cdx", PageKind.CAPTURES, FoundBy.SEED)

    def open_replay(tx):
        params = {"way": "wayback", "base": "http://archive.test/press", "starts": []}
        run = open_run(tx, SOURCE, RunKind.REPLAY, slot=None, params=params, now=NOW)
        FrontierStore(tx).offer("a", run.id, [index], now=NOW)
        held = RunStore(tx).lease(run.id, "me", NOW, UNTIL)
        [lease] = FrontierStore(tx).lease("archive.test", [run.id], "me", NOW, UNTIL, 10)
        FrontierStore(tx).settle([Settlement(lease, NOW, fetched=False, status=None, failure=FailureClass.DNS)])
        return held

    note = str(tx(end(tx(open_replay))).note)
    assert "the name of the web archive http://archive.test/press cannot be resolved: check the setting `wayback`" in note
    assert "`home`" not in note


def test_a_run_that_its_source_files_limit_ended_names_it_and_how_it_goes_on(tx, monkeypatch):
    monkeypatch.setattr("pipeline.report.PageStore.articles_fetched", lambda *_: 7)
    note = "stopped by max_pages = 7 of [discovery] in its source file: the next visit goes on, and so does `veille crawl a`"
    run = tx(begin)
    assert note in str(tx(lambda tx: finish_run(tx, run, RunState.STOPPED, NOW, max_pages=7)).note)
    other = tx(begin)
    assert "max_pages" not in str(tx(lambda tx: finish_run(tx, other, RunState.STOPPED, NOW, max_pages=8)).note)


def test_one_dead_address_of_a_site_that_answers_is_no_failed_run(tx):
    run = tx(begin)
    tx(settle(run, seed=None, article=FailureClass.TIMEOUT))
    report = tx(end(run))
    assert (report.state, report.counts) == (RunState.DONE, {"timeout": 1})
    assert "it does not answer in time" in str(report.note)
    assert tx(waiting) == 1, "the seed alone: the address is tried again when somebody names it again"
