"""One page read on the spot: bytes in, article or reason out; nothing is fetched and nothing stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from db.readings import Article, PageToRead, ReadingHints, Rejected
from pipeline.reading import process_page

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


def read(
    html: bytes,
    *,
    url: str | None = None,
    headers: Headers = (),
    fetched_at: datetime | None = None,
    hints: ReadingHints | None = None,
) -> Article | Rejected:
    """Read one page.

    `html` is the body as served, without transfer and content encodings; `url` makes its links whole and tells front pages from
    articles, and is not needed; `headers` may tell its charset; relative dates
    ("il y a 3 semaines") are resolved against `fetched_at` (aware) and stay unknown without it; `hints` is what is known
    of the source. Raises TypeError if `html` is not bytes, ValueError if `fetched_at` is naive.
    """
    if not isinstance(html, bytes | bytearray | memoryview):
        raise TypeError(f"html must be bytes, as fetched, not {type(html).__name__}: read the file with mode 'rb'")
    if fetched_at is not None and fetched_at.tzinfo is None:
        raise ValueError("fetched_at needs a time zone: datetime(…, tzinfo=UTC)")
    pairs = tuple(headers.items()) if isinstance(headers, Mapping) else tuple(headers)
    page = PageToRead(url=url or "", body=bytes(html), headers=pairs, fetched_at=fetched_at)
    return process_page(page, hints or ReadingHints())
