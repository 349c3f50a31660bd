"""One-off fetches: through the engine's settings, in a process of their own, robots.txt obeyed."""

from __future__ import annotations

import pytest

from crawlers.child import Child
from crawlers.fetch import Fetched, fetch
from crawlers.spec import EngineSpec
from db.errors import Unavailable
from db.vocabulary import FailureClass


@pytest.fixture
def paper(press):
    press.papers["paper.test"] = {}
    return press.papers["paper.test"]


def test_pages_come_back_in_the_order_they_were_asked_for(press, paper, tmp_path):
    paper["/robots.txt"] = press.Answer(b"User-agent: *\nDisallow: /secret\n")
    paper["/a"] = press.article("a")
    paper["/old"] = press.redirect("/new")
    paper["/new"] = press.article("new")
    paper["/loop"] = press.redirect("/loop2")
    paper["/loop2"] = press.redirect("/loop")
    paper["/away"] = press.redirect("ftp://paper.test/x")
    paper["/packed"] = press.Answer(press.article("p").body, fault="zipped")
    paper["/bomb"] = press.Answer(fault="bomb")
    paper["/hidden"] = press.redirect("/secret")
    names = ["a", "old", "missing", "secret", "hidden", "loop", "away", "packed", "bomb", "a"]
    urls = [f"http://paper.test/{name}" for name in names] + ["file:///etc/passwd", "nonsense"]
    spec = EngineSpec(resolve=press.resolve, contact="desk@veille.test", timeout=5.0, max_bytes=1 << 20, log_file=tmp_path / "log")
    found = fetch(urls, spec)
    assert [result.url for result in found] == urls
    assert [result.failure for result in found] == [
        None,
        None,
        FailureClass.GONE,
        FailureClass.ROBOTS,
        FailureClass.ROBOTS,
        FailureClass.REDIRECT,
        FailureClass.REDIRECT,
        None,
        FailureClass.TOO_LARGE,
        None,
        FailureClass.REFUSED,
        FailureClass.REFUSED,
    ]
    assert (found[0].status, found[0].body) == (200, paper["/a"].body)
    assert ("Content-Type", "text/html; charset=utf-8") in found[0].headers
    assert found[1].final_url == "http://paper.test/new"
    assert found[2].status == 404
    assert found[2].body, "the error page is there to be looked at"
    assert found[7].body == press.article("p").body
    assert press.paths("paper.test").count("/robots.txt") == 1
    assert press.paths("paper.test").count("/a") == 1, "an address asked for twice is fetched once"
    assert "/secret" not in press.paths("paper.test")
    assert press.log[0].headers["user-agent"] == spec.agent


def test_a_host_without_robots_answer_is_not_fetched(press, paper):
    paper["/robots.txt"] = press.Answer(b"", 503)
    paper["/a"] = press.article("a")
    [result] = fetch(["http://paper.test/a"], EngineSpec(resolve=press.resolve, timeout=5.0))
    assert (result.failure, result.status) == (FailureClass.HTTP_5XX, None)
    assert "robots.txt" in result.detail


def test_a_dead_host_is_a_result_not_an_exception():
    [result] = fetch(["http://dead.test/a"], EngineSpec(resolve={"dead.test": "127.0.0.1:9"}, timeout=5.0))
    assert result.failure is FailureClass.CONNECT


def test_nothing_to_fetch_starts_nothing():
    assert fetch([], EngineSpec()) == []


def test_a_process_that_dies_is_reported(monkeypatch):
    monkeypatch.setattr("crawlers.fetch.Child", lambda work, *arguments, **more: Child("no.such.module:run", *arguments))
    with pytest.raises(Unavailable, match="exit code 1"):
        fetch(["http://paper.test/a"], EngineSpec())


def test_results_survive_the_way_between_processes():
    from datetime import UTC, datetime

    result = Fetched("u", "f", datetime(2026, 1, 1, tzinfo=UTC), 200, (("A", "é"),), b"\x00\xff", FailureClass.GONE, "why")
    assert Fetched.from_line(result.to_line()) == result
