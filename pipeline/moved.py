"""Addresses of a source file that have moved or gone for good, told from several runs' answers. The file itself is a person's to change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from crawlers.answer import redirect_target
from db.engine import Transaction
from db.pages import PageStore
from db.records import StoredPage

MOVED = (301, 308)
"""Permanent redirects (RFC 9110 §15.4.2 and §15.4.9)."""
GONE = (410,)
CONFIRMED = 3
"""Runs that must have got the same answer, without another one in between: servers err."""
LOOKED_AT = 12
"""Latest answers of an address that are looked at."""


def moved_seeds(tx: Transaction, run_id: int) -> list[str]:
    """What to write into the source file, one sentence an address that this run found moved or gone for the third time or more."""
    histories = PageStore(tx).seeds_answered(run_id, [*MOVED, *GONE], LOOKED_AT)
    return [sentence for pages in histories if (sentence := notice_of(pages))]


def notice_of(pages: Sequence[StoredPage]) -> str | None:
    """The sentence for one address, from its answers, newest first; None if they do not say the same often enough."""
    newest = pages[0]
    same = list(takewhile(lambda page: _says(page) == _says(newest), pages))
    if len({page.run_id for page in same}) < CONFIRMED:
        return None
    said = _says(newest)
    if said == "gone":
        return f"{newest.url} is gone for good (410): take it out of the source file"
    return f"{newest.url} has moved for good: write {said} into the source file instead" if said else None


def _says(page: StoredPage) -> str | None:
    """Where an answer says that the address is now, or `gone`; None for any other answer."""
    if page.status in GONE:
        return "gone"
    location = next((value for name, value in page.headers if name.lower() == "location"), None)
    return redirect_target(page.url, location) if page.status in MOVED and location else None
