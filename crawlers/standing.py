"""How a host has fared with us lately, and what follows: slower requests, a pause, or leaving it alone for now. Pure; asks nothing.

It outlives the lease of a host, for what a host did a minute ago counts whoever's run it was for; it does not outlive the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto

from db.vocabulary import FailureClass

FIRST_PACE = 0.5
"""Seconds between two requests after one failure, at least."""
SLOWEST_PACE = 60.0
"""Seconds between two requests after many, unless the source itself wishes more."""
LEAST_EXTRA = 0.1
"""Seconds; what is less than this after being halved is nothing."""
REFUSALS = 5
"""Refusals in a row that make a pause; so many more make one of twice the length."""
FIRST_REFUSED_PAUSE = timedelta(minutes=15)
LONGEST_REFUSED_PAUSE = timedelta(hours=24)
SILENCES = 5
"""Requests in a row without any answer after which a host counts as down, …"""
SILENT_ADDRESSES = 3
"""… for so many addresses at least if it has answered before: one page that never comes proves nothing about the others."""


class Sign(Enum):
    """What the end of a request says of its host."""

    GOOD = auto()  # it answers as it should, be it that a page is gone
    TROUBLED = auto()  # it answers that it is in trouble, or wishes to be left alone
    SILENT = auto()  # no answer at all
    REFUSED = auto()  # it does not want us
    ANSWERED = auto()  # an answer that says neither: too large, broken
    NONE = auto()  # the host was never asked


SIGNS = {
    **dict.fromkeys((FailureClass.DNS, FailureClass.CONNECT, FailureClass.TLS, FailureClass.TIMEOUT), Sign.SILENT),
    **dict.fromkeys((FailureClass.GONE, FailureClass.HTTP_4XX, FailureClass.REDIRECT, FailureClass.UNREADABLE), Sign.GOOD),
    **dict.fromkeys((FailureClass.TOO_LARGE, FailureClass.DECODE), Sign.ANSWERED),
    **dict.fromkeys((FailureClass.ROBOTS, FailureClass.REFUSED, FailureClass.OTHER), Sign.NONE),
    FailureClass.HTTP_5XX: Sign.TROUBLED,
    FailureClass.BLOCKED: Sign.REFUSED,
}


def sign_of(failure: FailureClass | None) -> Sign:
    """What a failure class, or None for a good answer, says of the host."""
    return Sign.GOOD if failure is None else SIGNS[failure]


@dataclass(slots=True)
class Standing:
    """What is remembered of one host."""

    extra: float = 0.0
    """Seconds added to its delay."""
    refusals: int = 0
    """In a row."""
    silences: int = 0
    """Requests in a row without an answer; those that were under way together count as one."""
    robots_silent: bool = False
    """Whether it has been told that robots.txt gives no answer."""
    _heard_from: bool = False
    _silent: set[str] = field(default_factory=set)
    _overlapping: int = 0
    """Requests that were under way when the last failure was noted: they met the same trouble."""

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to remember."""
        return not (self.extra or self.refusals or self.silences or self.robots_silent)

    @property
    def is_down(self) -> bool:
        """Whether nobody is there; true until it answers, so that one more attempt in vain is enough to leave it alone again."""
        return self.silences >= SILENCES and (not self._heard_from or len(self._silent) >= SILENT_ADDRESSES)

    def hear(self, sign: Sign, delay: float, *, url: str = "", under_way: int = 0, wishes_silence: bool = False) -> None:
        """Take note of how a request for `url` ended, while `under_way` others are not over and the host's own delay is `delay`."""
        overlaps, self._overlapping = self._overlapping > 0, max(0, self._overlapping - 1)
        if sign is Sign.NONE:
            return
        if sign in {Sign.SILENT, Sign.TROUBLED} or wishes_silence:
            if not overlaps:
                self._slow_down(delay)
                self.silences += sign is Sign.SILENT
                self._overlapping = under_way
        elif sign is Sign.GOOD:
            self.extra = self.extra / 2 if self.extra / 2 >= LEAST_EXTRA else 0.0
        if sign is not Sign.SILENT:
            self.silences, self._heard_from = 0, True
            self._silent.clear()
        elif len(self._silent) < SILENT_ADDRESSES:
            self._silent.add(url)
        if sign is Sign.REFUSED:
            self.refusals += 1
        elif sign is Sign.GOOD:
            self.refusals = 0

    def refused_pause(self) -> timedelta | None:
        """How long to stay away after the refusal just heard; None if there were too few."""
        if not self.refusals or self.refusals % REFUSALS:
            return None
        doublings = min(self.refusals // REFUSALS - 1, 10)
        return min(FIRST_REFUSED_PAUSE * (1 << doublings), LONGEST_REFUSED_PAUSE)

    def _slow_down(self, delay: float) -> None:
        pace = min(max(2 * (delay + self.extra), FIRST_PACE), max(SLOWEST_PACE, delay))
        self.extra = max(self.extra, pace - delay)
