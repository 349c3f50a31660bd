"""For how long a source was out of reach, said by the first run that is answered again. What a run in vain holds is kept by its own end."""

from __future__ import annotations

from itertools import takewhile

from db.engine import Transaction
from db.records import Run
from db.runs import RunStore
from db.vocabulary import RunKind, RunState

LOOKED_AT = 200
"""Earlier runs that are looked at; a longer row of failures is said to be at least that long."""


def gap_before(tx: Transaction, run: Run) -> str | None:
    """Say since when a source could not be reached before this run, and how many visits were in vain; None if the last one was not."""
    before = _crawls(tx, run, 3)
    if not before or before[0].state is not RunState.FAILED:
        return None
    before = _crawls(tx, run, LOOKED_AT)
    in_vain = list(takewhile(lambda each: each.state is RunState.FAILED, before))
    heard = before[len(in_vain)] if len(in_vain) < len(before) else None
    since = f"since {heard.ended_at:%Y-%m-%d %H:%M} UTC" if heard else "ever"
    visits = "visit" if len(in_vain) == 1 else "visits"
    advice = f"what feeds no longer name may be missing: `veille backfill {run.source}`"
    return f"the first answer {since}: {len(in_vain)} {visits} in vain; {advice}"


def _crawls(tx: Transaction, run: Run, limit: int) -> list[Run]:
    """The finished crawls before this one, newest first."""
    return [each for each in RunStore(tx).recent(run.source, RunKind.CRAWL, limit) if each.id < run.id and each.ended_at is not None]
