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
from db.pages import PageStore, Settled
from db.readings import Article, PageToRead, Reading, ReadingHints, Rejected
from db.records import Candidate, Run, StoredPage
from db.runs import RunStore
from db.vocabulary import FoundBy, PageReason, PageState, RunKind, SaveOutcome
from pipeline.offers import LinkOffers
from pipeline.reader_pool import ReaderPool
from pipeline.reading import READING_VERSION
from pipeline.templates_in_use import TemplatesInUse, reading_hints

BATCH_PAGES = 50
BATCH_SECONDS = 0.5
LEASE = timedelta(minutes=5)
"""How long a page may be read by one process before another may take it."""
LOOK_SECONDS = 0.05
"""How soon the page table is asked again when it had nothing unread."""
AHEAD = 16
"""Pages leased per worker beyond the one it reads, so that no worker waits for the database."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What became of one page: `outcome` is a word of `SaveOutcome` or of `PageReason`."""

    run_id: int | None
    source: str
    url: str
    outcome: str
    counts_for: int | None = None
    """The run that counts it: its own, or the one that reads what an earlier run left."""


@dataclass(frozen=True, slots=True)
class _Done:
    """A page that was read and waits to be saved. What it leads to is chosen once: a save that fails is tried with the same."""

    page: StoredPage
    reading: Article | Rejected
    run: Run | None
    """The run that goes on with what the page leads to."""
    leads: list[Candidate]


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
        self._read: list[_Done] = []
        self._oldest = self._look_at = 0.0
        self._plenty = False
        """Whether there were as many unread pages as wanted: then there are more, as a rule, and nobody asks before leasing."""
        self._offers = LinkOffers()
        self._runs: dict[int, Run] = {}
        self._heirs: dict[int, Run] = {}
        self._templates = TemplatesInUse(database)

    @property
    def idle(self) -> bool:
        """Whether nothing is being read or waits to be saved."""
        return not self._reading and not self._read

    def use(self, registry: Registry) -> None:
        """Go on with the sources as they are now."""
        self._registry = registry

    def inherit(self, run_ids: Sequence[int], heir: Run) -> None:
        """Have what comes of pages that ended runs left unread counted and gone on with by `heir`."""
        self._heirs |= dict.fromkeys(run_ids, heir)

    def turn(self, run_ids: Sequence[int] | None, wait: float = 0.1) -> list[ReadPage]:
        """Lease what the workers have room for, wait up to `wait` seconds for results, save a batch that is due."""
        self._lease(run_ids)
        self._collect(wait)
        if not self._read:
            return []
        due = len(self._read) >= BATCH_PAGES or not self._reading or time.monotonic() - self._oldest >= BATCH_SECONDS
        return self._save() if due else []

    def finish(self, seconds: float) -> list[ReadPage]:
        """Save what has been read, and what of the leased pages is read within `seconds`; the rest is left to `give_back`."""
        deadline = time.monotonic() + seconds
        saved = self._save()
        while self._reading and time.monotonic() < deadline:
            self._collect(0.1)
            saved += self._save()
        return saved

    def give_back(self) -> None:
        """Put what this loop holds back among the unread pages, at once: also what a signal kept it from taking note of."""
        self._reading.clear()
        self._database.transact(lambda tx: PageStore(tx).give_back(self._owner))

    def _lease(self, run_ids: Sequence[int] | None) -> None:
        room = self._room - len(self._reading)
        if room * 2 < self._room or time.monotonic() < self._look_at:
            return
        if not self._plenty:
            with self._database.read() as tx:
                if not PageStore(tx).unread(run_ids):
                    self._look_at = time.monotonic() + LOOK_SECONDS
                    return
        now = self._clock()
        pages = self._database.transact(lambda tx: PageStore(tx).lease_unread(self._owner, now, now + LEASE, room, run_ids))
        self._plenty = len(pages) == room
        self._look_up_runs(pages)
        self._templates.look_up(page.source for page in pages)
        for page in pages:
            if page.id in self._reading:  # the machine slept, its lease ran out: the reading under way counts for the new one
                self._reading[page.id] = page
            else:
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
        return reading_hints(self._registry, self._templates, page)

    def _collect(self, wait: float) -> None:
        if not self._reading:
            time.sleep(min(wait, LOOK_SECONDS))
            return
        for page_id, reading in self._pool.results(wait):
            self._add(self._reading.pop(page_id), reading)

    def _add(self, page: StoredPage, reading: Article | Rejected) -> None:
        if not self._read:
            self._oldest = time.monotonic()
        run = self._run_of(page)
        self._read.append(_Done(page, reading, run, self._leads(page, reading, run)))

    def _save(self) -> list[ReadPage]:
        batch, now = self._read, self._clock()
        if not batch:
            return []

        def work(tx: Transaction) -> dict[int, str]:
            kept = settle(tx, [(done.page, done.reading) for done in batch], now)
            frontier = FrontierStore(tx)
            for done in batch:
                if done.run and done.leads and done.page.id in kept:
                    onward = _goes_on(done.page, done.reading, kept[done.page.id])
                    leads = done.leads if onward else _without_next_page(done.leads)
                    frontier.offer(done.page.source, done.run.id, leads, now=now)
            return kept

        kept = self._database.transact(work)
        self._read = []
        for done in batch:
            if done.page.id not in kept:
                self._offers.forget(done.reading, done.run)
        return [
            ReadPage(done.page.run_id, done.page.source, done.page.url, kept[done.page.id], done.run.id if done.run else None)
            for done in batch
            if done.page.id in kept
        ]

    def _run_of(self, page: StoredPage) -> Run | None:
        return None if page.run_id is None else self._heirs.get(page.run_id, self._runs[page.run_id])

    def _leads(self, page: StoredPage, reading: Article | Rejected, run: Run | None) -> list[Candidate]:
        try:
            source = self._registry.get(page.source)
        except UnknownName:
            return []
        own = None if page.run_id is None else self._runs[page.run_id]
        return self._offers.candidates(page, reading, source, own if own and own.kind is RunKind.REPLAY else run)  # whoever reads it


def _goes_on(page: StoredPage, reading: Article | Rejected, outcome: str) -> bool:
    """Whether what a page calls its next may be one: numbers that a site does not know go on for ever, with what is known or with others.

    A further page that an earlier one led to is no new article, unless it is another.
    """
    if isinstance(reading, Rejected) or reading.part.number == 1:
        return True
    return outcome in {SaveOutcome.PART, SaveOutcome.SAME, SaveOutcome.SUSPECT} or (outcome == SaveOutcome.NEW and not page.hints.part)


def _without_next_page(leads: Sequence[Candidate]) -> list[Candidate]:
    return [candidate for candidate in leads if candidate.found_by is not FoundBy.PAGINATION]


def settle(tx: Transaction, batch: Sequence[tuple[StoredPage, Article | Rejected]], now: datetime) -> dict[int, str]:
    """Save a batch of readings and settle their pages; return the outcome by page id, without those whose lease was lost."""
    pages = PageStore(tx)
    held = pages.held([page for page, _ in batch])
    readings = [Reading(page, reading) for page, reading in batch if page.id in held and isinstance(reading, Article)]
    saved = ArticleStore(tx).save(readings, now=now)
    settled = [
        Settled(reading.page, PageState.READ, None, one.outcome, reading.article.reading_version)
        for reading, one in zip(readings, saved, strict=True)
    ]
    settled += [
        Settled(page, PageState.REJECTED, rejected.reason, rejected.detail, rejected.reading_version)
        for page, rejected in batch
        if page.id in held and isinstance(rejected, Rejected)
    ]
    pages.settle_all(settled, now)
    return {one.page.id: str(one.reason or one.detail) for one in settled}
