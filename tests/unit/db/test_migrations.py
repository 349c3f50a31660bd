"""The migrations: they make what the models describe, all or nothing, one process at a time, and know when to refuse."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text

from db import fulltext
from db.engine import Database
from db.errors import SchemaError
from db.migrations import HEAD
from db.migrations.upgrade import scripts
from db.models import metadata


def engine_of(url):
    return create_engine(make_url(url).set(drivername="postgresql+psycopg") if url.startswith("postgres") else url)


def structure(url):
    """Everything of a schema that two ways of making it may not differ in."""
    engine = engine_of(url)
    inspector = inspect(engine)
    found = {}
    for table in inspector.get_table_names():
        if table == "alembic_version" or "article_index" in table:
            continue
        found[table] = {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)],
            "key": inspector.get_pk_constraint(table),
            "unique": sorted((c["name"], c["column_names"]) for c in inspector.get_unique_constraints(table)),
            "foreign": sorted(
                (c["constrained_columns"], c["referred_table"], c["referred_columns"]) for c in inspector.get_foreign_keys(table)
            ),
        }
    if engine.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' OR name LIKE 'article_index%' ORDER BY name"
    else:
        query = """
            SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' UNION
            SELECT column_name, data_type || is_nullable FROM information_schema.columns WHERE table_name = 'article_index' ORDER BY 1
        """
    with engine.connect() as connection:
        found["statements"] = [(name, " ".join((sql or "").split())) for name, sql in connection.execute(text(query)).all()]
    engine.dispose()
    return found


def test_models_and_migrations_make_the_same_schema(dialect, make_database_url):
    migrated, made = make_database_url(dialect), make_database_url(dialect, migrated=False)
    engine = engine_of(made)
    with engine.begin() as connection:
        metadata.create_all(connection)
        fulltext.create(connection)
    engine.dispose()
    one, other = structure(migrated), structure(made)
    for name in one | other:
        ours, theirs = one.get(name), other.get(name)
        if name == "statements":
            ours, theirs = [s for s in ours if "alembic" not in s[0]], [s for s in theirs if "alembic" not in s[0]]
        assert ours == theirs, name


def test_the_comparison_sees_every_table(database_url):
    assert set(structure(database_url)) == {*metadata.tables, "statements"}


def test_the_constant_names_the_newest_revision():
    assert ScriptDirectory.from_config(scripts()).get_current_head() == HEAD


def test_an_empty_database_is_brought_up_to_date(bare_database_url):
    database = Database.open(bare_database_url)
    assert database.schema_revision() == HEAD
    database.close()


def test_torture_94_a_newer_database_is_refused_in_words(database_url):
    database = Database.open(database_url)
    database.transact(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()
    for migrate, words in ((True, "newer version of veille"), (False, "schema revision 9999")):
        with pytest.raises(SchemaError, match=words):
            Database.open(database_url, migrate=migrate)
    engine = engine_of(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()


def test_torture_94_another_programs_tables_are_left_alone(bare_database_url):
    engine = engine_of(bare_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE articles (price INTEGER)"))
        connection.execute(text("INSERT INTO articles VALUES (5)"))
    with pytest.raises(SchemaError, match="belongs to another program"):
        Database.open(bare_database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT price FROM articles")).scalars().all() == [5]
    engine.dispose()


def test_a_server_database_may_hold_other_tables_beside_ours(make_database_url):
    url = make_database_url("postgresql", migrated=False)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (price INTEGER)"))
    engine.dispose()
    Database.open(url).close()


DIE_HALF_WAY = """
import os, signal, sys
from alembic.operations import Operations
from db.engine import Database
import alembic.op
real, made = Operations.create_table, []
def create_table(self, name, *columns, **rest):
    made.append(name)
    if len(made) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, name, *columns, **rest)
Operations.create_table = create_table
alembic.op.create_table = lambda *a, **k: create_table(alembic.op._proxy, *a, **k)
Database.open(sys.argv[1])
"""


def test_torture_94_a_migration_killed_half_way_leaves_nothing_behind_and_is_done_again(bare_database_url):
    child = subprocess.run([sys.executable, "-c", DIE_HALF_WAY, bare_database_url], capture_output=True, text=True, check=False)
    assert child.returncode == -signal.SIGKILL, child.stderr
    engine = engine_of(bare_database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    database = Database.open(bare_database_url)
    assert database.schema_revision() == HEAD
    assert database.check() == []
    database.close()


def test_two_processes_may_open_a_new_database_at_once(bare_database_url):
    opened, errors = [], []

    def open_it():
        try:
            opened.append(Database.open(bare_database_url))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [database.schema_revision() for database in opened] == [HEAD] * 4
    for database in opened:
        database.close()


def test_the_migrations_travel_with_the_package(tmp_path):
    names = {path.name for path in (__import__("pathlib").Path(scripts().get_main_option("script_location"))).rglob("*.py")}
    assert {"env.py", "0001_first.py", "0002_templates.py"} <= names


def test_sqlite_keeps_its_settings(make_database_url):
    database = Database.open(make_database_url("sqlite"))
    with database.read() as tx:
        assert tx.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert tx.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert tx.execute(text("PRAGMA synchronous")).scalar_one() == 1
    database.close()
