"""WARC files gone through to the end: what is read, what is passed over, and what a kill changes (nothing)."""

from __future__ import annotations

import os
import signal
from datetime import date, timedelta

import pytest

from crawlers.registry import Registry
from db.archive import ArchiveReader
from db.errors import ArchiveError
from db.pages import PageStore
from db.query import ArticleQuery
from db.records import Run
from db.runs import RunStore
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import PageState, RunKind, RunState, SaveOutcome, Skip, SliceState, Way
from pipeline import jobs
from pipeline.session import Session, SessionSpec
from pipeline.slices import open_next
from pipeline.warc_replay import plan_warc

ALWAYS = date(1990, 1, 1), date(2100, 1, 1)

TOWNS = ("Alger", "Blida", "Constantine", "Djelfa", "Ghardaïa", "Jijel", "Khenchela", "Laghouat", "Mascara", "Naâma", "Oran", "Relizane")


def story(n: int, more: str = "") -> bytes:
    town, other = TOWNS[n % 12], TOWNS[(5 * n + 3) % 12]
    lines = "".join(
        f"<p>À {town}, le conseil a voté {n * 13 + k} routes vers {other}, attendues depuis {k + 2} ans déjà.</p>" for k in range(5)
    )
    page = f"<html><head><title>Conseil numéro {n}</title></head><body><article><h1>Conseil numéro {n}</h1>{more}{lines}</article></body>"
    return page.encode()


class Newsroom:
    """Two papers, a database, and WARC files read into it."""

    def __init__(self, place) -> None:
        self.place, self.folder, self.database = place, place.folder, place.database
        for name in ("paper", "gazette"):
            place.source(name, f"{name}.test")

    @property
    def spec(self) -> SessionSpec:
        return self.place.session()

    @property
    def registry(self) -> Registry:
        return self.place.registry

    def open(self, file, source="paper", *, since=None, until=None, slice_bytes=64 << 20, **more) -> list[Run]:
        days = since or ALWAYS[0], until or ALWAYS[1]
        plans = plan_warc([str(file)], *days, self.spec.engine, slice_bytes=slice_bytes, **more)
        now = jobs.Clock()()

        def work(tx):
            SourceStore(tx).sync(self.registry.entries(), now)
            kept = BackfillStore(tx).open(source, *days, [Way.WARC], params={}, plans=plans, now=now)
            return open_next(tx, kept.id, self.registry, now)

        return self.database.transact(work)

    def read(self, file, source="paper", **more):
        runs = self.open(file, source, **more)
        return jobs.work_on(self.spec, self.database, self.registry, runs, at_most=timedelta(minutes=2))

    def articles(self) -> dict[str, date | None]:
        with self.database.read() as tx:
            return {article.url: article.published_on for article in ArticleQuery(tx).articles()}

    def revisions(self) -> list[int]:
        with self.database.read() as tx:
            return [article.revision for article in ArticleQuery(tx).articles()]

    def page(self, url: str):
        with self.database.read() as tx:
            return PageStore(tx).latest(url)


@pytest.fixture
def room(place) -> Newsroom:
    return Newsroom(place)


@pytest.fixture
def room_on_both(place_on_both) -> Newsroom:
    return Newsroom(place_on_both)


def url(n: int | str, host: str = "paper.test") -> str:
    return f"http://{host}/article/{n}"


def test_only_articles_of_the_source_are_read_and_every_other_record_is_accounted_for(room_on_both, warc):
    room = room_on_both
    links = "".join(f'<a href="/article/{n}">Un autre article de ce journal</a>' for n in range(100, 120))
    records = [
        warc.record("http://paper.test/", kind="warcinfo"),
        warc.record(url(1), story(1, "<p>Publié il y a 2 jours</p>" + links)),
        warc.record(url(1), kind="request"),
        warc.record(url(2, "gazette.test"), story(2)),
        warc.record(url(3), b"gone", status="404 Not Found"),
        warc.record("http://paper.test/tag/routes", story(4)),
        warc.record(url(5), b"%PDF-1.7 ", headers={"Content-Type": "application/pdf"}),
        warc.record(url(6), b"", kind="revisit"),
        warc.record(url(1), story(1, "<p>Publié il y a 2 jours</p>" + links), at="2024-05-09T12:00:00Z"),
        warc.record("http://paper.test/article/2009/01/02/sept", story(7)),
        warc.record(url(8), story(8, '<time datetime="2019-02-03">3 février 2019</time>')),
        warc.record(url(9), story(9))[:-60],
    ]
    file = warc.pack(room.folder / "captures.warc.gz", records[:-1])
    file.write_bytes(file.read_bytes() + warc.PACKED["warc.gz"](records[-1])[:-30])
    [report] = room.read(file, since=date(2024, 1, 1), until=date(2025, 1, 1))
    assert report.state is RunState.DONE
    skipped = {word: report.counts[word] for word in Skip if report.counts.get(word)}
    assert skipped == {
        Skip.TYPE: 2,
        Skip.OFF_SITE: 1,
        Skip.STATUS: 1,
        Skip.ADDRESS: 1,
        Skip.NOT_HTML: 1,
        Skip.EMPTY: 1,
        Skip.KNOWN: 1,
        Skip.DAYS: 1,
        Skip.DAMAGED: 1,
    }
    assert (report.counts["records"], report.counts["fetched"], report.counts[SaveOutcome.NEW], report.counts["outside"]) == (12, 2, 2, 1)
    assert room.articles() == {url(1): date(2024, 4, 29), url(8): date(2019, 2, 3)}
    assert room.place.press.log == []  # what archived pages lead to is not fetched, nor the site asked anything
    page = room.page(url(1))
    assert (page.location.file, page.fetched_at.isoformat()) == (str(file), "2024-05-01T12:00:00+00:00")
    assert ArchiveReader(room.folder / "archive").read(page.location).body == story(1, "<p>Publié il y a 2 jours</p>" + links)


def test_the_file_may_go_when_its_pages_were_copied_and_is_missed_when_they_were_not(room, warc):
    file = warc.pack(room.folder / "some.warc.zst", [warc.record(url(n), story(n)) for n in (1, 2)])
    [report] = room.read(file, copy=True)
    assert report.counts[SaveOutcome.NEW] == 2
    page = room.page(url(1))
    assert "/" not in page.location.file
    other = warc.pack(room.folder / "other.warc", [warc.record(url(n), story(n)) for n in (1, 3)])
    [report] = room.read(other)
    assert (report.counts[Skip.KNOWN], report.counts[SaveOutcome.NEW]) == (1, 1)
    file.unlink()
    other.unlink()
    reader = ArchiveReader(room.folder / "archive")
    assert reader.read(page.location).body == story(1)
    with pytest.raises(ArchiveError, match=r"other\.warc is not there any more"):
        reader.read(room.page(url(3)).location)


def test_a_live_page_that_repeats_one_kept_by_reference_is_kept_whole(room, warc):
    file = warc.pack(room.folder / "some.warc.gz", [warc.record(url(1), story(1))])
    room.read(file)
    paper = room.place.press.papers["paper.test"]
    paper["/feed"] = room.place.press.feed("paper.test", ["/article/1"])
    paper["/article/1"] = room.place.press.Answer(story(1), headers={"Content-Type": "text/html; charset=utf-8"})
    room.place.source(discovery='guess = false\nfeeds = ["/feed"]')
    jobs.crawl(room.spec, room.database, room.registry, ["paper"])
    file.unlink()
    page = room.page(url(1))
    assert page.state is PageState.UNCHANGED
    assert ArchiveReader(room.folder / "archive").read(page.location).body == story(1)


def test_a_file_that_is_none_or_has_gone_fails_its_run_and_says_so(room, warc):
    file = warc.pack(room.folder / "some.warc.gz", [warc.record(url(1), story(1))])
    runs = room.open(file)
    file.write_bytes(b"<html>no such file</html>")
    [report] = jobs.work_on(room.spec, room.database, room.registry, runs)
    assert report.state is RunState.FAILED
    assert "holds no record" in report.note
    with pytest.raises(ArchiveError, match="holds no record"):
        room.open(file)
    file.unlink()
    with pytest.raises(ArchiveError, match="cannot be read: No such file"):
        room.open(file)


def test_a_file_of_a_source_that_is_missing_waits_for_it(room, warc):
    file = warc.pack(room.folder / "some.warc.gz", [warc.record(url(1), story(1))])
    runs = room.open(file)
    missing = Registry.of([room.registry.get("gazette")])
    [report] = jobs.work_on(room.spec, room.database, missing, runs)
    assert report.state is RunState.STOPPED
    with room.database.read() as tx:
        part = BackfillStore(tx).slice_of(runs[0].id)
    assert part.state is SliceState.PLANNED, "nobody has looked through it"
    again = room.database.transact(lambda tx: open_next(tx, part.backfill_id, room.registry, jobs.Clock()()))
    [report] = jobs.work_on(room.spec, room.database, room.registry, again)
    assert report.counts[SaveOutcome.NEW] == 1


@pytest.fixture
def heap(warc, tmp_path):
    """A file of 240 stories of two papers, a third of them captured twice, cut off in its last record."""
    records = []
    wide = {"Content-Type": "text/html", "X-Padding": "x" * 6_000}  # so that what is found fills the pipe, and the finder waits
    for n in range(240):
        host = "paper.test" if n % 3 else "gazette.test"
        records.append(warc.record(url(n, host), story(n), at=f"2024-05-{n % 28 + 1:02d}T12:00:00Z", headers=wide))
        if n % 3 == 1:
            records.append(warc.record(url(n, host), story(n), at="2024-06-01T12:00:00Z", headers=wide))
    file = warc.pack(tmp_path / "heap.warc.gz", records)
    file.write_bytes(file.read_bytes()[:-20])
    return file


def test_slices_of_two_papers_give_together_what_the_file_gives_whole(room, heap):
    runs = room.open(heap, slice_bytes=heap.stat().st_size // 4)
    assert len(runs) == 4
    *reports, others = sorted(
        jobs.work_on(room.spec, room.database, room.registry, [*runs, *room.open(heap, "gazette")]), key=lambda each: each.run_id
    )
    assert {report.state for report in reports} == {RunState.DONE}
    total = {word: sum(report.counts.get(word, 0) for report in reports) for word in ("records", "fetched", *Skip)}
    assert (total["records"], total[Skip.OFF_SITE], total[Skip.DAMAGED], total[Skip.KNOWN]) == (320, 80, 1, 80)
    assert others.counts[SaveOutcome.NEW] == 80
    assert sorted(room.articles()) == sorted(url(n, "paper.test" if n % 3 else "gazette.test") for n in range(239))
    [report] = room.read(heap)
    assert (report.counts[Skip.KNOWN], report.counts.get("fetched", 0)) == (239, 0)  # nothing is read twice
    assert report.note.startswith("nothing to read in 320 records: 80 skipped_off_site")


def test_what_is_killed_or_stopped_in_the_middle_is_gone_on_with_and_nothing_is_done_twice(room, heap, monkeypatch):
    monkeypatch.setattr("pipeline.session.FED_AHEAD", 30)
    monkeypatch.setattr("pipeline.warc_feed.AHEAD", 1)  # so that the finder is still at it when it is killed
    monkeypatch.setattr("pipeline.warc_feed.LINES", 1)
    monkeypatch.setattr("pipeline.read_loop.BATCH_SECONDS", 0.1)
    [run] = room.open(heap)
    spec, struck = room.spec, []
    with Session(spec, room.database, room.registry) as session:  # its process dies twice, and it goes on by itself
        session.add(run.id)
        while len(struck) < 2 and session.open_runs:
            session.turn()
            child = next(iter(session._held.values())).feed._child if session._held else None
            if child is not None and child.pid not in struck and (struck or room.articles()):  # the second as soon as it is there
                os.kill(child.pid, signal.SIGKILL)
                struck.append(child.pid)
        assert session.close() == [], "the run of a slice stays open"
    assert len(struck) == 2
    with room.database.read() as tx:
        stopped = RunStore(tx).get(run.id)
    assert stopped.state is RunState.RUNNING
    assert 0 < stopped.counts["records"] < 320
    [report] = jobs.work_on(spec, room.database, room.registry, [run])
    assert report.state is RunState.DONE
    assert sorted(room.articles()) == sorted(url(n) for n in range(239) if n % 3)
    assert set(room.revisions()) == {1}
    assert [report.counts.get(word, 0) for word in ("records", "fetched")] == [320, 159]
    with room.database.read() as tx:
        assert PageStore(tx).unread() == 0
        assert RunStore(tx).get(run.id).kind is RunKind.REPLAY
