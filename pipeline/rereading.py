"""Pages that were read before, read again: leased, handed to the worker processes, saved in the order of their ids with the run's cursor.

Each transaction moves the cursor over exactly the pages it settles, so a killed run is gone on with behind the last page it saved.
What pages lead to is of no interest here: nothing is offered to the frontier. Which pages, and why, is `pipeline.reprocess`'s business.
"""

from __future__ import annotations

import time
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawlers.registry import Registry
from db.archive import ArchiveReader
from db.articles import ArticleStore
from db.engine import Database, Transaction
from db.errors import ArchiveError
from db.pages import PageStore
from db.readings import Article, PageToRead, Reading, Rejected
from db.records import Run, StoredPage
from db.rereading import RereadStore
from db.runs import RunStore
from db.vocabulary import PageReason, PageState
from pipeline.reader_pool import ReaderPool
from pipeline.templates_in_use import TemplatesInUse, reading_hints

BATCH_PAGES = 50
BATCH_SECONDS = 0.2
LEASE = timedelta(minutes=5)
"""How long run and pages are held beyond the last sign of life; longer where a page may take longer to read."""
AHEAD = 24
"""Pages taken per worker: more than are read at a time, for saving waits until the slowest of the oldest is done."""
CURSOR, CHOSEN = "cursor", "chosen"
UNREADABLE, HELD = "unreadable", "held"
"""Outcomes beside those of saving and of rejecting: the record is not where it should be; another process holds the page."""
FAULTS = frozenset({PageReason.CRASHED, PageReason.TOO_COMPLEX})
"""Reasons that say something of the reader: what was read before stands."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What re-reading works with."""

    database: Database
    archive: ArchiveReader
    registry: Registry
    pool: ReaderPool
    templates: TemplatesInUse
    readers: int
    owner: str
    clock: Callable[[], datetime]

    def submit(self, page: StoredPage) -> bool:
        """Have a page read; its id is the token. False if its record cannot be read."""
        try:
            kept = self.archive.read(page.location)
        except ArchiveError:
            return False
        to_read = PageToRead(url=page.url, body=kept.body, headers=page.headers, fetched_at=page.fetched_at)
        self.pool.submit(page.id, to_read, reading_hints(self.registry, self.templates, page))
        return True


def readings(desk: Desk, pages: Sequence[StoredPage]) -> Iterator[tuple[StoredPage, Article | Rejected | None]]:
    """Read pages and give each with what came of it, as they are done; None where the record cannot be read. Nothing is stored."""
    desk.templates.look_up(page.source for page in pages)
    waiting, reading = deque(pages), dict[int, StoredPage]()
    while waiting or reading:
        while waiting and len(reading) < desk.readers * 4:
            page = waiting.popleft()
            if desk.submit(page):
                reading[page.id] = page
            else:
                yield page, None
        for page_id, outcome in desk.pool.results(0.1):
            yield reading.pop(page_id), outcome


class Rereading:
    """One run at work on the pages that were chosen for it."""

    def __init__(self, desk: Desk, run: Run, ids: array[int], lease: timedelta = LEASE) -> None:
        self.run, self.counts = run, Counter(run.counts)
        self._desk, self._ids, self._lease = desk, ids, lease
        self._taken = 0
        self._ahead: deque[int] = deque()
        self._pages: dict[int, StoredPage] = {}
        self._done: dict[int, Article | Rejected | None] = {}
        self._saved_at = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether every page is settled."""
        return self._taken == len(self._ids) and not self._ahead

    @property
    def left(self) -> int:
        """Pages that are not settled yet."""
        return len(self._ids) - self._taken + len(self._ahead)

    def turn(self, wait: float = 0.1) -> int:
        """Take pages, wait up to `wait` seconds for readings, save what is due; return how many pages were settled. Raises LeaseLost."""
        self._take()
        reading = len(self._pages) - len(self._done)
        if reading:
            self._done.update(self._desk.pool.results(wait))
        ready = self._ready()
        late = time.monotonic() - self._saved_at >= BATCH_SECONDS
        if ready and (len(ready) >= BATCH_PAGES or late or len(ready) == len(self._ahead)):
            self._save(ready)
            return len(ready)
        return 0

    def put_down(self) -> None:
        """Give back what is not settled: the next who asks goes on behind the cursor, at once."""
        owner, held = self._desk.owner, list(self._ahead)

        def work(tx: Transaction) -> None:
            RereadStore(tx).give_back(held, owner)
            RunStore(tx).release(owner)

        self._desk.database.transact(work)
        self._ahead.clear()

    def _take(self) -> None:
        room = self._desk.readers * AHEAD - len(self._ahead)
        if room * 2 < self._desk.readers * AHEAD or self._taken == len(self._ids):
            return
        ids, now, desk = list(self._ids[self._taken : self._taken + room]), self._desk.clock(), self._desk
        pages = desk.database.transact(lambda tx: RereadStore(tx).lease(ids, desk.owner, now, now + self._lease))
        self._taken += len(ids)
        self._ahead.extend(ids)
        desk.templates.look_up(page.source for page in pages)
        for page in pages:
            self._pages[page.id] = page
            if not desk.submit(page):
                self._done[page.id] = None

    def _ready(self) -> list[int]:
        """The oldest pages that need no more waiting: what was not leased needs none."""
        ready: list[int] = []
        for page_id in self._ahead:
            if page_id in self._pages and page_id not in self._done:
                break
            ready.append(page_id)
        return ready

    def _save(self, ready: list[int]) -> None:
        batch = [(self._pages[page_id], self._done[page_id]) for page_id in ready if page_id in self._pages]
        now = self._desk.clock()

        def work(tx: Transaction) -> Counter[str]:
            outcomes = keep(tx, batch, self._desk.owner, now)
            counts = self.counts + Counter(outcomes.get(page_id, HELD) for page_id in ready)
            counts[CURSOR] = ready[-1]
            RunStore(tx).advance(self.run, counts, now + self._lease)
            return counts

        self.counts = self._desk.database.transact(work)
        for page_id in ready:
            self._ahead.popleft()
            self._pages.pop(page_id, None)
            self._done.pop(page_id, None)
        self._saved_at = time.monotonic()


def keep(tx: Transaction, batch: Sequence[tuple[StoredPage, Article | Rejected | None]], owner: str, now: datetime) -> dict[int, str]:
    """Save readings and settle their pages; return the outcome by page id, without those whose lease was lost.

    A page that gave an article keeps the word of its first reading (`detail`): that is what its own run brought. One that holds no
    article any more is rejected; its article stays as it is. Where the reader failed, all stays as it was.
    """
    pages, articles = PageStore(tx), ArticleStore(tx)
    held = pages.held([page for page, _ in batch])
    mine = [(page, outcome) for page, outcome in batch if page.id in held]
    found = [Reading(page, outcome) for page, outcome in mine if isinstance(outcome, Article)]
    outcomes: dict[int, str] = {}
    for reading, saved in zip(found, articles.save(found, now=now), strict=True):
        detail = reading.page.detail if reading.page.state is PageState.READ else saved.outcome
        pages.settle(reading.page, PageState.READ, detail=detail, reading_version=reading.article.reading_version, at=now)
        outcomes[reading.page.id] = str(saved.outcome)
    for page, outcome in mine:
        if isinstance(outcome, Rejected):
            _settle_rejected(pages, page, outcome, now)
            outcomes[page.id] = str(outcome.reason)
        elif outcome is None:
            outcomes[page.id] = UNREADABLE
    RereadStore(tx).give_back([page.id for page, outcome in mine if outcome is None], owner)
    return outcomes


def _settle_rejected(pages: PageStore, page: StoredPage, rejected: Rejected, now: datetime) -> None:
    version = rejected.reading_version
    if rejected.reason in FAULTS and page.state is PageState.READ:
        pages.settle(page, PageState.READ, reason=page.reason, detail=page.detail, reading_version=version, at=now)
    else:
        pages.settle(page, PageState.REJECTED, reason=rejected.reason, detail=rejected.detail, reading_version=version, at=now)
