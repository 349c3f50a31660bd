"""What the service manager hears, over a real datagram socket."""

from __future__ import annotations

import os
import socket

import pytest

from pipeline.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.settimeout(5)
    name = str(tmp_path / "notify") if request.param == "path" else f"@veille-{os.getpid()}-{id(tmp_path)}"
    listening.bind("\0" + name[1:] if name.startswith("@") else name)
    yield name, lambda: listening.recv(4096).decode().splitlines()
    listening.close()


def test_every_state_is_told(manager):
    address, hear = manager
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address})
    notifier.ready("keeps the timetable")
    assert hear() == ["READY=1", "STATUS=keeps the timetable"]
    notifier.status("2 runs under way")
    assert hear() == ["STATUS=2 runs under way"]
    notifier.reloading()
    reloading, moment = hear()
    assert (reloading, moment.partition("=")[0]) == ("RELOADING=1", "MONOTONIC_USEC")
    notifier.stopping()
    assert hear() == ["STOPPING=1", "STATUS=stopping"]


def test_signs_of_life_come_twice_as_often_as_they_must(manager):
    address, hear = manager
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())})
    assert notifier.alive_every == 30.0
    notifier.alive()
    notifier.alive()
    notifier.status("still here")
    assert [hear(), hear()] == [["WATCHDOG=1"], ["STATUS=still here"]]


@pytest.mark.parametrize("environment", [{}, {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}])
def test_without_a_manager_nothing_is_sent(environment):
    notifier = Notifier.from_environment(environment)
    assert (notifier.address, notifier.alive_every) == (None, None)
    notifier.ready("")
    notifier.alive()


def test_a_manager_that_is_gone_disturbs_nobody(tmp_path):
    Notifier(str(tmp_path / "nowhere")).ready("")
