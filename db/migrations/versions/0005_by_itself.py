"""Backfills and their slices, the service at work, its chores, what the timetable keeps of a source, and when a page was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def key() -> sa.types.TypeEngine[int]:
    """A row id."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def instant() -> sa.DateTime:
    """A moment."""
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("paused_until", instant()),
        sa.Column("pause_reason", sa.Text()),
        sa.Column("due_at", instant()),
        sa.Column("rhythm", sa.JSON()),
    ):
        op.add_column("sources", column)
    op.add_column("pages", sa.Column("read_at", instant()))
    op.create_index("ix_revisions_page_id", "revisions", ["page_id"])
    create_backfills()
    create_slices()
    op.create_table(
        "services",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("started_at", instant()),
        sa.Column("seen_at", instant()),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("lease_owner", sa.String(200)),
        sa.Column("lease_until", instant()),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_services"),
    )
    op.create_table(
        "chores",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("done_at", instant(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chores"),
    )


def create_backfills() -> None:
    """What somebody asked for."""
    op.create_table(
        "backfills",
        sa.Column("id", key(), nullable=False, autoincrement=True),
        sa.Column("source_id", key(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("ways", sa.JSON(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("requested_at", instant(), nullable=False),
        sa.Column("ended_at", instant()),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_backfills_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_backfills"),
    )
    op.create_index("ix_backfills_source_id_id", "backfills", ["source_id", "id"])
    opened = sa.text("ended_at IS NULL")
    op.create_index("ix_backfills_open", "backfills", ["id"], sqlite_where=opened, postgresql_where=opened)


def create_slices() -> None:
    """And the parts it is done in."""
    op.create_table(
        "slices",
        sa.Column("id", key(), nullable=False, autoincrement=True),
        sa.Column("backfill_id", key(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("since", sa.Date()),
        sa.Column("until", sa.Date()),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("expected", sa.Integer()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("run_id", key()),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("started_at", instant()),
        sa.Column("ended_at", instant()),
        sa.ForeignKeyConstraint(["backfill_id"], ["backfills.id"], name="fk_slices_backfill_id"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_slices_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_slices"),
        sa.UniqueConstraint("backfill_id", "position", name="uq_slices_backfill_id_position"),
    )
    op.create_index("ix_slices_backfill_id_state_position", "slices", ["backfill_id", "state", "position"])
    op.create_index("ix_slices_run_id", "slices", ["run_id"])
