"""The command run inside the test, in an empty folder, with nothing of the caller's environment."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.archive import ArchiveWriter
from db.articles import ArticleStore
from db.engine import Database, Transaction
from db.identity import text_digest, url_key
from db.pages import PageStore
from db.readings import Article, PublicationDate, Reading
from db.records import ArchiveEntry, FetchedPage, Run, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import ArticleStatus, DateEvidence, PageKind, PageState, Precision, RunKind, RunState
from pipeline.reading import READING_VERSION
from veille.cli import run


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder without any of our variables."""
    for name in [name for name in os.environ if name.startswith("VEILLE_") and not name.startswith("VEILLE_TEST_")]:
        monkeypatch.delenv(name)
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield working
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def veille(folder: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """A function that runs one command line."""

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


# ---------------------------------------------------------------- a small database, filled through the stores

NOW = datetime(2026, 2, 15, 8, tzinfo=UTC)
SOURCES = (("lerivage", "Le Rivage", "DZ", "Africa/Algiers"), ("almina", "المينا", "MA", "Africa/Casablanca"))


@dataclass(frozen=True)
class Draft:
    """An article to be stored, in few words."""

    source: str
    url: str
    title: str
    text: str
    language: str
    on: date | None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


SOLAR = Draft(
    "lerivage",
    "https://www.lerivage.test/energie/centrale-solaire,12.html",
    "Une centrale solaire face à la mer",
    "La première centrale solaire de la côte a été inaugurée hier matin devant les habitants du port.\n\n"
    "Ses panneaux couvrent quarante hectares et l'énergie produite suffira à vingt mille foyers dès cet été.",
    "fr",
    date(2020, 3, 1),
    ("Nadia Belkacem", "Omar Saïdi"),
    ("énergie", "=cmd|' /C calc'!A0"),
)
PORT = Draft(
    "lerivage",
    "https://www.lerivage.test/economie/port,13.html",
    "Le port s'agrandit <script>alert(1)</script>",
    "Les travaux du terminal ont commencé samedi; les pêcheurs demandent un quai réservé, loin des remous des navires.\n\n"
    "Le directeur promet une ouverture au printemps si les livraisons de béton ne tardent pas.",
    "fr",
    date(2021, 5, 2),
    ("Nadia Belkacem",),
    ("économie",),
)
ARABIC = Draft(
    "almina",
    "https://www.almina.test/akhbar/14.html",
    "محطة الطاقة الشمسية الجديدة",
    "افتتحت أمس محطة جديدة لإنتاج الطاقة الشمسية قرب الميناء بحضور سكان المدينة وعدد كبير من الصحفيين.\n\n"
    "وتغطي الألواح أربعين هكتارا وتكفي لتزويد عشرين ألف منزل بالكهرباء ابتداء من هذا الصيف.",
    "ar",
    date(2022, 6, 3),
)
UNDATED = Draft(
    "almina",
    "https://www.almina.test/akhbar/15.html",
    "الميناء القديم",
    "يروي هذا المقال تاريخ الميناء القديم منذ بنائه على يد البحارة الأوائل وحتى أعمال الترميم الأخيرة التي شهدها.\n\n"
    "ويأمل السكان أن يعود إليه نشاطه السابق بعد انتهاء الأشغال.",
    "ar",
    None,
)
DRAFTS = (SOLAR, PORT, ARABIC, UNDATED)


@dataclass(frozen=True)
class Press:
    """The filled database: where it is, where its pages are, and the flags that lead there."""

    url: str
    archive: Path
    uids: dict[str, str]
    """uid by address."""

    @property
    def flags(self) -> list[str]:
        return ["--database", self.url, "--archive", str(self.archive)]


@pytest.fixture
def press(database_url: str, tmp_path: Path) -> Press:
    """Two sources, four articles, their pages, a finished run each and a page that waits to be read; on both databases."""
    return filled(database_url, tmp_path / "pages")


@pytest.fixture(scope="session")
def fill_press() -> Callable[[str, Path], Press]:
    """A function that fills an empty database as `press` does: `fill_press(database_url, archive)`."""
    return filled


def filled(database_url: str, archive: Path) -> Press:
    database = Database.open(database_url)
    entries = [
        SourceEntry(name=name, title=title, home=f"https://www.{name}.test/", country=country, tags=(), time_zone=zone, digest="0" * 64)
        for name, title, country, zone in SOURCES
    ]
    database.transact(lambda tx: SourceStore(tx).sync(entries, NOW))
    runs = {name: _run(database, name) for name, *_ in SOURCES}
    writer = ArchiveWriter(archive)
    for draft in DRAFTS:
        _keep(database, writer, draft, runs[draft.source].id)
    uids = _store(database)
    _keep(database, writer, replace(PORT, url="https://www.lerivage.test/economie/unread,16.html"), runs["lerivage"].id)
    writer.close()
    counts = {"fetched": 2, "new": 2, "dns": 1}
    database.transact(lambda tx: RunStore(tx).finish(runs["lerivage"], RunState.DONE, counts, None, NOW + timedelta(minutes=2)))
    database.close()
    return Press(database_url, archive, uids)


def _run(database: Database, source: str) -> Run:
    def work(tx: Transaction) -> Run | None:
        run, _ = RunStore(tx).request(source, RunKind.CRAWL, slot=None, params={}, now=NOW)
        return RunStore(tx).lease(run.id, "test:1:1:1", NOW, NOW + timedelta(hours=1))

    run = database.transact(work)
    assert run is not None
    return run


def _keep(database: Database, writer: ArchiveWriter, draft: Draft, run_id: int) -> None:
    body = f"<html><body><h1>{draft.title}</h1><p>{draft.text}</p></body></html>".encode()
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    (location,) = writer.append([ArchiveEntry(draft.url, NOW, 200, headers, body)])
    writer.sync()
    page = FetchedPage(
        source=draft.source,
        run_id=run_id,
        url=draft.url,
        url_key=url_key(draft.url),
        kind=PageKind.ARTICLE,
        fetched_at=NOW,
        status=200,
        headers=headers,
        body=body,
    )
    database.transact(lambda tx: PageStore(tx).put([(page, location)]))


def _store(database: Database) -> dict[str, str]:
    drafts = {draft.url: draft for draft in DRAFTS}

    def work(tx: Transaction) -> dict[str, str]:
        pages = PageStore(tx).lease_unread("test:1:1:1", NOW, NOW + timedelta(hours=1), 10)
        saved = ArticleStore(tx).save([Reading(page, _article(drafts[page.url])) for page in pages], now=NOW)
        for page in pages:
            PageStore(tx).settle(page, PageState.READ, reading_version=READING_VERSION)
        return {page.url: each.uid for page, each in zip(pages, saved, strict=True)}

    return database.transact(work)


def _article(draft: Draft) -> Article:
    published = PublicationDate(draft.on, Precision.DAY, DateEvidence.JSON_LD) if draft.on else None
    return Article(
        url=draft.url,
        title=draft.title,
        text=draft.text,
        text_digest=text_digest(draft.text),
        language=draft.language,
        language_confidence=0.99,
        status=ArticleStatus.COMPLETE,
        reading_version=READING_VERSION,
        authors=draft.authors,
        tags=draft.tags,
        published=published,
    )
