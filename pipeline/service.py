"""The timetable at work: every source that is due becomes a run, and one session works on whatever runs are open.

Of several services on one database `pipeline.standby` lets one work; which runs that one works on is `pipeline.run_desk`'s.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from crawlers.clock import Clock
from crawlers.registry import Registry
from crawlers.runs import open_run
from crawlers.source import Source
from crawlers.spec import own_version
from db.engine import Database, Transaction
from db.errors import LeaseLost, Unavailable
from db.records import Run
from db.runs import OPEN
from db.sources import SourceStore
from db.vocabulary import RunKind
from pipeline.alerts import Alerts
from pipeline.backfill import Backfills
from pipeline.due import GLANCE, look
from pipeline.report import RunReport
from pipeline.run_desk import RunDesk
from pipeline.session import Session, SessionSpec
from pipeline.source_check import timetable_problem
from pipeline.source_watch import SourceWatch
from pipeline.standby import Post

log = logging.getLogger(__name__)

VERSION = own_version()

STANDBY_SECONDS = 0.5
"""How soon one that stands by looks whether it is to end."""


@dataclass(slots=True)
class Service:
    """Works until told to stop. `on_report` hears of every run that ends, `on_start` of every run that begins."""

    spec: SessionSpec
    database: Database
    registry: Registry
    on_start: Callable[[Run], None] = lambda _: None
    on_report: Callable[[RunReport], None] = lambda _: None
    alerts: Alerts | None = None
    on_change: Callable[[str], None] = lambda _: None
    """Hears in a sentence when this service takes up the timetable, loses it or stands by."""
    on_turn: Callable[[datetime], None] = lambda _: None
    """Called with every turn, also of a service that stands by."""
    duties: list[Callable[[datetime], object]] = field(default_factory=list)
    """What else whoever keeps the timetable does each turn; each looks by itself whether there is anything to do, and is quick."""
    make_session: Callable[[SessionSpec, Database, Registry], Session] = Session
    post: Post = field(init=False)
    _watch: SourceWatch = field(init=False)
    _desk: RunDesk = field(init=False)
    _backfills: Backfills = field(init=False)
    _next: dict[str, datetime] = field(default_factory=dict)
    _timed: list[Source] = field(default_factory=list)
    _since: datetime | None = None
    """When this service looked first: what was due then begins at once."""

    def __post_init__(self) -> None:
        """A source whose timetable cannot be read is left out and logged; the others go on."""
        self.post = Post(self.database, said=self._said, on_change=self.on_change)
        self._watch = SourceWatch(self.registry)
        self._desk = RunDesk(self.database, self.on_start, self._heard)
        self._backfills = Backfills(self.database)
        self._timed = [source for source in self.registry.all() if not self._is_unreadable(source)]

    def work(self, stop: Callable[[], bool], until: datetime | None = None) -> list[RunReport]:
        """Run the timetable until `stop()` is true or the clock reaches `until`; return the last report of every source and kind.

        While another service keeps the timetable of this database, this one stands by, and does nothing else.
        """
        clock = Clock(self.spec.engine.clock_offset)

        def over() -> bool:
            return stop() or (until is not None and clock() >= until)

        try:
            while self._stand_by(clock, over):
                self.begin(clock())
                with self.make_session(self.spec, self.database, self.registry) as session:
                    while not over() and self.turn(session):
                        pass
                    self.put_down(session)
        finally:
            with suppress(Unavailable):  # its lease ends by itself
                self.post.leave()
        return sorted(self._desk.reports.values(), key=lambda report: (report.source, report.kind))

    @property
    def is_idle(self) -> bool:
        """Whether no run is being worked on."""
        return not self._desk.working

    def reload(self) -> None:
        """Read the source files again at the next turn; a signal handler may call it."""
        self._watch.ask()

    def _stand_by(self, clock: Clock, over: Callable[[], bool]) -> bool:
        """Wait for the post; False when it is time to end."""
        while not over():
            now = clock()
            self.on_turn(now)
            if self.post.keep(now):
                return True
            time.sleep(STANDBY_SECONDS)
        return False

    def begin(self, now: datetime) -> None:
        """Take up the timetable, with the sources as they are now."""
        self._since = None
        self._look_at_sources()
        self._list_sources(now)

    def turn(self, session: Session) -> bool:
        """One turn as the keeper of the timetable; False if somebody else keeps it now."""
        now = session.clock()
        self.on_turn(now)
        if not self.post.keep(now):
            return False
        if self._look_at_sources():
            self._list_sources(now)
            session.use(self.registry)
        try:
            self._work(session, now)
        except LeaseLost as lost:
            self.post.lose(lost)
            return False
        return True

    def _work(self, session: Session, now: datetime) -> None:
        """Open what is due, do the duties, work for a moment on what is open. Raises LeaseLost if somebody else keeps the timetable now."""
        self.open_due(now)
        for duty in self.duties:
            duty(now)
        ended = self._desk.turn(session, now)
        if self._backfills.is_time(now, ended):
            self._desk.hear(self._backfills.put_down(session))
            self._desk.forget(session)
            self._desk.defer(self._backfills.open_due(self.registry, now, self.post.confirm))

    def put_down(self, session: Session) -> None:
        """End what is under way; if the timetable is somebody else's now, leave it open for them."""
        if self.post.is_held:
            self._desk.hear(session.close())
        else:
            session.hand_over()
            self._desk.clear()

    def _look_at_sources(self) -> bool:
        """Go on with what the files say now; whether that is anything new."""
        changes = self._watch.look()
        if changes:
            self.registry = self._watch.registry
            self._timed = [source for source in self.registry.all() if not self._is_unreadable(source)]
            for name in changes.names:
                self._next.pop(name, None)
        return bool(changes)

    def _list_sources(self, now: datetime) -> None:
        def work(tx: Transaction) -> None:
            store = SourceStore(tx)
            store.sync(self.registry.entries(), now)
            store.remove([row.name for row in store.list() if self._watch.registry.lacks(row.name)])

        self.database.transact(work)

    def _said(self) -> dict[str, object]:
        return {"version": VERSION, "pid": os.getpid(), "sources": len(self._timed), "runs": sorted(self._desk.working)}

    def _heard(self, report: RunReport) -> None:
        self.on_report(report)
        if self.alerts:
            self.alerts.announce(self.database)

    def open_due(self, now: datetime) -> list[Run]:
        """Open a run for every source that is due and whose last visit is over; each slot makes one run whoever asks.

        A source that was to be looked at again much later than we ever say was so by a clock that has been set back since.
        """
        due = [source for source in self._timed if not now < self._next.get(source.name, now) <= now + 2 * GLANCE]
        if not due:
            return []
        since = self._since = self._since or now

        def work(tx: Transaction) -> tuple[list[Run], dict[str, datetime]]:
            self.post.confirm(tx)
            found = look(tx, due, now, since)
            opened = [open_run(tx, each.source, RunKind.CRAWL, slot=each.slot.wall, params=each.params, now=now) for each in found.openings]
            return [run for run in opened if run.state in OPEN], found.again

        runs, again = self.database.transact(work)
        self._desk.defer(runs)
        self._next.update(again)
        return runs

    def _is_unreadable(self, source: Source) -> bool:
        problem = timetable_problem(source)
        if problem:
            log.error("%s", problem)
        return problem is not None
