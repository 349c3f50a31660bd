"""Feeds the page table from a range of a WARC file: a process of its own looks through the file, the pages it finds are written here.

They are read like any others. How far the file has been gone through is noted with the run in the transaction that writes the pages,
so that whoever goes on after a kill repeats nothing and leaves nothing out.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from crawlers.child import Child
from crawlers.source import Source
from crawlers.spec import EngineSpec
from crawlers.warc_scan import Capture, ScanTask, Told
from db.archive import ArchiveReader, ArchiveWriter
from db.engine import Database, Transaction
from db.errors import ArchiveError, LeaseLost, Unavailable
from db.identity import url_key
from db.pages import PageStore
from db.records import ArchiveEntry, ArchiveLocation, FetchedPage, Run
from db.runs import RunStore
from db.vocabulary import PageKind, RunKind, RunState, Skip, Way

OFFSET: Final = "offset"
"""Under this word a run's counts hold how far in the file it is, in bytes."""
LOADED: Final = "loaded"
SIZE: Final = "file_size"
"""And while a file behind an address is being fetched, how many bytes of it have come, of how many."""
LOADED_SECONDS: Final = 2.0
"""How often that is noted."""
LINES: Final = 2
"""Messages written in one transaction: 50 pages."""
AHEAD: Final = 4
"""Messages that may wait here."""
RESTARTS: Final = 3


def is_warc(run: Run) -> bool:
    """Whether a run reads a WARC file."""
    return run.kind is RunKind.REPLAY and run.params.get("way") == Way.WARC


def loaded_of(run: Run) -> tuple[int, int] | None:
    """Bytes of a run's file that have come, and of all, while it is being fetched; else None."""
    return (run.counts[LOADED], run.counts[SIZE]) if run.counts.get(SIZE) else None


@dataclass(frozen=True, slots=True)
class _Range:
    """What a run's parameters ask for."""

    file: str
    start: int
    end: int | None
    since: date | None
    until: date | None
    copy: bool

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> _Range:
        since, until = (date.fromisoformat(params[key]) if params.get(key) else None for key in ("since", "until"))
        return cls(str(params["file"]), int(params.get("start") or 0), params.get("end"), since, until, bool(params.get("copy")))


class Feeder:
    """Goes through the range of one run. Its owner calls `turn` as long as it is not `over`, and `close` in the end."""

    def __init__(self, run: Run, source: Source, database: Database, spec: EngineSpec) -> None:
        self._run, self._source, self._database, self._spec = run, source, database, spec
        self._range = _Range.of(run.params)
        self.counts: Counter[str] = Counter({word: number for word, number in run.counts.items() if word not in {LOADED, SIZE}})
        """Records by what became of them, and the offset."""
        self.problem: str | None = None
        """Why the file cannot be gone through, for a person."""
        self.loaded: tuple[int, int] | None = None
        """Bytes of a file behind an address that have come, and of all; None if it need not be fetched, or is here."""
        self.over = False
        self._restarts = 0
        self._noted_at = float("-inf")
        self._archive: ArchiveWriter | None = None
        self._child: Child | None = None

    def turn(self, room: int) -> int:
        """Write what has been found, if there is room for as many pages; return how many were written. Never waits."""
        if self.over or room <= 0:
            return 0
        child = self._child or self._begin()
        told = [Told.from_line(line) for line in child.lines(LINES)]
        if not told:
            if child.finished:
                self._again()
            return 0
        if not self._hear_loaded(told):
            return 0
        written = self._write([message for message in told if message.counts or message.captures or message.over])
        self.problem = next((message.problem for message in told if message.problem), None)
        if self.problem or told[-1].over:
            self.close()
        return written

    def _hear_loaded(self, told: Sequence[Told]) -> bool:
        """Note how much of the file has come, as long as nothing was found in it; False if the run is somebody else's now."""
        loaded = next((message.loaded for message in reversed(told) if message.loaded), None)
        if any(message.counts or message.captures or message.over for message in told):
            self.loaded = None
        elif loaded is not None:
            self.loaded = loaded
            if time.monotonic() - self._noted_at >= LOADED_SECONDS:
                self._noted_at = time.monotonic()
                return self._store([], self.counts | {LOADED: loaded[0], SIZE: loaded[1]})
        return True

    def close(self) -> None:
        """End the process; what it found and was not written yet is found again by the next."""
        self.over = True
        if self._child is not None:
            self._child.kill()
            self._child = None
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    # ------------------------------------------------------------ the process

    def _begin(self) -> Child:
        start = self.counts[OFFSET] or self._left_at() or self._range.start
        task = ScanTask(self._source, self._range.file, start, self._range.end, self._range.since, self._range.until, self._spec)
        self._child = Child("crawlers.warc_scan:run", task, log_file=self._spec.log_file, ahead=AHEAD)
        self._child.start()
        return self._child

    def _left_at(self) -> int:
        """Where an earlier run of the same range was stopped."""
        with self._database.read() as tx:
            before = RunStore(tx).last_alike(self._run)
        return before.counts.get(OFFSET, 0) if before is not None and before.state is not RunState.DONE else 0

    def _again(self) -> None:
        """The process died: one more takes its place, a few times."""
        code = self._child.exit_code if self._child else None
        self._restarts += 1
        if self._child is not None:
            self._child.kill()
            self._child = None
        if self._restarts > RESTARTS:
            self.problem = f"the process that looks through {self._range.file} died {self._restarts} times (exit code {code})"
            self.close()

    # ------------------------------------------------------------ writing

    def _write(self, told: Sequence[Told]) -> int:
        if not told:
            return 0
        counts = Counter(self.counts)
        for message in told:
            counts.update(message.counts)
        counts[OFFSET] = max(self.counts[OFFSET], *(message.offset for message in told))
        found = [self._page(capture, message.file) for message in told for capture in message.captures]
        fresh = self._unknown(found)
        counts[Skip.KNOWN] += len(found) - len(fresh)
        if self._range.copy:
            fresh = self._copied(fresh, counts)
        if not self._store(fresh, counts):
            return 0
        self.counts = counts
        return len(fresh)

    def _store(self, fresh: Sequence[tuple[FetchedPage, ArchiveLocation]], counts: Mapping[str, int]) -> bool:
        """Keep pages and how far the run is, in one transaction; False if the run is somebody else's now."""
        known = {word: number for word, number in counts.items() if number}

        def work(tx: Transaction) -> None:
            RunStore(tx).note(self._run, known)
            PageStore(tx).put(fresh)

        try:
            self._database.transact(work)
        except LeaseLost:
            self.close()
            return False
        return True

    def _page(self, capture: Capture, file: str) -> tuple[FetchedPage, ArchiveLocation]:
        page = FetchedPage(
            source=self._source.name,
            run_id=self._run.id,
            url=capture.url,
            url_key=url_key(capture.url),
            kind=PageKind.ARTICLE,
            fetched_at=capture.captured_at,
            status=capture.status,
            headers=capture.headers,
            body=b"",
            body_digest=capture.digest,
        )
        return page, ArchiveLocation(file, capture.offset, capture.length)

    def _unknown(self, found: Sequence[tuple[FetchedPage, ArchiveLocation]]) -> list[tuple[FetchedPage, ArchiveLocation]]:
        """Those whose body is not kept for their address yet, each once."""
        bodies = {(page.url_key, page.body_digest or ""): (page, place) for page, place in reversed(found)}
        with self._database.read() as tx:
            kept = PageStore(tx).kept(self._source.name, list(bodies))
        return [pair for body, pair in reversed(bodies.items()) if body not in kept]

    def _copied(
        self, found: Sequence[tuple[FetchedPage, ArchiveLocation]], counts: Counter[str]
    ) -> list[tuple[FetchedPage, ArchiveLocation]]:
        """Put the records into our own archive; what cannot be read any more is counted as damaged."""
        if self._archive is None:
            self._archive = ArchiveWriter(self._spec.archive)
        reader = ArchiveReader(self._spec.archive)
        pages, entries = [], []
        for page, place in found:
            try:
                kept = reader.read(place)
            except ArchiveError:
                counts[Skip.DAMAGED] += 1
                continue
            pages.append(page)
            entries.append(ArchiveEntry(page.url, page.fetched_at, page.status, page.headers, kept.body))
        try:
            places = self._archive.append(entries)
            self._archive.sync()
        except Unavailable:
            self._archive = None
            raise
        return list(zip(pages, places, strict=True))
