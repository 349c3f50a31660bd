"""What a run brought, as the learning of rhythms wants it: when each of its new articles was published."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import and_, select

from db.engine import Transaction
from db.models import addresses, articles, pages
from db.vocabulary import PageState, SaveOutcome

NEW = (SaveOutcome.NEW, SaveOutcome.COPY)


def arrivals(tx: Transaction, run_id: int) -> list[tuple[datetime | None, date | None]]:
    """Return the instant and the day of publication of each article that a run's pages added, as far as they are known."""
    at = and_(addresses.c.source_id == pages.c.source_id, addresses.c.url_key == pages.c.url_key)
    query = select(articles.c.published_at, articles.c.published_on).select_from(pages)
    query = query.join(addresses, at).join(articles, articles.c.id == addresses.c.article_id)
    query = query.where(pages.c.run_id == run_id, pages.c.state == PageState.READ, pages.c.detail.in_(NEW))
    return [(row.published_at, row.published_on) for row in tx.execute(query)]
