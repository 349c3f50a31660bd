"""The answers in WARC files of others: record by record through a range of a file, or the one at a place.

Torn and corrupt records are passed over, never an end. Where records begin is `db.warc_files`'s business, whose they are the caller's.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from db.codings import BrokenEncoding, TooLarge, dechunked, decode, encodings
from db.errors import ArchiveError
from db.records import ArchivedPage, ArchiveLocation
from db.vocabulary import Skip
from db.warc_files import LARGEST_HEAD, ZSTD, WarcFile, preamble

LARGEST_BODY: Final = 64 << 20
"""Bytes of a body that is read at a place; what was fed to the readers was bounded by a smaller limit."""
HTTP_HEAD: Final = 256 << 10
ANSWERS: Final = (WarcRecordType.response, WarcRecordType.revisit, WarcRecordType.resource)
UNDONE: Final = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers that do not describe the body once it is decoded; they get another name, as in our own archive."""
HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
STATUS: Final = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?:[ \r\n]|$)")

Wanted = Callable[[str], Skip | None]
"""Says of an address why it is not wanted."""
Answer = tuple[int, tuple[tuple[str, str], ...], bytes]
"""Status, headers, body."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a file. With `skip` it is only counted, and what follows says nothing."""

    offset: int
    skip: Skip | None = None
    length: int = 0
    """Bytes from its offset to the next record's."""
    url: str = ""
    captured_at: datetime | None = None
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    """Decoded of transfer and content encodings."""


def records(file: WarcFile, start: int, end: int, wanted: Wanted, limit: int) -> Iterator[Record]:
    """Give every record that begins in [start, end), so that ranges that adjoin give each record of a file once.

    Bodies of what is wanted are read, up to `limit` bytes.
    """
    at = file.next_start(start)
    while at is not None and at < end:
        at = yield from _sound_stretch(file, at, end, wanted, limit)


def read_capture(location: ArchiveLocation) -> ArchivedPage:
    """Return the answer at a place in a file of others; `location.file` is its path. Raises ArchiveError naming file and offset."""
    path, where = Path(location.file), f"{location.file} at offset {location.offset}"
    try:
        with path.open("rb") as file:
            file.seek(location.offset)
            content = file.read(location.length)
            if content.startswith(ZSTD):
                content = preamble(file) + content
    except FileNotFoundError as error:
        raise ArchiveError(f"WARC file {path} is not there any more, and the page was kept by reference to it") from error
    except OSError as error:
        raise ArchiveError(f"WARC file {where} cannot be read: {error.strerror}") from error
    try:
        raw = next(iter(ArchiveIterator(io.BytesIO(content), parse_http=False, max_header_len=LARGEST_HEAD)), None)
        record = None if raw is None else _record(raw, location.offset, lambda _: None, LARGEST_BODY)
    except BaseException as error:  # fastwarc's panics in Rust are no Exceptions
        if not _is_damage(error):
            raise
        raise ArchiveError(f"WARC file {where} holds no sound record any more: {error}") from error
    if record is None or record.skip is not None or record.captured_at is None:
        raise ArchiveError(f"WARC file {where} does not hold the page any more")
    return ArchivedPage(record.url, record.captured_at, record.status, record.headers, record.body)


def _sound_stretch(file: WarcFile, at: int, end: int, wanted: Wanted, limit: int) -> Generator[Record, None, int | None]:
    """Give the records from `at` on up to the first damage; return where to go on after it, None if there was none.

    A record's length is known when the next one is reached, so each is given one step late.
    """
    stream, shift = file.stream(at)
    held: Record | None = None
    last = at
    try:
        for raw in ArchiveIterator(stream, parse_http=False, max_header_len=LARGEST_HEAD):
            offset = raw.stream_pos + shift
            if held is not None:
                yield replace(held, length=offset - held.offset)
                held = None
            if not file.begins(offset):  # told by the range that led here, as all damage is
                yield Record(offset, Skip.DAMAGED)
                return file.next_start(offset + 1)
            if offset >= end:
                return None
            last = offset
            held = _record(raw, offset, wanted, limit)
    except BaseException as error:  # fastwarc's panics in Rust are no Exceptions
        if not _is_damage(error):
            raise
        stop = file.end(last)
        following = file.next_start(stop or last + 1)
        if stop is None or held is None:
            yield Record(last, Skip.DAMAGED)
        else:
            yield replace(held, length=stop - last)
            if stop != following:
                yield Record(stop, Skip.DAMAGED)
        return following
    if held is not None:
        yield replace(held, length=file.size - held.offset)
    return None


def _record(raw: WarcRecord, offset: int, wanted: Wanted, limit: int) -> Record:
    """Understand one record; the content of what is not wanted is not looked at. Raises OSError where the file is damaged."""
    kind = raw.record_type
    url = (raw.headers.get("WARC-Target-URI") or "").strip("<> ")
    if kind not in ANSWERS or not url.lower().startswith(("http://", "https://")):
        return Record(offset, Skip.TYPE)
    unwanted = wanted(url)
    if unwanted is not None:
        return Record(offset, unwanted)
    if raw.content_length > limit + HTTP_HEAD:
        return Record(offset, Skip.TOO_LARGE)
    block, captured_at = raw.reader.read(), raw.record_date
    answer = _resource(raw, block) if kind == WarcRecordType.resource else _parsed(block)
    if captured_at is None or len(block) < raw.content_length or answer is None:
        return Record(offset, Skip.DAMAGED)
    status, headers, body = answer
    try:
        body = _decoded(headers, body, limit)
    except (TooLarge, BrokenEncoding) as error:
        return Record(offset, Skip.TOO_LARGE if isinstance(error, TooLarge) else Skip.DAMAGED)
    named = tuple((f"X-Crawler-{name}" if name.lower() in UNDONE else name, value) for name, value in headers)
    return Record(offset, None, 0, url, captured_at, status, named, body)


def _resource(raw: WarcRecord, block: bytes) -> Answer:
    """A body that was kept without what HTTP said of it."""
    return 200, (("Content-Type", raw.headers.get("Content-Type") or ""),), block


def _parsed(block: bytes) -> Answer | None:
    """Status, headers and body as they were sent; None if this is no HTTP answer."""
    status, end = STATUS.match(block), HEAD_END.search(block, 0, HTTP_HEAD)
    if status is None:
        return None
    head = block[: end.start() if end else HTTP_HEAD]
    lines = (_text(line).partition(":") for line in head.splitlines()[1:])
    headers = tuple((name.strip(), value.strip()) for name, mark, value in lines if mark and name.strip())
    return int(status[1]), headers, block[end.end() :] if end else b""


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8").replace("\0", " ")
    except UnicodeDecodeError:
        return line.decode("latin-1").replace("\0", " ")


def _decoded(headers: tuple[tuple[str, str], ...], body: bytes, limit: int) -> bytes:
    """Undo the codings the headers state. Archives that undid them may have kept the headers: what is text already is taken as it is."""
    stated: dict[str, list[bytes]] = {"transfer-encoding": [], "content-encoding": []}
    for name, value in headers:
        if name.lower() in stated:
            stated[name.lower()].append(value.encode())
    if "chunked" in encodings(stated["transfer-encoding"]):
        body = dechunked(body)
    names = encodings(stated["content-encoding"])
    try:
        body = decode(body, names, limit) if names and body else body
    except BrokenEncoding:
        if b"<" not in body[:200]:
            raise
    if len(body) > limit:
        raise TooLarge(f"more than {limit:,} bytes")
    return body


def _is_damage(error: BaseException) -> bool:
    """Whether this is what fastwarc raises over a broken file; where it did not foresee the damage that is Rust's panic."""
    return isinstance(error, OSError) or type(error).__name__ == "PanicException"


def is_foreign(location: ArchiveLocation) -> bool:
    """Whether a record lies in a file of others, named by its whole path, and not in the archive folder."""
    return location.file.startswith("/")
