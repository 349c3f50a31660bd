"""One host that this process holds: its pace, what its robots.txt allows, and the addresses that wait for it. Asks nothing itself."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawlers.politeness import HostSlot
from crawlers.robots import Rules, Unreachable
from crawlers.sink import HostUpdate
from db.records import FrontierLease, HostLease, RobotsCopy

BUFFER = 50
"""Addresses waiting at one host at most; a slow host holds what it can use in a second, so that urgent ones get in front."""


@dataclass(slots=True)
class Gate:
    """A leased host. Moments are seconds of `time.monotonic`."""

    lease: HostLease
    slot: HostSlot
    rules: Rules | None = None
    silence: Unreachable | None = None
    """Why nothing may be fetched: robots.txt gave no answer."""
    silent_until: float = 0.0
    tries: int = 0
    asking: bool = False
    """Whether robots.txt is being fetched."""
    paused_until: datetime | None = None
    waiting: list[FrontierLease] = field(default_factory=list)
    """Most urgent first."""
    more: bool = False
    """Whether the frontier probably holds more for this host: it gave all that was asked for."""

    @classmethod
    def open(cls, lease: HostLease, now: datetime) -> Gate:
        """Take up a host where the process before us left it."""
        moments = [moment for moment in (lease.next_allowed_at, lease.pause_until) if moment is not None]
        wait = max([0.0, *((moment - now).total_seconds() for moment in moments)])
        gate = cls(lease, HostSlot(lease.host, next_at=time.monotonic() + wait), paused_until=lease.pause_until)
        if lease.robots is not None:
            gate.obey(lease.robots)
        return gate

    @property
    def host(self) -> str:
        """Its name, with a port that is not the scheme's own."""
        return self.lease.host

    def is_idle(self) -> bool:
        """Whether the host may be let go."""
        return not (self.waiting or self.slot.under_way or self.asking)

    def room(self) -> int:
        """How many more addresses it has use for."""
        size = BUFFER if self.slot.delay < 1 / BUFFER else max(self.slot.concurrency, math.ceil(1 / self.slot.delay))
        return max(0, size - len(self.waiting))

    def is_low(self) -> bool:
        """Whether it is time to ask for more addresses."""
        return self.more and len(self.waiting) <= self.room()

    def queue(self, address: FrontierLease) -> None:
        """Let an address wait, in its place."""
        self.waiting.append(address)
        self.waiting.sort(key=lambda lease: (-lease.priority, lease.id))

    def knows_rules(self, now: datetime, moment: float) -> bool:
        """Whether a fresh robots.txt is there, or it was asked for in vain a moment ago."""
        fresh = self.rules is not None and self.rules.is_fresh(now)
        return fresh or (self.silence is not None and moment < self.silent_until)

    def obey(self, copy: RobotsCopy) -> None:
        """Follow this copy from now on."""
        self.silence, self.tries = None, 0
        self.rules = Rules(copy)
        self.slot.slow_down(self.rules.crawl_delay)

    def fall_silent(self, why: Unreachable, moment: float) -> None:
        """Forbid everything for 1, 3, 9… seconds, four minutes at most; then robots.txt is asked for again."""
        self.rules, self.silence = None, why
        self.silent_until = moment + 3.0 ** min(self.tries, 5)
        self.tries += 1

    def pause(self, length: timedelta, now: datetime) -> None:
        """Be silent as long as the host asked."""
        self.slot.pause(length.total_seconds(), time.monotonic())
        self.paused_until = now + length

    def update(self, now: datetime) -> HostUpdate:
        """What the database is told of the host."""
        return HostUpdate(self.lease, now + timedelta(seconds=self.slot.wait(time.monotonic())), self.paused_until)
