"""What a database wants done to it now and then, outside of transactions: statistics for its planner, free space given back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db.engine import Database
from db.errors import Unavailable
from db.models import metadata

FREE_SHARE: Final = 0.25
FREE_BYTES: Final = 32 << 20
"""An SQLite file is rewritten when a quarter of it, and 32 MB, would be given back."""


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes a database takes, and how many of them are free inside it (PostgreSQL: 0, it uses them again by itself)."""

    size: int
    free: int

    @property
    def worthwhile(self) -> bool:
        """Whether `shrink` would give back enough to be worth its writing everything anew."""
        return self.free >= FREE_BYTES and self.free >= self.size * FREE_SHARE


def refresh(database: Database) -> None:
    """Bring the planner's statistics up to date, and fold SQLite's write-ahead log into its file if nobody is in the way. Seconds."""
    with database.outside() as driver:
        if database.dialect == "sqlite":
            driver.execute("PRAGMA analysis_limit = 1000")
            driver.execute("PRAGMA optimize")
            driver.execute("PRAGMA busy_timeout = 0")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in metadata.sorted_tables:
            driver.execute(f"ANALYZE {table.name}")


def space(database: Database) -> Space:
    """How large the database is, and how much of it is free."""
    with database.outside() as driver:
        if database.dialect == "sqlite":
            size, pages, free = (driver.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count"))
            return Space(size * pages, size * free)
        return Space(int(driver.execute("SELECT pg_database_size(current_database())").fetchone()[0]), 0)


def shrink(database: Database) -> int:
    """Give free space back; return how many bytes that were. Nobody can write meanwhile on SQLite. Raises Unavailable.

    On PostgreSQL this is VACUUM (ANALYZE) of our tables, which keeps nobody from writing and mostly gives space back to them only.
    """
    before = space(database).size
    if database.dialect == "sqlite":
        folder = Path(database.where.removeprefix("file:").partition("?")[0]).absolute().parent
        if folder.is_dir() and shutil.disk_usage(folder).free < before * 2:
            raise Unavailable(f"database {database.where}: rewriting it takes twice its size, {before * 2:,} bytes, which the disk has not")
    with database.outside() as driver:
        if database.dialect == "sqlite":
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            for table in metadata.sorted_tables:
                driver.execute(f"VACUUM (ANALYZE) {table.name}")
    return max(0, before - space(database).size)
