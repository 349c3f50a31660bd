"""The bytes of every answer, in WARC 1.1 files (ISO 28500:2017) of one zstd frame a record, so that any record is read by itself.

Writing, reading, and the check at start that a killed writer left no half record; which record is whose is `db.pages`'s business.

A file is written by one process, which holds a lock on it; a file that is complete is made read-only, and only files that
are not are looked at when a writer starts. A body that was kept before becomes a `revisit` record that names where it lies.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import io
import mmap
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final

import zstandard
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from db.errors import ArchiveError, Unavailable
from db.records import ArchivedPage, ArchiveEntry, ArchiveLocation
from db.warc_records import is_foreign, read_capture

__all__ = ["ArchiveEntry", "ArchiveReader", "ArchiveWriter", "orphans"]

PATTERN: Final = "veille-*.warc.zst"
LEVEL: Final = 3
MAGIC: Final = b"\x28\xb5\x2f\xfd"
"""The first bytes of a zstd frame (RFC 8878, 3.1.1)."""
CHUNK: Final = 1 << 16
COMPLETE: Final = 0o444
WRITABLE: Final = 0o200
REVISIT_PROFILE: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
BODY_AT: Final = "Veille-Refers-To-Record"
"""Our own field of a revisit record: file, offset and length of the record that holds the body."""
MOST_REVISITS: Final = 1_000
"""Revisit records that are followed to a body at most."""
MOVED: Final = ".moved"
"""Ending, after a file's name, of the list that says where its records went."""
DAY_SECONDS: Final = 24 * 3600.0
UNDONE: Final = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers that do not describe the body as it is kept; they are kept under another name."""


class ArchiveWriter:
    """Appends records to a file of its own, and starts another when that is full, or a day old."""

    def __init__(self, folder: Path, *, rotate_bytes: int = 1 << 30, rotate_seconds: float = DAY_SECONDS) -> None:
        """Make ready to write in `folder`, and mend what killed writers left there. Raises Unavailable."""
        self._folder = folder
        self._rotate_bytes, self._rotate_seconds = rotate_bytes, rotate_seconds
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self._file: io.FileIO | None = None
        self._size = 0
        self._begun = 0.0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            mend(folder)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def append(self, pages: Sequence[ArchiveEntry]) -> list[ArchiveLocation]:
        """Write one record a page and return where they are; they survive a power cut only after `sync`.

        Raises Unavailable when the disk is full or gone: then no location of this call may be used.
        """
        return [self._append(page) for page in pages]

    def sync(self) -> None:
        """Make everything appended so far survive a power cut. Raises Unavailable; then nothing since the last sync may be used."""
        if self._file is None:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            self._abandon()
            raise _unwritable(self._folder, error) from error

    def close(self) -> None:
        """Sync and complete the open file; the writer may go on with another."""
        self.sync()
        if self._file is not None:
            os.fchmod(self._file.fileno(), COMPLETE)
            self._file.close()
            self._file = None

    def _append(self, page: ArchiveEntry) -> ArchiveLocation:
        if page.refers_to is not None and is_foreign(page.refers_to.location):
            page = replace(page, refers_to=None)  # the archive rests on no file of others
        record = _record(page)
        if self._size >= self._rotate_bytes or time.monotonic() - self._begun >= self._rotate_seconds:
            self.close()
        try:
            if self._file is None:
                self._begin(page.fetched_at)
            return self._write(record)
        except OSError as error:
            self._abandon()
            raise _unwritable(self._folder, error) from error

    def _begin(self, at: datetime) -> None:
        """Open a new file, named after its first page's time and this process, and write its `warcinfo` record."""
        number = 0
        while self._file is None:
            number += 1
            path = self._folder / f"veille-{at.astimezone(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{number}.warc.zst"
            try:
                self._file = io.FileIO(path, "xb")
            except FileExistsError:  # an earlier file of this second, or of a process that had the same id
                continue
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.fchmod(self._file.fileno(), 0o644)  # who came between creating and locking has taken it for complete
        self._size, self._begun = 0, time.monotonic()
        self._write(_warcinfo(path.name, at))
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write(self, record: WarcRecord) -> ArchiveLocation:
        assert self._file is not None
        frame = self._compressor.compress(_as_bytes(record))
        rest = memoryview(frame)
        while rest:
            rest = rest[self._file.write(rest) :]
        location = ArchiveLocation(file=Path(os.fsdecode(self._file.name)).name, offset=self._size, length=len(frame))
        self._size += len(frame)
        return location

    def _abandon(self) -> None:
        """Leave a file after an error, cut to its last whole record if that can be done; the next start checks it again."""
        if self._file is not None:
            try:
                self._file.truncate(self._size)
                self._file.close()
            except OSError:  # the disk is gone altogether; the file is mended when it is back
                pass
            self._file = None


class ArchiveReader:
    """Reads single records, from any process, while they are being written too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._forwards: dict[str, dict[int, ArchiveLocation]] = {}

    def read(self, location: ArchiveLocation) -> ArchivedPage:
        """Return the answer kept at `location`, its body fetched from an earlier record if it was the same.

        A location in a file of others is read there. Headers that no longer describe the body are called `X-Crawler-…`.
        Raises ArchiveError naming file and offset.
        """
        if is_foreign(location):
            return read_capture(location)
        fields, block = self._record(location)
        head, _, body = block.partition(b"\r\n\r\n")
        held = fields
        for _ in range(MOST_REVISITS):  # a repeated page that was rejected may itself be named as the body's place
            if held["WARC-Type"] != "revisit":
                break
            held, block = self._record(_location(held[BODY_AT]))
            body = block.partition(b"\r\n\r\n")[2]
        status, *lines = head.decode().split("\r\n")
        headers = (line.partition(": ") for line in lines)
        return ArchivedPage(
            url=fields["WARC-Target-URI"],
            fetched_at=datetime.fromisoformat(fields["WARC-Date"]),
            status=int(status.split(" ")[1]),
            headers=tuple((name, value) for name, _, value in headers),
            body=body,
        )

    def _record(self, location: ArchiveLocation) -> tuple[dict[str, str], bytes]:
        path = self._folder / location.file
        try:
            with path.open("rb") as file:
                file.seek(location.offset)
                frame = file.read(location.length)
        except OSError as error:
            moved = self._moved(location) if isinstance(error, FileNotFoundError) else None
            if moved:
                return self._record(moved)
            raise ArchiveError(f"archive file {path} cannot be read at offset {location.offset}: {error.strerror}") from error
        for record in ArchiveIterator(io.BytesIO(_decompressed(frame)), parse_http=False):
            return record.headers.to_dict(), record.reader.read()
        raise ArchiveError(f"archive file {path} holds no whole record at offset {location.offset} (length {location.length})")

    def _moved(self, location: ArchiveLocation) -> ArchiveLocation | None:
        """Where a record went when its file was rewritten without what is no longer kept; None if it was not."""
        if location.file not in self._forwards:
            self._forwards.clear()  # one file's at a time: they are asked for in the order of the archive
            self._forwards[location.file] = _forwards(self._folder, location.file)
        return self._forwards[location.file].get(location.offset)


def orphans(folder: Path, known: Callable[[str], Collection[int]]) -> Iterator[ArchiveLocation]:
    """Give the records no row knows, of files nobody is writing: what a kill between archive and database leaves behind.

    `known` returns the offsets of a file's records that have rows; it is asked file by file, so that memory stays flat.
    """
    for path in sorted(folder.glob(PATTERN)):
        with path.open("rb") as file:
            if not _locked(file, fcntl.LOCK_SH):
                continue
            offsets, start = known(path.name), 0
            while (end := frame_end(file, start)) is not None:
                if start and start not in offsets:  # a file's first record is its warcinfo
                    yield ArchiveLocation(file=path.name, offset=start, length=end - start)
                start = end


# ---------------------------------------------------------------- records


def _record(page: ArchiveEntry) -> WarcRecord:
    """Make the `response` record of a page, or the `revisit` record if its body is kept already (ISO 28500:2017, 6.3, 6.7)."""
    record = WarcRecord()
    record.init_headers(WarcRecordType.response if page.refers_to is None else WarcRecordType.revisit)
    record.headers["WARC-Target-URI"] = _one_line(page.url)
    record.headers["WARC-Date"] = _date(page.fetched_at)
    record.headers["Content-Type"] = "application/http; msgtype=response"
    digest = base64.b32encode(hashlib.sha1(page.body, usedforsecurity=False).digest()).decode()
    record.headers["WARC-Payload-Digest"] = f"sha1:{digest}"
    if page.refers_to is not None:
        at = page.refers_to.location
        record.headers["WARC-Profile"] = REVISIT_PROFILE
        record.headers["WARC-Refers-To-Target-URI"] = _one_line(page.refers_to.url)
        record.headers["WARC-Refers-To-Date"] = _date(page.refers_to.fetched_at)
        record.headers[BODY_AT] = f"{at.file} {at.offset} {at.length}"
    record.set_bytes_content(_http_head(page) + (page.body if page.refers_to is None else b""))
    return record


def _warcinfo(name: str, at: datetime) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(WarcRecordType.warcinfo)
    record.headers["WARC-Date"] = _date(at)
    record.headers["WARC-Filename"] = name
    record.headers["Content-Type"] = "application/warc-fields"
    record.set_bytes_content(b"software: veille\r\nformat: WARC File Format 1.1\r\n")
    return record


def _http_head(page: ArchiveEntry) -> bytes:
    phrases = {status.value: status.phrase for status in HTTPStatus}
    lines = [f"HTTP/1.1 {page.status} {phrases.get(page.status, 'Unknown')}"]
    for name, value in page.headers:
        kept = f"X-Crawler-{name}" if name.lower() in UNDONE else name
        lines.append(f"{_one_line(kept).replace(':', '')}: {_one_line(value)}")
    lines.append(f"Content-Length: {len(page.body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace")


def _decompressed(frame: bytes) -> bytes:
    """Return what one whole frame holds, its checksum compared; nothing if it is not one whole frame."""
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    try:
        content = decompressor.decompress(frame)
    except zstandard.ZstdError:
        return b""
    return content if decompressor.eof and not decompressor.unused_data else b""


def _as_bytes(record: WarcRecord) -> bytes:
    buffer = io.BytesIO()
    record.write(buffer, checksum_data=True)
    return buffer.getvalue()


def _date(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _one_line(value: str) -> str:
    """Keep a header on its line, whatever a server put into it."""
    return " ".join(value.replace("\0", " ").split("\r")).replace("\n", " ").strip()


def _location(text: str) -> ArchiveLocation:
    file, offset, length = text.rsplit(" ", 2)
    return ArchiveLocation(file=file, offset=int(offset), length=int(length))


# ---------------------------------------------------------------- files


def unmended(folder: Path) -> list[str]:
    """Return the files that a killed writer left open, perhaps with half a record at the end: nobody writes them any more."""
    left = []
    for path in sorted(folder.glob(PATTERN)):
        with path.open("rb") as file:
            if path.stat().st_mode & WRITABLE and _locked(file, fcntl.LOCK_SH):
                left.append(path.name)
    return left


def mend(folder: Path) -> None:
    """Cut the half records that killed writers left at the end of their files, and complete these files."""
    for path in sorted(folder.glob(PATTERN)):
        _mend(path)


def _forwards(folder: Path, name: str) -> dict[int, ArchiveLocation]:
    """Read a list of moved records: old offset, new file, new offset, length on each line."""
    try:
        lines = _decompressed((folder / f"{name}{MOVED}").read_bytes()).decode().splitlines()
    except OSError:
        return {}
    moved = (line.split(" ") for line in lines)
    return {int(old): ArchiveLocation(file=file, offset=int(offset), length=int(length)) for old, file, offset, length in moved}


def _mend(path: Path) -> None:
    """Cut the half record at the end of a file whose writer was killed, and complete the file."""
    if not path.stat().st_mode & WRITABLE:
        return
    with path.open("r+b") as file:
        if not _locked(file, fcntl.LOCK_EX):
            return
        end = 0
        while (next_end := frame_end(file, end)) is not None:
            end = next_end
        if not _whole_frame_after(file, end):  # else it is damaged in the middle: nothing of it may be lost
            file.truncate(end)
            os.fsync(file.fileno())
        os.fchmod(file.fileno(), COMPLETE)


def _locked(file: io.BufferedIOBase, kind: int) -> bool:
    """Take the lock of a file, if no writer holds it; it is let go when the file is closed."""
    try:
        fcntl.flock(file.fileno(), kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def frame_end(file: BinaryIO | io.BufferedIOBase, start: int) -> int | None:
    """Return where the frame that begins at `start` ends; None if there is no whole and sound frame."""
    file.seek(start)
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    while chunk := file.read(CHUNK):
        try:
            decompressor.decompress(chunk)
        except zstandard.ZstdError:
            return None
        if decompressor.eof:
            return file.tell() - len(decompressor.unused_data)
    return None


def _whole_frame_after(file: io.BufferedIOBase, start: int) -> bool:
    if start == os.fstat(file.fileno()).st_size:
        return False
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(MAGIC, start + 1)
        while at != -1:
            if frame_end(file, at) is not None:
                return True
            at = content.find(MAGIC, at + 1)
    return False


def _unwritable(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(f"the archive in {folder} cannot be written: {error.strerror or error}")
