"""The newsroom: every demo newspaper behind one plain and one TLS port on loopback, told apart by the Host header.

Conditional requests (RFC 9110, section 13), the log and named faults are handled here; what stands on the pages is the papers' business.
"""

from __future__ import annotations

import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from crawlers.demo.answers import Answer, redirect
from crawlers.demo.articles import TruthArticle
from crawlers.demo.certificates import make_certificates
from crawlers.demo.clock import DemoClock
from crawlers.demo.newspapers import all_papers
from crawlers.demo.paper import Paper

SOURCES = Path(__file__).parent / "sources"
Fault = Callable[["Handler"], bool]
"""Called before an answer is sent; True if it dealt with the request itself (dropped, stalled, garbled…), False to go on as usual."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request that reached the newsroom. `at` is `time.monotonic()` when it arrived; `status` is 0 if a fault took it."""

    at: float
    host: str
    path: str
    status: int
    conditional: bool
    tls: bool
    user_agent: str


class Newsroom:
    """All demo newspapers on loopback: `with Newsroom() as newsroom: …`, or `start` and `stop`.

    `port` and `tls_port` 0 take free ports. `faults` maps a path (with query), optionally after a host
    (`host/path`), to what shall go wrong there; it may be changed while the newsroom runs.
    """

    def __init__(
        self,
        clock: DemoClock | None = None,
        papers: Sequence[Paper] | None = None,
        *,
        faults: dict[str, Fault] | None = None,
        port: int = 0,
        tls_port: int = 0,
    ) -> None:
        self.clock = clock or DemoClock()
        self.papers = tuple(papers) if papers is not None else all_papers()
        self.faults = faults if faults is not None else {}
        self.by_host = {paper.host: paper for paper in self.papers}
        self._ports = (port, tls_port)
        self._log: list[LoggedRequest] = []
        self._log_lock = threading.Lock()
        self._servers: list[_Server] = []
        self._threads: list[threading.Thread] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Open both ports and answer until `stop`; OSError if a port is taken. Starting twice changes nothing."""
        if self._servers:
            return
        self._folder = tempfile.TemporaryDirectory(prefix="veille-demo-")
        context = make_certificates(sorted(self.by_host), self.ca_file)
        for port, tls in zip(self._ports, (None, context), strict=True):
            server = _Server(self, port, tls)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="demo newsroom", daemon=True)
            self._servers.append(server)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Close both ports and forget the certificate authority. The log stays."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._servers, self._threads = [], []
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def ca_file(self) -> Path:
        """The certificate authority to trust (PEM); RuntimeError before `start`."""
        if self._folder is None:
            raise RuntimeError("the newsroom is closed: start it first")
        return Path(self._folder.name) / "ca.pem"

    @property
    def resolve(self) -> dict[str, str]:
        """Where the hosts are: `host` (plain port) and `host:443` (TLS port) → `127.0.0.1:port`."""
        plain, tls = (f"127.0.0.1:{server.server_address[1]}" for server in self._servers)
        return {name: where for host in self.by_host for name, where in ((host, plain), (f"{host}:443", tls))}

    @property
    def sources_folder(self) -> Path:
        """The folder of the newspapers' source files."""
        return SOURCES

    @property
    def log(self) -> tuple[LoggedRequest, ...]:
        """Every request so far, in order of arrival at the log."""
        with self._log_lock:
            return tuple(self._log)

    def note(self, request: LoggedRequest) -> None:
        """Add a request to the log."""
        with self._log_lock:
            self._log.append(request)

    def truth(self, now: datetime | None = None) -> list[TruthArticle]:
        """Return the truth of all papers at an instant, by default the clock's."""
        instant = now or self.clock.now()
        return [article for paper in self.papers for article in paper.truth(instant)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, newsroom: Newsroom, port: int, tls: ssl.SSLContext | None) -> None:
        self.newsroom = newsroom
        self.tls = tls is not None
        super().__init__(("127.0.0.1", port), Handler)
        if tls is not None:  # the handshake is left to the handler's thread, so that a silent client holds up nobody
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up or distrust the certificate are part of the demo."""


class Handler(BaseHTTPRequestHandler):
    """One connection. Faults get it to write whatever they like to `wfile`."""

    protocol_version = "HTTP/1.1"
    server_version = "demo"
    sys_version = ""
    timeout = 30
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer from the paper that the Host header names."""
        newsroom = self.server.newsroom
        arrived = time.monotonic()
        host = (self.headers.get("Host") or "").lower().partition(":")[0]
        conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
        fault = newsroom.faults.get(f"{host}{self.path}") or newsroom.faults.get(self.path)
        taken = fault is not None and fault(self)
        answer = None if taken else self._answer(host)
        status = 0 if answer is None else answer.status
        # Logged before sending: whoever has read an answer finds its request in the log.
        newsroom.note(LoggedRequest(arrived, host, self.path, status, conditional, self.server.tls, self.headers.get("User-Agent", "")))
        if answer is not None:
            self._send(answer)

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def _answer(self, host: str) -> Answer:
        paper = self.server.newsroom.by_host.get(host)
        if paper is None:
            return Answer(HTTPStatus.MISDIRECTED_REQUEST, b"no newspaper of that name here\n", "text/plain; charset=utf-8")
        if paper.origin.startswith("https:") and not self.server.tls:
            return redirect(paper.origin + self.path)
        answer = paper.respond(self.path, self.server.newsroom.clock.now())
        if answer.status == HTTPStatus.OK and self._is_current(answer):
            return Answer(HTTPStatus.NOT_MODIFIED, b"", "", etag=answer.etag, last_modified=answer.last_modified)
        return answer

    def _is_current(self, answer: Answer) -> bool:
        """RFC 9110, section 13.2.2: an entity tag decides alone where the client sends one; comparison is weak."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return answer.etag is not None and answer.etag.removeprefix("W/") in known
        since = self.headers.get("If-Modified-Since")
        if since is None or answer.last_modified is None:
            return False
        try:
            limit = parsedate_to_datetime(since)
        except ValueError:
            return False
        return answer.last_modified.replace(microsecond=0) <= (limit if limit.tzinfo else limit.replace(tzinfo=UTC))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        if answer.etag:
            self.send_header("ETag", answer.etag)
        if answer.last_modified:
            self.send_header("Last-Modified", format_datetime(answer.last_modified.astimezone(UTC), usegmt=True))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the Date header: the newspapers' time, not the machine's."""
        del timestamp
        return format_datetime(self.server.newsroom.clock.now().replace(microsecond=0), usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is http.server's
        """Keep the terminal quiet: requests are in the newsroom's log."""
