"""Whether kept pages are still what they were: records read again, their bodies' digests compared, a slice at a time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from db.archive import ArchiveReader
from db.engine import Database
from db.errors import ArchiveError
from db.pages import PageStore
from db.records import StoredPage

DAYS = 30
"""In which the whole archive is read once, an hour's slice at a time."""
FEWEST = 50
"""Pages a slice has at least."""
MOST_BAD = 200
"""Findings that are kept; more are only counted."""
BLOCK = 50


def problem_with(archive: ArchiveReader, page: StoredPage) -> str | None:
    """What is wrong with a page's record, in words; None if its body is the one that was kept."""
    try:
        body = archive.read(page.location).body
    except ArchiveError as error:
        return str(error)
    if hashlib.sha256(body).hexdigest() != page.body_digest:
        at = page.location
        return f"archive file {at.file}: the body at offset {at.offset} is not the one that was kept (its digest differs)"
    return None


def verify(
    database: Database,
    archive: ArchiveReader,
    known: dict[str, Any],
    now: datetime,
    *,
    seconds: float,
    whole: bool = False,
    on_page: Callable[[int, int], None] = lambda *_: None,
) -> tuple[dict[str, Any], bool]:
    """Verify the next slice; return the outcome to keep and whether the slice is done.

    `known` is the outcome kept before: `cursor` (page id), `checked` of `total` pages in this round, `began`, `ended` (of the last
    whole round), `bad` (page id → address and problem). `whole` goes on to the end of the round, however many steps that takes.
    """
    outcome = dict(known) if known.get("cursor") else _new_round(database, known, now)
    left = outcome.pop("left", None) or max(FEWEST, outcome["total"] // (DAYS * 24) + 1)
    deadline = time.monotonic() + seconds
    while left > 0 or whole:
        with database.read() as tx:
            pages = PageStore(tx).beyond(outcome["cursor"], BLOCK if whole else min(BLOCK, left))
        if not pages:
            return _end_round(database, outcome, now), True
        for page in pages:
            _note(outcome, page, problem_with(archive, page))
        left -= len(pages)
        outcome["checked"] += len(pages)
        outcome["cursor"] = pages[-1].id
        on_page(outcome["checked"], outcome["total"])
        if time.monotonic() >= deadline and (left > 0 or whole):
            return outcome | {"left": left}, False
    return outcome, True


def _new_round(database: Database, known: dict[str, Any], now: datetime) -> dict[str, Any]:
    with database.read() as tx:
        total = PageStore(tx).total()
    kept = {"ended": known.get("ended"), "bad": known.get("bad", {})}
    return kept | {"cursor": 0, "checked": 0, "total": total, "began": now.isoformat()}


def _note(outcome: dict[str, Any], page: StoredPage, problem: str | None) -> None:
    bad: dict[str, Any] = dict(outcome["bad"])
    bad.pop(str(page.id), None)
    if problem and len(bad) < MOST_BAD:
        bad[str(page.id)] = {"url": page.url, "problem": problem}
    outcome["bad"] = bad


def _end_round(database: Database, outcome: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What was found stays; pages that are gone are no finding any more."""
    with database.read() as tx:
        there = {str(page.id) for page in PageStore(tx).several([int(page_id) for page_id in outcome["bad"]])}
    bad = {page_id: found for page_id, found in outcome["bad"].items() if page_id in there}
    return outcome | {"bad": bad, "cursor": 0, "ended": now.isoformat()}
