"""The reading of pages in worker processes: one page a message, a time limit a page, and a fresh worker for every one that hangs or dies.

What becomes of the readings is the caller's business; how a page is read is `pipeline.reading`'s.
"""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Any

from db.readings import Article, PageToRead, ReadingHints, Rejected
from db.vocabulary import PageReason
from pipeline.reader_worker import Reader, Ready, Result, Work, work

WARM_UP = 60.0
"""Seconds a new worker may take to load its libraries."""
PAGES_A_WORKER = 2_000
"""Pages after which a worker is replaced, so that what libraries keep never adds up."""
MEMORY_LIMIT = 3 * 2**30
"""Bytes of address space of one worker; a page that needs more is too complex."""
CONTEXT: SpawnContext | ForkServerContext = multiprocessing.get_context("spawn")
"""How workers begin: as fresh processes, for a fork would copy this one's threads and open files."""
_ATTEMPTS = 2


@dataclass(slots=True)
class _Job:
    token: Any
    page: PageToRead
    hints: ReadingHints
    attempts: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    process: multiprocessing.process.BaseProcess
    connection: Connection
    deadline: float
    reading_version: int | None = None
    """None until it is ready."""
    job: _Job | None = None
    pages: int = 0


@dataclass(slots=True)
class _Inbox:
    """What the caller's thread and the supervisor's share; everything else belongs to one of them."""

    jobs: queue.SimpleQueue[_Job | None] = field(default_factory=queue.SimpleQueue)
    results: queue.SimpleQueue[tuple[Any, Result]] = field(default_factory=queue.SimpleQueue)


@dataclass(frozen=True, slots=True)
class _Terms:
    workers: int
    page_timeout: float
    pages_a_worker: int
    read: Reader | None


class ReaderPool:
    """Workers that read pages side by side.

    `workers` processes are started at once, and warmed; `page_timeout` is in seconds. A page that hangs is `too_complex`; one that kills
    its worker is tried once more, then it is `crashed`. Results come in the order in which pages are done, not in that of submission.
    A thread of the pool's own feeds the workers, so that none waits for the caller to come back for results. Neither the pool nor its
    thread loads the reading libraries; `read` is another way to read, importable by name, in place of `pipeline.reading.process_page`.
    """

    def __init__(self, workers: int, page_timeout: float, *, read: Reader | None = None, pages_a_worker: int = PAGES_A_WORKER) -> None:
        self._inbox = _Inbox()
        self._submitted = 0
        self._delivered = 0
        self._closed = False
        self._wake_reader, self._wake_writer = multiprocessing.Pipe(duplex=False)
        supervisor = _Supervisor(_Terms(max(1, workers), page_timeout, pages_a_worker, read), self._inbox, self._wake_reader)
        self._thread = threading.Thread(target=supervisor.run, name="reader-pool", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        """Pages submitted whose result has not been handed out yet."""
        return self._submitted - self._delivered

    def submit(self, token: Any, page: PageToRead, hints: ReadingHints) -> None:
        """Have a page read; `token` comes back with its result. Never blocks: the caller bounds what is pending."""
        if self._closed:
            raise RuntimeError("the reader pool is closed")
        self._submitted += 1
        self._inbox.jobs.put(_Job(token, page, hints))
        self._wake_writer.send_bytes(b"j")

    def results(self, timeout: float) -> list[tuple[Any, Article | Rejected]]:
        """Everything that is done; waits up to `timeout` seconds for the first result, and not at all if nothing is pending."""
        if not self.pending:
            return []
        found: list[tuple[Any, Result]] = []
        try:
            found.append(self._inbox.results.get(timeout=max(0.0, timeout)))
            while True:
                found.append(self._inbox.results.get_nowait())
        except queue.Empty:
            if not found and not self._thread.is_alive():
                raise RuntimeError("the reader pool's thread has died; nothing will be read any more") from None
        self._delivered += len(found)
        return found

    def close(self) -> None:
        """End all workers, whatever they are doing. Pages without a result are forgotten; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        self._inbox.jobs.put(None)
        self._wake_writer.send_bytes(b"c")
        self._thread.join()
        self._wake_writer.close()
        self._wake_reader.close()


class _Supervisor:
    """The pool's own thread: hands pages to idle workers, collects results, replaces workers that hang, die or are worn."""

    def __init__(self, terms: _Terms, inbox: _Inbox, wake: Connection) -> None:
        self._terms = terms
        self._inbox = inbox
        self._wake = wake
        self._waiting: deque[_Job] = deque()
        self._workers: list[_Worker] = []
        self._context = CONTEXT
        self._open = True

    def run(self) -> None:
        """Work until the pool is closed."""
        try:
            while self._open:
                while len(self._workers) < self._terms.workers:
                    self._workers.append(self._start())
                self._feed()
                self._listen()
                self._end_late()
        finally:
            for worker in self._workers:
                _end(worker)

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        arguments = (theirs, self._terms.page_timeout, MEMORY_LIMIT, self._terms.read)
        process = self._context.Process(target=work, args=arguments, name="veille-reader", daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours, deadline=time.monotonic() + WARM_UP)

    def _feed(self) -> None:
        for worker in self._workers:
            if not self._waiting:
                return
            if worker.reading_version is not None and worker.job is None:
                worker.job = self._waiting.popleft()
                worker.job.attempts += 1
                worker.deadline = time.monotonic() + self._terms.page_timeout
                try:
                    worker.connection.send(Work(worker.job.page, worker.job.hints))
                except OSError:  # it died while idle: the page is not to blame, and the worker is replaced when its pipe is read
                    worker.job.attempts -= 1

    def _listen(self) -> None:
        busy = [worker.deadline for worker in self._workers if worker.job or worker.reading_version is None]
        timeout = max(0.0, min(busy) - time.monotonic()) if busy else None
        signalled = wait([self._wake, *(worker.connection for worker in self._workers)], timeout)
        if self._wake in signalled:
            self._take_jobs()
        for worker in [worker for worker in self._workers if worker.connection in signalled]:
            self._hear(worker)

    def _take_jobs(self) -> None:
        try:
            self._wake.recv_bytes()
        except EOFError:  # the pool was dropped without being closed, as when a signal came while its owner was being made
            self._open = False
            return
        job = self._inbox.jobs.get()
        if job is None:
            self._open = False
        else:
            self._waiting.append(job)

    def _hear(self, worker: _Worker) -> None:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            self._bury(worker)
            return
        if isinstance(message, Ready):
            worker.reading_version = message.reading_version
            return
        if worker.job:
            self._inbox.results.put((worker.job.token, message))
        worker.job = None
        worker.pages += 1
        if worker.pages >= self._terms.pages_a_worker:
            self._workers.remove(worker)
            _end(worker)

    def _bury(self, worker: _Worker) -> None:
        """A worker died: its page gets one more try on a fresh one."""
        self._workers.remove(worker)
        _end(worker)
        job = worker.job
        if job is None:
            if worker.reading_version is None:
                time.sleep(0.2)  # a worker that cannot even start must not be started in a busy loop
            return
        if job.attempts >= _ATTEMPTS:
            code = worker.process.exitcode
            self._reject(worker, job, PageReason.CRASHED, f"reading it killed two worker processes (exit code {code})")
        else:
            self._waiting.appendleft(job)

    def _end_late(self) -> None:
        now = time.monotonic()
        for worker in [worker for worker in self._workers if now >= worker.deadline and (worker.job or worker.reading_version is None)]:
            self._workers.remove(worker)
            _end(worker)
            if worker.job:
                self._reject(worker, worker.job, PageReason.TOO_COMPLEX, f"not read within {self._terms.page_timeout:g} seconds")

    def _reject(self, worker: _Worker, job: _Job, reason: PageReason, detail: str) -> None:
        self._inbox.results.put((job.token, Rejected(job.page.url, reason, detail, worker.reading_version or 0)))


def _end(worker: _Worker) -> None:
    """Kill and reap: a worker keeps nothing that could be lost, and one that hangs in C code hears no gentler word."""
    worker.connection.close()
    worker.process.kill()
    worker.process.join()
