"""Captures of what is kept are not fetched: not when they are found, not when their turn comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawlers.kept import original_key, unkept, without_kept
from db.frontier import FrontierStore
from db.identity import url_key
from db.pages import PageStore
from db.records import ArchiveLocation, Candidate, FetchedPage, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FoundBy, PageKind, PageState, RunKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=1)
ARCHIVE = "archive.test"


def capture(path, stamp="20140105120000", found_by=FoundBy.CAPTURE):
    return Candidate(f"http://{ARCHIVE}/web/{stamp}id_/http://a.test{path}", PageKind.ARTICLE, found_by)


class Office:
    """A run of replays."""

    def __init__(self, database):
        self.database = database
        self.pages = 0
        self.run = database.transact(self._begin)

    def _begin(self, tx):
        SourceStore(tx).sync([SourceEntry(name, name, f"http://{name}.test/", None, (), "UTC", "0") for name in ("a", "b")], NOW)
        return RunStore(tx).request("a", RunKind.REPLAY, now=NOW)[0]

    def keep(self, url, state=PageState.UNREAD, source="a"):
        self.pages += 1
        page = FetchedPage(source, self.run.id, url, url_key(url), PageKind.ARTICLE, NOW, 200, (), b"x", state)
        self.database.transact(lambda tx: PageStore(tx).put([(page, ArchiveLocation("f", self.pages, 1))]))

    def offer(self, *candidates):
        self.database.transact(lambda tx: FrontierStore(tx).offer("a", self.run.id, candidates, now=NOW))

    def lease(self, owner="me", limit=10):
        def work(tx):
            leases = FrontierStore(tx).lease(ARCHIVE, [self.run.id], owner, NOW, UNTIL, limit)
            return [lease.url.partition("a.test")[2] for lease in without_kept(tx, leases, NOW)]

        return self.database.transact(work)

    def due(self):
        with self.database.read() as tx:
            return FrontierStore(tx).pending([self.run.id])[self.run.id]


@pytest.fixture
def office(database):
    return Office(database)


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (PageState.UNREAD, True),
        (PageState.FAILED, False),  # gone at the publisher's: the capture is what there is
        (PageState.REJECTED, False),
        (PageState.PARSED, False),
    ],
)
def test_a_page_that_waits_to_be_read_needs_no_capture(office, state, kept):
    office.keep("http://www.a.test/article/1/", state)
    with office.database.read() as tx:
        found = [capture("/article/1"), capture("/article/2"), Candidate("http://a.test/article/1", PageKind.ARTICLE, FoundBy.LINK)]
        assert list(unkept(tx, "a", found)) == (found[1:] if kept else found)
        assert unkept(tx, "b", [capture("/article/1")]), "another source's"


def test_more_addresses_than_fit_a_statement_are_looked_up(office):
    office.keep("http://a.test/article/7")
    with office.database.read() as tx:
        assert len(unkept(tx, "a", [capture(f"/article/{n}") for n in range(1_200)])) == 1_199


def test_what_a_crawl_has_brought_meanwhile_is_settled_unfetched(office):
    office.offer(capture("/article/1"), capture("/article/2"))
    office.keep("http://a.test/article/1")
    assert office.lease() == ["/article/2"]
    assert office.due() == 1
    with office.database.read() as tx:
        assert FrontierStore(tx).failures(office.run.id) == {}


def test_two_captures_of_one_article_are_not_fetched_together(office):
    office.offer(capture("/article/1"), capture("/article/1?utm_source=x", "20140106120000"))
    assert len(office.lease(limit=1)) == 1
    assert office.lease(owner="other") == [], "one is under way"
    office.keep("http://a.test/article/1")
    assert office.lease(owner="other") == []
    assert office.due() == 1, "only that which is under way"


def test_of_two_in_one_handful_the_second_waits(office):
    office.offer(capture("/article/1"), capture("/article/1?utm_source=x", "20140106120000"), capture("/article/2"))
    assert sorted(path.partition("?")[0] for path in office.lease()) == ["/article/1", "/article/2"]
    assert office.due() == 3


def test_other_addresses_are_let_through_without_a_question():
    class Nobody:
        def __getattr__(self, name):
            raise AssertionError(name)

    assert without_kept(Nobody(), [], NOW) == []
    assert unkept(Nobody(), "a", [capture("/article/1", found_by=FoundBy.LINK)])
    assert original_key("no address") == "no address"


def test_a_crawl_does_not_take_over_what_is_to_be_asked_of_an_archive(office):
    index = Candidate(f"http://{ARCHIVE}/cdx/search/cdx?url=a.test", PageKind.CAPTURES, FoundBy.SEED)
    office.offer(capture("/article/1"), index, Candidate("http://a.test/article/2", PageKind.ARTICLE, FoundBy.LINK))

    def work(tx):
        FrontierStore(tx).release(office.run.id)
        crawl, _ = RunStore(tx).request("a", RunKind.CRAWL, now=NOW)
        return FrontierStore(tx).adopt("a", crawl.id)

    assert office.database.transact(work) == 1


def test_the_index_comes_before_what_it_leads_to(office):
    index = Candidate(f"http://{ARCHIVE}/cdx/search/cdx?url=http://a.test/", PageKind.CAPTURES, FoundBy.SEED, priority=550)
    office.offer(capture("/article/1"), index)
    assert office.lease() == ["/"]
