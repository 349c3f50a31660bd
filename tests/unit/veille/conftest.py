"""The command run inside the test, in an empty folder, with nothing of the caller's environment."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from veille.cli import run


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder without any of our variables."""
    for name in [name for name in os.environ if name.startswith("VEILLE_") and not name.startswith("VEILLE_TEST_")]:
        monkeypatch.delenv(name)
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield working
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def veille(folder: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """A function that runs one command line."""

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
