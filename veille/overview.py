"""What is stored, under way and failed, source by source: the values `veille status` prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from db.chores import ChoreStore
from db.engine import Transaction
from db.health import HealthStore
from db.leases import owner_is_gone
from db.pages import PageStore
from db.query import ArticleQuery
from db.records import Health, Run, SourceRow
from db.runs import RunStore
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import FailureClass, HealthState, RunKind, RunState
from pipeline.slices import summary
from veille.watch import Watch

FAILURES = frozenset(FailureClass)


def overview(watch: Watch, names: Sequence[str] = (), *, now: datetime) -> dict[str, Any]:
    """Return the state of the whole watch, or of the sources in `names`.

    Keys: `database`, `articles`, `unread_pages`, `sources` (one mapping each: name, state, articles, statuses,
    paused, last_article, last_run (its latest crawl), failures (of that), health), `open_runs`, `backfills` that are not over, and
    `to_read_again` (kept pages, by source, that reading again would serve).
    """
    with watch.database.read() as tx:
        known = [row for row in SourceStore(tx).list() if not names or row.name in names]
        runs, health = RunStore(tx), HealthStore(tx).all()
        return {
            "database": watch.database.where,
            "articles": ArticleQuery(tx).count(),
            "unread_pages": PageStore(tx).unread(None),
            "sources": [_source(tx, row, health.get(row.name), now) for row in known],
            "open_runs": [_run(run) for run in runs.open_runs() if not names or run.source in names],
            "backfills": _backfills(tx, names),
            "to_read_again": _to_read_again(tx, names),
        }


def _backfills(tx: Transaction, names: Sequence[str]) -> list[dict[str, Any]]:
    """The backfills that are not over, oldest first, with how their slices stand in words."""
    open_ = [each for each in BackfillStore(tx).unfinished() if not names or each.source in names]
    tallies = BackfillStore(tx).tally([each.id for each in open_])
    return [
        {
            "id": each.id,
            "source": each.source,
            "since": each.since,
            "until": each.until,
            "state": each.state,
            "slices": summary(tallies[each.id]),
        }
        for each in open_
    ]


def _to_read_again(tx: Transaction, names: Sequence[str]) -> dict[str, int]:
    """Of the sources that were learned by themselves, the pages read without what was learned: as counted then."""
    noted = ChoreStore(tx).get("learn")
    found = {}
    for name, count in (noted.outcome.get("better", {}) if noted else {}).items():
        last = next(iter(RunStore(tx).recent(source=name, kind=RunKind.REPROCESS, limit=1)), None)
        done = last is not None and last.ended_at is not None and noted is not None and last.ended_at > noted.at
        if count and not done and (not names or name in names):
            found[name] = int(count)
    return found


def _source(tx: Transaction, row: SourceRow, health: Health | None, now: datetime) -> dict[str, Any]:
    articles = ArticleQuery(tx).from_source(row.name)
    statuses = articles.statuses()
    newest = next(iter(articles.hits(limit=1)), None)
    runs = RunStore(tx).recent(source=row.name, kind=RunKind.CRAWL, limit=1)  # a slice or a re-reading says nothing of the news
    last = runs[0] if runs else None
    return {
        "name": row.name,
        "title": row.title,
        "state": row.state,
        "paused": row.is_paused(now),
        "paused_until": row.paused_until if row.is_paused(now) else None,
        "pause_reason": row.pause_reason if row.is_paused(now) else None,
        "articles": sum(statuses.values()),
        "statuses": statuses,
        "last_article": None
        if newest is None
        else {"uid": newest.article.uid, "title": newest.article.title, "published_on": newest.article.published_on},
        "last_run": None if last is None else _run(last),
        "failures": {} if last is None else {word: count for word, count in last.counts.items() if word in FAILURES},
        "health": _health(health),
    }


def _health(health: Health | None) -> dict[str, Any]:
    """A source that no crawl has given cause to worry about is well."""
    if health is None:
        return {"state": HealthState.OK, "evidence": "", "since": None}
    return {"state": health.state, "evidence": health.evidence, "since": health.since}


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "source": run.source,
        "kind": run.kind,
        "slot": run.slot,
        "state": run.state,
        "cut_off": run.state is RunState.RUNNING and run.owner is not None and owner_is_gone(run.owner),
        "since": run.started_at or run.requested_at,
        "ended_at": run.ended_at,
        "counts": run.counts,
        "note": run.note,
    }
