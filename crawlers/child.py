"""A child process that cannot outlive its parent: how it is started, told what to do, listened to and stopped.

What it is told goes through its standard input, which stays open as long as the parent lives; its answers, one line each,
come through its standard output. It does not import the parent's main module, so it can be started from anywhere.
"""

from __future__ import annotations

import importlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

ORPHANED = 3
"""Exit code of a child whose parent has gone."""
BOOT = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from crawlers.child import main; main()"

Say = Callable[[str], None]
"""Sends one line to the parent."""


class Child:
    """One process running `work`, given as "module:function".

    The function is called with a `Say` and the arguments, and returns the exit code.
    """

    def __init__(
        self, work: str, *arguments: Any, log_file: Path | None = None, environment: dict[str, str] | None = None, ahead: int = 0
    ) -> None:
        """`ahead` bounds the lines that wait here to be asked for: a child that has said more waits, at its next word. 0: no bound."""
        self._work = (work, arguments)
        self._log_file = log_file
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[str] = queue.Queue(ahead)
        self._closed = threading.Event()
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        """Start the process, in a session of its own: Ctrl-C goes to the parent, which then stops it in order."""
        log = self._log_file.open("ab") if self._log_file else None
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
                [sys.executable, "-P", "-c", BOOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
        finally:
            if log is not None:
                log.close()
        self._tell(self._process)
        self._reader = threading.Thread(target=self._listen, args=(self._process.stdout,), name="child-lines", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """Its process id, None before it was started."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative if a signal ended it."""
        return self._process.poll() if self._process else None

    @property
    def finished(self) -> bool:
        """Whether it has ended, and everything it said has been asked for."""
        ended = not self.alive and (self._reader is None or not self._reader.is_alive())
        return ended and self._lines.empty()

    def lines(self, limit: int | None = None) -> list[str]:
        """What it has said since this was last asked, at most `limit` lines of it."""
        said: list[str] = []
        while not self._lines.empty() and (limit is None or len(said) < limit):
            said.append(self._lines.get())
        return said

    def terminate(self) -> None:
        """Ask it to end in order."""
        if self._process is not None and self.alive:
            self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and for its last line; returns the exit code. After `timeout` seconds it is killed."""
        if self._process is None:
            return 0
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._close(self._process)
        return code

    def kill(self) -> None:
        """End it at once. Nothing it keeps is damaged by that; lines for which there was no room are lost."""
        if self._process is not None:
            self._process.kill()
            if self._lines.maxsize:
                self._closed.set()
            self._process.wait()
            self._close(self._process)

    def _tell(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(pickle.dumps(sys.path) + pickle.dumps(self._work))
            process.stdin.flush()
        except BrokenPipeError:  # it died at once; its exit code says so
            return

    def _listen(self, stream: BinaryIO) -> None:
        for line in stream:
            if not line.endswith(b"\n"):  # it was killed in the middle of a word
                return
            text = line.decode("utf-8", errors="replace").rstrip("\n")
            while not self._closed.is_set():
                with suppress(queue.Full):
                    self._lines.put(text, timeout=0.1)
                    break

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        if self._reader is not None:
            self._reader.join(5)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # if it died before it listened, what it was told is still in the buffer
                    stream.close()


def main() -> None:
    """The child's side: learn the task, watch the parent, work, exit."""
    work, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not be taken for an answer
    threading.Thread(target=_die_with_parent, name="parent-watch", daemon=True).start()
    module, _, function = work.partition(":")
    code = getattr(importlib.import_module(module), function)(lambda line: print(line, file=lines, flush=True), *arguments)
    sys.exit(code)


def _die_with_parent() -> None:
    """Standard input ends when the parent does, however it ended. Everything kept bears a sudden end, so nothing is tidied up."""
    while os.read(0, 1024):  # not through `sys.stdin`: its lock would be held while the interpreter ends
        pass
    os._exit(ORPHANED)
