"""Whether the archive is whole: files there, records readable and unaltered, nothing left of a kill; a part of `veille doctor`."""

from __future__ import annotations

import os
import random
from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from db.archive import MOVED, ArchiveReader, mend, orphans, unmended
from db.compaction import compact, offsets, settled_files
from db.engine import Database
from db.pages import PageStore
from pipeline.verification import problem_with
from veille.finding import Finding, several

SAMPLE = 200
"""Page records read unless all are asked for."""
BLOCK = 500
PUT_BACK = "put the file back where it was: its articles stay, but its pages cannot be read again without it"
RESTORE = "restore the file from a backup; the pages can be fetched again by `veille crawl`"


def archive_findings(database: Database, folder: Path, *, full: bool, on_page: Callable[[int, int], None]) -> Iterator[Finding]:
    """Findings on the archive in `folder`: a random sample of `SAMPLE` records is read, or all; eight bytes of memory a page."""
    with database.read() as tx:
        held, ids = PageStore(tx).by_file(), PageStore(tx).ids()
    if not held and not folder.exists():
        yield Finding("archive", True, f"{folder}: no page was fetched yet")
        return
    own = sum(number for name, number in held.items() if not Path(name).is_absolute())  # the others lie in files of others
    if own and not folder.exists():
        problem = f"{folder}: is not there, and the database refers to {own} page records"
        yield Finding("archive", False, problem, "name the folder with --archive or the setting `archive`, or restore it from a backup")
        return
    if folder.exists() and not os.access(folder, os.R_OK | os.X_OK):
        yield Finding("archive", False, f"{folder}: cannot be read", "correct its rights, or the setting `archive`")
        return
    missing = missing_files(held, folder)
    if missing:
        own_lost = sorted(name for name in missing if not Path(name).is_absolute())
        for names, remedy in ((own_lost, RESTORE), (sorted(missing - set(own_lost)), PUT_BACK)):
            lines = [f"{_called(name, folder)} is not there; {held[name]} page records are in it" for name in names]
            if lines:
                yield from several("archive", lines, "", remedy)
    chosen = ids if full else array("q", sorted(random.sample(ids, min(SAMPLE, len(ids)))))
    lost, read = _damaged(database, folder, chosen, missing, on_page)
    yield from several("archive", lost, f"{read} of {len(ids)} page records read", RESTORE)
    yield from _left_by_kills(database, folder)


def missing_files(names: Iterable[str], folder: Path) -> set[str]:
    """Which of these files, of the archive or of others, are not there.

    A database that was restored from a copy may name files that were rewritten since: their records are found by the list.
    """
    return {name for name in names if not (folder / name).exists() and not (folder / f"{name}{MOVED}").exists()}


def _called(name: str, folder: Path) -> str:
    return f"WARC file {name}" if Path(name).is_absolute() else f"archive file {folder / name}"


def _damaged(
    database: Database, folder: Path, ids: array[int], missing: set[str], on_page: Callable[[int, int], None]
) -> tuple[list[str], int]:
    """What is wrong with these page records, and how many of them were read: those of missing files cannot be."""
    reader, problems, read = ArchiveReader(folder), [], 0
    for start in range(0, len(ids), BLOCK):
        with database.read() as tx:
            pages = PageStore(tx).several(list(ids[start : start + BLOCK]))
        there = [page for page in pages if page.location.file not in missing]
        for page in sorted(there, key=lambda page: (page.location.file, page.location.offset)):
            problem = problem_with(reader, page)
            if problem:
                problems.append(problem)
        read += len(there)
        on_page(min(start + BLOCK, len(ids)), len(ids))
    return problems, read


def _left_by_kills(database: Database, folder: Path) -> Iterator[Finding]:
    repair = "`veille doctor --repair` puts that in order"
    left = unmended(folder)
    if left:
        said = f"{len(left)} archive files were left open by a writer that was killed ({left[0]}…)"
        yield Finding("archive", True, f"{said}; the next that writes mends them, or {repair}")
    with database.read() as tx:
        loose = sum(1 for _ in orphans(folder, lambda name: offsets(tx, name)))
    kept = f"{loose} records without a row (a crash between record and row); they cost disk and nothing else; {repair}"
    yield Finding("archive", True, kept if loose else "every record has its row")


def repair_archive(database: Database, folder: Path) -> list[str]:
    """Mend files that killed writers left, and rewrite or delete those that hold records without a row; return what was done, in words."""
    if not folder.is_dir():
        return []
    done = [f"{name}: completed, half a record at its end is cut" for name in unmended(folder)]
    mend(folder)
    with database.read() as tx:
        settled = [file.name for file in settled_files(tx, folder) if not file.busy]
        loose = {at.file for at in orphans(folder, lambda name: offsets(tx, name))}
    for name in settled:
        if name in loose or not _has_rows(database, name):
            given = compact(database, folder, name)
            if given:
                done.append(f"{name}: rewritten without what has no row, {given:,} bytes given back")
    fresh = sorted(loose - set(settled))
    return done + [f"{name}: left for now, it was written to within the hour or its pages are being read" for name in fresh]


def _has_rows(database: Database, name: str) -> bool:
    with database.read() as tx:
        return bool(offsets(tx, name))
