"""The check-up of a source after each of its crawls: gathers what `pipeline.health` judges by, and writes down the verdict."""

from __future__ import annotations

from datetime import datetime, timedelta

from db.engine import Transaction
from db.health import HealthStore
from db.records import Health, Run
from db.runs import RunStore
from db.vocabulary import HealthState, RunKind
from pipeline.collapse import LATE
from pipeline.health import BASELINE_RUNS, assess

RECENT = 3 * BASELINE_RUNS
"""Latest crawls looked at: many bring no page at all."""
RHYTHM = timedelta(weeks=8)
"""How far back the days count on which a source published."""
ACCUSTOMED = timedelta(days=30)
"""How long a change of layout is held against what was before it; then what came after has become the rule."""


def figures(tx: Transaction, run: Run) -> dict[str, int]:
    """What a crawl's end counts so that later ones can be compared with it; nothing for other runs."""
    return HealthStore(tx).figures(run) if run.kind is RunKind.CRAWL else {}


def check_up(tx: Transaction, run: Run, now: datetime) -> None:
    """Judge a source anew, after one of its crawls has been finished in this transaction."""
    if run.kind is not RunKind.CRAWL:
        return
    store, runs = HealthStore(tx), RunStore(tx)
    known = store.lock(run.source)
    before = known.state if known else HealthState.OK
    ended = [each for each in runs.recent(run.source, RunKind.CRAWL, RECENT) if each.ended_at is not None]
    baseline = None
    if known and known.state is HealthState.LAYOUT and now - known.since < ACCUSTOMED:
        baseline = runs.recent(run.source, RunKind.CRAWL, RECENT, ended_before=known.since)
    today = now.date()
    days = [] if any(each.counts.get("new") for each in ended[:LATE]) else store.days(run.source, today - RHYTHM)
    verdict = assess(ended, days, today, before, baseline)
    if verdict is None or (known is None and verdict.state is HealthState.OK):
        return
    since = known.since if known and known.state is verdict.state else now
    found = Health(run.source, verdict.state, verdict.evidence, since)
    if found != known:
        store.put(found)
