"""What goes when not every page is kept, and how the archive gives back its space: nothing that is needed is lost, killed or not."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from db import compaction
from db.archive import MOVED, ArchiveReader, ArchiveWriter, mend, orphans, unmended
from db.articles import ArticleStore
from db.compaction import compact, offsets, settled_files
from db.engine import Database
from db.errors import ArchiveError
from db.identity import text_digest, url_key
from db.models import frontier, pages, revisions
from db.pages import PageStore
from db.readings import Article, Part, Reading
from db.records import ArchiveEntry, FetchedPage, SourceEntry
from db.retention import RetentionStore
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import ArticleStatus, KeepPages, PageKind, PageReason, PageState, RunKind, RunState

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=90)
CUTOFF = NOW - timedelta(days=30)


class Press:
    """One source, one finished run, an archive."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder / "archive"
        entry = SourceEntry("paper", "Paper", "https://paper.test/", None, (), "UTC", "0")
        database.transact(lambda tx: SourceStore(tx).sync([entry], OLD))
        self.writer = ArchiveWriter(self.folder)
        self.run = self.open_run()
        database.transact(lambda tx: RunStore(tx).finish(self.run, RunState.DONE, {}, None, OLD))
        self.bodies: dict[int, bytes] = {}

    def open_run(self):
        run, _ = self.database.transact(lambda tx: RunStore(tx).request("paper", RunKind.CRAWL, now=OLD))
        return self.database.transact(lambda tx: RunStore(tx).lease(run.id, "me", OLD, OLD + timedelta(days=900)))

    def put(
        self, path: str, body: bytes, state: PageState = PageState.PARSED, at: datetime = OLD, *, kind=PageKind.LISTING, run=None
    ) -> int:
        """Keep an answer as the sink does: a body that is known already becomes a repeat."""
        url = f"https://paper.test{path}"
        with self.database.read() as tx:
            known = PageStore(tx).known_bodies([("paper", url_key(url))]).get(("paper", url_key(url)))
        same = known if known and known.digest == hashlib.sha256(body).hexdigest() else None
        (location,) = self.writer.append([ArchiveEntry(url, at, 200, (), body, same)])
        self.writer.sync()
        state = PageState.UNCHANGED if same and state is PageState.PARSED else state
        reason = PageReason.EMPTY if state is PageState.REJECTED else None
        page = FetchedPage("paper", (run or self.run).id, url, url_key(url), kind, at, 200, (), body, state, reason)
        (id_,) = self.database.transact(lambda tx: PageStore(tx).put([(page, location)]))
        self.bodies[id_] = body
        return id_

    def article(self, path: str, text: str, at: datetime = OLD, part: Part | None = None) -> int:
        id_ = self.put(path, text.encode(), PageState.UNREAD, at, kind=PageKind.ARTICLE)

        def work(tx) -> None:
            for page in PageStore(tx).lease_unread("me", at, at + timedelta(hours=1), 9):
                made = Article(page.url, "Un titre", text, text_digest(text), "fr", 0.9, ArticleStatus.COMPLETE, 1, part=part or Part())
                (saved,) = ArticleStore(tx).save([Reading(page, made)], now=at)
                PageStore(tx).settle(page, PageState.READ, detail=saved.outcome, reading_version=1, at=at)

        self.database.transact(work)
        return id_

    def asked_for(self, path: str, *, due: datetime | None = None, fetched: datetime | None = None) -> None:
        url = f"https://paper.test{path}"
        row = {"source_id": 1, "url_key": url_key(url), "url": url, "host": "x", "kind": "listing", "found_by": "seed", "hints": {}}
        row |= {"aliases": [], "offered_at": OLD, "due_at": due, "fetched_at": fetched}
        self.database.transact(lambda tx: tx.execute(insert(frontier).values(row)))

    def sweep(self, keep: KeepPages, *, limit: int = 1_000, dry_run: bool = False) -> int:
        dropped, below = 0, None
        while True:
            one = self.database.transact(
                lambda tx, below=below: RetentionStore(tx).sweep(keep, CUTOFF, below=below, limit=limit, dry_run=dry_run)
            )
            dropped, below = dropped + one.dropped, one.below
            if below is None:
                return dropped

    def settle(self) -> None:
        """Close the open file, as if hours ago."""
        self.writer.close()
        for path in self.folder.glob("*"):
            os.utime(path, (time.time() - 7_200,) * 2)

    def left(self) -> list[int]:
        with self.database.read() as tx:
            return list(tx.execute(select(pages.c.id).order_by(pages.c.id)).scalars())

    def readable(self) -> bool:
        """Whether every row's body is in the archive as it was put there."""
        reader = ArchiveReader(self.folder)
        with self.database.read() as tx:
            kept = PageStore(tx).several(self.left())
        return all(reader.read(page.location).body == self.bodies[page.id] for page in kept)

    def files(self):
        with self.database.read() as tx:
            return settled_files(tx, self.folder)


@pytest.fixture
def press(database: Database, tmp_path: Path) -> Iterator[Press]:
    made = Press(database, tmp_path)
    yield made
    made.writer.close()


def prose(n: int) -> str:
    return " ".join(f"mot{n}x{k}" for k in range(80)) + "."


# ---------------------------------------------------------------- which pages


def test_all_pages_stay_unless_told_otherwise(press: Press):
    press.put("/liste", b"1")
    press.put("/gone", b"404", PageState.FAILED)
    assert press.sweep(KeepPages.ALL) == 0
    assert len(press.left()) == 2


def test_pages_that_no_reading_rests_on_go_when_they_are_old(press: Press):
    read = press.article("/1", prose(1))
    rejected = press.put("/2", b"rejected", PageState.REJECTED, kind=PageKind.ARTICLE)
    listing, error = press.put("/liste", b"1"), press.put("/3", b"404", PageState.FAILED)
    young = press.put("/jeune", b"2", at=NOW - timedelta(days=3))
    unread = press.put("/4", b"unread", PageState.UNREAD)
    running = press.put("/5", b"3", run=press.open_run())
    leased = press.put("/6", b"4")
    press.database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id == leased).values(lease_owner="x")))
    assert press.sweep(KeepPages.READ, dry_run=True) == 3
    assert press.sweep(KeepPages.READ) == 3
    assert press.left() == sorted([read, young, unread, running, leased])
    assert not {rejected, listing, error} & set(press.left())


def test_of_superseded_readings_only_newest_drops_the_page(press: Press):
    first = press.article("/1", prose(1))
    second = press.article("/1", prose(2), OLD + timedelta(days=1))
    assert press.sweep(KeepPages.READ) == 0
    assert press.sweep(KeepPages.NEWEST) == 1
    assert press.left() == [second]
    assert first not in press.left()
    with press.database.read() as tx:
        assert tx.execute(select(revisions.c.n, revisions.c.page_id).order_by(revisions.c.n)).all() == [(1, None), (2, second)]
        assert [each["page_url"] for each in ArticleStore(tx).revisions(tx.execute(select(pages.c.id)).scalar() and _uid(tx))] == [
            None,
            "https://paper.test/1",
        ]


def _uid(tx) -> str:
    from db.models import articles

    return str(tx.execute(select(articles.c.uid)).scalar())


def test_a_reading_kept_aside_keeps_its_page(press: Press):
    good, short = press.article("/1", prose(1)), press.article("/1", "mot1x0 mot1x1.", OLD + timedelta(days=1))
    assert press.sweep(KeepPages.NEWEST) == 0
    assert press.left() == [good, short]


def test_what_answers_are_compared_with_stays_while_somebody_asks(press: Press):
    asked, due, left = press.put("/feed", b"1"), press.put("/due", b"2"), press.put("/left", b"3")
    press.asked_for("/feed", fetched=NOW - timedelta(hours=1))
    press.asked_for("/due", due=NOW)
    press.asked_for("/left", fetched=OLD)
    assert press.sweep(KeepPages.READ) == 1
    assert press.left() == [asked, due]
    assert left not in press.left()
    newer = press.put("/feed", b"other", at=NOW)
    assert press.sweep(KeepPages.READ) == 1
    assert press.left() == [due, newer]


@pytest.mark.parametrize("limit", [1, 2, 1_000])
def test_a_body_stays_as_long_as_a_page_that_is_kept_repeats_it(press: Press, limit: int):
    body = press.put("/liste", b"1")
    press.put("/liste", b"1", at=OLD + timedelta(days=1))
    young = press.put("/liste", b"1", at=NOW)
    walls = [press.put("/mur", b"wall", PageState.REJECTED, at=OLD + timedelta(days=n)) for n in range(3)]
    assert press.sweep(KeepPages.READ, limit=limit) == 4
    assert press.left() == [body, young]
    assert not set(walls) & set(press.left())
    assert press.readable()


# ---------------------------------------------------------------- the archive's space


def filled(press: Press) -> list[int]:
    """Many listings that go, a few articles that stay, a young repeat of an old body."""
    kept = [press.put("/stays", os.urandom(9_000), at=OLD)]
    for n in range(30):
        press.put(f"/liste/{n}", os.urandom(20_000))
        if n % 10 == 0:
            kept.append(press.article(f"/{n}", prose(n)))
    press.settle()
    kept.append(press.put("/stays", press.bodies[kept[0]], at=NOW))
    press.settle()
    press.sweep(KeepPages.READ)
    assert press.left() == sorted(kept)
    return kept


def test_a_file_is_rewritten_without_what_is_no_longer_kept(press: Press):
    filled(press)
    first, second = press.files()
    assert (first.worthwhile, second.worthwhile, first.rows, second.rows) == (True, False, 4, 1)
    before = sum(each.size for each in press.files())
    assert compact(press.database, press.folder, first.name) == pytest.approx(first.dead, abs=300)
    assert press.readable(), "the young repeat, whose record names the old place, included"
    press.settle()
    assert sum(each.size for each in press.files()) < before / 10
    with press.database.read() as tx:
        assert list(orphans(press.folder, lambda name: offsets(tx, name))) == []
    assert not any(each.worthwhile for each in press.files())


def test_a_file_may_be_rewritten_again(press: Press):
    filled(press)
    for _ in range(2):
        name = press.files()[0].name
        compact(press.database, press.folder, name)
        assert press.readable()
        press.settle()
    assert len(list(press.folder.glob(f"*{MOVED}"))) == 2


def test_a_file_without_any_row_is_deleted(press: Press):
    press.put("/liste", b"1")
    press.settle()
    press.sweep(KeepPages.READ)
    [file] = press.files()
    assert (file.rows, file.worthwhile) == (0, True)
    assert compact(press.database, press.folder, file.name) == file.size
    assert list(press.folder.glob("*")) == []


def test_files_that_are_written_or_read_or_fresh_are_left_alone(press: Press):
    id_ = press.put("/1", b"unread", PageState.UNREAD)
    assert press.files() == [], "it is open"
    press.writer.close()
    assert press.files() == [], "it was closed just now"
    press.settle()
    [file] = press.files()
    assert file.busy
    assert compact(press.database, press.folder, file.name) == 0
    leased = {"state": "read", "lease_owner": "x"}
    press.database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id == id_).values(leased)))
    assert compact(press.database, press.folder, file.name) == 0
    press.database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id == id_).values(lease_owner=None)))
    assert compact(press.database, press.folder, file.name) != 0 or press.readable()


def test_a_page_taken_up_while_its_file_is_rewritten_keeps_its_place(press: Press, monkeypatch):
    kept = filled(press)
    copy = compaction._copy

    def slowly(*arguments):
        done = copy(*arguments)
        press.database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id == kept[0]).values(lease_owner="x")))
        return done

    monkeypatch.setattr(compaction, "_copy", slowly)
    name = press.files()[0].name
    assert compact(press.database, press.folder, name) == 0
    assert (press.folder / name).exists()
    assert press.readable()
    assert len(list(press.folder.glob("*.zst"))) == 2


@pytest.mark.parametrize("where", ["_append", "_sync_folder", "_repoint", "after"])
def test_a_kill_while_a_file_is_rewritten_loses_nothing(press: Press, monkeypatch, where: str):
    filled(press)
    name = press.files()[0].name
    with monkeypatch.context() as patch:
        if where == "after":
            patch.setattr(Path, "unlink", _killed)
        else:
            patch.setattr(compaction, where, _killed)
        with pytest.raises(KeyboardInterrupt):
            compact(press.database, press.folder, name)
    assert press.readable()
    press.settle()
    mend(press.folder)
    for path in press.folder.glob("*"):
        os.utime(path, (time.time() - 7_200,) * 2)
    for file in press.files():
        if file.worthwhile:
            compact(press.database, press.folder, file.name)
    assert press.readable()
    press.settle()
    assert [(file.rows, file.worthwhile) for file in press.files()] in ([(4, False), (1, False)], [(1, False), (4, False)])
    assert unmended(press.folder) == []


def _killed(*_arguments, **_options):
    raise KeyboardInterrupt


def test_a_place_that_never_was_is_an_error_still(press: Press):
    filled(press)
    name = press.files()[0].name
    compact(press.database, press.folder, name)
    from db.records import ArchiveLocation

    with pytest.raises(ArchiveError, match=name):
        ArchiveReader(press.folder).read(ArchiveLocation(name, 12345, 10))


def test_the_further_pages_of_an_article_stay(press: Press):
    first = "https://paper.test/port"

    def pages(day: datetime, blank: str) -> list[int]:
        return [
            press.article("/port", f"Le{blank}port. " * 40, day, part=Part(following=f"{first}?page=2")),
            press.article("/port?page=2", f"Les{blank}quais. " * 40, day, part=Part(2, first)),
        ]

    older = pages(OLD, " ")
    assert press.sweep(KeepPages.NEWEST) == 0
    newer = pages(OLD + timedelta(hours=2), "  ")
    assert press.sweep(KeepPages.NEWEST) == len(older)
    assert press.left() == newer
