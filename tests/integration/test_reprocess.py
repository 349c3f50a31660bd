"""Kept pages read again: which are chosen, what changes, what a kill or a late holder leaves; real workers, both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db.archive import ArchiveReader, ArchiveWriter
from db.articles import ArticleStore
from db.engine import Database
from db.errors import LeaseLost
from db.identity import text_digest, url_key
from db.models import frontier, pages
from db.pages import PageStore
from db.query import ArticleQuery
from db.readings import Article, PublicationDate, Reading, Template
from db.records import ArchiveEntry, FetchedPage
from db.runs import RunStore
from db.sources import SourceStore
from db.templates import TemplateStore
from db.vocabulary import ArticleStatus, DateEvidence, PageKind, PageReason, PageState, Precision, RevisionCause, RunKind, RunState
from pipeline import reprocess as jobs
from pipeline.reader_pool import ReaderPool
from pipeline.reading import READING_VERSION
from pipeline.reprocess import Wanted
from pipeline.rereading import Desk, Rereading, readings
from pipeline.session import Session, SessionSpec
from pipeline.steps.template import LEARNING_VERSION
from pipeline.templates_in_use import TemplatesInUse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = "http://paper.test"
OLD = READING_VERSION - 1


def html(n: int, paragraphs: int = 5) -> bytes:
    said = [
        f"Le paragraphe {k} de l'article {n} parle de la ville {n * 7}, de ses habitants et de leurs {k + 2} marchés." for k in range(9)
    ]
    lines = "".join(f"<p>{line}</p>" for line in said[:paragraphs])
    links = '<a href="/article/999">Le titre assez long d\'un autre article</a>'
    return f"<html lang='fr'><body><article><h1>Article {n}</h1>{lines}</article>{links}</body></html>".encode()


class Kept:
    """A database and an archive with pages that an older reader read, in its way."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        (folder / "sources").mkdir()
        for name in ("paper", "other"):
            (folder / "sources" / f"{name}.toml").write_text(f'home = "{SITE.replace("paper", name)}/"\n')
        self.registry = Registry([folder / "sources"], bundled=False)
        database.transact(lambda tx: SourceStore(tx).sync(self.registry.entries(), NOW))
        self.writer = ArchiveWriter(folder / "archive")
        run, _ = database.transact(lambda tx: RunStore(tx).request("paper", RunKind.CRAWL, now=NOW))
        leased = database.transact(lambda tx: RunStore(tx).lease(run.id, "me", NOW, NOW + timedelta(hours=1)))
        self.run_id = run.id
        database.transact(lambda tx: RunStore(tx).finish(leased, RunState.DONE, {}, None, NOW))
        self.spec = SessionSpec(EngineSpec(database_url=database.url, archive=folder / "archive"), readers=1)

    def put(self, n: int, body: bytes | None = None, *, at: datetime = NOW, source: str = "paper") -> int:
        body, url = body or html(n), f"{SITE.replace('paper', source)}/article/{n}"
        headers = (("Content-Type", "text/html; charset=utf-8"),)
        (kept,) = self.writer.append([ArchiveEntry(url, at, 200, headers, body)])
        self.writer.sync()
        page = FetchedPage(source, self.run_id, url, url_key(url), PageKind.ARTICLE, at, 200, headers, body)
        return self.database.transact(lambda tx: PageStore(tx).put([(page, kept)]))[0]

    def was_read(self, text: str = "Un début seulement.", version: int = OLD, **fields) -> None:
        """Have every unread page read as an older reader would."""

        def work(tx) -> None:
            found = PageStore(tx).lease_unread("me", NOW, NOW + timedelta(hours=1), 500)
            made = [Reading(page, old_article(page.url, text, version, **fields)) for page in found]
            for reading, saved in zip(made, ArticleStore(tx).save(made, now=NOW), strict=True):
                PageStore(tx).settle(reading.page, PageState.READ, detail=saved.outcome, reading_version=version, at=NOW)

        self.database.transact(work)

    def was_rejected(self, version: int = OLD) -> None:
        def work(tx) -> None:
            for page in PageStore(tx).lease_unread("me", NOW, NOW + timedelta(hours=1), 500):
                PageStore(tx).settle(page, PageState.REJECTED, reason=PageReason.LISTING, detail="links", reading_version=version, at=NOW)

        self.database.transact(work)

    def chosen(self, **wanted) -> list[int]:
        return [id_ for one in jobs.choose(self.database, self.registry, Wanted(**wanted)) for id_ in one.ids]

    def reprocess(self, *, late: timedelta = timedelta(), on_progress=lambda _: None, **wanted):
        spec = replace(self.spec, engine=replace(self.spec.engine, clock_offset=late))
        asked = Wanted(**wanted)
        return jobs.reprocess(
            spec, self.database, self.registry, asked, jobs.choose(self.database, self.registry, asked), on_progress=on_progress
        )

    def ask(self, work):
        with self.database.read() as tx:
            return work(tx)

    def page(self, page_id: int):
        return self.ask(lambda tx: PageStore(tx).get(page_id))

    def articles(self):
        return self.ask(lambda tx: sorted(ArticleQuery(tx).articles(), key=lambda article: article.url))

    def revisions(self, n: int):
        article = self.ask(lambda tx: ArticleStore(tx).by_url(f"{SITE}/article/{n}"))
        return self.ask(lambda tx: ArticleStore(tx).revisions(article.uid))


def old_article(url: str, text: str, version: int, **fields) -> Article:
    own = f"{text} ({url})"
    made = Article(url, f"Article {url[-1]}", own, text_digest(own), "fr", 0.9, ArticleStatus.PARTIAL, version)
    return replace(made, **fields)


@pytest.fixture(scope="module")
def readers() -> Iterator[ReaderPool]:
    pool = ReaderPool(1, 20.0)
    yield pool
    pool.close()


class Lent:
    """The module's pool, which outlives who closes it."""

    def __init__(self, pool: ReaderPool) -> None:
        self.submit, self.results = pool.submit, pool.results

    def close(self) -> None:
        pass


@pytest.fixture
def kept(database: Database, tmp_path: Path, readers: ReaderPool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.setattr(jobs, "ReaderPool", lambda *_: Lent(readers))
    made = Kept(database, tmp_path)
    yield made
    made.writer.close()


# ---------------------------------------------------------------- which


def test_what_an_older_reader_read_is_chosen_newest_page_of_each_address(kept: Kept):
    first = kept.put(1)
    kept.was_read()
    newer = kept.put(1, html(1, 6), at=NOW + timedelta(hours=1))
    kept.was_read("Un autre début.")
    current = kept.put(2)
    kept.was_read(version=READING_VERSION)
    rejected = kept.put(3)
    kept.was_rejected()
    waiting = kept.put(4)
    assert kept.chosen() == [newer, rejected]
    assert kept.chosen(where="reading_version >= 0") == [newer, current, rejected]
    assert kept.chosen(where="state = rejected") == [rejected]
    assert kept.chosen(where="state = read and status = partial") == [newer, current]
    assert kept.chosen(where="status != partial") == [rejected]
    assert kept.chosen(where="language = ar") == []
    assert kept.chosen(names=("other",)) == []
    assert {first, waiting}.isdisjoint(kept.chosen(where="reading_version >= 0"))


def test_a_rejected_page_newer_than_the_article_is_chosen_beside_it(kept: Kept):
    good = kept.put(1)
    kept.was_read()
    wall = kept.put(1, b"<html><body>wall</body></html>", at=NOW + timedelta(hours=1))
    kept.was_rejected()
    assert kept.chosen() == [good, wall]


def test_days_are_the_articles_or_else_of_fetching(kept: Kept):
    dated, undated = kept.put(1), kept.put(2, at=datetime(2026, 1, 5, tzinfo=UTC))
    published = PublicationDate(date(2014, 5, 1), Precision.DAY, DateEvidence.META)

    def work(tx) -> None:
        for page in PageStore(tx).lease_unread("me", NOW, NOW + timedelta(hours=1), 9):
            article = old_article(page.url, "Un début.", OLD, published=published if page.id == dated else None)
            ArticleStore(tx).save([Reading(page, article)], now=NOW)
            PageStore(tx).settle(page, PageState.READ, reading_version=OLD, at=NOW)

    kept.database.transact(work)
    assert kept.chosen(since=date(2014, 5, 1), until=date(2014, 5, 2)) == [dated]
    assert kept.chosen(since=date(2014, 5, 2)) == [undated]
    assert kept.chosen(until=date(2026, 1, 5)) == [dated]
    assert kept.chosen(until=date(2026, 1, 6)) == [dated, undated]


def test_what_did_not_know_the_template_of_today_is_chosen_until_it_was_read_with_it(kept: Kept):
    page = kept.put(1)
    kept.was_read(version=READING_VERSION)
    assert kept.chosen() == []
    kept.database.transact(lambda tx: TemplateStore(tx).put("paper", Template(LEARNING_VERSION, 9), NOW + timedelta(hours=1)))
    assert kept.chosen() == [page]
    assert kept.ask(lambda tx: jobs.stale(tx, kept.registry, ["paper", "other"])) == {"paper": 1}
    (kept.folder / "sources" / "paper.toml").write_text(f'home = "{SITE}/"\n[reading]\ntemplate = false\n')
    without = Registry([kept.folder / "sources"], bundled=False)
    assert jobs.choose(kept.database, without, Wanted()) == []
    kept.reprocess(late=timedelta(days=3650))
    assert kept.chosen() == []


# ---------------------------------------------------------------- what comes of it


def test_readings_become_revisions_of_their_own_cause_and_lead_nowhere(kept: Kept):
    read, rejected, empty = kept.put(1), kept.put(2), kept.put(3, b"<html><body></body></html>")

    def work(tx) -> None:
        for page in PageStore(tx).lease_unread("me", NOW, NOW + timedelta(hours=1), 9):
            if page.id == rejected:
                PageStore(tx).settle(page, PageState.REJECTED, reason=PageReason.LISTING, detail="links", reading_version=OLD, at=NOW)
            else:
                ArticleStore(tx).save([Reading(page, old_article(page.url, "Un début.", OLD))], now=NOW)
                PageStore(tx).settle(page, PageState.READ, detail="new", reading_version=OLD, at=NOW)

    kept.database.transact(work)
    [report] = kept.reprocess()
    assert (report.kind, report.state) == (RunKind.REPROCESS, RunState.DONE)
    assert report.counts == {"chosen": 3, "revised": 1, "new": 1, "empty": 1}
    assert [(each["cause"], each["current"]) for each in kept.revisions(1)] == [
        (RevisionCause.PUBLISHER, False),
        (RevisionCause.REREADING, True),
    ]
    assert "marchés" in kept.revisions(1)[1]["text"]
    assert (kept.page(read).state, kept.page(read).detail) == (PageState.READ, "new"), "what its own run brought"
    assert (kept.page(rejected).state, kept.page(rejected).reason) == (PageState.READ, None)
    assert (kept.page(empty).state, kept.page(empty).reason) == (PageState.REJECTED, PageReason.EMPTY)
    assert len(kept.articles()) == 3, "an article whose page is rejected now stays"
    assert kept.ask(lambda tx: tx.execute(select(func.count()).select_from(frontier)).scalar()) == 0
    assert kept.chosen() == []


def test_the_same_again_makes_no_revision_and_moves_the_version(kept: Kept):
    page = kept.put(1)
    kept.was_read()
    kept.reprocess()
    (before,) = kept.articles()
    kept.database.transact(lambda tx: tx.execute(update(pages).values(reading_version=OLD)))
    [report] = kept.reprocess()
    assert report.counts == {"chosen": 1, "same": 1}
    assert len(kept.revisions(1)) == 2
    assert kept.articles() == [before]
    assert kept.ask(lambda tx: tx.execute(select(pages.c.reading_version).where(pages.c.id == page)).scalar()) == READING_VERSION


def test_a_reading_that_lost_more_than_half_never_replaces(kept: Kept):
    kept.put(1)
    kept.was_read("Une longue lecture ancienne que personne ne sait plus faire. " * 60)
    [report] = kept.reprocess()
    assert report.counts == {"chosen": 1, "suspect": 1}
    assert kept.articles()[0].text.startswith("Une longue lecture")


def test_a_record_that_cannot_be_read_costs_only_its_page(kept: Kept):
    lost, good = kept.put(1), kept.put(2)
    kept.was_read()
    kept.database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id == lost).values(archive_file="gone.warc.zst")))
    [report] = kept.reprocess()
    assert report.counts == {"chosen": 2, "unreadable": 1, "revised": 1}
    assert kept.chosen() == [lost]
    assert kept.page(good).state is PageState.READ


def test_the_preview_tells_what_would_change_and_stores_nothing(kept: Kept):
    for n in range(1, 6):
        kept.put(n)
    kept.was_read()
    chosen = jobs.choose(kept.database, kept.registry, Wanted())
    before = kept.articles()
    found = jobs.preview(kept.spec, kept.database, kept.registry, chosen, sample=3)
    assert found.pages == 3
    assert (found.counts["text_grew"], found.counts["status"]) == (3, 3)
    assert found.characters[1] > found.characters[0]
    assert len(found.worst) == 3
    assert kept.articles() == before
    assert len(kept.chosen()) == 5
    assert kept.ask(lambda tx: RunStore(tx).recent(kind=RunKind.REPROCESS)) == []


# ---------------------------------------------------------------- kills and late holders


def desk_of(kept: Kept, pool: ReaderPool, owner: str) -> Desk:
    templates = TemplatesInUse(kept.database)
    return Desk(kept.database, ArchiveReader(kept.folder / "archive"), kept.registry, pool, templates, 1, owner, lambda: NOW)


def turn_on(work: Rereading) -> None:
    for _ in range(600):
        work.turn()


def test_a_killed_run_is_gone_on_with_behind_its_cursor_and_its_late_holder_writes_nothing(kept: Kept, monkeypatch):
    for n in range(10, 40):
        kept.put(n)
    kept.was_read()
    monkeypatch.setattr("pipeline.rereading.BATCH_PAGES", 4)
    pool = ReaderPool(1, 20.0)
    try:
        [chosen] = jobs.choose(kept.database, kept.registry, Wanted())
        desk = desk_of(kept, pool, "somewhere/1:1:1:dead")
        killed = Rereading(desk, jobs._begin(desk, chosen, Wanted()), chosen.ids)
        while killed.counts["revised"] < 8:
            killed.turn()
        done = killed.counts["revised"]
        [report] = kept.reprocess(late=timedelta(days=3650))
        assert report.run_id == killed.run.id
        assert report.counts == {"chosen": 30, "revised": 30}
        changes = [article.change for article in kept.articles()]
        with pytest.raises(LeaseLost):
            turn_on(killed)
        killed.put_down()
    finally:
        pool.close()
    assert done < 30
    assert [article.change for article in kept.articles()] == changes
    assert {len(kept.revisions(n)) for n in range(10, 40)} == {2}
    assert kept.ask(lambda tx: RunStore(tx).open_runs()) == []
    assert kept.ask(lambda tx: tx.execute(select(func.count()).where(pages.c.lease_owner.is_not(None))).scalar()) == 0


def test_what_ends_early_is_put_down_and_gone_on_with_at_once(kept: Kept, monkeypatch):
    monkeypatch.setattr(jobs, "ReaderPool", ReaderPool)
    for n in range(10, 20):
        kept.put(n)
    kept.was_read()
    monkeypatch.setattr("pipeline.rereading.BATCH_PAGES", 2)

    def stop(progress) -> None:
        if progress.done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.reprocess(on_progress=stop)
    [run] = kept.ask(lambda tx: RunStore(tx).open_runs())
    assert run.counts["revised"] >= 4
    assert run.owner is None
    with Session(kept.spec, kept.database, kept.registry) as session:
        assert not session.add(run.id), "a session would find it over at once"
    [report] = kept.reprocess()
    assert (report.run_id, report.counts) == (run.id, {"chosen": 10, "revised": 10})


def test_a_run_killed_before_it_wrote_its_end_is_ended_by_the_next_call(kept: Kept):
    kept.put(1)
    kept.was_read(version=READING_VERSION)
    run, _ = kept.database.transact(lambda tx: RunStore(tx).request("paper", RunKind.REPROCESS, now=NOW))
    [report] = kept.reprocess()
    assert (report.run_id, report.state) == (run.id, RunState.DONE)


def test_one_cut_off_re_reading_gives_way_to_another_but_not_one_at_work(kept: Kept):
    kept.put(1)
    kept.was_read()
    first, _ = kept.database.transact(lambda tx: RunStore(tx).request("paper", RunKind.REPROCESS, params={"where": "x"}, now=NOW))
    later = datetime.now(UTC) + timedelta(hours=1)
    kept.database.transact(lambda tx: RunStore(tx).lease(first.id, "elsewhere/1:1:1:1", NOW, later))
    [report] = kept.reprocess()
    assert (report.run_id, report.counts) == (first.id, {})
    assert "another veille" in str(report.note)
    [report] = kept.reprocess(late=timedelta(hours=2))
    assert (report.run_id > first.id, report.state) == (True, RunState.DONE)
    assert kept.ask(lambda tx: RunStore(tx).get(first.id)).state is RunState.STOPPED


def test_readings_are_given_in_bounded_number(kept: Kept, readers: ReaderPool):
    for n in range(10, 18):
        kept.put(n)
    kept.was_read()
    found = list(readings(desk_of(kept, readers, "me"), kept.ask(lambda tx: PageStore(tx).several(kept.chosen()))))
    assert sorted(page.id for page, _ in found) == kept.chosen()
    assert all(isinstance(reading, Article) for _, reading in found)
