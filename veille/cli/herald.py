"""What a service tells while it works: a person on the screen, and the service manager that started it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from db.records import Run
from pipeline.notify import Notifier
from pipeline.report import RunReport
from veille.cli.reports import sentence

if TYPE_CHECKING:
    from pipeline.service import Service


class Herald:
    """Hears from a service by its hooks. `say` writes a line on the screen; None keeps silent."""

    def __init__(self, say: Callable[[str], None] | None, notifier: Notifier | None = None) -> None:
        self._say = say or (lambda _: None)
        self._notifier = notifier or Notifier.from_environment()
        self._open: set[int] = set()
        self._state = ""
        self._reloading = 0
        """Turns until the reading that was asked for is over."""
        self._stopping = False

    def hooks(self) -> dict[str, Any]:
        """The arguments of a `Service` by which it is heard."""
        return {"on_start": self.begun, "on_report": self.ended, "on_change": self.changed, "on_turn": self.turned}

    def reload(self, service: Service) -> None:
        """Have the sources read again, and say so; a signal handler may call it."""
        self._notifier.reloading()
        self._reloading = 2
        service.reload()

    def stop(self, asked: Callable[[], bool]) -> Callable[[], bool]:
        """`asked`, and the manager is told when it turns true."""

        def stop() -> bool:
            if asked() and not self._stopping:
                self._stopping = True
                self._notifier.stopping()
            return self._stopping

        return stop

    def changed(self, sentence_: str) -> None:
        """The service has taken up the timetable, lost it, or stands by: in either case it is ready."""
        self._say(f"veille: {sentence_}")
        self._state = sentence_
        self._open.clear()
        self._notifier.ready(self._status())

    def begun(self, run: Run) -> None:
        """A run begins."""
        self._open.add(run.id)
        self._say(f"{run.source}: {run.kind} begins{f' for {run.slot}' if run.slot else ''}")
        self._notifier.status(self._status())

    def ended(self, report: RunReport) -> None:
        """A run has ended."""
        self._open.discard(report.run_id)
        self._say(sentence(report))
        self._notifier.status(self._status())

    def turned(self, _: datetime) -> None:
        """The service is alive."""
        self._notifier.alive()
        if self._reloading:
            self._reloading -= 1
            if not self._reloading:
                self._notifier.ready(self._status())

    def _status(self) -> str:
        return f"{self._state}; {len(self._open)} runs under way" if self._open else self._state
