"""`veille run` as a service manager runs it: told of its state, reloaded by SIGHUP, followed by a second one when it is killed."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("veille")
CONFIG = 'bundled_sources = false\nsources = ["papers"]\nreaders = 1\nlog_format = "json"\n'
PAPER = 'home = "http://{name}.invalid/"\n[timetable]\ncron = "0 4 1 1 *"\n'
PATIENCE = 60


class Running:
    """A service started by a manager, what it logs, and what the manager hears."""

    def __init__(self, folder: Path, name: str, *words: str) -> None:
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.settimeout(PATIENCE)
        self.manager.bind(str(folder / f"{name}.notify"))
        self.events: queue.SimpleQueue[dict] = queue.SimpleQueue()
        kept = {key: value for key, value in os.environ.items() if not key.startswith("VEILLE_")}
        told = {"NOTIFY_SOCKET": str(folder / f"{name}.notify"), "WATCHDOG_USEC": "2000000"}
        self.process = subprocess.Popen(
            [COMMAND, "run", *words], cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=kept | told
        )
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        for line in self.process.stderr:
            self.events.put(json.loads(line) if line.startswith(b"{") else {"event": None, "line": line.decode()})

    def event(self, name: str) -> dict:
        """Wait for an event in the log."""
        while (found := self.events.get(timeout=PATIENCE)).get("event") != name:
            pass
        return found

    def hears(self, *words: str) -> None:
        """Wait until the manager has heard these, in this order."""
        for word in words:
            while word not in self.manager.recv(4096).decode().splitlines():
                pass

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.listener.join(5)
        self.process.stdout.close()
        self.process.stderr.close()
        self.manager.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    (tmp_path / "papers").mkdir()
    (tmp_path / "veille.toml").write_text(CONFIG)
    (tmp_path / "papers" / "one.toml").write_text(PAPER.format(name="one"))
    made: list[Running] = []

    def begin(name: str, *words: str) -> Running:
        made.append(Running(tmp_path, name, *words))
        return made[-1]

    yield begin
    for running in made:
        running.end()


def test_torture_91_and_93_and_95_a_service_is_told_of_reloaded_killed_and_followed(start, tmp_path):
    first = start("first", "--metrics", "veille.prom")
    first.hears("READY=1", "WATCHDOG=1")
    assert first.event("post_taken")["message"] == "this service keeps the timetable"
    second = start("second")
    second.hears("READY=1")
    assert second.event("stands_by")["holder"].split(":")[1] == str(first.process.pid)

    (tmp_path / "papers" / "two.toml").write_text(PAPER.format(name="two"))
    first.process.send_signal(signal.SIGHUP)
    first.hears("RELOADING=1", "READY=1")
    assert first.event("sources_read")["added"] == ["two"]

    assert "\nveille_service_up " in (tmp_path / "veille.prom").read_text()
    first.process.kill()
    assert second.event("post_taken")["fence"] == 2
    healthy = subprocess.run([COMMAND, "health", "--json"], cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(healthy.stdout)["said"]["pid"] == second.process.pid

    second.process.send_signal(signal.SIGTERM)
    second.hears("STOPPING=1")
    assert second.process.wait(PATIENCE) == 0
    assert subprocess.run([COMMAND, "health"], cwd=tmp_path, capture_output=True, check=False).returncode == 1
