"""Kept pages: rows for records, handed out once to be read, and the bodies known for an address."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from db.engine import Database
from db.errors import UnknownName
from db.frontier import FrontierStore
from db.identity import url_key
from db.pages import PageStore
from db.records import ArchiveLocation, Candidate, FetchedPage, Hints, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FoundBy, PageKind, PageReason, PageState, RunKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def prepare(tx):
    entries = [SourceEntry(name, name.title(), f"https://{name}.org/", None, (), "UTC", "0" * 64) for name in ("gazette", "matin")]
    SourceStore(tx).sync(entries, NOW)
    return [RunStore(tx).request("gazette", RunKind.CRAWL, slot=f"2026-03-01T1{n}:00", now=NOW)[0].id for n in range(2)]


@pytest.fixture
def ready(database):
    database.transact(prepare)
    return database


@pytest.fixture
def runs(ready):
    with ready.read() as tx:
        return [run.id for run in RunStore(tx).open_runs()]


def call(database, name, *args, **rest):
    return database.transact(lambda tx: getattr(PageStore(tx), name)(*args, **rest))


def page(path, run, body=b"text", minutes=0, source="gazette", state=PageState.UNREAD, kind=PageKind.ARTICLE):
    url = f"https://www.{source}.org/{path}"
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=é"))
    return FetchedPage(source, run, url, url_key(url), kind, NOW + timedelta(minutes=minutes), 200, headers, body, state)


def put(database, *pages, start=0):
    return call(database, "put", [(one, ArchiveLocation("one.warc.zst", start + n, 1)) for n, one in enumerate(pages)])


def lease(database, owner="me", limit=10, runs=None, now=NOW, until=LATER):
    return call(database, "lease_unread", owner, now, until, limit, runs)


def test_a_page_comes_back_as_it_was_put(ready, runs):
    given = page("a", runs[0])
    (number,) = put(ready, given)
    stored = call(ready, "get", number)
    assert (stored.source, stored.run_id, stored.url, stored.url_key, stored.kind) == (
        "gazette",
        runs[0],
        given.url,
        given.url_key,
        given.kind,
    )
    assert (stored.fetched_at, stored.status, stored.headers) == (NOW, 200, given.headers)
    assert (stored.body_digest, stored.location) == (hashlib.sha256(b"text").hexdigest(), ArchiveLocation("one.warc.zst", 0, 1))
    assert (stored.state, stored.reason, stored.attempts, stored.fence, stored.hints) == (PageState.UNREAD, None, 0, 0, Hints())


def test_ids_are_in_the_order_of_the_pages(ready, runs):
    ids = put(ready, *(page(name, runs[0]) for name in "cab"))
    assert [call(ready, "get", number).url[-1] for number in ids] == ["c", "a", "b"]
    assert put(ready) == []


def test_torture_89_the_same_record_put_twice_is_one_page(ready, runs):
    pages = [page("a", runs[0]), page("b", runs[0])]
    assert put(ready, *pages) == put(ready, *pages)
    assert call(ready, "unread") == 2


def test_an_unknown_source_is_reported(ready, runs):
    with pytest.raises(UnknownName, match="nowhere"):
        put(ready, page("a", runs[0], source="nowhere"))


# ---------------------------------------------------------------- reading


def test_unread_pages_are_handed_out_oldest_first_and_once(ready, runs):
    ids = put(ready, page("a", runs[1]), page("b", runs[0]), page("c", runs[0]), page("d", runs[0], state=PageState.PARSED))
    first = lease(ready, limit=2)
    assert [one.id for one in first] == ids[:2]
    assert {(one.fence, one.attempts) for one in first} == {(1, 1)}
    assert [one.id for one in lease(ready, owner="you")] == ids[2:3]
    assert lease(ready) == []
    assert [one.id for one in lease(ready, now=LATER, until=LATER + timedelta(minutes=1))] == ids[:3]


def test_only_the_runs_asked_for_are_read(ready, runs):
    ids = put(ready, page("a", runs[0]), page("b", runs[1]), page("c", None))
    assert [one.id for one in lease(ready, runs=[runs[1]])] == [ids[1]]
    assert [call(ready, "unread", asked) for asked in (None, [runs[0]], runs, [])] == [3, 1, 2, 0]
    assert lease(ready, runs=[]) == []
    assert [one.id for one in lease(ready)] == [ids[0], ids[2]]


def test_hints_are_those_the_frontier_has_when_the_page_is_handed_out(ready, runs):
    put(ready, page("a", runs[0]))
    candidate = Candidate("https://gazette.org/a", PageKind.ARTICLE, FoundBy.FEED, Hints(title="Pluie", published_on=NOW.date()))
    ready.transact(lambda tx: FrontierStore(tx).offer("gazette", runs[0], [candidate], now=NOW))
    (leased,) = lease(ready)
    assert (leased.hints.title, leased.hints.published_on) == ("Pluie", NOW.date())


def test_readers_at_the_same_time_share_the_pages(ready, runs):
    put(ready, *(page(f"a{n}", runs[n % 2]) for n in range(60)))
    together, got = threading.Barrier(3), []

    def work(owner):
        database = Database.open(ready.url)
        together.wait(timeout=30)
        while leased := lease(database, owner=owner, limit=7):
            got.extend(one.id for one in leased)
        database.close()

    threads = [threading.Thread(target=work, args=(f"r{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 60


def test_a_reading_is_settled_with_its_reason(ready, runs):
    put(ready, page("a", runs[0]), page("b", runs[0]))
    one, other = lease(ready)
    assert call(ready, "settle", one, PageState.READ, detail="new", reading_version=3)
    assert call(ready, "settle", other, PageState.REJECTED, reason=PageReason.SOFT_404, detail="says so", reading_version=3)
    stored = call(ready, "get", other.id)
    assert (stored.state, stored.reason, stored.detail) == (PageState.REJECTED, PageReason.SOFT_404, "says so")
    assert call(ready, "unread") == 0
    assert lease(ready, now=LATER, until=LATER + timedelta(minutes=1)) == []


def test_torture_91_a_late_reader_settles_nothing(ready, runs):
    put(ready, page("a", runs[0]), page("b", runs[0]))
    mine = lease(ready)
    (yours,) = lease(ready, owner="you", now=LATER, until=LATER + timedelta(minutes=1), limit=1)
    assert call(ready, "held", mine) == {mine[1].id}
    assert not call(ready, "settle", mine[0], PageState.READ)
    assert call(ready, "give_back", "me") == 1, "the other page"
    assert call(ready, "settle", yours, PageState.READ)


def test_pages_given_back_count_no_attempt(ready, runs):
    put(ready, page("a", runs[0]))
    lease(ready)
    assert call(ready, "give_back", "me") == 1
    (again,) = lease(ready, owner="you")
    assert (again.attempts, again.fence) == (1, 2)
    assert call(ready, "give_back", "me") == 0


def test_renewing_keeps_pages(ready, runs):
    put(ready, page("a", runs[0]))
    lease(ready)
    assert call(ready, "renew", "me", LATER, LATER + timedelta(minutes=5)) == 1
    assert lease(ready, owner="you", now=LATER, until=LATER + timedelta(minutes=1)) == []


def test_unread_pages_are_found_through_their_index(make_database_url):
    database = Database.open(make_database_url("sqlite"))
    runs = database.transact(prepare)
    plans = []

    def explain(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().startswith(("SELECT", "WITH")) and "unread" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append([found[3] for found in cursor.fetchall()])

    event.listen(database._engine, "before_cursor_execute", explain)
    put(database, page("a", runs[0]))
    assert len(lease(database)) == 1
    assert plans
    assert not [step for plan in plans for step in plan if step.startswith("SCAN p") or ("pages" in step and "ix_pages_unread" not in step)]
    database.close()


# ---------------------------------------------------------------- bodies


def test_the_latest_body_of_an_address_is_known(ready, runs):
    ids = put(
        ready,
        page("a", runs[0], b"old", minutes=0),
        page("a", runs[0], b"new", minutes=2),
        page("a", runs[0], b"new", minutes=3, state=PageState.UNCHANGED),
        page("a", runs[0], b"error", minutes=4, state=PageState.FAILED),
        page("a", runs[0], b"other paper", minutes=5, source="matin"),
    )
    key = url_key("https://gazette.org/a")
    known = call(ready, "known_bodies", [("gazette", key), ("gazette", "http://gazette.org/nothing"), ("gazette", key)])
    assert list(known) == [("gazette", key)]
    body = known["gazette", key]
    assert (body.page_id, body.digest, body.location.offset) == (ids[1], hashlib.sha256(b"new").hexdigest(), 1)
    assert (body.url, body.fetched_at) == ("https://www.gazette.org/a", NOW + timedelta(minutes=2))
    assert call(ready, "known_bodies", []) == {}


def test_many_addresses_are_looked_up_at_once(ready, runs):
    put(ready, *(page(f"a{n}", runs[0], source=("gazette", "matin")[n % 2]) for n in range(100)))
    keys = [(("gazette", "matin")[n % 2], url_key(f"https://{('gazette', 'matin')[n % 2]}.org/a{n}")) for n in range(100)]
    assert set(call(ready, "known_bodies", keys)) == set(keys)


# ---------------------------------------------------------------- looking


def test_the_latest_page_of_an_address(ready, runs):
    ids = put(ready, page("a", runs[0], minutes=5), page("a", runs[0], minutes=1), page("a", runs[0], minutes=9, source="matin"))
    assert call(ready, "latest", "http://gazette.org/a/").id == ids[0]
    assert call(ready, "latest", "https://matin.org/a", "matin").id == ids[2]
    assert call(ready, "latest", "https://matin.org/a", "gazette") is None
    assert call(ready, "latest", "https://gazette.org/b") is None
    with pytest.raises(ValueError, match="http"):
        call(ready, "latest", "gazette")
    with pytest.raises(UnknownName):
        call(ready, "get", 999)


def test_articles_fetched_are_counted_without_feeds(ready, runs):
    put(
        ready, page("a", runs[0]), page("b", runs[0], state=PageState.FAILED), page("feed", runs[0], kind=PageKind.FEED), page("c", runs[1])
    )
    assert call(ready, "articles_fetched", runs[0]) == 2


def test_every_location_is_given_file_by_file(ready, runs):
    put(ready, *(page(f"a{n}", runs[0]) for n in range(3)))
    call(ready, "put", [(page("z", runs[0]), ArchiveLocation("another.warc.zst", 7, 1))])
    with ready.read() as tx:
        assert [(at.file, at.offset) for at in PageStore(tx).locations()] == [
            ("another.warc.zst", 7),
            *(("one.warc.zst", n) for n in range(3)),
        ]


def test_a_body_that_was_kept_at_any_time_is_known(ready, runs):
    url = "https://gazette.org/a"
    page = FetchedPage("gazette", runs[0], url, url_key(url), PageKind.ARTICLE, NOW, 200, (), b"")

    def put(offset, digest, **more):
        kept = dataclasses.replace(page, body_digest=digest, **more)
        ready.transact(lambda tx: PageStore(tx).put([(kept, ArchiveLocation("/data/some.warc.gz", offset, 9))]))

    put(0, "1" * 64)
    put(9, "2" * 64, fetched_at=LATER)
    put(18, "3" * 64, state=PageState.FAILED)
    asked = [(url_key(url), digit * 64) for digit in "1234"] + [("elsewhere", "1" * 64)]
    with ready.read() as tx:
        store = PageStore(tx)
        assert store.kept("gazette", asked) == set(asked[:2])
        assert store.kept("matin", asked) == set()
        assert store.kept("gazette", []) == set()
        assert store.latest(url).body_digest == "3" * 64 or store.latest(url).location.offset == 9
