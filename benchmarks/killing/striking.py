"""When the killer strikes and whom: moments spread over the phases of a run, and the processes of a running command by their part."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections import Counter
from dataclasses import dataclass

from usage import command_line, tree

PHASES = ("start-up", "fetching", "reading", "end")
ALL = "all of them"
VICTIMS = (ALL, ALL, "front", "engine", "reader")
"""As often as they stand here."""


@dataclass(frozen=True, slots=True)
class Course:
    """How an undisturbed run went, in seconds from its start: first request, last request, end; and how much it did."""

    first: float
    last: float
    end: float
    requests: int
    articles: int


@dataclass(frozen=True, slots=True)
class Killer:
    """Draws moments and victims."""

    draw: random.Random

    def aim(self, struck: Counter[str], course: Course, *, requests: int, articles: int) -> float:
        """Seconds from the start of a command to the blow, aimed at a phase that was struck least.

        What was done before (`requests`, `articles`) makes the phases shorter than those of the undisturbed run.
        """
        least = min(struck[phase] for phase in PHASES)
        phase = self.draw.choice([phase for phase in PHASES if struck[phase] == least])
        fetched = course.first + (course.last - course.first) * max(0.0, 1 - requests / course.requests)
        over = max(fetched, course.first + (course.end - course.first) * max(0.0, 1 - articles / max(course.articles, 1)))
        spans = {
            "start-up": (0.02, course.first),
            "fetching": (course.first, max(fetched, course.first + 0.2)),
            "reading": (fetched, over + 0.2),
            "end": (over - 0.5, over + 0.8),
        }
        return max(0.02, self.draw.uniform(*spans[phase]))

    def strike(self, root: int) -> tuple[str, list[int]]:
        """Kill one kind of process below and with `root`; return which, and every process there was."""
        alive = tree(root)
        parts = {pid: part_of(pid, root) for pid in alive}
        wanted = self.draw.choice(VICTIMS)
        victims = [pid for pid in alive if wanted in {ALL, parts[pid]}] or [root]
        if wanted != ALL:
            victims = [self.draw.choice(victims)]
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return (wanted if wanted == ALL else parts.get(victims[0], "front")), alive


def part_of(pid: int, root: int) -> str:
    """What a process of a running command does: `front`, `engine`, `reader`, or `helper` (Python's own)."""
    if pid == root:
        return "front"
    line = command_line(pid)
    if "crawlers.child" in line:
        return "engine"
    return "reader" if "spawn_main" in line else "helper"


def survivors(pids: dict[int, str]) -> list[int]:
    """Of processes seen earlier (with their command lines), those that still live."""
    return [pid for pid, line in pids.items() if line and command_line(pid) == line]
