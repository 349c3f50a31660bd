"""Backfills at work: which slice is begun next, what its end means, and when the whole is over.

Slices are planned in `pipeline.planning`; fetching and reading for a slice is that of any run. Everything here happens in the
caller's transactions, so that a kill at any moment leaves a slice either planned or with a run that can be gone on with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crawlers.registry import Registry
from crawlers.runs import open_run
from crawlers.source import Source
from db.engine import Transaction
from db.errors import BackfillError, UnknownName
from db.frontier import FrontierStore
from db.lost import has_lost_lists
from db.plans import Backfill, Slice
from db.records import Run
from db.runs import RunStore
from db.slices import UNDER_WAY, UNFINISHED, BackfillStore
from db.vocabulary import ELSEWHERE, LISTED, BackfillState, FailureClass, PageState, RunKind, RunState, Skip, SliceState, Way

AT_ONCE = 4
"""Slices of one backfill that are under way together. They share their host's pace: more would only mix up the order."""
REPLAYED = (Way.WAYBACK, Way.WARC)
"""Ways that bring what others kept."""
STOPPING = (BackfillState.PAUSED, BackfillState.CANCELLED)
FAILURES = frozenset(FailureClass)
MOST_ATTEMPTS = 10
"""Runs a slice gets because a crawl was in its way; then it has failed, so that somebody hears of it and the backfill ends."""
HINDERED = (
    "not looked through: crawls of the source had {number} of its addresses in hand each of {attempts} times; "
    "`veille backfills retry {backfill}` looks again"
)


def params_of(backfill: Backfill, part: Slice) -> dict[str, Any]:
    """The parameters of the run that works on a slice."""
    days = {"since": backfill.since.isoformat(), "until": backfill.until.isoformat()}
    return {**days, "way": part.plan.way.value, "slice": part.id, **part.plan.params}


def open_next(tx: Transaction, backfill_id: int, registry: Registry, now: datetime) -> list[Run]:
    """Give the next planned slices of a backfill their runs, as many as may be under way; close it if nothing is left to do.

    A source whose file is gone begins nothing, and its slices wait for it (`waits_for`). Whoever asks at the same time waits and then
    finds less to do.
    """
    store = BackfillStore(tx)
    backfill = store.lock(backfill_id)
    if backfill.ended_at is not None:
        return []
    tally = store.tally([backfill_id])[backfill_id]
    under_way = sum(tally.get(state, 0) for state in UNDER_WAY)
    opened: list[Run] = []
    if backfill.state is BackfillState.ACTIVE and under_way < AT_ONCE:
        source = _source(registry, backfill.source)
        for part in _next(tx, store, backfill, AT_ONCE - under_way):
            if source is None:
                return opened
            kind = RunKind.REPLAY if part.plan.way in REPLAYED else RunKind.BACKFILL
            run = open_run(tx, source, kind, slot=None, params=params_of(backfill, part), now=now)
            store.queue(part.id, run.id)
            opened.append(run)
    _settle(store, backfill, now)
    return opened


def _next(tx: Transaction, store: BackfillStore, backfill: Backfill, room: int) -> Sequence[Slice]:
    """The planned slices to begin; one that a crawl of the source was in the way of waits until no crawl is open."""
    planned = store.slices(backfill.id, [SliceState.PLANNED], room)
    if not any(part.counts.get(ELSEWHERE) for part in planned):
        return planned
    crawled = any(run.kind is RunKind.CRAWL and run.source == backfill.source for run in RunStore(tx).open_runs())
    return [part for part in planned if not (crawled and part.counts.get(ELSEWHERE))]


def end_slice(
    tx: Transaction, run_id: int, state: RunState, counts: Mapping[str, int], *, asked: bool, note: str | None, now: datetime
) -> None:
    """Note what the end of a run means for its slice, if it has one. A stopped one is planned again, as is one a crawl was in the way of.

    `asked`: whether anything was answered at all; where nothing was, nobody has looked.
    """
    store = BackfillStore(tx)
    part = store.slice_of(run_id)
    if part is None or part.state not in UNDER_WAY:
        return
    ended = slice_state(part.plan.way, state, counts, lost=has_lost_lists(tx, run_id) or not asked)
    if state is RunState.STOPPED and counts.get(FailureClass.BLOCKED):  # a bot wall: to ask again at once would be a siege
        ended = SliceState.FAILED
    elif counts.get(ELSEWHERE) and state is not RunState.STOPPED:
        ended = SliceState.PLANNED if part.attempts < MOST_ATTEMPTS else SliceState.FAILED
        if ended is SliceState.FAILED:
            note = HINDERED.format(number=counts[ELSEWHERE], attempts=part.attempts, backfill=part.backfill_id)
    store.end(run_id, ended, counts, None if ended is SliceState.DONE else note, now)
    _settle(store, store.lock(part.backfill_id), now)


def slice_state(way: Way, state: RunState, counts: Mapping[str, int], *, lost: bool = False) -> SliceState:
    """What became of a slice whose run ended so. A month without a page had no articles: many systems answer 404 then.

    `lost`: a page that lists articles was not to be had, so that nobody knows what is missing.
    """
    if state is RunState.STOPPED:
        return SliceState.PLANNED
    brought = sum(counts.get(word, 0) for word in (LISTED, PageState.READ, Skip.KNOWN))
    failures = {word for word in FAILURES if counts.get(word)}
    if failures == {FailureClass.ROBOTS} and not brought:
        return SliceState.ROBOTS
    if way is Way.ARCHIVE and failures == {FailureClass.GONE} and not brought:
        return SliceState.EMPTY
    if state is RunState.FAILED or lost or (failures and not brought):
        return SliceState.FAILED
    return SliceState.DONE if brought else SliceState.EMPTY


def waits_for(backfill: Backfill, registry: Registry) -> str | None:
    """What a backfill that is not over waits for, in words: the file of its source, where there is none that can be used."""
    if backfill.ended_at is not None or _source(registry, backfill.source) is not None:
        return None
    return f"waits: there is no usable source file {backfill.source}.toml; it goes on when there is"


def unwanted(tx: Transaction, runs: Sequence[Run]) -> dict[int, BackfillState]:
    """Which of these runs belong to a backfill that has been paused or cancelled meanwhile, and which of the two."""
    parts = {int(run.params["slice"]): run.id for run in runs if "slice" in run.params}
    if not parts:
        return {}
    states = BackfillStore(tx).states_of(list(parts))
    return {parts[part]: state for part, state in states.items() if state in STOPPING}


def _settle(store: BackfillStore, backfill: Backfill, now: datetime) -> None:
    """Close a backfill of which no slice is left; one that begins nothing more is paused once the last under way has ended."""
    tally = Counter(store.tally([backfill.id])[backfill.id])
    if backfill.ended_at is not None or any(tally[state] for state in UNDER_WAY):
        return
    if not any(tally[state] for state in UNFINISHED):
        store.steer(backfill.id, BackfillState.DONE, now, summary(tally))
    elif backfill.state is BackfillState.DRAINING:
        store.steer(backfill.id, BackfillState.PAUSED, now)


def summary(tally: Mapping[SliceState, int]) -> str:
    """How many slices ended how, in words."""
    words = {
        SliceState.DONE: "done",
        SliceState.EMPTY: "empty",
        SliceState.FAILED: "failed",
        SliceState.ROBOTS: "forbidden by robots.txt",
        SliceState.PLANNED: "planned",
        SliceState.QUEUED: "queued",
        SliceState.RUNNING: "running",
    }
    said = ", ".join(f"{tally[state]} {word}" for state, word in words.items() if tally.get(state))
    number = sum(tally.values())
    return f"{number} slice{'s' if number != 1 else ''}: {said}" if said else "no slices"


def _source(registry: Registry, name: str) -> Source | None:
    try:
        return registry.get(name)
    except UnknownName:
        return None


def steer(tx: Transaction, backfill_id: int, state: BackfillState, now: datetime) -> Backfill:
    """Pause, drain, go on with or cancel a backfill that is not over. Raises UnknownName, BackfillError if it is over."""
    store = BackfillStore(tx)
    backfill = store.lock(backfill_id)
    if backfill.ended_at is not None:
        raise BackfillError(f"backfill {backfill_id} is {backfill.state} already: ask for it anew with `veille backfill`")
    store.steer(backfill_id, state, now)
    if state is BackfillState.CANCELLED:
        _withdraw(tx, backfill_id, now)
    _settle(store, store.get(backfill_id), now)
    return store.get(backfill_id)


def retry(tx: Transaction, backfill_id: int, now: datetime) -> int:
    """Plan the failed and forbidden slices of a backfill again; return how many there are. Raises UnknownName."""
    store = BackfillStore(tx)
    store.lock(backfill_id)
    return store.retry(backfill_id, now)


def _withdraw(tx: Transaction, backfill_id: int, now: datetime) -> None:
    """Take back the runs that nobody has begun; whoever works on others puts them down himself."""
    store, runs, frontier = BackfillStore(tx), RunStore(tx), FrontierStore(tx)
    for part in store.slices(backfill_id, [SliceState.QUEUED]):
        if part.run_id is not None and runs.withdraw(part.run_id, now):
            frontier.release(part.run_id)
            store.end(part.run_id, SliceState.PLANNED, {}, None, now)
