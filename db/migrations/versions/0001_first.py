"""The first schema: every table of the design, and the full-text tables by hand because the two databases differ in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

FULL_TEXT = {
    "sqlite": ("CREATE VIRTUAL TABLE article_index USING fts5(title, folded, stemmed, analyser UNINDEXED, tokenize = 'ascii')",),
    "postgresql": (
        """
        CREATE TABLE article_index (
            article_id BIGINT NOT NULL, folded TSVECTOR NOT NULL, stemmed TSVECTOR NOT NULL, analyser SMALLINT NOT NULL,
            CONSTRAINT pk_article_index PRIMARY KEY (article_id)
        )
        """,
        "CREATE INDEX ix_article_index_folded ON article_index USING gin (folded)",
        "CREATE INDEX ix_article_index_stemmed ON article_index USING gin (stemmed)",
    ),
}


def upgrade() -> None:
    create_sources()
    create_runs()
    create_hosts()
    create_frontier()
    create_pages()
    create_stories()
    create_articles()
    create_addresses()
    create_revisions()
    create_labels()
    create_near_keys()
    create_counters()
    for statement in FULL_TEXT[op.get_bind().dialect.name]:
        op.execute(statement)


def create_partial_index(name: str, table: str, columns: list[str | sa.TextClause], where: str) -> None:
    """Index only the rows that fulfil `where`, on both databases."""
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def lease_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("lease_owner", sa.String(length=200)),
        sa.Column("lease_until", INSTANT),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
    ]


def create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=8)),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("definition_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), server_default="active", nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("name", name="uq_sources_name"),
    )


def create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("slot", sa.String(length=32)),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        *lease_columns(),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_runs_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("source_id", "kind", "slot", name="uq_runs_source_id_kind_slot"),
    )
    op.create_index("ix_runs_source_id_id", "runs", ["source_id", "id"])
    op.create_index("ix_runs_state_lease_owner", "runs", ["state", "lease_owner"])


def create_hosts() -> None:
    op.create_table(
        "hosts",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("next_allowed_at", INSTANT),
        sa.Column("pause_until", INSTANT),
        sa.Column("robots_body", sa.Text()),
        sa.Column("robots_status", sa.Integer()),
        sa.Column("robots_fetched_at", INSTANT),
        *lease_columns(),
        sa.PrimaryKeyConstraint("host", name="pk_hosts"),
    )


def create_frontier() -> None:
    op.create_table(
        "frontier",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("run_id", KEY),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("found_by", sa.String(length=16), nullable=False),
        sa.Column("hints", sa.JSON(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("offered_at", INSTANT, nullable=False),
        sa.Column("fetched_at", INSTANT),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_status", sa.SmallInteger()),
        sa.Column("last_failure", sa.String(length=16)),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        *lease_columns(),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_frontier_run_id"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_frontier_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_frontier"),
        sa.UniqueConstraint("source_id", "url_key", name="uq_frontier_source_id_url_key"),
    )
    create_partial_index("ix_frontier_due", "frontier", ["run_id", "host", sa.text("priority DESC"), "due_at", "id"], "due_at IS NOT NULL")
    create_partial_index("ix_frontier_failed", "frontier", ["run_id", "last_failure"], "last_failure IS NOT NULL")
    create_partial_index("ix_frontier_leased", "frontier", ["lease_owner"], "lease_owner IS NOT NULL")


def create_pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("run_id", KEY),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("archive_file", sa.Text(), nullable=False),
        sa.Column("archive_offset", sa.BigInteger(), nullable=False),
        sa.Column("archive_length", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16)),
        sa.Column("detail", sa.Text()),
        sa.Column("reading_version", sa.Integer()),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        *lease_columns(),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_pages_run_id"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_pages_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
        sa.UniqueConstraint("archive_file", "archive_offset", name="uq_pages_archive_file_archive_offset"),
    )
    op.create_index("ix_pages_run_id_state_reason", "pages", ["run_id", "state", "reason"])
    op.create_index("ix_pages_source_id_url_key_fetched_at", "pages", ["source_id", "url_key", "fetched_at"])
    create_partial_index("ix_pages_unread", "pages", ["run_id", "id"], "state = 'unread'")


def create_stories() -> None:
    op.create_table(
        "stories",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("first_seen", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        sa.UniqueConstraint("uid", name="uq_stories_uid"),
    )


def create_articles() -> None:
    op.create_table(
        "articles",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("edition", sa.String(length=64)),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("language_confidence", sa.Float(), nullable=False),
        sa.Column("published_at", INSTANT),
        sa.Column("published_on", sa.Date()),
        sa.Column("published_precision", sa.String(length=8)),
        sa.Column("published_from", sa.String(length=16)),
        sa.Column("modified_at", INSTANT),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("text_length", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("fate", sa.String(length=16), nullable=False),
        sa.Column("duplicate_of", KEY),
        sa.Column("story_id", KEY),
        sa.Column("first_seen", INSTANT, nullable=False),
        sa.Column("last_seen", INSTANT, nullable=False),
        sa.Column("change", KEY, nullable=False),
        sa.ForeignKeyConstraint(["duplicate_of"], ["articles.id"], name="fk_articles_duplicate_of"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_articles_source_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_articles_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.UniqueConstraint("uid", name="uq_articles_uid"),
    )
    op.create_index("ix_articles_change_id", "articles", ["change", "id"])
    op.create_index("ix_articles_duplicate_of", "articles", ["duplicate_of"])
    op.create_index("ix_articles_language_published_on", "articles", ["language", "published_on"])
    op.create_index("ix_articles_published_on_id", "articles", ["published_on", "id"])
    op.create_index("ix_articles_source_id_published_on", "articles", ["source_id", "published_on"])
    op.create_index("ix_articles_text_digest", "articles", ["text_digest"])


def create_addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("first_seen", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_addresses_article_id"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_addresses_source_id"),
        sa.PrimaryKeyConstraint("source_id", "url_key", name="pk_addresses"),
    )
    op.create_index("ix_addresses_article_id", "addresses", ["article_id"])


def create_revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("page_id", KEY),
        sa.Column("reading_version", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_revisions_article_id"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_revisions_page_id"),
        sa.PrimaryKeyConstraint("article_id", "n", name="pk_revisions"),
    )


def create_labels() -> None:
    op.create_table(
        "labels",
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_labels_article_id"),
        sa.PrimaryKeyConstraint("article_id", "kind", "folded", name="pk_labels"),
    )
    op.create_index("ix_labels_kind_folded", "labels", ["kind", "folded"])


def create_near_keys() -> None:
    op.create_table(
        "near_keys",
        sa.Column("band", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_near_keys_article_id"),
        sa.PrimaryKeyConstraint("band", "key", "article_id", name="pk_near_keys"),
    )
    op.create_index("ix_near_keys_article_id", "near_keys", ["article_id"])


def create_counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", KEY, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
