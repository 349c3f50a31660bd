"""Addresses of captures, and the slices by which a backfill asks for them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.captures import GRACE, Replay, WebArchive, instant_of, pace_of, plan_wayback, replay_of, window_of
from crawlers.discovery.seeds import seeds
from crawlers.source import Source
from db.identity import clean_url, url_key
from db.records import Run
from db.vocabulary import PageKind, RunKind, RunState, Way

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = Source.from_home("https://www.paper.test/", "paper")
WAYBACK = "https://web.archive.org"
PYWB = "http://pywb.test:8080/press"
YEAR = (date(2014, 1, 1), date(2015, 1, 1))


@pytest.mark.parametrize(
    ("url", "archive", "stamp", "original"),
    [
        (f"{WAYBACK}/web/20140105120000id_/http://paper.test/a?x=1", f"{WAYBACK}/web", "20140105120000", "http://paper.test/a?x=1"),
        (f"{PYWB}/20140105120000id_/https://paper.test/", PYWB, "20140105120000", "https://paper.test/"),
        (f"{WAYBACK}/web/2014/http:/paper.test/a", f"{WAYBACK}/web", "2014", "http://paper.test/a"),
        (f"{WAYBACK}/web/20140105120000if_/http://paper.test:80/a", f"{WAYBACK}/web", "20140105120000", "http://paper.test/a"),
        (
            f"{WAYBACK}/web/20140105120000id_/{WAYBACK}/web/20130101000000id_/http://paper.test/a",
            f"{WAYBACK}/web",
            "20140105120000",
            f"{WAYBACK}/web/20130101000000id_/http://paper.test/a",
        ),
    ],
)
def test_the_address_of_a_capture_is_taken_apart(url, archive, stamp, original):
    assert replay_of(url) == Replay(archive, stamp, original)


@pytest.mark.parametrize(
    "url",
    ["http://paper.test/2014/01/05/slug", f"{WAYBACK}/cdx/search/cdx?url=http://paper.test/", f"{WAYBACK}/web/*/http://paper.test/", ""],
)
def test_other_addresses_are_none(url):
    assert replay_of(url) is None


@given(st.datetimes(datetime(1996, 1, 1), datetime(2199, 12, 31)), st.text("abc/-._~%20é?=&", max_size=40))
def test_what_is_put_together_comes_apart_again(instant, path):
    original = clean_url(f"http://paper.test/{path}")
    for base in (WAYBACK, PYWB):
        replay = WebArchive(base).replay(f"{instant:%Y%m%d%H%M%S}", original)
        assert replay_of(replay.url) == replay
        assert replay_of(clean_url(replay.url)).original == original
        assert replay.captured_at == instant.replace(microsecond=0, tzinfo=UTC)


@given(st.text("0123456789", min_size=4, max_size=14))
def test_no_timestamp_is_too_short_or_too_wrong_to_be_looked_at(stamp):
    assert instant_of(stamp) is None or instant_of(stamp).tzinfo is UTC
    assert instant_of("2014") == datetime(2014, 1, 1, tzinfo=UTC)


def test_a_year_is_planned_by_month_of_first_capture_newest_first_with_a_month_of_grace():
    plans = plan_wayback(SOURCE, *YEAR, WAYBACK)
    assert [plan.label for plan in plans] == [
        "first captured in 2015-01",
        *(f"first captured in 2014-{month:02}" for month in range(12, 0, -1)),
    ]
    assert {plan.way for plan in plans} == {Way.WAYBACK}
    windows = [window_of(plan.params) for plan in reversed(plans)]
    assert windows[0] == ("20131231", "20140201"), "the day before belongs to zones east of Greenwich"
    assert windows[-1][1] == f"{YEAR[1] + GRACE:%Y%m%d}"
    assert all(one[1] == other[0] for one, other in pairwise(windows)), "nothing twice, nothing left out"
    assert (plans[-1].since, plans[-1].until) == (date(2014, 1, 1), date(2014, 2, 1)), "nothing is captured before it is published"
    assert (plans[0].since, plans[0].until) == YEAR


def test_nothing_is_asked_for_days_to_come():
    plans = plan_wayback(SOURCE, date(2014, 1, 10), date(2014, 3, 1), WAYBACK, today=date(2014, 2, 3))
    assert [window_of(plan.params) for plan in plans] == [("20140201", "20140204"), ("20140109", "20140201")]


@given(st.dates(date(2000, 1, 1), date(2020, 1, 1)), st.integers(1, 2_000))
def test_the_windows_of_a_plan_follow_each_other(since, days):
    until = since + timedelta(days=days)
    plans = list(reversed(plan_wayback(SOURCE, since, until, WAYBACK)))
    windows = [window_of(plan.params) for plan in plans]
    assert windows[0][0] == f"{since - timedelta(days=1):%Y%m%d}"
    assert windows[-1][1] == f"{until + GRACE:%Y%m%d}"
    assert all(one[1] == other[0] for one, other in pairwise(windows))
    assert all(plan.since < plan.until for plan in plans)


def test_the_wayback_machine_is_asked_for_each_address_once_from_the_beginning():
    [[kind, url]] = plan_wayback(SOURCE, *YEAR, WAYBACK)[1].params["starts"]
    parts = urlsplit(url)
    assert (kind, parts.netloc, parts.path) == ("captures", "web.archive.org", "/cdx/search/cdx")
    asked = parse_qs(parts.query)
    assert asked.pop("filter") == ["statuscode:200", "mimetype:text/html"]
    assert {name: value for name, [value] in asked.items()} == {
        "url": "paper.test",
        "matchType": "domain",
        "output": "json",
        "to": "20141231",
        "fl": "timestamp,original,mimetype,statuscode",
        "collapse": "urlkey",
        "limit": "5000",
        "showResumeKey": "true",
    }


def test_a_collection_of_a_pywb_is_asked_in_its_own_words():
    [[_, url]] = plan_wayback(SOURCE, *YEAR, f"{PYWB}/")[1].params["starts"]
    assert url.startswith(f"{PYWB}/cdx?url=paper.test&matchType=domain&output=json&to=20141231&")
    assert ("filter", "=status:200") in parse_qsl(urlsplit(url).query)
    assert "page=0" in url
    assert "resume" not in url.lower()


def test_hosts_that_the_source_adds_are_asked_for_each():
    source = dataclasses.replace(SOURCE, hosts=("paper.example", "old.paper.test"))
    starts = plan_wayback(source, *YEAR, WAYBACK)[0].params["starts"]
    names = [(parse_qs(urlsplit(url).query)["matchType"], parse_qs(urlsplit(url).query)["url"]) for _, url in starts]
    assert names == [(["domain"], ["paper.test"]), (["host"], ["paper.example"])], "a subdomain is in the domain"


def test_the_questions_of_different_slices_are_different_addresses():
    starts = [url for plan in plan_wayback(SOURCE, *YEAR, WAYBACK) for _, url in plan.params["starts"]]
    assert len({url_key(url) for url in starts}) == len(starts)
    assert [clean_url(url) for url in starts] == starts


def test_a_run_with_these_parameters_begins_with_the_index():
    params = plan_wayback(SOURCE, *YEAR, WAYBACK)[0].params
    [first] = seeds(SOURCE, RunKind.REPLAY, params, NOW)
    assert (first.url, first.kind, first.refetch_before) == (params["starts"][0][1], PageKind.CAPTURES, NOW)


def test_the_wayback_machine_is_asked_every_four_seconds_and_other_archives_as_the_source_says():
    def pace(base, kind=RunKind.REPLAY, delay=2.0):
        source = dataclasses.replace(SOURCE, delay=delay, concurrency=3)
        params = plan_wayback(source, *YEAR, base)[0].params
        return pace_of(Run(1, "paper", kind, None, RunState.RUNNING, params, {}, None, "me", 1, NOW, NOW, None), source)

    assert pace(WAYBACK) == (4.0, 1)
    assert pace(WAYBACK, delay=9.0) == (9.0, 1)
    assert pace(PYWB) == (2.0, 1)
    assert pace(WAYBACK, RunKind.CRAWL) == (2.0, 3), "the source's own host"
