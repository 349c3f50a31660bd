"""How far a WARC file is while it is being fetched, as its run notes it and a backfill reports it, on both databases."""

from __future__ import annotations

from collections import deque
from datetime import UTC, date, datetime, timedelta

import pytest

from crawlers.registry import Registry
from crawlers.source import Source
from crawlers.spec import EngineSpec
from crawlers.warc_scan import Told
from db.plans import SlicePlan
from db.runs import RunStore
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import Way
from pipeline import warc_feed
from pipeline.backfill import Loading, report
from pipeline.slices import open_next
from pipeline.warc_feed import Feeder

NOW = datetime(2026, 5, 1, tzinfo=UTC)
URL = "https://archive.test/some.warc.gz"
DAYS = date(2024, 1, 1), date(2025, 1, 1)


class Scanner:
    """Stands in for the process that goes through the file: says what it is told to."""

    finished = False

    def __init__(self) -> None:
        self.says: deque[Told] = deque()

    def lines(self, most: int) -> list[str]:
        return [self.says.popleft().to_line() for _ in range(min(most, len(self.says)))]

    def kill(self) -> None:
        self.finished = True


class Feed:
    """A backfill of one file behind an address, and the feeder of its run."""

    def __init__(self, database, folder, monkeypatch) -> None:
        source = Source.from_home("http://paper.test/", "paper")
        self.registry = Registry.of([source])
        plan = SlicePlan(Way.WARC, "some.warc.gz", *DAYS, {"way": "warc", "starts": [], "file": URL, "start": 0, "end": 900})

        def work(tx):
            SourceStore(tx).sync(self.registry.entries(), NOW)
            kept = BackfillStore(tx).open("paper", *DAYS, [Way.WARC], params={}, plans=[plan], now=NOW)
            [run] = open_next(tx, kept.id, self.registry, NOW)
            BackfillStore(tx).begin(run.id, NOW)
            return kept, RunStore(tx).lease(run.id, "me", NOW, NOW + timedelta(hours=1))

        self.database = database
        self.kept, self.run = database.transact(work)
        self.scanner = Scanner()
        monkeypatch.setattr(Feeder, "_begin", lambda _: self.scanner)
        self.feeder = Feeder(self.run, source, database, EngineSpec(archive=folder))

    def hear(self, *told: Told) -> None:
        self.scanner.says.extend(told)
        self.feeder.turn(50)

    @property
    def loading(self):
        return report(self.database, self.registry, self.kept.id).loading


@pytest.fixture
def feed(database, tmp_path, monkeypatch):
    monkeypatch.setattr(warc_feed, "LOADED_SECONDS", 0.0)
    return Feed(database, tmp_path, monkeypatch)


def test_what_has_come_of_a_file_is_noted_with_its_run_until_it_is_gone_through(feed):
    assert (feed.feeder.loaded, feed.loading) == (None, ())
    feed.hear(Told(loaded=(300, 900)))
    assert (feed.feeder.loaded, feed.loading) == ((300, 900), (Loading(URL, 300, 900),))
    feed.hear(Told(loaded=(600, 900)), Told(loaded=(900, 900)))
    assert feed.loading == (Loading(URL, 900, 900),)
    feed.hear(Told(URL, 400, {"records": 3}))
    assert (feed.feeder.loaded, feed.loading) == (None, ())
    with feed.database.read() as tx:
        assert RunStore(tx).get(feed.run.id).counts == {"records": 3, "offset": 400}


def test_whoever_goes_on_with_a_file_that_was_half_there_counts_anew(feed):
    feed.hear(Told(loaded=(300, 900)))
    with feed.database.read() as tx:
        left = RunStore(tx).get(feed.run.id)
    assert dict(Feeder(left, feed.registry.get("paper"), feed.database, EngineSpec()).counts) == {}


def test_a_run_that_was_taken_over_notes_nothing(feed):
    feed.database.transact(lambda tx: RunStore(tx).lease(feed.run.id, "another", NOW + timedelta(hours=2), NOW + timedelta(hours=3)))
    feed.hear(Told(loaded=(300, 900)))
    assert feed.feeder.over
    assert feed.loading == ()
