"""How each source is, and what of it was announced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "health",
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_health_source_id"),
        sa.PrimaryKeyConstraint("source_id", name="pk_health"),
    )
    lists = sa.text("kind <> 'article'")
    op.create_index("ix_frontier_run_lists", "frontier", ["run_id"], sqlite_where=lists, postgresql_where=lists)
