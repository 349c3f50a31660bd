"""A small press on loopback, with faults by name and a log that proves what was asked and when; and engines that crawl it."""

from __future__ import annotations

import gzip
import multiprocessing
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import nursery
import pytest

from crawlers import child
from crawlers.engine import Engine, EngineSpec
from crawlers.registry import Registry
from crawlers.runs import open_run
from db.engine import Database
from db.frontier import FrontierStore
from db.leases import owner_name, reclaim_dead
from db.pages import PageStore
from db.query import ArticleQuery
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind
from pipeline import jobs, reader_pool
from pipeline.report import RunReport
from pipeline.session import SessionSpec

HTML = "text/html; charset=utf-8"


@pytest.fixture(autouse=True)
def preloaded(request, monkeypatch) -> None:
    """Fetching processes and readers that this process starts are forked from one that has everything loaded (`tests/support/nursery.py`)."""
    if request.node.get_closest_marker("fresh_processes") is None and "forkserver" in multiprocessing.get_all_start_methods():
        started = SimpleNamespace(Popen=nursery.Born, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired)
        monkeypatch.setattr(child, "subprocess", started)
        monkeypatch.setattr(reader_pool, "CONTEXT", nursery.context())


@pytest.fixture
def hurried(preloaded, monkeypatch) -> None:
    """Fetching processes wait moments where they would wait seconds: between attempts, for a host in trouble, for a silent robots.txt."""
    for constant in ("crawlers.retries:FIRST_WAIT", "crawlers.standing:FIRST_PACE", "crawlers.gate:FIRST_SILENCE"):
        monkeypatch.setitem(nursery.CONSTANTS, constant, 0.03)


@dataclass(frozen=True)
class Answer:
    """What one address answers. `fault` names what goes wrong on the way."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    at: float
    host: str
    path: str
    headers: dict[str, str]
    status: int | None = None


def html(title: str, body: str = "", head: str = "") -> Answer:
    """A page."""
    text = f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return Answer(text.encode(), headers={"Content-Type": HTML})


def article(n: int | str, words: str = "paragraphe") -> Answer:
    """An article page of its own text."""
    paragraphs = "".join(f"<p>Le {words} numéro {k} de l'article {n} parle de la ville et de ses habitants.</p>" for k in range(4))
    return html(f"Article {n}", f"<article><h1>Article {n}</h1>{paragraphs}</article>")


def links(paths: list[str], more: str = "") -> str:
    """A list of links with titles long enough to look like headlines."""
    return "<ul>" + "".join(f'<li><a href="{path}">Le titre assez long de la page {path}</a></li>' for path in paths) + f"</ul>{more}"


def feed(host: str, paths: list[str]) -> Answer:
    """An RSS feed."""
    items = "".join(f"<item><title>Titre {path}</title><link>http://{host}{path}</link></item>" for path in paths)
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>P</title><link>http://{host}/</link>{items}</channel></rss>'
    return Answer(body.encode(), headers={"Content-Type": "application/rss+xml"})


def sitemap(host: str, paths: list[str]) -> Answer:
    """A sitemap."""
    urls = "".join(f"<url><loc>http://{host}{path}</loc></url>" for path in paths)
    body = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    return Answer(body.encode(), headers={"Content-Type": "application/xml"})


def redirect(target: str, status: int = 301) -> Answer:
    """A redirect."""
    return Answer(b"", status, {"Location": target})


class Press:
    """Serves papers by host name; every host is reached through `resolve`."""

    Answer = Answer
    html, article, links, feed, sitemap, redirect = map(staticmethod, (html, article, links, feed, sitemap, redirect))

    def __init__(self) -> None:
        self.papers: dict[str, dict[str, Answer | Callable[[Asked], Answer]]] = {}
        self.log: list[Asked] = []
        self.release = threading.Event()
        press = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                press.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

            def handle_error(self, *args: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def resolve(self) -> dict[str, str]:
        return dict.fromkeys(self.papers, f"127.0.0.1:{self.port}")

    def asked(self, host: str, path: str | None = None) -> list[Asked]:
        """The requests a paper got, in order."""
        return [each for each in list(self.log) if each.host == host and path in {None, each.path}]

    def paths(self, host: str) -> list[str]:
        return [each.path for each in self.asked(host)]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        host = handler.headers.get("Host", "").partition(":")[0]
        asked = Asked(time.monotonic(), host, handler.path, {k.lower(): v for k, v in handler.headers.items()})
        self.log.append(asked)
        found = self.papers.get(host, {}).get(handler.path, Answer(b"<html><body>nothing here</body></html>", 404, {"Content-Type": HTML}))
        answer = found(asked) if callable(found) else found
        FAULTS[answer.fault](self, handler, answer)

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


def send(handler: BaseHTTPRequestHandler, answer: Answer, body: bytes, *, length: int | None = None, **headers: str) -> None:
    handler.send_response(answer.status)
    for name, value in {**answer.headers, **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def whole(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    send(handler, answer, answer.body)


def drop(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """The connection is closed without a word."""
    handler.close_connection = True


def reset(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """The connection is reset in the middle of the headers."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text")
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def cut(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """The body ends before its Content-Length."""
    send(handler, answer, answer.body, length=len(answer.body) + 1000)
    handler.close_connection = True


def slow(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """No answer until the press is closed."""
    press.release.wait(60)
    handler.close_connection = True


def huge(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """An endless body without Content-Length."""
    handler.send_response(200)
    handler.send_header("Content-Type", HTML)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while not press.release.is_set():
        handler.wfile.write(b"<p>" + b"x" * 65_000)


def bomb(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """A small body that unfolds to 8 MiB."""
    send(handler, answer, gzip.compress(b"\0" * (8 << 20), 1), Content_Encoding="gzip")


def broken_gzip(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """A gzip body cut in half."""
    packed = gzip.compress(answer.body or b"<html>" + bytes(range(256)) * 40)
    send(handler, answer, packed[: len(packed) // 2], Content_Encoding="gzip")


def zipped(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """No fault: a gzip body."""
    send(handler, answer, gzip.compress(answer.body), Content_Encoding="gzip")


def endless_head(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Header lines without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
    while not press.release.is_set():
        handler.wfile.write(b"X-Filler: " + b"x" * 1_000 + b"\r\n")


def bare(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """HTTP/1.0 without a single header."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + answer.body)
    handler.close_connection = True


def many_headers(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """A thousand header lines, one of them of 60 kB, two content types, one line without a colon."""
    lines = [b"X-Line-%d: %d" % (n, n) for n in range(1_000)] + [b"X-Long: " + b"y" * 60_000, b"no colon here", b"Content-Type: text/html"]
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n" + b"\r\n".join(lines))
    handler.wfile.write(b"\r\nContent-Length: %d\r\n\r\n" % len(answer.body) + answer.body)


def drip(press: Press, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """A body of one byte a moment, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", HTML)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while not press.release.wait(0.1):
        handler.wfile.write(b"x")


FAULTS: dict[str | None, Callable[[Press, BaseHTTPRequestHandler, Answer], None]] = {
    None: whole,
    "drop": drop,
    "reset": reset,
    "cut": cut,
    "slow": slow,
    "huge": huge,
    "bomb": bomb,
    "broken_gzip": broken_gzip,
    "zipped": zipped,
    "endless_head": endless_head,
    "bare": bare,
    "many_headers": many_headers,
    "drip": drip,
}


@pytest.fixture
def press() -> Iterator[Press]:
    """A running press without papers."""
    server = Press()
    yield server
    server.close()


SOURCE = """
home = "http://{host}/"
[discovery]
{discovery}
[articles]
allow = ['^/article/']
[politeness]
delay = {delay}
concurrency = {concurrency}
{more}
"""


def spec_for(folder: Path, url: str, resolve: Mapping[str, str], /, **more: object) -> EngineSpec:
    """What engines of these tests are told: sources, archive and log lie in the test's folder, hosts are resolved to where its press is."""
    usual: dict[str, object] = {
        "database_url": url,
        "archive": folder / "archive",
        "source_folders": (folder / "sources",),
        "bundled_sources": False,
        "resolve": resolve,
        "timeout": 5.0,
        "log_file": folder / "engine.log",
        "log_level": "WARNING",
    }
    return EngineSpec(**{**usual, **more})


@pytest.fixture
def engine_spec(tmp_path) -> Callable[..., EngineSpec]:
    """A function that makes an `EngineSpec` over the test's folder: `engine_spec(database_url, resolve, **more)`."""
    return partial(spec_for, tmp_path)


class Workplace:
    """A database, a folder of sources and engines over them."""

    def __init__(self, press, url: str, folder: Path):
        self.press, self.url, self.folder = press, url, folder
        (folder / "sources").mkdir()
        self.owner = owner_name()
        self.database = Database.open(url)
        self.engines: list[Engine] = []
        self.events = []

    def source(self, name="paper", host="paper.test", *, discovery="guess = false", delay=0, concurrency=1, more=""):
        text = SOURCE.format(host=host, discovery=discovery, delay=delay, concurrency=concurrency, more=more)
        (self.folder / "sources" / f"{name}.toml").write_text(text)
        self.press.papers.setdefault(host, {})
        return self.press.papers[host]

    def open(self, name="paper", kind=RunKind.CRAWL, **params):
        registry = self.registry
        assert registry.problems() == []
        now = datetime.now(UTC)

        def work(tx):
            reclaim_dead(tx, now)
            SourceStore(tx).sync(registry.entries(), now)
            run = open_run(tx, registry.get(name), kind, slot=None, params=params, now=now)
            return RunStore(tx).lease(run.id, self.owner, now, now + timedelta(minutes=5))

        return self.database.transact(work)

    @property
    def registry(self):
        return Registry([self.folder / "sources"], bundled=False)

    def session(self, **engine):
        """What a session over this place is told."""
        return SessionSpec(spec_for(self.folder, self.url, self.press.resolve, **engine), readers=1)

    def engine(self, **spec):
        told = {"owner": self.owner, "contact": "desk@veille.test", **spec}
        engine = Engine(spec_for(self.folder, self.url, self.press.resolve, **told))
        self.engines.append(engine)
        engine.start()
        return engine

    def ask(self, work):
        with self.database.read() as tx:
            return work(tx)

    def listen(self, engine):
        self.events += engine.events()
        return self.events

    def is_over(self, *runs):
        ids, soon = [run.id for run in runs], datetime.now(UTC) + timedelta(seconds=30)
        with self.database.read() as tx:
            frontier = FrontierStore(tx)
            return not any(frontier.has_due(run_id, soon) for run_id in ids)

    def crawl(self, *runs, **spec):
        """Start an engine, wait until the runs have nothing left to do, stop it in order."""
        engine = self.engine(**spec)
        wait_until(lambda: self.is_over(*runs) or not engine.alive, self.log)
        assert engine.stop() == 0, self.log()
        self.listen(engine)
        return engine

    def log(self):
        return (self.folder / "engine.log").read_text() if (self.folder / "engine.log").exists() else ""

    def page(self, path, host="paper.test"):
        return self.ask(lambda tx: PageStore(tx).latest(f"http://{host}{path}"))

    def failures(self, run):
        return self.ask(lambda tx: FrontierStore(tx).failures(run.id))

    def unread(self):
        return self.ask(lambda tx: PageStore(tx).unread())

    def close(self):
        for engine in self.engines:
            engine.kill()
        self.database.close()


def wait_until(condition, why=lambda: "", seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, why() or "waited in vain"
        time.sleep(0.03)


@pytest.fixture
def place(press, make_database_url, tmp_path):
    made = Workplace(press, make_database_url("sqlite"), tmp_path)
    yield made
    made.close()


@pytest.fixture
def place_on_both(press, database_url, tmp_path):
    made = Workplace(press, database_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def wait_for():
    """Wait until a condition holds, a minute at most."""
    return wait_until


PAPER = """
home = "http://paper.test/"
[discovery]
guess = false
{discovery}
[articles]
{articles}
[politeness]
delay = {delay}
"""
TOWNS = ("Alger", "Blida", "Constantine", "Djelfa", "Ghardaïa", "Jijel", "Khenchela", "Laghouat", "Mascara", "Naâma", "Oran", "Relizane")


class Desk:
    """One paper, a database, and crawls of it to their end."""

    def __init__(self, press, url: str, folder: Path) -> None:
        self.press, self.folder = press, folder
        self.paper = press.papers.setdefault("paper.test", {})
        self.database, self.url = Database.open(url), url
        (folder / "sources").mkdir()

    def source(self, *, discovery: str = 'feeds = ["/feed"]', articles: str = 'allow = ["^/article/"]', delay: float = 0) -> None:
        (self.folder / "sources" / "paper.toml").write_text(PAPER.format(discovery=discovery, articles=articles, delay=delay))

    @property
    def registry(self) -> Registry:
        return Registry([self.folder / "sources"], bundled=False)

    def spec(self, **engine: object) -> SessionSpec:
        """What a session over this desk is told."""
        return SessionSpec(spec_for(self.folder, self.url, self.press.resolve, **engine), readers=1)

    def crawl(self, *, after: timedelta = timedelta(0), warns: str = "", **more: object) -> RunReport:
        """One crawl to its end, so much later than now; the log may hold nothing but what it `warns` of."""
        [report] = jobs.crawl(self.spec(clock_offset=after, **more), self.database, self.registry, ["paper"])
        said = (self.folder / "engine.log").read_text().splitlines()
        assert [line for line in said if not warns or warns not in line] == []
        return report

    def articles(self) -> list[str]:
        with self.database.read() as tx:
            return sorted(article.url.removeprefix("http://paper.test") for article in ArticleQuery(tx).articles())

    def page(self, path: str):
        with self.database.read() as tx:
            return PageStore(tx).latest(f"http://paper.test{path}")

    def story(self, n: int):
        town, other = TOWNS[n % 12], TOWNS[(5 * n + 3) % 12]
        lines = "".join(
            f"<p>À {town}, le conseil a voté {n * 13 + k} routes vers {other}, attendues depuis {k + 2} ans déjà.</p>" for k in range(5)
        )
        return self.press.html(f"Conseil numéro {n}", f"<article><h1>Conseil numéro {n}</h1>{lines}</article>")


@pytest.fixture
def desk(press, make_database_url, tmp_path) -> Iterator[Desk]:
    made = Desk(press, make_database_url("sqlite"), tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def desk_on_both(press, database_url, tmp_path) -> Iterator[Desk]:
    made = Desk(press, database_url, tmp_path)
    yield made
    made.database.close()
