"""Where log records of this process go: to stderr, as text or as one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
NAME = "veille"
EVENTS = "veille.service"
"""The logger that tells what happens to a service (`pipeline.journal`)."""


class StderrHandler(logging.Handler):
    """Writes to what is stderr at the moment, so that a redirection made later counts."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        sys.stderr.write(f"{self.format(record)}\n")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC, ISO 8601), level, logger, message and, where there are any, event, facts and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return `record` as one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if event := getattr(record, "event", None):
            line |= {"event": event, **{name: fact for name, fact in getattr(record, "facts", {}).items() if name not in line}}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str, log_format: str) -> None:
    """Send what is at least `level` (debug, info, warning, error) to stderr in `log_format` (text, json)."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if each.get_name() == NAME]:
        root.removeHandler(handler)
    handler = StderrHandler()
    handler.set_name(NAME)
    handler.setFormatter(JsonFormatter() if log_format == "json" else logging.Formatter(TEXT))
    root.addHandler(handler)
    root.setLevel(level.upper())


def show_events() -> None:
    """Let through what happens to a service, whatever level was chosen for the rest."""
    logging.getLogger(EVENTS).setLevel(logging.INFO)
