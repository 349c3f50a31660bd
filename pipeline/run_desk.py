"""Which open runs a service works on: what it opened itself, what others asked for, and what dead processes left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from db.engine import Database, Transaction
from db.leases import reclaim_dead
from db.records import Run
from db.runs import RunStore
from db.vocabulary import RunKind
from pipeline.dispatch import EmbeddedDispatcher, Task
from pipeline.journal import tell, tell_end
from pipeline.report import RunReport
from pipeline.session import Session
from pipeline.slices import unwanted

LOOK_EVERY = timedelta(seconds=5)
"""How often the run table is asked for runs that others opened or a dead process left."""
PRIORITY = {RunKind.CRAWL: 10}


@dataclass(slots=True)
class RunDesk:
    """Hands open runs to a session and takes back what became of them."""

    database: Database
    on_start: Callable[[Run], None]
    on_report: Callable[[RunReport], None]
    reports: dict[tuple[str, RunKind], RunReport] = field(default_factory=dict)
    """The last report of every source and kind."""
    _dispatcher: EmbeddedDispatcher = field(default_factory=EmbeddedDispatcher)
    _tasks: dict[int, Task] = field(default_factory=dict)
    _looked: datetime | None = None

    @property
    def working(self) -> set[int]:
        """The runs that the session works on."""
        return set(self._tasks)

    def turn(self, session: Session, now: datetime) -> list[RunReport]:
        """Take up what is open, begin what may begin, work for a moment, hear what has ended; return what has."""
        if self._looked is None or abs(now - self._looked) > LOOK_EVERY:  # a clock may be set back, too
            self._looked = now
            self.defer(self._open_runs(now))
        for task in self._dispatcher.take():
            self._begin(session, task)
        ended = session.turn()
        self.hear(ended)
        return ended

    def defer(self, runs: Iterable[Run]) -> None:
        """Have runs worked on as soon as may be."""
        for run in runs:
            if run.id not in self._tasks:
                lock = f"run:{run.id}" if "slice" in run.params else f"{run.kind}:{run.source}"  # slices of one source may overlap
                self._dispatcher.defer(Task("run", {"run": run.id}, lock=lock, priority=PRIORITY.get(run.kind, 0)))

    def forget(self, session: Session) -> None:
        """Let go of tasks whose runs the session works on no more, though they did not end."""
        held = {run.id for run in session.open_runs}
        for run_id in self._tasks.keys() - held:
            self._dispatcher.done(self._tasks.pop(run_id))

    def hear(self, ended: Iterable[RunReport]) -> None:
        """Take note of runs that have ended."""
        for report in ended:
            task = self._tasks.pop(report.run_id, None)
            if task is not None:
                self._dispatcher.done(task)
            self.reports[report.source, report.kind] = report
            tell_end(report)
            self.on_report(report)

    def clear(self) -> None:
        """Forget what was being worked on: it is another service's now."""
        self._dispatcher, self._looked = EmbeddedDispatcher(), None
        self._tasks.clear()

    def _open_runs(self, now: datetime) -> list[Run]:
        def work(tx: Transaction) -> list[Run]:
            reclaim_dead(tx, now)
            found = RunStore(tx).open_runs()
            stopped = unwanted(tx, found)
            return [run for run in found if run.id not in stopped]

        return self.database.transact(work)

    def _begin(self, session: Session, task: Task) -> None:
        run_id = int(task.arguments["run"])
        if not session.add(run_id):
            self._dispatcher.done(task)
            return
        self._tasks[run_id] = task
        run = next(run for run in session.open_runs if run.id == run_id)
        told = f"{run.kind} of {run.source} begins{f' for {run.slot}' if run.slot else ''}"
        tell("run_begins", told, run=run.id, source=run.source, kind=run.kind, slot=run.slot)
        self.on_start(run)
