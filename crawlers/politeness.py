"""When a host may be asked again: delay, requests under way, and the pauses it asked for. What to ask for is the frontier's business.

What its answers say of a host is `crawlers.standing`'s.
Times here are seconds of a clock that never jumps (`time.monotonic`); instants enter and leave only where they are kept.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crawlers.standing import Sign, Standing

MAX_CRAWL_DELAY = 60.0
"""Seconds; a longer Crawl-delay is read as this one, so that no robots.txt can stop a source for days by a typing error."""
MAX_PAUSE = timedelta(hours=24)
DEFAULT_PAUSE = timedelta(seconds=60)
"""After a 429 or 503 that does not say how long."""
JITTER = 0.1
"""Share of the delay that chance adds; it never subtracts."""


@dataclass(slots=True)
class HostSlot:
    """One host as this process treats it."""

    host: str
    delay: float = 0.0
    concurrency: int = 1
    under_way: int = 0
    next_at: float = field(default=0.0)
    """No request before this moment."""
    standing: Standing = field(default_factory=Standing)
    asked_before: float | None = None
    """Until when another process, which has died, may have asked it; None: the last one told when it asked last."""

    @property
    def pace(self) -> float:
        """Seconds between two requests: its delay, and more while it is in trouble."""
        return self.delay + self.standing.extra

    @property
    def at_once(self) -> int:
        """Requests that may be under way; a host in trouble is asked one by one."""
        return 1 if self.standing.extra else self.concurrency

    @property
    def has_room(self) -> bool:
        """Whether fewer requests are under way than may be."""
        return self.under_way < self.at_once

    def configure(self, delay: float, concurrency: int) -> None:
        """Follow the source that asks; of several sources on one host the most careful counts."""
        first = self.delay == 0.0 and self.under_way == 0
        self.concurrency = concurrency if first else min(self.concurrency, concurrency)
        self._lengthen(delay)

    def slow_down(self, crawl_delay: float | None) -> None:
        """Obey robots.txt's Crawl-delay (seconds), which lengthens our own delay and makes requests go one by one."""
        if crawl_delay is not None and crawl_delay > 0:
            self._lengthen(min(crawl_delay, MAX_CRAWL_DELAY))
            self.concurrency = 1

    def is_free(self, now: float) -> bool:
        """Whether a request may start."""
        return self.has_room and now >= self.next_at

    def wait(self, now: float) -> float:
        """Seconds until the delay is over."""
        return max(0.0, self.next_at - now)

    def start(self, now: float) -> None:
        """A request leaves."""
        self.under_way += 1
        self.next_at = max(self.next_at, now + self._with_jitter())

    def finish(self, now: float, sign: Sign = Sign.NONE, *, url: str = "", wishes_silence: bool = False) -> None:
        """The request for `url` is over, with or without an answer. One by one, the delay counts from here: a slow server is asked less."""
        self.under_way -= 1
        self.standing.hear(sign, self.delay, url=url, under_way=self.under_way, wishes_silence=wishes_silence)
        if self.at_once == 1:
            self.next_at = max(self.next_at, now + self._with_jitter())

    def pause(self, seconds: float, now: float) -> None:
        """The host asked for silence."""
        self.next_at = max(self.next_at, now + seconds)

    def _lengthen(self, delay: float) -> None:
        self.delay = max(self.delay, delay)
        if self.asked_before is not None:
            self.next_at = max(self.next_at, self.asked_before + self.delay)

    def _with_jitter(self) -> float:
        return self.pace * (1 + random.uniform(0, JITTER))  # noqa: S311 - no secret depends on it


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long a Retry-After header (RFC 9110 §10.2.3: seconds or a date) asks us to wait, at most MAX_PAUSE.

    None if it says nothing usable.
    """
    text = (value or "").strip()
    if re.fullmatch(r"\d+", text):
        return min(timedelta(seconds=min(int(text), 10**9)), MAX_PAUSE)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = then.replace(tzinfo=then.tzinfo or UTC) - now
    return min(wait, MAX_PAUSE) if wait > timedelta(0) else None
