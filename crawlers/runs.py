"""How a run begins: its row, what earlier runs left unfetched, its seeds. Leasing and ending it are the session's business."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crawlers.discovery import priorities
from crawlers.discovery.seeds import seeds
from crawlers.revisits import MOST, WINDOW, plan
from crawlers.source import Source
from db.engine import Transaction
from db.frontier import FrontierStore
from db.records import Run
from db.revisits import RevisitStore
from db.runs import OPEN, RunStore
from db.vocabulary import ELSEWHERE, RunKind


def open_run(tx: Transaction, source: Source, kind: RunKind, *, slot: str | None, params: Mapping[str, Any], now: datetime) -> Run:
    """Return the run that does what is asked, ready to be worked on; the source must be in the source table already.

    An open run of the same source, kind and parameters (or of the same slot) is gone on with. A run made now is offered
    the source's seeds; so is an open one that has nothing to do. A new crawl also takes over what earlier runs of its source
    left unfetched; a backfill does not, for that may lie outside its range.
    """
    store, frontier = RunStore(tx), FrontierStore(tx)
    run, made = store.request(source.name, kind, slot=slot, params=params, now=now)
    if run.state not in OPEN:
        return run
    if made and kind is RunKind.CRAWL:
        frontier.adopt(source.name, run.id)
    first = seeds(source, kind, run.params, run.requested_at, working=frontier.working(source.name))
    if made or not frontier.pending([run.id]).get(run.id):
        offered = frontier.offer(source.name, run.id, first, now=now)
        if offered.elsewhere:
            store.count(run.id, ELSEWHERE, offered.elsewhere)
    if made and kind is RunKind.CRAWL and _revisit(tx, source.name, run.id, now):
        return store.get(run.id)
    return run


def _revisit(tx: Transaction, source: str, run_id: int, now: datetime) -> int:
    """Give a new crawl the articles whose time has come; returns how many there are."""
    store = RevisitStore(tx)
    due = store.due(source, now, MOST)
    if not due:
        return 0
    made, later = plan(due, store.habits(source, now - WINDOW), now)
    store.postpone(later)
    wanted = store.request(made, run_id, priorities.REVISIT, now)
    if wanted:
        RunStore(tx).expect(run_id, {"revisits": wanted})
    return wanted
