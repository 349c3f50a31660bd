"""Giving back the archive's dead space: files are rewritten record by record without what no row knows any more.

New file, list of where the records went, one transaction for all rows, then the old file goes: in this order, so that a kill at any
instant leaves every row's record readable, and at most a file that nothing refers to, which the next call deletes. Records are copied
byte for byte. Who still holds an old place (a `revisit` record, a reader at work) finds the record by the list beside the archive.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import zstandard
from sqlalchemy import Select, bindparam, func, select, update

from db.archive import CHUNK, COMPLETE, MOVED, PATTERN, WRITABLE, frame_end
from db.engine import Database, Transaction
from db.models import pages
from db.records import ArchiveLocation
from db.vocabulary import PageState

SETTLED_SECONDS = 3600.0
"""A file is left alone for so long after its last record: what was archived just now gets its row a moment later."""
DEAD_SHARE = 0.4
"""Share of a file that has to be dead before it is rewritten by itself."""
DEAD_BYTES = 256 << 10
"""And at least as much."""


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A complete file of the archive, and what of it rows refer to."""

    name: str
    size: int
    live: int
    """Bytes of records that have rows."""
    rows: int
    busy: bool
    """Whether a page in it is unread or being read."""

    @property
    def dead(self) -> int:
        """Bytes of records without rows, the file's own first record included."""
        return self.size - self.live

    @property
    def worthwhile(self) -> bool:
        """Whether rewriting it gives back enough, by itself."""
        return not self.busy and (not self.rows or (self.dead >= DEAD_BYTES and self.dead >= self.size * DEAD_SHARE))


def settled_files(tx: Transaction, folder: Path) -> list[ArchiveFile]:
    """Return the complete files of the archive that have been left alone for an hour, by name. Files not made by us are not looked at."""
    held = {row.archive_file: row for row in tx.execute(_held())}
    found = []
    for path in _settled(folder):
        row = held.get(path.name)
        live, rows, busy = (int(row.live), row.rows, bool(row.busy)) if row else (0, 0, False)
        found.append(ArchiveFile(path.name, path.stat().st_size, live, rows, busy))
    return found


def offsets(tx: Transaction, name: str) -> set[int]:
    """Return where in a file the records begin that have rows."""
    return set(tx.execute(select(pages.c.archive_offset).where(pages.c.archive_file == name)).scalars())


def compact(database: Database, folder: Path, name: str) -> int:
    """Rewrite one file without its dead records, or delete it if all are; return the bytes given back, 0 if it cannot be done now.

    It is not done while a page of it is unread or leased, or while another process is at it. Raises OSError when the disk is full.
    """
    with (folder / name).open("rb") as old:
        try:
            fcntl.flock(old, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        size = os.fstat(old.fileno()).st_size
        with database.read() as tx:
            rows = _rows(tx, name)
        if rows is None:
            return 0
        new, moved = _copy(old, folder, name, sorted(rows.values())) if rows else (None, {})
        if new is None and not rows:
            return size if _drop_empty(database, folder, name) else 0
        assert new is not None
        if not database.transact(lambda tx: _repoint(tx, name, moved)):
            new.unlink()
            return 0
        (folder / name).unlink()
        return size - new.stat().st_size


def _settled(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob(PATTERN)):
        stat = path.stat()
        # The wall clock of the file system, not the program's: only that one can be compared with a file's own time.
        if not stat.st_mode & WRITABLE and time.time() - stat.st_mtime > SETTLED_SECONDS:
            yield path


def _held() -> Select[Any]:
    busy = (pages.c.state == PageState.UNREAD) | pages.c.lease_owner.is_not(None)
    columns = (func.sum(pages.c.archive_length).label("live"), func.count().label("rows"), func.count().filter(busy).label("busy"))
    return select(pages.c.archive_file, *columns).group_by(pages.c.archive_file)


def _rows(tx: Transaction, name: str, *, lock: bool = False) -> dict[int, tuple[int, int]] | None:
    """Offset and length by page id; None if a page is unread or leased."""
    query = select(pages.c.id, pages.c.archive_offset, pages.c.archive_length, pages.c.state, pages.c.lease_owner)
    query = query.where(pages.c.archive_file == name).order_by(pages.c.id)
    found = tx.execute(query.with_for_update() if lock else query).all()
    if any(row.state == PageState.UNREAD or row.lease_owner is not None for row in found):
        return None
    return {row.id: (row.archive_offset, row.archive_length) for row in found}


def _copy(old: BinaryIO, folder: Path, name: str, places: list[tuple[int, int]]) -> tuple[Path, dict[int, ArchiveLocation]]:
    """Write the live records to a new file, then the list of where they went; both survive a power cut."""
    path, moved = _new_path(folder, name), {}
    with path.open("xb") as new:
        fcntl.flock(new, fcntl.LOCK_EX)
        os.fchmod(new.fileno(), 0o644)  # a writer that starts now looks at the lock and leaves it alone
        _append(old, new, 0, frame_end(old, 0) or 0)
        for offset, length in places:
            moved[offset] = ArchiveLocation(path.name, new.tell(), length)
            _append(old, new, offset, length)
        new.flush()
        os.fsync(new.fileno())
        os.fchmod(new.fileno(), COMPLETE)
    lines = "\n".join(f"{at} {to.file} {to.offset} {to.length}" for at, to in moved.items())
    listed = folder / f"{name}{MOVED}"
    with (folder / f"{name}{MOVED}.new").open("wb") as file:
        file.write(zstandard.ZstdCompressor(level=9, write_checksum=True).compress(lines.encode()))
        file.flush()
        os.fsync(file.fileno())
    (folder / f"{name}{MOVED}.new").rename(listed)
    _sync_folder(folder)
    return path, moved


def _repoint(tx: Transaction, name: str, moved: dict[int, ArchiveLocation]) -> bool:
    """Lead every row of the old file to the new one; False, and nothing done, if a page was taken up or came in meanwhile."""
    rows = _rows(tx, name, lock=True)
    if rows is None or any(offset not in moved for offset, _ in rows.values()):
        return False
    if rows:
        change = update(pages).where(pages.c.id == bindparam("its_id"))
        places = [(page_id, moved[offset]) for page_id, (offset, _) in rows.items()]
        tx.execute(change, [{"its_id": page_id, "archive_file": to.file, "archive_offset": to.offset} for page_id, to in places])
    return True


def _drop_empty(database: Database, folder: Path, name: str) -> bool:
    """Delete a file that no row refers to."""
    with database.read() as tx:
        if offsets(tx, name):
            return False
    (folder / name).unlink()
    _sync_folder(folder)
    return True


def _new_path(folder: Path, name: str) -> Path:
    stem, number = name.removesuffix(".warc.zst").partition("-r")[0], 1
    while (folder / f"{stem}-r{number}.warc.zst").exists() or (folder / f"{stem}-r{number}.warc.zst{MOVED}").exists():
        number += 1
    return folder / f"{stem}-r{number}.warc.zst"


def _append(old: BinaryIO, new: BinaryIO, offset: int, length: int) -> None:
    old.seek(offset)
    while length:
        piece = old.read(min(length, CHUNK))
        if not piece:
            raise OSError(f"{old.name} ends within a record that a page refers to")
        new.write(piece)
        length -= len(piece)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
