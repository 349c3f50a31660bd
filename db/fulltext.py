"""The full-text index on both databases: its tables, its rows, and how a question is matched and ranked.

What the terms are is `db.analysis`'s business; what may be asked, `db.question`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    and_,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.dialects.postgresql import insert as upsert

from db.analysis import ANALYSER_VERSION, Sought, index_terms
from db.question import Question

SQLITE_DDL = ("CREATE VIRTUAL TABLE article_index USING fts5(title, folded, stemmed, analyser UNINDEXED, tokenize = 'ascii')",)
"""Fed with terms joined by spaces. The `ascii` tokenizer leaves every other letter alone, whatever Unicode version SQLite knows."""

POSTGRESQL_DDL = (
    """CREATE TABLE article_index (
        article_id BIGINT NOT NULL,
        folded TSVECTOR NOT NULL,
        stemmed TSVECTOR NOT NULL,
        analyser SMALLINT NOT NULL,
        CONSTRAINT pk_article_index PRIMARY KEY (article_id)
    )""",
    "CREATE INDEX ix_article_index_folded ON article_index USING gin (folded)",
    "CREATE INDEX ix_article_index_stemmed ON article_index USING gin (stemmed)",
)

BOUNDARY = "\ue000"
"""A term between title, standfirst and text, so that no phrase runs across: a private-use character, never part of a word."""

MAX_POSITION = 16_383
MAX_POSITIONS = 255
"""PostgreSQL keeps no greater positions, and no more of them for one term: far down in very long texts it finds no phrases."""
MAX_VECTOR_BYTES = 900_000
"""Of terms and positions; PostgreSQL refuses a tsvector of 1 MiB. Only texts of some 60,000 different words reach it."""

_sqlite = table("article_index", *(column(name) for name in ("rowid", "title", "folded", "stemmed", "analyser")))
_postgresql = table(
    "article_index", column("article_id", BigInteger), column("folded", TSVECTOR), column("stemmed", TSVECTOR), column("analyser")
)


@dataclass(frozen=True, slots=True)
class Document:
    """What of an article is searched."""

    article_id: int
    language: str
    title: str
    standfirst: str
    text: str


def create(connection: Connection) -> None:
    """Create the index tables; one row an article: `rowid` (SQLite) or `article_id` (PostgreSQL) is `articles.id`."""
    for statement in SQLITE_DDL if connection.dialect.name == "sqlite" else POSTGRESQL_DDL:
        connection.execute(text(statement))


def drop(connection: Connection) -> None:
    """Drop the index tables."""
    connection.execute(text("DROP TABLE article_index"))


def put(connection: Connection, documents: Sequence[Document]) -> None:
    """Index articles, in place of what was indexed of them before."""
    if not documents:
        return
    fields = [[index_terms(part, d.language) for part in (d.title, d.standfirst, d.text)] for d in documents]
    ids = [document.article_id for document in documents]
    if connection.dialect.name == "sqlite":
        connection.execute(delete(_sqlite).where(column("rowid").in_(ids)))
        connection.execute(insert(_sqlite), [_sqlite_row(i, parts) for i, parts in zip(ids, fields, strict=True)])
    else:
        rows = upsert(_postgresql).values([_postgresql_row(i, parts) for i, parts in zip(ids, fields, strict=True)])
        replaced = {name: rows.excluded[name] for name in ("folded", "stemmed", "analyser")}
        connection.execute(rows.on_conflict_do_update(index_elements=["article_id"], set_=replaced))


# ---------------------------------------------------------------- rows

Part = tuple[Sequence[str], Sequence[str]]
"""The folded and the stemmed terms of a title, a standfirst or a text."""


def _sqlite_row(article_id: int, parts: Sequence[Part]) -> dict[str, Any]:
    between = f" {BOUNDARY} "
    folded = [" ".join(folded) for folded, _ in parts]
    stemmed = [" ".join(stemmed) for _, stemmed in parts]
    return {
        "rowid": article_id,
        "title": between.join([*folded[:2], *stemmed[:2]]),
        "folded": between.join(folded),
        "stemmed": between.join(stemmed),
        "analyser": ANALYSER_VERSION,
    }


def _postgresql_row(article_id: int, parts: Sequence[Part]) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "folded": cast(literal(_vector([folded for folded, _ in parts])), TSVECTOR),
        "stemmed": cast(literal(_vector([stemmed for _, stemmed in parts])), TSVECTOR),
        "analyser": ANALYSER_VERSION,
    }


def _vector(parts: Sequence[Sequence[str]]) -> str:
    """Return a tsvector as PostgreSQL writes it: title and standfirst of weight A, the text of weight D (no letter)."""
    places: dict[str, list[str]] = {}
    position, size = 0, 0
    for terms, weight in zip(parts, ("A", "A", ""), strict=True):
        for term in terms:
            position += 1
            known = places.get(term)
            size += 4 if known else 8 + len(term.encode())
            if size > MAX_VECTOR_BYTES:
                return _spelled(places)
            if known is None:
                places[term] = [f"{min(position, MAX_POSITION)}{weight}"]
            elif position <= MAX_POSITION and len(known) < MAX_POSITIONS:
                known.append(f"{position}{weight}")
        position += 1
    return _spelled(places)


def _spelled(places: dict[str, list[str]]) -> str:
    return " ".join(f"{_quoted(term)}:{','.join(at)}" for term, at in places.items())


def _quoted(term: str) -> str:
    doubled = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


# ---------------------------------------------------------------- matching


@dataclass(frozen=True, slots=True)
class Match:
    """The parts of a SELECT over articles that a question adds."""

    joined: Any
    """The index table, to be joined `on`."""
    on: ColumnElement[bool]
    where: ColumnElement[bool]
    score: ColumnElement[float]
    """Higher is better: bm25 on SQLite, ts_rank_cd on PostgreSQL, a word in title or standfirst counting several times one in the text."""


def match(connection: Connection, question: Question, article_id: ColumnElement[int]) -> Match:
    """Return how to select and rank the articles that answer a question; the same articles on both databases."""
    if connection.dialect.name == "sqlite":
        matches = literal_column("article_index").bool_op("MATCH")(_fts5(question))
        score: ColumnElement[float] = literal_column("-bm25(article_index, 4.0, 1.0, 0.5, 0.0)", Float)
        return Match(_sqlite, _sqlite.c.rowid == article_id, matches, score)
    wanted = [or_(*(_found(sought) for sought in choice)) for choice in question.wanted]
    where = and_(*wanted, *(not_(_found(sought)) for sought in question.excluded))
    return Match(_postgresql, _postgresql.c.article_id == article_id, where, _score(question))


def _fts5(question: Question) -> str:
    """Return an FTS5 expression; every term stands in quotes and holds none itself."""
    wanted = " AND ".join(f"({' OR '.join(map(_fts5_sought, choice))})" for choice in question.wanted)
    excluded = " OR ".join(map(_fts5_sought, question.excluded))
    return f"({wanted}) NOT ({excluded})" if excluded else wanted


def _fts5_sought(sought: Sought) -> str:
    # A beginning is not looked for in the title column, where a stem could answer for a word.
    folded, stemmed = ("folded", "stemmed") if sought.prefix else ("{title folded}", "{title stemmed}")
    ways = [f"{folded} : {_fts5_phrase(sought.folded, prefix=sought.prefix)}"]
    if sought.stemmed:
        phrases = " OR ".join(_fts5_phrase(stems, prefix=sought.prefix) for stems in sought.stemmed)
        ways.append(f"{stemmed} : ({phrases})")
    return f"({' OR '.join(ways)})"


def _fts5_phrase(terms: Sequence[str], *, prefix: bool) -> str:
    return f'"{" ".join(terms)}"' + (" *" if prefix else "")


def _found(sought: Sought) -> ColumnElement[bool]:
    ways = [_postgresql.c.folded.bool_op("@@")(_tsquery([_phrase(sought.folded, prefix=sought.prefix)]))]
    if sought.stemmed:
        ways.append(_postgresql.c.stemmed.bool_op("@@")(_tsquery(_phrase(stems, prefix=sought.prefix) for stems in sought.stemmed)))
    return or_(*ways)


def _phrase(terms: Sequence[str], *, prefix: bool) -> str:
    return f"({' <-> '.join(map(_quoted, terms))}{':*' if prefix else ''})"


def _tsquery(phrases: Iterable[str]) -> ColumnElement[Any]:
    return cast(literal(" | ".join(phrases)), TSQUERY)


def _score(question: Question) -> ColumnElement[float]:
    words = [sought for choice in question.wanted for sought in choice]
    weights: ColumnElement[Any] = literal_column("'{0.1, 0.1, 0.4, 1.0}'::real[]")
    folded = _tsquery(_phrase(s.folded, prefix=s.prefix) for s in words)
    score: ColumnElement[float] = func.ts_rank_cd(weights, _postgresql.c.folded, folded, 1)
    stemmed = [_phrase(stems, prefix=s.prefix) for s in words for stems in s.stemmed]
    if stemmed:
        score = score + 0.5 * func.ts_rank_cd(weights, _postgresql.c.stemmed, _tsquery(stemmed), 1)
    return score
