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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crawlers.politeness import HostSlot
from crawlers.refill import LEASE, Granted, Wish, announce_sitemaps, give_back, refill
from crawlers.report import is_article_page
from crawlers.retries import retry_at
from crawlers.robots import Rules, Unreachable
from crawlers.sink import HostUpdate, Outcome, Sink, Visit
from crawlers.source import Source
from db.engine import Transaction
from db.hosts import HostStore
from db.identity import host_of
from db.records import FailureClass, FrontierLease, HostLease, PageKind, RobotsCopy, Run, RunKind, Settlement

POLL = 1.0
"""Seconds after which the database is asked again whatever happens here: others add runs and addresses."""
RESPITE = 0.02
"""Seconds between two questions at least."""
BUFFER = 50
"""Leases held for one host at most; slow hosts hold what they can use in a second."""
MAX_UNWRITTEN = 150
MAX_UNWRITTEN_BYTES = 64 << 20
"""Visits and bytes on their way to the disk above which nothing new is asked for."""
log = logging.getLogger(__name__)

RobotsFetch = Callable[[str, datetime], Coroutine[Any, Any, RobotsCopy | Unreachable]]


@dataclass(slots=True)
class _Host:
    """A leased host: its pace, its rules and the addresses waiting for it, most urgent first."""

    lease: HostLease
    slot: HostSlot
    rules: Rules | None = None
    silence: Unreachable | None = None
    silent_until: float = 0.0
    tries: int = 0
    asking: bool = False
    paused_until: datetime | None = None
    waiting: list[FrontierLease] = field(default_factory=list)

    def is_idle(self) -> bool:
        return not (self.waiting or self.slot.under_way or self.asking)


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
        self._hosts: dict[str, _Host] = {}
        self._runs: dict[int, Run] = {}
        self._left: dict[int, int] = {}
        self._counted: Counter[int] = Counter()
        self._announced: set[tuple[int, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._feeder: asyncio.Task[None] | None = None
        self._under_way = 0
        self._unwritten = 0
        self._unwritten_bytes = 0
        self._changes = 0
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
        lease = visit.settlement.lease
        host = self._hosts[lease.host]
        host.slot.finish(time.monotonic())
        self._under_way -= 1
        if pause is not None:
            host.slot.pause(pause.total_seconds(), time.monotonic())
            host.paused_until = self._now() + pause
        self._pass_on(host, visit)

    def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of what the sink has written."""
        for outcome in outcomes:
            visit = outcome.visit
            self._unwritten -= 1
            self._unwritten_bytes -= len(visit.page.body) if visit.page else 0
            lease = visit.settlement.lease
            if lease.kind is PageKind.ARTICLE:
                self._counted[lease.run_id] -= 1
                self._left[lease.run_id] += not is_article_page(outcome)
        self._changes += 1
        self._hungry.set()
        self._wake.set()

    def exhausted(self) -> list[int]:
        """Runs that have fetched as many article pages as they may."""
        return sorted(run_id for run_id in self._runs if self._left[run_id] <= 0 and not self._counted[run_id])

    async def close(self) -> None:
        """Give back what was not fetched, and every host."""
        self._over = self._stopped = True
        self._hungry.set()
        if self._feeder is not None:
            await asyncio.wait([self._feeder])  # what it has just leased must be given back too
        for task in self._tasks:
            task.cancel()
        waiting = [lease for host in self._hosts.values() for lease in host.waiting]
        self._hosts.clear()
        await asyncio.wrap_future(self._sink.call(lambda tx: give_back(tx, waiting, self._holder)))

    # ------------------------------------------------------------ choosing

    def _next(self) -> FrontierLease | None:
        if self._under_way >= self._concurrency or self._unwritten >= MAX_UNWRITTEN or self._unwritten_bytes >= MAX_UNWRITTEN_BYTES:
            return None
        for name in list(self._hosts):
            lease = self._next_of(self._hosts[name])
            if lease is not None:
                self._hosts[name] = self._hosts.pop(name)  # the others come first next time
                return lease
        return None

    def _next_of(self, host: _Host) -> FrontierLease | None:
        now = time.monotonic()
        while host.waiting and host.slot.is_free(now):
            if not self._has_rules(host, now):
                return None
            lease = host.waiting.pop(0)
            self._ask_for_more(host)
            if self._may_go(host, lease):
                host.slot.start(now)
                self._under_way += 1
                return lease
        return None

    def _may_go(self, host: _Host, lease: FrontierLease) -> bool:
        """Whether an address is fetched now; if not it is settled or given back here."""
        run = self._runs.get(lease.run_id)
        if run is None or (lease.kind is PageKind.ARTICLE and self._left.get(run.id, 0) <= 0):
            self._ask(lambda tx: give_back(tx, [lease]))
            return False
        if host.silence is not None:
            self._refuse(host, lease, host.silence.failure)
            return False
        assert host.rules is not None
        self._announce(run, host)
        if not host.rules.allows(lease.url):
            self._refuse(host, lease, FailureClass.ROBOTS)
            return False
        self._count(lease)
        return True

    def _count(self, lease: FrontierLease) -> None:
        """Take an article off its run's limit; `told` puts it back if no page was kept."""
        if lease.kind is PageKind.ARTICLE:
            self._left[lease.run_id] -= 1
            self._counted[lease.run_id] += 1

    def _refuse(self, host: _Host, lease: FrontierLease, failure: FailureClass) -> None:
        """Settle an address without asking for it."""
        now = self._now()
        again = retry_at(failure, lease.attempts + 1, now, host.slot.delay)
        self._count(lease)
        self._pass_on(host, Visit(Settlement(lease, now, fetched=False, failure=failure, retry_at=again)))

    def _pass_on(self, host: _Host, visit: Visit) -> None:
        allowed = self._now() + timedelta(seconds=host.slot.wait(time.monotonic()))
        update = HostUpdate(host.lease, allowed, host.paused_until)
        self._unwritten += 1
        self._unwritten_bytes += len(visit.page.body) if visit.page else 0
        self._sink.submit(dataclasses.replace(visit, host=update))
        self._wake.set()

    def _nap(self) -> float:
        """Seconds until some host may be asked."""
        now = time.monotonic()
        waits = [host.slot.wait(now) for host in self._hosts.values() if host.waiting and host.slot.under_way < host.slot.concurrency]
        return min([POLL, *(max(wait, 0.001) for wait in waits if wait > 0)])

    # ------------------------------------------------------------ robots.txt

    def _has_rules(self, host: _Host, now: float) -> bool:
        """Whether it is known what the host allows; asks for it if not."""
        if host.rules is not None and host.rules.is_fresh(self._now()):
            return True
        if host.silence is not None and now < host.silent_until:
            return True
        if not host.asking:
            host.asking = True
            host.slot.start(now)
            self._under_way += 1
            self._spawn(self._learn_rules(host, host.waiting[0].url))
        return False

    async def _learn_rules(self, host: _Host, url: str) -> None:
        try:
            copy = await self._robots(url, self._now())
        finally:
            host.asking = False
            host.slot.finish(time.monotonic())
            self._under_way -= 1
            self._wake.set()
        if isinstance(copy, Unreachable):
            host.tries += 1
            host.rules, host.silence = None, copy
            host.silent_until = time.monotonic() + 3.0 ** min(host.tries - 1, 5)
            log.warning("robots.txt of %s gives no answer (%s): nothing is fetched there for now", host.lease.host, copy.failure)
            return
        host.silence, host.tries = None, 0
        self._obey(host, copy)
        self._ask(lambda tx: HostStore(tx).keep_robots(host.lease.host, copy))

    def _obey(self, host: _Host, copy: RobotsCopy) -> None:
        host.rules = Rules(copy)
        host.slot.slow_down(host.rules.crawl_delay)

    def _announce(self, run: Run, host: _Host) -> None:
        """Offer the sitemaps that robots.txt names, once a run, before the address at hand is settled: the run cannot end in between."""
        key = (run.id, host.lease.host)
        source = self._sources(run.source)
        if key in self._announced or source is None or host.rules is None:
            return
        self._announced.add(key)
        if source.sitemaps or run.kind not in {RunKind.CRAWL, RunKind.BACKFILL} or host_of(source.home) != host.lease.host:
            return
        urls = [url for url in host.rules.sitemaps if source.is_on_site(url)]
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
            self._take(granted)
            if self._ends and self._is_over(granted, quiet=seen == self._changes):
                self._over = True
            self._wake.set()
            await asyncio.sleep(RESPITE)
            await _wait(self._hungry, _nap_until(granted.next_due, self._now()))

    def _wish(self, *, renew: bool) -> Wish:
        room = {name: self._room(host) for name, host in self._hosts.items()}
        idle = tuple(host.lease for host in self._hosts.values() if host.is_idle())
        return Wish(self._owner, self._holder, self._now(), room, BUFFER, self._left.copy(), idle, renew=renew)

    def _room(self, host: _Host) -> int:
        size = BUFFER if host.slot.delay < 1 / BUFFER else max(host.slot.concurrency, math.ceil(1 / host.slot.delay))
        return max(0, size - len(host.waiting))

    def _take(self, granted: Granted) -> None:
        self._runs = {run.id: run for run in granted.runs}
        for run in granted.runs:
            self._left.setdefault(run.id, self._allowance(run) - granted.fetched.get(run.id, 0))
        for gone in granted.released:
            host = self._hosts.get(gone)
            if host is not None and host.is_idle():
                del self._hosts[gone]
        for lease in granted.hosts:
            self._hosts[lease.host] = self._open(lease)
        for address in granted.leases:
            host = self._hosts[address.host]
            source = self._sources(address.source)
            if source is not None:
                host.slot.configure(source.delay, source.concurrency)
            host.waiting.append(address)
        for host in self._hosts.values():
            host.waiting.sort(key=lambda lease: (-lease.priority, lease.id))

    def _open(self, lease: HostLease) -> _Host:
        moments = [moment for moment in (lease.next_allowed_at, lease.pause_until) if moment is not None]
        wait = max([0.0, *((moment - self._now()).total_seconds() for moment in moments)])
        host = _Host(lease, HostSlot(lease.host, next_at=time.monotonic() + wait))
        if lease.robots is not None:
            self._obey(host, lease.robots)
        return host

    def _allowance(self, run: Run) -> int:
        """Article pages a run may fetch in all."""
        source = self._sources(run.source)
        limits = [run.params.get("limit"), source.max_pages if source and run.kind is RunKind.CRAWL else None]
        return min((int(limit) for limit in limits if limit is not None), default=1 << 30)

    def _is_over(self, granted: Granted, *, quiet: bool) -> bool:
        """Whether nothing is left to do: nothing here, nothing on its way to the disk, nothing due within a minute."""
        busy = self._under_way or self._unwritten or any(not host.is_idle() for host in self._hosts.values())
        return quiet and not busy and not granted.work_left

    def _ask_for_more(self, host: _Host) -> None:
        if self._room(host) * 2 > BUFFER or not host.waiting:
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
            log.error("the frontier queue fails", exc_info=task.exception())
            self._over = True
            self._wake.set()


def _log_failure(future: Future[object]) -> None:
    if future.exception() is not None:
        log.error("not written: %s", future.exception())


def _nap_until(due: datetime | None, now: datetime) -> float:
    return POLL if due is None else min(POLL, max(RESPITE, (due - now).total_seconds()))


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()
