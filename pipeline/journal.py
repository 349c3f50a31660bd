"""What happens to a service, told as log records that machines can read: a sentence, the event's name, and its facts as plain values."""

from __future__ import annotations

import logging
from typing import Any

from pipeline.report import RunReport

NAME = "veille.service"
"""The logger all of it goes to."""
log = logging.getLogger(NAME)


def tell(event: str, message: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Log one event. `facts` stand beside the sentence where logs are written as JSON."""
    log.log(level, "%s", message, extra={"event": event, "facts": facts})


def tell_end(report: RunReport) -> None:
    """Log the end of a run."""
    facts: dict[str, Any] = {"run": report.run_id, "source": report.source, "kind": report.kind, "state": report.state}
    told = f"{report.kind} of {report.source} {report.state}{f' ({report.note})' if report.note else ''}"
    tell("run_ended", told, **facts, counts=report.counts, note=report.note, seconds=round(report.seconds, 1))
