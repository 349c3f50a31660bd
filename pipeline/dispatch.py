"""How work is handed out: one small interface, whoever does the work.

Embedded, tasks wait in this process and are taken by the service beside it; on several machines the same tasks can go through a
queue in the database. Either way `runs` rows are the only truth of what was asked, so a queue that is lost loses nothing: the
service asks the run table again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done: `name` says what, `arguments` are plain values."""

    name: str
    arguments: Mapping[str, int | str]
    lock: str | None = None
    """Tasks of one lock never overlap."""
    priority: int = 0
    """Higher is sooner; equals keep their order."""


class Dispatcher(Protocol):
    """What the timetable and the front door know of the queue."""

    def defer(self, task: Task) -> None:
        """Hand in a task."""


@dataclass(slots=True)
class EmbeddedDispatcher:
    """Tasks of one process, for the loop that works beside the one that asks. Not safe between threads."""

    _waiting: list[Task] = field(default_factory=list)
    _locked: set[str] = field(default_factory=set)

    def defer(self, task: Task) -> None:
        """Hand in a task; one that waits already is not taken twice."""
        if task not in self._waiting:
            self._waiting.append(task)

    def take(self) -> list[Task]:
        """Take every task whose lock is free, highest priority first; `done` frees their locks."""
        taken = []
        for task in sorted(self._waiting, key=lambda task: -task.priority):
            if task.lock is None or task.lock not in self._locked:
                taken.append(task)
                self._waiting.remove(task)
                if task.lock is not None:
                    self._locked.add(task.lock)
        return taken

    def done(self, task: Task) -> None:
        """Free the lock of a task that was taken."""
        if task.lock is not None:
            self._locked.discard(task.lock)
