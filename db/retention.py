"""Which kept pages may go, and their going from the page table. What they leave in the archive is `db.compaction`'s to give back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, tuple_, update

from db.engine import Transaction
from db.models import addresses, articles, frontier, pages, revisions, runs
from db.pages import WITH_BODY
from db.vocabulary import KeepPages, PageState

LIGHT = (PageState.FAILED, PageState.UNCHANGED)
"""Nothing refers to these: an error is never compared with, a repeat holds no body."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one step did."""

    below: int | None
    """Where the next step goes on; None: all pages have been looked at."""
    looked_at: int
    dropped: int
    octets: int
    """Bytes that the dropped pages' records take in the archive."""


class RetentionStore:
    """Pages that are no longer kept, inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def sweep(self, keep: KeepPages, before: datetime, *, below: int | None = None, limit: int = 1_000, dry_run: bool = False) -> Swept:
        """Drop what may go among the `limit` pages with the highest ids under `below` (None: among the newest).

        What is leased, unread, of an open run, or read or fetched since `before` stays. So does the page that an answer of the same
        address is compared with while somebody still asks for it, and the one whose body a later page repeats: going from the newest
        to the oldest, the repeats have gone before. With `dry_run` nothing is dropped, so such chains are counted short.
        """
        window = select(pages.c.id).order_by(pages.c.id.desc()).limit(limit)
        ids = list(self._tx.execute(window if below is None else window.where(pages.c.id < below)).scalars())
        if not ids or keep is KeepPages.ALL:
            return Swept(None, len(ids), 0, 0)
        dropped, octets = self._drop(ids, _may_go(before) & pages.c.state.in_(LIGHT), dry_run=dry_run)
        needless = _is_needless(keep) & pages.c.id.not_in(self._further(ids))
        heavy = _may_go(before) & needless & _is_not_compared_with(before) & _is_not_repeated()
        while True:
            more, size = self._drop(ids, heavy, dry_run=dry_run)
            dropped, octets = dropped + more, octets + size
            if not more or dry_run:
                break
        return Swept(ids[-1] if len(ids) == limit else None, len(ids), dropped, octets)

    def _further(self, ids: list[int]) -> list[int]:
        """Which of these are further pages of articles on several, whose revisions name the first as theirs."""
        here = (addresses.c.source_id == pages.c.source_id) & (addresses.c.url_key == pages.c.url_key)
        held = select(addresses.c.article_id).join(pages, here).where(pages.c.id.in_(ids), pages.c.state == PageState.READ)
        told = select(revisions.c.metadata["parts"]).join(articles, _current()).where(articles.c.id.in_(held))
        resting = {piece["page_id"] for found in self._tx.execute(told).scalars() for piece in found or ()}
        return sorted(resting.intersection(ids))

    def _drop(self, ids: list[int], condition: ColumnElement[bool], *, dry_run: bool) -> tuple[int, int]:
        chosen = select(pages.c.id, pages.c.archive_length).where(pages.c.id.in_(ids), condition)
        rows = self._tx.execute(chosen if dry_run else chosen.with_for_update(skip_locked=True, of=pages)).all()
        going = [row.id for row in rows]
        if going and not dry_run:
            self._tx.execute(update(revisions).where(revisions.c.page_id.in_(going)).values(page_id=None))
            self._tx.execute(delete(pages).where(pages.c.id.in_(going)))
        return len(going), sum(row.archive_length for row in rows)


def _may_go(before: datetime) -> ColumnElement[bool]:
    open_run = exists().where(runs.c.id == pages.c.run_id, runs.c.ended_at.is_(None))
    old: ColumnElement[bool] = func.coalesce(pages.c.read_at, pages.c.fetched_at) < before
    return old & pages.c.lease_owner.is_(None) & ~open_run


def _is_needless(keep: KeepPages) -> ColumnElement[bool]:
    """Whether no reading that is kept names a page with a body as its own; those kept aside since count with the current one."""
    resting = exists().where(revisions.c.page_id == pages.c.id)
    if keep is KeepPages.READ:
        return pages.c.state.in_((PageState.PARSED, PageState.REJECTED)) & ~resting
    states = (PageState.PARSED, PageState.REJECTED, PageState.READ)
    return pages.c.state.in_(states) & ~exists().where(revisions.c.page_id == pages.c.id, _current())


def _current() -> ColumnElement[bool]:
    return (revisions.c.article_id == articles.c.id) & (revisions.c.n >= articles.c.revision)


def _is_not_compared_with(before: datetime) -> ColumnElement[bool]:
    """Whether a newer body of the address is kept, or nobody asks for the address any more."""
    newer, asked = pages.alias("newer"), frontier
    same = (newer.c.source_id == pages.c.source_id) & (newer.c.url_key == pages.c.url_key) & newer.c.state.in_(WITH_BODY)
    outdone = exists().where(same, tuple_(newer.c.fetched_at, newer.c.id) > tuple_(pages.c.fetched_at, pages.c.id))
    wanted = or_(asked.c.due_at.is_not(None), asked.c.lease_owner.is_not(None), asked.c.fetched_at >= before)
    return or_(outdone, ~exists().where(asked.c.source_id == pages.c.source_id, asked.c.url_key == pages.c.url_key, wanted))


def _is_not_repeated() -> ColumnElement[bool]:
    later = pages.alias("later")
    same = (later.c.source_id == pages.c.source_id) & (later.c.url_key == pages.c.url_key)
    return ~exists().where(same, later.c.body_digest == pages.c.body_digest, later.c.id > pages.c.id)
