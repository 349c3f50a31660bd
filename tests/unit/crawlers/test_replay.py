"""What the answers of a web archive make: pages of then, other captures, waits."""

from __future__ import annotations

import dataclasses
import gzip
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.captures import plan_wayback, replay_of
from crawlers.leads import MAX_DEPTH, Errand, Walks
from crawlers.memento import memento_of
from crawlers.replay import LIMIT, is_archives, replayed
from crawlers.retries import MAX_ATTEMPTS
from crawlers.revisits import followed
from crawlers.source import Source
from crawlers.visits import MAX_HOPS, NEVER_ANSWERED, Answer
from db.identity import host_of, url_key
from db.records import FrontierLease, Hints, Run
from db.vocabulary import FailureClass, FoundBy, PageKind, PageReason, PageState, RunKind, RunState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = dataclasses.replace(Source.from_home("http://paper.test/", "paper"), allow=("^/article/",))
BASE = "https://archive.test"
PARAMS = plan_wayback(SOURCE, date(2014, 1, 1), date(2014, 2, 1), BASE)[-1].params
RUN = Run(1, "paper", RunKind.REPLAY, None, RunState.RUNNING, PARAMS, {}, None, "me", 1, NOW, NOW, None)
STAMP = "20140105120000"
ORIGINAL = "http://paper.test/article/1"
CAPTURED = (("Memento-Datetime", "Sun, 05 Jan 2014 12:00:07 GMT"), ("X-Archive-Orig-Content-Type", "text/html; charset=iso-8859-1"))
BODY = b"<html><body><p>" + b"Un texte assez long pour un article. " * 30 + b"</p></body></html>"


def lease(original=ORIGINAL, stamp=STAMP, **changes):
    url = f"{BASE}/web/{stamp}id_/{original}"
    made = FrontierLease(
        1, 1, "paper", 1, url, url_key(url), host_of(url), PageKind.ARTICLE, FoundBy.CAPTURE, Hints(), 50, 0, None, None, offered_at=NOW
    )
    return dataclasses.replace(made, **changes)


def index(url=PARAMS["starts"][0][1], **changes):
    return dataclasses.replace(lease(), url=url, url_key=url_key(url), kind=PageKind.CAPTURES, **{"found_by": FoundBy.SEED, **changes})


def visit(got, address=None, walks=None, **changes):
    errand = Errand(address or lease(), RUN, SOURCE, walks or Walks(), **changes)
    return replayed(errand, got, NOW)


def answer(status=200, headers=CAPTURED, body=BODY):
    return Answer(status, headers, body)


def test_a_replay_is_the_page_of_then():
    headers = (*CAPTURED, ("X-Archive-Orig-Server", "Apache"), ("Content-Type", "text/html"), ("Server", "nginx"), ("X-App-Server", "wwwb"))
    made, pause = visit(answer(headers=headers))
    page = made.page
    assert (page.url, page.url_key) == (ORIGINAL, url_key(ORIGINAL))
    assert page.fetched_at == datetime(2014, 1, 5, 12, 0, 7, tzinfo=UTC)
    assert dict(page.headers) == {"Content-Type": "text/html; charset=iso-8859-1", "Server": "Apache", "Memento-Datetime": CAPTURED[0][1]}
    assert (page.state, page.body, page.run_id, page.source) == (PageState.UNREAD, BODY, 1, "paper")
    assert (made.settlement.fetched, made.settlement.at, made.settlement.retry_at, pause) == (True, NOW, None, None)
    assert made.settlement.lease.url_key != page.url_key, "the frontier's row is that of the replay"


def test_pywb_sends_the_headers_of_then_as_they_were():
    headers = (CAPTURED[0], ("Content-Type", "text/html"), ("Server", "Apache"))
    assert visit(answer(headers=headers))[0].page.headers == headers


@pytest.mark.parametrize("stated", ["yesterday", "Sun, 05 Jan 2199 12:00:00 GMT", ""])
def test_the_address_says_when_if_the_header_does_not(stated):
    made, _ = visit(answer(headers=(("Memento-Datetime", stated), CAPTURED[1])))
    assert made.page.fetched_at == datetime(2014, 1, 5, 12, tzinfo=UTC)


def test_a_capture_is_not_visited_again():
    assert followed(visit(answer())[0], NOW).settlement.revisit_at is None
    gone = followed(visit(answer(404, (), b""), lease(fetched_at=NOW))[0], NOW)
    assert (gone.fate, gone.settlement.revisit_at) == (None, None), "that no capture is there says nothing of the article"


def test_a_body_that_is_still_gzipped_is_unfolded_within_bounds():
    assert visit(answer(body=gzip.compress(BODY)))[0].page.body == BODY
    bomb = gzip.compress(b"\0" * (2 << 20))
    found = memento_of(replay_of(lease().url), 200, CAPTURED, bomb, NOW, 1000)
    assert len(found.body) == 1000
    assert visit(answer(body=gzip.compress(BODY)[:-20]))[0].page is not None


@pytest.mark.parametrize(
    ("got", "state", "reason"),
    [
        (answer(404), PageState.FAILED, None),
        (answer(503, (*CAPTURED, ("X-Archive-Orig-Retry-After", "60"))), PageState.FAILED, None),
        (answer(429), PageState.FAILED, PageReason.BLOCKED),
        (answer(body=b" "), PageState.REJECTED, PageReason.EMPTY),
        (answer(body=b"%PDF-1.4"), PageState.REJECTED, PageReason.NOT_HTML),
        (answer(503, (*CAPTURED, ("X-Archive-Orig-Cf-Mitigated", "challenge"))), PageState.REJECTED, PageReason.BLOCKED),
    ],
)
def test_what_was_captured_of_errors_and_walls_is_not_held_against_the_archive(got, state, reason):
    made, pause = visit(got)
    assert (made.page.state, made.page.reason) == (state, reason)
    assert (made.settlement.failure, made.settlement.fetched, made.settlement.retry_at, pause) == (None, True, None, None)


def test_noindex_counts_if_it_is_obeyed():
    body = b'<html><head><meta name="robots" content="noindex"></head><body>x</body></html>'
    assert visit(answer(body=body), obey_noindex=True)[0].page.reason is PageReason.NOINDEX
    assert visit(answer(body=body))[0].page.state is PageState.UNREAD


# ---------------------------------------------------------------- the archive's own answers


def test_without_memento_datetime_an_answer_is_the_archives_own():
    made, _ = visit(Answer(200, (("Content-Type", "text/html"),), b"<html>Temporarily offline</html>"))
    assert made.page is None
    assert (made.settlement.failure, made.settlement.fetched) == (FailureClass.UNREADABLE, False)
    assert made.settlement.retry_at > NOW
    last, _ = visit(Answer(200, (), b"<html>offline</html>"), lease(attempts=MAX_ATTEMPTS - 1))
    assert (last.settlement.retry_at, last.settlement.fetched) == (None, True)


@pytest.mark.parametrize(
    ("got", "failure", "fetched", "pause"),
    [
        (Answer(404, (), b"no capture"), FailureClass.GONE, True, None),
        (Answer(429, (("Retry-After", "90"),), b""), FailureClass.BLOCKED, False, timedelta(seconds=90)),
        (Answer(503, (("Retry-After", "7"),), b""), FailureClass.HTTP_5XX, False, timedelta(seconds=7)),
        (Answer(504, (), b""), FailureClass.HTTP_5XX, False, None),
        (Answer(403, (), b""), FailureClass.BLOCKED, True, None),
        (
            Answer(403, (("X-Archive-Wayback-Runtime-Error", "AdministrativeAccessControlException: Blocked"),), b""),
            FailureClass.HTTP_4XX,
            True,
            None,
        ),
    ],
)
def test_the_archives_troubles_keep_no_page(got, failure, fetched, pause):
    made, found = visit(got)
    assert made.page is None
    assert (made.settlement.failure, made.settlement.fetched, found) == (failure, fetched, pause)
    assert (made.settlement.retry_at is None) == fetched


def location(value, status=302, memento=False):
    prefix = "X-Archive-Orig-" if memento else ""
    return Answer(status, ((f"{prefix}Location", value), *(CAPTURED if memento else ())), b"")


@pytest.mark.parametrize(
    "value",
    [
        f"/web/20140110090000id_/{ORIGINAL}",
        f"{BASE}/web/20140110090000id_/{ORIGINAL}",
        f"/web/20140110090000/{ORIGINAL}",
        "/web/20140110090000id_/http:/paper.test/article/1",
    ],
)
def test_the_nearest_capture_is_asked_for_instead(value):
    made, _ = visit(location(value))
    [following] = made.candidates
    assert following.url == f"{BASE}/web/20140110090000id_/{ORIGINAL}"
    assert (following.kind, following.found_by, following.refetch_before) == (PageKind.ARTICLE, FoundBy.CAPTURE, NEVER_ANSWERED)
    assert following.aliases == (lease().url,)
    assert (made.page, made.settlement.failure, made.settlement.fetched) == (None, None, True)


@pytest.mark.parametrize("value", ["http://paper.test/article/neuf", "/article/neuf", f"/web/{STAMP}id_/http://paper.test/article/neuf"])
def test_a_captured_redirect_is_followed_within_the_archive(value):
    made, _ = visit(location(value, 301, memento=True))
    [following] = made.candidates
    assert following.url == f"{BASE}/web/{STAMP}id_/http://paper.test/article/neuf"
    assert (made.page.url, made.page.state, made.page.status) == (ORIGINAL, PageState.PARSED, 301)


def test_a_page_that_only_leads_on_is_followed_too():
    body = b'<html><head><meta http-equiv="refresh" content="0;url=/article/neuf"></head><body></body></html>'
    made, _ = visit(answer(body=body))
    assert [each.url for each in made.candidates] == [f"{BASE}/web/{STAMP}id_/http://paper.test/article/neuf"]
    assert made.page.state is PageState.PARSED


@pytest.mark.parametrize("value", ["http://other.test/x", "http://paper.test/", lease().url, "mailto:x@y.z", "https://archive.test/login"])
def test_what_leads_away_to_the_front_page_or_round_in_circles_is_lost(value):
    made, _ = visit(location(value))
    assert (made.candidates, made.page, made.settlement.failure) == ((), None, FailureClass.REDIRECT)


def test_hops_are_counted_and_another_scheme_is_the_same_address():
    hops = tuple(f"{BASE}/web/2014010{n}000000id_/{ORIGINAL}" for n in range(MAX_HOPS))
    assert visit(location(f"/web/20140110090000id_/{ORIGINAL}"), lease(aliases=hops))[0].candidates == ()
    made, _ = visit(location(lease().url.replace("https://archive", "http://archive")))
    assert made.settlement.moved_to == lease().url.replace("https://archive", "http://archive")
    assert (made.settlement.retry_at, made.settlement.fetched) == (NOW, False)


@given(
    st.integers(100, 599),
    st.binary(max_size=60),
    st.lists(st.tuples(st.sampled_from(["Location", "Memento-Datetime", "Retry-After"]), st.text(max_size=60))),
)
def test_no_answer_is_too_strange(status, body, headers):
    made, _ = visit(Answer(status, tuple(headers), body))
    assert made.settlement.lease == lease()
    visit(Answer(status, tuple(headers), body), index())


# ---------------------------------------------------------------- the index


def rows(*stamps, resume=None):
    values = [["timestamp", "original", "mimetype", "statuscode"]]
    values += [[stamp, f"http://paper.test/article/{n}", "text/html", "200"] for n, stamp in enumerate(stamps)]
    return json.dumps([*values, *([[], [resume]] if resume else [])]).encode()


def test_the_index_gives_replays_and_its_next_page():
    made, _ = visit(Answer(200, (), rows("20140105120000", "20130105120000", resume="key")), index())
    assert [each.url for each in made.candidates] == [f"{BASE}/web/20140105120000id_/http://paper.test/article/0"]
    [following] = made.next_pages
    assert following.url.endswith("&resumeKey=key")
    assert (following.kind, following.found_by, following.hints.depth) == (PageKind.CAPTURES, FoundBy.PAGINATION, 1)
    assert following.refetch_before == RUN.requested_at
    assert (made.page.state, made.page.kind, made.walk_since) == (PageState.PARSED, PageKind.CAPTURES, None)


def test_an_index_that_is_cut_off_is_asked_again_and_then_given_up():
    made, _ = visit(Answer(200, (), rows("20140105120000")[:-5]), index())
    assert (made.candidates, made.page.state) == ((), PageState.FAILED)
    assert (made.settlement.failure, made.settlement.retry_at > NOW) == (FailureClass.UNREADABLE, True)
    assert visit(Answer(200, (), b"<html>"), index(attempts=MAX_ATTEMPTS - 1))[0].settlement.retry_at is None


def test_an_index_that_wishes_to_be_left_alone_is():
    made, pause = visit(Answer(429, (("Retry-After", "3600"),), b""), index())
    assert (pause, made.settlement.retry_at) == (timedelta(hours=1), NOW + timedelta(hours=1))


def test_an_index_that_gives_everything_for_every_number_is_read_once():
    walks, body = Walks(), b'{"timestamp": "20140105120000", "url": "http://paper.test/article/1"}'
    first = "https://archive.test/press/cdx?url=paper.test&page=0"
    made, _ = visit(Answer(200, (), body), index(first), walks)
    [following] = made.next_pages
    again, _ = visit(Answer(200, (), body), index(following.url, found_by=FoundBy.PAGINATION, hints=Hints(depth=1)), walks)
    assert again.next_pages == ()
    assert visit(Answer(404, (), b'{"message": "No Captures found"}'), index(first))[0].settlement.failure is None
    assert visit(Answer(200, (), body), index(first, hints=Hints(depth=MAX_DEPTH)))[0].next_pages == ()


def test_an_index_may_move_within_its_host():
    there = index().url.replace("https:", "http:")
    assert visit(Answer(301, (("Location", there),), b""), index())[0].settlement.moved_to == there
    made, _ = visit(Answer(301, (("Location", "/new/cdx?url=paper.test"),), b""), index())
    assert [(each.url, each.kind) for each in made.candidates] == [(f"{BASE}/new/cdx?url=paper.test", PageKind.CAPTURES)]
    assert visit(Answer(301, (("Location", "https://other.test/"),), b""), index())[0].settlement.failure is FailureClass.REDIRECT


def test_what_is_asked_of_an_archive_is_told_from_the_source_s_own():
    assert is_archives(lease())
    assert is_archives(index())
    assert not is_archives(lease(found_by=FoundBy.LINK))
    assert LIMIT > 0
