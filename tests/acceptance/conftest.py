"""The installed command line, and the demo newspapers it is pointed at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from crawlers.demo.server import Newsroom

COMMAND = Path(sys.executable).with_name("veille")


@dataclass(frozen=True)
class Veille:
    """The command with a working folder and a configuration of its own."""

    folder: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start it in a process group of its own, so that all of it can be killed."""
        return subprocess.Popen(
            [str(COMMAND), *words],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("VEILLE_")},
        )

    def run(self, *words: str, code: int | None = 0) -> str:
        """Run it to its end, expect an exit code (None: any), return what it printed."""
        process = self.start(*words)
        out, err = process.communicate(timeout=240)
        assert code is None or process.returncode == code, f"{words} → {process.returncode}\n{out[-2000:]}\n{err[-4000:]}"
        assert "Traceback" not in err, err
        return out

    def kill(self, process: subprocess.Popen[str]) -> None:
        """`kill -9` the process and everything it started."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def json(self, *words: str, code: int | None = 0) -> object:
        """Run it and understand what it printed."""
        return json.loads(self.run(*words, "--json", code=code))


def configure(folder: Path, database: str, newsroom: Newsroom, extra: Sequence[str] = ()) -> Veille:
    """Make a working folder for the demo newspapers."""
    folder.mkdir(parents=True, exist_ok=True)
    resolve = "\n".join(f'"{name}" = "{where}"' for name, where in newsroom.resolve.items())
    (folder / "veille.toml").write_text(
        f'database = "{database}"\n'
        f'archive = "{folder / "archive"}"\n'
        f'sources = ["{newsroom.sources_folder}"]\n'
        "bundled_sources = false\n"
        f'ca_file = "{newsroom.ca_file}"\n'
        f'clock = "{newsroom.clock.now().isoformat()}"\n' + "\n".join(extra) + f"\n[resolve]\n{resolve}\n",
        encoding="utf-8",
    )
    return Veille(folder)


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    """The demo newspapers; their clock stands still."""
    with Newsroom() as open_newsroom:
        yield open_newsroom


@pytest.fixture(scope="session")
def at_newsroom() -> Callable[[Path, str, Newsroom], Veille]:
    """A function that makes a working folder for the demo newspapers: `at_newsroom(folder, database_url, newsroom)`."""
    return configure


@pytest.fixture(scope="session")
def command_in() -> Callable[[Path], Veille]:
    """A function that gives the command in a folder where nothing is configured."""
    return Veille
