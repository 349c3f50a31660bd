"""Kept pages read again with today's reader: which, what that would change, and the runs that do it, one a source."""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta

from crawlers.clock import Clock
from crawlers.registry import Registry
from db import parts
from db.archive import ArchiveReader
from db.engine import Database, Transaction
from db.errors import LeaseLost, UnknownName
from db.leases import owner_name, reclaim_dead
from db.pages import PageStore
from db.readings import Article, Choice
from db.records import Run
from db.rereading import RereadStore
from db.runs import RunStore
from db.sources import SourceStore
from db.templates import TemplateStore
from db.vocabulary import RunKind, RunState
from pipeline.conditions import parse_conditions
from pipeline.differences import Differences, as_saved, compare, summed
from pipeline.jobs import busy
from pipeline.reader_pool import ReaderPool
from pipeline.reading import READING_VERSION
from pipeline.report import RunReport
from pipeline.rereading import CHOSEN, CURSOR, LEASE, Desk, Rereading, readings
from pipeline.session import SessionSpec
from pipeline.steps.template import LEARNING_VERSION
from pipeline.templates_in_use import TemplatesInUse

SAMPLE = 50
SEED = 1
"""Of the sample: the same pages each time, as long as the same are chosen."""
GO_ON = "cut short; the same command goes on where it was"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks to have read again. Without `where`: what an older reader read, or what did not know the template of today."""

    names: tuple[str, ...] = ()
    """Sources; none: all that pages are kept of."""
    where: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def params(self) -> dict[str, str]:
        """As a run keeps it."""
        said = {"where": self.where.strip(), "since": self.since and self.since.isoformat(), "until": self.until and self.until.isoformat()}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class RereadProgress:
    """How far one source is."""

    source: str
    done: int
    chosen: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The pages of one source that were chosen."""

    source: str
    ids: array[int]


def choose(database: Database, registry: Registry, wanted: Wanted) -> list[Chosen]:
    """Return the pages that are to be read again, by source. Raises QueryError, UnknownName.

    Sources without any are left out, but for those where a run that was cut off has only its end to write.
    """
    conditions = parse_conditions(wanted.where) if wanted.where.strip() else ()
    with database.read() as tx:
        store = RereadStore(tx)
        known = store.sources()
        for name in wanted.names:
            if name not in known and name not in {row.name for row in SourceStore(tx).list()}:
                registry.get(name)
        choices = _choices(tx, registry, wanted.names or known)
        chosen = [
            Chosen(name, store.chosen(name, replace(choice, conditions=conditions, since=wanted.since, until=wanted.until)))
            for name, choice in choices.items()
        ]
        begun = {run.source for run in RunStore(tx).open_runs() if run.kind is RunKind.REPROCESS and run.params == wanted.params}
    return [one for one in chosen if one.ids or one.source in begun]


def stale(tx: Transaction, registry: Registry, names: Sequence[str]) -> dict[str, int]:
    """Return how many pages of each of these sources would be read again if nothing else were asked; those without any are left out."""
    counts = {name: RereadStore(tx).count(name, choice) for name, choice in _choices(tx, registry, names).items()}
    return {name: count for name, count in counts.items() if count}


def _choices(tx: Transaction, registry: Registry, names: Sequence[str]) -> dict[str, Choice]:
    learned = TemplateStore(tx).learned_at(LEARNING_VERSION)
    return {name: Choice(READING_VERSION, learned.get(name) if _uses_template(registry, name) else None) for name in dict.fromkeys(names)}


def _uses_template(registry: Registry, name: str) -> bool:
    try:
        return registry.get(name).template
    except UnknownName:
        return False


def preview(
    spec: SessionSpec,
    database: Database,
    registry: Registry,
    chosen: Sequence[Chosen],
    *,
    sample: int = SAMPLE,
    on_page: Callable[[], None] = lambda: None,
) -> Differences:
    """Read a sample, spread over all that is chosen, and say what would change; `sample` 0 starts nothing. Nothing is stored."""
    if not sample:
        return summed([], (0, 0))
    with database.read() as tx:
        pages = PageStore(tx).several(_sample(chosen, sample))
        standing = RereadStore(tx).standing([page.id for page in pages])
    differences, before, after = [], 0, 0
    with _desk(spec, database, registry) as desk:
        for page, reading in readings(desk, pages):
            stands = standing.get(page.id)
            differences.append(compare(page, stands, reading))
            if stands and isinstance(reading, Article):
                saved = as_saved(page, stands, reading)
                before += len(parts.text_at(stands.metadata, stands.text, page.url))
                after += len(parts.text_at(saved.metadata, saved.text, page.url))
            on_page()
    return summed(differences, (before, after))


def _sample(chosen: Sequence[Chosen], size: int) -> list[int]:
    total = sum(len(one.ids) for one in chosen)
    places = sorted(random.Random(SEED).sample(range(total), min(size, total)))  # noqa: S311 - a sample, no secret
    found, start = [], 0
    for one in chosen:
        found += [one.ids[place - start] for place in places if start <= place < start + len(one.ids)]
        start += len(one.ids)
    return found


def reprocess(
    spec: SessionSpec,
    database: Database,
    registry: Registry,
    wanted: Wanted,
    chosen: Sequence[Chosen],
    *,
    at_most: timedelta | None = None,
    on_progress: Callable[[RereadProgress], None] = lambda _: None,
) -> list[RunReport]:
    """Read again what was chosen, source by source, and store what comes of it; the same call goes on with what was cut off.

    A run that somebody alive is working on is left to them. `at_most` ends the work early.
    """
    deadline = time.monotonic() + at_most.total_seconds() if at_most else None
    reports = []
    with _desk(spec, database, registry) as desk:
        for one in chosen:
            if deadline and time.monotonic() >= deadline:
                break
            run = _begin(desk, one, wanted)
            if run.owner != desk.owner:
                reports.append(busy(database, run))
                continue
            lease = max(LEASE, timedelta(seconds=spec.page_timeout * 6))
            reports.append(_work(desk, run, one, deadline=deadline, lease=lease, on_progress=on_progress))
    return reports


def _work(
    desk: Desk, run: Run, one: Chosen, *, deadline: float | None, lease: timedelta, on_progress: Callable[[RereadProgress], None]
) -> RunReport:
    started, cursor = time.monotonic(), run.counts.get(CURSOR, 0)
    ids = array("q", (page_id for page_id in one.ids if page_id > cursor))
    work = Rereading(desk, run, ids, lease)
    try:
        while not work.over and not (deadline and time.monotonic() >= deadline):
            work.turn()
            counts = {word: count for word, count in work.counts.items() if word not in {CURSOR, CHOSEN}}
            on_progress(RereadProgress(run.source, len(ids) - work.left, len(ids), counts))
        state, note = _end(desk, work)
    except LeaseLost:
        state, note = RunState.STOPPED, "another process has taken this run over"
    finally:
        work.put_down()
    counts = {word: count for word, count in work.counts.items() if word != CURSOR}
    return RunReport(run.id, run.source, run.kind, state, counts, note, time.monotonic() - started)


def _end(desk: Desk, work: Rereading) -> tuple[RunState, str | None]:
    if not work.over:
        return RunState.STOPPED, GO_ON
    counts = {word: count for word, count in work.counts.items() if word != CURSOR}
    desk.database.transact(lambda tx: RunStore(tx).finish(work.run, RunState.DONE, counts, None, desk.clock()))
    return RunState.DONE, None


def _begin(desk: Desk, one: Chosen, wanted: Wanted) -> Run:
    """The run that does it, leased unless somebody else works on it. One that was cut off and asked for something else is closed."""
    now = desk.clock()

    def work(tx: Transaction) -> Run:
        store = RunStore(tx)
        reclaim_dead(tx, now)
        for other in store.open_runs():
            if other.source == one.source and other.kind is RunKind.REPROCESS and other.params != wanted.params:
                mine = store.lease(other.id, desk.owner, now, now + LEASE)
                if mine is None:
                    return other
                store.finish(mine, RunState.STOPPED, _without_cursor(mine), "given up for another re-reading", now)
        run, made = store.request(one.source, RunKind.REPROCESS, params=wanted.params, now=now)
        leased = store.lease(run.id, desk.owner, now, now + LEASE)
        if leased is not None and made:
            store.advance(leased, {CHOSEN: len(one.ids)}, now + LEASE)
            leased = store.get(run.id)
        return leased or store.get(run.id)

    return desk.database.transact(work)


def _without_cursor(run: Run) -> dict[str, int]:
    return {word: count for word, count in run.counts.items() if word != CURSOR}


@contextmanager
def _desk(spec: SessionSpec, database: Database, registry: Registry) -> Iterator[Desk]:
    pool = ReaderPool(spec.readers, spec.page_timeout)
    clock = Clock(spec.engine.clock_offset)
    archive, templates = ArchiveReader(spec.engine.archive), TemplatesInUse(database)
    try:
        yield Desk(database, archive, registry, pool, templates, spec.readers, owner_name(), clock)
    finally:
        pool.close()
