"""Pages of a source out of WARC files: how files are cut into slices.

Their runs are those of any slice (`pipeline.slices`), finding the pages is `pipeline.warc_feed`'s business, and reading them goes the
way of all pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from crawlers.spec import EngineSpec
from crawlers.warc_spool import is_address, size_of, spool_path
from db.errors import ArchiveError
from db.plans import SlicePlan
from db.vocabulary import Way
from db.warc_files import WarcFile

SLICE_BYTES: Final = 64 << 20
"""Of a file as it lies there; 64 MiB of a compressed file are some thousand pages."""
MIB: Final = 1 << 20


def plan_warc(
    files: Sequence[str], since: date | None, until: date | None, spec: EngineSpec, *, copy: bool = False, slice_bytes: int = SLICE_BYTES
) -> list[SlicePlan]:
    """Cut files, each a path or an address, into slices of about `slice_bytes`, in the order given. Raises ArchiveError or Unavailable.

    Nothing is fetched of a file behind an address but its size. [since, until) are days of publication; when a page was captured says
    nothing of that, so that every slice may hold any day.
    """
    return [plan for file in dict.fromkeys(files) for plan in _slices(file, since, until, spec, copy=copy, slice_bytes=slice_bytes)]


def _slices(file: str, since: date | None, until: date | None, spec: EngineSpec, *, copy: bool, slice_bytes: int) -> Iterator[SlicePlan]:
    named, size = _measured(file, spec)
    params = {"way": Way.WARC.value, "starts": [], "file": named, "copy": copy}
    name = file.rstrip("/").rpartition("/")[2]
    parts = max(1, round(size / slice_bytes))
    for number in range(parts):
        start, end = size * number // parts, size * (number + 1) // parts
        label = f"{name} {start / MIB:.0f}–{end / MIB:.0f} MiB" if parts > 1 else name
        yield SlicePlan(Way.WARC, label, since, until, {**params, "start": start, "end": end})


def _measured(file: str, spec: EngineSpec) -> tuple[str, int]:
    """How a file is named from any folder, and its bytes; what is at hand is looked at, so that what cannot be read is said now."""
    if is_address(file):
        path = spool_path(file, spec.archive)
        if not path.exists():
            return file, size_of(file, spec)
    else:
        path = Path(file).expanduser().absolute()
    if not str(path).isprintable():
        raise ArchiveError(f"WARC file {str(path)!r}: pages cannot be kept by reference to such a name; rename it")
    with WarcFile(path) as opened:
        return file if is_address(file) else str(path), opened.size
