"""Which failures are tried again, how often and when: one table for pages and for robots.txt."""

from __future__ import annotations

from datetime import datetime, timedelta

from db.vocabulary import FailureClass

MAX_ATTEMPTS = 3
"""Requests an address gets in one run, the first included."""
FIRST_WAIT = 1.0
"""Seconds before the second request, at least."""
RETRIED = frozenset(
    {
        FailureClass.DNS,
        FailureClass.CONNECT,
        FailureClass.TLS,
        FailureClass.TIMEOUT,
        FailureClass.HTTP_5XX,
        FailureClass.DECODE,
    }
)


def retry_at(failure: FailureClass, attempts: int, now: datetime, delay: float) -> datetime | None:
    """When an address that failed for the `attempts`-th time is due again; None: not in this run.

    Waits grow as 1, 3, 9… seconds, or as the host's own delay (seconds) where that is longer.
    """
    if failure not in RETRIED or attempts >= MAX_ATTEMPTS:
        return None
    return now + timedelta(seconds=max(FIRST_WAIT, delay) * 3 ** (attempts - 1))
