"""The full-text index on both databases: its tables, its rows, and how a question is matched and ranked.

What the terms are is `db.analysis`'s business; what may be asked, `db.query`'s.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

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


def create(connection: Connection) -> None:
    """Create the index tables; one row an article: `rowid` (SQLite) or `article_id` (PostgreSQL) is `articles.id`."""
    for statement in SQLITE_DDL if connection.dialect.name == "sqlite" else POSTGRESQL_DDL:
        connection.execute(text(statement))


def drop(connection: Connection) -> None:
    """Drop the index tables."""
    connection.execute(text("DROP TABLE article_index"))
