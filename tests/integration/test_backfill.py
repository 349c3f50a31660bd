"""Backfills of a paper on loopback: what is asked for, what comes back, and that a stop or a kill costs nothing."""

from __future__ import annotations

import dataclasses
import itertools
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from crawlers.registry import Registry
from crawlers.sink import MAX_WAIT
from crawlers.turns import LEASE
from db.errors import BackfillError, Unavailable
from db.hosts import HostStore
from db.query import ArticleQuery
from db.slices import BackfillStore
from db.turns import TurnStore
from db.vocabulary import BackfillState, SliceState, Way
from pipeline import backfill, slices
from pipeline.backfill import Wanted
from pipeline.session import SessionSpec

YEAR = Wanted("paper", date(2014, 1, 1), date(2015, 1, 1))
START = date(2008, 1, 3)
PACE = 0.05
STUCK = "elsewhere/1:2:3:4"


class Archive:
    """A paper with an article every ten days since 2008, thirty to a page of its one section, and a sitemap for each year."""

    def __init__(self, desk, delay: float = 0) -> None:
        self.desk = desk
        self.days = [START + timedelta(days=10 * k) for k in range(640)]
        self.paths = [f"/article/conseil-numero-{1000 + k}.html" for k in range(len(self.days))]
        for path, day in zip(self.paths, self.days, strict=True):
            desk.paper[path] = self.article(path, day)
        desk.paper["/"] = desk.press.html("Le Journal", '<a href="/section/">La section des conseils</a>')
        newest = list(zip(self.paths, self.days, strict=True))[::-1]
        pages = [newest[at : at + 30] for at in range(0, len(newest), 30)]
        for number, rows in enumerate(pages, 1):
            items = "".join(
                f'<li><time datetime="{day}">{day}</time> <a href="{path}">Le conseil numéro {path}</a></li>' for path, day in rows
            )
            more = f'<a rel="next" href="/section/page/{number + 1}/">Suivant</a>' if number < len(pages) else ""
            desk.paper[f"/section/page/{number}/" if number > 1 else "/section/"] = desk.press.html("Section", f"<ul>{items}</ul>{more}")
        desk.source(discovery="", delay=delay)

    def article(self, path: str, day: date):
        number = int(path[-9:-5])
        told = self.desk.story(number)
        head = f'<meta property="article:published_time" content="{day}T09:00:00Z">'.encode()
        return dataclasses.replace(told, body=told.body.replace(b"</title>", b"</title>" + head))

    def sitemaps(self) -> None:
        """Give the paper an index with a part a year."""
        parts = {}
        for path, day in zip(self.paths, self.days, strict=True):
            parts.setdefault(f"/sitemap-{day.year}.xml", []).append(path)
        for part, paths in parts.items():
            self.desk.paper[part] = self.desk.press.sitemap("paper.test", paths)
        entries = "".join(f"<sitemap><loc>http://paper.test{part}</loc></sitemap>" for part in parts)
        body = f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'
        self.desk.paper["/sitemap.xml"] = self.desk.press.Answer(body.encode(), headers={"Content-Type": "application/xml"})
        self.desk.source(discovery='sitemaps = ["/sitemap.xml"]')

    @property
    def spec(self) -> SessionSpec:
        return self.desk.spec()

    @property
    def registry(self) -> Registry:
        return self.desk.registry

    def of(self, year: int) -> list[str]:
        return sorted(path for path, day in zip(self.paths, self.days, strict=True) if day.year == year)

    def request(self, wanted: Wanted = YEAR):
        return backfill.request(self.spec, self.desk.database, self.registry, wanted)

    def work_on(self, number: int, **more):
        return backfill.work_on(self.spec, self.desk.database, self.registry, number, **more)

    def asked(self, kind: str) -> list[str]:
        return [path for path in self.desk.press.paths("paper.test") if path.startswith(kind)]

    def steer(self, number: int, state: BackfillState) -> None:
        now = datetime.now(UTC)
        self.desk.database.transact(lambda tx: slices.steer(tx, number, state, now))

    def parts(self, number: int):
        with self.desk.database.read() as tx:
            return BackfillStore(tx).slices(number)


def test_a_year_comes_back_through_its_sitemap_whole_and_alone(desk_on_both):
    archive = Archive(desk_on_both)
    archive.sitemaps()
    report = archive.work_on(archive.request().id)
    assert desk_on_both.articles() == archive.of(2014)
    assert (report.backfill.state, report.backfill.note) == (BackfillState.DONE, "3 slices: 1 done, 2 empty")
    assert sorted(archive.asked("/article/")) == archive.of(2014), "nothing outside the year is read, nothing twice"
    assert report.counts["listed"] == report.counts["new"] == len(archive.of(2014))
    assert sum(report.months.values()) == len(archive.of(2014))
    assert report.gaps == ()
    before = len(desk_on_both.press.log)
    again = archive.work_on(archive.request().id)
    assert again.counts.get("new", 0) == 0
    assert [asked.path for asked in desk_on_both.press.log[before:] if asked.path.startswith("/article/")] == []


def test_a_year_deep_in_a_section_is_leapt_to(desk):
    archive = Archive(desk)
    report = archive.work_on(archive.request().id)
    assert desk.articles() == archive.of(2014)
    assert sorted(archive.asked("/article/")) == archive.of(2014)
    assert len(archive.asked("/section/")) <= 12, "of 22 pages"
    assert [part.plan.way for part in archive.parts(report.backfill.id)] == [Way.LISTING] * 2


def test_a_plan_tells_what_it_would_cost_and_stores_nothing(desk):
    archive = Archive(desk, delay=2)
    archive.sitemaps()
    plan = backfill.plan(archive.spec, desk.database, archive.registry, YEAR)
    number = len(archive.of(2014))
    labels = ["/sitemap-2015.xml", "/sitemap-2014.xml", "/sitemap-2013.xml"]
    assert [(each.way, each.label) for each in plan.slices] == [(Way.SITEMAP, label) for label in labels]
    assert (plan.estimate.articles, plan.known, plan.ways) == (number, 0, (Way.SITEMAP,))
    with desk.database.read() as tx:
        assert BackfillStore(tx).list() == []
    assert archive.asked("/article/") == []


def test_no_way_into_the_past(desk):
    archive = Archive(desk)
    with pytest.raises(BackfillError, match="no way into the past of paper was found"):
        archive.request(dataclasses.replace(YEAR, ways=(Way.SITEMAP, Way.ARCHIVE)))


def test_a_paused_backfill_stops_within_seconds_and_goes_on_where_it_was(desk):
    archive = Archive(desk, delay=0.1)
    archive.sitemaps()
    desk.source(discovery='sitemaps = ["/sitemap.xml"]', delay=0.1)
    kept = archive.request()
    ended = []
    worker = threading.Thread(target=lambda: ended.append(archive.work_on(kept.id)))
    worker.start()
    _until(lambda: len(archive.asked("/article/")) >= 3)
    archive.steer(kept.id, BackfillState.PAUSED)
    worker.join(30)
    [report] = ended
    assert report.backfill.state is BackfillState.PAUSED
    assert report.tally[SliceState.QUEUED] == 1, "its run waits to be gone on with"
    assert len(archive.asked("/article/")) < len(archive.of(2014))
    report = archive.work_on(kept.id)
    assert report.backfill.state is BackfillState.DONE
    assert sorted(archive.asked("/article/")) == archive.of(2014), "no article is asked for twice"
    assert archive.asked("/sitemap-2014.xml") == ["/sitemap-2014.xml"], "nor is what lists them"
    assert report.counts["new"] == len(archive.of(2014)), "both parts are counted"
    assert desk.articles() == archive.of(2014)


def test_a_backfill_that_was_stopped_before_the_clock_was_set_back_loses_nothing(desk_on_both):
    desk = desk_on_both
    archive = Archive(desk)
    archive.sitemaps()
    desk.source(discovery='sitemaps = ["/sitemap.xml"]', delay=0.05)
    ahead = dataclasses.replace(archive.spec, engine=dataclasses.replace(archive.spec.engine, clock_offset=timedelta(hours=1)))
    kept = backfill.request(ahead, desk.database, archive.registry, YEAR)
    pauses = threading.Thread(
        target=lambda: (_until(lambda: len(archive.asked("/article/")) >= 3), archive.steer(kept.id, BackfillState.PAUSED))
    )
    pauses.start()
    backfill.work_on(ahead, desk.database, archive.registry, kept.id)
    pauses.join()
    assert len(archive.asked("/article/")) < len(archive.of(2014))
    report = archive.work_on(kept.id)
    assert report.backfill.state is BackfillState.DONE
    assert desk.articles() == archive.of(2014)
    assert sorted(archive.asked("/article/")) == archive.of(2014), "nothing is asked for twice"


def gaps(asked) -> list[float]:
    """Seconds between requests."""
    return [later.at - earlier.at for earlier, later in itertools.pairwise(asked)]


def test_planning_and_a_crawl_take_turns_at_a_host(desk_on_both):
    desk, delay = desk_on_both, 0.25
    archive = Archive(desk)
    archive.sitemaps()
    desk.source(discovery='feeds = ["/feed"]', delay=delay)
    desk.paper |= {"/feed": desk.press.feed("paper.test", archive.paths[:64]), "/": desk.press.html("Le Journal", "")}
    crawl = threading.Thread(target=desk.crawl)
    crawl.start()
    _until(lambda: len(archive.asked("/article/")) >= 3)
    named = ["/sitemap.xml", "/sitemap-2008.xml", "/sitemap-2009.xml", "/sitemap-2010.xml"]
    desk.source(discovery=f"sitemaps = {named}", delay=delay)  # the crawl goes on by what it was told
    before, waits = len(desk.press.log), []
    plan = backfill.plan(archive.spec, desk.database, archive.registry, YEAR, waits.append)
    during = [asked.path for asked in desk.press.log[before:]]
    crawling = crawl.is_alive()
    crawl.join(120)
    assert "/sitemap-2014.xml" in {part.label for part in plan.slices}
    assert crawling, "it did not wait for the end of the crawl"
    assert [words.partition(":")[0] for words in waits][:1] == ["waits for its turn"]
    turns = [path.startswith("/article/") for path in during[during.index("/") : during.index(named[-1])]]
    longest = max(len(list(group)) for planned, group in itertools.groupby(turns) if not planned)
    assert longest <= 2, f"nor did the crawl wait for the end of the planning: {during}"
    assert min(gaps(desk.press.asked("paper.test"))) >= delay - 0.03, "together they ask no faster than one would"
    assert desk.press.paths("paper.test").count("/robots.txt") == 1, "one copy for both"
    assert len(desk.articles()) == 64, "the crawl lost nothing by it"


def test_planning_keeps_the_pace_that_robots_txt_asks_for_and_asks_for_it_once(desk):
    archive = Archive(desk)
    archive.sitemaps()
    desk.paper["/robots.txt"] = desk.press.Answer(b"User-agent: *\nCrawl-delay: 0.3\n", headers={"Content-Type": "text/plain"})
    backfill.plan(archive.spec, desk.database, archive.registry, YEAR)
    assert desk.press.paths("paper.test").count("/robots.txt") == 1
    assert min(gaps(desk.press.asked("paper.test"))[1:]) >= 0.27, "from the first request after it"
    backfill.plan(archive.spec, desk.database, archive.registry, YEAR)
    assert desk.press.paths("paper.test").count("/robots.txt") == 1, "a fresh copy is used"


def test_planning_comes_back_where_it_is_asked_to_in_a_moment(desk):
    archive = Archive(desk)
    archive.sitemaps()
    index = desk.paper["/sitemap.xml"]
    busy = desk.press.Answer(b"later", 503, {"Retry-After": "1"})
    desk.paper["/sitemap.xml"] = lambda _: busy if len(archive.asked("/sitemap.xml")) == 1 else index
    assert len(archive.request().ways) == 0
    first, second = desk.press.asked("paper.test", "/sitemap.xml")
    assert second.at - first.at >= 1


def test_a_host_that_wishes_silence_is_left_alone_by_planning_too(desk):
    archive = Archive(desk)
    desk.paper["/"] = desk.press.Answer(b"later", 429, {"Retry-After": "3600"})
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"paper\.test wishes not to be asked"):
            archive.request(dataclasses.replace(YEAR, ways=(Way.SITEMAP,)))
        assert desk.press.paths("paper.test") == ["/robots.txt", "/"]


WORK = """
import sys
from pathlib import Path
import pickle
from db.engine import Database
from crawlers.registry import Registry
from crawlers.sink import MAX_WAIT
from pipeline import backfill
if __name__ == "__main__":
    spec, number = pickle.loads(Path(sys.argv[1]).read_bytes())
    database = Database.open(spec.engine.database_url)
    backfill.work_on(spec, database, Registry(spec.engine.source_folders, bundled=False), number)
"""


def test_a_killed_backfill_goes_on_with_the_same_runs_and_repeats_only_what_was_under_way(desk_on_both):
    desk = desk_on_both
    archive = Archive(desk)
    archive.sitemaps()
    desk.source(discovery='sitemaps = ["/sitemap.xml"]', delay=PACE)
    kept = archive.request()
    (desk.folder / "work.py").write_text(WORK, encoding="utf-8")
    (desk.folder / "told").write_bytes(pickle.dumps((archive.spec, kept.id)))
    for goal in (5, 15):
        process = subprocess.Popen([sys.executable, str(desk.folder / "work.py"), str(desk.folder / "told")], start_new_session=True)
        _until(lambda goal=goal: len(archive.asked("/article/")) >= goal)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    report = archive.work_on(kept.id)
    assert report.backfill.state is BackfillState.DONE
    assert {part.attempts for part in archive.parts(kept.id)} == {1}, "the runs that were killed went on"
    assert desk.articles() == archive.of(2014)
    repeats = len(archive.asked("/article/")) - len(set(archive.asked("/article/")))
    unwritten = round(MAX_WAIT / PACE)
    assert repeats <= 2 * (1 + unwritten), "one under way at each kill, and what was answered while a batch was open"
    with desk.database.read() as tx:
        assert ArticleQuery(tx).count() == len(archive.of(2014))


PLAN = WORK.replace("backfill.work_on(spec,", "backfill.plan(spec,")


@pytest.mark.parametrize("waiting", [False, True])
def test_a_killed_planner_keeps_no_crawl_waiting(desk_on_both, waiting):
    desk = desk_on_both
    archive = Archive(desk, delay=0.25)
    desk.source(discovery='feeds = ["/feed"]', delay=0.25)
    desk.paper |= {"/feed": desk.press.feed("paper.test", archive.paths[:5]), "/": desk.press.Answer(fault="slow")}
    (desk.folder / "plan.py").write_text(PLAN, encoding="utf-8")
    (desk.folder / "told").write_bytes(pickle.dumps((archive.spec, YEAR)))
    crawl = threading.Thread(target=desk.crawl)
    if waiting:  # behind one that does not get on
        desk.database.transact(lambda tx: HostStore(tx).lease("paper.test", STUCK, datetime.now(UTC), datetime.now(UTC) + LEASE))
    planner = subprocess.Popen([sys.executable, str(desk.folder / "plan.py"), str(desk.folder / "told")], start_new_session=True)
    _until((lambda: _waiters(desk)) if waiting else (lambda: archive.asked("/") == ["/robots.txt", "/"]))
    crawl.start()
    os.kill(planner.pid, signal.SIGKILL)
    planner.wait()
    killed = time.monotonic()
    if waiting:
        desk.database.transact(lambda tx: HostStore(tx).release(STUCK))
    desk.paper["/"] = desk.press.html("Le Journal", "")
    crawl.join(120)
    assert len(desk.articles()) == 5
    assert desk.press.asked("paper.test", archive.paths[0])[0].at - killed < LEASE.total_seconds() / 2, "no lease was waited for"
    assert not _waiters(desk)


def _waiters(desk) -> frozenset[str]:
    with desk.database.read() as tx:
        return TurnStore(tx).wanted(datetime.now(UTC))


def _until(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
