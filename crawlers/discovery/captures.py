"""What the index of a web archive answers: captures, in the Wayback Machine's JSON or in pywb's lines of JSON, and where it goes on.

Bytes in, candidates out. Each address is wanted once, by its first capture.
References: the CDX server's README (github.com/internetarchive/wayback), pywb's manual ("CDXJ Server API").
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from crawlers.captures import WebArchive
from crawlers.discovery import priorities
from crawlers.discovery.links import LinkKind, classify
from crawlers.discovery.scope import Scope
from crawlers.source import Source
from db.identity import clean_url, url_key
from db.records import Candidate
from db.vocabulary import FoundBy, PageKind, Trap

STAMP = re.compile(r"\d{14}")
NAMES = {"timestamp": "timestamp", "original": "original", "url": "original"}
NAMES |= {"statuscode": "status", "status": "status", "mimetype": "mime", "mime": "mime"}
EMPTY_PAGES = 20
"""Empty pages in a row after which a pywb has no more."""
NONE_FOUND = re.compile(rb"no captures found|page \d+ invalid", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Capture:
    """One row."""

    stamp: str
    original: str


@dataclass(frozen=True, slots=True)
class Captures:
    """One page of an index."""

    rows: tuple[Capture, ...] = ()
    """HTML pages that were answered with 200, in the order of the index."""
    resume: str | None = None
    """Where the Wayback Machine goes on, encoded as it is sent back."""


def parse_captures(body: bytes, url: str) -> Captures | None:
    """Read one answer of the index to the question `url`; None if it is none, or is cut off. Never raises.

    Rows that cannot be used (no timestamp, no address, another status or type) are left out.
    """
    text = body.decode("utf-8", errors="replace").strip()
    if not text:
        return None if "showresumekey=" in url.lower() else Captures()
    try:
        return _of_array(json.loads(text)) if text.startswith("[") else _of_lines(text.splitlines())
    except (ValueError, RecursionError):
        return None


def says_none(status: int, body: bytes) -> bool:
    """Whether an error is pywb's way to say that there is nothing, or nothing more."""
    return status in {400, 404} and len(body) < 10_000 and NONE_FOUND.search(body) is not None


def following(captures: Captures, url: str) -> str | None:
    """The question for the page after this one; None if this is the last as far as it says.

    A pywb may have filtered all rows out of a page, so that only `EMPTY_PAGES` empty ones in a row are the end; how many there were
    is noted in the question, where it says nothing to the server.
    """
    if captures.resume is not None:
        return _asking(url, {"resumeKey": quote(captures.resume, safe="%+!*'(),;:@/~-._")})
    asked = parse_qs(urlsplit(url).query)
    page, empty = (asked.get(name, [""])[0] for name in ("page", "empty"))
    before = int(empty) if re.fullmatch(r"\d{1,3}", empty) else 0
    emptied = 0 if captures.rows else before + 1
    if not re.fullmatch(r"\d{1,6}", page) or emptied >= EMPTY_PAGES:
        return None
    return _asking(url, {"page": str(int(page) + 1), "empty": str(emptied)})


def candidates(
    captures: Captures, source: Source, scope: Scope, window: tuple[str, str], archive: WebArchive
) -> tuple[tuple[Candidate, ...], Counter[Trap]]:
    """The replays worth fetching, and what was left out because it leads on for ever.

    Wanted are the source's article addresses (as among links) that were captured first within `window` (timestamps [first, after))
    and name no day outside the scope.
    """
    trapped: Counter[Trap] = Counter()
    found = []
    for first, capture in _by_address(captures.rows):
        if not window[0] <= first < window[1]:
            continue
        verdict = classify(capture.original, source)
        if verdict.trap is not None:
            trapped[verdict.trap] += 1
        holds_text = verdict.kind in {LinkKind.ARTICLE, LinkKind.PART}
        if holds_text and scope.admits(Candidate(capture.original, PageKind.ARTICLE, FoundBy.CAPTURE)):
            url = archive.replay(capture.stamp, capture.original).url
            found.append(Candidate(url, PageKind.ARTICLE, FoundBy.CAPTURE, priority=priorities.ARTICLE + priorities.BACKFILL))
    return tuple(found), trapped


def _by_address(rows: Sequence[Capture]) -> Iterator[tuple[str, Capture]]:
    """Of each address the timestamp of its first capture, and the first capture of its shortest spelling, which bears no tracking."""
    first: dict[str, str] = {}
    best: dict[str, Capture] = {}
    for row in rows:
        original = clean_url(row.original)
        try:
            key = url_key(row.original)
        except ValueError:
            continue
        if original is None:
            continue
        first[key] = min(first.get(key, row.stamp), row.stamp)
        capture = Capture(row.stamp, original)
        best[key] = min(best.get(key, capture), capture, key=lambda each: (len(each.original), each.stamp, each.original))
    yield from ((first[key], capture) for key, capture in best.items())


def _of_array(values: Any) -> Captures | None:
    """`[["timestamp","original"],["2014…","http://…"],[],["key"]]`: names, rows, and after an empty row where to go on."""
    if not values:
        return Captures()
    if not all(isinstance(row, list) for row in values) or "timestamp" not in values[0]:
        return None
    names, rows = values[0], values[1:]
    resume = None
    if len(rows) >= 2 and rows[-2] == [] and len(rows[-1]) == 1:
        resume, rows = str(rows[-1][0]), rows[:-2]
    return Captures(tuple(_usable(dict(zip(names, row, strict=False)) for row in rows)), resume)


def _of_lines(lines: Sequence[str]) -> Captures | None:
    """An object a line."""
    rows = [json.loads(line) for line in lines if line.strip()]
    if not all(isinstance(row, dict) and "timestamp" in row for row in rows):
        return None
    return Captures(tuple(_usable(rows)))


def _usable(rows: Iterator[Mapping[Any, Any]] | Sequence[Mapping[Any, Any]]) -> Iterator[Capture]:
    for row in rows:
        said = {NAMES[name]: value for name, value in row.items() if isinstance(name, str) and name in NAMES and isinstance(value, str)}
        wanted = said.get("status", "200") == "200" and "html" in said.get("mime", "text/html")
        if wanted and "original" in said and STAMP.fullmatch(said.get("timestamp", "")):
            yield Capture(said["timestamp"], said["original"])


def _asking(url: str, values: Mapping[str, str]) -> str:
    """The question with other values of some parameters, which are encoded already."""
    question, _, query = url.partition("?")
    kept = [part for part in query.split("&") if part.partition("=")[0] not in values]
    return f"{question}?{'&'.join([*kept, *(f'{name}={value}' for name, value in values.items())])}"
