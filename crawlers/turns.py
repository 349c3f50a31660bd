"""One-off requests that take their turn at a host: each by the lease, at the pace and under the pauses by which crawls ask it.

Whoever crawls a host holds it until nothing is due there, unless somebody waits for a turn (`db.turns`): then it is let go between two
requests, and taken up again after. A turn is one request, and the host is free between two of them, so that a crawl need not wait for
more than one either. How a request is made is `crawlers.fetch_job`'s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from crawlers.clock import Clock
from crawlers.fetch import Fetched, errand
from crawlers.gate import Gate
from crawlers.spec import EngineSpec
from db.engine import Database, Transaction
from db.errors import LeaseLost, Unavailable
from db.hosts import HostStore
from db.leases import owner_in_words, owner_name, reclaim_dead
from db.records import HostLease, RobotsCopy
from db.turns import TurnStore

LEASE = timedelta(seconds=60)
"""How long a host is ours beyond what one request may take, and how long a crawl lets us have the next turn."""
RENEW_SECONDS = 15.0
ASK_SECONDS = 0.3
"""How often it is asked whether a host has become free."""
YIELD_SECONDS = 0.3
"""How long a host is free at most between two turns, if it has no pace: for as long as the request before took."""

OnWait = Callable[[str], None]
"""Hears in a sentence for whom is being waited."""


def fetch_in_turn(urls: Sequence[str], spec: EngineSpec, delay: float, on_wait: OnWait) -> list[Fetched]:
    """Fetch as `crawlers.fetch.fetch` does, but as a crawl of a source with this `delay` (seconds) would, and in turn with crawls.

    What is learned of a host is kept for whoever asks it next: when it was asked last, its pauses and its robots.txt, which is asked
    for only if no fresh copy is kept. Raises Unavailable if the fetching process dies.
    """
    return errand("crawlers.fetch_job:run_in_turn", urls, spec, delay, hear=on_wait)


class Turns:
    """Inside the fetching process: one host at a time is held, for one request."""

    def __init__(self, spec: EngineSpec, delay: float, on_wait: OnWait) -> None:
        """`delay` as in `fetch_in_turn`. Raises what `Database.open` raises."""
        self._database = Database.open(spec.database_url)
        self._clock = Clock(spec.clock_offset)
        self._holder, self._delay, self._on_wait = owner_name(), delay, on_wait
        self._length = LEASE + timedelta(seconds=spec.timeout)
        self._told: set[str] = set()
        self._free_from: dict[str, float] = {}
        """When the next turn at a host may begin, on the clock of `time.monotonic`."""

    def robots(self, host: str) -> RobotsCopy | None:
        """The copy that is kept of a host's robots.txt, however old."""
        with self._database.read() as tx:
            return HostStore(tx).robots(host)

    def learned(self, host: str, copy: RobotsCopy) -> None:
        """Keep a host's robots.txt."""
        self._database.transact(lambda tx: HostStore(tx).keep_robots(host, copy))

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[Gate]:
        """Hold a host whose time has come, until the request that is made inside is over. Raises Unavailable if it wishes silence."""
        await asyncio.sleep(max(0.0, self._free_from.get(host, 0.0) - time.monotonic()))
        gate = await self._take(host)
        started = time.monotonic()
        gate.slot.start(started)
        try:
            yield gate
        finally:
            ended = time.monotonic()
            gate.slot.finish(ended)
            self._let_go(gate)
            free = ended + min(YIELD_SECONDS, ended - started)
            self._free_from[host] = ended if gate.is_resting(ended) else max(gate.slot.next_at, free)

    def close(self) -> None:
        """Give back what is held, and wait for nothing more."""
        self._database.transact(self._withdraw)
        self._database.close()

    async def _take(self, host: str) -> Gate:
        """Wait until a host is ours, and then until it may be asked."""
        gate = self._opened(host)
        while gate is None or (wait := gate.slot.wait(time.monotonic())) > 0:
            if gate is None:
                await asyncio.sleep(ASK_SECONDS)
                gate = self._opened(host)
            else:
                await asyncio.sleep(min(wait, RENEW_SECONDS))
                gate = gate if self._renew() else None
        return gate

    def _opened(self, host: str) -> Gate | None:
        """Lease a host; None if it is another's."""
        now = self._clock()
        lease, owner = self._database.transact(lambda tx: self._lease(tx, host, now))
        if lease is None:
            if owner and host not in self._told:
                self._told.add(host)
                self._on_wait(f"waits for its turn: {host} is being asked by {owner_in_words(owner)}")
            return None
        gate = Gate.open(lease, now)
        gate.slot.configure(self._delay, 1)
        if gate.is_resting(time.monotonic()):
            self._database.transact(self._withdraw)
            raise Unavailable(f"{host} {gate.why_resting()}")
        return gate

    def _lease(self, tx: Transaction, host: str, now: datetime) -> tuple[HostLease | None, str | None]:
        store, turns = HostStore(tx), TurnStore(tx)
        lease = store.lease(host, self._holder, now, now + self._length)
        if lease is None and reclaim_dead(tx, now):
            lease = store.lease(host, self._holder, now, now + self._length)
        if lease is None:
            turns.ask(self._holder, host, now, now + LEASE)
            return None, store.holder(host)
        turns.withdraw(self._holder)
        return lease, None

    def _renew(self) -> bool:
        now = self._clock()
        return self._database.transact(lambda tx: HostStore(tx).renew(self._holder, now, now + self._length)) > 0

    def _let_go(self, gate: Gate) -> None:
        """Write when the host may be asked again, and give it back; if it is another's by now, he knows better."""
        told = gate.update(self._clock())

        def work(tx: Transaction) -> None:
            HostStore(tx).update(told.lease, next_allowed_at=told.next_allowed_at, pause_until=told.pause_until)
            HostStore(tx).give_back([told.lease])

        try:
            self._database.transact(work)
        except LeaseLost:
            return

    def _withdraw(self, tx: Transaction) -> None:
        HostStore(tx).release(self._holder)
        TurnStore(tx).withdraw(self._holder)
