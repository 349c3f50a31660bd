"""Opening a database and running transactions on it: the one place that knows how SQLite and PostgreSQL differ in both.

Everybody else gets a `Transaction` and treats it as opaque. The statements are the stores' business, full text is `db.fulltext`'s.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from db import faults
from db.errors import SchemaError, SettingError, Unavailable
from db.migrations import HEAD

Transaction = Connection
"""One transaction in progress. Only the modules of this package look inside."""

Result = TypeVar("Result")

SQLITE_NEEDED: Final = (3, 40, 0)
PATIENCE: Final = 60.0
"""Seconds a write transaction is tried again before `Unavailable` is raised."""
BUSY_SECONDS: Final = 10
WAL_BOUND: Final = 64 << 20
"""Bytes the write-ahead log may reach before a writer waits for the readers in its way."""
MIGRATION_LOCK: Final = 0x7665696C6C65
"""Key of the PostgreSQL advisory lock under which one process at a time migrates ("veille" in ASCII)."""


class Database:
    """An open database, safe to share between threads; child processes open their own by `url`."""

    def __init__(self, engine: Engine, *, patience: float = PATIENCE) -> None:
        self._engine = engine
        self._writing = engine.execution_options(veille_write=True)
        self._patience = patience
        self._wal_bound = WAL_BOUND
        reading: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = engine if self.dialect == "sqlite" else engine.execution_options(**reading)

    @classmethod
    def open(cls, url: str, *, migrate: bool = True, patience: float = PATIENCE) -> Database:
        """Open the database at `url` and bring its schema up to date.

        `url` is `sqlite:///file.db` or `postgresql://user@host/name`. With `migrate` false nothing is made or altered.
        Raises SettingError (the URL or this installation cannot work), SchemaError (made by another version, or by
        another program) or Unavailable (no access, disk full, server down); each message is meant for a person.
        """
        database = cls(_make_engine(_parse(url), create=migrate), patience=patience)
        try:
            database._bring_up_to_date(migrate=migrate)
        except BaseException:  # whatever it was, no connection stays open behind it
            database.close()
            raise
        return database

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def url(self) -> str:
        """The URL by which another process opens the same database, password included."""
        return self._engine.url.render_as_string(hide_password=False)

    @property
    def where(self) -> str:
        """The database as messages name it: the file, or the URL without its password."""
        return str(self._engine.url.database) if self.dialect == "sqlite" else self._engine.url.render_as_string()

    def transact(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in one write transaction and return what it returns.

        On a lock, a deadlock, a serialization failure or a lost connection everything is rolled back and `work` is run
        again from its start, so it must bear that, even after a commit whose confirmation was lost. Raises Unavailable
        when the database stays out of reach, is read-only or its disk is full; errors of `work` roll back and pass through.
        """
        deadline = time.monotonic() + self._patience
        delay = 0.01
        while True:
            try:
                with self._writing.connect() as connection, connection.begin():
                    result = work(connection)
            except DBAPIError as error:
                if not faults.worth_another_try(error) or time.monotonic() + delay > deadline:
                    self._raise_explained(error)
            else:
                self._bound_wal()
                return result
            time.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - spreads writers, guards no secret
            delay = min(delay * 2, 2.0)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Give a read-only transaction over one unmoving state of the database, which never waits for writers."""
        try:
            with self._reading.connect() as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            self._raise_explained(error)

    @contextmanager
    def outside(self) -> Iterator[Any]:
        """Give a connection of the driver outside of any transaction, for `db.upkeep` alone. What the driver raises becomes Unavailable."""
        connection = self._engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            if self.dialect == "sqlite":
                driver.execute("PRAGMA query_only = OFF")
            else:
                driver.autocommit = True
            yield driver
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise Unavailable(f"database {self.where}: {str(error).strip()}") from error
        finally:
            connection.invalidate()

    def schema_revision(self) -> str | None:
        """Return the revision the database is at; None if it holds no schema of ours."""
        with self.read() as tx:
            return _revision(tx)

    def check(self) -> list[str]:
        """Return the integrity problems the database itself can find, in its own words; empty when it finds none."""
        with self.read() as tx:
            if self.dialect == "sqlite":
                broken = [str(row[0]) for row in tx.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
                loose = tx.execute(text("PRAGMA foreign_key_check")).all()
                return broken + [f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}" for row in loose]
            invalid = tx.execute(text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")).scalars()
            return [f"index {name} is not valid: rebuild it with REINDEX" for name in invalid]

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _bring_up_to_date(self, *, migrate: bool) -> None:
        with self.read() as tx:
            current = _revision(tx)
        if current == HEAD:
            return
        if not migrate:
            state = "holds no schema of ours yet" if current is None else f"is at schema revision {current}, not {HEAD}"
            raise SchemaError(f"database {self.where} {state}: run `veille init`")
        # Alembic costs a second of CPU: only a database that needs it pays.
        from db.migrations.upgrade import upgrade  # noqa: PLC0415

        self.transact(lambda tx: upgrade(_alone(tx), self.where))

    def _bound_wal(self) -> None:
        """Stop an SQLite write-ahead log that overlapping readers keep from ever starting over."""
        if self.dialect != "sqlite":
            return
        try:
            size = Path(f"{self._engine.url.database}-wal").stat().st_size
        except OSError:  # a database opened under another spelling of its path: SQLite's own checkpoints still work
            return
        if size > self._wal_bound:
            self._wal_bound = size + WAL_BOUND  # a reader that stays must not make every writer wait
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)")
        elif size <= WAL_BOUND:
            self._wal_bound = WAL_BOUND

    def _raise_explained(self, error: DBAPIError) -> None:
        explanation = faults.explained(error, self.where)
        if explanation is None:
            raise error
        raise explanation from error


def upsert(tx: Transaction, table: Table) -> Any:
    """Begin an INSERT that can say what to do on a conflict: the two dialects spell `on_conflict_do_…` alike, elsewhere it is missing."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingError("the database URL cannot be understood: write sqlite:///veille.db or postgresql://user@host/name") from error
    kind = parsed.get_backend_name()
    if kind in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise SettingError(f"database URL begins with {kind!r}: only sqlite:/// and postgresql:// are supported")
    if not parsed.database or parsed.database == ":memory:":
        raise SettingError("an SQLite database in memory cannot be shared between processes: name a file, as in sqlite:///veille.db")
    return parsed


def _make_engine(url: URL, *, create: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _make_sqlite_engine(url, create=create)
    try:
        return create_engine(url, pool_pre_ping=True, pool_size=10, connect_args={"connect_timeout": 10, "application_name": "veille"})
    except (ImportError, NoSuchModuleError) as error:
        raise SettingError("PostgreSQL needs psycopg 3, which is not installed: pip install 'veille[postgres]'") from error


def _make_sqlite_engine(url: URL, *, create: bool) -> Engine:
    if sqlite3.sqlite_version_info < SQLITE_NEEDED:
        raise SettingError(f"SQLite {sqlite3.sqlite_version} is too old: this Python must be linked with 3.40 or newer")
    path = Path(str(url.database))
    if not url.database or not str(url.database).startswith("file:"):
        if not path.parent.is_dir():
            raise Unavailable(f"database {path}: its folder {path.parent} does not exist")
        if not create and not path.exists():
            raise Unavailable(f"there is no database at {path}: run `veille init`")
    engine = create_engine(url, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = NORMAL",  # in WAL mode a power cut may lose the last transactions, never damage the file
        "foreign_keys = ON",
        "cache_size = -16000",
        f"journal_size_limit = {WAL_BOUND}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone() is None:
        raise SettingError("this Python's SQLite was built without FTS5, which full-text search needs")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a transaction that asks for it later can fail beyond what waiting cures."""
    if connection.get_execution_options().get("veille_write"):
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")


def _alone(tx: Transaction) -> Transaction:
    """Keep other migrating processes out until the transaction ends; SQLite's write lock does so by itself."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    return tx


def _revision(tx: Transaction) -> str | None:
    if not inspect(tx).has_table("alembic_version"):
        return None
    revision: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
