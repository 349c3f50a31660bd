"""Figures for monitors, counted so that asking often costs little: from indexes, and apart what has to walk through a large one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, literal_column, select, text

from db.engine import Transaction
from db.models import articles, backfills, frontier, health, pages, runs, slices, sources
from db.monitoring import SourceFigures, StockFigures, WorkFigures
from db.runs import OPEN
from db.vocabulary import HealthState, RunKind, RunState

UNREAD = text("state = 'unread'")
"""Written out, not bound: only so do both databases see that the index of unread pages will do."""


def work_figures(tx: Transaction, now: datetime) -> WorkFigures:
    """Return what is to be done and how the sources are. The cost follows what is open, and the number of sources, not what is kept."""
    open_runs = select(runs.c.kind, runs.c.state, func.count()).where(runs.c.state.in_(OPEN)).group_by(runs.c.kind, runs.c.state)
    of_slices = select(slices.c.state, func.count()).join(backfills, backfills.c.id == slices.c.backfill_id)
    of_slices = of_slices.where(backfills.c.ended_at.is_(None)).group_by(slices.c.state)
    return WorkFigures(
        waiting=int(tx.scalar(select(func.count()).select_from(frontier).where(frontier.c.due_at.is_not(None))) or 0),
        unread=int(tx.scalar(select(func.count()).select_from(pages).where(UNREAD)) or 0),
        open_runs={(str(kind), str(state)): int(number) for kind, state, number in tx.execute(open_runs)},
        slices={str(state): int(number) for state, number in tx.execute(of_slices)},
        sources=_sources(tx, now),
    )


def stock_figures(tx: Transaction) -> StockFigures:
    """Return how much is kept. Walks through whole indexes, so half a second with a million articles: not to be asked every minute."""
    of_articles = select(articles.c.source_id, func.count()).group_by(articles.c.source_id)
    names = {row.id: str(row.name) for row in tx.execute(select(sources.c.id, sources.c.name))}
    of_pages = select(pages.c.state, func.count()).group_by(pages.c.state)
    ended = select(runs.c.kind, runs.c.state, func.count()).where(runs.c.state.not_in(OPEN)).group_by(runs.c.kind, runs.c.state)
    return StockFigures(
        articles={names[source_id]: int(number) for source_id, number in tx.execute(of_articles)},
        pages={str(state): int(number) for state, number in tx.execute(of_pages)},
        ended_runs={(str(kind), str(state)): int(number) for kind, state, number in tx.execute(ended)},
    )


def _sources(tx: Transaction, now: datetime) -> list[SourceFigures]:
    crawl = (runs.c.kind + "") == RunKind.CRAWL  # adding nothing keeps SQLite from sorting all crawls of a source for it
    done = select(runs.c.ended_at).where(runs.c.source_id == sources.c.id, crawl, runs.c.state == RunState.DONE)
    newest = done.order_by(runs.c.id.desc()).limit(1).scalar_subquery()  # from the end of the source's own runs
    state = func.coalesce(health.c.state, literal_column(f"'{HealthState.OK.value}'"))
    paused = sources.c.paused & (sources.c.paused_until.is_(None) | (sources.c.paused_until > now))
    query = select(sources.c.name, paused.label("paused"), state.label("health"), newest.label("done_at"))
    query = query.outerjoin(health, health.c.source_id == sources.c.id).where(sources.c.state == "active").order_by(sources.c.name)
    return [_figures(row.name, row.health, row.done_at, paused=bool(row.paused)) for row in tx.execute(query)]


def _figures(name: str, state: str, done_at: datetime | None, *, paused: bool) -> SourceFigures:
    return SourceFigures(name=name, health=HealthState(state), paused=paused, done_at=done_at)
