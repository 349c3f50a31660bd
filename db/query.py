"""Asking for articles: a builder of filters, and its answers as hits, a count, or a stream.

What may be typed is `db.question`'s business, matching and ranking `db.fulltext`'s, snippets `db.snippets`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, extract, func, literal_column, or_, select

from db import fulltext
from db.article_rows import LABEL_LENGTH, storable, stored_articles, to_articles
from db.engine import Transaction
from db.errors import QueryError
from db.folding import fold
from db.models import articles, labels, sources
from db.question import Question, parse
from db.readings import Hit, StoredArticle
from db.snippets import snippet

MAX_HITS = 1_000
"""Hits given at once, whatever limit is asked for."""
STREAM_BATCH = 200
"""Articles read by one statement of a stream."""


@dataclass(frozen=True, slots=True)
class ArticleQuery:
    """A question to the articles; every method that narrows it returns a new one.

    Days are calendar days in the source's own zone: `after` includes its day, `before` does not, unknown days match neither.
    """

    _tx: Transaction
    _question: Question | None = None
    _conditions: tuple[ColumnElement[bool], ...] = field(default=())
    _changed_after: int | None = None

    # ------------------------------------------------------------ narrowing

    def matching(self, text: str) -> ArticleQuery:
        """Keep articles that answer a question (`db.question.parse`: words, "phrases", OR, -word, prefix*).

        Raises QueryError if nothing searchable is in it.
        """
        return replace(self, _question=parse(text))

    def in_language(self, language: str) -> ArticleQuery:
        """Keep articles in a language, named by its BCP 47 tag (`fr`, `fr-MA`) or `und`. Raises QueryError for anything else."""
        named = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*", language.strip())
        if not named:
            raise QueryError(f"{language[:40]!r} is no language: name it by its code, as in fr, ar, es, en, or und for unknown")
        return self._where(articles.c.language == named[1].lower())

    def from_source(self, *names: str) -> ArticleQuery:
        """Keep articles of any of these sources."""
        return self._where(articles.c.source_id.in_(select(sources.c.id).where(sources.c.name.in_(storable(list(names))))))

    def from_country(self, *countries: str) -> ArticleQuery:
        """Keep articles of sources of any of these countries (codes as in the source files, case aside)."""
        codes = storable([country.lower() for country in countries])
        return self._where(articles.c.source_id.in_(select(sources.c.id).where(func.lower(sources.c.country).in_(codes))))

    def tagged(self, tag: str) -> ArticleQuery:
        """Keep articles that carry a tag; case, accents and Arabic letter forms do not count."""
        return self._where(_labelled("tag", labels.c.folded == fold(tag)[:LABEL_LENGTH]))

    def by_author(self, name: str) -> ArticleQuery:
        """Keep articles with an author of this name, or with these words in the name; folded as tags are."""
        words = f" {fold(name)[:LABEL_LENGTH]} "
        return self._where(_labelled("author", (" " + labels.c.folded + " ").contains(words, autoescape=True)))

    def after(self, day: date) -> ArticleQuery:
        """Keep articles published on this day or later."""
        return self._where(articles.c.published_on >= day)

    def before(self, day: date) -> ArticleQuery:
        """Keep articles published before this day."""
        return self._where(articles.c.published_on < day)

    def changed_after(self, change: int) -> ArticleQuery:
        """Keep articles altered since the change number `change`; streams then come in the order of change."""
        return replace(self._where(articles.c.change > change), _changed_after=change)

    def originals_only(self) -> ArticleQuery:
        """Leave out copies of another article."""
        return self._where(articles.c.duplicate_of.is_(None))

    def _where(self, condition: ColumnElement[bool]) -> ArticleQuery:
        return replace(self, _conditions=(*self._conditions, condition))

    # ------------------------------------------------------------ answers

    def hits(self, limit: int = 20, offset: int = 0) -> list[Hit]:
        """Return up to `limit` (never over 1,000) hits, best first, then the latest day, then the first stored.

        Without `matching` the latest come first and scores are 0.
        """
        query, match = self._matched(select(articles.c.id))
        score: ColumnElement[float] = literal_column("0.0") if match is None else match.score
        best = () if match is None else (score.desc(),)
        ranked = query.add_columns(score.label("score")).order_by(*best, articles.c.published_on.desc().nulls_last(), articles.c.id)
        scores = {row.id: float(row.score) for row in self._tx.execute(ranked.limit(max(0, min(limit, MAX_HITS))).offset(max(0, offset)))}
        rows = {row.id: row for row in self._tx.execute(stored_articles().where(articles.c.id.in_(list(scores))))}
        found = to_articles(self._tx, [rows[article_id] for article_id in scores])
        return [self._hit(article, points) for article, points in zip(found, scores.values(), strict=True)]

    def _hit(self, article: StoredArticle, score: float) -> Hit:
        shown, matches = snippet(article.text, article.language, self._question)
        return Hit(replace(article, text=""), score, shown, matches)

    def count(self) -> int:
        """Return how many articles answer."""
        query, _ = self._matched(select(func.count()).select_from(articles))
        number: int = self._tx.execute(query).scalar_one()
        return number

    def statuses(self) -> dict[str, int]:
        """Return how many of the articles that answer have each status, for those statuses that any has."""
        query, _ = self._matched(select(articles.c.status, func.count()).select_from(articles))
        rows = self._tx.execute(query.group_by(articles.c.status).order_by(articles.c.status))
        return {row.status: int(row[1]) for row in rows}

    def by_month(self) -> dict[str, int]:
        """Return how many of the articles that answer were published in each month (`2014-08`), for those months that have any."""
        year, month = extract("year", articles.c.published_on), extract("month", articles.c.published_on)
        columns: list[ColumnElement[Any]] = [year, month, func.count()]
        query, _ = self._matched(select(*columns).select_from(articles).where(articles.c.published_on.is_not(None)))
        rows = self._tx.execute(query.group_by(year, month).order_by(year, month))
        return {f"{int(row[0]):04}-{int(row[1]):02}": int(row[2]) for row in rows}

    def articles(self) -> Iterator[StoredArticle]:
        """Yield all articles that answer, in the order they were stored, or of change after `changed_after`.

        Read in batches, each from where the last one ended: memory stays flat, and no cursor is left open.
        """
        key = (articles.c.change, articles.c.id) if self._changed_after is not None else (articles.c.id,)
        last: Any = None
        while True:
            query, _ = self._matched(stored_articles())
            if last is not None:
                query = query.where(_beyond(key, last))
            rows = self._tx.execute(query.order_by(*key).limit(STREAM_BATCH)).all()
            yield from to_articles(self._tx, rows)
            if len(rows) < STREAM_BATCH:
                return
            last = (rows[-1].change, rows[-1].id) if len(key) == 2 else (rows[-1].id,)

    def _matched(self, query: Select[Any]) -> tuple[Select[Any], fulltext.Match | None]:
        query = query.where(*self._conditions)
        if self._question is None:
            return query, None
        match = fulltext.match(self._tx, self._question, articles.c.id)
        return query.join(match.joined, match.on).where(match.where), match


def _labelled(kind: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(labels.c.article_id == articles.c.id, labels.c.kind == kind, condition)


def _beyond(key: tuple[ColumnElement[Any], ...], last: tuple[Any, ...]) -> ColumnElement[bool]:
    further: ColumnElement[bool] = key[0] > last[0]
    return further if len(key) == 1 else or_(further, and_(key[0] == last[0], key[1] > last[1]))
