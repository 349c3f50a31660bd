"""Housekeeping over a real database and archive: what is due, in which steps, and what it finds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db import upkeep
from db.archive import ArchiveReader, ArchiveWriter
from db.articles import ArticleStore
from db.chores import ChoreStore
from db.engine import Database
from db.errors import Unavailable
from db.identity import text_digest, url_key
from db.models import pages
from db.pages import PageStore
from db.readings import Article, Reading
from db.records import ArchiveEntry, FetchedPage
from db.runs import RunStore
from db.sources import SourceStore
from db.templates import TemplateStore
from db.vocabulary import ArticleStatus, KeepPages, PageKind, PageState, RunKind, RunState
from pipeline import housekeeping
from pipeline.housekeeping import CHORES, Housekeeper
from pipeline.session import SessionSpec
from pipeline.steps.template import LEARNING_VERSION
from pipeline.verification import verify

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=60)


class House:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        (folder / "sources").mkdir()
        (folder / "sources" / "paper.toml").write_text('home = "http://paper.test/"\n')
        self.registry = Registry([folder / "sources"], bundled=False)
        database.transact(lambda tx: SourceStore(tx).sync(self.registry.entries(), OLD))
        run, _ = database.transact(lambda tx: RunStore(tx).request("paper", RunKind.CRAWL, now=OLD))
        held = database.transact(lambda tx: RunStore(tx).lease(run.id, "me", OLD, OLD + timedelta(hours=1)))
        self.run_id = run.id
        database.transact(lambda tx: RunStore(tx).finish(held, RunState.DONE, {}, None, OLD))
        self.writer = ArchiveWriter(folder / "archive")
        engine = EngineSpec(
            database_url=database.url, archive=folder / "archive", source_folders=(folder / "sources",), bundled_sources=False
        )
        self.spec = SessionSpec(engine, readers=1)

    def put(self, n: int, body: bytes, state: PageState = PageState.PARSED) -> None:
        self.put_all({n: body}, state)

    def put_all(self, bodies: Mapping[int, bytes], state: PageState = PageState.PARSED) -> None:
        urls = {n: f"http://paper.test/{n}" for n in bodies}
        places = self.writer.append([ArchiveEntry(urls[n], OLD, 200, (("Content-Type", "text/html"),), body) for n, body in bodies.items()])
        pages = [
            FetchedPage("paper", self.run_id, urls[n], url_key(urls[n]), PageKind.ARTICLE, OLD, 200, (), body, state)
            for n, body in bodies.items()
        ]
        self.database.transact(lambda tx: PageStore(tx).put(list(zip(pages, places, strict=True))))

    def read_all(self) -> None:
        def work(tx) -> None:
            for page in PageStore(tx).lease_unread("me", OLD, OLD + timedelta(hours=1), 500):
                text = f"Le texte de {page.url} est lu."
                article = Article(page.url, "Un titre", text, text_digest(text), "fr", 0.9, ArticleStatus.COMPLETE, 1)
                ArticleStore(tx).save([Reading(page, article)], now=OLD)
                PageStore(tx).settle(page, PageState.READ, reading_version=1, at=OLD)

        self.database.transact(work)

    def settle(self) -> None:
        self.writer.close()
        for path in (self.folder / "archive").glob("*"):
            os.utime(path, (time.time() - 7_200,) * 2)

    def keeper(self, keep: KeepPages = KeepPages.ALL) -> Housekeeper:
        return Housekeeper(self.spec, self.database, self.registry, keep)

    def noted(self):
        with self.database.read() as tx:
            return ChoreStore(tx).all()

    def pages(self) -> int:
        with self.database.read() as tx:
            return tx.execute(select(func.count()).select_from(pages)).scalar()


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    made = House(database, tmp_path)
    yield made
    made.writer.close()


def turns(keeper: Housekeeper, now: datetime, limit: int = 30):
    """The steps of turns in quick succession until nothing is due."""
    first = keeper.turn(now)
    steps = [first] if first else []
    for _ in range(limit):
        step = keeper.turn(now + timedelta(seconds=1))
        if step is None:
            return steps
        steps.append(step)
    return steps


def test_each_chore_is_done_once_and_again_when_its_time_has_come(house: House):
    house.put(1, b"feed")
    house.settle()
    keeper = house.keeper()
    assert keeper.turn(NOW) is None, "who woke with us writes first"
    assert [step.chore for step in turns(keeper, NOW)] == [chore.name for chore in CHORES]
    assert keeper.turn(NOW + timedelta(seconds=2)) is None
    assert [step.chore for step in turns(house.keeper(), NOW + timedelta(minutes=59))] == [], "whoever asks"
    assert [step.chore for step in turns(keeper, NOW + timedelta(hours=2))] == ["verify"]
    assert [step.chore for step in turns(keeper, NOW + timedelta(days=2))] == [chore.name for chore in CHORES]


def test_pages_go_and_the_archive_gives_back_their_space_in_steps(house: House, monkeypatch):
    monkeypatch.setattr(housekeeping, "STEP_SECONDS", 0.0)
    house.put_all({n: os.urandom(600) for n in range(1_200)})
    house.put(5_000, b"<p>article</p>", PageState.UNREAD)
    house.read_all()
    house.settle()
    size = sum(path.stat().st_size for path in (house.folder / "archive").glob("*"))
    keeper = house.keeper(KeepPages.READ)
    steps = [step for step in turns(keeper, NOW) if step.chore in {"pages", "archive"}]
    assert [(step.chore, step.finished) for step in steps] == [("pages", False), ("pages", True), ("archive", True)]
    assert "1,200 pages dropped" in steps[1].words
    assert house.pages() == 1
    assert sum(path.stat().st_size for path in (house.folder / "archive").glob("*")) < size / 100
    with house.database.read() as tx:
        (left,) = PageStore(tx).beyond(0, 10)
    assert ArchiveReader(house.folder / "archive").read(left.location).body == b"<p>article</p>"


def test_a_chore_that_fails_is_noted_and_the_others_go_on(house: House, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(housekeeping.upkeep, "refresh", full)
    steps = {step.chore: step for step in turns(house.keeper(), NOW)}
    assert len(steps) == len(CHORES)
    assert "No space left" in steps["database"].words
    assert "No space left" in house.noted()["database"].outcome["failed"]


def test_free_space_is_given_back_by_hand(house: House, monkeypatch):
    monkeypatch.setattr("db.upkeep.FREE_BYTES", 1_000)
    house.put_all({n: os.urandom(10) for n in range(500)})
    keeper = house.keeper()
    keeper.do(["database"], lambda: NOW)
    house.database.transact(lambda tx: tx.execute(pages.delete()))
    (step,) = keeper.do(["database"], lambda: NOW)
    assert step.words.startswith("statistics up to date")
    if house.database.dialect == "sqlite":
        assert "given back" in step.words
        assert house.database.check() == []


def test_the_archive_is_verified_in_slices_and_what_is_found_stays_until_it_is_mended(house: House):
    house.put_all({n: os.urandom(100) for n in range(130)})
    house.settle()
    bad = 7
    with house.database.read() as tx:
        digest = PageStore(tx).get(bad).body_digest
    house.database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id == bad).values(body_digest="0" * 64)))
    archive, outcome, seen = ArchiveReader(house.folder / "archive"), {}, []
    for _ in range(3):
        outcome, finished = verify(house.database, archive, outcome, NOW, seconds=9)
        assert finished
        seen.append(outcome["checked"])
    assert seen == [50, 100, 130]
    assert outcome["ended"] == NOW.isoformat()
    assert list(outcome["bad"]) == [str(bad)]
    assert "its digest differs" in outcome["bad"][str(bad)]["problem"]
    again, _ = verify(house.database, archive, outcome, NOW, seconds=9)
    assert list(again["bad"]) == [str(bad)]
    house.database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id == bad).values(body_digest=digest)))
    again, _ = verify(house.database, archive, outcome, NOW, seconds=9)
    assert again["bad"] == {}


def test_verification_has_a_time_limit_and_goes_on(house: House):
    house.put_all(dict.fromkeys(range(120), b"x"))
    outcome, finished = verify(house.database, ArchiveReader(house.folder / "archive"), {}, NOW, seconds=0, whole=True)
    assert (outcome["checked"], finished) == (50, False)
    while not finished:
        outcome, finished = verify(house.database, ArchiveReader(house.folder / "archive"), outcome, NOW, seconds=9, whole=True)
    assert (outcome["checked"], outcome["bad"]) == (120, {})


def html(n: int) -> bytes:
    own = "".join(
        f"<p>Le quai {n * 7 + k} du port {n} accueille de nouveau {n + k} bateaux après des mois de travaux.</p>" for k in range(6)
    )
    note = "<p>La rédaction rappelle que ses archives sont ouvertes à tous les lecteurs le premier samedi du mois.</p>"
    return f"<html lang='fr'><body><article><h1>Le port {n} rouvre</h1>{own}{note}</article></body></html>".encode()


def test_a_source_with_enough_articles_is_learned_in_a_child_and_nothing_is_read_again(house: House):
    house.put_all({n: html(n) for n in range(24)}, PageState.UNREAD)
    house.read_all()
    house.settle()
    keeper = house.keeper()
    try:
        (step,) = keeper.do(["learn"], lambda: NOW)
    finally:
        keeper.close()
    assert step.finished
    with house.database.read() as tx:
        learned = TemplateStore(tx).of(["paper"], LEARNING_VERSION)["paper"]
        assert PageStore(tx).unread() == 0
    assert learned.pages == 24
    assert house.noted()["learn"].outcome["better"] == {"paper": 24}, "they were read without it"
    assert keeper.do(["learn"], lambda: NOW + timedelta(days=1))[0].finished


def test_learning_the_same_again_keeps_its_date(house: House):
    with house.database.read() as tx:
        assert TemplateStore(tx).learned_at(LEARNING_VERSION) == {}
    from db.readings import Template

    for at, pages_, lines in ((OLD, 4, ("a",)), (NOW, 8, ("a",)), (NOW, 8, ("b",))):
        house.database.transact(
            lambda tx, at=at, pages_=pages_, lines=lines: TemplateStore(tx).put(
                "paper", Template(LEARNING_VERSION, pages_, lines=lines), at
            )
        )
        with house.database.read() as tx:
            learned = TemplateStore(tx).learned_at(LEARNING_VERSION)["paper"]
        assert learned == (NOW if lines == ("b",) else OLD)


def test_a_database_that_somebody_writes_to_is_not_shrunk_and_says_so(house: House, monkeypatch):
    if house.database.dialect != "sqlite":
        house.keeper().do(["database"], lambda: NOW)
        with pytest.raises(Unavailable, match="no_such_table"), house.database.outside() as driver:
            driver.execute("ANALYZE no_such_table")
        return
    monkeypatch.setattr("db.upkeep.FREE_BYTES", 0)
    monkeypatch.setattr("db.upkeep.FREE_SHARE", 0.0)
    monkeypatch.setattr("db.engine.BUSY_SECONDS", 0)
    other = Database.open(house.database.url)
    with pytest.raises(Unavailable, match="locked"):
        house.database.transact(lambda _: upkeep.shrink(other))
    other.close()
    assert house.database.check() == []
