"""What is learned of each source's template."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("learned", sa.JSON(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_templates_source_id"),
        sa.PrimaryKeyConstraint("source_id", name="pk_templates"),
    )
