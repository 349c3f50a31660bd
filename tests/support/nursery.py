"""Children that need not load their libraries first: forked from one process that has them, in place of `crawlers.child`'s and the pool's.

Each is a process of its own all the same, told, listened to and killed as a fresh one is. That a fresh one starts is the acceptance
tests' to prove; a test in `tests/integration` that needs one as well has the mark `fresh_processes`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from importlib import import_module
from multiprocessing.context import ForkServerContext
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import BinaryIO

CONSTANTS: dict[str, object] = {}
"""What children that are born from now on find in a module: "module:CONSTANT" → value."""
PRELOADED = ["crawlers.crawl", "pipeline.reading", "nursery_warm"]


def context() -> ForkServerContext:
    """The process that children are forked from; it starts with the first of them, and ends with this one."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOADED)
    return made


class _HandedOver:
    """A file of ours that the child gets a copy of, when the process is told to it."""

    def __init__(self, file: int) -> None:
        self.file = file

    def __reduce__(self):
        return _received, (DupFd(self.file),)


def _received(copy) -> int:
    return copy.detach()


def born(code: str, files: tuple[int, int, int], environment: dict[str, str], folder: str, constants: dict[str, object]) -> None:
    """The child's side: what `subprocess` would have arranged, then the code."""
    os.setsid()
    for given, wanted in zip(files, range(3), strict=True):
        os.dup2(given, wanted)
        os.close(given)
    sys.stdin = os.fdopen(0, closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, value in constants.items():
        module, _, constant = name.partition(":")
        assert hasattr(import_module(module), constant), name
        setattr(import_module(module), constant, value)
    exec(code, {"__name__": "__main__"})


class Born:
    """As much of `subprocess.Popen` as `crawlers.child.Child` uses."""

    def __init__(
        self, command: list[str], *, stdin: int, stdout: int, stderr: BinaryIO | None, env: dict[str, str], start_new_session: bool
    ) -> None:
        assert (command[:3], stdin, stdout, start_new_session) == ([sys.executable, "-P", "-c"], subprocess.PIPE, subprocess.PIPE, True)
        told, tell = os.pipe()
        hear, said = os.pipe()
        files = (told, said, 2 if stderr is None else stderr.fileno())
        arguments = (command[3], tuple(map(_HandedOver, files)), env, str(Path.cwd()), dict(CONSTANTS))
        self._process = context().Process(target=born, args=arguments)
        try:
            self._process.start()
        finally:
            os.close(told)
            os.close(said)
        self.stdin, self.stdout = os.fdopen(tell, "wb"), os.fdopen(hear, "rb")
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a child", timeout)
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
