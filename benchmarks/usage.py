"""What a process and everything below it use, from Linux's /proc: CPU time and memory, also of children that have ended."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """Return the process ids of `root` and all below it."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def proportional_set_size(pid: int) -> float:
    """Return megabytes, 0 for a process that has ended."""
    return _megabytes(pid, "smaps_rollup", "Pss:")


def resident(pid: int) -> float:
    """Return the megabytes of memory a process has now."""
    return _megabytes(pid, "status", "VmRSS:")


def peak_resident(pid: int) -> float:
    """Return the most megabytes it ever had, or had since `forget_peak`."""
    return _megabytes(pid, "status", "VmHWM:")


def forget_peak(pid: int) -> None:
    """Let `peak_resident` begin anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_seconds(root: int) -> float:
    """Return user and system time of `root` and all below it, and of their children that have ended and been waited for."""
    return sum(_ticks(pid) for pid in tree(root)) / TICKS


def command_line(pid: int) -> str:
    """Return what a process was started with; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


class PeakMemory:
    """`with PeakMemory(pid) as peak:` looks four times a second; `peak.megabytes` is the highest sum of proportional set sizes."""

    def __init__(self, root: int) -> None:
        self.megabytes = 0.0
        self._root = root
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(0.25):
            self.megabytes = max(self.megabytes, sum(map(proportional_set_size, tree(self._root))))


def _megabytes(pid: int, file: str, name: str) -> float:
    try:
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])
