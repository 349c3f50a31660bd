"""`scrapy list` and `scrapy crawl NAME` in a checkout, from source files alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawlers.registry import Registry
from db.engine import Database
from db.pages import PageStore
from db.runs import RunStore
from db.vocabulary import RunState

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scrapy(press, tmp_path):
    """Runs `scrapy …` in the checkout with the given papers and sources."""
    (tmp_path / "sources").mkdir()

    def run(*arguments, code=0):
        environment = {
            **os.environ,
            "VEILLE_DATABASE": str(tmp_path / "veille.db"),
            "VEILLE_SOURCES": str(tmp_path / "sources"),
            "VEILLE_RESOLVE": ",".join(f"{host}={address}" for host, address in press.resolve.items()),
        }
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments],
            check=False,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stderr
        return done

    return run


def test_scrapy_list_names_every_source(scrapy, tmp_path):
    (tmp_path / "sources" / "paper.toml").write_text('home = "http://paper.test/"')
    assert scrapy("list").stdout.split() == sorted([*Registry().names(), "paper"])


def test_scrapy_crawl_fetches_and_leaves_the_reading(scrapy, press, tmp_path):
    (tmp_path / "sources" / "paper.toml").write_text(
        'home = "http://paper.test/"\n[discovery]\nguess = false\n[articles]\nallow = ["^/article/"]\n[politeness]\ndelay = 0\n'
    )
    paper = press.papers["paper.test"] = {}
    paper["/"] = press.html("Une", press.links(["/article/1", "/article/2", "/article/3"]))
    for n in range(1, 4):
        paper[f"/article/{n}"] = press.article(n)

    first = scrapy("crawl", "paper", "-a", "limit=2")
    assert "ERROR" not in first.stderr, first.stderr
    assert "Traceback" not in first.stderr, first.stderr
    scrapy("crawl", "paper")
    assert sorted(press.paths("paper.test")) == ["/", "/", "/article/1", "/article/2", "/article/3", "/robots.txt"]

    database = Database.open(f"sqlite:///{tmp_path / 'veille.db'}")
    with database.read() as tx:
        runs = RunStore(tx).recent()
        assert [run.state for run in runs] == [RunState.DONE, RunState.STOPPED]
        assert [run.counts["articles"] for run in runs] == [1, 2]
        assert PageStore(tx).unread() == 3
    database.close()
    assert list((tmp_path / "archive").glob("*.warc.zst"))


def test_scrapy_crawl_of_a_name_nobody_knows(scrapy):
    done = scrapy("crawl", "bladu", code=1)
    assert "did you mean bladi" in done.stderr
