"""When an article's page is asked for again, and how far the validators of an address are to be believed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("frontier", sa.Column("revisit_at", sa.DateTime(timezone=True)))
    op.add_column("frontier", sa.Column("revisits", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("frontier", sa.Column("unchanged", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("frontier", sa.Column("validators_lie", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    create_partial_index("ix_frontier_lists", ["source_id"], "kind IN ('feed', 'sitemap')")
    create_partial_index("ix_frontier_revisit", ["source_id", "revisit_at"], "revisit_at IS NOT NULL")


def create_partial_index(name: str, columns: list[str], where: str) -> None:
    """Index only the rows that fulfil `where`, on both databases."""
    op.create_index(name, "frontier", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
