"""Which kept pages are read again, and what stands for them now. How they are read, and what comes of it, is the pipeline's business."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_, update

from db import leases
from db.engine import Transaction
from db.models import addresses, articles, pages, revisions, sources
from db.pages import PageStore
from db.readings import Choice, Condition, Standing
from db.records import StoredPage
from db.vocabulary import PageState

COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "reading_version": pages.c.reading_version,
    "state": pages.c.state,
    "reason": pages.c.reason,
    "status": articles.c.status,
    "language": articles.c.language,
    "published_from": articles.c.published_from,
}
"""What may be asked of a page, and of the article at its address."""
COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
AGAIN: Final = (PageState.READ, PageState.REJECTED)


class RereadStore:
    """Pages that were read before, inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def sources(self) -> list[str]:
        """Return the names of the sources that pages are kept of."""
        query = select(sources.c.name).where(exists().where(pages.c.source_id == sources.c.id)).order_by(sources.c.name)
        return list(self._tx.execute(query).scalars())

    def chosen(self, source: str, choice: Choice, after: int = 0) -> array[int]:
        """Return the ids of the pages to read again, ascending, those above `after`: eight bytes a page.

        Of each address only the newest page that gave an article counts, and the newest rejected one where that is newer.
        """
        query = _chosen(source, choice).where(pages.c.id > after).order_by(pages.c.id)
        return array("q", self._tx.execute(query, execution_options={"yield_per": 10_000}).scalars())

    def count(self, source: str, choice: Choice) -> int:
        """Return how many pages `chosen` would give."""
        return int(self._tx.execute(select(func.count()).select_from(_chosen(source, choice).subquery())).scalar_one())

    def lease(self, ids: Sequence[int], owner: str, now: datetime, until: datetime) -> list[StoredPage]:
        """Hand out those of these pages that are read and that nobody holds, ascending."""
        free = (pages.c.id.in_(ids), pages.c.state.in_(AGAIN), leases.available(pages, now))
        taken = self._tx.execute(update(pages).where(*free).values(leases.taken(pages, owner, until)).returning(pages.c.id))
        return PageStore(self._tx).several(list(taken.scalars()))

    def renew(self, ids: Sequence[int], owner: str, until: datetime) -> None:
        """Move the end of the leases of these pages."""
        self._tx.execute(update(pages).where(pages.c.id.in_(ids), pages.c.lease_owner == owner).values(lease_until=until))

    def give_back(self, ids: Sequence[int], owner: str) -> None:
        """Let go of pages that were not read."""
        self._tx.execute(update(pages).where(pages.c.id.in_(ids), pages.c.lease_owner == owner).values(leases.FREE))

    def standing(self, ids: Sequence[int]) -> dict[int, Standing]:
        """Return, by page, the current revision of the article that has the page's address."""
        query = (
            select(pages.c.id, articles.c.uid, revisions.c.page_id, revisions.c.text, revisions.c.metadata)
            .join(addresses, (addresses.c.source_id == pages.c.source_id) & (addresses.c.url_key == pages.c.url_key))
            .join(articles, articles.c.id == addresses.c.article_id)
            .join(revisions, (revisions.c.article_id == articles.c.id) & (revisions.c.n == articles.c.revision))
            .where(pages.c.id.in_(ids))
        )
        return {row.id: Standing(row.uid, row.page_id, row.text, row.metadata) for row in self._tx.execute(query)}


def _chosen(source: str, choice: Choice) -> Select[Any]:
    held = (addresses.c.source_id == pages.c.source_id) & (addresses.c.url_key == pages.c.url_key)
    query = select(pages.c.id).join(sources, sources.c.id == pages.c.source_id)
    if choice.since or choice.until or any(condition.field in {"status", "language", "published_from"} for condition in choice.conditions):
        query = query.outerjoin(addresses, held).outerjoin(articles, articles.c.id == addresses.c.article_id)
    query = query.where(sources.c.name == source, pages.c.state.in_(AGAIN), pages.c.reading_version.is_not(None), ~_is_outdone())
    query = query.where(*([_where(condition) for condition in choice.conditions] or [_is_stale(choice)]))
    if choice.since:
        query = query.where(_on_or_after(choice.since))
    return query.where(~_on_or_after(choice.until)) if choice.until else query


def _is_outdone() -> ColumnElement[bool]:
    """Whether a newer page of the same address is read in its place."""
    other = pages.alias("newer")
    same = (other.c.source_id == pages.c.source_id) & (other.c.url_key == pages.c.url_key)
    newer = tuple_(other.c.fetched_at, other.c.id) > tuple_(pages.c.fetched_at, pages.c.id)
    better = other.c.state.in_((PageState.READ, PageState.UNREAD))
    either = (pages.c.state == PageState.REJECTED) & (other.c.state == PageState.REJECTED)
    return exists().where(same, newer, or_(better, either))


def _is_stale(choice: Choice) -> ColumnElement[bool]:
    """Whether an older reader read it, or one that did not know what was learned since."""
    older: ColumnElement[bool] = pages.c.reading_version < choice.reading_version
    if choice.learned_at is None:
        return older
    return or_(older, func.coalesce(pages.c.read_at, pages.c.fetched_at) < choice.learned_at)


def _where(condition: Condition) -> ColumnElement[bool]:
    column = COLUMNS[condition.field]
    compared: ColumnElement[bool] = COMPARISONS[condition.op](column, condition.value)
    return or_(compared, column.is_(None)) if condition.op == "!=" else compared


def _on_or_after(day: Any) -> ColumnElement[bool]:
    """Whether the article's day, or the day of fetching where none is known, is `day` or later. Never NULL."""
    midnight = datetime.combine(day, time(), UTC)
    dated = articles.c.published_on.is_not(None) & (func.coalesce(articles.c.published_on, day) >= day)
    return or_(dated, articles.c.published_on.is_(None) & (pages.c.fetched_at >= midnight))
