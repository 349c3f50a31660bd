"""Telling people that a source has gone wrong or is well again, through Apprise; what there is to tell is `db.health`'s.

Nobody waits for a target: each has a thread of its own. Addresses hold passwords, so only the harmless part of one is ever shown.
"""

from __future__ import annotations

import logging
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from crawlers.networks import Network, literal, parse_networks, refusal
from db.engine import Database
from db.errors import SettingError
from db.health import HealthStore
from db.records import Health
from db.vocabulary import HealthState
from pipeline.journal import tell

log = logging.getLogger(__name__)

WEBHOOKS = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
"""Apprise's names for plain requests to any host; everything else is a service with a protocol of its own."""
HOST = re.compile(r"[\w.:\[\]-]+")
"""What a webhook's host may be written with: nothing that two parsers could understand in two ways."""
CLOSING_SECONDS = 10.0
"""How long the end of the program waits for messages under way."""
MISSED = 50
"""Lines that a target did not take and gets with the next message; older ones are dropped."""
WAITING = 100
"""Messages that may wait for one target."""
STATES = {HealthState.OK: "well again", HealthState.LAYOUT: "changed (layout)"}


@dataclass(frozen=True, slots=True)
class Target:
    """One place that is told: how it may be shown, and Apprise's object for it."""

    shown: str
    service: Any = field(repr=False)
    webhook: bool


def targets(urls: Sequence[str], networks: Sequence[str] = ()) -> list[Target]:
    """The targets of the setting `alerts`.

    Raises SettingError without Apprise, for an address it does not know, and for a webhook to a private address in numbers.
    """
    apprise = _apprise() if urls else None
    allowed = parse_networks(networks)
    found = []
    for url in urls:
        service = apprise.Apprise.instantiate(url, suppress_exceptions=True) if apprise else None
        if service is None:
            raise SettingError(f"alerts: Apprise cannot use {shown(url)}; look up how it is written in its list of services")
        target = Target(shown(url), service, _scheme(url) in WEBHOOKS)
        if target.webhook:
            service.redirects = False  # it would lead past the check of its address
        address = literal(str(service.host)) if target.webhook else None
        if address and (words := forbidden(target, allowed, [str(address)])):
            raise SettingError(f"alerts: {words}")
        found.append(target)
    return found


def forbidden(target: Target, allowed: Sequence[Network], addresses: Sequence[str] | None = None) -> str | None:
    """Why a webhook may not be called: it stands on a private address, or its name leads to one; None if it may be.

    `addresses` are those it would be reached at, asked of the system if not given.
    """
    if not target.webhook:
        return None
    host = str(target.service.host)
    if not HOST.fullmatch(host):
        return f"{target.shown} names no host"
    found = _addresses(host) if addresses is None else addresses
    if not found:
        return f"the name in {target.shown} cannot be resolved"
    for address in found:
        if words := refusal(address, allowed):
            return f"{target.shown} is {address}, which is {words}; open it by the setting allow_networks if it is yours"
    return None


def shown(url: str) -> str:
    """An address as it may be printed: scheme, and for webhooks the host; never user, password, token or path."""
    scheme = _scheme(url)
    host = re.split(r"[/?#]", url.partition("://")[2])[0].rpartition("@")[2]
    return f"{scheme}://{host}" if scheme in WEBHOOKS else f"{scheme}://…"


def message(changes: Sequence[Health]) -> tuple[str, list[str]]:
    """Title and lines that tell what has changed."""
    lines = [f"{each.source} is {_state(each)}" + (f": {each.evidence}" if each.evidence else "") for each in changes]
    one = changes[0]
    return f"veille: {one.source} is {_state(one)}" if len(changes) == 1 else f"veille: {len(changes)} sources have changed", lines


class Alerts:
    """The targets at work. Close it, so that what is under way gets a moment to arrive."""

    def __init__(self, urls: Sequence[str], networks: Sequence[str] = ()) -> None:
        """Raises SettingError as `targets` does."""
        allowed = parse_networks(networks)
        self._lines = [_Line(target, allowed) for target in targets(urls, networks)]

    def announce(self, database: Database) -> None:
        """Tell what has changed since it was last told; of several processes on one database, one tells each change."""
        changes = database.transact(lambda tx: HealthStore(tx).announce()) if self._lines else []
        if changes:
            title, lines = message(changes)
            tell("alert", title, sources=[change.source for change in changes], lines=lines)
            self.tell(title, lines)

    def tell(self, title: str, lines: Sequence[str], answer: Callable[[Target, str | None], None] | None = None) -> None:
        """Hand a message to every target and go on. `answer` hears from the thread of each whether it failed, and why."""
        for line in self._lines:
            line.put(title, lines, answer)

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Wait for messages under way, but not for long; nothing can be told afterwards."""
        end = time.monotonic() + seconds
        for line in self._lines:
            line.hang_up()
        for line in self._lines:
            line.thread.join(max(0.0, end - time.monotonic()))


class _Line:
    """The way to one target: messages in order, one at a time."""

    def __init__(self, target: Target, allowed: Sequence[Network]) -> None:
        self._target, self._allowed = target, allowed
        self._waiting: queue.Queue[tuple[str, Sequence[str], Callable[[Target, str | None], None] | None] | None] = queue.Queue(WAITING)
        self._missed: list[str] = []
        self.thread = threading.Thread(target=self._work, name=f"alerts to {target.shown}", daemon=True)
        self.thread.start()

    def put(self, title: str, lines: Sequence[str], answer: Callable[[Target, str | None], None] | None) -> None:
        try:
            self._waiting.put_nowait((title, lines, answer))
        except queue.Full:
            log.warning("alerts: %s does not take messages any more; lost: %s", self._target.shown, title)

    def hang_up(self) -> None:
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            log.warning("alerts: %s did not take %d messages", self._target.shown, WAITING)

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            title, lines, answer = item
            every = [*self._missed, *lines]
            problem = self._send(title, "\n".join(every))
            self._missed = every[-MISSED:] if problem else []
            if problem:
                log.error("alerts: %s; it is tried again at the next change", problem)
            if answer:
                answer(self._target, problem)

    def _send(self, title: str, body: str) -> str | None:
        """Send a message; say what went wrong, if anything did."""
        if words := forbidden(self._target, self._allowed):
            return words
        try:
            sent = self._target.service.notify(body=body, title=title)
        except Exception as error:  # noqa: BLE001 - a plug-in of a hundred; what it says may hold a token
            log.debug("alerts: %s raised %s", self._target.shown, type(error).__name__)
            sent = False
        return None if sent else f"{self._target.shown} did not take the message"


def _apprise() -> Any:
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise SettingError("alerts: Apprise is not installed; `pip install 'veille[alerts]'`, or leave the setting empty") from error
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would log addresses whole
    return apprise


def _scheme(url: str) -> str:
    return url.partition("://")[0].strip().lower()


def _addresses(host: str) -> list[str]:
    """Every address a name leads to; none if it leads nowhere."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        return []


def _state(health: Health) -> str:
    return STATES.get(health.state, health.state.value)
