"""How a command that works for long is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from veille.cli import signals
from veille.cli.signals import reloadable, stoppable


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_torture_95_the_first_signal_asks_and_is_told(capsys, number):
    with stoppable(raising=False) as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert capsys.readouterr().err == f"stopping on {number.name} …\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_torture_95_a_signal_can_end_the_work_at_once(number):
    with pytest.raises(KeyboardInterrupt), stoppable(raising=True):
        os.kill(os.getpid(), number)


def test_handlers_are_put_back():
    before = [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)]
    with stoppable(raising=False):
        pass
    assert [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)] == before


def test_torture_95_a_hangup_reloads_and_never_ends_the_work(capsys):
    asked = []
    before = signal.getsignal(signal.SIGHUP)
    with stoppable(raising=False) as stop, reloadable(stop, lambda: asked.append(1)):
        os.kill(os.getpid(), signal.SIGHUP)
        assert not stop()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop()
    assert asked == [1, 1]
    assert signal.getsignal(signal.SIGHUP) == before
    assert capsys.readouterr().err == "stopping on SIGTERM …\n"


def test_a_hangup_of_the_terminal_it_was_started_from_stops_it(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(signals, "_is_terminal", lambda: not asked)
    with stoppable(raising=False) as stop, reloadable(stop, lambda: asked.append("reload")):
        os.kill(os.getpid(), signal.SIGHUP)
        assert asked == ["reload"]
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop()
    assert asked == ["reload"]
    assert capsys.readouterr().err == "stopping on SIGHUP …\n"


def test_torture_95_a_second_signal_ends_the_process():
    program = """
import os, signal
from veille.cli import signals
from veille.cli.signals import reloadable, stoppable
with stoppable(raising=False) as stop:
    os.kill(os.getpid(), signal.SIGTERM)
    print("still here", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    print("never")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "still here\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_demonstration_leaves_nothing_behind(tmp_path, number):
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "veille", "demo"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "newspapers are open" in process.stdout.readline()
        assert list((tmp_path / "temporary").iterdir())
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, f"stopping on {number.name} …\n")
    assert list((tmp_path / "temporary").iterdir()) == []
