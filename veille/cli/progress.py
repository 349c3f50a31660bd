"""How far a crawl is: bars on a terminal, a plain line now and then elsewhere, both on stderr; nothing with --quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from db.vocabulary import SaveOutcome
from veille.cli.output import note

if TYPE_CHECKING:
    from pipeline.session import Progress

LINE_SECONDS = 10.0
"""Between two plain lines."""


class PlainProgress:
    """One line for all runs every `LINE_SECONDS`."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def __call__(self, runs: Sequence[Progress]) -> None:
        """Say how far the runs are, if it is time."""
        if runs and time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            note("; ".join(f"{run.source}: {_words(run)}" for run in runs))


class SilentProgress(PlainProgress):
    """Says nothing."""

    def __call__(self, runs: Sequence[Progress]) -> None:
        """Keep quiet."""


class BarProgress:
    """One bar a run: how much of what is known so far was fetched."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("{task.fields[source]}", markup=False), BarColumn(), TextColumn("{task.fields[words]}"), TimeElapsedColumn())
        self._bars = Bars(*columns, console=Console(stderr=True), transient=True)
        self._tasks: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()

    def __call__(self, runs: Sequence[Progress]) -> None:
        """Draw the bars of the runs that are open, and drop those of the others."""
        for run_id in set(self._tasks) - {run.run_id for run in runs}:
            self._bars.remove_task(self._tasks.pop(run_id))
        for run in runs:
            if run.run_id not in self._tasks:
                self._tasks[run.run_id] = self._bars.add_task("", source=run.source, words="")
            self._bars.update(self._tasks[run.run_id], completed=run.fetched, total=run.fetched + run.waiting, words=_words(run))


def progress(*, quiet: bool) -> PlainProgress | BarProgress:
    """The kind of progress that suits where stderr leads."""
    if quiet:
        return SilentProgress()
    return BarProgress() if sys.stderr.isatty() else PlainProgress()


@contextmanager
def counting(what: str, total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """One bar for work whose steps are known: call what is given after each of the `total` steps. Elsewhere than a terminal: nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda: bars.advance(task)


@contextmanager
def measuring(what: str, *, quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """One bar with the time it will take: call what is given with how much is done, of how much, and words. Elsewhere a line at times."""
    if quiet or not sys.stderr.isatty():
        last = time.monotonic()

        def tell(done: int, total: int, words: str) -> None:
            nonlocal last
            if not quiet and time.monotonic() - last >= LINE_SECONDS:
                last = time.monotonic()
                note(f"{what}: {done} of {total}; {words}")

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, TextColumn("{task.fields[words]}", markup=False), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None, words="")
        yield lambda done, total, words: bars.update(task, completed=done, total=total, words=words)


def _words(run: Progress) -> str:
    new = run.outcomes.get(SaveOutcome.NEW, 0)
    return f"{run.fetched} fetched, {run.waiting} waiting, {run.unread} to be read, {new} new"
