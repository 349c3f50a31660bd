"""What a run is asked about while it works and at its end: pages by word, addresses that are due soon or being fetched, last slots."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import event

from db.engine import Database, Transaction
from db.frontier import FrontierStore
from db.pages import PageStore
from db.records import ArchiveLocation, Candidate, FetchedPage, Settlement, SourceEntry
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FoundBy, PageKind, PageReason, PageState, RunKind, RunState, SaveOutcome

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def open_run(tx: Transaction, slot: str | None = None, source: str = "gazette") -> int:
    entry = SourceEntry(name=source, title=source, home=f"http://{source}.test/", country=None, tags=(), time_zone="UTC", digest="d")
    SourceStore(tx).sync([entry], NOW)
    return RunStore(tx).request(source, RunKind.CRAWL, slot=slot, params={}, now=NOW)[0].id


def test_pages_are_counted_by_state_reason_and_outcome(database: Database):
    def work(tx: Transaction) -> dict[str, int]:
        run = open_run(tx)
        pages = [
            FetchedPage("gazette", run, f"http://gazette.test/{n}", f"gazette.test/{n}", PageKind.ARTICLE, NOW, 200, (), b"x")
            for n in range(4)
        ]
        PageStore(tx).put([(page, ArchiveLocation("a", n, 1)) for n, page in enumerate(pages)])
        first, second, third, _ = PageStore(tx).lease_unread("me", NOW, LATER, 10)
        PageStore(tx).settle(first, PageState.READ, detail=SaveOutcome.NEW)
        PageStore(tx).settle(second, PageState.READ, detail=SaveOutcome.NEW)
        PageStore(tx).settle(third, PageState.REJECTED, reason=PageReason.LISTING, detail="40 links")
        return PageStore(tx).counts(run)

    assert database.transact(work) == {"fetched": 4, "read": 2, "new": 2, "rejected": 1, "listing": 1, "unread": 1}


def test_addresses_due_soon_and_being_fetched_are_told_apart(database: Database):
    def work(tx: Transaction) -> None:
        run, frontier = open_run(tx), FrontierStore(tx)
        found = [Candidate(f"http://gazette.test/a{n}", PageKind.ARTICLE, FoundBy.LINK) for n in range(3)]
        frontier.offer("gazette", run, found, now=NOW)
        lease, *_ = frontier.lease("gazette.test", [run], "me", NOW, LATER, 2)
        frontier.settle([Settlement(lease, NOW, fetched=False, retry_at=NOW + timedelta(hours=1))])
        assert frontier.fetching(NOW) == {run}
        assert frontier.is_fetching(run, NOW)
        assert not frontier.is_fetching(run, LATER)
        assert not frontier.is_fetching(999, NOW)
        assert frontier.pending([run, 999]) == {run: 3, 999: 0}
        assert frontier.has_due(run, NOW)
        assert not frontier.has_due(run, NOW - timedelta(minutes=1))
        assert not frontier.has_due(999, LATER)

    database.transact(work)


def test_the_last_slot_of_every_source_in_one_question(database: Database):
    def work(tx: Transaction) -> dict[str, str]:
        for source, slot in (("gazette", "2026-01-14T06:00:00"), ("gazette", "2026-01-15T06:00:00"), ("hebdo", "2026-01-10T00:00:00")):
            open_run(tx, slot, source)
        open_run(tx, None, "gazette")
        return RunStore(tx).last_slots(RunKind.CRAWL)

    assert database.transact(work) == {"gazette": "2026-01-15T06:00:00", "hebdo": "2026-01-10T00:00:00"}
    assert RunState.QUEUED == "queued"


def kept(run: int, n: int, **changes: object) -> tuple[FetchedPage, ArchiveLocation]:
    """A page of the run on its way into the table."""
    address, at = f"http://gazette.test/{changes.pop('path', n)}", NOW + timedelta(minutes=n)
    page = FetchedPage("gazette", run, address, address, PageKind.FEED, at, 200, (), b"x", PageState.FAILED, PageReason.BLOCKED)
    return replace(page, **changes), ArchiveLocation("a", n, 1)


def test_reasons_of_pages_that_failed_count_with_the_failures_of_their_addresses(database: Database):
    def work(tx: Transaction) -> dict[str, int]:
        run = open_run(tx)
        PageStore(tx).put([kept(run, 1), kept(run, 2, state=PageState.REJECTED)])
        return PageStore(tx).counts(run)

    assert database.transact(work) == {"fetched": 2, "failed": 1, "rejected": 1, "blocked": 1}


def test_sentences_of_a_runs_pages_are_counted_the_commonest_first(database: Database):
    def work(tx: Transaction) -> list[dict[str, int]]:
        run, other = open_run(tx), open_run(tx, slot="2026-01-15T12:00:00")
        walls = [kept(run, n, detail="Imperva" if n else "Akamai") for n in range(3)]
        none = [kept(run, 3), kept(other, 4, detail="Sucuri"), kept(run, 5, state=PageState.PARSED, reason=None, detail="3 trap_depth")]
        pages = PageStore(tx)
        pages.put([*walls, *none])
        return [pages.details(run, (PageState.FAILED,), PageReason.BLOCKED), pages.details(run, (PageState.PARSED, PageState.UNCHANGED))]

    walls, traps = database.transact(work)
    assert list(walls.items()) == [("Imperva", 2), ("Akamai", 1)]
    assert traps == {"3 trap_depth": 1}


def test_torture_56_the_latest_answers_of_seeds_are_told(database: Database):
    def work(tx: Transaction) -> list[list[tuple[int | None, int]]]:
        first, second = open_run(tx), open_run(tx, slot="2026-01-15T12:00:00")
        addresses = {"feed": FoundBy.SEED, "guess": FoundBy.GUESS, "fine": FoundBy.SEED}
        found = [Candidate(f"http://gazette.test/{path}", PageKind.FEED, by) for path, by in addresses.items()]
        FrontierStore(tx).offer("gazette", second, found, now=NOW)
        moved = [kept(run, run * 10 + n, path=path, status=301) for run in (first, second) for n, path in enumerate(("feed", "guess"))]
        PageStore(tx).put([*moved, kept(second, 99, path="fine", status=200)])
        runs = {first: 1, second: 2}
        told = PageStore(tx).seeds_answered(second, (301, 308), 12)
        return [[(runs[page.run_id or 0], page.status) for page in pages] for pages in told]

    assert database.transact(work) == [[(2, 301), (1, 301)]]


def test_the_last_slots_are_sought_in_the_index_of_slots(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'veille.db'}")
    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().startswith("SELECT sources.name"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(str(row[-1]) for row in cursor.fetchall())

    event.listen(database._engine, "before_cursor_execute", explain)
    with database.read() as tx:
        RunStore(tx).last_slots(RunKind.CRAWL)
        RunStore(tx).last_slots(RunKind.CRAWL, ["gazette"])
    database.close()
    sought = [step for step in plans if "runs" in step]
    assert len(sought) == 2
    assert all("SEARCH runs USING COVERING INDEX" in step and "source_id=? AND kind=?" in step for step in sought)
