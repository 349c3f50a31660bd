"""The installed `veille` command in a working folder of its own, pointed at servers on loopback: started, waited for, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

COMMAND = (sys.executable, "-m", "veille")
PATIENCE = 1800.0


@dataclass(frozen=True, slots=True)
class Folder:
    """A working folder with its veille.toml."""

    path: Path

    @property
    def log(self) -> Path:
        """What the commands wrote to standard output and error."""
        return self.path / "command.log"

    def configure(self, database: str, sources: Path, resolve: Mapping[str, str], **settings: object) -> None:
        """Write veille.toml. Texts in `settings` are quoted, other values written as they are."""
        self.path.mkdir(parents=True, exist_ok=True)
        values = {"database": database, "archive": self.path / "archive", **settings}
        lines = [f'{name} = "{value}"' if isinstance(value, (str, Path)) else f"{name} = {value}" for name, value in values.items()]
        lines += [f'sources = ["{sources}"]', "bundled_sources = false", "[resolve]"]
        lines += [f'"{name}" = "{where}"' for name, where in resolve.items()]
        (self.path / "veille.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self, *words: str, clock: datetime | None = None) -> subprocess.Popen[bytes]:
        """Start the command in a session of its own; what it prints goes to the log."""
        extra = ("--set", f"clock={clock.isoformat()}") if clock else ()
        with self.log.open("ab") as log:
            return self._popen([*COMMAND, *extra, *words], log)

    def run(self, *words: str, clock: datetime | None = None) -> int:
        """Run it to its end; return the exit code."""
        return self.start(*words, clock=clock).wait(PATIENCE)

    def _popen(self, command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("VEILLE_")},
        )


def stop(process: subprocess.Popen[bytes]) -> int:
    """Stop a command in order; return its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(120)
