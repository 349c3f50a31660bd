"""A world whose time is set: services with a process each, which may be killed, suspended or stopped, and what they did in it.

Timetable, leases, runs and hosts are the program's own, in a real database. Only the network is not: a visit is one or several turns in
which the host's lease is taken and its fence compared.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db.engine import Database, Transaction
from db.errors import LeaseLost
from db.hosts import HostStore
from db.leases import owner_name
from db.records import HostLease, Run
from db.runs import RunStore
from db.vocabulary import RunState
from pipeline.report import RunReport
from pipeline.service import Service
from pipeline.session import RUN_LEASE, SessionSpec
from simulated.slots import Paper

LEASE = timedelta(seconds=60)


@dataclass(slots=True)
class World:
    """The time there, and the log of what was done."""

    papers: dict[str, Paper]
    url: str
    folder: Path
    elapsed: timedelta = timedelta(0)
    began: datetime = field(default_factory=datetime.now)
    error: timedelta = timedelta(0)
    """How far the clock is set wrong."""
    fetches: list[tuple[timedelta, str, int, int]] = field(default_factory=list)
    """When, which host, by which process, under which fence."""
    ends: list[int] = field(default_factory=list)
    """Runs as they ended."""
    newest: dict[str, str] = field(default_factory=dict)
    """The latest slot that was begun, by source."""
    late: int = 0
    """Late holders that were turned away: of the post, a run or a host."""

    def now(self) -> datetime:
        """What the clock shows."""
        return self.began + self.elapsed + self.error


@dataclass(slots=True)
class _Visit:
    run: Run
    paper: Paper
    left: int
    host: HostLease | None = None


@dataclass(slots=True)
class Session:
    """Stands in for `pipeline.session.Session`: works on its runs without a network."""

    world: World
    database: Database
    owner: str
    pid: int
    visits: dict[int, _Visit] = field(default_factory=dict)

    def clock(self) -> datetime:
        """The clock of the world."""
        return self.world.now()

    @property
    def open_runs(self) -> list[Run]:
        """The runs being worked on."""
        return [visit.run for visit in self.visits.values()]

    def add(self, run_id: int) -> bool:
        """Lease a run, as the real one does."""
        now = self.clock()
        run = self.database.transact(lambda tx: RunStore(tx).lease(run_id, self.owner, now, now + RUN_LEASE))
        if run is not None:
            paper = self.world.papers[run.source]
            self.visits[run_id] = _Visit(run, paper, paper.takes)
            self.world.newest[run.source] = max(self.world.newest.get(run.source, ""), str(run.slot))
        return run is not None

    def turn(self) -> list[RunReport]:
        """One turn of every visit."""
        if not self.visits:
            return []
        now = self.clock()
        self.database.transact(lambda tx: self._renew(tx, now))
        return [report for visit in list(self.visits.values()) for report in self._step(visit, now)]

    def use(self, registry: Registry) -> None:
        """The sources do not change here."""

    def close(self) -> list[RunReport]:
        """End what is under way as stopped, give back hosts."""
        ended = [report for visit in list(self.visits.values()) for report in self._end(visit, RunState.STOPPED)]
        self.database.transact(lambda tx: HostStore(tx).release(self.owner))
        return ended

    def hand_over(self) -> None:
        """Leave the runs to whoever has taken over."""
        self.visits.clear()
        self.database.transact(lambda tx: (RunStore(tx).release(self.owner), HostStore(tx).release(self.owner)))

    def _renew(self, tx: Transaction, now: datetime) -> None:
        RunStore(tx).renew(self.owner, now, now + RUN_LEASE)
        HostStore(tx).renew(self.owner, now, now + LEASE)

    def _step(self, visit: _Visit, now: datetime) -> list[RunReport]:
        if visit.host is None:
            busy = any(other.host and other.paper.host == visit.paper.host for other in self.visits.values())
            if not busy:  # else a visit of our own is there: one after the other
                visit.host = self.database.transact(lambda tx: HostStore(tx).lease(visit.paper.host, self.owner, now, now + LEASE))
            if visit.host is None:
                return []
        held = visit.host
        try:
            self.database.transact(lambda tx: HostStore(tx).update(held, next_allowed_at=now))
        except LeaseLost:
            self.world.late += 1
            visit.host = None
            return []
        self.world.fetches.append((self.world.elapsed, visit.paper.host, self.pid, held.fence))
        visit.left -= 1
        return [] if visit.left else self._end(visit, RunState.DONE)

    def _end(self, visit: _Visit, state: RunState) -> list[RunReport]:
        run, held, now = visit.run, visit.host, self.clock()

        def work(tx: Transaction) -> None:
            if held is not None:
                HostStore(tx).give_back([held])
            RunStore(tx).finish(run, state, {"fetched": visit.paper.takes}, None, now)

        del self.visits[run.id]
        try:
            self.database.transact(work)
        except LeaseLost:
            self.world.late += 1
            return []
        self.world.ends.append(run.id)
        return [RunReport(run.id, run.source, run.kind, state, {}, None, 0.0)]


@dataclass(slots=True)
class Process:
    """A service in the world, and a real process that its leases are named after: killing that one is what others notice."""

    world: World
    elsewhere: bool
    """Whether it counts as one of another machine, whose death nobody sees."""
    suspended_until: timedelta = timedelta(-1)
    back_at: timedelta | None = None
    """When it is started again; None while it lives."""
    _body: subprocess.Popen[bytes] | None = None
    _database: Database | None = None
    _service: Service | None = None
    _session: Session | None = None

    def start(self) -> None:
        """Begin, or begin again."""
        self._body, self.back_at = subprocess.Popen(["sleep", "infinity"]), None
        self._database = Database.open(self.world.url)
        registry = Registry([self.world.folder], bundled=False)
        spec = SessionSpec(EngineSpec(database_url=self.world.url, archive=self.world.folder))
        self._service = Service(spec, self._database, registry)
        self._service.post.owner = self._name(self._body.pid)

    @property
    def keeps(self) -> bool:
        """Whether it has kept the timetable in this turn."""
        return self._session is not None

    def turn(self) -> None:
        """What `Service.work` does in one round."""
        if self.back_at is not None and self.world.elapsed >= self.back_at:
            self.start()
        service = self._service
        if service is None or self.world.elapsed < self.suspended_until:
            return
        if self._session is None and service.post.keep(self.world.now()):
            assert self._database is not None
            assert self._body is not None
            service.begin(self.world.now())
            self._session = Session(self.world, self._database, service.post.owner, self._body.pid)
        if self._session is not None and not service.turn(self._session):
            self.world.late += 1
            service.put_down(self._session)
            self._session = None

    def kill(self, back_after: timedelta) -> None:
        """Kill -9: nothing is given back."""
        if self._body is not None:
            self._body.kill()
            self._body.wait()
        self._forget(back_after)

    def stop(self, back_after: timedelta) -> None:
        """SIGTERM: in order."""
        if self._service is not None:
            if self._session is not None:
                self._service.put_down(self._session)
            self._service.post.leave()
        self.kill(back_after)

    def _forget(self, back_after: timedelta) -> None:
        if self._database is not None:
            self._database.close()
        self._service = self._session = self._body = self._database = None
        self.back_at = self.world.elapsed + back_after

    def _name(self, pid: int) -> str:
        """The name its leases bear, as `owner_name` makes it in the process itself."""
        host, _, _, nonce = owner_name().rsplit(":", 3)
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        return f"{'other-' if self.elsewhere else ''}{host}:{pid}:{ticks}:{nonce}"
