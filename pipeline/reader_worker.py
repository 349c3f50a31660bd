"""What runs in a worker process of the reader pool: read one page after another until the pipe ends."""

from __future__ import annotations

import contextlib
import gc
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from db.readings import Article, PageToRead, ReadingHints, Rejected

Result = Article | Rejected
Reader = Callable[[PageToRead, ReadingHints], Result]
_GRACE = 5.0
"""Seconds after the page's own limit when the kernel ends a worker whose supervisor is gone."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a worker sends when it has loaded everything; results follow, one for each `Work`."""

    reading_version: int


@dataclass(frozen=True, slots=True)
class Work:
    """One page to read."""

    page: PageToRead
    hints: ReadingHints


def work(connection: Connection, page_timeout: float, memory_limit: int, read: Reader | None) -> None:
    """Read pages (with `read`, or as `pipeline.reading` does) until the other end is closed, be it because the supervisor is done or dead.

    A page that hangs in C code hears nothing of a closed pipe: the kernel's alarm, whose default is to kill, outlasts the supervisor.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which closes the pool in its own time
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _bound_memory(memory_limit)
    from pipeline.reading import READING_VERSION, process_page, warm  # noqa: PLC0415 - loaded here alone, under the limits set above

    warm()
    gc.collect()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, EOFError), connection:
        connection.send(Ready(READING_VERSION))
        while True:
            task: Work = connection.recv()
            signal.setitimer(signal.ITIMER_REAL, page_timeout + _GRACE)
            result = (read or process_page)(task.page, task.hints)
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send(result)


def _bound_memory(limit: int) -> None:
    """Bound the address space; some systems refuse, and the page limits still hold there."""
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
