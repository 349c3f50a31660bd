"""The fetching process as its parent sees it: started, listened to, stopped, replaced. What happens inside is `crawlers.crawl`'s."""

from __future__ import annotations

from crawlers.child import Child
from crawlers.report import EngineEvent, EventKind
from crawlers.spec import EngineSpec

__all__ = ["Engine", "EngineEvent", "EngineSpec", "EventKind"]

GRACE = 35.0
"""Seconds an engine gets to end: one request may still be waiting for its answer."""


class Engine:
    """Fetches for all runs leased to `spec.owner` until it is stopped. A new one takes its place after its end; it cannot be restarted."""

    def __init__(self, spec: EngineSpec) -> None:
        environment = {"SSL_CERT_FILE": str(spec.ca_file)} if spec.ca_file else {}
        self._spec = spec
        self._child = Child("crawlers.crawl:run", spec, log_file=spec.log_file, environment=environment)
        self._failure = ""
        self._told_to_end = False

    def start(self) -> None:
        """Start the process; it needs about a second until its `started` event."""
        if self._spec.log_file is not None:
            self._spec.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._child.start()

    @property
    def pid(self) -> int | None:
        """Process id, None before `start`."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._child.alive

    @property
    def exit_code(self) -> int | None:
        """None while it runs, 0 after an end in order, 1 after a failure it could tell of, else what the system says."""
        return self._child.exit_code

    @property
    def last_words(self) -> str:
        """Why it ended, for a person."""
        if self._failure:
            return self._failure
        where = f"; see {self._spec.log_file}" if self._spec.log_file else ""
        return f"exit code {self.exit_code}{where}"

    def events(self) -> list[EngineEvent]:
        """What it has reported since this was last asked."""
        found = [EngineEvent.from_line(line) for line in self._child.lines()]
        self._failure = next((event.message for event in reversed(found) if event.kind is EventKind.FAILED), self._failure)
        return found

    def stop(self, timeout: float = GRACE) -> int:
        """Let it finish what is under way and give the rest back; killed after `timeout` seconds. Returns the exit code."""
        self.terminate()
        return self._child.wait(timeout)

    def terminate(self) -> None:
        """Ask it to end as `stop` does, and go on; `alive` tells when it has. Once: a second signal drops what is under way."""
        if not self._told_to_end:
            self._told_to_end = True
            self._child.terminate()

    def kill(self) -> None:
        """End it at once; its leases are free again as soon as somebody looks."""
        self._child.kill()
