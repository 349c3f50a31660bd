"""Leases: whose they are, when they are free, and what happens when their owner dies."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from db import leases
from db.hosts import HostStore
from db.leases import owner_is_gone, owner_name, reclaim_dead
from db.models import hosts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def name_of_a_dead_process():
    code = "from db.leases import owner_name; print(owner_name())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_every_name_is_another():
    assert len({owner_name() for _ in range(100)}) == 100


def test_a_name_fits_its_column():
    assert len(owner_name()) <= hosts.c.lease_owner.type.length


def test_a_living_owner_is_not_gone():
    assert not owner_is_gone(owner_name())


def test_a_dead_owner_is_gone():
    assert owner_is_gone(name_of_a_dead_process())


def test_a_zombie_is_gone():
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet buried
    here, _, _, _ = owner_name().rsplit(":", 3)
    assert owner_is_gone(f"{here}:{child.pid}:1:aa")
    child.wait()


def test_another_process_with_the_same_id_does_not_keep_a_lease_alive():
    here, pid, ticks, nonce = owner_name().rsplit(":", 3)
    assert owner_is_gone(f"{here}:{pid}:{int(ticks) - 1}:{nonce}")


@pytest.mark.parametrize("owner", ["", "somebody", "elsewhere/1:99999999:5:aa", "a:b:c:d"])
def test_of_other_hosts_nothing_is_known(owner):
    assert not owner_is_gone(owner)


def test_the_leases_of_the_dead_are_free_at_once_and_those_of_the_living_stay(database):
    dead, alive = name_of_a_dead_process(), owner_name()

    def lease(tx):
        store = HostStore(tx)
        for host, owner in (("a.org", dead), ("b.org", dead), ("c.org", alive), ("d.org", "elsewhere/1:1:1:1")):
            assert store.lease(host, owner, NOW, LATER)

    database.transact(lease)
    assert database.transact(lambda tx: reclaim_dead(tx, NOW)) == 2
    assert database.transact(lambda tx: reclaim_dead(tx, NOW)) == 0
    with database.read() as tx:
        assert [row.owner for row in HostStore(tx).list()] == [None, None, alive, "elsewhere/1:1:1:1"]
    taken = database.transact(lambda tx: HostStore(tx).lease("a.org", alive, NOW, LATER))
    assert taken.fence == 2


def test_leases_that_ran_out_need_no_reclaiming(database):
    dead = name_of_a_dead_process()
    database.transact(lambda tx: HostStore(tx).lease("a.org", dead, NOW, LATER))
    assert database.transact(lambda tx: reclaim_dead(tx, LATER)) == 0


def test_a_lease_cannot_end_before_it_begins(database):
    with pytest.raises(ValueError, match="cannot end"):
        database.transact(lambda tx: leases.renew(tx, hosts, "a", NOW, NOW))


def test_every_leased_table_has_the_same_three_columns():
    assert [table.name for table in leases.LEASED] == ["runs", "hosts", "frontier", "pages", "services"]
    for table in leases.LEASED:
        assert {"lease_owner", "lease_until", "fence"} <= set(table.c.keys())


def test_an_owner_is_named_for_a_person():
    words = leases.owner_in_words(leases.owner_name())
    assert words.startswith(f"process {os.getpid()} on ")
    assert leases.owner_in_words("odd") == "process ? on odd"
