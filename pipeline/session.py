"""One working session: an engine that fetches, workers that read, and the runs that are worked on until each of them is over.

A crawl is over when nothing of its run is due, leased or unread. The session leases runs; the engine and the read loop work for
whatever the session holds, so runs can be added while it works (the service does) or all at once (a crawl from the command line).
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from crawlers.clock import Clock
from crawlers.engine import GRACE, Engine, EventKind
from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db.archive import ArchiveReader
from db.engine import Database, Transaction
from db.errors import Unavailable, UnknownName
from db.frontier import FrontierStore
from db.leases import owner_name, reclaim_dead
from db.pages import PageStore
from db.records import Run
from db.runs import RunStore
from db.silence import silent_hosts, waits_only_for
from db.slices import BackfillStore
from db.vocabulary import RunKind, RunState
from pipeline.journal import tell
from pipeline.read_loop import ReadLoop, ReadPage
from pipeline.reader_pool import ReaderPool
from pipeline.report import RunReport, finish_run
from pipeline.source_check import timetable_of
from pipeline.timetable import Timetable
from pipeline.warc_feed import Feeder, is_warc

RUN_LEASE = timedelta(seconds=60)
RENEW_SECONDS = 15.0
CHECK_SECONDS = 0.3
"""How often the session asks whether a run is over."""
PATIENCE = timedelta(seconds=45)
"""A crawl does not wait for addresses that are due later than this: they stay in the frontier for the next one."""
LONG_PATIENCE = timedelta(days=30)
"""What brings the past does, also where they are due later only because the clock was set back."""
SILENCE = timedelta(minutes=2)
"""Nor does a crawl wait for hosts that asked for a longer silence; the minute after a plain 429 is waited for. Backfills wait."""
FED_AHEAD = 150
"""Pages out of WARC files that lie unread at most before the files are gone on with."""
FEED_SECONDS = 0.15
"""How often it is asked whether they are gone on with; each time, up to 50 pages come."""
ENGINE_RESTARTS = 3
RESTARTS_SECONDS = 600.0
"""An engine that dies more often than ENGINE_RESTARTS in this time is not started again."""
ENGINE_STOP = 12.0
READING_STOP = 8.0
"""Seconds that what is under way gets when a session is ended early, so that it ends within 30; what is cut off is done by the next."""


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a session is told: the engine's part, and how pages are read."""

    engine: EngineSpec
    readers: int = 2
    page_timeout: float = 30.0
    """Seconds one page may be read."""


@dataclass(slots=True)
class _Held:
    """A run this session works on."""

    run: Run
    max_pages: int | None
    started: float
    fetched: int = 0
    """Article pages fetched before the engine at work began."""
    fetched_now: int = 0
    """And since: as it reports, so that nobody has to count rows again and again."""
    walled: bool = False
    """Whether a bot wall stands before the source."""
    feed: Feeder | None = None
    """What finds its pages in a WARC file."""
    left: Sequence[int] = ()
    """Earlier runs of the source that are over, but left pages unread: this one reads them."""
    outcomes: Counter[str] = field(default_factory=Counter)
    inherited: Counter[str] = field(default_factory=Counter)
    """Those of the outcomes that are of pages of earlier runs."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one open run is: pages fetched, pages read by outcome, addresses still waiting."""

    run_id: int
    source: str
    fetched: int
    waiting: int
    unread: int
    outcomes: dict[str, int]
    loaded: tuple[int, int] | None = None
    """Bytes of its WARC file that have come, and of all, while it is being fetched."""


class Session:
    """Use as a context manager: entering starts the processes, leaving stops them and gives back what they held."""

    def __init__(self, spec: SessionSpec, database: Database, registry: Registry) -> None:
        self.database, self.registry = database, registry
        self.clock = Clock(spec.engine.clock_offset)
        self.owner = owner_name()
        self._spec = replace(spec.engine, owner=self.owner, sources=tuple(registry.all()))
        self._pool = ReaderPool(spec.readers, spec.page_timeout)
        self._engine = Engine(self._spec)
        self._outdated: float | None = None
        """Since when the engine at work is to be replaced by one that knows the sources as they are now."""
        self._deaths: deque[float] = deque(maxlen=ENGINE_RESTARTS + 1)
        archive = ArchiveReader(spec.engine.archive)
        self._loop = ReadLoop(database, archive, registry, self._pool, readers=spec.readers, owner=self.owner, clock=self.clock)
        self._held: dict[int, _Held] = {}
        self._renewed = self._checked = self._feed_at = time.monotonic()

    def __enter__(self) -> Self:
        self.database.transact(lambda tx: reclaim_dead(tx, self.clock()))
        self._engine.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if not issubclass(kind or type(None), Unavailable):  # without its database there is nothing to put in order
                self.close()
        finally:
            self._engine.kill()
            self._pool.close()
            for held in self._held.values():
                if held.feed is not None:
                    held.feed.close()

    def close(self) -> list[RunReport]:
        """Stop fetching, save what is being read, and end the runs still open as stopped: the next run of each goes on from there.

        Those of slices stay open, and are gone on with themselves.
        """
        self._engine.stop(ENGINE_STOP)
        self._count(self._loop.finish(READING_STOP))
        self._loop.give_back()
        for run_id in [run_id for run_id, held in self._held.items() if "slice" in held.run.params]:
            self.give_back(run_id)
        return [self._end(run_id, RunState.STOPPED) for run_id in list(self._held)]

    def hand_over(self) -> None:
        """Stop as `close` does, but leave the runs open, for another session to go on with them at once."""
        self._engine.stop(ENGINE_STOP)
        self._count(self._loop.finish(READING_STOP))
        self._loop.give_back()
        self._held.clear()
        self.database.transact(lambda tx: RunStore(tx).release(self.owner))

    def use(self, registry: Registry) -> None:
        """Go on with the sources as they are now; an engine that was told otherwise is replaced in order, while the runs go on.

        A run of a source that is gone fetches nothing more, and is over when what it has fetched is read.
        """
        self.registry = registry
        self._loop.use(registry)
        self._spec = replace(self._spec, sources=tuple(registry.all()))
        for held in self._held.values():
            held.max_pages = self._limit(held.run)
        self._replace_engine("the sources have changed")

    @property
    def open_runs(self) -> list[Run]:
        """The runs being worked on."""
        return [held.run for held in self._held.values()]

    def add(self, run_id: int) -> bool:
        """Lease a run and work on it from now on; False if somebody alive holds it already."""
        now = self.clock()

        def take(tx: Transaction) -> Run | None:
            taken = _leased(tx, run_id, self.owner, now)
            if taken is not None and "slice" in taken.params:
                BackfillStore(tx).begin(run_id, now)
            return taken

        run = self.database.transact(take)
        if run is None:
            return False
        with self.database.read() as tx:
            left, fetched = PageStore(tx).left_unread(run.source), PageStore(tx).articles_fetched(run.id)
        self._loop.inherit(left, run)
        self._held[run.id] = _Held(run, self._limit(run), time.monotonic(), fetched, feed=self._feeder(run), left=left)
        return True

    def turn(self, wait: float = 0.1) -> list[RunReport]:
        """Work for about `wait` seconds; return the runs that ended. Raises Unavailable if the engine cannot be kept alive."""
        if not self._held:
            time.sleep(wait)
        self._mind_engine()
        self._feed()
        self._count(self._loop.turn([*self._held, *(run_id for held in self._held.values() for run_id in held.left)], wait))
        now = time.monotonic()
        if now - self._renewed > RENEW_SECONDS:
            self._renewed = now
            self._renew()
        if now - self._checked > CHECK_SECONDS and self._held:
            self._checked = now
            return self._end_runs()
        return []

    def give_back(self, run_id: int) -> None:
        """Leave an open run to whoever goes on with it."""
        held = self._held.pop(run_id)
        if held.feed is not None:
            held.feed.close()

        def work(tx: Transaction) -> None:
            RunStore(tx).give_back(held.run)
            BackfillStore(tx).wait(run_id)

        self.database.transact(work)

    def end(self, run_id: int) -> RunReport:
        """End an open run as stopped."""
        return self._end(run_id, RunState.STOPPED)

    def progress(self) -> list[Progress]:
        """How far each open run is."""
        ids = list(self._held)
        with self.database.read() as tx:
            waiting = FrontierStore(tx).pending(ids)
            unread = {run_id: PageStore(tx).unread([run_id, *held.left]) for run_id, held in self._held.items()}
        return [
            Progress(
                run_id=run_id,
                source=held.run.source,
                fetched=held.fetched + held.fetched_now,
                waiting=waiting[run_id],
                unread=unread[run_id],
                outcomes=dict(held.outcomes),
                loaded=held.feed.loaded if held.feed else None,
            )
            for run_id, held in self._held.items()
        ]

    def _count(self, read: Sequence[ReadPage]) -> None:
        for page in read:
            if page.counts_for in self._held:
                held = self._held[page.counts_for]
                held.outcomes[page.outcome] += 1
                held.inherited[page.outcome] += page.run_id != page.counts_for

    def _feeder(self, run: Run) -> Feeder | None:
        """What finds the pages of a run that reads a WARC file; nobody looks for those of a source whose file was removed."""
        with suppress(UnknownName):
            return Feeder(run, self.registry.get(run.source), self.database, self._spec) if is_warc(run) else None
        return None

    def _feed(self) -> None:
        fed = [held for held in self._held.values() if held.feed is not None and not held.feed.over]
        if not fed or time.monotonic() < self._feed_at:
            return
        self._feed_at = time.monotonic() + FEED_SECONDS
        with self.database.read() as tx:
            room = FED_AHEAD - PageStore(tx).unread([held.run.id for held in fed])
        for held in fed:
            written = held.feed.turn(room) if held.feed else 0
            held.fetched += written
            room -= written

    def _limit(self, run: Run) -> int | None:
        """Article pages this run may fetch. Nobody can fetch for a source whose file was removed; what it has is read."""
        try:
            budget = self.registry.get(run.source).max_pages if run.kind is RunKind.CRAWL else None
        except UnknownName:
            return 0
        return min((limit for limit in (run.params.get("limit"), budget) if limit), default=None)

    def _timetable(self, source: str) -> Timetable | None:
        """By what a source is visited; None if its file was removed."""
        try:
            return timetable_of(self.registry.get(source))
        except UnknownName:
            return None

    def _hear_engine(self) -> None:
        for event in self._engine.events():
            if event.kind is EventKind.RECYCLE:
                self._replace_engine(f"it has fetched {self._spec.recycle_after} pages")
            elif event.kind is EventKind.WALLED and event.run_id in self._held:
                self._held[event.run_id].walled = True
            elif event.kind is EventKind.PROGRESS and event.run_id in self._held:
                self._held[event.run_id].fetched_now = event.counts.get("articles", 0)

    def _mind_engine(self) -> None:
        self._hear_engine()
        if self._engine.alive and not self._is_overdue():
            return
        self._engine.kill()  # it has ended; this waits for its last words and closes the way to it
        self._hear_engine()
        if self._engine.exit_code != 0 and self._outdated is None:
            tell("engine_died", f"the fetching process died: {self._engine.last_words}", level=logging.WARNING)
            self._deaths.append(time.monotonic())
            if len(self._deaths) > ENGINE_RESTARTS and self._deaths[-1] - self._deaths[0] < RESTARTS_SECONDS:
                raise Unavailable(f"the fetching process died {len(self._deaths)} times; its last words: {self._engine.last_words}")
        self.database.transact(lambda tx: reclaim_dead(tx, self.clock()))
        for held in self._held.values():
            held.fetched, held.fetched_now = held.fetched + held.fetched_now, 0
        self._engine, self._outdated = Engine(self._spec), None
        self._engine.start()

    def _replace_engine(self, why: str) -> None:
        """Ask the engine to end, once: a second signal would make it drop what is under way. `_mind_engine` starts the next."""
        if self._outdated is None:
            tell("engine_replaced", f"the fetching process is replaced: {why}", reason=why)
            self._outdated = time.monotonic()
            self._engine.terminate()

    def _is_overdue(self) -> bool:
        """Whether an engine that was asked to end takes longer than any request may."""
        return self._outdated is not None and time.monotonic() - self._outdated > GRACE

    def _renew(self) -> None:
        now = self.clock()

        def work(tx: Transaction) -> None:
            RunStore(tx).renew(self.owner, now, now + RUN_LEASE)
            PageStore(tx).renew(self.owner, now, now + RUN_LEASE)

        self.database.transact(work)

    def _end_runs(self) -> list[RunReport]:
        now = self.clock()
        if all(held.feed is not None and not held.feed.over for held in self._held.values()):
            return []
        with self.database.read() as tx:
            silent, busy = silent_hosts(tx, now + SILENCE), FrontierStore(tx).fetching(now)  # one question for a thousand runs
            states = {run_id: _outcome(tx, held, silent, busy, now) for run_id, held in self._held.items()}
        return [self._end(run_id, state) for run_id, state in states.items() if state is not None]

    def _end(self, run_id: int, state: RunState) -> RunReport:
        held = self._held.pop(run_id)
        if held.feed is not None:
            held.feed.close()
        noted, problem = (held.feed.counts, held.feed.problem) if held.feed else ({}, None)
        timetable = self._timetable(held.run.source)

        def finish(tx: Transaction) -> RunReport:
            known = {"inherited": held.inherited, "noted": noted}
            return finish_run(tx, held.run, state, self.clock(), **known, problem=problem, timetable=timetable, max_pages=held.max_pages)

        report = self.database.transact(finish)
        return replace(report, seconds=time.monotonic() - held.started)


def _leased(tx: Transaction, run_id: int, owner: str, now: datetime) -> Run | None:
    """Lease a run that fetches; re-reading is `pipeline.reprocess`'s, and a session would find such a run over at once."""
    store = RunStore(tx)
    return None if store.get(run_id).kind is RunKind.REPROCESS else store.lease(run_id, owner, now, now + RUN_LEASE)


def _outcome(tx: Transaction, held: _Held, silent: list[str], busy: Collection[int], now: datetime) -> RunState | None:
    """How a run ends that is over; None if it goes on.

    `silent` are hosts that nobody may ask for a while, `busy` the runs of which an address is being fetched.
    """
    if held.walled:  # at once: what is on its way is settled all the same, and what is left waits for the next run
        return RunState.STOPPED
    frontier, pages, run = FrontierStore(tx), PageStore(tx), held.run
    if is_warc(run) and held.feed is None:  # nobody has looked for its pages: those of the file wait for the source to come back
        return None if pages.unread([run.id, *held.left]) else RunState.STOPPED
    if held.feed is not None:
        open_ = not held.feed.over or pages.unread([run.id, *held.left])
        return None if open_ else RunState.FAILED if held.feed.problem else RunState.DONE
    silenced = run.kind is RunKind.CRAWL and waits_only_for(tx, run.id, silent, now + PATIENCE)
    if (not silenced and run.id in busy) or pages.unread([run.id, *held.left]):
        return None
    if not frontier.has_due(run.id, now + (PATIENCE if run.kind is RunKind.CRAWL else LONG_PATIENCE)):
        return RunState.DONE
    limited = held.max_pages is not None and pages.articles_fetched(run.id) >= held.max_pages
    return RunState.STOPPED if silenced or limited else None
