"""Hosts: asked by one process at a time, at the pace their row says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.errors import LeaseLost
from db.hosts import HostStore
from db.leases import owner_name, reclaim_dead
from db.records import HostRow, RobotsCopy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
LAST = LATER + timedelta(minutes=5)


def call(database, name, *args, **rest):
    return database.transact(lambda tx: getattr(HostStore(tx), name)(*args, **rest))


def test_a_host_is_leased_to_one_owner_at_a_time(database):
    mine = call(database, "lease", "a.org", "me", NOW, LATER)
    assert (mine.host, mine.fence, mine.next_allowed_at, mine.pause_until, mine.robots) == ("a.org", 1, None, None, None)
    assert call(database, "lease", "a.org", "you", NOW, LATER) is None
    assert call(database, "lease", "b.org", "you", NOW, LATER).fence == 1
    assert call(database, "lease", "a.org", "you", LATER, LAST).fence == 2


def test_a_new_process_of_the_same_owner_shuts_out_the_old_one(database):
    old = call(database, "lease", "a.org", "me", NOW, LATER)
    new = call(database, "lease", "a.org", "me", NOW, LATER)
    with pytest.raises(LeaseLost, match=r"a\.org"):
        call(database, "update", old, next_allowed_at=NOW)
    call(database, "update", new, next_allowed_at=NOW)


def test_pace_and_pause_are_there_for_the_next_holder(database):
    mine = call(database, "lease", "a.org", "me", NOW, LATER)
    call(database, "update", mine, next_allowed_at=NOW + timedelta(seconds=3), pause_until=LATER)
    call(database, "release", "me")
    yours = call(database, "lease", "a.org", "you", NOW, LATER)
    assert (yours.next_allowed_at, yours.pause_until) == (NOW + timedelta(seconds=3), LATER)
    call(database, "update", yours, next_allowed_at=LATER)
    assert call(database, "list") == [HostRow("a.org", LATER, None, None, None, "you")]


def test_torture_91_a_late_holder_cannot_move_the_pace(database):
    mine = call(database, "lease", "a.org", "me", NOW, LATER)
    call(database, "lease", "a.org", "you", LATER, LAST)
    with pytest.raises(LeaseLost):
        call(database, "update", mine, next_allowed_at=LATER)


def test_renewing_keeps_all_of_an_owners_hosts(database):
    for host in ("a.org", "b.org"):
        call(database, "lease", host, "me", NOW, LATER)
    assert call(database, "renew", "me", LATER, LAST) == 2
    assert call(database, "lease", "a.org", "you", LATER, LAST) is None


def test_giving_back_frees_only_what_is_still_held(database):
    mine, other = (call(database, "lease", host, "me", NOW, LATER) for host in ("a.org", "b.org"))
    call(database, "lease", "b.org", "you", LATER, LAST)
    call(database, "give_back", [mine, other])
    assert [row.owner for row in call(database, "list")] == [None, "you"]


def test_robots_answers_are_kept_with_or_without_a_lease(database):
    assert call(database, "robots", "a.org") is None
    copy = RobotsCopy(NOW, 200, "User-agent: *\nDisallow: /privé/")
    call(database, "keep_robots", "a.org", copy)
    assert call(database, "robots", "a.org") == copy
    assert call(database, "lease", "a.org", "me", NOW, LATER).robots == copy
    gone = RobotsCopy(LATER, 404, None)
    call(database, "keep_robots", "a.org", gone)
    assert call(database, "robots", "a.org") == gone
    assert [(row.robots_status, row.robots_fetched_at, row.owner) for row in call(database, "list")] == [(404, LATER, "me")]


def test_a_host_without_a_robots_answer_has_none(database):
    call(database, "lease", "a.org", "me", NOW, LATER)
    assert call(database, "robots", "a.org") is None


def test_a_host_that_was_never_given_back_is_known_as_abandoned(database):
    def lease(owner, now):
        return database.transact(lambda tx: HostStore(tx).lease("abandoned.test", owner, now, now + timedelta(minutes=1)))

    assert not lease("me", NOW).abandoned
    assert not lease("me", NOW).abandoned, "its own holder takes it anew"
    assert lease("you", NOW) is None
    later = NOW + timedelta(minutes=2)
    assert lease("you", later).abandoned, "the lease ran out"
    database.transact(lambda tx: HostStore(tx).release("you"))
    assert not lease("me", later).abandoned


def test_a_host_of_a_dead_process_is_abandoned(database):
    dead = owner_name().rsplit(":", 2)[0] + ":0:dead"
    database.transact(lambda tx: HostStore(tx).lease("dead.test", dead, NOW, NOW + timedelta(minutes=1)))
    assert database.transact(lambda tx: reclaim_dead(tx, NOW)) == 1
    found = database.transact(lambda tx: HostStore(tx).lease("dead.test", "me", NOW, NOW + timedelta(minutes=1)))
    assert found is not None
    assert found.abandoned
