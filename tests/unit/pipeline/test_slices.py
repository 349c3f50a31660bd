"""What the end of a run means for its slice, and when a backfill is over, on both databases."""

from __future__ import annotations

import dataclasses
import logging
from datetime import UTC, date, datetime, timedelta

import pytest

from crawlers.registry import Registry
from crawlers.runs import open_run
from crawlers.source import Source
from db.errors import BackfillError, UnknownName
from db.frontier import FrontierStore
from db.plans import SlicePlan
from db.records import Candidate
from db.runs import RunStore
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import BackfillState, FoundBy, PageKind, RunKind, RunState, SliceState, Way
from pipeline.backfill import Backfills
from pipeline.report import finish_run
from pipeline.slices import AT_ONCE, MOST_ATTEMPTS, end_slice, open_next, retry, slice_state, steer, summary, unwanted, waits_for

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("way", "state", "counts", "expected"),
    [
        (Way.SITEMAP, RunState.DONE, {"listed": 3, "new": 3, "read": 3}, SliceState.DONE),
        (Way.SITEMAP, RunState.DONE, {"listed": 3, "unchanged": 3}, SliceState.DONE),
        (Way.SITEMAP, RunState.DONE, {"fetched": 1, "parsed": 1}, SliceState.EMPTY),
        (Way.SITEMAP, RunState.DONE, {"fetched": 1, "gone": 1}, SliceState.FAILED),
        (Way.ARCHIVE, RunState.DONE, {"fetched": 1, "gone": 1}, SliceState.EMPTY),
        (Way.ARCHIVE, RunState.DONE, {"fetched": 1, "http_5xx": 1}, SliceState.FAILED),
        (Way.LISTING, RunState.DONE, {"robots": 1}, SliceState.ROBOTS),
        (Way.LISTING, RunState.DONE, {"robots": 1, "timeout": 1}, SliceState.FAILED),
        (Way.LISTING, RunState.DONE, {"listed": 9, "robots": 1}, SliceState.DONE),
        (Way.LISTING, RunState.FAILED, {"dns": 1}, SliceState.FAILED),
        (Way.LISTING, RunState.STOPPED, {"listed": 9}, SliceState.PLANNED),
    ],
)
def test_what_became_of_a_slice(way, state, counts, expected):
    assert slice_state(way, state, counts) is expected


class Office:
    """A database with one source and one backfill of it."""

    def __init__(self, database, folder, number: int) -> None:
        (folder / "gazette.toml").write_text('home = "http://gazette.test/"\n[discovery]\nguess = false\n', encoding="utf-8")
        self.database, self.folder = database, folder
        self.registry = Registry([folder], bundled=False)
        plans = [
            SlicePlan(Way.LISTING, f"/{k}/", None, None, {"starts": [["listing", f"http://gazette.test/{k}/"]]}) for k in range(number)
        ]

        def work(tx):
            SourceStore(tx).sync(self.registry.entries(), NOW)
            days = date(2014, 1, 1), date(2015, 1, 1)
            return BackfillStore(tx).open("gazette", *days, [Way.LISTING], params={}, plans=plans, now=NOW)

        self.backfill = database.transact(work)

    def open_next(self):
        return self.database.transact(lambda tx: open_next(tx, self.backfill.id, self.registry, NOW))

    def end(self, run, state=RunState.DONE, **counts):
        def work(tx):
            RunStore(tx).finish(RunStore(tx).get(run.id), state, counts, None, SOON)
            end_slice(tx, run.id, state, counts, asked=True, note="why", now=SOON)

        self.database.transact(work)

    def steer(self, state):
        return self.database.transact(lambda tx: steer(tx, self.backfill.id, state, SOON))

    @property
    def now(self):
        with self.database.read() as tx:
            return BackfillStore(tx).get(self.backfill.id)

    @property
    def states(self):
        return [part.state for part in self.parts]

    @property
    def parts(self):
        with self.database.read() as tx:
            return BackfillStore(tx).slices(self.backfill.id)


@pytest.fixture
def office(database, tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    return lambda number=6: Office(database, folder, number)


def test_slices_get_runs_in_order_a_few_at_once(office):
    desk = office()
    runs = desk.open_next()
    assert [run.params["starts"] for run in runs] == [[["listing", f"http://gazette.test/{k}/"]] for k in range(AT_ONCE)]
    assert {(run.kind, run.params["since"], run.params["until"], run.params["way"]) for run in runs} == {
        (RunKind.BACKFILL, "2014-01-01", "2015-01-01", "listing")
    }
    assert desk.open_next() == [], "no more than may be under way"
    desk.end(runs[0], listed=1)
    assert len(desk.open_next()) == 1
    with desk.database.read() as tx:
        assert FrontierStore(tx).pending([runs[1].id]) == {runs[1].id: 1}, "its start waits in the frontier"


def test_a_slice_stopped_by_a_wall_has_failed_and_is_not_begun_again(office):
    desk = office(1)
    [run] = desk.open_next()
    desk.end(run, RunState.STOPPED, blocked=5)
    assert desk.states == [SliceState.FAILED]
    assert desk.open_next() == []


def test_a_backfill_is_over_when_its_last_slice_is(office):
    desk = office(2)
    first, second = desk.open_next()
    desk.end(first, listed=1)
    assert desk.now.state is BackfillState.ACTIVE
    desk.end(second)
    assert (desk.now.state, desk.now.ended_at, desk.now.note) == (BackfillState.DONE, SOON, "2 slices: 1 done, 1 empty")
    assert desk.open_next() == []


def test_a_stopped_slice_goes_on_with_another_run(office):
    desk = office(1)
    [run] = desk.open_next()
    desk.end(run, RunState.STOPPED, listed=1)
    assert desk.states == [SliceState.PLANNED]
    [again] = desk.open_next()
    assert again.id != run.id
    assert again.params == run.params


def test_the_end_of_a_run_is_the_end_of_its_slice_in_one_transaction(office):
    desk = office(1)
    [run] = desk.open_next()
    held = desk.database.transact(lambda tx: RunStore(tx).lease(run.id, "me", NOW, SOON))
    desk.database.transact(lambda tx: finish_run(tx, held, RunState.DONE, SOON))
    with desk.database.read() as tx:
        [part] = BackfillStore(tx).slices(desk.backfill.id)
    assert (part.state, part.note) == (SliceState.FAILED, "no article yet: 1 addresses wait for the next run"), "nobody has looked"


def test_a_slice_that_a_crawl_was_in_the_way_of_waits_until_no_crawl_is_open(office):
    desk = office(1)
    source = desk.registry.get("gazette")

    def crawl(tx):
        run = open_run(tx, source, RunKind.CRAWL, slot=None, params={}, now=NOW)
        FrontierStore(tx).offer("gazette", run.id, [Candidate("http://gazette.test/0/", PageKind.LISTING, FoundBy.SEED)], now=NOW)
        return run

    crawling = desk.database.transact(crawl)
    [run] = desk.open_next()
    with desk.database.read() as tx:
        assert RunStore(tx).get(run.id).counts == {"elsewhere": 1}
    desk.end(run, elsewhere=1)
    assert desk.states == [SliceState.PLANNED], "nothing was looked through"
    assert desk.open_next() == []
    desk.database.transact(lambda tx: RunStore(tx).finish(RunStore(tx).get(crawling.id), RunState.STOPPED, {}, None, SOON))
    [again] = desk.open_next()
    desk.end(again, listed=2)
    assert desk.states == [SliceState.DONE]


def test_a_slice_that_crawls_were_in_the_way_of_time_and_again_has_failed_and_says_so(office):
    desk = office(1)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert desk.states == [SliceState.PLANNED], attempt
        [run] = desk.open_next()
        desk.end(run, elsewhere=2)
    [part] = desk.parts
    number = desk.backfill.id
    assert part.state is SliceState.FAILED
    assert part.note == (
        f"not looked through: crawls of the source had 2 of its addresses in hand each of 10 times; "
        f"`veille backfills retry {number}` looks again"
    )
    assert desk.now.note == "1 slice: 1 failed"
    assert desk.database.transact(lambda tx: retry(tx, number, SOON)) == 1
    [again] = desk.open_next()
    desk.end(again, elsewhere=1)
    assert desk.states == [SliceState.PLANNED], "its attempts are counted anew"
    [again] = desk.open_next()
    desk.end(again, listed=3)
    assert desk.states == [SliceState.DONE]


def test_a_slice_that_is_stopped_with_a_crawl_in_the_way_goes_on(office):
    desk = office(1)
    for _ in range(MOST_ATTEMPTS + 1):
        [run] = desk.open_next()
        desk.end(run, RunState.STOPPED, elsewhere=1)
    assert desk.states == [SliceState.PLANNED]


def test_a_paused_backfill_keeps_its_runs_but_nobody_wants_them(office):
    desk = office()
    runs = desk.open_next()
    assert desk.steer(BackfillState.PAUSED).state is BackfillState.PAUSED
    assert desk.states == [*[SliceState.QUEUED] * AT_ONCE, *[SliceState.PLANNED] * 2]
    with desk.database.read() as tx:
        assert unwanted(tx, runs[:1]) == {runs[0].id: BackfillState.PAUSED}
        assert unwanted(tx, [dataclasses.replace(runs[0], params={})]) == {}, "a run that is no slice is nobody's business here"
    assert desk.open_next() == []
    assert desk.steer(BackfillState.ACTIVE).state is BackfillState.ACTIVE
    assert desk.open_next() == [], "as many as may be are under way still"


def test_the_runs_of_a_cancelled_backfill_that_nobody_has_begun_are_stopped(office):
    desk = office()
    runs = desk.open_next()
    desk.database.transact(lambda tx: RunStore(tx).lease(runs[0].id, "me", NOW, SOON + timedelta(hours=1)))
    desk.steer(BackfillState.CANCELLED)
    assert desk.states == [SliceState.QUEUED, *[SliceState.PLANNED] * 5]
    with desk.database.read() as tx:
        assert unwanted(tx, runs[:1]) == {runs[0].id: BackfillState.CANCELLED}
        assert {RunStore(tx).get(run.id).state for run in runs[1:]} == {RunState.STOPPED}


def test_a_draining_backfill_is_paused_when_the_last_slice_under_way_has_ended(office):
    desk = office()
    runs = desk.open_next()
    desk.steer(BackfillState.DRAINING)
    assert desk.open_next() == []
    for run in runs:
        assert desk.now.state is BackfillState.DRAINING
        desk.end(run, listed=1)
    assert desk.now.state is BackfillState.PAUSED


def test_a_cancelled_backfill_is_over_at_once(office):
    desk = office()
    desk.open_next()
    assert desk.steer(BackfillState.CANCELLED).ended_at == SOON
    assert desk.open_next() == []
    with pytest.raises(BackfillError, match="is cancelled already"):
        desk.steer(BackfillState.PAUSED)


def test_what_failed_is_tried_again_when_asked_for(office):
    desk = office(2)
    first, second = desk.open_next()
    desk.end(first, listed=1)
    desk.end(second, gone=1)
    assert desk.now.note == "2 slices: 1 done, 1 failed"
    assert desk.database.transact(lambda tx: retry(tx, desk.backfill.id, SOON)) == 1
    assert len(desk.open_next()) == 1


WAITS = "waits: there is no usable source file gazette.toml; it goes on when there is"


def test_a_source_whose_file_is_gone_waits_until_it_is_back(office):
    desk = office(1)
    here, gone = desk.registry, Registry([], bundled=False)
    assert waits_for(desk.now, here) is None
    desk.registry = gone
    assert desk.open_next() == []
    assert desk.now.state is BackfillState.ACTIVE
    assert waits_for(desk.now, gone) == WAITS
    desk.registry = here
    [run] = desk.open_next()
    desk.end(run, listed=1)
    assert desk.now.state is BackfillState.DONE
    assert waits_for(desk.now, gone) is None, "it is over"


def test_a_service_tells_once_that_a_source_is_missing_and_works_on_the_others(office, caplog):
    desk = office(1)
    here = Registry.of([*desk.registry.all(), Source.from_home("http://other.test/", "other")])
    gone = Registry.of([here.get("other")])
    start = {"starts": [["listing", "http://other.test/"]]}

    def ask(tx):
        SourceStore(tx).sync(here.entries(), NOW)
        days, plans = (date(2014, 1, 1), date(2015, 1, 1)), [SlicePlan(Way.LISTING, "/", None, None, start)]
        return BackfillStore(tx).open("other", *days, [Way.LISTING], params={}, plans=plans, now=NOW)

    desk.database.transact(ask)
    caplog.set_level(logging.INFO, "veille.service")
    backfills = Backfills(desk.database)
    assert [run.source for run in backfills.open_due(gone, NOW, lambda _: None)] == ["other"]
    assert backfills.open_due(gone, NOW, lambda _: None) == []
    assert [run.source for run in backfills.open_due(here, NOW, lambda _: None)] == ["gazette"]
    assert [(record.event, record.message) for record in caplog.records] == [
        ("backfill_waits", f"backfill {desk.backfill.id} of gazette {WAITS}"),
        ("backfill_goes_on", f"backfill {desk.backfill.id} of gazette goes on: its source is back"),
    ]


def test_a_backfill_that_is_not_known(office):
    desk = office(1)
    with pytest.raises(UnknownName):
        desk.database.transact(lambda tx: steer(tx, 99, BackfillState.PAUSED, SOON))


def test_how_slices_stand_in_words():
    assert summary({}) == "no slices"
    assert summary({SliceState.DONE: 1}) == "1 slice: 1 done"
    assert summary({SliceState.ROBOTS: 2, SliceState.PLANNED: 3}) == "5 slices: 2 forbidden by robots.txt, 3 planned"
