"""Which address is fetched next: takes leases from the frontier, host by host, and gives each out when its host may be asked.

What it needs of the database it asks the sink for, so that one thread writes; fetching and parsing are the spider's.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any

from crawlers.captures import pace_of
from crawlers.gate import BUFFER, Gate
from crawlers.refill import LEASE, POLL, RESPITE, Granted, Wish, announce_sitemaps, give_back, learn, offer_again, refill
from crawlers.report import is_article_page
from crawlers.retries import retry_at
from crawlers.revisits import followed
from crawlers.robots import Unreachable
from crawlers.sink import Outcome, Sink, Visit
from crawlers.source import Source
from crawlers.standing import Standing
from db.engine import Transaction
from db.identity import host_of
from db.records import FrontierLease, HostLease, RobotsCopy, Run, Settlement
from db.vocabulary import FailureClass, PageKind, RunKind

MAX_UNWRITTEN = 150
MAX_UNWRITTEN_BYTES = 64 << 20
"""Visits and bytes on their way to the disk above which nothing new is asked for."""
log = logging.getLogger(__name__)

RobotsFetch = Callable[[str, datetime], Coroutine[Any, Any, RobotsCopy | Unreachable]]


class FrontierQueue:
    """Gives out leases one by one; `finished` takes back what became of each."""

    def __init__(
        self,
        sink: Sink,
        *,
        now: Callable[[], datetime],
        sources: Callable[[str], Source | None],
        owner: str,
        holder: str,
        robots: RobotsFetch,
        concurrency: int,
        ends: bool = False,
    ) -> None:
        """`owner` is whose runs are fetched, `holder` the name our leases of hosts and addresses bear.

        With `ends` the queue is over when nothing of its runs is left to do; else it waits for more.
        """
        self._sink = sink
        self._now = now
        self._sources = sources
        self._owner = owner
        self._holder = holder
        self._robots = robots
        self._concurrency = concurrency
        self._ends = ends
        self._gates: dict[str, Gate] = {}
        self._standings: dict[str, Standing] = {}
        self._runs: dict[int, Run] = {}
        self._active: set[int] = set()
        self._stalled: frozenset[int] = frozenset()
        self._left: dict[int, int] = {}
        self._counted: Counter[int] = Counter()
        self._announced: set[tuple[int, str]] = set()
        self._lent: frozenset[str] = frozenset()
        self._looked = -math.inf
        """When it was asked last who waits for a turn at a host."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._feeder: asyncio.Task[None] | None = None
        self._under_way = 0
        self._unwritten = 0
        self._unwritten_bytes = 0
        self._changes = 0
        self.error: BaseException | None = None
        """What ended the queue before its time."""
        self._over = False
        self._stopped = False
        self._wake = asyncio.Event()
        self._hungry = asyncio.Event()

    async def leases(self) -> AsyncIterator[FrontierLease]:
        """Every address as its turn comes; its host's slot counts as taken until `finished` is called for it."""
        self._feeder = self._spawn(self._feed())
        while not self._over:
            lease = self._next()
            if lease is not None:
                yield lease
            else:
                await _wait(self._wake, self._nap())

    def run_of(self, lease: FrontierLease) -> Run:
        """The run an address is fetched for."""
        return self._runs[lease.run_id]

    def finished(self, visit: Visit, *, pause: timedelta | None = None) -> None:
        """A request has ended: free its host, silence it for `pause` if it asked for that, and pass the visit on."""
        gate = self._gates[visit.settlement.lease.host]
        rested = gate.is_resting(time.monotonic())
        gate.hear(visit.settlement, pause, self._now())
        self._under_way -= 1
        self._pass_on(gate, visit)
        if gate.is_resting(time.monotonic()):
            self._leave_alone(gate)
            if not rested:
                log.warning("%s %s: it is left alone for now", gate.host, gate.why_resting())

    def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of what the sink has written."""
        for outcome in outcomes:
            visit, lease = outcome.visit, outcome.visit.settlement.lease
            self._unwritten -= 1
            self._unwritten_bytes -= len(visit.page.body) if visit.page else 0
            if lease.kind is PageKind.ARTICLE:
                self._counted[lease.run_id] -= 1
                self._left[lease.run_id] += not is_article_page(outcome)
            if outcome.new or visit.settlement.retry_at or not is_article_page(outcome):
                self._hungry.set()  # there may be something to fetch that was not there before
        self._changes += 1
        self._ask_if_low()
        self._wake.set()

    def exhausted(self) -> list[int]:
        """Runs that have fetched as many article pages as they may."""
        return sorted(run_id for run_id in self._active if self._left[run_id] <= 0 and not self._counted[run_id])

    def stalled(self) -> set[int]:
        """Runs of which all is read that was fetched, and whose hosts are all left alone for a while."""
        return self._active & self._stalled

    async def close(self) -> None:
        """Give back what was not fetched, and every host."""
        self._over = self._stopped = True
        self._hungry.set()
        if self._feeder is not None:
            await asyncio.wait([self._feeder])  # what it has just leased must be given back too
        for task in self._tasks:
            task.cancel()
        waiting = [lease for gate in self._gates.values() for lease in gate.waiting]
        self._gates.clear()
        await asyncio.wrap_future(self._sink.call(lambda tx: give_back(tx, waiting, self._holder)))

    # ------------------------------------------------------------ choosing

    def _next(self) -> FrontierLease | None:
        if self._under_way >= self._concurrency or self._unwritten >= MAX_UNWRITTEN or self._unwritten_bytes >= MAX_UNWRITTEN_BYTES:
            return None
        for name in list(self._gates):
            lease = self._next_of(self._gates[name])
            if lease is not None:
                self._gates[name] = self._gates.pop(name)  # the others come first next time
                return lease
        return None

    def _next_of(self, gate: Gate) -> FrontierLease | None:
        now = time.monotonic()
        while gate.waiting and gate.slot.is_free(now):
            if not self._knows_rules(gate, now):
                return None
            lease = gate.waiting.pop(0)
            if self._may_go(gate, lease):
                gate.slot.start(now)
                self._under_way += 1
                self._ask_if_low()
                return lease
        return None

    def _may_go(self, gate: Gate, lease: FrontierLease) -> bool:
        """Whether an address is fetched now; if not it is settled or given back here."""
        source = self._sources(lease.source)
        if lease.run_id not in self._active or (lease.kind is PageKind.ARTICLE and self._left[lease.run_id] <= 0):
            self._ask(lambda tx: give_back(tx, [lease]))
        elif source is None:
            self._refuse(gate, lease, FailureClass.OTHER)
        elif gate.silence is not None or gate.rules is None:
            self._refuse(gate, lease, gate.silence.failure if gate.silence else FailureClass.ROBOTS)
        else:
            self._announce(self._runs[lease.run_id], source, gate)
            if gate.rules.allows(lease.url):
                self._count(lease)
                return True
            self._refuse(gate, lease, FailureClass.ROBOTS)
        return False

    def _count(self, lease: FrontierLease) -> None:
        """Take an article off its run's limit; `told` puts it back if no page was kept."""
        if lease.kind is PageKind.ARTICLE:
            self._left[lease.run_id] -= 1
            self._counted[lease.run_id] += 1

    def _refuse(self, gate: Gate, lease: FrontierLease, failure: FailureClass) -> None:
        """Settle an address without asking for it."""
        now = self._now()
        again = retry_at(failure, lease.attempts + 1, now, gate.slot.delay)
        self._count(lease)
        self._pass_on(gate, followed(Visit(Settlement(lease, now, fetched=False, failure=failure, retry_at=again)), now))

    def _leave_alone(self, gate: Gate) -> None:
        """Give back what waits for a host that will not be asked for a while: it stays due, and no failure is held against it."""
        waiting, lost = gate.give_up()
        now = self._now()
        if waiting:
            self._ask(lambda tx: give_back(tx, waiting))
        if lost:
            self._ask(lambda tx: offer_again(tx, lost, now))
        self._hungry.set()

    def _lend(self, gate: Gate) -> None:
        """Somebody waits for a turn at a host: nothing more is asked there, and once it is idle it is let go."""
        waiting, gate.waiting, gate.more = gate.waiting, [], False
        if waiting:
            self._ask(lambda tx: give_back(tx, waiting))
        if gate.is_idle():
            self._hungry.set()

    def _pass_on(self, gate: Gate, visit: Visit) -> None:
        self._unwritten += 1
        self._unwritten_bytes += len(visit.page.body) if visit.page else 0
        self._sink.submit(dataclasses.replace(visit, host=gate.update(self._now())))
        self._ask_if_low()
        self._wake.set()

    def _nap(self) -> float:
        """Seconds until some host may be asked."""
        now = time.monotonic()
        waits = [gate.slot.wait(now) for gate in self._gates.values() if gate.waiting and gate.slot.has_room]
        return min([POLL, *(max(wait, 0.001) for wait in waits if wait > 0)])

    # ------------------------------------------------------------ robots.txt

    def _knows_rules(self, gate: Gate, now: float) -> bool:
        """Whether it is known what the host allows; asks for it if not."""
        if gate.knows_rules(self._now(), now):
            return True
        if not gate.asking:
            gate.asking = True
            gate.slot.start(now)
            self._under_way += 1
            self._spawn(self._learn_rules(gate, gate.waiting[0].url))
        return False

    async def _learn_rules(self, gate: Gate, url: str) -> None:
        try:
            copy = await self._robots(url, self._now())
        finally:
            gate.asking = False
            gate.slot.finish(time.monotonic())
            self._under_way -= 1
            self._wake.set()
        standing = gate.slot.standing
        if isinstance(copy, Unreachable):
            gate.fall_silent(copy, time.monotonic())
            if not standing.robots_silent:
                log.warning("robots.txt of %s gives no answer (%s): nothing is fetched there for now", gate.host, copy.failure)
            standing.robots_silent = True
        else:
            gate.obey(copy)
            standing.robots_silent = False
            told = gate.update(self._now())
            self._ask(lambda tx: learn(tx, told, copy))

    def _announce(self, run: Run, source: Source, gate: Gate) -> None:
        """Offer the sitemaps that robots.txt names, once a run, before the address at hand is settled: the run cannot end in between."""
        key = (run.id, gate.host)
        if key in self._announced or gate.rules is None:
            return
        self._announced.add(key)
        if (
            source.sitemaps
            or "starts" in run.params
            or run.kind not in {RunKind.CRAWL, RunKind.BACKFILL}
            or host_of(source.home) != gate.host
        ):
            return
        urls = [url for url in gate.rules.sitemaps if source.is_on_site(url)]
        if urls:
            now = self._now()
            self._ask(lambda tx: announce_sitemaps(tx, run, source, urls, now))

    # ------------------------------------------------------------ supplies

    async def _feed(self) -> None:
        """Fetch leases whenever there is room for them, and at least every POLL seconds."""
        renewed = -math.inf
        while not self._stopped:
            seen = self._changes
            renew = time.monotonic() - renewed > LEASE.total_seconds() / 4
            wish = self._wish(renew=renew)
            granted = await asyncio.wrap_future(self._sink.call(lambda tx, wish=wish: refill(tx, wish)))  # type: ignore[misc]
            renewed = time.monotonic() if renew else renewed
            self._take(wish, granted)
            if self._ends and self._is_over(granted, quiet=seen == self._changes):
                self._over = True
            self._wake.set()
            await asyncio.sleep(RESPITE)
            await _wait(self._hungry, POLL if wish.resting else granted.rest(self._now()))

    def _wish(self, *, renew: bool) -> Wish:
        room = {host: gate.room() for host, gate in self._gates.items()}
        idle = tuple(gate.lease for gate in self._gates.values() if gate.is_idle())
        moment = time.monotonic()
        resting = [host for host, gate in self._gates.items() if gate.is_resting(moment)]
        turns = bool(self._lent) or moment - self._looked >= POLL
        self._looked = moment if turns else self._looked
        return Wish(self._owner, self._holder, self._now(), room, BUFFER, self._left.copy(), idle, resting, renew=renew, turns=turns)

    def _take(self, wish: Wish, granted: Granted) -> None:
        self._runs |= {run.id: run for run in granted.runs}
        self._active = {run.id for run in granted.runs}
        for run in granted.runs:
            self._left.setdefault(run.id, self._allowance(run) - granted.fetched.get(run.id, 0))
        self._stalled = granted.stalled - granted.unread
        for host in granted.released:
            if self._gates.pop(host).slot.standing.is_plain:
                self._standings.pop(host, None)
        self._gates |= {lease.host: self._open(lease) for lease in granted.hosts}
        for host in wish.room.keys() & self._gates.keys():
            self._gates[host].more &= wish.room[host] == 0
        for address in granted.leases:
            gate, source = self._gates[address.host], self._sources(address.source)
            if source is not None:
                gate.slot.configure(*pace_of(self._runs[address.run_id], source))
            gate.queue(address)
        for host, given in Counter(address.host for address in granted.leases).items():
            self._gates[host].more = given >= wish.room.get(host, BUFFER)
        moment = time.monotonic()
        for gate in [gate for gate in self._gates.values() if gate.waiting and gate.is_resting(moment)]:
            self._leave_alone(gate)
        self._lent = granted.lent
        for host in granted.lent & self._gates.keys():
            self._lend(self._gates[host])

    def _open(self, lease: HostLease) -> Gate:
        return Gate.open(lease, self._now(), self._standings.setdefault(lease.host, Standing()))

    def _allowance(self, run: Run) -> int:
        """Article pages a run may fetch in all; none of a source whose file is gone: its run is stopped, and has not failed."""
        source = self._sources(run.source)
        if source is None:
            return 0
        limits = [run.params.get("limit"), source.max_pages if run.kind is RunKind.CRAWL else None]
        return min((int(limit) for limit in limits if limit is not None), default=1 << 30)

    def _is_over(self, granted: Granted, *, quiet: bool) -> bool:
        """Whether nothing is left to do: nothing here, nothing on its way to the disk, nothing due within a minute."""
        busy = self._under_way or self._unwritten or any(not gate.is_idle() for gate in self._gates.values())
        return quiet and not busy and not granted.work_left

    def _ask_if_low(self) -> None:
        """Have addresses fetched from the frontier, and so written what is on its way there, while there is still something to do."""
        gates = self._gates.values()
        if any(gate.is_low() for gate in gates) or not any(gate.waiting for gate in gates):
            self._hungry.set()

    # ------------------------------------------------------------ small tools

    def _ask(self, work: Callable[[Transaction], object]) -> None:
        """Have something written that nobody waits for."""
        self._sink.call(work).add_done_callback(_log_failure)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._reap)
        return task

    def _reap(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None and not self._stopped:
            self.error = task.exception()
            self._over = True
            self._wake.set()


def _log_failure(future: Future[object]) -> None:
    if future.exception() is not None:
        log.error("not written: %s", future.exception())


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()
