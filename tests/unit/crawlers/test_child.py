"""A child process may die at any moment, also before it has heard what it is for."""

from __future__ import annotations

import signal
import subprocess

import pytest

from crawlers.child import Child


@pytest.mark.parametrize("end", [Child.kill, Child.wait])
def test_a_child_killed_before_it_was_told_anything_is_simply_dead(monkeypatch, end):
    tell = Child._tell

    def too_late(self: Child, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        tell(self, process)

    monkeypatch.setattr(Child, "_tell", too_late)
    child = Child("crawlers.crawl:run")
    child.start()
    end(child)
    assert not child.alive
    assert child.exit_code == -signal.SIGKILL
