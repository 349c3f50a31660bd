"""A service at work while its source files change: real fetching process, real papers on loopback."""

from __future__ import annotations

from collections import Counter

import pytest

from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunState, SourceState
from pipeline.service import Service

ARTICLES = 16
SECOND = """
home = "http://second.test/"
[discovery]
guess = false
feeds = ["/feed"]
[articles]
allow = ["^/article/"]
[politeness]
delay = 0
[timetable]
every = "15m"
"""


@pytest.fixture
def serve(desk, monkeypatch):
    """A function that has a service work until `over`, calling `meanwhile` once three articles were asked for."""
    monkeypatch.setattr("pipeline.source_watch.LOOK_SECONDS", 0.1)
    paths = [f"/article/{n}" for n in range(ARTICLES)]
    desk.paper |= {"/feed": desk.press.feed("paper.test", paths), "/": desk.press.html("Une", desk.press.links(paths))}
    desk.paper |= {path: desk.story(n) for n, path in enumerate(paths)}
    desk.press.papers["second.test"] = {"/feed": desk.press.feed("second.test", ["/article/1"]), "/article/1": desk.story(77)}
    desk.source(delay=0.1)

    def work(meanwhile, over, **more) -> list:
        ended, todo, turns = [], [meanwhile], iter(range(1500))

        def turn(_) -> None:
            if todo and len(asked(desk)) >= 3:
                todo.pop()()

        service = Service(desk.spec(**more), desk.database, desk.registry, on_report=ended.append, on_turn=turn)
        service.work(lambda: over(ended) or next(turns, None) is None)
        return ended

    return work


def asked(desk, host: str = "paper.test") -> Counter[str]:
    return Counter(path for path in desk.press.paths(host) if path.startswith("/article/"))


def test_a_source_that_changes_and_one_that_comes_disturb_no_run(serve, desk, caplog):
    caplog.set_level("INFO", logger="veille.service")

    def change() -> None:
        desk.source(delay=0)
        (desk.folder / "sources" / "second.toml").write_text(SECOND)

    reports = serve(change, lambda ended: len(ended) >= 2)
    assert {report.source: (report.state, report.counts["new"]) for report in reports} == {
        "paper": (RunState.DONE, ARTICLES),
        "second": (RunState.DONE, 1),
    }
    assert set(asked(desk).values()) == {1}, "an engine that is replaced finishes what is under way"
    assert len(asked(desk)) == ARTICLES
    events = [record.event for record in caplog.records]
    assert events.count("engine_replaced") == 1
    assert events[:3] == ["post_taken", "run_begins", "sources_read"]
    assert "engine_died" not in events


def test_the_open_run_of_a_source_that_is_removed_ends_as_stopped(serve, desk):
    [report] = serve((desk.folder / "sources" / "paper.toml").unlink, bool)
    assert report.state is RunState.STOPPED
    assert 0 < report.counts["new"] < ARTICLES
    with desk.database.read() as tx:
        [row], [run] = SourceStore(tx).list(), RunStore(tx).recent()
    assert (row.state, run.state) == (SourceState.REMOVED, RunState.STOPPED)
    assert len(desk.articles()) == report.counts["new"], "what was fetched is read"


def test_a_broken_file_stops_nothing(serve, desk):
    path = desk.folder / "sources" / "paper.toml"
    [report] = serve(lambda: path.write_text("home = "), bool)
    assert (report.state, report.counts["new"]) == (RunState.DONE, ARTICLES)


def test_a_fetching_process_is_replaced_after_so_many_pages_and_nothing_is_fetched_twice(serve, desk, caplog):
    caplog.set_level("INFO", logger="veille.service")
    [report] = serve(lambda: None, bool, recycle_after=6)
    assert (report.state, report.counts["new"]) == (RunState.DONE, ARTICLES)
    assert asked(desk) == dict.fromkeys([f"/article/{n}" for n in range(ARTICLES)], 1)
    reasons = [record.facts["reason"] for record in caplog.records if record.event == "engine_replaced"]
    assert len(reasons) >= 2
    assert set(reasons) == {"it has fetched 6 pages"}
