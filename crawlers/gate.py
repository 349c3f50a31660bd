"""One host that this process holds: its pace, what its robots.txt allows, and the addresses that wait for it. Asks nothing itself."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawlers.politeness import HostSlot
from crawlers.robots import Rules, Unreachable
from crawlers.sink import HostUpdate
from crawlers.standing import Sign, Standing, sign_of
from db.records import FrontierLease, HostLease, RobotsCopy, Settlement
from db.vocabulary import FoundBy

BUFFER = 50
"""Addresses waiting at one host at most."""
AHEAD = 0.1
"""Seconds; a host with a pace holds what it can use in this time and one address at least, so that urgent ones get in front."""
LONG = 60.0
"""Seconds; a host that may not be asked for longer than this holds no address, and no run waits for it."""
FIRST_SILENCE = 1.0
"""Seconds before a robots.txt that gave no answer is asked for again, the first time."""
FAR_AHEAD = 150.0
"""Seconds; the next request lies further ahead than a host's own delay or a pause explains, and so do its last ones, it seems."""
DOWN = 300.0
"""Seconds after which a host that is down is tried again within one run."""


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
    pause_ends: float = 0.0
    """The same moment on our own clock."""
    waiting: list[FrontierLease] = field(default_factory=list)
    """Most urgent first."""
    more: bool = False
    """Whether the frontier probably holds more for this host: it gave all that was asked for."""
    down_until: float = 0.0
    """Until when nobody seems to be there."""
    lost: list[FrontierLease] = field(default_factory=list)
    """Addresses settled for good since the host last answered."""

    @classmethod
    def open(cls, lease: HostLease, now: datetime, standing: Standing | None = None) -> Gate:
        """Take up a host where the process before us left it, with what this one remembers of it."""
        wait = (lease.next_allowed_at - now).total_seconds() if lease.next_allowed_at is not None else 0.0
        slot = HostSlot(lease.host, next_at=time.monotonic() + max(0.0, wait), standing=standing or Standing())
        if wait > FAR_AHEAD and not (lease.pause_until and lease.pause_until > now):  # by a clock that was set back since
            slot.next_at = time.monotonic()
        slot.asked_before = time.monotonic() if lease.abandoned or wait > FAR_AHEAD else None
        gate = cls(lease, slot)
        if lease.pause_until is not None:
            gate.pause(lease.pause_until - now, now)
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
        if self.is_resting(time.monotonic()):
            return 0
        pace = self.slot.pace
        size = BUFFER if pace * BUFFER < 1 else max(self.slot.at_once, math.ceil(AHEAD / pace))
        return max(0, size - len(self.waiting))

    def is_resting(self, moment: float) -> bool:
        """Whether it will not be asked for a while: it is down, refuses us, or wishes to be left alone."""
        return moment < self.down_until or self.pause_ends > moment + LONG

    def is_low(self) -> bool:
        """Whether it is time to ask for more addresses."""
        room = self.room()
        return self.more and 0 < room >= len(self.waiting)

    def why_resting(self) -> str:
        """What keeps us away, for a person."""
        if self.slot.standing.is_down:
            return "does not answer"
        refuses = self.slot.standing.refused_pause() is not None
        return f"{'refuses us' if refuses else 'wishes not to be asked'} (until {self.paused_until:%Y-%m-%d %H:%M} UTC)"

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

    def hear(self, settlement: Settlement, pause: timedelta | None, now: datetime) -> None:
        """A request is over: judge the host by it, and be silent for `pause` if it asked for that, or for as long as it refuses us."""
        lease, sign, moment = settlement.lease, sign_of(settlement.failure), time.monotonic()
        self.slot.finish(moment, sign, url=lease.url_key, wishes_silence=pause is not None)
        refused = self.slot.standing.refused_pause() if sign is Sign.REFUSED else None
        for length in filter(None, (pause, refused)):
            self.pause(length, now)
        if sign is not Sign.SILENT:
            self.lost.clear()
        elif settlement.retry_at is None and lease.found_by not in {FoundBy.SEED, FoundBy.GUESS}:
            self.lost.append(lease)
        if sign is Sign.SILENT and self.slot.standing.is_down:
            self.down_until = moment + DOWN

    def give_up(self) -> tuple[list[FrontierLease], list[FrontierLease]]:
        """Hand out what waits here, and what was settled for good since the host fell silent, if it is down."""
        waiting, self.waiting = self.waiting, []
        lost, self.lost = (self.lost, []) if self.slot.standing.is_down else ([], self.lost)
        return waiting, lost

    def fall_silent(self, why: Unreachable, moment: float) -> None:
        """Forbid everything for 1, 3, 9… seconds, four minutes at most; then robots.txt is asked for again."""
        self.rules, self.silence = None, why
        self.silent_until = moment + FIRST_SILENCE * 3.0 ** min(self.tries, 5)
        self.tries += 1

    def pause(self, length: timedelta, now: datetime) -> None:
        """Be silent for so long; a shorter pause does not end a longer one."""
        moment = time.monotonic()
        self.slot.pause(length.total_seconds(), moment)
        self.pause_ends = max(self.pause_ends, moment + length.total_seconds())
        self.paused_until = max(self.paused_until or now, now + length)

    def update(self, now: datetime) -> HostUpdate:
        """What the database is told of the host."""
        return HostUpdate(self.lease, now + timedelta(seconds=self.slot.wait(time.monotonic())), self.paused_until)
