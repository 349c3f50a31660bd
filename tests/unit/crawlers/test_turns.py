"""Turns at a host, on both databases: who holds it when, who waits for whom, and what a process leaves that dies at either."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crawlers import turns
from crawlers.refill import BLOCKED, POLL, Wish, refill
from crawlers.spec import EngineSpec
from crawlers.turns import Turns
from db.errors import Unavailable
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.leases import owner_name
from db.records import Candidate, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.turns import TurnStore
from db.vocabulary import FoundBy, PageKind, RunKind

HOST = "gazette.org"
MINUTE = timedelta(minutes=1)
DEAD = owner_name().split(":")[0] + ":99999999:5:aa"


def now() -> datetime:
    return datetime.now(UTC)


class Planner:
    """One who asks out of turn, and what it was told."""

    def __init__(self, database, url, delay=0.0):
        self.heard = []
        self.database = database
        self.turns = Turns(EngineSpec(database_url=url), delay, self.heard.append)

    def ask(self, *, seconds=10.0, rest=None):
        """Take one turn; returns the host's row as it was while it was held."""

        async def take():
            async with asyncio.timeout(seconds), self.turns.turn(HOST) as gate:
                if rest is not None:
                    gate.pause(rest, now())
                return row(self.database)

        return asyncio.run(take())


def row(database):
    with database.read() as tx:
        [found] = HostStore(tx).list()
        return found


@pytest.fixture
def planner(database, database_url, monkeypatch):
    monkeypatch.setattr(turns, "ASK_SECONDS", 0.01)
    made = []

    def make(**more):
        made.append(Planner(database, database_url, **more))
        return made[-1]

    yield make
    for each in made:
        each.turns.close()


@pytest.fixture
def crawl(database):
    """A crawl with three addresses due at the host: asks for more to fetch, with `turns`, in the name of its engine."""
    entry = SourceEntry("gazette", "Gazette", f"https://{HOST}/", None, (), "UTC", "0" * 64)
    owner, holder, begun = owner_name(), owner_name(), now()

    def begin(tx):
        SourceStore(tx).sync([entry], begun)
        run, _ = RunStore(tx).request("gazette", RunKind.CRAWL, now=begun)
        RunStore(tx).lease(run.id, owner, begun, begun + MINUTE)
        articles = [Candidate(f"https://{HOST}/{n}", PageKind.ARTICLE, FoundBy.LINK) for n in range(3)]
        FrontierStore(tx).offer("gazette", run.id, articles, now=begun)

    database.transact(begin)

    def ask(room=None, idle=(), at=None, **more):
        wish = Wish(owner, holder, at or now(), room or {}, 1, {}, idle, **{"turns": True, **more})
        return database.transact(lambda tx: refill(tx, wish))

    return ask


def waits(database, owner, until=MINUTE):
    database.transact(lambda tx: TurnStore(tx).ask(owner, HOST, now(), now() + until))


def wanted(database):
    with database.read() as tx:
        return TurnStore(tx).wanted(now())


def hold(database, owner, length=MINUTE):
    return database.transact(lambda tx: HostStore(tx).lease(HOST, owner, now(), now() + length))


# ---------------------------------------------------------------- one who plans


def test_a_turn_holds_the_host_and_tells_when_it_may_be_asked_again(database, planner):
    one = planner(delay=30.0)
    held = one.ask()
    assert held.owner is not None
    after = row(database)
    assert after.owner is None
    assert timedelta(seconds=29) < after.next_allowed_at - now() < timedelta(seconds=34)
    assert one.heard == []


def test_it_waits_for_the_pace_that_the_one_before_has_left(database, planner):
    allowed = now() + timedelta(seconds=0.2)
    database.transact(lambda tx: HostStore(tx).update(HostStore(tx).lease(HOST, "they", now(), now() - MINUTE), next_allowed_at=allowed))
    planner().ask()
    assert now() >= allowed


def test_it_waits_for_one_who_holds_the_host_and_says_so_once(database, planner):
    crawler = owner_name()
    hold(database, crawler)
    one = planner()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            one.ask(seconds=0.1)
    assert wanted(database) == {HOST}
    assert len(one.heard) == 1
    assert one.heard[0].startswith(f"waits for its turn: {HOST} is being asked by process ")
    database.transact(lambda tx: HostStore(tx).release(crawler))
    one.ask()
    assert wanted(database) == frozenset()


def test_it_does_not_wait_for_one_who_has_died_nor_longer_than_a_lease(database, planner):
    hold(database, DEAD)
    planner().ask(seconds=2)
    hold(database, "elsewhere/1:2:3:4", timedelta(seconds=0.2))
    planner().ask(seconds=2)


def test_a_host_that_wishes_silence_is_not_held(database, planner):
    one = planner()
    one.ask(rest=timedelta(hours=1))
    assert row(database).pause_until > now() + timedelta(minutes=59)
    for other in (one, planner()):
        with pytest.raises(Unavailable, match=rf"{HOST} wishes not to be asked \(until "):
            other.ask(seconds=1)
    assert row(database).owner is None


def test_it_gives_back_what_it_holds_when_it_ends(database, database_url, planner):
    one = planner()
    hold(database, owner_name())
    with pytest.raises(TimeoutError):
        one.ask(seconds=0.05)
    one.turns.close()
    assert wanted(database) == frozenset()


# ---------------------------------------------------------------- and the crawl beside it


def test_a_crawl_lets_go_of_a_host_that_somebody_waits_for(database, crawl):
    first = crawl()
    [lease] = first.hosts
    assert (len(first.leases), first.lent) == (1, frozenset())
    waits(database, owner_name())
    second = crawl(room={HOST: 1})
    assert (second.leases, second.lent, second.released) == ([], {HOST}, []), "a request is under way"
    third = crawl(room={HOST: 1}, idle=[lease])
    assert (third.lent, third.released, third.work_left) == ({HOST}, [HOST], True)
    assert row(database).owner is None
    assert crawl().hosts == [], "it is not taken again before the one who waits has had it"


def test_nobody_is_looked_for_if_it_is_not_time(database, crawl):
    waits(database, owner_name())
    assert [lease.host for lease in crawl(turns=False).hosts] == [HOST]


def test_a_crawl_goes_on_at_once_when_the_one_who_waits_has_died_and_else_when_its_time_is_up(database, crawl):
    waits(database, DEAD)
    assert [lease.host for lease in crawl().hosts] == [HOST]
    database.transact(lambda tx: HostStore(tx).release(row(database).owner))
    waits(database, "elsewhere/1:2:3:4")
    assert crawl().hosts == []
    assert [lease.host for lease in crawl(at=now() + MINUTE).hosts] == [HOST]


def test_a_crawl_whose_host_another_has_asks_again_soon_but_not_all_the_time(database, crawl):
    hold(database, owner_name())
    assert crawl().rest(now()) == BLOCKED
    assert crawl(room={HOST: 1}).rest(now()) == POLL, "something was leased: who needs more says so"
