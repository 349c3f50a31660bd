"""A server in a process of its own: how a benchmark starts it, asks it for its log, and stops it; and the server's side of that talk.

The server says one line of JSON when it is ready, then answers each line it is given (`word argument`) with one line of JSON, and
ends when its standard input does: it never outlives the benchmark.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Request:
    """One request in a server's log. `at` and `answered` are `time.monotonic()`, which is one clock for all processes of a machine."""

    at: float
    answered: float
    host: str
    path: str
    kind: str
    """`robots`, `feed`, `sitemap`, `listing`, `article`, or the status where it was none of these."""
    status: int
    conditional: bool
    allowed: bool = True
    """False if the host's robots.txt forbids the address."""

    @property
    def address(self) -> tuple[str, str]:
        """Host and path."""
        return self.host, self.path


class Loopback:
    """`with Loopback("press_server.py", "--sources", "10") as server:`; `server.told` is what it said when it was ready."""

    def __init__(self, script: str, *arguments: object) -> None:
        command = [sys.executable, str(HERE / script), *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.told: Any = self._hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.communicate()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, word: str, argument: object = "") -> Any:
        """Its answer to one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word} {argument}\n")
        self._process.stdin.flush()
        return self._hear()

    def log(self, start: int = 0) -> list[Request]:
        """Every request from number `start` on."""
        return [Request(*entry) for entry in self.ask("log", start)]

    def count(self) -> int:
        """How many requests have come."""
        return int(self.ask("count"))

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"the server ended with exit code {self._process.wait()}")
        return json.loads(line)


def answer_lines(told: Any, answers: Mapping[str, Callable[[str], Any]]) -> None:
    """The server's side: say what the benchmark must know, then answer until standard input ends."""
    print(json.dumps(told), flush=True)
    for line in sys.stdin:
        word, _, argument = line.strip().partition(" ")
        print(json.dumps(answers[word](argument)), flush=True)
