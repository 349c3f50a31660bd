"""Sessions, jobs and the service over small papers on loopback: real fetching process, real reading workers, real sockets."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.clock import Clock
from crawlers.demo.server import Newsroom
from crawlers.registry import Registry
from crawlers.runs import open_run
from crawlers.spec import EngineSpec
from db.engine import Database
from db.errors import Unavailable, UnknownName
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.identity import url_key
from db.leases import owner_in_words, owner_name
from db.pages import PageStore
from db.query import ArticleQuery
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind, RunState
from pipeline import jobs, session
from pipeline.report import RunReport
from pipeline.service import Service
from pipeline.session import Session, SessionSpec

PAPER = """
home = "http://{host}/"
time_zone = "Africa/Algiers"
[discovery]
guess = false
feeds = ["/feed"]
[articles]
allow = ["^/article/"]
[politeness]
delay = {delay}
concurrency = 1
[timetable]
{timetable}
"""
TURNS = 3000
PLACES = ("Alger", "Blida", "Constantine", "Djelfa", "Ghardaia", "Jijel", "Khenchela", "Laghouat", "Mascara", "Naama", "Oran", "Relizane")


class Bureau:
    """A database, source files and what a session is told."""

    def __init__(self, url: str, folder: Path, engine_spec: Callable[..., EngineSpec]) -> None:
        self.url, self.folder, self.sources, self._engine_spec = url, folder, folder / "sources", engine_spec
        self.sources.mkdir()
        self.database = Database.open(url)
        self.resolve: dict[str, str] = {}

    def spec(self, **engine: object) -> SessionSpec:
        return SessionSpec(self._engine_spec(self.url, self.resolve, **engine), readers=1)

    @property
    def registry(self) -> Registry:
        return Registry([self.sources], bundled=False)

    def source(self, name: str = "paper", *, delay: float = 0, timetable: str = 'every = "15m"') -> None:
        text = PAPER.format(host=f"{name}.test", delay=delay, timetable=timetable)
        (self.sources / f"{name}.toml").write_text(text)

    def crawl(self, *names: str, spec: SessionSpec | None = None, **how: object) -> list[RunReport]:
        return jobs.crawl(spec or self.spec(), self.database, self.registry, names or self.registry.names(), **how)

    def service(self, **how: object) -> Service:
        return Service(self.spec(), self.database, self.registry, **how)

    def ask(self, work: Callable):
        with self.database.read() as tx:
            return work(tx)

    def runs(self, kind: RunKind | None = None):
        return self.ask(lambda tx: RunStore(tx).recent(kind=kind))[::-1]

    def articles(self, source: str | None = None) -> list[str]:
        def work(tx) -> list[str]:
            query = ArticleQuery(tx) if source is None else ArticleQuery(tx).from_source(source)
            return sorted(article.url for article in query.articles())

        return self.ask(work)

    def begin(self, name: str = "paper", *, owner: str | None = None, kind: RunKind = RunKind.CRAWL, slot: str | None = None):
        """Open a run; with `owner` it is leased to somebody."""
        now = datetime.now(UTC)

        def work(tx):
            SourceStore(tx).sync(self.registry.entries(), now)
            run = open_run(tx, self.registry.get(name), kind, slot=slot, params={}, now=now)
            return RunStore(tx).lease(run.id, owner, now, now + timedelta(minutes=5)) if owner else run

        return self.database.transact(work)

    def log(self) -> str:
        path = self.folder / "engine.log"
        return path.read_text() if path.exists() else ""


def story(n: int) -> str:
    """A page's text that no other page has."""
    place, other = PLACES[n % len(PLACES)], PLACES[(n * 7 + 3) % len(PLACES)]
    return "".join(
        f"<p>À {place}, le conseil numéro {n} a voté {n * 13 + k} projets de routes vers {other}, que les habitants attendent depuis {k + 2} ans.</p>"
        for k in range(4)
    )


@pytest.fixture
def bureau(make_database_url, tmp_path, engine_spec) -> Iterator[Bureau]:
    made = Bureau(make_database_url("sqlite"), tmp_path, engine_spec)
    yield made
    made.database.close()


@pytest.fixture
def bureau_on_both(database_url, tmp_path, engine_spec) -> Iterator[Bureau]:
    made = Bureau(database_url, tmp_path, engine_spec)
    yield made
    made.database.close()


@pytest.fixture
def publish(press) -> Callable[..., list[str]]:
    """A function that fills a paper with articles its feed names; returns their paths."""

    def fill(bureau: Bureau, n: int = 6, name: str = "paper", **source: object) -> list[str]:
        bureau.source(name, **source)
        paths = [f"/article/{k}" for k in range(1, n + 1)]
        paper = press.papers.setdefault(f"{name}.test", {})
        paper["/feed"] = press.feed(f"{name}.test", paths)
        paper["/"] = press.html("Une", press.links(paths))
        for k, path in enumerate(paths, 1):
            shift = 1000 * len(press.papers)
            paper[path] = press.html(
                f"Conseil numéro {k + shift}", f"<article><h1>Conseil numéro {k + shift}</h1>{story(k + shift)}</article>"
            )
        bureau.resolve |= press.resolve
        return paths

    return fill


def fetched(press, name: str = "paper") -> Counter[str]:
    """How often each article was asked for."""
    return Counter(path for path in press.paths(f"{name}.test") if path.startswith("/article/"))


def work(session: Session, until: Callable[[], bool]) -> list[RunReport]:
    reports: list[RunReport] = []
    for _ in range(TURNS):
        if until():
            return reports
        reports += session.turn()
    raise AssertionError("the session never got there")


# ---------------------------------------------------------------- a run and its end


@pytest.mark.fresh_processes
def test_a_crawl_is_over_when_nothing_is_due_leased_or_unread(bureau_on_both: Bureau, publish, press):
    bureau = bureau_on_both
    paths = publish(bureau)
    seen = []
    [report] = bureau.crawl(on_progress=seen.append)
    assert (report.source, report.kind, report.state, report.note) == ("paper", RunKind.CRAWL, RunState.DONE, None)
    assert (report.counts["new"], report.counts["read"], report.counts["fetched"]) == (6, 6, 8)
    assert bureau.articles() == [f"http://paper.test{path}" for path in paths]
    assert bureau.ask(lambda tx: PageStore(tx).unread()) == 0
    assert fetched(press) == dict.fromkeys(paths, 1)
    [run] = bureau.runs()
    assert (run.state, run.owner) == (RunState.DONE, None)
    assert report.counts.items() < run.counts.items(), "and the figures by which later runs are judged"
    assert not bureau.ask(lambda tx: FrontierStore(tx).is_fetching(run.id, datetime.now(UTC)))
    assert all(host.owner is None for host in bureau.ask(lambda tx: HostStore(tx).list()))
    assert seen, "progress was told"


def test_several_sources_share_one_session(bureau: Bureau, publish, press):
    publish(bureau, 3, "one")
    publish(bureau, 4, "two")
    reports = bureau.crawl()
    assert [(report.source, report.state, report.counts["new"]) for report in reports] == [
        ("one", RunState.DONE, 3),
        ("two", RunState.DONE, 4),
    ]
    assert len(bureau.articles()) == 7


def test_a_second_crawl_stores_nothing_and_fetches_no_article_again(bureau: Bureau, publish, press):
    publish(bureau, 3)
    bureau.crawl()
    [report] = bureau.crawl()
    assert (report.state, report.counts.get("new", 0)) == (RunState.DONE, 0)
    assert "nothing new" in str(report.note)
    assert set(fetched(press).values()) == {1}


def test_an_unknown_source_is_refused_before_anything_starts(bureau: Bureau, publish, press):
    publish(bureau)
    with pytest.raises(UnknownName, match="paper"):
        bureau.crawl("papier")
    with pytest.raises(UnknownName, match="sources add"):
        jobs.crawl(bureau.spec(), bureau.database, Registry([], bundled=False), [])
    assert bureau.runs() == []
    assert press.log == []


# ---------------------------------------------------------------- cut short, and gone on with


def test_a_limit_leaves_the_rest_to_the_next_crawl(bureau_on_both: Bureau, publish, press):
    bureau = bureau_on_both
    paths = publish(bureau)
    [first] = bureau.crawl(limit=2)
    assert (first.state, first.counts["new"], first.counts["left"]) == (RunState.STOPPED, 2, 4)
    assert first.note == "4 addresses wait for the next run; stopped by --limit 2: `veille crawl paper` goes on"
    assert sum(fetched(press).values()) == 2
    [second] = bureau.crawl()
    assert (second.state, second.counts["new"]) == (RunState.DONE, 4)
    assert fetched(press) == dict.fromkeys(paths, 1)
    assert len(bureau.articles()) == 6


def test_time_that_is_up_leaves_the_rest_to_the_next_crawl(bureau: Bureau, publish, press):
    paths = publish(bureau, 12, delay=0.3)
    [first] = bureau.crawl(at_most=timedelta(seconds=3))
    assert first.state is RunState.STOPPED
    bureau.source(delay=0)
    [second] = bureau.crawl()
    assert second.state is RunState.DONE
    assert first.counts.get("new", 0) + second.counts["new"] == 12
    assert fetched(press) == dict.fromkeys(paths, 1)
    assert bureau.ask(lambda tx: PageStore(tx).unread()) == 0


def test_pages_that_a_stopped_run_left_unread_are_read_by_the_next(bureau: Bureau, publish, press, monkeypatch):
    paths = publish(bureau, 5)
    press.papers["paper.test"]["/article/9"] = press.html("Seul", f"<article><h1>Seul</h1>{story(9)}</article>")
    last = press.papers["paper.test"]["/article/5"]
    press.papers["paper.test"]["/article/5"] = replace(last, body=last.body.replace(b"</body>", b'<a href="/article/9">Un lien</a></body>'))
    monkeypatch.setattr("pipeline.read_loop.ReadLoop._lease", lambda *_: None)
    with Session(bureau.spec(), bureau.database, bureau.registry) as stopped:
        assert stopped.add(bureau.begin().id)
        work(stopped, lambda: bureau.ask(lambda tx: PageStore(tx).unread()) == 5)
        [report] = stopped.close()
    assert (report.state, report.counts["unread"], report.counts.get("new")) == (RunState.STOPPED, 5, None)
    monkeypatch.undo()
    [report] = bureau.crawl()
    assert (report.state, report.counts["new"], report.note) == (RunState.DONE, 6, None)
    assert fetched(press) == dict.fromkeys([*paths, "/article/9"], 1), "what they lead to is fetched by the same run"
    assert bureau.ask(lambda tx: PageStore(tx).unread()) == 0


def test_torture_86_a_fetching_process_killed_in_mid_run_is_replaced(bureau_on_both: Bureau, publish, press):
    bureau = bureau_on_both
    paths = publish(bureau, 30, delay=0.03)
    with Session(bureau.spec(), bureau.database, bureau.registry) as working:
        assert working.add(bureau.begin().id)
        killed = []
        for least in (3, 10):
            work(working, lambda least=least: len(fetched(press)) >= least)
            killed.append(working._engine.pid)
            os.kill(killed[-1], signal.SIGKILL)
            work(working, lambda: working._engine.pid not in {None, *killed})
        [report] = work(working, lambda: not working.open_runs)
    assert (report.state, report.counts["new"]) == (RunState.DONE, 30)
    assert len(bureau.articles()) == 30
    assert set(fetched(press)) == set(paths)
    assert sum(fetched(press).values()) <= 30 + 2 * 10, "little is fetched twice"


def test_torture_87_an_archive_that_cannot_be_written_ends_the_work_in_words(bureau: Bureau, publish):
    publish(bureau)
    (bureau.folder / "file").write_text("no folder")
    with pytest.raises(Unavailable, match="the fetching process died 4 times") as error:
        bureau.crawl(spec=bureau.spec(archive=bureau.folder / "file"))
    assert str(bureau.folder / "file") in str(error.value)
    [run] = bureau.runs()
    assert run.state is RunState.RUNNING, "the next crawl goes on with it"
    assert bureau.ask(lambda tx: FrontierStore(tx).pending([run.id]))[run.id] > 0


def test_deaths_long_ago_do_not_count(bureau: Bureau, publish, monkeypatch):
    publish(bureau)
    monkeypatch.setattr(session, "RESTARTS_SECONDS", 0.0)
    with Session(bureau.spec(), bureau.database, bureau.registry) as working:
        assert working.add(bureau.begin().id)
        for _ in range(session.ENGINE_RESTARTS + 2):
            working._engine.kill()
            working.turn(0)
        [report] = work(working, lambda: not working.open_runs)
    assert report.counts["new"] == 6


# ---------------------------------------------------------------- held by others


def test_torture_91_a_run_that_somebody_alive_holds_is_left_to_them(bureau_on_both: Bureau, publish, press):
    bureau = bureau_on_both
    publish(bureau)
    owner = owner_name()
    bureau.begin(owner=owner)
    [report] = bureau.crawl()
    assert (report.state, report.counts) == (RunState.RUNNING, {})
    assert report.note == f"another veille is working on it ({owner_in_words(owner)})"
    assert press.log == []


def test_torture_91_a_run_taken_over_is_not_ended_by_its_former_holder(bureau: Bureau, publish):
    publish(bureau, 2)
    with Session(bureau.spec(), bureau.database, bureau.registry) as late:
        run = bureau.begin()
        assert late.add(run.id)
        now = datetime.now(UTC) + timedelta(minutes=2)
        assert bureau.database.transact(lambda tx: RunStore(tx).lease(run.id, "other", now, now + timedelta(minutes=5)))
        [report] = late.close()
    assert (report.state, report.note) == (RunState.STOPPED, "another process has taken this run over")
    [run] = bureau.runs()
    assert (run.state, run.owner) == (RunState.RUNNING, "other")


# ---------------------------------------------------------------- what brings nothing says why


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("where", "word"), [({"dead.test": "127.0.0.1:9"}, "connect"), ({}, "dns")])
def test_torture_1_a_dead_host_fails_in_words_and_holds_up_nobody(bureau: Bureau, publish, where, word):
    publish(bureau, 2)
    bureau.source("dead")
    dead, alive = bureau.crawl(spec=bureau.spec(resolve=bureau.resolve | where, timeout=2.0))
    assert (dead.source, dead.state) == ("dead", RunState.FAILED)
    assert dead.counts == {word: 2}, "its front page and its feed"
    assert str(dead.note).startswith(f"no article: 2 {word}; it")
    assert (alive.source, alive.state, alive.counts["new"]) == ("paper", RunState.DONE, 2)
    assert bureau.runs()[0].note == dead.note


@pytest.mark.usefixtures("hurried")
def test_torture_28_while_robots_txt_is_broken_nothing_is_fetched_and_nothing_lost(bureau: Bureau, publish, press):
    paths = publish(bureau, 4)
    paper = press.papers["paper.test"]
    bureau.crawl(limit=1)
    paper |= {"/robots.txt": press.Answer(b"oops", 500), "/feed": press.feed("paper.test", []), "/": press.html("Une")}
    before = len(press.log)
    [report] = bureau.crawl(spec=bureau.spec(clock_offset=timedelta(days=2)))
    assert report.state is RunState.FAILED
    assert report.counts.get("fetched", 0) == 0
    assert {asked.path for asked in press.log[before:]} == {"/robots.txt"}
    assert "server errors" in str(report.note)
    paper["/robots.txt"] = press.Answer(b"", 404)
    [report] = bureau.crawl(spec=bureau.spec(clock_offset=timedelta(days=4)))
    assert (report.state, report.counts["new"]) == (RunState.DONE, 3), "although neither feed nor front page names them any more"
    assert fetched(press) == dict.fromkeys(paths, 1)


@pytest.mark.usefixtures("hurried")
def test_torture_26_a_network_that_is_down_for_a_while_costs_no_address(bureau: Bureau, publish, press):
    paths = publish(bureau, 4)
    bureau.crawl(limit=1)
    press.papers["paper.test"] |= {"/feed": press.feed("paper.test", []), "/": press.html("Une")}
    for _ in range(2):
        [report] = bureau.crawl(spec=bureau.spec(resolve={"paper.test": "127.0.0.1:9"}))
        assert report.state is RunState.FAILED
    [report] = bureau.crawl()
    assert (report.state, report.counts["new"]) == (RunState.DONE, 3)
    assert fetched(press) == dict.fromkeys(paths, 1)


def test_torture_18_a_host_that_asks_for_an_hour_of_silence_ends_the_run_and_loses_nothing(bureau_on_both: Bureau, publish, press):
    bureau = bureau_on_both
    paths = publish(bureau, 6)
    paper = press.papers["paper.test"]
    whole = {path: paper[path] for path in paths}
    served: list[str] = []

    def tired(asked):
        if len(served) == 2:
            return press.Answer(b"later", 429, {"Retry-After": "3600"})
        served.append(asked.path)
        return whole[asked.path]

    paper |= dict.fromkeys(paths, tired)
    [report] = bureau.crawl()
    assert (report.state, report.counts["new"], report.counts["left"]) == (RunState.STOPPED, 2, 4)
    paused = bureau.ask(lambda tx: HostStore(tx).list())[0].pause_until
    assert f"paper.test asked not to be visited before {paused:%Y-%m-%d %H:%M} UTC" in str(report.note)
    asked = len(press.log)
    [report] = bureau.crawl()
    assert (report.state, len(press.log)) == (RunState.STOPPED, asked), "the next run keeps silent, and ends"
    assert "asked not to be visited before" in str(report.note)
    paper |= whole
    [report] = bureau.crawl(spec=bureau.spec(clock_offset=timedelta(hours=2)))
    assert (report.state, report.counts["new"]) == (RunState.DONE, 4)
    assert "visited" not in str(report.note)
    assert len(bureau.articles()) == 6


def test_a_silent_host_does_not_hold_up_another_of_the_same_run(bureau: Bureau, publish, press):
    publish(bureau, 2)
    paper = press.papers["paper.test"]
    bureau.resolve |= {"www.paper.test": bureau.resolve["paper.test"]}
    other = [f"/article/{n}" for n in range(50, 54)]
    press.papers["www.paper.test"] = {
        path: press.html(f"Port {path}", f"<article><h1>Port {path}</h1>{story(n)}</article>") for n, path in enumerate(other, 50)
    }
    paper["/"] = press.html("Une", press.links([f"http://www.paper.test{path}" for path in other]))
    paper |= dict.fromkeys(("/article/1", "/article/2"), press.Answer(b"later", 503, {"Retry-After": "3600"}))
    [report] = bureau.crawl()
    assert (report.state, report.counts["new"]) == (RunState.STOPPED, 4)


def test_torture_18_a_host_that_refuses_the_very_first_request_is_not_asked_again_in_its_silence(bureau: Bureau, publish, press):
    publish(bureau, 2)
    paper = press.papers["paper.test"]
    whole = dict(paper)
    paper |= dict.fromkeys([path for path in paper if path != "/robots.txt"], press.Answer(b"later", 429, {"Retry-After": "3600"}))
    [first] = bureau.crawl()
    asked = len(press.log)
    [second] = bureau.crawl()
    assert len(press.log) == asked
    assert all("paper.test asked not to be visited before" in str(report.note) for report in (first, second))
    assert (first.state, second.state) == (RunState.STOPPED, RunState.STOPPED)
    paper |= whole
    [report] = bureau.crawl(spec=bureau.spec(clock_offset=timedelta(hours=2)))
    assert (report.state, report.counts["new"]) == (RunState.DONE, 2)


def test_a_backfill_waits_for_the_end_of_a_silence(bureau: Bureau, publish, press):
    publish(bureau, 2)
    run = bureau.begin(kind=RunKind.BACKFILL)

    def silence(tx):
        lease = HostStore(tx).lease("paper.test", "somebody", datetime.now(UTC), datetime.now(UTC) + timedelta(seconds=1))
        HostStore(tx).update(lease, next_allowed_at=None, pause_until=datetime.now(UTC) + timedelta(hours=1))
        HostStore(tx).release("somebody")

    bureau.database.transact(silence)
    with Session(bureau.spec(), bureau.database, bureau.registry) as session:
        assert session.add(run.id)
        until = time.monotonic() + 3  # long enough for whoever fetches to say that there is nothing to ask
        while time.monotonic() < until:
            assert session.turn() == []
        session.hand_over()
    assert press.log == []
    with Session(bureau.spec(clock_offset=timedelta(hours=2)), bureau.database, bureau.registry) as session:
        assert session.add(run.id)
        while not (ended := session.turn()):
            pass
    assert (ended[0].state, ended[0].counts["new"]) == (RunState.DONE, 2)


def test_a_run_whose_clock_is_set_back_fetches_at_once_what_it_wants(bureau: Bureau, publish, press):
    publish(bureau, 2)
    run = bureau.begin(kind=RunKind.BACKFILL)
    with Session(bureau.spec(clock_offset=timedelta(hours=-2)), bureau.database, bureau.registry) as session:
        assert session.add(run.id)
        while not (ended := session.turn()):
            pass
    assert (ended[0].state, ended[0].counts["new"]) == (RunState.DONE, 2)


def test_a_moment_of_silence_is_waited_for(bureau: Bureau, publish, press):
    paths = publish(bureau, 3)
    paper = press.papers["paper.test"]
    page, answers = paper[paths[0]], iter([press.Answer(b"later", 429, {"Retry-After": "1"})])
    paper[paths[0]] = lambda asked: next(answers, page)
    [report] = bureau.crawl()
    assert (report.state, report.counts["new"]) == (RunState.DONE, 3)


def test_an_open_run_of_a_removed_source_is_ended_and_stops_nobody(bureau: Bureau, publish, press):
    publish(bureau, 2, "gone")
    publish(bureau, 2)
    gone, stays = bureau.begin("gone"), bureau.begin()
    (bureau.sources / "gone.toml").unlink()
    with Session(bureau.spec(), bureau.database, bureau.registry) as working:
        assert working.add(gone.id)
        assert working.add(stays.id)
        reports = work(working, lambda: not working.open_runs)
    assert {report.source: report.state for report in reports} == {"gone": RunState.STOPPED, "paper": RunState.DONE}
    assert fetched(press, "gone") == {}


# ---------------------------------------------------------------- the timetable


def stop_after(reports: list[RunReport], number: int) -> Callable[[], bool]:
    turns = iter(range(TURNS))
    return lambda: len(reports) >= number or next(turns, None) is None


def test_a_due_source_becomes_a_run_of_its_slot(bureau_on_both: Bureau, publish):
    bureau = bureau_on_both
    publish(bureau, 2)
    ended, begun = [], []
    [report] = bureau.service(on_report=ended.append, on_start=begun.append).work(stop_after(ended, 1))
    assert (report.source, report.state, report.counts["new"]) == ("paper", RunState.DONE, 2)
    [run] = bureau.runs()
    assert [each.id for each in begun] == [run.id]
    slot = datetime.fromisoformat(run.slot)
    assert (slot.tzinfo, slot.minute % 15, slot.second) == (None, 0, 0), "a quarter of an hour on the wall, in the source's zone"


def test_a_slot_that_had_its_run_has_no_second(bureau_on_both: Bureau, publish):
    bureau = bureau_on_both
    publish(bureau, 2)
    now = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
    bureau.begin(owner=None)
    bureau.database.transact(
        lambda tx: RunStore(tx).finish(RunStore(tx).lease(1, "me", now, now + timedelta(1)), RunState.DONE, {}, None, now)
    )
    [run] = bureau.service().open_due(now)
    assert run.slot == "2026-03-01T13:00:00", "wall time in Algiers"
    assert bureau.service().open_due(now) == [], "its run is still open"
    assert bureau.service().open_due(now + timedelta(minutes=40)) == [], "a visit does not begin before the last one is over"
    bureau.database.transact(
        lambda tx: RunStore(tx).finish(RunStore(tx).lease(run.id, "me", now, now + timedelta(1)), RunState.DONE, {}, None, now)
    )
    assert bureau.service().open_due(now) == []
    assert bureau.service().open_due(now - timedelta(hours=1)) == [], "nor again after the clock was set back"
    [run] = bureau.service().open_due(now + timedelta(hours=8))
    assert run.slot == "2026-03-01T21:00:00", "slots that were missed are caught up once"


@pytest.mark.parametrize("kind", ["threads", "works"])
def test_torture_91_two_services_at_once_make_one_run_a_slot(bureau_on_both: Bureau, publish, press, kind):
    bureau = bureau_on_both
    paths = publish(bureau, 3)
    bureau.database.transact(lambda tx: SourceStore(tx).sync(bureau.registry.entries(), datetime.now(UTC)))
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def serve() -> None:
        own = Database.open(bureau.url)
        try:
            ended: list[RunReport] = []
            service = Service(bureau.spec(), own, bureau.registry, on_report=ended.append)
            start.wait()
            if kind == "threads":
                for k in range(40):
                    service.open_due(datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(hours=k))
                    close_all(own)
            else:
                service.work(lambda: bool([run for run in bureau.runs() if run.ended_at]))
        except BaseException as error:  # handed to the test's own thread
            failures.append(error)
        finally:
            own.close()

    both = [threading.Thread(target=serve) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert failures == []
    slots = [run.slot for run in bureau.ask(lambda tx: RunStore(tx).recent(limit=1000))]
    assert None not in slots
    assert len(slots) == len(set(slots))
    if kind == "works":
        assert fetched(press) == dict.fromkeys(paths, 1)
        assert len(bureau.articles()) == 3


def close_all(database: Database) -> None:
    """End whatever run is open, as far as nobody else has done it."""
    now = datetime.now(UTC)

    def end(tx) -> None:
        store = RunStore(tx)
        for run in store.open_runs():
            leased = store.lease(run.id, owner_name(), now, now + timedelta(minutes=1))
            if leased:
                store.finish(leased, RunState.DONE, {}, None, now)

    database.transact(end)


def test_torture_91_the_open_run_of_a_killed_holder_is_taken_up(bureau: Bureau, publish):
    publish(bureau, 2, timetable='cron = "0 4 1 1 *"')
    host, pid, ticks, nonce = owner_name().rsplit(":", 3)
    run = bureau.begin(owner=f"{host}:{pid}:{ticks}1:{nonce}", kind=RunKind.BACKFILL)
    ended: list[RunReport] = []
    [report] = bureau.service(on_report=ended.append).work(stop_after(ended, 1))
    assert (report.run_id, report.kind, report.state) == (run.id, RunKind.BACKFILL, RunState.DONE)


def test_a_holder_that_dies_while_the_service_works_is_noticed(bureau: Bureau, publish, monkeypatch):
    publish(bureau, 2, timetable='cron = "0 4 1 1 *"')
    run = bureau.begin(owner=owner_name())
    monkeypatch.setattr("pipeline.run_desk.LOOK_EVERY", timedelta(0))
    service = bureau.service()
    taken_up = 0
    with Session(bureau.spec(), bureau.database, bureau.registry) as working:
        for _ in range(3):
            service.turn(working)
            taken_up += len(working.open_runs)
        assert taken_up == 0
        monkeypatch.setattr("db.leases.owner_is_gone", lambda owner: owner == run.owner)
        service.turn(working)
        assert [each.id for each in working.open_runs] == [run.id]


def test_a_paused_source_is_left_out(bureau: Bureau, publish):
    publish(bureau, 1, "one")
    publish(bureau, 1, "two")
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    bureau.database.transact(lambda tx: (SourceStore(tx).sync(bureau.registry.entries(), now), SourceStore(tx).pause("one")))
    assert [run.source for run in bureau.service().open_due(now)] == ["two"]
    bureau.database.transact(lambda tx: SourceStore(tx).resume("one", now))
    assert [run.source for run in bureau.service().open_due(now)] == ["one"]


def test_a_service_that_is_stopped_ends_its_runs_in_order(bureau: Bureau, publish, press):
    paths = publish(bureau, 8, delay=0.3)
    reports = bureau.service().work(lambda: len(fetched(press)) >= 2)
    assert [report.state for report in reports] == [RunState.STOPPED]
    bureau.source(delay=0)
    bureau.crawl()
    assert fetched(press) == dict.fromkeys(paths, 1)
    assert len(bureau.articles()) == 8


# ---------------------------------------------------------------- other jobs


def test_kept_pages_nobody_has_read_are_read_without_fetching(bureau: Bureau, publish, press, monkeypatch):
    publish(bureau, 3)
    monkeypatch.setattr("pipeline.read_loop.ReadLoop._lease", lambda *_: None)
    with Session(bureau.spec(), bureau.database, bureau.registry) as stopped:
        assert stopped.add(bureau.begin().id)
        work(stopped, lambda: bureau.ask(lambda tx: PageStore(tx).unread()) == 3)
    monkeypatch.undo()
    asked, told = len(press.log), []
    pages = jobs.read_pending(bureau.spec(), bureau.database, bureau.registry, on_progress=told.extend)
    assert [page.outcome for page in pages] == ["new"] * 3
    assert told == pages
    assert len(press.log) == asked
    assert jobs.read_pending(bureau.spec(), bureau.database, bureau.registry) == []


# ---------------------------------------------------------------- the demo newspapers


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as opened:
        yield opened


def told(bureau: Bureau, newsroom: Newsroom) -> SessionSpec:
    bureau.resolve = newsroom.resolve
    return bureau.spec(ca_file=newsroom.ca_file, clock_offset=newsroom.clock.now() - Clock()())


def articles_asked(newsroom: Newsroom, paper: str, requests) -> list[str]:
    truth = {url_key(article.url) for article in newsroom.truth() if article.url.startswith(f"http://{paper}")}
    return [request.path for request in requests if url_key(f"http://{request.host}{request.path}") in truth]


def test_torture_20_a_second_pass_fetches_no_article_and_is_told_that_nothing_changed(bureau: Bureau, newsroom: Newsroom):
    paper = "lecourrierdesrives"
    text = (newsroom.sources_folder / f"{paper}.toml").read_text(encoding="utf-8")
    (bureau.sources / f"{paper}.toml").write_text(text, encoding="utf-8")
    spec = told(bureau, newsroom)
    [first] = bureau.crawl(spec=spec)
    asked = articles_asked(newsroom, paper, newsroom.log)
    assert first.state is RunState.DONE
    assert first.counts["new"] > 50
    assert len(asked) == len(set(asked)) > 50
    before = len(newsroom.log)
    [second] = bureau.crawl(spec=spec)
    later = newsroom.log[before:]
    assert articles_asked(newsroom, paper, later) == []
    assert 304 in {request.status for request in later}
    assert (second.state, second.counts.get("new", 0)) == (RunState.DONE, 0)


def test_the_timetable_of_five_papers(bureau: Bureau, newsroom: Newsroom):
    for path in newsroom.sources_folder.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        text = (
            text.replace("[discovery]", "[discovery]\nmax_pages = 3") if "[discovery]" in text else f"{text}\n[discovery]\nmax_pages = 3\n"
        )
        (bureau.sources / path.name).write_text(text, encoding="utf-8")
    ended: list[RunReport] = []
    reports = Service(told(bureau, newsroom), bureau.database, bureau.registry, on_report=ended.append).work(stop_after(ended, 5))
    assert [report.source for report in reports] == sorted(paper.host.partition(".")[0] for paper in newsroom.papers)
    assert {report.state for report in reports} == {RunState.STOPPED}, "each has more than its budget allows"
    stored = Counter(article.source for article in bureau.ask(lambda tx: list(ArticleQuery(tx).articles())))
    assert set(stored) == set(bureau.registry.names())
    assert {len(run.slot) for run in bureau.runs()} == {len("2026-01-15T12:00:00")}
    assert "ERROR" not in bureau.log()
