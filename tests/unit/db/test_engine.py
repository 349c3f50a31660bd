"""Opening databases, and transactions that survive locks, lost connections and full disks."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from db import engine as engine_module
from db import faults
from db.engine import Database
from db.errors import SchemaError, SettingError, Terminal, Unavailable
from db.migrations import HEAD


@pytest.fixture
def table(database):
    database.transact(lambda tx: tx.execute(text("CREATE TABLE tallies (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")))
    database.transact(lambda tx: tx.execute(text("INSERT INTO tallies VALUES (1, 0)")))
    return database


def tally(tx):
    return tx.execute(text("SELECT n FROM tallies WHERE id = 1")).scalar_one()


def count_up(tx):
    tx.execute(text("UPDATE tallies SET n = n + 1 WHERE id = 1"))


# ---------------------------------------------------------------- transactions


def test_transact_commits_and_returns_what_the_work_returns(table):
    assert table.transact(lambda tx: count_up(tx) or tally(tx)) == 1
    with table.read() as tx:
        assert tally(tx) == 1


def test_an_error_of_the_work_rolls_back_and_passes_through(table):
    def work(tx):
        count_up(tx)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        table.transact(work)
    with table.read() as tx:
        assert tally(tx) == 0


def test_a_mistaken_statement_is_not_tried_again(table):
    tries = []

    def work(tx):
        tries.append(1)
        tx.execute(text("INSERT INTO tallies VALUES (1, 5)"))

    with pytest.raises(IntegrityError):
        table.transact(work)
    assert len(tries) == 1


def test_reading_cannot_write(table):
    with pytest.raises((Unavailable, DBAPIError)), table.read() as tx:
        count_up(tx)
    with table.read() as tx:
        assert tally(tx) == 0
    table.transact(count_up)


def test_a_read_sees_one_unmoving_state(table):
    with table.read() as tx:
        assert tally(tx) == 0
        table.transact(count_up)
        assert tally(tx) == 0
    with table.read() as tx:
        assert tally(tx) == 1


def test_foreign_keys_hold(database):
    def work(tx):
        tx.execute(text("INSERT INTO addresses (source_id, url_key, url, article_id, first_seen) VALUES (1, 'k', 'u', 1, '2026-01-01')"))

    with pytest.raises(IntegrityError):
        database.transact(work)


def test_check_finds_nothing_in_a_sound_database(database):
    assert database.check() == []


def test_check_names_rows_that_refer_to_nothing(make_database_url):
    url = make_database_url("sqlite")
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("INSERT INTO stories (uid, first_seen) VALUES ('s', '2026-01-01')")
        connection.execute("INSERT INTO labels (article_id, kind, folded, label) VALUES (7, 'tag', 'a', 'A')")
    connection.close()
    database = Database.open(url)
    assert database.check() == ["row 1 of labels refers to a missing row of articles"]
    database.close()


# ---------------------------------------------------------------- torture


def test_torture_89_a_connection_killed_in_a_transaction_is_made_again(make_database_url):
    database = Database.open(make_database_url("postgresql"))
    killer = Database.open(database.url)
    tries = []

    def work(tx):
        tries.append(1)
        tx.execute(text("CREATE TABLE tries (n INTEGER)"))
        if len(tries) == 1:
            pid = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with killer.read() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        tx.execute(text("INSERT INTO tries VALUES (:n)"), {"n": len(tries)})

    database.transact(work)
    with database.read() as tx:
        assert tx.execute(text("SELECT n FROM tries")).scalars().all() == [2]
    killer.close()
    database.close()


def test_torture_89_a_server_that_restarted_is_not_noticed_by_readers(make_database_url):
    database = Database.open(make_database_url("postgresql"))
    killer = Database.open(database.url)
    with database.read() as tx:
        pid = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    killer.transact(lambda tx: tx.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid}))
    assert database.schema_revision() == HEAD
    killer.close()
    database.close()


def test_torture_89_a_deadlock_is_undone_and_run_again(make_database_url):
    database = Database.open(make_database_url("postgresql"))
    database.transact(lambda tx: tx.execute(text("CREATE TABLE tallies (id INTEGER PRIMARY KEY, n INTEGER)")))
    database.transact(lambda tx: tx.execute(text("INSERT INTO tallies VALUES (1, 0), (2, 0)")))
    both_hold_one = threading.Barrier(2)
    tries = {1: 0, 2: 0}

    def cross(first, second):
        def work(tx):
            tries[first] += 1
            tx.execute(text("UPDATE tallies SET n = n + 1 WHERE id = :id"), {"id": first})
            if tries[first] == 1:
                both_hold_one.wait(timeout=30)
            tx.execute(text("UPDATE tallies SET n = n + 1 WHERE id = :id"), {"id": second})

        database.transact(work)

    threads = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        assert tx.execute(text("SELECT n FROM tallies ORDER BY id")).scalars().all() == [2, 2]
    assert sum(tries.values()) == 3
    database.close()


def test_torture_89_a_serialization_failure_is_run_again(make_database_url):
    database = Database.open(make_database_url("postgresql"))
    tries = []

    def work(tx):
        tries.append(1)
        if len(tries) < 3:
            tx.execute(text("DO $$ BEGIN RAISE EXCEPTION 'not in order' USING ERRCODE = 'serialization_failure'; END $$"))
        return len(tries)

    assert database.transact(work) == 3
    database.close()


def test_torture_89_a_database_that_stays_away_is_reported_in_words(make_database_url):
    database = Database.open(make_database_url("postgresql"), patience=0.2)

    def work(tx):
        tx.execute(text("DO $$ BEGIN RAISE EXCEPTION 'shutting down' USING ERRCODE = 'admin_shutdown'; END $$"))

    with pytest.raises(Unavailable, match="cannot be reached: shutting down"):
        database.transact(work)
    database.close()


def write_often(url, times):
    database = Database.open(url)
    for _ in range(times):
        database.transact(count_up)
    database.close()


def read_until(url, stop, failures):
    database = Database.open(url)
    seen = 0
    try:
        while not stop.is_set():
            with database.read() as tx:
                now = tally(tx)
                if now < seen or now != tally(tx):
                    failures.put(f"{now} after {seen}")
                seen = now
    except Exception as error:
        failures.put(repr(error))
    database.close()


def test_torture_90_eight_writers_and_four_readers_share_an_sqlite_file(make_database_url):
    url = make_database_url("sqlite")
    database = Database.open(url)
    database.transact(lambda tx: tx.execute(text("CREATE TABLE tallies (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")))
    database.transact(lambda tx: tx.execute(text("INSERT INTO tallies VALUES (1, 0)")))
    spawn = multiprocessing.get_context("forkserver")
    stop, failures = spawn.Event(), spawn.SimpleQueue()
    readers = [threading.Thread(target=read_until, args=(url, stop, failures)) for _ in range(4)]
    processes = [spawn.Process(target=write_often, args=(url, 25)) for _ in range(2)]
    threads = [threading.Thread(target=write_often, args=(url, 25)) for _ in range(6)]
    for worker in (*readers, *processes, *threads):
        worker.start()
    for worker in (*processes, *threads):
        worker.join()
    stop.set()
    for reader in readers:
        reader.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert failures.empty()
    with database.read() as tx:
        assert tally(tx) == 200
    database.close()


def test_torture_90_the_write_ahead_log_starts_over_once_a_long_reader_is_gone(make_database_url, monkeypatch):
    monkeypatch.setattr(engine_module, "WAL_BOUND", 1 << 20)
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0)
    url = make_database_url("sqlite")
    database = Database.open(url)
    wal = Path(url.removeprefix("sqlite:///") + "-wal")
    database.transact(lambda tx: tx.execute(text("CREATE TABLE blobs (id INTEGER PRIMARY KEY, b BLOB)")))

    def write(tx):
        tx.execute(text("INSERT OR REPLACE INTO blobs VALUES (1, randomblob(200000))"))

    with database.read() as tx:
        tx.execute(text("SELECT count(*) FROM blobs")).scalar_one()
        for _ in range(20):
            database.transact(write)
        assert wal.stat().st_size > 3_000_000
    for _ in range(20):
        database.transact(write)
    assert wal.stat().st_size < 3_000_000
    database.close()


def test_torture_90_a_lock_held_too_long_is_reported_in_words(make_database_url, monkeypatch):
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0)
    url = make_database_url("sqlite")
    database = Database.open(url, patience=0.05)
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="kept it locked for too long"):
        database.transact(lambda tx: None)
    holder.execute("ROLLBACK")
    holder.close()
    assert database.transact(lambda tx: "in") == "in"
    database.close()


FILL = """
import resource, sys
from sqlalchemy import text
from db.engine import Database
from db.errors import Unavailable
database = Database.open(sys.argv[1])
database.transact(lambda tx: tx.execute(text("CREATE TABLE blobs (b BLOB)")))
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
try:
    for _ in range(100):
        database.transact(lambda tx: tx.execute(text("INSERT INTO blobs VALUES (randomblob(100000))")))
except Unavailable as error:
    print(error)
    sys.exit(7)
"""


def test_torture_87_a_disk_that_will_take_no_more_fails_in_words_and_leaves_a_sound_database(make_database_url):
    url = make_database_url("sqlite")
    child = subprocess.run([sys.executable, "-c", FILL, url], capture_output=True, text=True, check=False)
    assert child.returncode == 7, child.stderr
    assert url.removeprefix("sqlite:///") in child.stdout
    assert "disk is full" in child.stdout
    database = Database.open(url)
    assert database.check() == []
    with database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM blobs")).scalar_one() > 5
    database.close()


def test_torture_87_a_full_database_is_reported_in_words(make_database_url):
    database = Database.open(make_database_url("sqlite"))

    def fill(tx):
        pages = tx.execute(text("PRAGMA page_count")).scalar_one()
        tx.execute(text(f"PRAGMA max_page_count = {pages + 1}"))
        tx.execute(text("CREATE TABLE blobs (b BLOB)"))
        tx.execute(text("INSERT INTO blobs VALUES (randomblob(100000))"))

    with pytest.raises(Unavailable, match="the disk is full"):
        database.transact(fill)
    database.close()


def test_torture_87_a_read_only_database_is_reported_in_words(make_database_url):
    path = make_database_url("sqlite").removeprefix("sqlite:///")
    database = Database.open(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(Unavailable, match="read-only"):
        database.transact(lambda tx: tx.execute(text("INSERT INTO counters VALUES ('x', 1)")))
    database.close()


def test_torture_87_a_read_only_server_is_reported_in_words(make_database_url):
    database = Database.open(make_database_url("postgresql"))

    def work(tx):
        tx.execute(text("SET TRANSACTION READ ONLY"))
        tx.execute(text("INSERT INTO counters VALUES ('x', 1)"))

    with pytest.raises(Unavailable, match="server is read-only"):
        database.transact(work)
    database.close()


# ---------------------------------------------------------------- opening


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("sqlite:////proc/veille.db", Unavailable, "/proc/veille.db: it cannot be opened"),
        ("sqlite:////nowhere/at/all/veille.db", Unavailable, "folder /nowhere/at/all does not exist"),
        ("sqlite://", SettingError, "in memory"),
        ("sqlite:///:memory:", SettingError, "in memory"),
        ("mysql://somebody@somewhere/x", SettingError, "begins with 'mysql'"),
        ("veille.db", SettingError, "sqlite:///veille.db"),
        ("postgresql://nobody:secret@127.0.0.1:1/veille", Unavailable, "cannot be reached"),
    ],
)
def test_a_database_that_cannot_be_opened_says_why(url, kind, words):
    with pytest.raises(kind) as caught:
        Database.open(url)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(Unavailable, match="cannot be opened"):
        Database.open(f"sqlite:///{tmp_path}")


def test_a_text_file_is_no_database(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 100)
    with pytest.raises(SettingError, match="is not an SQLite database"):
        Database.open(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear reader")


def test_a_damaged_file_is_named(make_database_url):
    url = make_database_url("sqlite")
    path = Path(url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)
    with pytest.raises(Terminal, match="is damaged"):
        Database.open(url)


def test_an_unknown_database_name_is_reported(make_database_url):
    url = make_database_url("postgresql")
    with pytest.raises(Unavailable, match="does not exist"):
        Database.open(url.replace("/veille_", "/nowhere_"))


def test_a_missing_driver_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingError, match=r"veille\[postgres\]"):
        Database.open("postgresql://localhost/veille")


def test_an_old_sqlite_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 39, 4))
    with pytest.raises(SettingError, match=r"3\.40"):
        Database.open(f"sqlite:///{tmp_path}/veille.db")


def test_an_sqlite_without_full_text_is_refused(tmp_path):
    class Bare:
        isolation_level = ""

        def execute(self, statement):
            return self

        def fetchone(self):
            return None

    with pytest.raises(SettingError, match="FTS5"):
        engine_module._prepare_sqlite(Bare(), None)


def test_without_migrating_nothing_is_made(tmp_path, bare_database_url):
    with pytest.raises((Unavailable, SchemaError), match="veille init"):
        Database.open(bare_database_url, migrate=False)
    assert list(tmp_path.iterdir()) == []


def test_where_and_url_lead_to_the_same_database(database):
    again = Database.open(database.url)
    assert again.url == database.url
    assert again.dialect == database.dialect
    assert "password" not in again.where
    again.close()


def test_opening_an_up_to_date_database_does_not_load_alembic(make_database_url):
    code = "import sys; from db.engine import Database; Database.open(sys.argv[1]).close(); sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, make_database_url("sqlite")], check=False).returncode == 0


# ---------------------------------------------------------------- error codes


def orig(code):
    error = sqlite3.OperationalError("words of the library")
    error.sqlite_errorcode = code
    return OperationalError("SELECT 1", {}, error)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL])
def test_locks_are_worth_another_try(code):
    assert faults.worth_another_try(orig(code))


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_READONLY_DBMOVED, sqlite3.SQLITE_ERROR])
def test_states_of_the_machine_and_mistakes_are_not(code):
    assert not faults.worth_another_try(orig(code))


@pytest.mark.parametrize("code", sorted(faults.SQLITE_STATES))
def test_every_known_state_is_explained_with_the_file(code):
    explained = faults.explained(orig(code), "press.db")
    assert isinstance(explained, Unavailable)
    assert "press.db" in str(explained)


def test_a_mistake_in_a_statement_is_not_explained_away():
    assert faults.explained(orig(sqlite3.SQLITE_ERROR), "press.db") is None
