"""Backfills and their slices: kept whole, worked on once, steered, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from db.errors import UnknownName
from db.plans import SlicePlan
from db.records import SourceEntry
from db.runs import RunStore
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import BackfillState, RunKind, SliceState, Way

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SINCE, UNTIL = date(2014, 1, 1), date(2015, 1, 1)


@pytest.fixture
def ready(database):
    entry = SourceEntry("gazette", "Gazette", "https://gazette.org/", None, (), "UTC", "0" * 64)
    database.transact(lambda tx: SourceStore(tx).sync([entry], NOW))
    return database


def plan(label: str, expected: int | None = None) -> SlicePlan:
    starts = [["sitemap", f"https://gazette.org/{label}.xml"]]
    return SlicePlan(Way.SITEMAP, label, date(2014, 1, 1), date(2014, 2, 1), {"starts": starts}, expected)


def ask(database, work):
    return database.transact(lambda tx: work(BackfillStore(tx)))


def opened(database, *labels, ways=(Way.SITEMAP,), params=None):
    plans = [plan(label) for label in labels]
    return ask(database, lambda store: store.open("gazette", SINCE, UNTIL, ways, params=params or {}, plans=plans, now=NOW))


def run_of(database, part):
    params = {"slice": part.id}
    run, _ = database.transact(lambda tx: RunStore(tx).request("gazette", RunKind.BACKFILL, params=params, now=NOW))
    ask(database, lambda store: store.queue(part.id, run.id))
    return run


def test_a_backfill_comes_back_as_it_was_asked_for_with_its_slices_in_order(ready):
    made = opened(ready, "c", "b", "a", params={"files": ["x.warc"]})
    assert ask(ready, lambda store: store.get(made.id)) == made
    assert (made.source, made.since, made.until, made.ways, made.state) == ("gazette", SINCE, UNTIL, (Way.SITEMAP,), BackfillState.ACTIVE)
    assert (made.params, made.requested_at, made.ended_at, made.note) == ({"files": ["x.warc"]}, NOW, None, None)
    parts = ask(ready, lambda store: store.slices(made.id))
    assert [(part.position, part.plan) for part in parts] == [(0, plan("c")), (1, plan("b")), (2, plan("a"))]
    assert {(part.state, part.attempts, part.run_id) for part in parts} == {(SliceState.PLANNED, 0, None)}


def test_the_same_words_again_find_the_open_backfill(ready):
    made = opened(ready, "a")
    alike = lambda *given: ask(ready, lambda store: store.open_alike("gazette", *given))  # noqa: E731 - reads better below
    assert alike(SINCE, UNTIL, [Way.SITEMAP], {}) == made
    assert alike(SINCE, date(2016, 1, 1), [Way.SITEMAP], {}) is None
    assert alike(SINCE, UNTIL, [Way.LISTING], {}) is None
    assert alike(SINCE, UNTIL, [Way.SITEMAP], {"files": []}) is None
    assert alike(SINCE, UNTIL, [Way.SITEMAP], {"until": "2030-01-01"}) is None
    ask(ready, lambda store: store.steer(made.id, BackfillState.CANCELLED, LATER))
    assert alike(SINCE, UNTIL, [Way.SITEMAP], {}) is None


def test_what_was_asked_for_up_to_a_day_ahead_is_found_on_another_day(ready):
    asked = {"until": "2030-01-01"}
    store = lambda work: ask(ready, work)  # noqa: E731 - reads better below
    made = store(lambda held: held.open("gazette", SINCE, UNTIL, [Way.SITEMAP], params=asked, plans=[plan("a")], now=NOW))
    assert store(lambda held: held.open_alike("gazette", SINCE, UNTIL + timedelta(days=3), [Way.SITEMAP], asked)) == made
    assert store(lambda held: held.open_alike("gazette", SINCE, UNTIL, [Way.SITEMAP], {"until": "2031-01-01"})) is None
    assert store(lambda held: held.open_alike("gazette", SINCE, UNTIL, [Way.SITEMAP], {})) is None
    assert store(lambda held: held.open_alike("gazette", SINCE, date(2030, 1, 1), [Way.SITEMAP], {})) == made, "when that day has come"


def test_a_slice_from_its_plan_to_its_end(ready):
    made = opened(ready, "a", "b")
    first, second = ask(ready, lambda store: store.slices(made.id))
    run = run_of(ready, first)
    ask(ready, lambda store: store.begin(run.id, LATER))
    part = ask(ready, lambda store: store.slice_of(run.id))
    assert (part.id, part.state, part.attempts, part.started_at) == (first.id, SliceState.RUNNING, 1, LATER)
    ask(ready, lambda store: store.end(run.id, SliceState.DONE, {"new": 3}, None, LATER))
    part = ask(ready, lambda store: store.slice_of(run.id))
    assert (part.state, part.counts, part.ended_at) == (SliceState.DONE, {"new": 3}, LATER)
    assert ask(ready, lambda store: store.tally([made.id])) == {made.id: {SliceState.DONE: 1, SliceState.PLANNED: 1}}
    assert ask(ready, lambda store: store.slices(made.id, [SliceState.PLANNED])) == [second]


def test_an_end_that_comes_late_changes_nothing(ready):
    made = opened(ready, "a")
    [part] = ask(ready, lambda store: store.slices(made.id))
    run = run_of(ready, part)
    ask(ready, lambda store: store.end(run.id, SliceState.PLANNED, {}, None, LATER))
    ask(ready, lambda store: store.end(run.id, SliceState.FAILED, {}, "late", LATER))
    assert ask(ready, lambda store: store.slice_of(run.id)).state is SliceState.PLANNED


def test_a_slice_that_is_not_planned_gets_no_second_run(ready):
    made = opened(ready, "a")
    [part] = ask(ready, lambda store: store.slices(made.id))
    run = run_of(ready, part)
    ask(ready, lambda store: store.queue(part.id, run.id + 1000))
    assert ask(ready, lambda store: store.slices(made.id))[0].run_id == run.id


def test_failed_slices_are_planned_again_and_open_their_backfill(ready):
    made = opened(ready, "a", "b", "c")
    for part, state in zip(
        ask(ready, lambda store: store.slices(made.id)), (SliceState.FAILED, SliceState.ROBOTS, SliceState.DONE), strict=True
    ):
        run = run_of(ready, part)
        ask(ready, lambda store, run=run, state=state: store.end(run.id, state, {"gone": 1}, "why", LATER))
    ask(ready, lambda store: store.steer(made.id, BackfillState.DONE, LATER, "3 slices"))
    assert ask(ready, lambda store: store.unfinished()) == []
    assert ask(ready, lambda store: store.retry(made.id, LATER)) == 2
    again = ask(ready, lambda store: store.get(made.id))
    assert (again.state, again.ended_at) == (BackfillState.ACTIVE, None)
    assert ask(ready, lambda store: store.unfinished()) == [again]
    assert ask(ready, lambda store: store.retry(made.id, LATER)) == 0


def test_the_state_of_the_backfill_of_a_slice(ready):
    made = opened(ready, "a")
    [part] = ask(ready, lambda store: store.slices(made.id))
    assert ask(ready, lambda store: store.states_of([part.id, part.id + 100])) == {part.id: BackfillState.ACTIVE}
    ask(ready, lambda store: store.steer(made.id, BackfillState.PAUSED, LATER))
    assert ask(ready, lambda store: store.states_of([part.id])) == {part.id: BackfillState.PAUSED}


def test_a_slice_that_was_put_down_waits_with_its_run(ready):
    made = opened(ready, "a")
    [part] = ask(ready, lambda store: store.slices(made.id))
    run = run_of(ready, part)
    ask(ready, lambda store: store.begin(run.id, LATER))
    ask(ready, lambda store: store.wait(run.id))
    part = ask(ready, lambda store: store.slice_of(run.id))
    assert (part.state, part.attempts) == (SliceState.QUEUED, 1)


def test_names_that_are_not_known(ready):
    with pytest.raises(UnknownName, match="there is no backfill 7"):
        ask(ready, lambda store: store.get(7))
    with pytest.raises(UnknownName, match="nobody"):
        ask(ready, lambda store: store.open("nobody", SINCE, UNTIL, [Way.SITEMAP], params={}, plans=[], now=NOW))


def test_thousands_of_slices_are_kept_and_counted_in_few_statements(ready, monkeypatch):
    made = opened(ready, *(f"part-{k}" for k in range(5000)))
    assert len(ask(ready, lambda store: store.slices(made.id))) == 5000
    assert [part.position for part in ask(ready, lambda store: store.slices(made.id, [SliceState.PLANNED], 4))] == [0, 1, 2, 3]
