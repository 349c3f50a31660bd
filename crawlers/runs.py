"""How a run begins: its row, what earlier runs left unfetched, its seeds. Leasing and ending it are the session's business."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crawlers.discovery.seeds import seeds
from crawlers.source import Source
from db.engine import Transaction
from db.frontier import FrontierStore
from db.records import Run
from db.runs import OPEN, RunStore
from db.vocabulary import RunKind


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
    working = frontier.working_guesses(source.name)
    first = seeds(source, kind, run.params, run.requested_at, working=working)
    if made or not frontier.pending([run.id]).get(run.id):
        frontier.offer(source.name, run.id, first, now=now)
    return run
