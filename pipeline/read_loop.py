"""Turns unread pages into articles: leases pages, hands their bytes to the worker processes, saves what comes back in batches.

One transaction holds a batch: articles, revisions, index, links offered to the frontier, pages settled. A page whose lease was
lost to somebody else in the meantime is left out, whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawlers.registry import Registry
from db.archive import ArchiveReader
from db.articles import ArticleStore
from db.engine import Database, Transaction
from db.errors import ArchiveError, UnknownName
from db.frontier import FrontierStore
from db.pages import PageStore
from db.records import (
    Article,
    Candidate,
    PageReason,
    PageState,
    PageToRead,
    Reading,
    ReadingHints,
    Rejected,
    Run,
    StoredPage,
)
from db.runs import RunStore
from pipeline.offers import LinkOffers
from pipeline.reader_pool import ReaderPool
from pipeline.reading import READING_VERSION

BATCH_PAGES = 50
BATCH_SECONDS = 0.2
LEASE = timedelta(minutes=5)
"""How long a page may be read by one process before another may take it."""
LOOK_SECONDS = 0.05
"""How soon the page table is asked again when it had nothing unread."""
AHEAD = 8
"""Pages leased per worker beyond the one it reads, so that no worker waits for the database."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What became of one page: `outcome` is a word of `SaveOutcome` or of `PageReason`."""

    run_id: int | None
    source: str
    url: str
    outcome: str


class ReadLoop:
    """Reads unread pages of some runs, or of all, turn by turn."""

    def __init__(
        self,
        database: Database,
        archive: ArchiveReader,
        registry: Registry,
        pool: ReaderPool,
        *,
        readers: int,
        owner: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._archive, self._registry, self._pool = database, archive, registry, pool
        self._owner, self._clock = owner, clock
        self._room = readers * (AHEAD + 1)
        self._reading: dict[int, StoredPage] = {}
        self._read: list[tuple[StoredPage, Article | Rejected]] = []
        self._oldest = self._look_at = 0.0
        self._offers = LinkOffers()
        self._runs: dict[int, Run | None] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is being read or waits to be saved."""
        return not self._reading and not self._read

    def turn(self, run_ids: Sequence[int] | None, wait: float = 0.1) -> list[ReadPage]:
        """Lease what the workers have room for, wait up to `wait` seconds for results, save a batch that is due."""
        self._lease(run_ids)
        self._collect(wait)
        if not self._read:
            return []
        due = len(self._read) >= BATCH_PAGES or not self._reading or time.monotonic() - self._oldest >= BATCH_SECONDS
        return self._save() if due else []

    def finish(self) -> list[ReadPage]:
        """Read to the end what has been leased, and save it."""
        saved: list[ReadPage] = []
        while not self.idle:
            self._collect(0.1)
            saved += self._save()
        return saved

    def give_back(self) -> None:
        """Put pages that are being read back among the unread ones, at once."""
        pages = list(self._reading.values())
        self._reading.clear()
        if pages:
            self._database.transact(lambda tx: PageStore(tx).give_back(pages))

    def _lease(self, run_ids: Sequence[int] | None) -> None:
        room = self._room - len(self._reading)
        if room * 2 < self._room or time.monotonic() < self._look_at:
            return
        with self._database.read() as tx:
            if not PageStore(tx).unread(run_ids):
                self._look_at = time.monotonic() + LOOK_SECONDS
                return
        now = self._clock()
        pages = self._database.transact(lambda tx: PageStore(tx).lease_unread(self._owner, now, now + LEASE, room, run_ids))
        self._look_up_runs(pages)
        for page in pages:
            self._submit(page)

    def _look_up_runs(self, pages: Sequence[StoredPage]) -> None:
        unknown = {page.run_id for page in pages if page.run_id is not None} - self._runs.keys()
        if unknown:
            with self._database.read() as tx:
                self._runs |= {run_id: RunStore(tx).get(run_id) for run_id in unknown}

    def _submit(self, page: StoredPage) -> None:
        try:
            kept = self._archive.read(page.location)
        except ArchiveError as error:
            self._add(page, Rejected(page.url, PageReason.CRASHED, str(error), READING_VERSION))
            return
        self._reading[page.id] = page
        to_read = PageToRead(url=page.url, body=kept.body, headers=page.headers, fetched_at=page.fetched_at)
        self._pool.submit(page.id, to_read, self._hints(page))

    def _hints(self, page: StoredPage) -> ReadingHints:
        try:
            return self._registry.get(page.source).reading_hints(page.hints)
        except UnknownName:  # its file was removed; what was fetched is read all the same
            return ReadingHints(source=page.source, discovered=page.hints)

    def _collect(self, wait: float) -> None:
        if not self._reading:
            time.sleep(min(wait, LOOK_SECONDS))
            return
        for page_id, reading in self._pool.results(wait):
            self._add(self._reading.pop(page_id), reading)

    def _add(self, page: StoredPage, reading: Article | Rejected) -> None:
        if not self._read:
            self._oldest = time.monotonic()
        self._read.append((page, reading))

    def _save(self) -> list[ReadPage]:
        batch = self._read
        offers = [(page, self._candidates(page, reading)) for page, reading in batch]
        now = self._clock()

        def work(tx: Transaction) -> list[ReadPage]:
            kept = settle(tx, batch, now)
            frontier = FrontierStore(tx)
            for page, candidates in offers:
                if candidates and page.id in kept:
                    frontier.offer(page.source, page.run_id, candidates, now=now)
            return [ReadPage(page.run_id, page.source, page.url, kept[page.id]) for page, _ in batch if page.id in kept]

        saved = self._database.transact(work)
        self._read = []
        return saved

    def _candidates(self, page: StoredPage, reading: Article | Rejected) -> list[Candidate]:
        try:
            source = self._registry.get(page.source)
        except UnknownName:
            return []
        return self._offers.candidates(page, reading, source, self._runs.get(page.run_id) if page.run_id else None)


def settle(tx: Transaction, batch: Sequence[tuple[StoredPage, Article | Rejected]], now: datetime) -> dict[int, str]:
    """Save a batch of readings and settle their pages; return the outcome by page id, without those whose lease was lost."""
    pages = PageStore(tx)
    held = pages.held([page for page, _ in batch])
    readings = [Reading(page, reading) for page, reading in batch if page.id in held and isinstance(reading, Article)]
    outcomes = {}
    for reading, saved in zip(readings, ArticleStore(tx).save(readings, now=now), strict=True):
        pages.settle(reading.page, PageState.READ, detail=saved.outcome, reading_version=reading.article.reading_version)
        outcomes[reading.page.id] = str(saved.outcome)
    for page, rejected in batch:
        if page.id in held and isinstance(rejected, Rejected):
            pages.settle(page, PageState.REJECTED, reason=rejected.reason, detail=rejected.detail, reading_version=rejected.reading_version)
            outcomes[page.id] = str(rejected.reason)
    return outcomes
