"""From answers to visits: what is kept, how the address is settled, where it leads."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.gate import BUFFER, Gate
from crawlers.leads import Errand, Walks, leads_of
from crawlers.politeness import DEFAULT_PAUSE
from crawlers.robots import Unreachable
from crawlers.source import Source
from crawlers.visits import MAX_HOPS, NEVER_ANSWERED, Answer, answered, unanswered
from db.identity import url_key
from db.records import FrontierLease, Hints, HostLease, RobotsCopy, Run
from db.vocabulary import FailureClass, FoundBy, PageKind, PageReason, PageState, RunKind, RunState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = dataclasses.replace(Source.from_home("http://a.test/", "a"), allow=("^/article/",))
RUN = Run(1, "a", RunKind.CRAWL, None, RunState.RUNNING, {}, {}, None, "me", 1, NOW, NOW, None)
BACKFILL = dataclasses.replace(RUN, kind=RunKind.BACKFILL, params={"since": "2020-01-01", "until": "2021-01-01"})
HTML = (("Content-Type", "text/html"),)


def lease(path="/article/1", kind=PageKind.ARTICLE, **changes):
    url = f"http://a.test{path}"
    made = FrontierLease(1, 1, "a", 1, url, url_key(url), "a.test", kind, FoundBy.FEED, Hints(), 300, 0, '"e"', "yesterday")
    return dataclasses.replace(made, **changes)


def visit(got, address=None, run=RUN):
    return answered(Errand(address or lease(), run, SOURCE), got, NOW)


def test_a_page_is_kept_with_the_validators_of_its_answer():
    got = Answer(200, (*HTML, ("ETag", '"f"'), ("Last-Modified", "today")), b"<p>x</p>")
    made, pause = visit(got)
    assert (made.page.state, made.page.body, made.page.headers) == (PageState.UNREAD, b"<p>x</p>", got.headers)
    assert (made.settlement.fetched, made.settlement.etag, made.settlement.last_modified) == (True, '"f"', "today")
    assert (pause, made.settlement.retry_at, made.candidates) == (None, None, ())


def test_torture_22_validators_are_echoed_as_they_came():
    got = Answer(200, (*HTML, ("Last-Modified", "Fri, 01 Jan 2199 00:00:00 GMT")), b"<p>x</p>")
    assert visit(got)[0].settlement.last_modified == "Fri, 01 Jan 2199 00:00:00 GMT"


def test_torture_20_not_modified_keeps_no_page_and_the_old_validators():
    made, _ = visit(Answer(304, (), b""))
    assert made.page is None
    assert (made.settlement.fetched, made.settlement.status, made.settlement.etag) == (True, 304, '"e"')


@pytest.mark.parametrize(("attempts", "again"), [(0, 1), (1, 3), (2, None)])
def test_a_server_error_is_tried_again_and_then_left_for_another_run(attempts, again):
    made, _ = visit(Answer(500, HTML, b"oops"), lease(attempts=attempts))
    assert made.settlement.retry_at == (NOW + timedelta(seconds=again) if again else None)
    assert (made.settlement.failure, made.settlement.fetched, made.page.state) == (FailureClass.HTTP_5XX, False, PageState.FAILED)


@pytest.mark.parametrize(
    ("status", "stated", "pause"),
    [
        (429, "7", timedelta(seconds=7)),
        (429, None, DEFAULT_PAUSE),
        (429, "abc", DEFAULT_PAUSE),
        (503, "7", timedelta(seconds=7)),
        (503, None, None),
        (500, "7", None),
        (403, "7", None),
    ],
)
def test_torture_18_who_silences_the_host(status, stated, pause):
    made, found = visit(Answer(status, (("Retry-After", stated),) if stated else (), b""))
    assert found == pause
    if pause:
        assert (made.settlement.retry_at, made.settlement.fetched) == (NOW + pause, False)


def test_a_refusal_is_final():
    made, _ = visit(Answer(403, HTML, b"no"))
    assert (made.settlement.failure, made.settlement.fetched, made.settlement.retry_at) == (FailureClass.BLOCKED, True, None)


# ---------------------------------------------------------------- redirects


def test_another_spelling_moves_the_row():
    made, _ = visit(Answer(301, (("Location", "https://www.a.test/article/1/"),), b""))
    assert (made.settlement.moved_to, made.settlement.retry_at) == ("https://www.a.test/article/1/", NOW)
    assert made.settlement.failure is None


def test_another_spelling_is_not_followed_for_ever():
    made, _ = visit(Answer(301, (("Location", "https://a.test/article/1"),), b""), lease(attempts=MAX_HOPS))
    assert (made.settlement.failure, made.settlement.retry_at) == (FailureClass.REDIRECT, None)


def test_another_address_is_offered_with_its_aliases():
    address = lease(aliases=("http://a.test/article/0",), hints=Hints(title="T"))
    made, _ = visit(Answer(302, (("Location", "/article/2"),), b""), address)
    [found] = made.candidates
    assert (found.url, found.kind, found.found_by, found.hints.title) == (
        "http://a.test/article/2",
        PageKind.ARTICLE,
        FoundBy.REDIRECT,
        "T",
    )
    assert found.aliases == ("http://a.test/article/1", "http://a.test/article/0")
    assert (made.page.state, made.settlement.fetched) == (PageState.PARSED, True)


def test_a_moved_feed_is_fetched_by_every_run():
    made, _ = visit(Answer(301, (("Location", "/feed2"),), b""), lease("/feed", PageKind.FEED))
    assert made.candidates[0].refetch_before == RUN.requested_at


def test_too_long_a_chain_ends():
    address = lease(aliases=tuple(f"http://a.test/{n}" for n in range(MAX_HOPS)))
    made, _ = visit(Answer(302, (("Location", "/article/2"),), b""), address)
    assert (made.settlement.failure, made.candidates) == (FailureClass.REDIRECT, ())


def test_off_site_is_a_reason():
    made, _ = visit(Answer(302, (("Location", "http://b.test/"),), b""))
    assert (made.settlement.failure, made.page.state, made.page.reason) == (
        FailureClass.REDIRECT,
        PageState.REJECTED,
        PageReason.OFF_SITE,
    )


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(("failure", "again", "final"), [(FailureClass.TIMEOUT, True, False), (FailureClass.TOO_LARGE, False, True)])
def test_what_brings_no_answer(failure, again, final):
    made = unanswered(lease(), failure, NOW, 0.0)
    assert (made.page, made.settlement.fetched, made.settlement.retry_at is not None) == (None, final, again)


@given(st.integers(100, 999), st.binary(max_size=80), st.sampled_from(PageKind), st.text(max_size=30))
def test_every_answer_makes_a_visit(status, body, kind, location):
    made, _ = visit(Answer(status, (("Location", location),), body), lease(kind=kind))
    assert made.settlement.lease.kind is kind
    assert made.settlement.retry_at is None or made.settlement.retry_at >= NOW


# ---------------------------------------------------------------- leads


def listing(*paths, more="/page/2"):
    items = "".join(f'<li><a href="{path}">Un titre assez long pour {path}</a></li>' for path in paths)
    return f'<html><body><ul>{items}</ul><a rel="next" href="{more}">suite</a></body></html>'.encode()


def test_articles_that_never_answered_are_wanted_again():
    made, _ = visit(Answer(200, HTML, listing("/article/1")), lease("/", PageKind.LISTING))
    [found] = [each for each in made.candidates if each.kind is PageKind.ARTICLE]
    assert found.refetch_before == NEVER_ANSWERED


def test_a_listing_walks_on_from_where_the_run_began():
    made, _ = visit(Answer(200, HTML, listing("/article/1")), lease("/", PageKind.LISTING))
    assert [each.url for each in made.next_pages] == ["http://a.test/page/2"]
    assert made.walk_since == RUN.requested_at


def test_a_backfill_walks_whatever_is_known_until_its_range_is_passed():
    def walk(day):
        body = (
            f'<article><a href="/article/x">Un titre assez long</a><time datetime="{day}">x</time></article><a rel="next" href="/p/2">2</a>'
        )
        return visit(Answer(200, HTML, body.encode()), lease("/", PageKind.LISTING), BACKFILL)[0]

    newer, inside, older = walk("2022-05-05"), walk("2020-05-05"), walk("2019-05-05")
    assert [len(each.candidates) for each in (newer, inside, older)] == [0, 1, 0]
    assert [len(each.next_pages) for each in (newer, inside, older)] == [1, 1, 0]
    assert inside.walk_since is None


def test_torture_58_a_repeated_page_ends_the_walk_but_a_first_page_never_does():
    walks = Walks()

    def walk(path, found_by, body):
        errand = Errand(lease(path, PageKind.LISTING, found_by=found_by), RUN, SOURCE, walks)
        return leads_of(errand, body, "text/html", NOW).next_pages

    one, two = listing("/article/1", more="/page/9"), listing("/article/2", more="/page/9")
    assert walk("/", FoundBy.SEED, one)
    assert walk("/section", FoundBy.LISTING, one)
    assert walk("/page/2", FoundBy.PAGINATION, two)
    assert walk("/page/2", FoundBy.PAGINATION, two), "the same page fetched again is no repetition"
    assert not walk("/page/3", FoundBy.PAGINATION, two)


def test_a_feed_that_is_none_is_unreadable():
    made, _ = visit(Answer(200, HTML, b"<html><body>no feed</body></html>"), lease("/feed", PageKind.FEED))
    assert (made.settlement.failure, made.settlement.fetched, made.page.state) == (FailureClass.UNREADABLE, True, PageState.FAILED)


def test_the_parts_of_a_sitemap_are_walked_again_by_a_backfill():
    part = b"<sitemap><loc>http://a.test/s-1.xml</loc><lastmod>2020-06-01</lastmod></sitemap>"
    body = b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">' + part + b"</sitemapindex>"
    address = lease("/sitemap.xml", PageKind.SITEMAP)
    [daily] = visit(Answer(200, (), body), address)[0].candidates
    [walked] = visit(Answer(200, (), body), address, BACKFILL)[0].candidates
    assert daily.refetch_before.date().isoformat() == "2020-06-01"
    assert walked.refetch_before == BACKFILL.requested_at
    assert walked.priority < daily.priority


# ---------------------------------------------------------------- gates


def gate(**lease_values):
    values = {"next_allowed_at": None, "pause_until": None, "robots": None}
    return Gate.open(HostLease("a.test", 1, **{**values, **lease_values}), NOW)


def test_a_gate_goes_on_with_the_pace_of_the_process_before():
    waiting = gate(next_allowed_at=NOW + timedelta(seconds=30), pause_until=NOW + timedelta(seconds=90))
    assert waiting.update(NOW).next_allowed_at >= NOW + timedelta(seconds=89)
    assert waiting.update(NOW).pause_until == NOW + timedelta(seconds=90)


def test_a_gate_knows_rules_that_were_kept_for_a_day():
    kept = gate(robots=RobotsCopy(NOW - timedelta(hours=23), 200, "User-agent: *\nCrawl-delay: 3\n"))
    assert kept.knows_rules(NOW, 0.0)
    assert kept.slot.delay == 3.0
    assert not kept.knows_rules(NOW + timedelta(hours=2), 0.0)
    assert not gate().knows_rules(NOW, 0.0)


def test_torture_28_silence_grows_and_ends_with_an_answer():
    silent = gate()
    for seconds in (1, 3, 9):
        silent.fall_silent(Unreachable(FailureClass.HTTP_5XX), 100.0)
        assert silent.knows_rules(NOW, 100.0 + seconds - 0.1)
        assert not silent.knows_rules(NOW, 100.0 + seconds)
    silent.obey(RobotsCopy(NOW, 404, None))
    assert silent.silence is None
    assert silent.rules.allows("http://a.test/")


def test_a_slow_host_holds_little_a_quick_one_much():
    quick, slow = gate(), gate()
    slow.slot.configure(1.0, 1)
    assert (quick.room(), slow.room()) == (BUFFER, 1)
    slow.queue(lease())
    assert slow.room() == 0


def test_the_most_urgent_address_is_first():
    host = gate()
    for number, priority in ((1, 300), (2, 900), (3, 300)):
        host.queue(lease(id=number, priority=priority))
    assert [each.id for each in host.waiting] == [2, 1, 3]


# ---------------------------------------------------------------- walls and signposts

CHALLENGE = b"<html><head><title>Just a moment...</title><script>window._cf_chl_opt={}</script></head><body></body></html>"
KINDS = [(PageKind.ARTICLE, "/article/1"), (PageKind.FEED, "/feed"), (PageKind.SITEMAP, "/map.xml"), (PageKind.LISTING, "/")]


@pytest.mark.parametrize(("kind", "path"), KINDS)
@pytest.mark.parametrize("status", [200, 202, 403, 405, 503])
def test_torture_16_a_wall_is_kept_as_evidence_and_leads_nowhere(kind, path, status):
    body = CHALLENGE + b'<a href="/article/9">Un titre assez long</a>'
    made, pause = visit(Answer(status, (*HTML, ("ETag", '"wall"')), body), lease(path, kind))
    assert (made.page.state, made.page.reason, made.page.detail) == (PageState.FAILED, PageReason.BLOCKED, "Cloudflare")
    assert (made.settlement.failure, made.settlement.fetched, made.settlement.retry_at) == (FailureClass.BLOCKED, False, None)
    assert (made.settlement.etag, made.settlement.last_modified) == ('"e"', "yesterday"), "the wall's validators are not the page's"
    assert (made.candidates, made.next_pages, pause) == ((), (), None)


@pytest.mark.parametrize(("attempts", "again"), [(0, True), (2, False)])
def test_torture_16_a_wall_that_says_when_is_asked_again_then_and_not_for_ever(attempts, again):
    made, pause = visit(Answer(429, (*HTML, ("Retry-After", "90")), CHALLENGE), lease(attempts=attempts))
    assert pause == timedelta(seconds=90)
    assert made.settlement.retry_at == (NOW + pause if again else None)
    assert made.settlement.failure is FailureClass.BLOCKED


@pytest.mark.parametrize("status", [401, 403, 451])
def test_torture_16_a_plain_refusal_is_blocked_too_and_final(status):
    made, _ = visit(Answer(status, HTML, b"<p>No.</p>"))
    assert (made.page.reason, made.page.detail, made.settlement.fetched) == (PageReason.BLOCKED, None, True)


@pytest.mark.parametrize("location", ["https://consent.other.test/m?continue=x", "/consent?continue=%2Farticle%2F1"])
def test_torture_17_a_redirect_to_a_consent_wall(location):
    made, _ = visit(Answer(302, (("Location", location),), b""))
    assert (made.page.state, made.page.reason) == (PageState.REJECTED, PageReason.CONSENT)
    assert (made.candidates, made.settlement.failure, made.settlement.fetched) == ((), None, False)


@pytest.mark.parametrize(("kind", "path"), KINDS)
def test_torture_17_a_consent_page_served_with_200(kind, path):
    body = b'<html><body><p>Cookies?</p><form action="https://consent.other.test/save"></form><a href="/article/9">Conditions</a></body></html>'
    made, _ = visit(Answer(200, HTML, body), lease(path, kind))
    assert (made.page.state, made.page.reason, made.candidates) == (PageState.REJECTED, PageReason.CONSENT, ())


def signpost(target):
    return Answer(
        200, (*HTML, ("ETag", '"f"')), f'<html><head><meta http-equiv="refresh" content="0; url={target}"></head></html>'.encode()
    )


@pytest.mark.parametrize(("kind", "path"), KINDS)
def test_torture_14_a_page_that_only_leads_on_is_a_redirect(kind, path):
    made, _ = visit(signpost("/article/2"), lease(path, kind))
    [found] = made.candidates
    assert (found.url, found.kind, found.found_by) == ("http://a.test/article/2", kind, FoundBy.REDIRECT)
    assert (made.page.state, made.settlement.etag, made.settlement.failure) == (PageState.PARSED, None, None)


def test_torture_14_a_page_that_leads_off_the_site_is_flagged():
    made, _ = visit(signpost("https://other.test/2"))
    assert (made.page.state, made.page.reason, made.page.detail) == (
        PageState.REJECTED,
        PageReason.OFF_SITE,
        "sent to https://other.test/2",
    )
    assert (made.candidates, made.settlement.failure) == ((), FailureClass.REDIRECT)


def test_torture_14_pages_that_lead_to_each_other_end():
    aliases = tuple(f"http://a.test/article/{n}" for n in range(MAX_HOPS))
    made, _ = visit(signpost("/article/2"), lease(aliases=aliases))
    assert (made.candidates, made.settlement.failure) == ((), FailureClass.REDIRECT)


def test_torture_57_what_a_listing_does_not_lead_to_is_kept_with_its_page():
    body = b'<a href="/article/1">Un titre assez long</a><a href="/a?sort=x">tri</a><a href="/a/b/a/b/a/b">b</a><a rel="next" href="/2031/02/">x</a>'
    made, _ = visit(Answer(200, HTML, body), lease("/", PageKind.LISTING))
    assert made.page.detail == "2 trap_calendar, 1 trap_repeats, 1 trap_facets"
    assert made.next_pages == ()
