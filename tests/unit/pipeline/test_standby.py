"""Two services on one database: one keeps the timetable, the other stands by and takes over; time is passed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db.errors import LeaseLost
from db.leases import owner_name
from db.runs import RunStore
from db.sources import SourceStore
from pipeline.service import Service
from pipeline.session import SessionSpec
from pipeline.standby import ASK_EVERY, POST_LEASE, Post

NOW = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
ELSEWHERE = "elsewhere/1:77:5:abc"


@pytest.fixture
def post(database):
    """A function that makes a service's view of the post, and the sentences it told."""

    def make(owner: str | None = None) -> tuple[Post, list[str]]:
        told: list[str] = []
        return Post(database, owner or owner_name(), on_change=told.append), told

    return make


def test_the_second_stands_by_and_says_so_once(post):
    (first, told), (second, heard) = post(), post()
    assert first.keep(NOW)
    for k in range(4):
        assert not second.keep(NOW + k * ASK_EVERY)
    assert told == ["keeps the timetable"]
    assert len(heard) == 1
    assert heard[0].startswith("stands by: process ")
    assert heard[0].endswith(" keeps the timetable")


def test_torture_91_a_holder_that_stops_is_followed_at_the_next_look(post):
    (first, _), (second, _) = post(), post()
    first.keep(NOW)
    assert not second.keep(NOW)
    first.leave()
    assert second.keep(NOW + ASK_EVERY)


def test_torture_91_a_dead_holder_of_this_machine_is_followed_at_the_next_look(post):
    host, pid, ticks, nonce = owner_name().rsplit(":", 3)
    (dead, _), (second, _) = post(f"{host}:{pid}:{ticks}1:{nonce}"), post()
    dead.keep(NOW)
    assert second.keep(NOW + timedelta(seconds=1))


def test_torture_91_a_holder_elsewhere_is_followed_when_its_lease_is_over(post):
    (far, told), (second, _) = post(ELSEWHERE), post()
    far.keep(NOW)
    assert not second.keep(NOW + POST_LEASE - timedelta(seconds=1))
    assert second.keep(NOW + POST_LEASE + ASK_EVERY)
    assert not far.keep(NOW + POST_LEASE + ASK_EVERY), "it comes back late"
    assert told[1] == "stands by: another service keeps the timetable now"
    assert not far.is_held


def test_torture_92_a_holder_that_slept_goes_on_if_nobody_took_over(post):
    (first, told), _ = post(), post()
    first.keep(NOW)
    assert first.keep(NOW + timedelta(hours=8))
    assert told == ["keeps the timetable"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_torture_92_a_clock_that_is_set_neither_stops_the_holder_nor_makes_two(post, hours):
    (first, _), (second, _) = post(), post()
    first.keep(NOW)
    later = NOW + timedelta(hours=hours)
    assert first.keep(later)
    assert not second.keep(later)
    assert first.keep(later + timedelta(seconds=20))


@pytest.fixture
def serve(database, tmp_path):
    """A function that makes a service over one paper, due every quarter of an hour."""
    (tmp_path / "paper.toml").write_text('home = "https://paper.example/"\ntime_zone = "UTC"\n[timetable]\nevery = "15m"\n')
    registry = Registry([tmp_path], bundled=False)
    database.transact(lambda tx: SourceStore(tx).sync(registry.entries(), NOW))
    return lambda: Service(SessionSpec(EngineSpec(database_url="", archive=tmp_path)), database, registry)


def test_torture_91_a_late_service_opens_no_run(serve, database):
    late, new = serve(), serve()
    late.post.owner = ELSEWHERE
    assert late.post.keep(NOW)
    assert new.post.keep(NOW + POST_LEASE)
    with pytest.raises(LeaseLost):
        late.open_due(NOW + POST_LEASE)
    with database.read() as tx:
        assert RunStore(tx).recent() == []
    assert [run.source for run in new.open_due(NOW + POST_LEASE)] == ["paper"]


class Idle:
    """A session that fetches nothing."""

    open_runs = ()

    def __init__(self, now: datetime) -> None:
        self.now, self.ended = now, ""

    def clock(self) -> datetime:
        return self.now

    def add(self, run_id: int) -> bool:
        return False

    def turn(self) -> list[object]:
        return []

    def close(self) -> list[object]:
        self.ended = "closed"
        return []

    def hand_over(self) -> None:
        self.ended = "handed over"

    def __enter__(self):
        return self

    def __exit__(self, *error: object) -> None:
        pass


def test_a_service_that_lost_its_post_hands_its_runs_over_and_stands_by(serve, database, monkeypatch):
    monkeypatch.setattr("pipeline.service.STANDBY_SECONDS", 0)
    service, told, sessions, turns = serve(), [], [], iter(range(100))
    service.on_change = service.post.on_change = told.append
    now = datetime.now(UTC)

    def session(*_):
        sessions.append(Idle(now))
        return sessions[-1]

    def stop() -> bool:
        turn = next(turns)
        if turn == 5:  # while it was suspended its lease ran out, and another took over
            thief = Post(database, ELSEWHERE)
            service.post._asked = None
            database.transact(lambda tx: tx.exec_driver_sql("UPDATE services SET lease_until = NULL, lease_owner = NULL"))
            assert thief.keep(now)
        return turn > 20

    service.make_session = session
    service.work(stop)
    assert [each.ended for each in sessions] == ["handed over"]
    assert told == [
        "keeps the timetable",
        "stands by: another service keeps the timetable now",
        "stands by: process 77 on elsewhere keeps the timetable",
    ]


def test_duties_are_done_each_turn_by_the_keeper_alone(serve):
    keeper, other, done = serve(), serve(), []
    keeper.duties.append(lambda now: done.append(("keeper", now)))
    other.duties.append(lambda now: done.append(("other", now)))
    session = Idle(NOW)
    assert keeper.turn(session)
    assert not other.turn(session)
    assert done == [("keeper", NOW)]
