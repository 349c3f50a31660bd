"""The health table: how each source is, what of that was announced, and the figures of a run and a source that tell it.

The verdict itself is `pipeline.health`'s.
"""

from __future__ import annotations

import statistics
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, Select, and_, case, exists, func, select, text, update

from db.engine import Transaction, upsert
from db.errors import UnknownName
from db.models import addresses, articles, frontier, health, labels, pages, sources
from db.records import Health, Run
from db.vocabulary import FoundBy, HealthState, PageState, SaveOutcome

LISTS: Final = text("kind <> 'article'")
"""Written out, not bound: only so do both databases see that the index of a run's lists will do."""


class HealthStore:
    """Health of sources inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def lock(self, source: str) -> Health | None:
        """Return what is known of a source, and have others who ask so wait until this transaction is over. Raises UnknownName."""
        query = select(sources.c.id).where(sources.c.name == source).with_for_update(key_share=True)
        if self._tx.execute(query).one_or_none() is None:
            raise UnknownName(f"the database knows no source named {source}")
        return next(iter(self._all(_query(sources.c.name == source))), None)

    def put(self, found: Health) -> None:
        """Write how a source is. What was announced stays: a source never spoken of counts as announced to be well."""
        own = select(sources.c.id).where(sources.c.name == found.source).scalar_subquery()
        said = {"state": found.state, "evidence": found.evidence, "since": found.since}
        insert = upsert(self._tx, health).values(source_id=own, announced=HealthState.OK, **said)
        self._tx.execute(insert.on_conflict_do_update(index_elements=["source_id"], set_=said))

    def all(self) -> dict[str, Health]:
        """Return what is known, by source; a source that was never judged is missing."""
        return {found.source: found for found in self._all(_query())}

    def announce(self) -> list[Health]:
        """Return what has changed since it was last announced, and note it as announced: of several who ask, one gets each change."""
        changes = self._tx.execute(_query(health.c.state != health.c.announced).with_for_update(of=health)).all()
        won = []
        for row in changes:
            mine = and_(health.c.source_id == row.source_id, health.c.state == row.state, health.c.announced == row.announced)
            if self._tx.execute(update(health).where(mine).values(announced=row.state)).rowcount:
                won.append(_health(row))
        return won

    def figures(self, run: Run) -> dict[str, int]:
        """Return what a run's end counts for later comparison; but for the first, zeros are left out.

        `lists_answered` and `lists_failed` are its feeds, sitemaps and listings, guesses aside; of its new articles `dated` are those
        with a day, `signed` those with an author, and `text_median` is the median length of their texts in characters.
        """
        answered, failed = self._lists(run)
        figures = {"lists_failed": failed, **self._articles(run.id)}
        return {"lists_answered": answered, **{word: number for word, number in figures.items() if number}}

    def days(self, source: str, since: date) -> list[date]:
        """Return the days since on which a source published, newest first."""
        own = articles.c.source_id == select(sources.c.id).where(sources.c.name == source).scalar_subquery()
        query = select(articles.c.published_on).where(own, articles.c.published_on >= since).distinct()
        return list(self._tx.scalars(query.order_by(articles.c.published_on.desc())))

    def _lists(self, run: Run) -> tuple[int, int]:
        own = and_(frontier.c.run_id == run.id, LISTS, frontier.c.found_by != FoundBy.GUESS)
        answered = frontier.c.last_failure.is_(None) & (frontier.c.fetched_at >= run.requested_at)
        query = select(func.count(case((answered, 1))), func.count(frontier.c.last_failure)).where(own)
        row = self._tx.execute(query).one()
        return int(row[0]), int(row[1])

    def _articles(self, run_id: int) -> dict[str, int]:
        at = and_(addresses.c.source_id == pages.c.source_id, addresses.c.url_key == pages.c.url_key)
        signed = exists().where(labels.c.article_id == articles.c.id, labels.c.kind == "author")
        query = select(articles.c.published_on, articles.c.text_length, signed.label("signed"))
        query = query.select_from(pages).join(addresses, at).join(articles, articles.c.id == addresses.c.article_id)
        query = query.where(pages.c.run_id == run_id, pages.c.state == PageState.READ, pages.c.detail == SaveOutcome.NEW)
        rows = self._tx.execute(query).all()
        return {
            "dated": sum(row.published_on is not None for row in rows),
            "signed": sum(bool(row.signed) for row in rows),
            "text_median": int(statistics.median(row.text_length for row in rows)) if rows else 0,
        }

    def _all(self, query: Select[Any]) -> list[Health]:
        return [_health(row) for row in self._tx.execute(query)]


def _query(*conditions: Any) -> Select[Any]:
    query = select(health, sources.c.name.label("source")).join(sources, sources.c.id == health.c.source_id)
    return query.where(*conditions).order_by(sources.c.name)


def _health(row: Row[Any]) -> Health:
    return Health(source=row.source, state=HealthState(row.state), evidence=row.evidence, since=row.since)
