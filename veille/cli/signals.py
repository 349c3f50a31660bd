"""What signals do to a command that works for long: the first SIGTERM or Ctrl-C stops it in order, the second ends it at once.

SIGHUP has a service read its sources again; one whose terminal was closed is stopped by it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from veille.cli.output import note

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether a signal asked the command to stop; call it to know. `raising`: the signal also raises KeyboardInterrupt."""

    def __init__(self, *, raising: bool) -> None:
        self._raising = raising
        self._asked = False

    def __call__(self) -> bool:
        """Whether a signal has come."""
        return self._asked

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal. A second one gets the system's own treatment: what is stored is whole at any moment."""
        del frame
        if self._asked:  # a hangup while it stops
            return
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        self._asked = True
        note(f"stopping on {signal.Signals(number).name} …")
        if self._raising:
            raise KeyboardInterrupt


@contextmanager
def stoppable(*, raising: bool) -> Iterator[Stop]:
    """Listen to the signals for as long as a command works."""
    stop = Stop(raising=raising)
    before = {number: signal.signal(number, stop.hear) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def reloadable(stop: Stop, reload: Callable[[], None]) -> Iterator[None]:
    """Have SIGHUP call `reload`, or stop the command if it says that the terminal it was started from is gone."""
    terminal = _is_terminal()

    def hear(number: int, frame: FrameType | None) -> None:
        if terminal and not _is_terminal():
            stop.hear(number, frame)
        else:
            reload()

    before = signal.signal(signal.SIGHUP, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _is_terminal() -> bool:
    """Whether standard input is a terminal that is still there."""
    return os.isatty(0)
