"""The engine: a real child process, real Scrapy, real sockets; discovery, politeness, redirects, faults, kills."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.engine import Engine, EngineSpec, EventKind
from crawlers.registry import Registry
from crawlers.runs import open_run
from db.archive import ArchiveReader
from db.engine import Database
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.leases import owner_name, reclaim_dead
from db.pages import PageStore
from db.records import PageReason, PageState, RunKind
from db.runs import RunStore
from db.sources import SourceStore

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
        registry = Registry([self.folder / "sources"], bundled=False)
        assert registry.problems() == []
        now = datetime.now(UTC)

        def work(tx):
            reclaim_dead(tx, now)
            SourceStore(tx).sync(registry.entries(), now)
            run = open_run(tx, registry.get(name), kind, slot=None, params=params, now=now)
            return RunStore(tx).lease(run.id, self.owner, now, now + timedelta(minutes=5))

        return self.database.transact(work)

    def engine(self, **spec):
        values = {
            "database_url": self.url,
            "archive": self.folder / "archive",
            "source_folders": (self.folder / "sources",),
            "bundled_sources": False,
            "owner": self.owner,
            "contact": "desk@veille.test",
            "resolve": self.press.resolve,
            "timeout": 5.0,
            "log_file": self.folder / "engine.log",
            "log_level": "WARNING",
        }
        engine = Engine(EngineSpec(**{**values, **spec}))
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
            return not any(frontier.pending(ids, until=soon).values())

    def crawl(self, *runs, **spec):
        """Start an engine, wait until the runs have nothing left to do, stop it in order."""
        engine = self.engine(**spec)
        wait_for(lambda: self.is_over(*runs) or not engine.alive, self.log)
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


def wait_for(condition, why=lambda: "", seconds=60.0):
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


# ---------------------------------------------------------------- discovery


def test_what_only_feed_sitemap_or_old_pages_lead_to_is_all_found(place_on_both, press):
    place = place_on_both
    paper = place.source(discovery='feeds = ["/feed"]\nsitemaps = ["/map.xml"]')
    paper["/feed"] = press.feed("paper.test", ["/article/f1", "/article/f2"])
    paper["/map.xml"] = press.sitemap("paper.test", ["/article/s1", "/article/s2"])
    paper["/"] = press.html("Une", press.links(["/article/l1", "/article/f1"], '<a rel="next" href="/page/2">2</a>'))
    paper["/page/2"] = press.html("Une 2", press.links(["/article/l2"], '<a rel="next" href="/page/3">3</a>'))
    paper["/page/3"] = press.html("Une 3", press.links(["/article/l3"]))
    wanted = {f"/article/{name}" for name in ("f1", "f2", "s1", "s2", "l1", "l2", "l3")}
    for path in wanted:
        paper[path] = press.article(path)
    run = place.open()
    place.crawl(run)
    assert place.log() == ""
    assert sorted(press.paths("paper.test")) == sorted({"/robots.txt", "/feed", "/map.xml", "/", "/page/2", "/page/3", *wanted})
    assert place.unread() == len(wanted)
    page = place.page("/article/l3")
    assert ArchiveReader(place.folder / "archive").read(page.location).body == paper["/article/l3"].body
