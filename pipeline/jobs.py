"""What the front door asks for: crawl these sources now, read what lies unread, learn a template.

Each job opens run rows, or takes up those a killed job left open, and works on them in one session until they are over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from crawlers.clock import Clock
from crawlers.registry import Registry
from crawlers.runs import open_run
from db.archive import ArchiveReader
from db.engine import Database, Transaction
from db.errors import ArchiveError, UnknownName
from db.leases import owner_in_words, owner_name, reclaim_dead
from db.pages import PageStore
from db.readings import PageToRead, Template
from db.records import Hints, Run, StoredPage
from db.runs import RunStore
from db.sources import SourceStore
from db.templates import TemplateStore
from db.vocabulary import RunKind
from pipeline.learning import learn_template
from pipeline.read_loop import ReadLoop, ReadPage
from pipeline.reader_pool import ReaderPool
from pipeline.report import RunReport
from pipeline.session import Progress, Session, SessionSpec

OnProgress = Callable[[Sequence[Progress]], None]
PROGRESS_SECONDS = 1.0


def crawl(
    spec: SessionSpec,
    database: Database,
    registry: Registry,
    names: Sequence[str],
    *,
    limit: int | None = None,
    at_most: timedelta | None = None,
    on_progress: OnProgress | None = None,
) -> list[RunReport]:
    """Visit sources once, now. A crawl of the same source and limit that was cut off is taken up where it was.

    `limit` is the number of article pages a source; `at_most` ends the work early, leaving the rest to the next crawl.
    Raises UnknownName before anything starts.
    """
    params = {"limit": limit} if limit else {}
    runs = _open(_clock(spec), database, registry, names, kind=RunKind.CRAWL, params=params)
    return work_on(spec, database, registry, runs, at_most=at_most, on_progress=on_progress)


def read_pending(
    spec: SessionSpec,
    database: Database,
    registry: Registry,
    *,
    on_progress: Callable[[Sequence[ReadPage]], None] | None = None,
) -> list[ReadPage]:
    """Read every kept page that nobody has read yet; return what became of each."""
    clock = _clock(spec)
    owner = owner_name()
    database.transact(lambda tx: reclaim_dead(tx, clock()))
    pool = ReaderPool(spec.readers, spec.page_timeout)
    loop = ReadLoop(database, ArchiveReader(spec.engine.archive), registry, pool, readers=spec.readers, owner=owner, clock=clock)
    done: list[ReadPage] = []
    try:
        while not loop.idle or _unread(database):
            read = loop.turn(None)
            done += read
            if on_progress:
                on_progress(read)
    finally:
        loop.give_back()
        pool.close()
    return done


def learn(
    spec: SessionSpec,
    database: Database,
    registry: Registry,
    name: str,
    *,
    pages: int,
    keep: bool = True,
    on_page: Callable[[], None] | None = None,
) -> Template | None:
    """Learn a source's template from at most `pages` of its kept articles, and keep it; None if they are too few to learn from.

    Raises UnknownName. A page whose record cannot be read is left out.
    """
    source, clock = registry.get(name), _clock(spec)
    with database.read() as tx:
        stored = PageStore(tx).latest_read(name, pages)
    template = learn_template(
        (page, source.reading_hints(hints)) for page, hints in _kept(ArchiveReader(spec.engine.archive), stored, on_page)
    )
    if template and keep:
        database.transact(lambda tx: TemplateStore(tx).put(name, template, clock()))
    return template


def _kept(archive: ArchiveReader, stored: Sequence[StoredPage], on_page: Callable[[], None] | None) -> Iterator[tuple[PageToRead, Hints]]:
    for page in stored:
        with suppress(ArchiveError):
            yield PageToRead(page.url, archive.read(page.location).body, page.headers, page.fetched_at), page.hints
        if on_page:
            on_page()


def work_on(
    spec: SessionSpec,
    database: Database,
    registry: Registry,
    runs: Sequence[Run],
    *,
    at_most: timedelta | None = None,
    on_progress: OnProgress | None = None,
) -> list[RunReport]:
    """Work on open runs until each is over or the time is up. A run somebody alive is working on is left to them."""
    reports: list[RunReport] = []
    deadline = time.monotonic() + at_most.total_seconds() if at_most else None
    told = 0.0
    with Session(spec, database, registry) as session:
        reports += [busy(database, run) for run in runs if not session.add(run.id)]
        while session.open_runs and (deadline is None or time.monotonic() < deadline):
            reports += session.turn()
            if on_progress and time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                on_progress(session.progress())
        reports += session.close()
    return sorted(reports, key=lambda report: report.source)


def busy(database: Database, run: Run) -> RunReport:
    """Report a run that another process works on."""
    with database.read() as tx:
        holder = RunStore(tx).get(run.id).owner
    who = f" ({owner_in_words(holder)})" if holder else ""
    return RunReport(run.id, run.source, run.kind, run.state, {}, f"another veille is working on it{who}", 0.0)


def _open(
    clock: Clock, database: Database, registry: Registry, names: Sequence[str], *, kind: RunKind, params: dict[str, Any]
) -> list[Run]:
    sources = [registry.get(name) for name in names]
    if not sources:
        raise UnknownName("no sources to crawl: add one with `veille sources add URL`, or name a folder with --sources")

    def work(tx: Transaction) -> list[Run]:
        now = clock()
        reclaim_dead(tx, now)
        SourceStore(tx).sync(registry.entries(), now)
        return [open_run(tx, source, kind, slot=None, params=params, now=now) for source in sources]

    return database.transact(work)


def _clock(spec: SessionSpec) -> Clock:
    return Clock(spec.engine.clock_offset)


def _unread(database: Database) -> int:
    with database.read() as tx:
        return PageStore(tx).unread(None)
