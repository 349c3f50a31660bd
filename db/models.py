"""The tables, as SQLAlchemy Core describes them: the one place that says what a row holds.

Migrations build the same schema step by step; a test compares the two on both databases. Full-text tables differ
by database and live in `db.fulltext`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

Key = BigInteger().with_variant(Integer, "sqlite")
"""Row ids: 64 bits on both (SQLite's INTEGER PRIMARY KEY is 64 bits wide)."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant; refuses naive values. SQLite keeps it as text without zone, PostgreSQL as timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"naive datetime {value!r}: instants carry their zone"
            raise ValueError(message)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Convert on the way out."""
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def lease_columns() -> list[Column[Any]]:
    """Runs, hosts, frontier rows and pages are all leased by the same three columns (see `db.leases`)."""
    return [
        Column("lease_owner", String(200)),
        Column("lease_until", Instant),
        Column("fence", Integer, nullable=False, server_default=text("0")),
    ]


def partial_index(name: str, *columns: str | ColumnElement[Any], where: str) -> Index:
    """Index only the rows that are work, so that it stays small however much is kept."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


sources = Table(
    "sources",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("home", Text, nullable=False),
    Column("country", String(8)),
    Column("tags", JSON, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("definition_digest", String(64), nullable=False),
    Column("state", String(16), nullable=False, server_default="active"),  # active, removed
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("seen_at", Instant, nullable=False),
    Column("paused_until", Instant),  # NULL beside paused: until somebody resumes it
    Column("pause_reason", Text),
    Column("due_at", Instant),  # the next visit as last decided
    Column("rhythm", JSON),  # how often it publishes, learned from what its visits brought
)

runs = Table(
    "runs",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("source_id", Key, ForeignKey("sources.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("slot", String(32)),
    Column("state", String(16), nullable=False),
    Column("params", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("note", Text),
    Column("requested_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    *lease_columns(),
    UniqueConstraint("source_id", "kind", "slot"),
    Index(None, "state", "lease_owner"),
    Index(None, "source_id", "id"),
)

backfills = Table(
    "backfills",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("source_id", Key, ForeignKey("sources.id"), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("ways", JSON, nullable=False),
    Column("params", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("note", Text),
    Column("requested_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "source_id", "id"),
    partial_index("ix_backfills_open", "id", where="ended_at IS NULL"),
)

slices = Table(
    "slices",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("backfill_id", Key, ForeignKey("backfills.id"), nullable=False),
    Column("position", Integer, nullable=False),  # in the order of work: the newest days first
    Column("way", String(16), nullable=False),
    Column("label", Text, nullable=False),
    Column("since", Date),
    Column("until", Date),
    Column("params", JSON, nullable=False),
    Column("expected", Integer),  # articles, as far as it is known before
    Column("state", String(16), nullable=False),
    Column("run_id", Key, ForeignKey("runs.id")),  # the latest that worked on it
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    Column("counts", JSON, nullable=False),
    Column("note", Text),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    UniqueConstraint("backfill_id", "position"),
    Index(None, "backfill_id", "state", "position"),
    Index(None, "run_id"),
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("next_allowed_at", Instant),
    Column("pause_until", Instant),
    Column("robots_body", Text),
    Column("robots_status", Integer),
    Column("robots_fetched_at", Instant),
    *lease_columns(),
)

frontier = Table(
    "frontier",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("source_id", Key, ForeignKey("sources.id"), nullable=False),
    Column("run_id", Key, ForeignKey("runs.id")),  # the open run that wants it; NULL: left over for the next
    Column("url_key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("host", String(255), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("found_by", String(16), nullable=False),
    Column("hints", JSON, nullable=False),
    Column("aliases", JSON, nullable=False),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Instant),  # NULL: nothing to do
    Column("offered_at", Instant, nullable=False),
    Column("fetched_at", Instant),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    Column("last_status", SmallInteger),
    Column("last_failure", String(16)),
    Column("etag", Text),
    Column("last_modified", Text),
    *lease_columns(),
    Column("revisit_at", Instant),  # when an article's page is asked for again; NULL: never, or it is pending
    Column("revisits", SmallInteger, nullable=False, server_default=text("0")),  # how often it was
    Column("unchanged", SmallInteger, nullable=False, server_default=text("0")),  # 304 answers since the last whole one
    Column("validators_lie", Boolean, nullable=False, server_default=text("false")),  # other content came under the same validators
    UniqueConstraint("source_id", "url_key"),
    partial_index("ix_frontier_lists", "source_id", where="kind IN ('feed', 'sitemap')"),
    partial_index("ix_frontier_run_lists", "run_id", where="kind <> 'article'"),
    partial_index("ix_frontier_revisit", "source_id", "revisit_at", where="revisit_at IS NOT NULL"),
    partial_index("ix_frontier_failed", "run_id", "last_failure", where="last_failure IS NOT NULL"),
    partial_index("ix_frontier_leased", "lease_owner", where="lease_owner IS NOT NULL"),
)
_wanted = (frontier.c.run_id, frontier.c.host, frontier.c.priority.desc(), frontier.c.due_at, frontier.c.id)
partial_index("ix_frontier_due", *_wanted, where="due_at IS NOT NULL")  # in the order in which addresses are handed out

pages = Table(
    "pages",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("source_id", Key, ForeignKey("sources.id"), nullable=False),
    Column("run_id", Key, ForeignKey("runs.id")),
    Column("url_key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body_digest", String(64), nullable=False),
    Column("archive_file", Text, nullable=False),
    Column("archive_offset", BigInteger, nullable=False),
    Column("archive_length", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(16)),
    Column("detail", Text),
    Column("reading_version", Integer),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    *lease_columns(),
    Column("read_at", Instant),  # when it was read last
    UniqueConstraint("archive_file", "archive_offset"),
    Index(None, "source_id", "url_key", "fetched_at"),
    partial_index("ix_pages_unread", "run_id", "id", where="state = 'unread'"),
    Index(None, "run_id", "state", "reason"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("first_seen", Instant, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("source_id", Key, ForeignKey("sources.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("url_key", Text, nullable=False),
    Column("edition", String(64)),
    Column("revision", Integer, nullable=False),  # n of the current revision
    Column("title", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("language_confidence", Float, nullable=False),
    Column("published_at", Instant),
    Column("published_on", Date),
    Column("published_precision", String(8)),
    Column("published_from", String(16)),
    Column("modified_at", Instant),
    Column("text_digest", String(64), nullable=False),
    Column("text_length", Integer, nullable=False),  # characters
    Column("status", String(16), nullable=False),
    Column("fate", String(16), nullable=False),
    Column("duplicate_of", Key, ForeignKey("articles.id")),
    Column("story_id", Key, ForeignKey("stories.id")),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("change", Key, nullable=False),
    Index(None, "source_id", "published_on"),
    Index(None, "published_on", "id"),
    Index(None, "language", "published_on"),
    Index(None, "text_digest"),
    Index(None, "change", "id"),
    Index(None, "duplicate_of"),
)

addresses = Table(
    "addresses",
    metadata,
    Column("source_id", Key, ForeignKey("sources.id"), primary_key=True),
    Column("url_key", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("article_id", Key, ForeignKey("articles.id"), nullable=False),
    Column("first_seen", Instant, nullable=False),
    Index(None, "article_id"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("article_id", Key, ForeignKey("articles.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("page_id", Key, ForeignKey("pages.id")),
    Column("reading_version", Integer, nullable=False),
    Column("cause", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("metadata", JSON, nullable=False),  # every field of `readings.Article` that has no column of its own
    Column("seen_at", Instant, nullable=False),
    Index(None, "page_id"),
)

labels = Table(
    "labels",
    metadata,
    Column("article_id", Key, ForeignKey("articles.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # author, tag, section, claim (the canonical address, by its digest)
    Column("folded", String(200), primary_key=True),  # case, accents and spaces folded, as searched for
    Column("label", Text, nullable=False),
    Index(None, "kind", "folded"),
)

near_keys = Table(
    "near_keys",
    metadata,
    Column("band", SmallInteger, primary_key=True),
    Column("key", BigInteger, primary_key=True),
    Column("article_id", Key, ForeignKey("articles.id"), primary_key=True),
    Index(None, "article_id"),
)

templates = Table(
    "templates",
    metadata,
    Column("source_id", Key, ForeignKey("sources.id"), primary_key=True),
    Column("version", SmallInteger, nullable=False),  # of the way it was learned
    Column("pages", Integer, nullable=False),
    Column("learned", JSON, nullable=False),  # every other field of `readings.Template`
    Column("learned_at", Instant, nullable=False),
)

health = Table(
    "health",
    metadata,
    Column("source_id", Key, ForeignKey("sources.id"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("evidence", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("announced", String(16), nullable=False),  # the state that was told last
)

services = Table(
    "services",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("started_at", Instant),
    Column("seen_at", Instant),
    Column("said", JSON, nullable=False),  # what the service at work says of itself
    *lease_columns(),
)

chores = Table(
    "chores",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("done_at", Instant, nullable=False),
    Column("outcome", JSON, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Key, nullable=False),
)
"""`change`: grows by one with every transaction that alters articles; its row lock puts those transactions in order."""
