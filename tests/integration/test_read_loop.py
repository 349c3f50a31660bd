"""The read loop over pages laid into archive and page table by hand: real worker processes, both databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.registry import Registry
from crawlers.runs import open_run
from db.archive import ArchiveReader, ArchiveWriter
from db.articles import ArticleStore
from db.engine import Database
from db.frontier import FrontierStore
from db.identity import url_key
from db.pages import PageStore
from db.query import ArticleQuery
from db.readings import PageToRead, ReadingHints, Rejected, Template
from db.records import ArchiveEntry, ArchiveLocation, FetchedPage, FrontierLease, Run
from db.runs import RunStore
from db.sources import SourceStore
from db.templates import TemplateStore
from db.vocabulary import FoundBy, PageKind, PageReason, PageState, RunKind, SaveOutcome
from pipeline import templates_in_use
from pipeline.read_loop import ReadLoop, ReadPage
from pipeline.reader_pool import ReaderPool
from pipeline.steps.lexicon import plain
from pipeline.steps.template import LEARNING_VERSION

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = "http://paper.test"
SOURCE = f'home = "{SITE}/"\n[discovery]\nguess = false\n[articles]\nallow = ["^/article/"]\n'
TURNS = 600
"""Turns of a tenth of a second at most after which a test gives up."""


def html(n: int, *links: str) -> bytes:
    anchors = "".join(f'<a href="{link}">Le titre assez long de la page {link}</a>' for link in links)
    paragraphs = "".join(
        f"<p>Le paragraphe {k} de l'article {n} parle de la ville numéro {n * 7}, de ses habitants et de leurs marchés.</p>"
        for k in range(4)
    )
    head = f'<title>Article {n}</title><meta property="article:published_time" content="2026-02-{n % 27 + 1:02}T08:00:00Z">'
    body = f"<html lang='fr'><head>{head}</head><body><article><h1>Article {n}</h1>{paragraphs}</article>{anchors}</body></html>"
    return body.encode()


class HeldReader:
    """A pool that reads nothing until it is told to."""

    def __init__(self) -> None:
        self.submitted: list[tuple[int, PageToRead, ReadingHints]] = []
        self.ready: list[int] = []

    def submit(self, token: int, page: PageToRead, hints: ReadingHints) -> None:
        self.submitted.append((token, page, hints))

    def results(self, timeout: float) -> list[tuple[int, Rejected]]:
        ready, self.ready = self.ready, []
        return [(token, Rejected("", PageReason.EMPTY, "nothing", 1, links=(f"{SITE}/article/99",))) for token in ready]


class Desk:
    """A database, an archive, one source and its open run."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder, self.now = database, folder, NOW
        (folder / "sources").mkdir()
        (folder / "sources" / "paper.toml").write_text(SOURCE)
        self.registry = Registry([folder / "sources"], bundled=False)
        self.writer = ArchiveWriter(folder / "archive")
        self.run = self.open()

    def open(self, kind: RunKind = RunKind.CRAWL, **params: str) -> Run:
        def work(tx) -> Run:
            SourceStore(tx).sync(self.registry.entries(), NOW)
            run = open_run(tx, self.registry.get("paper"), kind, slot=None, params=params, now=NOW)
            leased = RunStore(tx).lease(run.id, "me", NOW, NOW + timedelta(hours=1))
            assert leased is not None
            return leased

        return self.database.transact(work)

    def put(self, number: int, body: bytes, *, run: Run | None = None, location: ArchiveLocation | None = None) -> int:
        url = f"{SITE}/article/{number}"
        headers = (("Content-Type", "text/html; charset=utf-8"),)
        (kept,) = self.writer.append([ArchiveEntry(url, NOW, 200, headers, body)])
        self.writer.sync()
        run_id = (run or self.run).id
        page = FetchedPage("paper", run_id, url, url_key(url), PageKind.ARTICLE, NOW, 200, headers, body)
        return self.database.transact(lambda tx: PageStore(tx).put([(page, location or kept)]))[0]

    def loop(self, pool: ReaderPool | HeldReader, owner: str = "me", registry: Registry | None = None) -> ReadLoop:
        archive = ArchiveReader(self.folder / "archive")
        return ReadLoop(self.database, archive, registry or self.registry, pool, readers=1, owner=owner, clock=lambda: self.now)

    def ask(self, work):
        with self.database.read() as tx:
            return work(tx)

    def page(self, page_id: int):
        return self.ask(lambda tx: PageStore(tx).get(page_id))

    def articles(self):
        return self.ask(lambda tx: sorted(ArticleQuery(tx).articles(), key=lambda article: article.url))

    def waiting(self) -> list[tuple[str, FoundBy]]:
        """What the frontier would hand out of articles."""
        until = NOW + timedelta(minutes=1)

        def look(tx) -> list[FrontierLease]:
            return FrontierStore(tx).lease("paper.test", [self.run.id], "x", self.now, until, 100, [PageKind.ARTICLE])

        leases = self.database.transact(look)
        self.database.transact(lambda tx: FrontierStore(tx).give_back(leases))
        return sorted((lease.url, lease.found_by) for lease in leases)


@pytest.fixture(scope="module")
def readers() -> Iterator[ReaderPool]:
    pool = ReaderPool(1, 20.0)
    yield pool
    pool.close()


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(database, tmp_path)
    yield made
    made.writer.close()


def read_all(loop: ReadLoop, expected: int) -> list[ReadPage]:
    done: list[ReadPage] = []
    for _ in range(TURNS):
        done += loop.turn(None)
        if len(done) >= expected:
            break
    assert loop.idle
    return sorted(done, key=lambda page: page.url)


# ---------------------------------------------------------------- reading


def test_articles_are_saved_the_rest_is_rejected_with_its_reason_and_links_are_offered(desk: Desk, readers: ReaderPool):
    first = desk.put(1, html(1, "/article/2", "/article/7", "/rubrique", "http://other.test/article/8"))
    empty = desk.put(2, b"")
    pdf = desk.put(3, b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n" + b"\0" * 2_000)
    done = read_all(desk.loop(readers), 3)
    assert [page.outcome for page in done] == [SaveOutcome.NEW, PageReason.EMPTY, PageReason.NOT_HTML]
    [article] = desk.articles()
    assert (article.title, article.language, article.published_on.isoformat()) == ("Article 1", "fr", "2026-02-02")
    assert [desk.page(each).state for each in (first, empty, pdf)] == [PageState.READ, PageState.REJECTED, PageState.REJECTED]
    assert desk.page(empty).detail
    assert desk.ask(lambda tx: PageStore(tx).unread()) == 0
    assert desk.waiting() == [(f"{SITE}/article/2", FoundBy.LINK), (f"{SITE}/article/7", FoundBy.LINK)]


def test_only_the_pages_of_the_runs_asked_for_are_read(desk: Desk, readers: ReaderPool):
    other = desk.open(RunKind.BACKFILL, since="2014-01-01", until="2015-01-01")
    mine, theirs = desk.put(1, html(1)), desk.put(2, html(2), run=other)
    loop = desk.loop(readers)
    done: list[ReadPage] = []
    while not done:
        done += loop.turn([desk.run.id])
    assert [(page.run_id, page.source) for page in done] == [(desk.run.id, "paper")]
    assert (desk.page(mine).state, desk.page(theirs).state) == (PageState.READ, PageState.UNREAD)
    assert len(read_all(loop, 1)) == 1


def test_more_pages_than_the_workers_have_room_for_are_read_in_their_turn(desk: Desk, readers: ReaderPool):
    for number in range(30):
        desk.put(number, html(number))
    assert len(read_all(desk.loop(readers), 30)) == 30
    assert len(desk.articles()) == 30


def test_a_record_that_is_missing_from_the_archive_costs_only_its_page(desk: Desk, readers: ReaderPool):
    lost = desk.put(1, html(1), location=ArchiveLocation("gone.warc.zst", 0, 100))
    desk.put(2, html(2))
    outcomes = {page.url: page.outcome for page in read_all(desk.loop(readers), 2)}
    assert outcomes == {f"{SITE}/article/1": PageReason.CRASHED, f"{SITE}/article/2": SaveOutcome.NEW}
    assert "gone.warc.zst" in str(desk.page(lost).detail)


def test_a_page_of_a_removed_source_is_read_and_leads_nowhere(desk: Desk, readers: ReaderPool):
    desk.put(1, html(1, "/article/2"))
    assert [page.outcome for page in read_all(desk.loop(readers, registry=Registry([], bundled=False)), 1)] == [SaveOutcome.NEW]
    assert desk.waiting() == []


def test_finish_saves_what_is_being_read(desk: Desk, readers: ReaderPool):
    desk.put(1, html(1))
    loop = desk.loop(readers)
    done = loop.turn(None, wait=0)  # a quick worker may have read it by now
    assert [page.outcome for page in [*done, *loop.finish(20.0)]] == [SaveOutcome.NEW]
    assert loop.idle


# ---------------------------------------------------------------- what was learned


NOTE = "La rédaction rappelle que ses archives sont ouvertes à tous les lecteurs le premier samedi du mois."


def with_note(n: int) -> bytes:
    return html(n).replace(b"</article>", f"<p>{NOTE}</p></article>".encode())


def test_what_was_learned_of_a_source_is_used_for_its_next_pages(desk: Desk, readers: ReaderPool):
    desk.put(1, with_note(1))
    read_all(desk.loop(readers), 1)
    learned = Template(LEARNING_VERSION, 9, lines=(plain(NOTE),))
    desk.database.transact(lambda tx: TemplateStore(tx).put("paper", learned, NOW))
    desk.put(2, with_note(2))
    read_all(desk.loop(readers), 1)
    assert [NOTE in article.text for article in desk.articles()] == [True, False]


def test_a_source_may_refuse_what_was_learned_of_it(desk: Desk):
    desk.database.transact(lambda tx: TemplateStore(tx).put("paper", Template(LEARNING_VERSION, 9, lines=(plain(NOTE),)), NOW))
    (desk.folder / "sources" / "paper.toml").write_text(SOURCE + "template = false\n")
    desk.put(1, with_note(1))
    pool = HeldReader()
    desk.loop(pool, registry=Registry([desk.folder / "sources"], bundled=False)).turn(None)
    ((_, _, hints),) = pool.submitted
    assert hints.template is None


def test_what_an_older_learning_made_is_not_used_and_said_once(desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch):
    monkeypatch.setattr(templates_in_use, "LOOK_SECONDS", -1.0)
    old = Template(LEARNING_VERSION - 1, 9, lines=(plain(NOTE),))
    desk.database.transact(lambda tx: TemplateStore(tx).put("paper", old, NOW))
    pool = HeldReader()
    loop = desk.loop(pool)
    for number in (1, 2):
        desk.put(number, with_note(number))
        loop.turn(None)
        desk.now += timedelta(seconds=1)
        loop._look_at = 0.0
    assert [hints.template for _, _, hints in pool.submitted] == [None, None]
    assert [record.message for record in caplog.records] == [
        "paper: its template was learned by another version and is not used: `veille sources learn paper`"
    ]


# ---------------------------------------------------------------- leases


def test_torture_91_a_page_whose_lease_was_lost_is_left_out_whole(desk: Desk):
    kept, lost = desk.put(1, html(1)), desk.put(2, html(2))
    pool = HeldReader()
    loop = desk.loop(pool)
    loop.turn(None)
    desk.now += timedelta(hours=1)
    for owner, page_id in (("third", kept), ("other", lost)):
        (taken,) = desk.database.transact(lambda tx, to=owner: PageStore(tx).lease_unread(to, desk.now, desk.now + timedelta(hours=1), 1))
        assert taken.id == page_id
    desk.database.transact(lambda tx: PageStore(tx).give_back("third"))
    pool.ready = [lost]
    assert loop.turn(None) == []
    assert (desk.page(lost).state, desk.page(lost).reason) == (PageState.UNREAD, None)
    assert desk.waiting() == [], "what a lost page leads to is its new holder's to offer"


def test_torture_91_links_of_a_page_lost_and_leased_anew_are_offered_after_all(desk: Desk):
    page_id = desk.put(1, html(1))
    pool = HeldReader()
    loop = desk.loop(pool)
    loop.turn(None)
    desk.now += timedelta(hours=1)
    desk.database.transact(lambda tx: PageStore(tx).lease_unread("other", desk.now, desk.now + timedelta(hours=1), 2))
    pool.ready = [page_id]
    assert loop.turn(None) == []
    desk.database.transact(lambda tx: PageStore(tx).give_back("other"))
    for _ in range(TURNS):
        if len(pool.submitted) == 2:
            break
        loop.turn(None)
    pool.ready = [page_id]
    assert [page.outcome for page in loop.turn(None)] == [PageReason.EMPTY]
    assert desk.waiting() == [(f"{SITE}/article/99", FoundBy.LINK)]


def test_torture_92_a_machine_that_slept_through_its_leases_reads_on(desk: Desk):
    page_id = desk.put(1, html(1))
    pool = HeldReader()
    loop = desk.loop(pool)
    loop.turn(None)
    desk.now += timedelta(hours=8)
    for _ in range(3):
        loop.turn(None)
    assert [token for token, *_ in pool.submitted] == [page_id], "what is being read is not read a second time"
    pool.ready = [page_id]
    assert [page.outcome for page in loop.turn(None)] == [PageReason.EMPTY]
    assert desk.page(page_id).state is PageState.REJECTED


def test_what_is_given_back_is_unread_again_at_once(desk: Desk, readers: ReaderPool):
    page_id = desk.put(1, html(1))
    loop = desk.loop(HeldReader())
    loop.turn(None)
    assert desk.page(page_id).attempts == 1
    loop.give_back()
    assert loop.idle
    assert (desk.page(page_id).state, desk.page(page_id).attempts) == (PageState.UNREAD, 0)
    assert [page.outcome for page in read_all(desk.loop(readers, owner="other"), 1)] == [SaveOutcome.NEW]


def test_torture_95_finish_waits_no_longer_than_told_and_the_rest_is_given_back(desk: Desk):
    done, hanging = desk.put(1, html(1)), desk.put(2, html(2))
    pool = HeldReader()
    loop = desk.loop(pool)
    loop.turn(None)
    pool.ready = [done]
    assert [page.url for page in loop.finish(0.3)] == [f"{SITE}/article/1"]
    assert not loop.idle
    loop.give_back()
    assert (desk.page(done).state, desk.page(hanging).state) == (PageState.REJECTED, PageState.UNREAD)


def test_torture_95_a_page_leased_as_the_signal_came_is_given_back_too(desk: Desk):
    page_id = desk.put(1, html(1))
    pool = HeldReader()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    pool.submit = interrupted
    loop = desk.loop(pool)
    with pytest.raises(KeyboardInterrupt):
        loop.turn(None)
    loop.give_back()
    (again,) = desk.database.transact(lambda tx: PageStore(tx).lease_unread("other", desk.now, desk.now + timedelta(hours=1), 1))
    assert (again.id, again.attempts) == (page_id, 1)


# ---------------------------------------------------------------- one transaction


def test_a_batch_that_cannot_be_saved_is_saved_whole_the_next_time(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    page_id = desk.put(1, html(1))
    pool = HeldReader()
    loop = desk.loop(pool)
    loop.turn(None)
    pool.ready = [page_id]
    offer = FrontierStore.offer

    def fail(*_: object, **__: object) -> None:
        raise OSError("the cable is out")

    monkeypatch.setattr(FrontierStore, "offer", fail)
    with pytest.raises(OSError, match="cable"):
        loop.turn(None)
    assert desk.page(page_id).state is PageState.UNREAD, "without its links a page is not settled"
    monkeypatch.setattr(FrontierStore, "offer", offer)
    assert len(loop.turn(None)) == 1
    assert desk.waiting() == [(f"{SITE}/article/99", FoundBy.LINK)]


def test_torture_89_a_save_that_is_run_again_stores_everything_once(desk: Desk, readers: ReaderPool, monkeypatch: pytest.MonkeyPatch):
    desk.put(1, html(1, "/article/7"))
    tries = []
    transact = desk.database.transact

    def twice(work):
        if not tries and getattr(work, "__qualname__", "").startswith("ReadLoop._save"):
            tries.append(work)
            with desk.database.read() as tx:  # its work is undone, as after a serialization failure
                assert ArticleStore(tx).by_url(f"{SITE}/article/1") is None
            with pytest.raises(InterruptedError):
                transact(lambda tx: (work(tx), interrupt()))
        return transact(work)

    monkeypatch.setattr(desk.database, "transact", twice)
    assert len(read_all(desk.loop(readers), 1)) == 1
    assert len(tries) == 1
    assert len(desk.articles()) == 1
    assert desk.waiting() == [(f"{SITE}/article/7", FoundBy.LINK)]


def interrupt() -> None:
    raise InterruptedError


def test_hints_of_the_frontier_reach_the_reader(desk: Desk):
    desk.put(1, html(1))
    pool = HeldReader()
    desk.loop(pool).turn(None)
    [(_, page, hints)] = pool.submitted
    assert (page.url, page.fetched_at, page.body) == (f"{SITE}/article/1", NOW, html(1))
    assert dataclasses.replace(hints, discovered=hints.discovered) == hints
    assert (hints.source, hints.home) == ("paper", f"{SITE}/")
