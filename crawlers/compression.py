"""Content encodings, undone within a size limit. Unlike Scrapy's own middleware a broken body is an error, not a shorter page."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import brotli
import zstandard
from scrapy.http import Request, Response

CHUNK = 1 << 16
BITE = 256
"""Bytes of zstd handed in at once: a call returns all that its input unfolds to, at most some 8 MiB."""
ACCEPTED = b"gzip, deflate, br, zstd"


class BrokenEncoding(Exception):
    """The body is not what its Content-Encoding says."""


class TooLarge(Exception):
    """The decoded body is larger than the limit."""


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


def encodings(values: list[bytes]) -> list[str]:
    """The codings of Content-Encoding headers in the order they were applied (RFC 9110 §8.4)."""
    names = [name.strip().lower() for value in values for name in value.decode("latin-1").split(",")]
    return [name.removeprefix("x-") for name in names if name not in {"", "identity"}]


def decode(body: bytes, names: list[str], limit: int) -> bytes:
    """Undo the codings, last applied first. Raises TooLarge and BrokenEncoding.

    A body that says gzip and is plain text is taken as it is: some servers forget to compress.
    """
    for name in reversed(names):
        reader = READERS.get(name)
        if reader is None:
            raise BrokenEncoding(f"unknown content encoding {name!r}")
        if name == "gzip" and body[:2] != b"\x1f\x8b" and b"<" in body[:200]:
            continue
        try:
            body = reader(body, limit)
        except (OSError, EOFError, zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise BrokenEncoding(f"{name}: {error}") from error
    return body


def _read(stream: BinaryIO | Any, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"more than {limit:,} bytes after decoding")
        parts.append(chunk)
    return b"".join(parts)


def _gzip(body: bytes, limit: int) -> bytes:
    return _read(gzip.GzipFile(fileobj=io.BytesIO(body)), limit)


def _deflate(body: bytes, limit: int) -> bytes:
    try:
        return _inflate(body, limit, zlib.MAX_WBITS)
    except zlib.error:
        return _inflate(body, limit, -zlib.MAX_WBITS)  # raw deflate, as some servers send it (RFC 9110 §8.4.1.2)


def _inflate(body: bytes, limit: int, window: int) -> bytes:
    decoder = zlib.decompressobj(window)
    plain = decoder.decompress(body, limit + 1)
    if len(plain) > limit:
        raise TooLarge(f"more than {limit:,} bytes after decoding")
    if not decoder.eof:
        raise EOFError("the stream ends too early")
    return plain


def _brotli(body: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    parts = [decoder.process(body, output_buffer_limit=CHUNK)]
    size = len(parts[0])
    while not decoder.is_finished():
        chunk = decoder.process(b"", output_buffer_limit=CHUNK)
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"more than {limit:,} bytes after decoding")
        if not chunk:
            raise EOFError("the stream ends too early")
        parts.append(chunk)
    return b"".join(parts)


def _zstd(body: bytes, limit: int) -> bytes:
    decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj(read_across_frames=False)
    parts: list[bytes] = []
    size = 0
    for start in range(0, len(body), BITE):
        chunk = decoder.decompress(body[start : start + BITE])
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"more than {limit:,} bytes after decoding")
        parts.append(chunk)
        if decoder.eof:
            break
    if not decoder.eof:
        raise EOFError("the stream ends too early")
    return b"".join(parts)


READERS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
