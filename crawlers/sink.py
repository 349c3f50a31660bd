"""The one thread of a fetching process that writes: archive first, then one transaction for rows, settlements and new addresses.

It knows neither Scrapy nor the network; what a visit brought is decided before it gets here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from crawlers.kept import unkept
from db.archive import ArchiveWriter
from db.engine import Database, Transaction
from db.errors import LeaseLost, Unavailable
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.identity import url_key
from db.pages import PageStore
from db.records import ArchiveEntry, ArchiveLocation, Candidate, FetchedPage, HostLease, Offered, Settlement
from db.revisits import RevisitStore
from db.runs import RunStore
from db.vocabulary import ELSEWHERE, LISTED, FailureClass, Fate, PageKind, PageState

Result = TypeVar("Result")
MAX_BATCH = 50
MAX_WAIT = 0.2
"""Seconds a finished visit waits for company at most."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HostUpdate:
    """When a host may be asked again, for the process that comes after us."""

    lease: HostLease
    next_allowed_at: datetime
    pause_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One address dealt with: what was fetched, how it ended, and where it leads."""

    settlement: Settlement
    page: FetchedPage | None = None
    candidates: tuple[Candidate, ...] = ()
    next_pages: tuple[Candidate, ...] = ()
    """Older pages of a listing, offered if this one held an article address that nobody knew before `walk_since`."""
    walk_since: datetime | None = None
    """None: the next pages are offered whatever this one held."""
    host: HostUpdate | None = None
    fate: Fate | None = None
    """What became of the article at this address, where its page was asked for again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a visit. `kept` is False if somebody else held the address by then: nothing was written."""

    visit: Visit
    kept: bool
    state: PageState | None = None
    new: int = 0
    """Addresses the frontier did not know."""


@dataclass(frozen=True, slots=True)
class _Call:
    work: Callable[[Transaction], Any]
    future: Future[Any]


class Sink(threading.Thread):
    """Takes visits and small pieces of database work, and does both in the order they came.

    Visits are written in batches, at once when a piece of work comes behind them, so that who asks sees what went before.
    `told` gets the outcomes, `failed` the error that ends it all; both are called in this thread.
    """

    def __init__(
        self,
        database: Database,
        archive: ArchiveWriter,
        *,
        now: Callable[[], datetime],
        told: Callable[[Sequence[Outcome]], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        super().__init__(name="sink", daemon=True)
        self._database = database
        self._archive = archive
        self._now = now
        self._told = told
        self._failed = failed
        self._inbox: queue.SimpleQueue[Visit | _Call | None] = queue.SimpleQueue()
        self._broken: BaseException | None = None

    def submit(self, visit: Visit) -> None:
        """Hand over a visit; never blocks. Callers bound what is under way themselves (`Outcome`s say what is done)."""
        self._inbox.put(visit)

    def call(self, work: Callable[[Transaction], Result]) -> Future[Result]:
        """Run `work` in a write transaction of its own, after every visit submitted before."""
        future: Future[Result] = Future()
        self._inbox.put(_Call(work, future))
        return future

    def close(self, timeout: float | None = None) -> None:
        """Write what is left and end; returns when the thread has ended or `timeout` seconds are over."""
        self._inbox.put(None)
        self.join(timeout)

    def run(self) -> None:
        """The thread's life: collect, write, answer."""
        going = True
        while going:
            batch: list[Visit] = []
            item = self._collect(batch)
            if batch:
                self._guarded(batch)
            if isinstance(item, _Call):
                self._answer(item)
            going = item is not None
        self._archive.close()

    def _collect(self, batch: list[Visit]) -> Visit | _Call | None:
        """Fill `batch`; returns what ended it: the last visit, a call, or None for the end."""
        item = self._inbox.get()
        deadline = time.monotonic() + MAX_WAIT
        while isinstance(item, Visit):
            batch.append(item)
            if len(batch) >= MAX_BATCH:
                break
            try:
                item = self._inbox.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
        return item

    def _answer(self, call: _Call) -> None:
        if not call.future.set_running_or_notify_cancel():
            return
        if self._broken is not None:
            call.future.set_exception(self._broken)
            return
        try:
            result = self._database.transact(call.work)
        except BaseException as error:  # noqa: BLE001 - it belongs to who waits for the future
            call.future.set_exception(error)
            if isinstance(error, Unavailable):
                self._break(error)
        else:
            call.future.set_result(result)

    def _guarded(self, batch: list[Visit]) -> None:
        """Write a batch; if one visit cannot be written, only that one is lost, and its row says so."""
        if self._broken is not None:
            return
        try:
            outcomes = self._write(batch)
        except (Unavailable, OSError) as error:
            self._break(error)
            return
        except Exception:  # a value no check foresaw must not stop the others: it is written alone, then without its page
            if len(batch) > 1:
                for visit in batch:
                    self._guarded([visit])
                return
            log.exception("what %s brought cannot be stored", batch[0].settlement.lease.url)
            if batch[0].page is None and not batch[0].candidates:
                self._told([Outcome(batch[0], kept=False)])
                return
            self._guarded([_given_up(batch[0])])
            return
        self._told(outcomes)

    def _break(self, error: BaseException) -> None:
        if isinstance(error, OSError):
            error = Unavailable(f"the archive cannot be written: {error}")
        if self._broken is None:
            self._broken = error
            self._failed(error)

    def _write(self, batch: Sequence[Visit]) -> list[Outcome]:
        pages = [visit.page for visit in batch if visit.page is not None]
        entries, states, altered = self._prepared(pages)
        locations = self._archive.append(entries) if entries else []
        if locations:
            self._archive.sync()
        placed = {
            id(page): (dataclasses.replace(page, state=state), location)
            for page, state, location in zip(pages, states, locations, strict=True)
        }
        batch = [_compared(visit, altered.get(id(visit.page))) for visit in batch]
        now = self._now()
        return self._database.transact(lambda tx: _store(tx, batch, placed, now))

    def _prepared(self, pages: Sequence[FetchedPage]) -> tuple[list[ArchiveEntry], list[PageState], dict[int, bool]]:
        """Archive entries and final states: a body that is kept already becomes a reference to it, and is not read again.

        And, by the page's `id()`, whether a whole answer differs from the one before.
        """
        with self._database.read() as tx:
            known = PageStore(tx).known_bodies([(page.source, page.url_key) for page in pages]) if pages else {}
        entries, states, altered = [], [], {}
        for page in pages:
            before = known.get((page.source, page.url_key))
            same = before is not None and bool(page.body) and before.digest == hashlib.sha256(page.body).hexdigest()
            refers_to = before if same else None
            if before is not None and page.body and page.status == 200:
                altered[id(page)] = not same
            entries.append(ArchiveEntry(page.url, page.fetched_at, page.status, page.headers, page.body, refers_to))
            states.append(PageState.UNCHANGED if same and page.state in {PageState.UNREAD, PageState.PARSED} else page.state)
        return entries, states, altered


def _compared(visit: Visit, altered: bool | None) -> Visit:
    if altered is None:
        return visit
    return dataclasses.replace(visit, settlement=dataclasses.replace(visit.settlement, altered=altered))


def _given_up(visit: Visit) -> Visit:
    return Visit(dataclasses.replace(visit.settlement, failure=FailureClass.OTHER, retry_at=None, moved_to=None), host=visit.host)


def _store(tx: Transaction, batch: Sequence[Visit], placed: dict[int, tuple[FetchedPage, ArchiveLocation]], now: datetime) -> list[Outcome]:
    """Everything a batch changes, in the caller's transaction. What was fetched under a lost lease leaves no trace."""
    held = FrontierStore(tx).settle([visit.settlement for visit in batch])
    kept = [visit for visit, holds in zip(batch, held, strict=True) if holds]
    pages = [placed[id(visit.page)] for visit in kept if visit.page is not None]
    if pages:
        PageStore(tx).put(pages)
    fates = [(visit.settlement.lease.source, visit.settlement.lease.url_key, visit.fate) for visit in kept if visit.fate is not None]
    if fates:
        RevisitStore(tx).record_fates(fates)
    new = _offer(tx, kept, now)
    _update_hosts(tx, batch)
    return [
        Outcome(visit, kept=holds, state=placed[id(visit.page)][0].state if holds and visit.page else None, new=new.get(id(visit), 0))
        for visit, holds in zip(batch, held, strict=True)
    ]


def _offer(tx: Transaction, visits: Sequence[Visit], now: datetime) -> dict[int, int]:
    """Offer what the visits found; returns how many addresses of each visit were new."""
    frontier = FrontierStore(tx)
    new: dict[int, int] = {}
    listed: Counter[int] = Counter()
    elsewhere: Counter[int] = Counter()
    for visit in visits:
        if not visit.candidates and not visit.next_pages:
            continue
        lease = visit.settlement.lease
        listed[lease.run_id] += sum(candidate.kind is PageKind.ARTICLE for candidate in visit.candidates)
        candidates = unkept(tx, lease.source, visit.candidates)
        if visit.next_pages and (visit.walk_since is None or _brings_news(frontier, lease.source, candidates, visit.walk_since)):
            candidates += visit.next_pages
        offered = frontier.offer(lease.source, lease.run_id, candidates, now=now) if candidates else Offered()
        new[id(visit)] = offered.new
        elsewhere[lease.run_id] += offered.elsewhere
    for word, numbers in ((LISTED, listed), (ELSEWHERE, elsewhere)):
        for run_id, number in numbers.items():
            if number:
                RunStore(tx).count(run_id, word, number)
    return new


def _brings_news(frontier: FrontierStore, source: str, candidates: Sequence[Candidate], since: datetime) -> bool:
    """Whether an article address among these was unknown before `since`: the same answer in whatever order the pages of a run arrive."""
    keys = {key for candidate in candidates if candidate.kind is PageKind.ARTICLE and (key := _key(candidate.url))}
    return frontier.known_before(source, sorted(keys), since) < len(keys)


def _key(url: str) -> str | None:
    try:
        return url_key(url)
    except ValueError:
        return None


def _update_hosts(tx: Transaction, batch: Sequence[Visit]) -> None:
    latest: dict[str, HostUpdate] = {visit.host.lease.host: visit.host for visit in batch if visit.host is not None}
    hosts = HostStore(tx)
    for host in sorted(latest):
        update = latest[host]
        try:
            hosts.update(update.lease, next_allowed_at=update.next_allowed_at, pause_until=update.pause_until)
        except LeaseLost:
            # Its new holder keeps the time now; what we fetched before stays good, for every address has a fence of its own.
            log.info("%s is another process's now", host)
