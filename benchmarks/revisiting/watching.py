"""What was seen of a visit from outside the processes that made it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from db.engine import Database


@dataclass(frozen=True, slots=True)
class Visited:
    """One visit of all sources: CPU seconds of all processes, wall seconds, peak memory."""

    name: str
    sources: int
    cpu: float
    seconds: float
    peak_mb: float = 0.0
    idle_cpu_ms: float | None = None


def ended_runs(url: str) -> int:
    """How many crawls have ended, asked without opening more than is needed."""
    database = Database.open(url, migrate=False)
    try:
        with database.read() as tx:
            return int(tx.execute(text("SELECT count(*) FROM runs WHERE kind = 'crawl' AND ended_at IS NOT NULL")).scalar() or 0)
    finally:
        database.close()
