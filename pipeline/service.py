"""The timetable at work: every source that is due becomes a run, and one session works on whatever runs are open."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawlers.registry import Registry
from crawlers.runs import open_run
from crawlers.source import Source
from db.engine import Database, Transaction
from db.leases import reclaim_dead
from db.records import Run
from db.runs import OPEN, RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind
from pipeline.alerts import Alerts
from pipeline.dispatch import EmbeddedDispatcher, Task
from pipeline.due import GLANCE, look
from pipeline.report import RunReport
from pipeline.session import Session, SessionSpec
from pipeline.source_check import timetable_problem

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=5)
"""How often the run table is asked for runs that others opened or a dead process left."""
PRIORITY = {RunKind.CRAWL: 10}


@dataclass(slots=True)
class Service:
    """Works until told to stop. `on_report` hears of every run that ends, `on_start` of every run that begins."""

    spec: SessionSpec
    database: Database
    registry: Registry
    on_start: Callable[[Run], None] = lambda _: None
    on_report: Callable[[RunReport], None] = lambda _: None
    alerts: Alerts | None = None
    _dispatcher: EmbeddedDispatcher = field(default_factory=EmbeddedDispatcher)
    _tasks: dict[int, Task] = field(default_factory=dict)
    _next: dict[str, datetime] = field(default_factory=dict)
    _timed: list[Source] = field(default_factory=list)
    _looked: datetime | None = None
    _since: datetime | None = None
    """When this service looked first: what was due then begins at once."""

    def __post_init__(self) -> None:
        """A source whose timetable cannot be read is left out and logged; the others go on."""
        self._timed = [source for source in self.registry.all() if not self._is_unreadable(source)]

    def work(self, stop: Callable[[], bool], until: datetime | None = None) -> list[RunReport]:
        """Run the timetable until `stop()` is true or the clock reaches `until`; return the last report of every source and kind."""
        reports: dict[tuple[str, RunKind], RunReport] = {}
        with Session(self.spec, self.database, self.registry) as session:
            now = session.clock()
            self.database.transact(lambda tx: SourceStore(tx).sync(self.registry.entries(), now))
            while not stop() and (until is None or session.clock() < until):
                self._turn(session, reports)
            self._hear(reports, session.close())
        return sorted(reports.values(), key=lambda report: report.source)

    def _turn(self, session: Session, reports: dict[tuple[str, RunKind], RunReport]) -> None:
        now = session.clock()
        self.open_due(now)
        if self._looked is None or abs(now - self._looked) > LOOK_EVERY:  # a clock may be set back, too
            self._looked = now
            self._take_up_open_runs(now)
        for task in self._dispatcher.take():
            self._begin(session, task)
        self._hear(reports, session.turn())

    def open_due(self, now: datetime) -> list[Run]:
        """Open a run for every source that is due and whose last visit is over; each slot makes one run whoever asks.

        A source that was to be looked at again much later than we ever say was so by a clock that has been set back since.
        """
        due = [source for source in self._timed if not now < self._next.get(source.name, now) <= now + 2 * GLANCE]
        if not due:
            return []
        since = self._since = self._since or now

        def work(tx: Transaction) -> tuple[list[Run], dict[str, datetime]]:
            found = look(tx, due, now, since)
            opened = [open_run(tx, each.source, RunKind.CRAWL, slot=each.slot.wall, params=each.params, now=now) for each in found.openings]
            return [run for run in opened if run.state in OPEN], found.again

        runs, again = self.database.transact(work)
        for run in runs:
            self._defer(run)
        self._next.update(again)
        return runs

    def _is_unreadable(self, source: Source) -> bool:
        problem = timetable_problem(source)
        if problem:
            log.error("%s", problem)
        return problem is not None

    def _take_up_open_runs(self, now: datetime) -> None:
        def work(tx: Transaction) -> list[Run]:
            reclaim_dead(tx, now)
            return RunStore(tx).open_runs()

        for run in self.database.transact(work):
            self._defer(run)

    def _defer(self, run: Run) -> None:
        if run.id not in self._tasks:
            lock = f"{run.kind}:{run.source}"
            self._dispatcher.defer(Task("run", {"run": run.id}, lock=lock, priority=PRIORITY.get(run.kind, 0)))

    def _begin(self, session: Session, task: Task) -> None:
        run_id = int(task.arguments["run"])
        if session.add(run_id):
            self._tasks[run_id] = task
            self.on_start(next(run for run in session.open_runs if run.id == run_id))
        else:
            self._dispatcher.done(task)

    def _hear(self, reports: dict[tuple[str, RunKind], RunReport], ended: list[RunReport]) -> None:
        for report in ended:
            task = self._tasks.pop(report.run_id, None)
            if task is not None:
                self._dispatcher.done(task)
            reports[report.source, report.kind] = report
            self.on_report(report)
        if ended and self.alerts:
            self.alerts.announce(self.database)
