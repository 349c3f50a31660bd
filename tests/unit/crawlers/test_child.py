"""A child process may die at any moment, also before it has heard what it is for."""

from __future__ import annotations

import io
import signal
import subprocess
import time
from pathlib import Path

import pytest

from crawlers.child import Child, Say


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


def chatter(say: Say, lines: int, wait: bool) -> int:
    for number in range(lines):
        say(f"{number} " + "x" * 20_000)
    if wait:
        time.sleep(60)
    return 0


def talking(lines: int, *, wait: bool, ahead: int) -> Child:
    child = Child("test_child:chatter", lines, wait, ahead=ahead, environment={"PYTHONPATH": str(Path(__file__).parent)})
    child.start()
    return child


def heard(child: Child, count: int) -> list[int]:
    found: list[str] = []
    while len(found) < count:
        found += child.lines(2)
        time.sleep(0.005)
    return [int(line.partition(" ")[0]) for line in found]


def test_a_child_that_says_more_than_is_listened_to_waits(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    child = talking(40, wait=False, ahead=3)
    assert heard(child, 2) == [0, 1]
    assert child.alive  # 20 kB a line: what fits into the pipe and the queue is less than forty of them
    assert heard(child, 38) == list(range(2, 40))
    assert child.wait(20) == 0
    assert child.finished
    deaf = talking(40, wait=False, ahead=3)
    heard(deaf, 1)
    deaf.kill()  # at once, although nobody listens
    assert deaf.exit_code == -signal.SIGKILL


def test_a_line_that_a_killed_child_did_not_finish_is_no_line():
    child = Child("crawlers.crawl:run")
    child._listen(io.BytesIO(b"whole\nhalf of a li"))
    assert child.lines() == ["whole"]
