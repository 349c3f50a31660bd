"""The one spider: asks for what the frontier queue gives out and passes on what comes back. It decides nothing itself.

`FrontierSpider` serves every run of an owner until it is stopped; `SourceSpider` serves one source, for `scrapy crawl NAME`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from scrapy import Spider, signals
from scrapy.http import Request, Response

from crawlers.clock import Clock
from crawlers.failures import failure_class, is_expected
from crawlers.frontier_queue import FrontierQueue
from crawlers.leads import Errand, Walks
from crawlers.refill import LEASE
from crawlers.registry import Registry
from crawlers.replay import is_archives, replayed
from crawlers.report import EngineEvent, EventKind, Report
from crawlers.revisits import followed
from crawlers.robots import Unreachable, fetch_robots
from crawlers.runs import open_run
from crawlers.sink import Outcome, Sink
from crawlers.source import Source
from crawlers.spec import EngineSpec
from crawlers.visits import Answer, answered, unanswered
from db.archive import ArchiveWriter
from db.engine import Database, Transaction
from db.errors import UnknownName, VeilleError
from db.frontier import FrontierStore
from db.leases import owner_name, reclaim_dead
from db.records import FrontierLease, RobotsCopy, Run
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FailureClass, PageKind, RunKind, RunState

ROBOTS_SECONDS = 30.0
CAPTURES_SECONDS = 120.0
"""A page of a web archive's index may take so long, whatever is set for pages: it is sought out among millions of rows."""
TELL_SECONDS = 0.5
WHOLE_EVERY = 12
"""After eleven answers that nothing has changed the whole page is asked for: some servers say so whatever happens."""
REGISTRY_SECONDS = 5.0
"""Source files are read again at most this often, when a run wants a source that nobody has heard of."""
log = logging.getLogger(__name__)

Emit = Callable[[EngineEvent], None]


class FrontierSpider(Spider):
    """Arguments: `spec` (EngineSpec), `emit` (where events go). Opening the database may raise what `Database.open` raises."""

    name = "frontier"
    ends = False
    spec: EngineSpec
    emit: Emit
    failure: VeilleError | None = None

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> FrontierSpider:
        """Open what the spider works on; Scrapy tells it when to close."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        assert isinstance(spider, cls)
        spider.emit = kwargs.get("emit", _say_nothing)
        spider.spec = kwargs.get("spec") or spec_of(crawler.settings)
        spider.open(crawler)
        crawler.signals.connect(spider.shut, signal=signals.spider_closed)
        return spider

    def open(self, crawler: Any) -> None:
        """Database, archive, sink and queue, in this order."""
        self.crawler = crawler
        self.clock = Clock(self.spec.clock_offset)
        self.registry = self._read_registry() if self.spec.sources is None else Registry.of(self.spec.sources)
        self._registry_read = time.monotonic()
        self._sources: dict[str, Source] = {}
        self.database = Database.open(self.spec.database_url)
        self.report = Report()
        self.walks = Walks()
        self.owner = self.take_runs()
        self.sink = Sink(
            self.database, ArchiveWriter(self.spec.archive), now=self.clock, told=self._told_by_sink, failed=self._failed_in_sink
        )
        self.queue = FrontierQueue(
            self.sink,
            now=self.clock,
            sources=self.source,
            owner=self.owner,
            holder=owner_name(),
            robots=self._robots,
            concurrency=self.spec.concurrency,
            ends=self.ends,
        )
        self._tidings: asyncio.Task[None] | None = None
        self._limited: set[int] = set()
        self._walled: set[int] = set()
        self._recycled = False

    def take_runs(self) -> str:
        """The owner whose runs are fetched."""
        return self.spec.owner

    def source(self, name: str) -> Source | None:
        """A source by name; its file may have come since we started, if it is we who read the files. None if there is none."""
        if name not in self._sources:
            try:
                self._sources[name] = self.registry.get(name)
            except UnknownName:
                if self.spec.sources is not None or time.monotonic() - self._registry_read < REGISTRY_SECONDS:
                    return None
                self._registry_read = time.monotonic()
                self.registry = self._read_registry()
                return self.source(name)
        return self._sources[name]

    def _read_registry(self) -> Registry:
        return Registry(self.spec.source_folders, bundled=self.spec.bundled_sources)

    def verifies(self, host: str) -> bool:
        """Whether a host must show a valid certificate: yes, unless a source in whose name it is asked says otherwise."""
        return all(source.verify_tls or not source.is_on_site(f"https://{host}/") for source in self._sources.values())

    # ------------------------------------------------------------ asking

    async def start(self) -> AsyncIterator[Request]:
        """Every request, as its host may be asked; endless unless `ends`."""
        self._loop = asyncio.get_running_loop()
        self.sink.start()
        self._tidings = asyncio.create_task(self._tell())
        self.emit(EngineEvent(EventKind.STARTED))
        async for lease in self.queue.leases():
            yield self._request(lease)
        if self.queue.error is not None and self.failure is None:
            self._give_up(self.queue.error)

    def _request(self, lease: FrontierLease) -> Request:
        meta: dict[str, Any] = {"download_timeout": self.spec.timeout}
        if lease.kind in {PageKind.SITEMAP, PageKind.CAPTURES}:
            meta["download_maxsize"] = self.spec.max_sitemap_bytes
        if lease.kind is PageKind.CAPTURES:
            meta["download_timeout"] = max(self.spec.timeout, CAPTURES_SECONDS)
        return Request(
            lease.url,
            callback=self.receive,
            errback=self.miss,
            headers=self._conditions(lease),
            dont_filter=True,
            meta=meta,
            cb_kwargs={"lease": lease},
        )

    def _conditions(self, lease: FrontierLease) -> dict[str, str]:
        """Validators of the last answer; a backfill needs the pages it walks even if they are unchanged."""
        if self.queue.run_of(lease).kind in {RunKind.BACKFILL, RunKind.REPLAY} and lease.kind is not PageKind.ARTICLE:
            return {}
        if lease.validators_lie or lease.unchanged % WHOLE_EVERY == WHOLE_EVERY - 1:
            return {}
        stated = {"If-None-Match": lease.etag, "If-Modified-Since": lease.last_modified}
        return {name: value for name, value in stated.items() if value}

    async def _robots(self, url: str, now: datetime) -> RobotsCopy | Unreachable:
        return await fetch_robots(self.crawler.engine.download_async, url, now, min(ROBOTS_SECONDS, self.spec.timeout))

    # ------------------------------------------------------------ receiving

    def receive(self, response: Response, lease: FrontierLease) -> None:
        """An answer, whatever its status."""
        now, pause = self.clock(), None
        try:
            errand = Errand(lease, self.queue.run_of(lease), self._sources[lease.source], self.walks, self.spec.obey_noindex)
            judged = replayed if is_archives(lease) else answered
            visit, pause = judged(errand, answer_of(response), now)
        except Exception:  # nothing a page holds may stop the others: the address is settled and the cause logged
            log.exception("the answer of %s cannot be used", lease.url)
            visit = unanswered(lease, FailureClass.OTHER, now, 0.0)
        self.queue.finished(followed(visit, now), pause=pause)

    def miss(self, failure: Any) -> None:
        """No answer: the connection, the name, the size, the encoding… `failure` is Twisted's."""
        lease: FrontierLease = failure.request.cb_kwargs["lease"]
        if not is_expected(failure.value):
            log.error("fetching %s failed", lease.url, exc_info=failure.value)
        source = self.source(lease.source)
        now = self.clock()
        visit = unanswered(lease, failure_class(failure.value), now, source.delay if source else 0.0)
        self.queue.finished(followed(visit, now))

    def parse(self, response: Response, **kwargs: Any) -> None:
        """Scrapy's default callback, which no request of ours uses."""
        raise NotImplementedError

    # ------------------------------------------------------------ reporting and closing

    def _told_by_sink(self, outcomes: Sequence[Outcome]) -> None:
        self._loop.call_soon_threadsafe(self._take_note, outcomes)

    def _take_note(self, outcomes: Sequence[Outcome]) -> None:
        self.report.add(outcomes)
        self.queue.told(outcomes)
        self._ask_for_answers()

    def _failed_in_sink(self, error: BaseException) -> None:
        self._loop.call_soon_threadsafe(self._give_up, error)

    def _give_up(self, error: BaseException) -> None:
        if self.failure is not None:
            return
        self.failure = error if isinstance(error, VeilleError) else VeilleError(f"{type(error).__name__}: {error}")
        self.emit(EngineEvent(EventKind.FAILED, message=str(self.failure)))
        log.error("%s", error, exc_info=None if isinstance(error, VeilleError) else error)
        self._ending = asyncio.ensure_future(self.crawler.stop_async())

    async def _tell(self) -> None:
        """Send progress now and then."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            self._ask_for_answers()
            for event in self.report.events():
                self.emit(event)

    def _ask_for_answers(self) -> None:
        """Say once what the parent must decide about: a run at its limit, before a wall or with no host to ask, an old engine."""
        for run_id in set(self.queue.exhausted()) - self._limited:
            self._limited.add(run_id)
            self.emit(EngineEvent(EventKind.LIMIT, run_id))
        for run_id in (self.report.walled() | self.queue.stalled()) - self._walled:
            self._walled.add(run_id)
            self.emit(EngineEvent(EventKind.WALLED, run_id))
        if not self._recycled and self.report.fetched >= self.spec.recycle_after:
            self._recycled = True
            self.emit(EngineEvent(EventKind.RECYCLE))

    async def shut(self, reason: str) -> None:
        """Give back what is leased, write what is left, close what is open."""
        if self._tidings is not None:
            self._tidings.cancel()
        if self.sink.is_alive():
            if self.failure is None:
                await self.queue.close()
            await asyncio.to_thread(self.sink.close)
        for event in self.report.events():
            self.emit(event)
        if self.failure is None:
            self.finish_runs(reason)
        self.database.close()
        self.emit(EngineEvent(EventKind.STOPPED, message=reason))

    def finish_runs(self, reason: str) -> None:
        """The engine's runs are the session's to finish."""


class SourceSpider(FrontierSpider):
    """Makes a crawl run of the source it is named after, fetches what the run wants, and ends it.

    Reading is left to `veille read --pending`.
    """

    ends = True
    run: Run

    def take_runs(self) -> str:
        """Open the run and lease it in our own name."""
        owner = owner_name()
        source = self.registry.get(self.name)

        def work(tx: Transaction) -> Run | None:
            now = self.clock()
            reclaim_dead(tx, now)
            SourceStore(tx).sync(self.registry.entries(), now)
            run = open_run(tx, source, RunKind.CRAWL, slot=None, params=self._params(), now=now)
            return RunStore(tx).lease(run.id, owner, now, now + LEASE)

        run = self.database.transact(work)
        if run is None:
            raise VeilleError(f"{self.name} is being crawled by another process")
        self.run = run
        return owner

    def _params(self) -> dict[str, Any]:
        """`scrapy crawl NAME -a limit=20`."""
        limit = getattr(self, "limit", None)
        return {"limit": int(limit)} if limit else {}

    def finish_runs(self, reason: str) -> None:
        """Close the run: done if nothing waits any more, else stopped, and what is left waits for the next."""

        def work(tx: Transaction) -> None:
            frontier = FrontierStore(tx)
            state = RunState.STOPPED if frontier.pending([self.run.id]).get(self.run.id) or reason != "finished" else RunState.DONE
            frontier.release(self.run.id)
            RunStore(tx).finish(self.run, state, self.report.counts(self.run.id), f"scrapy crawl: {reason}", self.clock())

        self.database.transact(work)


def answer_of(response: Response) -> Answer:
    """Scrapy's response as plain values; header bytes as Latin-1 (RFC 9110 §5.5), without NUL, which databases refuse."""
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1").replace("\0", "")) for name, values in response.headers.items() for value in values
    )
    return Answer(response.status, headers, response.body)


def spec_of(settings: Any) -> EngineSpec:
    """The spec that Scrapy's settings describe, for `scrapy crawl`."""
    ca_file = settings.get("VEILLE_CA_FILE")
    return EngineSpec(
        database_url=settings["VEILLE_DATABASE"],
        archive=Path(settings["VEILLE_ARCHIVE"]),
        source_folders=tuple(Path(folder) for folder in settings.getlist("VEILLE_SOURCES")),
        bundled_sources=settings.getbool("VEILLE_BUNDLED_SOURCES", True),
        contact=settings.get("VEILLE_CONTACT", ""),
        resolve=settings.getdict("VEILLE_RESOLVE"),
        ca_file=Path(ca_file) if ca_file else None,
        allow_networks=tuple(settings.getlist("VEILLE_ALLOW_NETWORKS")),
        proxy=settings.get("VEILLE_PROXY", ""),
        timeout=settings.getfloat("DOWNLOAD_TIMEOUT"),
        max_bytes=settings.getint("DOWNLOAD_MAXSIZE"),
    )


def _say_nothing(event: EngineEvent) -> None:
    """Nobody listens."""
