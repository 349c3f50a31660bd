"""What a database driver's error means for us: worth another try, a state of the machine to explain to a person, or a mistake of ours.

Owns the error codes of both databases; `db.engine` decides how long to go on trying.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

from db.errors import SettingError, Terminal, Unavailable, VeilleError

SQLITE_AGAIN: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_SCHEMA})
"""Primary result codes (https://sqlite.org/rescode.html) that another try can cure."""

SQLITE_STATES: Final = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "reading or writing it failed: the disk is full, over its quota, over a file-size limit, or failing",
    sqlite3.SQLITE_READONLY: "it is read-only: check the permissions of the file and of its folder, and how the disk is mounted",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check that its folder exists and that file and folder may be written",
    sqlite3.SQLITE_PERM: "its permissions forbid it",
    sqlite3.SQLITE_AUTH: "its permissions forbid it",
    sqlite3.SQLITE_NOLFS: "the disk cannot hold files that large",
    sqlite3.SQLITE_NOMEM: "memory is exhausted",
}

POSTGRES_AGAIN: Final = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300", "08")
"""SQLSTATEs, or the class they begin with (PostgreSQL documentation, appendix A): serialization failure, deadlock, lock not
available, shutdowns, too many connections, connection exceptions."""

POSTGRES_STATES: Final = {
    "53100": "the server's disk is full",
    "53200": "the server's memory is exhausted",
    "25006": "the server is read-only (a standby?)",
    "42501": "the role may not do that",
    "28000": "the server refuses this role",
    "28P01": "the password is wrong",
    "3D000": "the server has no database of that name",
}


def worth_another_try(error: DBAPIError) -> bool:
    """Tell whether the same transaction, run again from its start, may succeed."""
    if isinstance(error.orig, sqlite3.Error):
        return sqlite_code(error.orig) in SQLITE_AGAIN
    state = sqlstate(error)
    return error.connection_invalidated or (state is not None and state.startswith(POSTGRES_AGAIN))


def explained(error: DBAPIError, where: str) -> VeilleError | None:
    """Put the state of the machine behind `error` into words naming `where`; None if the statement itself is at fault."""
    if isinstance(error.orig, sqlite3.Error):
        return _explained_sqlite(error.orig, where)
    state = sqlstate(error)
    words = POSTGRES_STATES.get(state or "")
    if words is not None:
        return Unavailable(f"database {where}: {words} ({_first_line(error)})")
    if worth_another_try(error) or (state is None and type(error.orig).__name__ == "OperationalError"):
        return Unavailable(f"database {where} cannot be reached: {_first_line(error)}")
    return None


def _explained_sqlite(error: sqlite3.Error, where: str) -> VeilleError | None:
    code = sqlite_code(error)
    if code in SQLITE_AGAIN:
        return Unavailable(f"database {where}: another program has kept it locked for too long ({error})")
    if code == sqlite3.SQLITE_NOTADB:
        return SettingError(f"{where} is not an SQLite database: name another file, or move this one away")
    if code == sqlite3.SQLITE_CORRUPT:
        return Terminal(f"database {where} is damaged ({error}): restore a copy, or save what can be read with `sqlite3 FILE .recover`")
    words = SQLITE_STATES.get(code)
    return None if words is None else Unavailable(f"database {where}: {words} ({error})")


def sqlite_code(error: sqlite3.Error) -> int:
    """Primary result code of an SQLite error (its low byte), 0 if the error did not come from the library."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def sqlstate(error: DBAPIError) -> str | None:
    """SQLSTATE of a PostgreSQL error; None where the connection failed before the server gave one."""
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
