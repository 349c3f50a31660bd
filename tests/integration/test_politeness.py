"""Politeness over real sockets, proved by the server's log: pace, slowing, pauses, and who goes first."""

from __future__ import annotations

import itertools
import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.standing import REFUSALS, SILENCES
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.records import Candidate
from db.vocabulary import FoundBy, PageKind, RunKind, RunState
from pipeline import jobs

SLACK = 0.03
"""Seconds by which a gap may seem too short: both requests left on time, but the second one was quicker on its way to the server's log."""


def crawl(place, **engine):
    """A crawl of the paper to its end, pages read and all."""
    [report] = jobs.crawl(place.session(**engine), place.database, place.registry, ["paper"])
    return report


def publish(place, press, n, **source):
    """A paper whose feed names n articles."""
    paper = place.source(discovery='guess = false\nfeeds = ["/feed"]', **source)
    paths = [f"/article/{k}" for k in range(n)]
    paper["/feed"], paper["/"] = press.feed("paper.test", paths), press.html("Une")
    paper |= {path: press.article(path) for path in paths}
    press.papers["paper.test"] = paper
    return paths


def articles(press):
    return [each for each in press.asked("paper.test") if each.path.startswith("/article/")]


def gaps(requests):
    return [later.at - earlier.at for earlier, later in itertools.pairwise(requests)]


def host_row(place):
    [row] = place.ask(lambda tx: HostStore(tx).list())
    return row


# ---------------------------------------------------------------- one host, many who ask


def test_torture_39_fifty_sources_due_together_keep_the_delay_of_their_host(place, press):
    names = [f"section{n}" for n in range(50)]
    for name in names:
        paper = place.source(name, delay=0.06)
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    paper["/article/1"] = press.article(1)
    runs = [place.open(name) for name in names]
    place.crawl(*runs)
    asked = press.asked("paper.test")
    assert len(asked) == 1 + 2 * 50, "robots.txt once, whoever asks"
    assert min(gaps(asked)) >= 0.06 - SLACK


def test_torture_38_two_sources_on_one_host_share_the_longer_delay(place, press):
    for name, delay in (("daily", 0), ("weekly", 0.3)):
        paper = place.source(name, delay=delay, concurrency=4)
    paper["/"] = press.html("Une", press.links(["/article/1", "/article/2"]))
    paper["/article/1"], paper["/article/2"] = press.article(1), press.article(2)
    place.crawl(place.open("daily"), place.open("weekly"))
    asked = press.asked("paper.test")
    assert len(asked) == 7
    assert min(gaps(asked)[1:]) >= 0.3 - SLACK


@pytest.mark.parametrize("delay", [0.1, 0.3, 1.2])
def test_torture_39_a_backfill_delays_a_fresh_page_by_one_request_at_most(place, press, wait_for, delay):
    paths = publish(place, press, 300, delay=delay)
    backfill = place.open(kind=RunKind.BACKFILL)
    old = [Candidate(f"http://paper.test{path}", PageKind.ARTICLE, FoundBy.SITEMAP, priority=-100) for path in paths]
    place.database.transact(lambda tx: FrontierStore(tx).offer("paper", backfill.id, old, now=datetime.now(UTC)))
    engine = place.engine()
    wait_for(lambda: len(articles(press)) >= 4, place.log)
    crawled = place.open()
    fresh = [Candidate("http://paper.test/article/fresh", PageKind.ARTICLE, FoundBy.FEED, priority=1000)]
    press.papers["paper.test"] |= {"/article/fresh": press.article("fresh")}
    place.database.transact(lambda tx: FrontierStore(tx).offer("paper", crawled.id, fresh, now=datetime.now(UTC)))
    offered = time.monotonic()
    wait_for(lambda: "/article/fresh" in press.paths("paper.test"), place.log)
    assert engine.stop() == 0
    [there] = press.asked("paper.test", "/article/fresh")
    between = [each.path for each in articles(press) if offered < each.at < there.at]
    assert len(between) <= 1, between


# ---------------------------------------------------------------- trouble


def test_torture_3_a_host_in_trouble_is_asked_ever_more_slowly_and_quickly_again_when_it_is_well(place, press):
    paths = publish(place, press, 30)
    in_trouble = lambda asked: press.Answer(b"", 500) if len(articles(press)) <= 4 else press.article(asked.path)  # noqa: E731
    press.papers["paper.test"] |= dict.fromkeys(paths, in_trouble)
    run = place.open()
    place.crawl(run)
    asked = articles(press)
    assert all(gap >= least - SLACK for gap, least in zip(gaps(asked), [0.5, 1, 2, 4, 2, 1, 0.5, 0.25, 0.125], strict=False))
    assert place.failures(run) == {}
    assert place.unread() == 30


def test_torture_19_slowness_is_kept_over_a_restart(place, press, wait_for):
    paths = publish(place, press, 30)
    press.papers["paper.test"] |= dict.fromkeys(paths, press.Answer(b"", 500))
    place.open()
    engine = place.engine()
    wait_for(lambda: len(articles(press)) >= 4 and host_row(place).next_allowed_at > datetime.now(UTC) + timedelta(seconds=2), place.log)
    os.kill(engine.pid, signal.SIGKILL)
    wait_for(lambda: not engine.alive)
    allowed, before = host_row(place).next_allowed_at, len(press.log)
    moment = time.monotonic() + (allowed - datetime.now(UTC)).total_seconds()
    second = place.engine()
    wait_for(lambda: len(press.log) > before, place.log)
    assert second.stop() == 0
    assert press.log[before].at >= moment - 0.05, "two clocks are compared"


@pytest.mark.usefixtures("hurried")
def test_torture_26_a_host_that_goes_down_in_mid_run_costs_a_few_requests_and_no_address(place, press):
    paths = publish(place, press, 200)
    goes_down = lambda asked: press.Answer(fault="reset") if len(articles(press)) > 10 else press.article(asked.path)  # noqa: E731
    press.papers["paper.test"] |= dict.fromkeys(paths, goes_down)
    report = crawl(place)
    assert len(articles(press)) == 10 + SILENCES
    assert report.state is RunState.STOPPED
    assert report.counts["left"] == 190
    assert "paper.test does not answer" in place.log()
    press.papers["paper.test"] |= {path: press.article(path) for path in paths} | {"/feed": press.feed("paper.test", [])}
    before = len(articles(press))
    assert crawl(place).state is RunState.DONE
    assert len(articles(press)) - before == 190, "at once, although the feed names none of them any more"
    assert {each.path for each in articles(press)} == set(paths)


@pytest.mark.usefixtures("hurried")
def test_torture_29_a_host_whose_robots_txt_stays_silent_is_told_once(place, press):
    publish(place, press, 5)
    press.papers["paper.test"]["/robots.txt"] = press.Answer(fault="drop")
    assert crawl(place).state is RunState.FAILED
    assert press.paths("paper.test").count("/robots.txt") >= 3
    assert place.log().count("robots.txt of paper.test gives no answer") == 1


# ---------------------------------------------------------------- refusals and Retry-After


def test_torture_16_a_host_that_refuses_us_is_left_alone_for_a_while(place, press):
    paths = publish(place, press, 60)
    press.papers["paper.test"] |= dict.fromkeys(paths, press.Answer(b"go away", 403))
    report = crawl(place)
    assert len(articles(press)) == REFUSALS
    assert (report.state, report.counts["blocked"], report.counts["left"]) == (RunState.STOPPED, 5, 55)
    assert host_row(place).pause_until > datetime.now(UTC) + timedelta(minutes=13)
    assert "paper.test refuses us (until " in place.log()
    asked = len(press.log)
    assert crawl(place).state is RunState.STOPPED, "a second process knows"
    assert len(press.log) == asked
    press.papers["paper.test"] |= {path: press.article(path) for path in paths}
    later = crawl(place, clock_offset=timedelta(minutes=16))
    assert later.counts["fetched"] >= 55
    assert later.state is RunState.DONE


@pytest.mark.parametrize("status", [429, 503])
def test_torture_18_19_retry_after_is_never_undercut_over_a_restart(place, press, wait_for, status):
    publish(place, press, 5)
    page = press.papers["paper.test"]["/feed"]
    press.papers["paper.test"]["/feed"] = lambda asked: (
        press.Answer(b"", status, {"Retry-After": "4"}) if len(press.asked("paper.test", "/feed")) == 1 else page
    )
    run = place.open()
    engine = place.engine()
    wait_for(lambda: bool(place.ask(lambda tx: [row for row in HostStore(tx).list() if row.pause_until])), place.log)
    os.kill(engine.pid, signal.SIGKILL)
    wait_for(lambda: not engine.alive)
    place.crawl(run)
    refused = press.asked("paper.test", "/feed")[0].at
    after = [each.at for each in press.log if each.at > refused]
    assert min(after) - refused >= 4
    assert place.unread() == 5


def test_torture_18_a_host_that_wishes_an_hour_ends_the_run_and_keeps_its_addresses(place, press):
    paths = publish(place, press, 20)
    press.papers["paper.test"][paths[3]] = press.Answer(b"", 429, {"Retry-After": "3600"})
    report = crawl(place)
    assert report.state is RunState.STOPPED
    assert report.counts["left"] == 20 - len(articles(press)) + 1
    later = crawl(place, clock_offset=timedelta(minutes=50))
    assert later.counts.get("fetched", 0) == 0
