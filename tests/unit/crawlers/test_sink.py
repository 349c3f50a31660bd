"""The writer thread: archive before row, one transaction a batch, fences, equal bodies, and what it does when it cannot write."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.sink import HostUpdate, Sink, Visit
from db.archive import ArchiveReader, ArchiveWriter, orphans
from db.errors import Unavailable
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.pages import PageStore
from db.records import Candidate, FetchedPage, Settlement, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FailureClass, FoundBy, PageKind, PageState, RunKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=1)


class Desk:
    """A sink with a run, and what it said."""

    def __init__(self, database, folder):
        self.database, self.folder = database, folder
        self.outcomes, self.errors = [], []
        self.sink = Sink(database, ArchiveWriter(folder), now=lambda: NOW, told=self.outcomes.extend, failed=self.errors.append)
        self.run = database.transact(self._begin)

    def _begin(self, tx):
        SourceStore(tx).sync([SourceEntry("a", "A", "http://a.test/", None, (), "UTC", "0")], NOW)
        run, _ = RunStore(tx).request("a", RunKind.CRAWL, now=NOW)
        return run

    def offer(self, *paths, kind=PageKind.ARTICLE):
        candidates = [Candidate(f"http://a.test{path}", kind, FoundBy.SEED) for path in paths]
        self.database.transact(lambda tx: FrontierStore(tx).offer("a", self.run.id, candidates, now=NOW))

    def lease(self, limit=50, owner="me"):
        return self.database.transact(lambda tx: FrontierStore(tx).lease("a.test", [self.run.id], owner, NOW, UNTIL, limit))

    def ask(self, work):
        with self.database.read() as tx:
            return work(tx)

    def write(self, *visits):
        if not self.sink.is_alive():
            self.sink.start()
        for visit in visits:
            self.sink.submit(visit)
        self.sink.call(lambda tx: None).result(20)
        return self.outcomes


@pytest.fixture
def desk(database, tmp_path):
    made = Desk(database, tmp_path / "archive")
    yield made
    if made.sink.is_alive():
        made.sink.close(20)


def page(lease, body=b"<html>text</html>", state=PageState.UNREAD, **changes):
    kept = FetchedPage("a", lease.run_id, lease.url, lease.url_key, lease.kind, NOW, 200, (("Content-Type", "text/html"),), body, state)
    return dataclasses.replace(kept, **changes)


def visit(lease, kept=None, **more):
    return Visit(Settlement(lease, NOW, fetched=True, status=200), kept, **more)


def test_a_page_is_archived_then_kept_then_settled(desk):
    desk.offer("/1")
    [lease] = desk.lease()
    [outcome] = desk.write(visit(lease, page(lease)))
    assert (outcome.kept, outcome.state) == (True, PageState.UNREAD)
    stored = desk.ask(lambda tx: PageStore(tx).latest(lease.url))
    assert ArchiveReader(desk.folder).read(stored.location).body == b"<html>text</html>"
    assert desk.ask(lambda tx: FrontierStore(tx).pending([desk.run.id])) == {desk.run.id: 0}


def test_what_was_found_is_offered_in_the_same_transaction(desk):
    desk.offer("/", kind=PageKind.LISTING)
    [lease] = desk.lease()
    found = tuple(Candidate(f"http://a.test/{n}", PageKind.ARTICLE, FoundBy.LISTING) for n in range(3))
    [outcome] = desk.write(visit(lease, page(lease, state=PageState.PARSED), candidates=found))
    assert outcome.new == 3
    assert len(desk.lease()) == 3


def test_torture_91_a_late_holder_writes_nothing(desk):
    desk.offer("/1")
    [late] = desk.lease()
    desk.database.transact(lambda tx: FrontierStore(tx).free("me"))
    [lease] = desk.lease(owner="another")
    found = (Candidate("http://a.test/2", PageKind.ARTICLE, FoundBy.LISTING),)
    first, second = desk.write(visit(late, page(late, b"late"), candidates=found), visit(lease, page(lease, b"in time")))
    assert (first.kept, second.kept) == (False, True)
    stored = desk.ask(lambda tx: PageStore(tx).latest(lease.url))
    assert ArchiveReader(desk.folder).read(stored.location).body == b"in time"
    assert desk.lease() == [], "what the late page led to was not offered"
    known = desk.ask(lambda tx: list(PageStore(tx).locations()))
    desk.sink.close(20)
    assert len(list(orphans(desk.folder, lambda name: {at.offset for at in known if at.file == name}))) == 1, "its record has no row"


def test_an_equal_body_is_kept_once_and_not_read_again(desk):
    desk.offer("/1")
    [lease] = desk.lease()
    desk.write(visit(lease, page(lease)))
    again = Candidate(lease.url, PageKind.ARTICLE, FoundBy.FEED, refetch_before=NOW + timedelta(hours=1))
    desk.database.transact(lambda tx: FrontierStore(tx).offer("a", desk.run.id, [again], now=NOW))
    [second] = desk.lease()
    desk.write(visit(second, page(second, fetched_at=NOW + timedelta(hours=2))))
    assert desk.outcomes[-1].state is PageState.UNCHANGED
    stored = desk.ask(lambda tx: PageStore(tx).latest(lease.url))
    assert stored.state is PageState.UNCHANGED
    assert ArchiveReader(desk.folder).read(stored.location).body == b"<html>text</html>"
    assert desk.ask(lambda tx: PageStore(tx).unread()) == 1


@pytest.mark.parametrize(
    ("known", "since", "walks"),
    [
        (["/1", "/2"], NOW + timedelta(seconds=1), False),
        (["/1"], NOW + timedelta(seconds=1), True),
        ([], NOW + timedelta(seconds=1), True),
        (["/1", "/2"], NOW, True),
        (["/1", "/2"], None, True),
    ],
    ids=["all known before", "one new", "all new", "known since the run began", "a backfill"],
)
def test_older_pages_of_a_listing_are_wanted_while_there_is_news(desk, known, since, walks):
    desk.offer("/", kind=PageKind.LISTING)
    [lease] = desk.lease()
    desk.offer(*known)
    found = tuple(Candidate(f"http://a.test/{n}", PageKind.ARTICLE, FoundBy.LISTING) for n in (1, 2))
    older = (Candidate("http://a.test/page/2", PageKind.LISTING, FoundBy.PAGINATION, priority=600),)
    desk.write(visit(lease, page(lease, state=PageState.PARSED), candidates=found, next_pages=older, walk_since=since))
    wanted = {address.url for address in desk.lease()}
    assert ("http://a.test/page/2" in wanted) is walks


def test_torture_58_a_listing_without_articles_ends_the_walk(desk):
    desk.offer("/", kind=PageKind.LISTING)
    [lease] = desk.lease()
    older = (Candidate("http://a.test/page/2", PageKind.LISTING, FoundBy.PAGINATION),)
    desk.write(visit(lease, page(lease, state=PageState.PARSED), next_pages=older, walk_since=NOW))
    assert desk.lease() == []


def test_the_hosts_next_moment_outlives_the_process(desk):
    desk.offer("/1")
    [lease] = desk.lease()
    host = desk.database.transact(lambda tx: HostStore(tx).lease("a.test", "me", NOW, UNTIL))
    later = NOW + timedelta(seconds=30)
    desk.write(visit(lease, page(lease), host=HostUpdate(host, later, later)))
    desk.database.transact(lambda tx: HostStore(tx).release("me"))
    taken = desk.database.transact(lambda tx: HostStore(tx).lease("a.test", "next", NOW, UNTIL))
    assert (taken.next_allowed_at, taken.pause_until) == (later, later)


def test_a_host_that_changed_hands_does_not_undo_the_page(desk):
    desk.offer("/1")
    [lease] = desk.lease()
    host = desk.database.transact(lambda tx: HostStore(tx).lease("a.test", "me", NOW, UNTIL))
    desk.database.transact(lambda tx: HostStore(tx).release("me"))
    desk.database.transact(lambda tx: HostStore(tx).lease("a.test", "another", NOW, UNTIL))
    [outcome] = desk.write(visit(lease, page(lease), host=HostUpdate(host, NOW)))
    assert outcome.kept
    assert desk.errors == []


def test_visits_without_a_page_are_only_settled(desk):
    desk.offer("/1")
    [lease] = desk.lease()
    desk.write(Visit(Settlement(lease, NOW, fetched=False, failure=FailureClass.ROBOTS)))
    assert desk.ask(lambda tx: FrontierStore(tx).failures(desk.run.id)) == {"robots": 1}
    assert list(desk.folder.glob("*")) == [], "nothing was fetched, nothing is archived"


def test_one_visit_that_cannot_be_stored_does_not_take_the_others_with_it(desk, caplog):
    desk.offer("/1", "/2", "/3")
    leases = desk.lease()
    broken = page(leases[1], source="nobody knows this source")
    outcomes = desk.write(*(visit(lease, broken if lease is leases[1] else page(lease)) for lease in leases))
    assert {outcome.visit.settlement.lease.id: outcome.state for outcome in outcomes} == {
        leases[0].id: PageState.UNREAD,
        leases[1].id: None,
        leases[2].id: PageState.UNREAD,
    }
    assert desk.ask(lambda tx: FrontierStore(tx).failures(desk.run.id)) == {"other": 1}
    assert leases[1].url in caplog.text


def test_small_pieces_of_work_see_what_was_submitted_before(desk):
    desk.offer("/1")
    [lease] = desk.lease()
    desk.sink.start()
    desk.sink.submit(visit(lease, page(lease)))
    assert desk.sink.call(lambda tx: PageStore(tx).unread()).result(20) == 1


def test_an_error_of_a_piece_of_work_goes_to_who_asked(desk):
    desk.sink.start()
    with pytest.raises(ZeroDivisionError):
        desk.sink.call(lambda tx: 1 / 0).result(20)
    assert desk.sink.call(lambda tx: 7).result(20) == 7
    assert desk.errors == []


def test_torture_87_when_nothing_can_be_written_it_says_so_once_and_writes_no_more(desk, monkeypatch):
    desk.offer("/1", "/2")
    leases = desk.lease()
    heard = threading.Event()
    desk.sink._failed = lambda error: (desk.errors.append(error), heard.set())

    def full(entries):
        raise Unavailable("no space left on the device")

    monkeypatch.setattr(desk.sink._archive, "append", full)
    desk.sink.start()
    desk.sink.submit(visit(leases[0], page(leases[0])))
    assert heard.wait(20)
    desk.sink.submit(visit(leases[1], page(leases[1])))
    with pytest.raises(Unavailable, match="no space"):
        desk.sink.call(lambda tx: None).result(20)
    assert len(desk.errors) == 1
    assert desk.outcomes == []
    assert desk.ask(lambda tx: PageStore(tx).unread()) == 0


def test_closing_writes_what_is_left(desk):
    desk.offer(*(f"/{n}" for n in range(120)))
    leases = desk.lease(200)
    desk.sink.start()
    for lease in leases:
        desk.sink.submit(visit(lease, page(lease, f"page {lease.id}".encode())))
    desk.sink.close(60)
    assert not desk.sink.is_alive()
    assert desk.ask(lambda tx: PageStore(tx).unread()) == 120
