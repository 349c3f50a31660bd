"""Content and transfer codings of HTTP bodies, undone within a size limit: a broken body is an error, not a shorter page."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import brotli
import zstandard

CHUNK = 1 << 16
BITE = 256
"""Bytes of zstd handed in at once: a call returns all that its input unfolds to, at most some 8 MiB."""
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


class BrokenEncoding(Exception):
    """The body is not what its Content-Encoding or Transfer-Encoding says."""


class TooLarge(Exception):
    """The decoded body is larger than the limit."""


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


def dechunked(body: bytes) -> bytes:
    """Undo `Transfer-Encoding: chunked` (RFC 9112 §7.1). Raises BrokenEncoding.

    A body that does not begin with a chunk's size is taken as it is: many archives undo the coding and keep the header.
    """
    parts: list[bytes] = []
    at = 0
    while found := CHUNK_SIZE.match(body, at):
        size = int(found[1], 16)
        if size == 0:
            return b"".join(parts)
        at = found.end() + size
        if at > len(body):
            raise BrokenEncoding("chunked: the body ends too early")
        parts.append(body[found.end() : at])
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    if parts:
        raise BrokenEncoding("chunked: no size where the next chunk begins")
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
