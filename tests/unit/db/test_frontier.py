"""The frontier: what is wanted is handed out once, in order, and comes back settled or due again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from db.engine import Database
from db.errors import UnknownName
from db.frontier import FrontierStore
from db.identity import url_key
from db.lost import has_lost_lists
from db.offer_rows import CHUNK
from db.records import Candidate, Hints, Offered, Settlement, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import DateEvidence, FailureClass, FoundBy, PageKind, RunKind, RunState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(minutes=5)


def prepare(tx):
    entries = [SourceEntry(name, name.title(), f"https://{name}.org/", None, (), "UTC", "0" * 64) for name in ("gazette", "matin")]
    SourceStore(tx).sync(entries, NOW)
    return [RunStore(tx).request("gazette", RunKind.CRAWL, slot=f"2026-03-01T1{n}:00", now=NOW)[0].id for n in range(3)]


@pytest.fixture
def ready(database):
    database.transact(prepare)
    return database


@pytest.fixture
def run(ready):
    with ready.read() as tx:
        return RunStore(tx).open_runs()[0].id


def call(database, name, *args, **rest):
    return database.transact(lambda tx: getattr(FrontierStore(tx), name)(*args, **rest))


def article(path, priority=300, host="gazette.org", **rest):
    return Candidate(f"https://{host}/{path}", PageKind.ARTICLE, FoundBy.LINK, priority=priority, **rest)


def offer(database, run, *candidates, now=NOW, source="gazette"):
    return call(database, "offer", source, run, candidates, now=now)


def lease(database, *runs, host="gazette.org", owner="me", now=NOW, until=LATER, limit=10, kinds=None):
    return call(database, "lease", host, runs, owner, now, until, limit, kinds)


def row(database, url="https://gazette.org/a"):
    with database.read() as tx:
        found = tx.execute(text("SELECT * FROM frontier WHERE url_key = :key"), {"key": url_key(url)}).mappings().one()
    return {name: value for name, value in found.items() if name != "id"}


def fetched(lease, at=SOON, **rest):
    return Settlement(lease, at, fetched=True, status=rest.pop("status", 200), **rest)


# ---------------------------------------------------------------- offering


def test_new_addresses_are_due_at_once(ready, run):
    assert offer(ready, run, article("a"), article("b"), article("a"), Candidate("mailto:x@y", PageKind.ARTICLE, FoundBy.LINK)) == Offered(
        new=2, unusable=1
    )
    assert call(ready, "pending", [run]) == {run: 2}
    assert call(ready, "next_due", [run]) == NOW


def test_spellings_of_one_address_are_one_row(ready, run):
    spellings = ("https://www.gazette.org/a/", "http://gazette.org/a", "https://gazette.org/a?utm_source=x")
    offer(ready, run, *(Candidate(url, PageKind.ARTICLE, FoundBy.LINK) for url in spellings))
    (only,) = lease(ready, run, host="www.gazette.org") + lease(ready, run)
    assert only.url_key == url_key(spellings[0])


def test_the_same_address_in_two_sources_is_two_rows(ready, run):
    offer(ready, run, article("a"))
    assert offer(ready, None, article("a"), source="matin").new == 1


def test_a_known_pending_address_gets_the_higher_priority_and_what_is_new(ready, run):
    offer(ready, run, article("a", 300))
    assert offer(ready, run, article("a", 500, hints=Hints(title="Pluie"))) == Offered(known=1)
    offer(ready, run, article("a", 100))
    (only,) = lease(ready, run)
    assert (only.priority, only.hints.title) == (500, "Pluie")


def test_a_pending_address_without_a_run_is_adopted_by_who_offers_it(ready, run):
    offer(ready, None, article("a"))
    assert call(ready, "pending", [run]) == {run: 0}
    offer(ready, run, article("a"))
    assert call(ready, "pending", [run]) == {run: 1}
    offer(ready, run + 1, article("a"))
    assert call(ready, "pending", [run, run + 1]) == {run: 1, run + 1: 0}


def test_a_settled_address_is_due_again_only_if_asked_for(ready, run):
    offer(ready, run, article("a"))
    call(ready, "settle", [fetched(*lease(ready, run), at=SOON)])
    assert offer(ready, run, article("a")) == Offered(known=1)
    assert offer(ready, run, article("a", refetch_before=SOON)) == Offered(known=1)
    assert call(ready, "pending", [run]) == {run: 0}
    assert offer(ready, run + 1, article("a", 200, refetch_before=LATER), now=LATER) == Offered(again=1)
    assert call(ready, "pending", [run, run + 1]) == {run: 0, run + 1: 1}
    (again,) = lease(ready, run + 1, now=LATER, until=LATER + timedelta(minutes=5))
    assert (again.priority, again.attempts, again.fence) == (200, 0, 2)


def test_an_address_that_was_never_fetched_is_due_again_when_asked_for(ready, run):
    offer(ready, run, article("a"))
    call(ready, "settle", [Settlement(*lease(ready, run), SOON, fetched=False, failure=FailureClass.DNS)])
    assert offer(ready, run, article("a")).again == 0
    assert offer(ready, run, article("a", refetch_before=NOW)).again == 1


def test_hints_reach_a_settled_address_too(ready, run):
    offer(ready, run, article("a"))
    call(ready, "settle", [fetched(*lease(ready, run))])
    offer(ready, run, article("a", hints=Hints(title="Pluie")))
    assert call(ready, "pending", [run]) == {run: 0}
    with ready.read() as tx:
        assert "Pluie" in str(tx.execute(text("SELECT hints FROM frontier")).scalar_one())


def test_a_tried_spelling_is_kept(ready, run):
    offer(ready, run, Candidate("http://gazette.org/a", PageKind.ARTICLE, FoundBy.LINK))
    (first,) = lease(ready, run)
    call(ready, "settle", [Settlement(first, SOON, fetched=False, status=301, moved_to="https://www.gazette.org/a", retry_at=SOON)])
    offer(ready, run, Candidate("https://gazette.org/a", PageKind.ARTICLE, FoundBy.FEED))
    assert (row(ready)["url"], row(ready)["host"], row(ready)["found_by"]) == ("https://www.gazette.org/a", "www.gazette.org", "feed")


def test_many_addresses_go_in_few_statements(ready, run):
    statements = []
    event.listen(ready._engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    everything = [article(f"a{n}") for n in range(3 * CHUNK)]
    assert offer(ready, run, *everything).new == 3 * CHUNK
    assert len(statements) < 20
    statements.clear()
    assert offer(ready, run, *everything).known == 3 * CHUNK
    assert len(statements) < 10


def test_an_unknown_source_is_reported(ready, run):
    with pytest.raises(UnknownName, match="nowhere"):
        offer(ready, run, article("a"), source="nowhere")


hints = st.builds(
    lambda title, day, evidence, depth: Hints(title=title, published_on=day, evidence=evidence if day else None, depth=depth),
    st.none() | st.sampled_from(["Pluie", "Pluie à Alger", "أمطار"]),
    st.none() | st.dates(),
    st.sampled_from(DateEvidence),
    st.integers(0, 3),
)
said = st.builds(
    Candidate,
    url=st.sampled_from(["https://gazette.org/a", "http://www.gazette.org/a/", "https://gazette.org/a?fbclid=1"]),
    kind=st.sampled_from(PageKind),
    found_by=st.sampled_from(FoundBy),
    hints=hints,
    priority=st.integers(0, 900),
    aliases=st.lists(st.sampled_from(["https://gazette.org/x", "https://gazette.org/y"]), max_size=2).map(tuple),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(said, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_any_order_of_offers_gives_the_same_row(ready, run, offers, random):
    rows = []
    shuffled = random.sample(offers, len(offers))
    for order in ([[one] for one in offers], [[one] for one in shuffled], [shuffled], [shuffled[:2], shuffled[2:]]):
        ready.transact(lambda tx: tx.execute(text("DELETE FROM frontier")))
        for together in order:
            offer(ready, run, *together)
        rows.append(row(ready))
    assert rows[1:] == rows[:-1]


def test_offers_at_the_same_time_lose_nothing(ready, run):
    together = threading.Barrier(4)

    def say(number):
        database = Database.open(ready.url)
        together.wait(timeout=30)
        for n in range(10):
            offer(database, run, *(article(f"a{m}", number * 10 + n, aliases=(f"https://gazette.org/{number}/{n}",)) for m in range(20)))
        database.close()

    threads = [threading.Thread(target=say, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    leased = lease(ready, run, limit=50)
    assert len(leased) == 20
    assert {one.priority for one in leased} == {39}
    assert {len(one.aliases) for one in leased} == {40}


def test_aliases_become_addresses_of_an_article_already_read(ready, run):
    article_row = """
        INSERT INTO articles (id, uid, source_id, url, url_key, revision, title, language, language_confidence, text_digest,
            text_length, status, fate, first_seen, last_seen, change)
        VALUES (1, 'u', 1, 'https://gazette.org/a', 'http://gazette.org/a', 1, 't', 'fr', 1, 'd', 1, 'complete', 'present',
            '2026-01-01 00:00:00', '2026-01-01 00:00:00', 1)
    """
    address = "INSERT INTO addresses VALUES (1, 'http://gazette.org/a', 'https://gazette.org/a', 1, '2026-01-01 00:00:00')"
    offer(ready, run, article("a"), article("b"))
    ready.transact(lambda tx: [tx.execute(text(statement)) for statement in (article_row, address)])
    offer(ready, run, article("a", aliases=("https://gazette.org/old",)), article("b", aliases=("https://gazette.org/other",)))
    with ready.read() as tx:
        known = tx.execute(text("SELECT url_key, url, article_id FROM addresses ORDER BY url_key")).all()
    assert [tuple(one) for one in known] == [
        ("http://gazette.org/a", "https://gazette.org/a", 1),
        ("http://gazette.org/old", "https://gazette.org/old", 1),
    ]
    offer(ready, run, article("a", aliases=("https://gazette.org/older",)))
    with ready.read() as tx:
        assert tx.execute(text("SELECT change FROM articles")).scalar_one() == 2
    leased = {one.url: one.aliases for one in lease(ready, run)}
    assert leased["https://gazette.org/b"] == ("https://gazette.org/other",)


# ---------------------------------------------------------------- handing out


def test_the_order_is_priority_then_due_then_age(ready, run):
    offer(ready, run, article("late", 500), now=SOON)
    offer(ready, run, article("first", 500), article("low", 100))
    offer(ready, run, article("high", 900), now=SOON)
    leased = lease(ready, run, now=SOON)
    assert [one.url.rpartition("/")[2] for one in leased] == ["high", "first", "late", "low"]


def test_runs_are_served_together_by_priority(ready, run):
    offer(ready, run, *(article(f"old{n}", 50) for n in range(5)))
    offer(ready, run + 1, *(article(f"new{n}", 500) for n in range(2)))
    leased = lease(ready, run, run + 1, limit=3)
    assert [one.run_id for one in leased] == [run + 1, run + 1, run]
    assert lease(ready, limit=3) == []


def test_nothing_is_handed_out_twice_until_its_time_is_up(ready, run):
    offer(ready, run, article("a"), article("b"))
    first = lease(ready, run, limit=1)
    assert {one.url for one in first + lease(ready, run, owner="you")} == {"https://gazette.org/a", "https://gazette.org/b"}
    assert lease(ready, run, owner="they") == []
    assert {one.fence for one in lease(ready, run, owner="they", now=LATER, until=LATER + timedelta(minutes=1))} == {2}


def test_only_the_kinds_asked_for_are_handed_out(ready, run):
    offer(ready, run, article("a", 900), Candidate("https://gazette.org/feed", PageKind.FEED, FoundBy.SEED))
    assert [one.kind for one in lease(ready, run, kinds=[PageKind.FEED, PageKind.SITEMAP])] == [PageKind.FEED]


def test_workers_at_the_same_time_share_the_work(ready, run):
    offer(ready, run, *(article(f"a{n}") for n in range(60)))
    together, got = threading.Barrier(3), []

    def work(owner):
        database = Database.open(ready.url)
        together.wait(timeout=30)
        while leased := lease(database, run, owner=owner, limit=5):
            got.extend(one.id for one in leased)
        database.close()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 60


def test_hosts_that_have_something_due(ready, run):
    offer(ready, run, article("a"), article("b", host="b.org"), article("c", host="c.org"))
    offer(ready, run + 1, article("d", host="d.org"), article("a", host="b.org"))
    offer(ready, run, article("e", host="e.org"), now=LATER)
    assert call(ready, "hosts_due", [run], NOW) == ["b.org", "c.org", "gazette.org"]
    assert call(ready, "hosts_due", [run, run + 1], NOW) == ["b.org", "c.org", "d.org", "gazette.org"]
    assert call(ready, "hosts_due", [], NOW) == []
    lease(ready, run, host="c.org")
    assert call(ready, "hosts_due", [run], NOW) == ["b.org", "gazette.org"]
    assert call(ready, "hosts_due", [run], LATER) == ["b.org", "c.org", "e.org", "gazette.org"]


def test_a_full_frontier_is_walked_along_its_index(ready, run):
    """However many rows wait, finding hosts and leasing touches few: the plans say so."""
    if ready.dialect == "sqlite":
        plans = []

        def explain(connection, cursor, statement, parameters, context, executemany):
            if statement.lstrip().startswith(("SELECT", "WITH")):
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans.extend(found[3] for found in cursor.fetchall())

        event.listen(ready._engine, "before_cursor_execute", explain)
        lease(ready, run)
        call(ready, "hosts_due", [run], NOW)
        assert not [plan for plan in plans if "SCAN f" in plan or ("B-TREE FOR ORDER" in plan and "ix_frontier" in plan)]
        assert [plan for plan in plans if "ix_frontier_due (run_id=? AND host=?)" in plan]
    offer(ready, run, *(article(f"a{n}", n % 3, host=f"h{n % 5}.org") for n in range(2_000)))
    assert call(ready, "hosts_due", [run], NOW) == [f"h{n}.org" for n in range(5)]


# ---------------------------------------------------------------- settling


def test_what_is_fetched_is_settled_and_keeps_its_validators(ready, run):
    offer(ready, run, article("a"))
    (mine,) = lease(ready, run)
    assert call(ready, "settle", [fetched(mine, etag='"1"', last_modified="yesterday")]) == [True]
    offer(ready, run, article("a", refetch_before=LATER))
    (mine,) = lease(ready, run)
    assert (mine.etag, mine.last_modified, mine.attempts) == ('"1"', "yesterday", 0)
    call(ready, "settle", [fetched(mine, status=304, etag='"2"')])
    assert (row(ready)["etag"], row(ready)["last_modified"], row(ready)["last_status"]) == ('"2"', "yesterday", 304)
    offer(ready, run, article("a", refetch_before=LATER))
    call(ready, "settle", [fetched(*lease(ready, run))])
    assert (row(ready)["etag"], row(ready)["last_modified"]) == (None, None)


def test_a_failure_is_tried_again_later_and_counted(ready, run):
    offer(ready, run, article("a"))
    (mine,) = lease(ready, run)
    call(ready, "settle", [Settlement(mine, SOON, fetched=False, failure=FailureClass.TIMEOUT, retry_at=LATER)])
    assert lease(ready, run, now=SOON) == []
    assert call(ready, "next_due", [run]) == LATER
    assert call(ready, "pending", [run]) == {run: 1}
    assert not call(ready, "has_due", run, SOON)
    assert call(ready, "failures", run) == {"timeout": 1}
    (again,) = lease(ready, run, now=LATER, until=LATER + timedelta(minutes=1))
    assert again.attempts == 1
    call(ready, "settle", [fetched(again, at=LATER)])
    assert call(ready, "failures", run) == {}
    assert call(ready, "next_due", [run]) is None


def test_torture_91_a_late_holder_settles_nothing(ready, run):
    offer(ready, run, article("a"), article("b"))
    mine = lease(ready, run)
    yours = lease(ready, run, owner="you", now=LATER, until=LATER + timedelta(minutes=1), limit=1)
    late = [one for one in mine if one.id == yours[0].id]
    others = [one for one in mine if one.id != yours[0].id]
    assert call(ready, "settle", [fetched(one) for one in late + others]) == [False, True]
    call(ready, "give_back", late)
    assert lease(ready, run, owner="they", now=LATER, until=LATER + timedelta(minutes=1)) == []
    assert call(ready, "settle", [fetched(*yours)]) == [True]
    assert call(ready, "settle", []) == []


def test_an_address_may_only_move_to_another_spelling_of_itself(ready, run):
    offer(ready, run, article("a"))
    (mine,) = lease(ready, run)
    with pytest.raises(ValueError, match="not a spelling"):
        call(ready, "settle", [fetched(mine, moved_to="https://gazette.org/b")])


def test_what_is_given_back_is_free_at_once(ready, run):
    offer(ready, run, article("a"))
    call(ready, "give_back", lease(ready, run))
    (again,) = lease(ready, run, owner="you")
    assert (again.attempts, again.fence) == (0, 2)
    call(ready, "give_back", [])


def test_an_owner_renews_or_frees_all_it_holds(ready, run):
    offer(ready, run, article("a"), article("b"))
    lease(ready, run)
    assert call(ready, "is_fetching", run, NOW)
    assert not call(ready, "is_fetching", run + 1, NOW)
    assert call(ready, "renew", "me", LATER, LATER + timedelta(minutes=5)) == 2
    assert call(ready, "next_due", [run]) == LATER + timedelta(minutes=5)
    assert lease(ready, run, owner="you", now=LATER, until=LATER + timedelta(minutes=1)) == []
    assert call(ready, "free", "me") == 2
    assert len(lease(ready, run, owner="you")) == 2


# ---------------------------------------------------------------- runs come and go


def test_left_over_addresses_go_to_the_next_run(ready, run):
    offer(ready, run, article("a"), article("b"))
    offer(ready, run + 1, article("c"))
    call(ready, "settle", [fetched(*lease(ready, run, limit=1))])
    assert call(ready, "release", run) == 1
    assert call(ready, "pending", [run]) == {run: 0}
    assert call(ready, "adopt", "gazette", run + 2) == 1
    assert call(ready, "adopt", "matin", run + 2) == 0
    assert call(ready, "pending", [run, run + 1, run + 2]) == {run: 0, run + 1: 1, run + 2: 1}


def test_addresses_that_a_finished_run_still_has_are_adopted_too(ready, run):
    offer(ready, run, article("a"))

    def finish(tx):
        store = RunStore(tx)
        store.finish(store.get(run), RunState.STOPPED, {}, None, LATER)

    ready.transact(finish)
    assert call(ready, "adopt", "gazette", run + 1) == 1
    assert call(ready, "pending", [run + 1]) == {run + 1: 1}


def test_what_was_known_before(ready, run):
    offer(ready, run, article("a"))
    offer(ready, run, article("b"), now=LATER)
    keys = [url_key(f"https://gazette.org/{name}") for name in "abc"]
    assert call(ready, "known_before", "gazette", keys, NOW) == 0
    assert call(ready, "known_before", "gazette", keys, SOON) == 1
    assert call(ready, "known_before", "gazette", keys, LATER + timedelta(seconds=1)) == 2


def test_a_visit_from_the_future_does_not_keep_an_address_from_being_fetched(ready, run):
    page = Candidate("https://gazette.org/feed", PageKind.FEED, FoundBy.SEED, refetch_before=NOW)
    offer(ready, run, page)
    (taken,) = lease(ready, run)
    call(ready, "settle", [Settlement(taken, NOW + timedelta(days=30), fetched=True, status=200)])
    assert offer(ready, run, page).again == 1


def test_articles_wait_while_a_feed_or_listing_of_their_run_is_wanted_or_being_fetched(ready, run):
    listing = Candidate("https://gazette.org/", PageKind.LISTING, FoundBy.SEED, priority=700)
    offer(ready, run, article("a"), listing)
    (first,) = lease(ready, run)
    assert first.kind is PageKind.LISTING
    assert lease(ready, run) == []
    call(ready, "settle", [Settlement(first, NOW, fetched=False, retry_at=NOW + timedelta(hours=1))])
    assert [one.url for one in lease(ready, run)] == ["https://gazette.org/a"], "what is tried again much later holds up nothing"


@pytest.mark.parametrize(
    ("kind", "failure", "found_by", "lost"),
    [
        (PageKind.CAPTURES, FailureClass.UNREADABLE, FoundBy.PAGINATION, True),
        (PageKind.LISTING, FailureClass.HTTP_5XX, FoundBy.SEED, True),
        (PageKind.LISTING, FailureClass.GONE, FoundBy.SEED, False),
        (PageKind.SITEMAP, FailureClass.ROBOTS, FoundBy.SEED, False),
        (PageKind.SITEMAP, FailureClass.UNREADABLE, FoundBy.GUESS, False),
        (PageKind.ARTICLE, FailureClass.HTTP_5XX, FoundBy.LINK, False),
        (PageKind.CAPTURES, None, FoundBy.SEED, False),
    ],
)
def test_a_list_that_was_not_to_be_had_is_a_loss(ready, run, kind, failure, found_by, lost):
    offer(ready, run, Candidate("https://gazette.org/a", kind, found_by))
    [held] = lease(ready, run)
    again = Settlement(held, NOW, fetched=False, failure=failure, retry_at=SOON)
    call(ready, "settle", [again])
    assert not ready.transact(lambda tx: has_lost_lists(tx, run)), "it is tried again"
    [held] = lease(ready, run, now=SOON)
    call(ready, "settle", [Settlement(held, SOON, fetched=failure is None, failure=failure)])
    assert ready.transact(lambda tx: has_lost_lists(tx, run)) is lost
