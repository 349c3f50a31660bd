"""Captures of a Wayback Machine and of a pywb, over real sockets: what is asked for, what is kept, faults, kills."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from crawlers.captures import plan_wayback, replay_of
from crawlers.registry import Registry
from crawlers.runs import open_run
from db.identity import url_key
from db.pages import PageStore
from db.query import ArticleQuery
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import BackfillState, RunKind, RunState, SliceState, Way
from pipeline import backfill, jobs

ARCHIVE = "archive.test"
SINCE, UNTIL = date(2014, 1, 1), date(2014, 2, 1)


@dataclass
class Archive:
    """One host of the press: an index and replays. It stands in for the dictionary of a paper."""

    press: object
    pywb: bool = False
    rows_a_page: int = 3
    captures: dict[tuple[str, str], object] = field(default_factory=dict)
    """(timestamp, original) → what the publisher answered then."""
    first: dict[str, list[object]] = field(default_factory=dict)
    """Answers given before the right one, by path without query."""

    @property
    def base(self) -> str:
        return f"http://{ARCHIVE}/press" if self.pywb else f"http://{ARCHIVE}"

    def add(self, stamp: str, path: str, answer, host: str = "paper.test") -> str:
        original = f"http://{host}{path}"
        self.captures[stamp, original] = answer
        return original

    def get(self, path: str, default):
        """What `Press` asks of a paper."""
        where = path.partition("?")[0]
        if self.first.get(where):
            return self.first[where].pop(0)
        if where in {"/cdx/search/cdx", "/press/cdx"}:
            return self.index({name: values[-1] for name, values in parse_qs(path.partition("?")[2]).items()})
        replay = replay_of(f"http://{ARCHIVE}{path}")
        return self.replay(replay) if replay else default

    def index(self, asked: dict[str, str]):
        rows = sorted(
            (original.removeprefix("http://"), stamp, original)  # as its urlkey: tracking makes another address
            for (stamp, original), answer in self.captures.items()
            if stamp[:8] <= asked["to"] and answer.status == 200 and urlsplit(original).netloc.endswith(asked["url"])
        )
        if self.pywb:
            found = [{"timestamp": stamp, "url": url, "mime": "text/html", "status": "200"} for _, stamp, url in rows]
            return self.press.Answer("\n".join(map(json.dumps, found)).encode(), headers={"Content-Type": "text/x-ndjson"})
        first = [row for n, row in enumerate(rows) if n == 0 or rows[n - 1][0] != row[0]]  # collapse=urlkey
        left = [row for row in first if row[0] > asked.get("resumeKey", "")]
        page, rest = left[: self.rows_a_page], left[self.rows_a_page :]
        values = [["timestamp", "original", "mimetype", "statuscode"], *([stamp, url, "text/html", "200"] for _, stamp, url in page)]
        values += [[], [quote(page[-1][0], safe="")]] if rest else []
        return self.press.Answer(json.dumps(values).encode(), headers={"Content-Type": "application/json"}, fault="zipped")

    def replay(self, asked):
        stamps = [stamp for stamp, original in self.captures if original == asked.original]
        if not stamps:
            return self.press.Answer(b"<html>no capture</html>", 404, {"Content-Type": "text/html"})
        if asked.stamp not in stamps:
            nearest = min(stamps, key=lambda stamp: abs(int(stamp) - int(asked.stamp)))
            return self.press.redirect(replace(asked, stamp=nearest).url, 302)
        then = self.captures[asked.stamp, asked.original]
        instant = asked.captured_at
        prefix = "" if self.pywb else "X-Archive-Orig-"
        headers = {f"{prefix}{name}": value for name, value in then.headers.items()}
        return replace(then, headers={**headers, "Memento-Datetime": format_datetime(instant, usegmt=True)})


class Office:
    """A source, a database, and runs that replay an archive."""

    def __init__(self, desk):
        self.desk, self.press, self.folder, self.database, self.story = desk, desk.press, desk.folder, desk.database, desk.story
        self.registry = desk.registry

    def open(self, base, slice_=-1, since=SINCE, until=UNTIL):
        source, now = self.registry.get("paper"), datetime.now(UTC)
        plan = plan_wayback(source, since, until, base)[slice_]

        def work(tx):
            SourceStore(tx).sync(self.registry.entries(), now)
            return open_run(tx, source, RunKind.REPLAY, slot=None, params=plan.params, now=now)

        return self.database.transact(work)

    def spec(self):
        return self.desk.spec()

    def work(self, *runs):
        return jobs.work_on(self.spec(), self.database, self.registry, runs)[0]

    def articles(self):
        with self.database.read() as tx:
            return {article.url.removeprefix("http://paper.test"): article for article in ArticleQuery(tx).articles()}

    def page(self, original):
        with self.database.read() as tx:
            return PageStore(tx).latest(original)


@pytest.fixture
def office(desk):
    return office_of(desk)


@pytest.fixture
def office_on_both(desk_on_both):
    return office_of(desk_on_both)


def office_of(desk):
    desk.source(discovery='hosts = ["old-paper.test"]', articles="allow = ['^/article/', '^/\\d{4}/']")
    return Office(desk)


def replays(press):
    return [path for path in press.paths(ARCHIVE) if replay_of(f"http://{ARCHIVE}{path}")]


def test_a_month_of_captures_is_brought_back_as_it_was(office_on_both, press):
    office = office_on_both
    archive = press.papers[ARCHIVE] = Archive(press)
    first = archive.add("20140105120000", "/article/1", office.story(1))
    archive.add("20140120120000", "/article/1", office.story(2))  # later, and another text
    relative = press.html(
        "Le pont",
        "<article><h1>Le pont est ouvert</h1><p class='date'>Publié il y a 3 heures</p>"
        + "".join(f"<p>Le pont de la ville, attendu depuis {k + 2} ans, a été ouvert lundi par le maire.</p>" for k in range(6))
        + "</article>",
    )
    archive.add("20140107140000", "/article/2", replace(relative, fault="zipped"))
    archive.add("20140108120000", "/article/3?utm_source=x", office.story(3))
    archive.add("20140109120000", "/article/3", office.story(3))
    archive.add("20131115120000", "/article/old", office.story(4))  # captured before the range: published before it
    archive.add("20140115120000", "/article/old", office.story(4))
    archive.add("20140110120000", "/2011/05/04/un-jour-ancien", office.story(5))
    archive.add("20140110120000", "/rubrique/sport/", office.story(6))
    archive.add("20140111120000", "/article/4", office.story(7), host="old-paper.test")
    archive.add("20140112120000", "/article/5", office.story(8))
    archive.add("20140203120000", "/article/6", office.story(9))  # the next slice's

    report = office.work(office.open(archive.base))

    assert report.state is RunState.DONE
    found = office.articles()
    assert set(found) == {"/article/1", "/article/2", "/article/3", "/article/5", "http://old-paper.test/article/4"}
    assert "Conseil numéro 1" in found["/article/1"].title
    page = office.page(first)
    assert (page.fetched_at, page.url, page.url_key) == (datetime(2014, 1, 5, 12, tzinfo=UTC), first, url_key(first))
    assert page.headers[0] == ("Content-Type", "text/html; charset=utf-8")
    assert found["/article/1"].first_seen == page.fetched_at
    assert found["/article/2"].published_on == date(2014, 1, 7), "a relative date counts from the capture"
    asked = replays(press)
    assert len(asked) == len(set(asked)) == 5, "every article once"
    assert "/web/20140109120000id_/http://paper.test/article/3" in asked, "without tracking"
    assert press.asked("paper.test") == [], "the paper itself is asked for nothing"
    assert (office.folder / "engine.log").read_text() == ""
    index = [path for path in press.paths(ARCHIVE) if "/cdx/" in path]
    assert len(index) == 4, "three pages of the paper's domain, one of the other host"


def replay(place, archive, slice_=-1):
    """A run over one slice to its end, nothing read."""
    source = Registry([place.folder / "sources"], bundled=False).get("paper")
    run = place.open(kind=RunKind.REPLAY, **plan_wayback(source, SINCE, UNTIL, archive.base)[slice_].params)
    place.crawl(run)
    return run


def test_slices_ask_for_nothing_twice(place, press):
    place.source()
    archive = press.papers[ARCHIVE] = Archive(press)
    archive.add("20140205120000", "/article/2", press.article(2))
    replay(place, archive, -2)
    before = replays(press)
    archive.add("20140105120000", "/article/1", press.article(1))
    archive.add("20140103120000", "/article/2?utm_medium=y", press.article(2))  # an earlier capture of it, which came to light since
    replay(place, archive)
    assert before == ["/web/20140205120000id_/http://paper.test/article/2"]
    assert replays(press)[1:] == ["/web/20140105120000id_/http://paper.test/article/1"]


def test_a_backfill_goes_through_its_slices(office, press):
    archive = press.papers[ARCHIVE] = Archive(press)
    archive.add("20140105120000", "/article/1", office.story(1))
    archive.add("20140210120000", "/article/2", office.story(2))
    archive.add("20140310120000", "/article/3", press.html("Erreur", "<h1>Page introuvable</h1><p>Cette page n'existe pas ou plus.</p>"))
    source, now = office.registry.get("paper"), datetime.now(UTC)
    plans = plan_wayback(source, SINCE, date(2014, 3, 1), archive.base)

    def keep(tx):
        SourceStore(tx).sync(office.registry.entries(), now)
        return BackfillStore(tx).open("paper", SINCE, date(2014, 3, 1), [Way.WAYBACK], params={}, plans=plans, now=now)

    kept = office.database.transact(keep)
    report = backfill.work_on(office.spec(), office.database, office.registry, kept.id)
    assert (report.backfill.state, report.tally) == (BackfillState.DONE, {SliceState.DONE: 3})
    assert set(office.articles()) == {"/article/1", "/article/2"}
    assert (report.counts["listed"], report.counts["read"]) == (3, 2)
    assert len(replays(press)) == 3


def test_faults_of_the_archive_and_what_it_did_not_capture_well(office, press):
    archive = press.papers[ARCHIVE] = Archive(press, rows_a_page=10)
    archive.first["/cdx/search/cdx"] = [press.Answer(b'[["timestamp","original"],["20140105')]
    archive.first["/web/20140105120000id_/http://paper.test/article/1"] = [
        press.Answer(b"wait", 503, {"Retry-After": "1"}),
        press.Answer(b"<html>offline for now</html>"),
    ]
    archive.add("20140105120000", "/article/1", office.story(1))
    soft = press.html("Erreur 404", "<h1>Page introuvable</h1><p>La page que vous cherchez n'existe pas ou plus sur ce site.</p>")
    archive.add("20140106120000", "/article/soft", soft)
    archive.add("20140107120000", "/article/lost", office.story(2))
    archive.first["/web/20140107120000id_/http://paper.test/article/lost"] = [press.Answer(b"<html>no capture</html>", 404)]
    archive.add("20140108120000", "/article/near", office.story(3))
    archive.add("20140109120000", "/article/near", office.story(3))
    archive.first["/web/20140108120000id_/http://paper.test/article/near"] = [
        press.redirect("/web/20140109120000id_/http://paper.test/article/near", 302)
    ]
    archive.add("20140110120000", "/article/moved", office.story(4))
    archive.first["/web/20140110120000id_/http://paper.test/article/moved"] = [
        press.Answer(b"", 301, {"X-Archive-Orig-Location": "/article/target", "Memento-Datetime": "Fri, 10 Jan 2014 12:00:00 GMT"})
    ]
    archive.add("20140111120000", "/article/target", office.story(5))

    report = office.work(office.open(archive.base))

    assert report.state is RunState.DONE
    found = office.articles()
    assert set(found) == {"/article/1", "/article/near", "/article/target"}
    assert office.page("http://paper.test/article/near").fetched_at == datetime(2014, 1, 9, 12, tzinfo=UTC)
    assert office.page("http://paper.test/article/lost") is None
    assert office.page("http://paper.test/article/moved").status == 301
    assert office.page("http://paper.test/article/soft").state == "rejected"
    assert replays(press).count("/web/20140105120000id_/http://paper.test/article/1") == 3
    asked = press.asked(ARCHIVE, "/web/20140105120000id_/http://paper.test/article/1")
    assert asked[1].at - asked[0].at >= 1, "as long as it wished"


def test_an_article_that_was_read_live_is_not_replayed_and_replays_lead_nowhere(office, press):
    paper = press.papers["paper.test"]
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    paper["/article/1"] = office.story(1)
    archive = press.papers[ARCHIVE] = Archive(press)
    archive.add("20140105120000", "/article/1", press.html("Vieux", "<article><h1>Vieux</h1><p>Une vieille version.</p></article>"))
    linking = office.story(2)
    archive.add(
        "20140106120000",
        "/article/2",
        replace(linking, body=linking.body.replace(b"</article>", b'</article><a href="/article/9">Une autre page</a>')),
    )
    now = datetime.now(UTC)

    def crawl(tx):
        SourceStore(tx).sync(office.registry.entries(), now)
        return open_run(tx, office.registry.get("paper"), RunKind.CRAWL, slot=None, params={}, now=now)

    office.work(office.database.transact(crawl))
    live = office.articles()["/article/1"]
    office.work(office.open(archive.base))
    assert replays(press) == ["/web/20140106120000id_/http://paper.test/article/2"]
    assert office.articles()["/article/1"] == live
    assert "/article/9" not in press.paths("paper.test")
    run = office.database.transact(crawl)
    assert run.counts.get("revisits", 0) == 0, "a capture is not visited again"


def test_a_pywb_collection_is_asked_in_its_own_way(place, press):
    place.source()
    archive = press.papers[ARCHIVE] = Archive(press, pywb=True)
    archive.add("20140105120000", "/article/1", press.article(1))
    archive.add("20140120120000", "/article/1", press.article(2))
    archive.add("20131115120000", "/article/old", press.article(4))
    archive.add("20140115120000", "/article/old", press.article(4))
    replay(place, archive)
    assert replays(press) == ["/press/20140105120000id_/http://paper.test/article/1"]
    assert place.page("/article/1").fetched_at == datetime(2014, 1, 5, 12, tzinfo=UTC)
    assert place.log() == ""


def test_robots_txt_of_the_archive_is_obeyed(place, press):
    place.source()
    archive = press.papers[ARCHIVE] = Archive(press)
    archive.first["/robots.txt"] = [press.Answer(b"User-agent: *\nDisallow: /web/\n")]
    archive.add("20140105120000", "/article/1", press.article(1))
    run = replay(place, archive)
    assert replays(press) == []
    assert place.failures(run) == {"robots": 1}


def test_a_killed_replay_goes_on_where_it_was(place_on_both, press, wait_for):
    place = place_on_both
    place.source()
    archive = press.papers[ARCHIVE] = Archive(press, rows_a_page=7)
    for n in range(1, 31):
        archive.add(f"201401{n:02}120000", f"/article/{n}", press.article(n))
    source = Registry([place.folder / "sources"], bundled=False).get("paper")
    params = {**plan_wayback(source, SINCE, UNTIL, archive.base)[-1].params, "delay": 0.02}
    run = place.open(kind=RunKind.REPLAY, **params)
    engine = place.engine()
    wait_for(lambda: len(replays(press)) >= 10, place.log)
    os.kill(engine.pid, signal.SIGKILL)
    wait_for(lambda: not engine.alive)
    place.crawl(run)
    assert place.unread() == 30
    asked = replays(press)
    assert len(set(asked)) == 30
    assert len(asked) <= 30 + 12, "what was under way, or not yet written, is asked for again"
    assert len({place.page(f"/article/{n}").fetched_at for n in range(1, 31)}) == 30
