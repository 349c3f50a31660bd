"""Alembic's entry point: migrates over the connection, and inside the transaction, that `db.migrations.upgrade` hands in."""

from __future__ import annotations

from alembic import context

from db.models import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
