"""Article pages that are to be asked for again, and what came of it: which are due, how often articles change, what became of them.

When a page is due again is `crawlers.revisits`'s rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, func, select, tuple_, update

from db.changes import next_change, record_change
from db.engine import Transaction
from db.models import addresses, articles, frontier, revisions, sources
from db.vocabulary import Fate, PageKind, RevisionCause

SETTLED: Final = frontier.c.due_at.is_(None)


@dataclass(frozen=True, slots=True)
class DueRevisit:
    """An address whose time has come, and what is known of the article it holds by now."""

    id: int
    revisits: int
    """Times its page has been asked for again."""
    offered_at: datetime
    revisit_at: datetime
    holds_article: bool
    """Whether an article is shown at this address; a page that proved to be none is not asked for again."""
    failing: bool = False
    """Whether the last answer was a failure."""
    published_at: datetime | None = None
    published_on: date | None = None


class RevisitStore:
    """Revisits inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def due(self, source: str, now: datetime, limit: int) -> list[DueRevisit]:
        """Return the addresses of a source whose time has come, the latest first, at most `limit`."""
        held = and_(addresses.c.source_id == frontier.c.source_id, addresses.c.url_key == frontier.c.url_key)
        shown = and_(articles.c.id == addresses.c.article_id, articles.c.url_key == frontier.c.url_key)
        query = (
            select(frontier.c.id, frontier.c.revisits, frontier.c.offered_at, frontier.c.revisit_at, frontier.c.last_failure)
            .add_columns(articles.c.id.label("article_id"), articles.c.published_at, articles.c.published_on)
            .join(sources, sources.c.id == frontier.c.source_id)
            .outerjoin(addresses, held)
            .outerjoin(articles, shown)
            .where(sources.c.name == source, frontier.c.revisit_at <= now, SETTLED)
            .order_by(frontier.c.revisit_at.desc(), frontier.c.id)
            .limit(limit)
        )
        return [
            DueRevisit(
                id=row.id,
                revisits=row.revisits,
                offered_at=row.offered_at,
                revisit_at=row.revisit_at,
                holds_article=row.article_id is not None,
                failing=row.last_failure is not None,
                published_at=row.published_at,
                published_on=row.published_on,
            )
            for row in self._tx.execute(query)
        ]

    def request(self, ids: Sequence[int], run_id: int, priority: int, now: datetime) -> int:
        """Have pages asked for again by a run; return how many there are. Those pending meanwhile are wanted anyway."""
        values = {"due_at": now, "run_id": run_id, "priority": priority, "attempts": 0, "revisit_at": None}
        change = update(frontier).where(frontier.c.id.in_(ids), SETTLED).values(values)
        return self._tx.execute(change).rowcount if ids else 0

    def postpone(self, later: Mapping[int, datetime | None]) -> None:
        """Write, by id, when a page is asked for again; None: never."""
        if later:
            change = update(frontier).where(frontier.c.id == bindparam("row_id")).values(revisit_at=bindparam("to_revisit_at"))
            self._tx.execute(change, [{"row_id": id_, "to_revisit_at": at} for id_, at in sorted(later.items())])

    def habits(self, source: str, since: datetime) -> list[tuple[int, int]]:
        """Return, for the first, second… revisit of articles found since, how many there were and how many brought a revision.

        A revision counts for the revisit of its number: the first change a publisher made was seen by one of them.
        """
        mine = frontier.c.source_id == select(sources.c.id).where(sources.c.name == source).scalar_subquery()
        revisited = (frontier.c.kind == PageKind.ARTICLE) & (frontier.c.revisits > 0) & (frontier.c.offered_at >= since)
        query = select(frontier.c.revisits, func.count()).where(mine, revisited).group_by(frontier.c.revisits)
        made = {int(visits): int(count) for visits, count in self._tx.execute(query)}
        changes = self._changes(source, since)
        most = max(made, default=0)
        return [(sum(count for visits, count in made.items() if visits >= n), changes.get(n, 0)) for n in range(1, most + 1)]

    def _changes(self, source: str, since: datetime) -> dict[int, int]:
        """Articles by how often their publisher changed them, each counted for its first, second… change."""
        query = (
            select(revisions.c.article_id, func.count().label("times"))
            .join(articles, articles.c.id == revisions.c.article_id)
            .join(sources, sources.c.id == articles.c.source_id)
            .where(sources.c.name == source, articles.c.first_seen >= since)
            .where(revisions.c.n > 1, revisions.c.cause == RevisionCause.PUBLISHER)
            .group_by(revisions.c.article_id)
        )
        times = [int(row.times) for row in self._tx.execute(query)]
        return {n: sum(1 for each in times if each >= n) for n in range(1, max(times, default=0) + 1)}

    def record_fates(self, seen: Iterable[tuple[str, str, Fate]]) -> int:
        """Write what became of the articles shown at these addresses (source, url_key, fate); return how many changed."""
        wanted = {(source, key): fate for source, key, fate in seen}
        query = (
            select(articles.c.id, articles.c.fate, articles.c.url_key, sources.c.name)
            .join(sources, sources.c.id == articles.c.source_id)
            .join(addresses, and_(addresses.c.article_id == articles.c.id, addresses.c.url_key == articles.c.url_key))
            .where(tuple_(sources.c.name, addresses.c.url_key).in_(sorted(wanted)))
        )
        rows: list[Any] = list(self._tx.execute(query)) if wanted else []
        altered = {row.id: wanted[row.name, row.url_key] for row in rows if row.fate != wanted[row.name, row.url_key]}
        if altered:
            change = next_change(self._tx)
            for fate in sorted(set(altered.values())):
                ids = sorted(id_ for id_, each in altered.items() if each is fate)
                self._tx.execute(update(articles).where(articles.c.id.in_(ids)).values(fate=fate, change=change))
            record_change(self._tx, change)
        return len(altered)
