"""Asks for compressed answers and has them decoded (`db.codings`): unlike in Scrapy's own middleware a broken body is an error."""

from __future__ import annotations

from typing import Any

from scrapy.http import Request, Response

from db.codings import BrokenEncoding, TooLarge, decode, encodings

__all__ = ["BrokenEncoding", "CompressionMiddleware", "TooLarge", "decode", "encodings"]

ACCEPTED = b"gzip, deflate, br, zstd"


class CompressionMiddleware:
    """Asks for compressed bodies and decodes them; raises TooLarge and BrokenEncoding, which reach the request's errback."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Any) -> CompressionMiddleware:
        """Takes DOWNLOAD_MAXSIZE as the limit; a request's meta `download_maxsize` goes before it."""
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        """Say which encodings we understand."""
        request.headers.setdefault("Accept-Encoding", ACCEPTED)

    def process_response(self, request: Request, response: Response) -> Response:
        """The same response with its body decoded and without the header."""
        names = encodings(response.headers.getlist("Content-Encoding"))
        if not names or not response.body:
            return response
        body = decode(response.body, names, request.meta.get("download_maxsize", self._limit))
        plain = response.replace(body=body)
        del plain.headers["Content-Encoding"]
        return plain
