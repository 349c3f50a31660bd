"""Telling the service manager how a service is, by the datagrams of sd_notify(3): ready, reloading, stopping, alive, and in words.

Nothing happens where no manager listens (NOTIFY_SOCKET is not set).
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Notifier:
    """Sends to one socket. `alive_every` are the seconds between two signs of life, None if nobody watches for them."""

    address: str | None = None
    alive_every: float | None = None
    _alive_at: float = field(default=float("-inf"))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifier:
        """The manager that started this process, if there is one: half of WATCHDOG_USEC lies between two signs of life."""
        watched = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        usec = environment.get("WATCHDOG_USEC", "") if watched else ""
        return cls(environment.get("NOTIFY_SOCKET") or None, int(usec) / 2_000_000 if usec.isdigit() else None)

    def ready(self, status: str) -> None:
        """The service works, or stands by."""
        self._send("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """What it is at, in a sentence."""
        self._send(f"STATUS={status}")

    def reloading(self) -> None:
        """Its sources are being read again; `ready` follows."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """It puts its work down in order."""
        self._send("STOPPING=1", "STATUS=stopping")

    def alive(self) -> None:
        """A sign of life, as often as the manager wants one."""
        moment = time.monotonic()
        if self.alive_every is not None and moment - self._alive_at >= self.alive_every:
            self._alive_at = moment
            self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if self.address is None:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address  # "@" is the abstract namespace
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
            way.settimeout(1.0)
            way.sendto("\n".join(lines).replace("\r", " ").encode(), address)
