"""The one way out: Scrapy's HTTP/1.1 handler with a bound on the head of an answer, and certificates as each source wishes.

Addresses are judged where they are resolved (`crawlers.resolver`); bodies are bounded by Scrapy and by `crawlers.compression`.
"""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader.contextfactory import _ScrapyClientContextFactory
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

MAX_HEAD = 256 << 10
"""Bytes of status line and headers; a thousand ordinary header lines are a quarter of that."""
MAX_LINE = 128 << 10
"""Bytes of one header line: some papers send content policies longer than the 16 KiB that Twisted takes."""


class HeadTooLarge(Exception):
    """The head of an answer is larger than we read."""


class DownloadHandler(HTTP11DownloadHandler):
    """For `http` and `https`; a spider may say by `verifies(host)` whose certificates are not checked."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._pool._factory = _BoundedFactory  # noqa: SLF001 - as Scrapy's own handler does: the pool has no other way
        self._contextFactory: Any = ContextFactory.from_crawler(crawler)


class ContextFactory(_ScrapyClientContextFactory):
    """TLS as Scrapy sets it up, with a certificate that must be right unless the host's source says otherwise."""

    crawler: Any = None

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> ContextFactory:
        """Keeps the crawler, whose spider knows the sources."""
        factory = super().from_crawler(crawler, *args, **kwargs)
        factory.crawler = crawler
        return factory

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: N802 - the name is Twisted's
        """The TLS options of one connection."""
        verifies = getattr(self.crawler.spider, "verifies", None)
        self._verify_certificates = verifies is None or bool(verifies(hostname.decode("ascii")))
        return super().creatorForNetloc(hostname, port)


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Gives a connection up whose answer does not come to its body."""

    _head = 0
    """Bytes of the answer at hand so far, while its body has not begun."""

    def request(self, request: Any) -> Deferred[Any]:
        self._head = 0
        answer: Deferred[Any] = super().request(request)
        if self._parser is not None:
            self._parser.MAX_LENGTH = MAX_LINE
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - the name is Twisted's
        if self._parser is not None and self._parser.state in {STATUS, HEADER}:
            self._head += len(data)
            if self._head > MAX_HEAD:
                self._giveUp(Failure(HeadTooLarge(f"more than {MAX_HEAD:,} bytes before the body")))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _BoundedFactory(_LenientHTTP11ClientFactory):
    """Builds those protocols."""

    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: N802, ARG002 - the signature is Twisted's
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
