"""Bringing back what a source published in a range of days: planned, kept, and worked on until every slice is over.

The service works on backfills beside the news; here one is worked on alone, for somebody who waits for it.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final

from crawlers.archives import Archives, Means, find_archives, sample
from crawlers.captures import plan_wayback
from crawlers.clock import Clock
from crawlers.discovery.scope import Scope
from crawlers.fetch import Fetched
from crawlers.registry import Registry
from crawlers.source import Source
from crawlers.turns import OnWait, fetch_in_turn
from db.engine import Database, Transaction
from db.leases import reclaim_dead
from db.pages import PageStore
from db.plans import Backfill, Slice, SlicePlan
from db.query import ArticleQuery
from db.records import Run
from db.runs import RunStore
from db.slices import UNDER_WAY, BackfillStore
from db.sources import SourceStore
from db.vocabulary import BackfillState, SliceState, Way
from pipeline import planning
from pipeline.journal import tell
from pipeline.planning import OWN_WAYS, BackfillPlan
from pipeline.report import RunReport
from pipeline.session import Progress, Session, SessionSpec
from pipeline.slices import STOPPING, open_next, unwanted, waits_for
from pipeline.warc_feed import loaded_of
from pipeline.warc_replay import plan_warc

LOOK_SECONDS: Final = 1.0
"""How often the slices are looked at while runs are under way."""
LOOK_EVERY: Final = timedelta(seconds=2)
"""How often a service looks at its backfills."""
PROGRESS_SECONDS: Final = 1.0
GAP_SHARE: Final = 0.2
"""A month with less than this share of the usual month's articles is called a gap."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for: articles of `source` published in [since, until), by these ways."""

    source: str
    since: date
    until: date
    ways: tuple[Way, ...] = ()
    """None named: sitemaps and pages by date, and sections where neither is there."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """By way, what it needs to know: for `wayback` the base of the web archive, for `warc` the files, and `copy`; `until`, the day that was
    asked for, if it lay ahead."""


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """How far a backfill is."""

    backfill: Backfill
    tally: Mapping[SliceState, int]
    fetched: int
    """Pages fetched for it so far."""
    remaining: int | None
    """Requests that are likely to follow; None as long as nothing tells."""
    seconds_left: float | None
    """At the pace of this session; None until there is one."""
    runs: Sequence[Progress] = ()


@dataclass(frozen=True, slots=True)
class Loading:
    """A file behind an address that is being fetched."""

    file: str
    loaded: int
    """Bytes that have come."""
    size: int
    """Bytes of the whole file."""


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What a backfill has brought so far."""

    backfill: Backfill
    tally: Mapping[SliceState, int]
    counts: Mapping[str, int]
    """Of all its slices' latest runs, by word."""
    months: Mapping[str, int]
    """Stored articles of the range by month (`2014-08`), whoever brought them."""
    gaps: tuple[str, ...]
    """Months of the range with no articles, or far fewer than the others."""
    seconds: float = 0.0
    waits: str | None = None
    """Why nothing is done for it now, where it is the source that is missing."""
    loading: tuple[Loading, ...] = ()
    """Files behind addresses that are not here as a whole yet, and are being fetched."""


OnProgress = Callable[[BackfillProgress], None]


def _unheard(_words: str) -> None:
    """Nobody wants to know."""


def plan(spec: SessionSpec, database: Database, registry: Registry, wanted: Wanted, on_wait: OnWait = _unheard) -> BackfillPlan:
    """Say what a backfill would do: a few requests to the source find its archives and their sizes; nothing of it is stored.

    The requests take their turns with crawls of the same hosts; `on_wait` hears for whom is being waited. Raises UnknownName,
    Unavailable (the source does not answer, or wishes silence), BackfillError (there is no way into its past).
    """
    return _Planner(spec, database, registry, wanted, on_wait).plan(sized=True)


def request(spec: SessionSpec, database: Database, registry: Registry, wanted: Wanted, on_wait: OnWait = _unheard) -> Backfill:
    """Keep a backfill with its slices, or return the open one that was asked for in the same words. Waits and raises as `plan` does."""
    clock = Clock(spec.engine.clock_offset)
    source = registry.get(wanted.source)
    params = dict(wanted.params)

    def alike(tx: Transaction) -> Backfill | None:
        reclaim_dead(tx, clock())
        SourceStore(tx).sync(registry.entries(), clock())
        return BackfillStore(tx).open_alike(source.name, wanted.since, wanted.until, wanted.ways, params)

    known = database.transact(alike)
    if known is not None:
        return known
    planned = _Planner(spec, database, registry, wanted, on_wait).plan(sized=False)

    def keep(tx: Transaction) -> Backfill:
        return alike(tx) or BackfillStore(tx).open(
            source.name, wanted.since, wanted.until, wanted.ways, params=params, plans=planned.slices, now=clock()
        )

    return database.transact(keep)


def work_on(
    spec: SessionSpec,
    database: Database,
    registry: Registry,
    backfill_id: int,
    *,
    at_most: timedelta | None = None,
    on_progress: OnProgress | None = None,
) -> BackfillReport:
    """Work on a backfill until it is over, somebody stops it, or the time is up; slices that others are at are left to them.

    One that was paused goes on. Raises UnknownName.
    """
    started = time.monotonic()
    with Session(spec, database, registry) as session:
        worker = _Worker(session, registry, backfill_id, on_progress)
        worker.go_on()
        while worker.turn() and (at_most is None or time.monotonic() - started < at_most.total_seconds()):
            pass
        session.close()
    return report(database, registry, backfill_id, seconds=time.monotonic() - started)


def report(database: Database, registry: Registry, backfill_id: int, *, seconds: float = 0.0) -> BackfillReport:
    """Say what a backfill has brought so far. Raises UnknownName."""
    with database.read() as tx:
        store = BackfillStore(tx)
        backfill = store.get(backfill_id)
        counts: Counter[str] = Counter()
        parts = store.slices(backfill_id)
        for part in parts:
            counts.update(PageStore(tx).counts(part.run_id) if part.run_id and part.state in UNDER_WAY else part.counts)
        months = ArticleQuery(tx).from_source(backfill.source).after(backfill.since).before(backfill.until).by_month()
        missing = gaps(months, backfill) if backfill.ended_at else ()  # before, nobody can know
        tally, waits = store.tally([backfill_id])[backfill_id], waits_for(backfill, registry)
        return BackfillReport(backfill, tally, dict(counts), months, missing, seconds, waits, _loading(tx, parts))


def _loading(tx: Transaction, parts: Sequence[Slice]) -> tuple[Loading, ...]:
    """How far the files behind addresses are that slices under way wait for."""
    runs = [RunStore(tx).get(part.run_id) for part in parts if part.run_id and part.state in UNDER_WAY and part.plan.way is Way.WARC]
    return tuple(Loading(run.params["file"], *loaded) for run in runs if (loaded := loaded_of(run)))


def gaps(months: Mapping[str, int], backfill: Backfill) -> tuple[str, ...]:
    """The months of the range that have no articles, or far fewer than the median of those that have some."""
    usual = median(months.values()) if months else 0
    return tuple(month for month in _months(backfill.since, backfill.until) if months.get(month, 0) <= usual * GAP_SHARE)


def put_down(session: Session) -> list[RunReport]:
    """Leave the open runs of backfills that were paused meanwhile to whoever goes on with them, and end those of cancelled ones."""
    with session.database.read() as tx:
        states = unwanted(tx, session.open_runs)
    for run_id in [run_id for run_id, state in states.items() if state is BackfillState.PAUSED]:
        session.give_back(run_id)
    return [session.end(run_id) for run_id, state in states.items() if state is BackfillState.CANCELLED]


@dataclass(slots=True)
class Backfills:
    """All backfills, as a service works on them beside the news."""

    database: Database
    _looked: datetime | None = None
    _waiting: set[int] = field(default_factory=set)
    """Backfills of which it was told that their source is missing."""

    def is_time(self, now: datetime, ended: Sequence[RunReport]) -> bool:
        """Whether to look at them again: a slice may have ended, or somebody may have asked for something."""
        due = bool(ended) or self._looked is None or abs(now - self._looked) >= LOOK_EVERY  # a clock may be set back, too
        if due:
            self._looked = now
        return due

    def open_due(self, registry: Registry, now: datetime, confirm: Callable[[Transaction], None]) -> list[Run]:
        """Give the next slices of every open backfill their runs; `confirm` raises LeaseLost if somebody else does that now."""
        with self.database.read() as tx:
            unfinished = BackfillStore(tx).unfinished()
        opened: list[Run] = []
        for backfill in unfinished:
            self._tell(backfill, waits_for(backfill, registry))

            def work(tx: Transaction, backfill_id: int = backfill.id) -> list[Run]:
                confirm(tx)
                return open_next(tx, backfill_id, registry, now)

            opened += self.database.transact(work)
        return opened

    def _tell(self, backfill: Backfill, waits: str | None) -> None:
        """Say once that a backfill waits for its source, and once that it goes on."""
        facts: dict[str, Any] = {"backfill": backfill.id, "source": backfill.source}
        if waits and backfill.id not in self._waiting:
            self._waiting.add(backfill.id)
            tell("backfill_waits", f"backfill {backfill.id} of {backfill.source} {waits}", level=logging.WARNING, **facts)
        elif not waits and backfill.id in self._waiting:
            self._waiting.discard(backfill.id)
            tell("backfill_goes_on", f"backfill {backfill.id} of {backfill.source} goes on: its source is back", **facts)

    def put_down(self, session: Session) -> list[RunReport]:
        """End the runs of backfills that were paused or cancelled meanwhile."""
        if not any("slice" in run.params for run in session.open_runs):
            return []
        return put_down(session)


@dataclass(slots=True)
class _Worker:
    """One backfill worked on in one session."""

    session: Session
    registry: Registry
    backfill_id: int
    on_progress: OnProgress | None
    _looked: float = -LOOK_SECONDS
    _told: float = 0.0
    _begun: float = field(default_factory=time.monotonic)
    _fetched_before: int | None = None
    _going: bool = True

    def go_on(self) -> None:
        """Have a backfill that was paused go on: who asks for it again wants it."""

        def work(tx: Transaction) -> None:
            store = BackfillStore(tx)
            if store.lock(self.backfill_id).state in {BackfillState.PAUSED, BackfillState.DRAINING}:
                store.steer(self.backfill_id, BackfillState.ACTIVE, self.session.clock())

        self.session.database.transact(work)

    def turn(self) -> bool:
        """Work for a moment; False when nothing is left to do here."""
        ended = self.session.turn()
        if ended or time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self._going = self._look()
        if self.on_progress and time.monotonic() - self._told >= PROGRESS_SECONDS:
            self._told = time.monotonic()
            self.on_progress(self._progress())
        return self._going or bool(self.session.open_runs)

    def _look(self) -> bool:
        """Take up slices and put down what is not wanted any more; False if the backfill is over or stopped."""
        database, now = self.session.database, self.session.clock()
        put_down(self.session)
        database.transact(lambda tx: open_next(tx, self.backfill_id, self.registry, now))
        with database.read() as tx:
            store = BackfillStore(tx)
            backfill, waiting = store.get(self.backfill_id), store.slices(self.backfill_id, UNDER_WAY)
        if backfill.state in STOPPING:
            return False
        held = {run.id for run in self.session.open_runs}
        for part in waiting:
            if part.run_id is not None and part.run_id not in held:
                self.session.add(part.run_id)
        return backfill.ended_at is None

    def _progress(self) -> BackfillProgress:
        runs = self.session.progress()
        with self.session.database.read() as tx:
            store = BackfillStore(tx)
            backfill, parts = store.get(self.backfill_id), store.slices(self.backfill_id)
        under_way = sum(run.fetched for run in runs)
        fetched = under_way + sum(part.counts.get("fetched", 0) for part in parts if part.state not in UNDER_WAY)
        if self._fetched_before is None:
            self._fetched_before = fetched
        left = planning.remaining(parts, sum(run.waiting for run in runs))
        done, passed = fetched - self._fetched_before, time.monotonic() - self._begun
        pace = passed / done if done else None
        seconds = left * pace if left is not None and pace is not None else None
        return BackfillProgress(backfill, dict(Counter(part.state for part in parts)), fetched, left, seconds, runs)


@dataclass(slots=True)
class _Planner:
    """Plans one backfill."""

    spec: SessionSpec
    database: Database
    registry: Registry
    wanted: Wanted
    on_wait: OnWait

    def plan(self, *, sized: bool) -> BackfillPlan:
        """The slices of every way; with `sized` a few of them are looked into."""
        wanted, source = self.wanted, self.registry.get(self.wanted.source)
        archives, known = self._own(source, sized=sized)
        slices = (*archives.slices, *self._of_others(source))
        planning.require(slices, source, archives.remarks)
        delay, at_once = _pace(source, archives, slices[0])
        with self.database.read() as tx:
            stored = ArticleQuery(tx).from_source(source.name).after(wanted.since).before(wanted.until).count()
            page_bytes = PageStore(tx).mean_length(source.name)
        cost = planning.estimate(slices, known, delay / at_once, page_bytes)
        ways = tuple(dict.fromkeys(each.way for each in slices))
        return BackfillPlan(source.name, wanted.since, wanted.until, ways, slices, archives.remarks, stored, delay, cost)

    def _own(self, source: Source, *, sized: bool) -> tuple[Archives, dict[str, int]]:
        """What the source itself offers, and the sizes of a few slices; nothing is asked for if other ways were named."""
        ways = self.wanted.ways
        own = [way for way in ways if way in OWN_WAYS]
        if ways and not own:
            return Archives(()), {}
        scope = Scope(self.wanted.since, self.wanted.until)
        now = Clock(self.spec.engine.clock_offset)()
        means = Means(lambda urls: self._ask(urls, source), lambda page: planning.day_of(page, source), now)
        found = find_archives(source, scope, own if ways else None, means)
        return found, sample(found, source, scope, means) if sized else {}

    def _of_others(self, source: Source) -> list[SlicePlan]:
        """What others kept of it."""
        wanted, today = self.wanted, Clock(self.spec.engine.clock_offset)().date()
        found: list[SlicePlan] = []
        if Way.WAYBACK in wanted.ways:
            found += plan_wayback(source, wanted.since, wanted.until, str(wanted.params[Way.WAYBACK]), today=today)
        if Way.WARC in wanted.ways:
            copy = bool(wanted.params.get("copy"))
            found += plan_warc(wanted.params[Way.WARC], wanted.since, wanted.until, self.spec.engine, copy=copy)
        return found

    def _ask(self, urls: Sequence[str], source: Source) -> list[Fetched]:
        return fetch_in_turn(urls, self.spec.engine, source.delay, self.on_wait)


def _pace(source: Source, archives: Archives, first: SlicePlan) -> tuple[float, int]:
    """Seconds between two requests, and how many may be under way, by the way that is gone first."""
    if first.way is Way.WARC:  # nothing is asked for
        return 0.0, 1
    if first.way is Way.WAYBACK:
        return float(first.params["delay"]), 1
    return max(source.delay, archives.crawl_delay or 0.0), max(1, source.concurrency)


def _months(since: date, until: date) -> list[str]:
    months, day = [], since.replace(day=1)
    while day < until:
        months.append(f"{day:%Y-%m}")
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return months
