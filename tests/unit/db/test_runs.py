"""Runs: asked for once, worked on by one, ended by who holds them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from db.errors import LeaseLost, UnknownName
from db.records import SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind, RunState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SLOT = "2026-03-01T12:00"


@pytest.fixture
def ready(database):
    entries = [SourceEntry(name, name.title(), f"https://{name}.org/", None, (), "UTC", "0" * 64) for name in ("gazette", "matin")]
    database.transact(lambda tx: SourceStore(tx).sync(entries, NOW))
    return database


def request(database, source="gazette", kind=RunKind.CRAWL, **rest):
    return database.transact(lambda tx: RunStore(tx).request(source, kind, now=NOW, **rest))


def lease(database, run, owner, now=NOW, until=LATER):
    return database.transact(lambda tx: RunStore(tx).lease(run.id, owner, now, until))


def finish(database, run, state=RunState.DONE, **counts):
    database.transact(lambda tx: RunStore(tx).finish(run, state, counts, None, LATER))


def test_a_request_makes_a_queued_run(ready):
    run, made = request(ready, slot=SLOT, params={"limit": 5})
    assert made
    assert (run.source, run.kind, run.slot, run.state) == ("gazette", RunKind.CRAWL, SLOT, RunState.QUEUED)
    assert (run.params, run.counts, run.owner, run.fence, run.requested_at) == ({"limit": 5}, {}, None, 0, NOW)


def test_a_slot_has_one_run_for_ever(ready):
    run, _ = request(ready, slot=SLOT)
    assert request(ready, slot=SLOT) == (run, False)
    finish(ready, run)
    again, made = request(ready, slot=SLOT)
    assert (again.id, again.state, made) == (run.id, RunState.DONE, False)
    assert request(ready, slot=SLOT, kind=RunKind.BACKFILL)[1]
    assert request(ready, "matin", slot=SLOT)[1]
    assert request(ready, slot="2026-03-01T13:00")[1]


def test_the_same_command_again_goes_on_with_its_run(ready):
    run, _ = request(ready, kind=RunKind.BACKFILL, params={"since": "2024-01-01"})
    assert request(ready, kind=RunKind.BACKFILL, params={"since": "2024-01-01"}) == (run, False)
    assert request(ready, kind=RunKind.BACKFILL, params={"since": "2023-01-01"})[1]
    finish(ready, run)
    assert request(ready, kind=RunKind.BACKFILL, params={"since": "2024-01-01"})[1]


def test_torture_91_two_who_ask_at_once_get_one_run(ready):
    together, got = threading.Barrier(6), []

    def ask(**rest):
        together.wait(timeout=30)
        got.append(request(ready, **rest))

    threads = [threading.Thread(target=ask, kwargs={"slot": SLOT if n % 2 else None}) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made for _, made in got) == [False] * 4 + [True] * 2
    assert len({run.id for run, _ in got}) == 2


def test_an_unknown_source_is_reported(ready):
    with pytest.raises(UnknownName, match="nowhere"):
        request(ready, "nowhere")


def test_a_lease_starts_the_run_and_keeps_others_out_until_it_ends(ready):
    run, _ = request(ready)
    mine = lease(ready, run, "me")
    assert (mine.state, mine.owner, mine.fence, mine.started_at) == (RunState.RUNNING, "me", 1, NOW)
    assert lease(ready, run, "you") is None
    assert lease(ready, run, "me").fence == 2
    yours = lease(ready, run, "you", now=LATER, until=LATER + timedelta(minutes=5))
    assert (yours.owner, yours.fence, yours.started_at) == ("you", 3, NOW)


def test_torture_91_a_late_holder_cannot_end_a_run(ready):
    run, _ = request(ready)
    mine = lease(ready, run, "me")
    yours = lease(ready, run, "you", now=LATER, until=LATER + timedelta(minutes=5))
    with pytest.raises(LeaseLost, match="taken over"):
        finish(ready, mine)
    finish(ready, yours, fetched=3)
    ended = ready.transact(lambda tx: RunStore(tx).get(run.id))
    assert (ended.state, ended.counts, ended.owner, ended.ended_at) == (RunState.DONE, {"fetched": 3}, None, LATER)
    with pytest.raises(LeaseLost):
        finish(ready, yours)
    assert lease(ready, run, "you") is None


def test_renewing_keeps_a_run_and_releasing_frees_it(ready):
    run, _ = request(ready)
    lease(ready, run, "me")
    assert ready.transact(lambda tx: RunStore(tx).renew("me", LATER, LATER + timedelta(minutes=5))) == 1
    assert lease(ready, run, "you", now=LATER, until=LATER + timedelta(minutes=5)) is None
    assert ready.transact(lambda tx: RunStore(tx).release("me")) == 1
    assert lease(ready, run, "you") is not None


def test_what_an_owner_works_on(ready):
    first, second = request(ready)[0], request(ready, "matin")[0]
    for run in (second, first):
        lease(ready, run, "me")
    with ready.read() as tx:
        assert [run.id for run in RunStore(tx).owned("me")] == [first.id, second.id]
        assert RunStore(tx).owned("you") == []


def test_looking_back(ready):
    slots = ["2026-03-01T10:00", "2026-03-01T12:00", "2026-03-01T11:00"]
    made = [request(ready, slot=slot)[0] for slot in slots]
    other = request(ready, "matin", kind=RunKind.BACKFILL)[0]
    finish(ready, made[0], RunState.FAILED)
    with ready.read() as tx:
        store = RunStore(tx)
        assert [run.id for run in store.recent()] == [other.id, *(run.id for run in reversed(made))]
        assert [run.id for run in store.recent(limit=1)] == [other.id]
        assert [run.id for run in store.recent("gazette", RunKind.CRAWL, 2)] == [made[2].id, made[1].id]
        assert store.recent("gazette", RunKind.BACKFILL) == []
        assert store.last_slot("gazette", RunKind.CRAWL).slot == "2026-03-01T12:00"
        assert store.last_slot("matin", RunKind.BACKFILL) is None
        assert store.last_slots(RunKind.CRAWL) == {"gazette": "2026-03-01T12:00"}
        assert [run.id for run in store.open_runs()] == [made[1].id, made[2].id, other.id]
        with pytest.raises(UnknownName):
            store.get(999)


def test_only_the_holder_notes_how_far_a_run_is(ready):
    run, _ = request(ready, kind=RunKind.REPLAY, params={"file": "x"})
    held = lease(ready, run, "me")
    ready.transact(lambda tx: RunStore(tx).note(held, {"offset": 7}))
    late = lease(ready, run, "you", now=LATER, until=LATER + timedelta(minutes=5))
    assert late.counts == {"offset": 7}
    with pytest.raises(LeaseLost, match="has been taken over"):
        ready.transact(lambda tx: RunStore(tx).note(held, {"offset": 9}))
    ready.transact(lambda tx: RunStore(tx).note(late, {"offset": 8}))
    finish(ready, late, RunState.STOPPED, offset=8)
    with pytest.raises(LeaseLost):
        ready.transact(lambda tx: RunStore(tx).note(late, {"offset": 10}))


def test_the_last_run_that_did_the_same_is_found(ready):
    def alike(run):
        with ready.read() as tx:
            return RunStore(tx).last_alike(run)

    first, _ = request(ready, kind=RunKind.REPLAY, params={"file": "x"})
    assert alike(first) is None
    finish(ready, lease(ready, first, "me"), RunState.STOPPED, offset=3)
    other, _ = request(ready, kind=RunKind.REPLAY, params={"file": "y"})
    again, _ = request(ready, kind=RunKind.REPLAY, params={"file": "x"})
    elsewhere, _ = request(ready, "matin", kind=RunKind.REPLAY, params={"file": "x"})
    assert (alike(other), alike(elsewhere)) == (None, None)
    assert (alike(again).id, alike(again).counts, alike(again).state) == (first.id, {"offset": 3}, RunState.STOPPED)
