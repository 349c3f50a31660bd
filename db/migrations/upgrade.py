"""Runs the migrations inside a transaction that the caller began, so that a half-way stop leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from db.errors import SchemaError
from db.models import metadata


def scripts() -> Config:
    """Return an Alembic configuration that finds the migrations beside this file, wherever the package is installed."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def upgrade(connection: Connection, where: str) -> None:
    """Bring the schema to the newest revision.

    Raises SchemaError if the database is at a revision this code does not know, or belongs to another program.
    """
    config = scripts()
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None:
        _refuse_strangers(connection, where)
    elif current not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
        raise SchemaError(
            f"database {where} was made by a newer version of veille (schema revision {current}, unknown here): "
            "update this installation, or name another database"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_strangers(connection: Connection, where: str) -> None:
    """A PostgreSQL database may hold other programs' tables beside ours; an SQLite file is ours alone or not ours."""
    tables = set(inspect(connection).get_table_names())
    strangers = tables if connection.dialect.name == "sqlite" else tables & set(metadata.tables)
    if strangers:
        raise SchemaError(f"database {where} belongs to another program (it holds the table {min(strangers)}): name another one")
