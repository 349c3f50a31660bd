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
    """How an undisturbed run went, in seconds from its start: first request, last request, end; and how many requests it sent."""

    first: float
    last: float
    end: float
    requests: int


@dataclass(frozen=True, slots=True)
class Killer:
    """Draws moments and victims."""

    draw: random.Random

    def choose(self, struck: Counter[str], *, last: bool) -> str:
        """The phase to strike in: one that was struck least. A blow at the end is a round's last: little is left to do after it."""
        open_to = PHASES[-1:] if last else PHASES[:-1]
        least = min(struck[phase] for phase in open_to)
        return self.draw.choice([phase for phase in open_to if struck[phase] == least])

    def aim(self, phase: str, course: Course, *, requests: int, blows: int) -> float:
        """Seconds to a moment of the phase: from the start of the command, but in `fetching` and `reading` from its first request.

        `requests` that were answered before make the phases shorter than those of the undisturbed run; and a blow that comes early
        leaves work for the `blows` that are still to fall in this round, each of which finds the run further on.
        """
        share = max(0.0, 1 - requests / course.requests) * min(1.0, 3 / blows)
        spans = {"start-up": course.first, "fetching": (course.last - course.first) * share, "reading": (course.end - course.first) * share}
        return self.draw.uniform(0.02, max(0.1, spans.get(phase, 0.5)))

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
