"""WARC files of others (ISO 28500:2017): where in a file records begin and end, be it plain, gzip or zstd by the record.

What a record holds is `db.warc_records`'s business. Nothing here changes a file.
"""

from __future__ import annotations

import io
import mmap
import re
import zlib
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import zstandard

from db.errors import ArchiveError

MARK: Final = b"WARC/"
GZIP: Final = b"\x1f\x8b\x08"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
DICTIONARY: Final = b"\x5d\x2a\x4d\x18"
"""The skippable frame in which a zstd dictionary stands before the records (IIPC, WARC file compression with Zstandard)."""
LARGEST_DICTIONARY: Final = 8 << 20
LARGEST_HEAD: Final = 1 << 16
"""Bytes of the header fields of a record."""
LOOKED_THROUGH: Final = 64 << 20
"""A first record larger than this is believed to stand in a frame of its own."""
BITE: Final = 1 << 18
"""Compressed bytes handed in at once; zstd gives the first byte of a block when it has the whole block, of 128 KiB at most."""
HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
PLAIN_START: Final = re.compile(rb"WARC/\d\.\d+\r\n(?=[A-Za-z-]+:)")


class Form(Enum):
    """How a file is compressed."""

    PLAIN = "plain"
    GZIP = "gzip"
    ZSTD = "zstd"


SUFFIXES: Final = {".gz": Form.GZIP, ".zst": Form.ZSTD}


class WarcFile:
    """An open WARC file; a context manager. Raises ArchiveError for what is none, and for one that is compressed as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
            self.size = path.stat().st_size
            self._bytes: Any = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if self.size else b""
        except (OSError, ValueError) as error:
            raise ArchiveError(f"WARC file {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
        try:
            self.preamble = preamble(self._file)
            self._zstd = decompressor(self.preamble)
            self.form = self._told_form()
        except ArchiveError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self.size:
            self._bytes.close()
        self._file.close()

    def stream(self, start: int) -> tuple[Any, int]:
        """The file from a record's start on, as a stream, and what has to be added to places in the stream to get places in the file."""
        self._file.seek(start)
        if self.preamble and start >= len(self.preamble):
            return _Joined(self.preamble, self._file), start - len(self.preamble)
        return self._file, 0

    def begins(self, at: int) -> bool:
        """Whether a record begins at a place where fastwarc saw one: it bears with a version line before no header, or a torn one."""
        return self.form is not Form.PLAIN or (PLAIN_START.match(self._bytes, at) is not None and self._length(at) is not None)

    def next_start(self, at: int) -> int | None:
        """Where the first record begins that does not begin before `at`; None after the last.

        In plain files the records are counted off from the first one, so that a record that somebody put into another's content is
        not taken for one; past a damage, and in compressed files, the mark of a beginning is searched for.
        """
        if self.form is not Form.PLAIN:
            return self._found(max(at, len(self.preamble)))
        start = self._found(0)
        while start is not None and start < at:
            end = self.end(start)
            start = self._found(start + 1 if end is None else end)
        return start

    def end(self, start: int) -> int | None:
        """Where the record that begins at `start` ends; None if it is not whole and sound."""
        if self.form is Form.PLAIN:
            length = self._length(start)
            end = start + length if length else self.size + 1
            whole = self._bytes[end - 4 : end] == b"\r\n\r\n" or end - 4 == self.size
            return min(end, self.size) if whole else None
        return self._gzip_end(start) if self.form is Form.GZIP else self._zstd_end(start)

    # ------------------------------------------------------------ inside

    def _told_form(self) -> Form:
        """The first form in which there is a record: as the first bytes say, as the name says, plain."""
        head = self._bytes[:4]
        by_head = Form.GZIP if head.startswith(GZIP) else Form.ZSTD if head in {ZSTD, DICTIONARY} else Form.PLAIN
        for form in dict.fromkeys((by_head, SUFFIXES.get(self.path.suffix, Form.PLAIN), Form.PLAIN)):
            self.form = form
            start = self._found(len(self.preamble))
            if start is not None:
                self._check(start)
                return form
        raise ArchiveError(f"{self.path} is no WARC file: it holds no record")

    def _check(self, start: int) -> None:
        if self.form is Form.PLAIN:
            return
        length = record_length(self._unfolded(start, LARGEST_HEAD))
        if length and length < LOOKED_THROUGH and self._unfolded(start, length + 16)[length:].lstrip().startswith(MARK):
            raise ArchiveError(
                f"{self.path} is compressed as a whole, so its records cannot be read one by one: unpack it, "
                f"or compress it by the record, as `warcio recompress {self.path.name} NEW.warc.gz` does"
            )

    def _found(self, at: int) -> int | None:
        """The first place from `at` on that looks like the beginning of a record."""
        if self.form is Form.PLAIN:
            while found := PLAIN_START.search(self._bytes, max(0, at)):
                if self._length(found.start()):
                    return found.start()
                at = found.end()
            return None
        magic = GZIP if self.form is Form.GZIP else ZSTD
        place: int = self._bytes.find(magic, at) if self.size else -1
        while place != -1:
            if self._unfolded(place, len(MARK)) == MARK:
                return place
            place = self._bytes.find(magic, place + 1)
        return None

    def _length(self, start: int) -> int | None:
        """Bytes of the record of a plain file that begins there; None if its header is none, or is torn."""
        head = self._bytes.find(HEAD_END, start, start + LARGEST_HEAD)
        return None if head == -1 else record_length(self._bytes[start : head + len(HEAD_END)])

    def _unfolded(self, start: int, amount: int) -> bytes:
        """The first bytes of a frame, at most `amount`; fewer if it is shorter or broken."""
        content = b""
        try:
            if self.form is Form.ZSTD:
                with io.BytesIO(self._bytes[start : start + BITE + amount]) as source, self._zstd.stream_reader(source) as reader:
                    return reader.read(amount)
            unzip = zlib.decompressobj(31)
            at = start
            while len(content) < amount and not unzip.eof and (bite := unzip.unconsumed_tail or self._bytes[at : at + BITE]):
                at += 0 if unzip.unconsumed_tail else len(bite)
                content += unzip.decompress(bite, amount - len(content))
        except (zlib.error, zstandard.ZstdError):
            pass
        return content

    def _gzip_end(self, start: int) -> int | None:
        unzip, at = zlib.decompressobj(31), start
        try:
            while not unzip.eof and (bite := unzip.unconsumed_tail or self._bytes[at : at + BITE]):
                at += 0 if unzip.unconsumed_tail else len(bite)
                unzip.decompress(bite, BITE)
        except zlib.error:
            return None
        return at - len(unzip.unused_data) if unzip.eof else None

    def _zstd_end(self, start: int) -> int | None:
        frame = self._zstd.decompressobj()
        for at in range(start, self.size, 256):  # a larger bite could unfold to more than memory holds
            try:
                frame.decompress(self._bytes[at : at + 256])
            except zstandard.ZstdError:
                return None
            if frame.eof:
                return min(at + 256, self.size) - len(frame.unused_data)
        return None


class _Joined:
    """Some bytes and then a file from where it stands, as much of a stream as fastwarc asks for."""

    def __init__(self, first: bytes, then: BinaryIO) -> None:
        self._first, self._then = io.BytesIO(first), then
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        found = self._first.read(size) or self._then.read(size)
        self._at += len(found)
        return found

    def tell(self) -> int:
        """Bytes read so far."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Only to where it stands."""
        if (offset, whence) not in {(0, 1), (self._at, 0)}:
            raise io.UnsupportedOperation("seek")
        return self._at


def preamble(file: BinaryIO) -> bytes:
    """The frame with the dictionary before the first record of a zstd file, as it stands there; empty if there is none."""
    file.seek(0)
    head = file.read(8)
    size = int.from_bytes(head[4:8], "little")
    return head + file.read(size) if head.startswith(DICTIONARY) and size <= LARGEST_DICTIONARY else b""


def decompressor(preamble: bytes) -> zstandard.ZstdDecompressor:
    """A decompressor that knows the dictionary of a file."""
    if not preamble:
        return zstandard.ZstdDecompressor()
    content = preamble[8:]
    try:
        if content.startswith(ZSTD):
            content = zstandard.ZstdDecompressor().decompress(content, max_output_size=LARGEST_DICTIONARY)
        return zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(content))
    except zstandard.ZstdError as error:
        raise ArchiveError(f"the zstd dictionary at the beginning of the file is broken: {error}") from error


def record_length(head: bytes) -> int | None:
    """Bytes of a record from its version line to the two empty lines after its content; None if this is no header."""
    fields, mark, _ = head.partition(HEAD_END)
    length = LENGTH.search(fields + b"\r\n")
    return len(fields) + 4 + int(length[1]) + 4 if mark and length and head.startswith(MARK) else None
