"""A process that goes through a range of a WARC file and says which of its records are pages of a source worth reading.

What is told of them is written by who started it (`pipeline.warc_feed`); bodies are not sent, they are read again where they lie.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from crawlers.answer import Meaning, judge
from crawlers.child import Say
from crawlers.discovery.links import may_hold_text
from crawlers.discovery.scope import Scope
from crawlers.source import Source
from crawlers.spec import EngineSpec
from crawlers.warc_spool import is_address, spooled
from db.errors import VeilleError
from db.identity import clean_url
from db.records import Candidate
from db.vocabulary import FoundBy, PageKind, PageReason, PageState, Skip
from db.warc_files import WarcFile
from db.warc_records import Record, records

PAGES = 25
"""Pages told at once, so that two lines fill a batch."""
SECONDS = 0.2
"""How often what was found is told, however little it is."""
SITES = 10_000
"""Sites of which it is remembered whether they are the source's."""
RECORDS = "records"
"""The word under which the records looked at are counted."""


@dataclass(frozen=True, slots=True)
class ScanTask:
    """What is gone through, for whom."""

    source: Source
    file: str
    """A path or an address."""
    start: int
    end: int | None
    """Bytes; records that begin in [start, end) are looked at. None: to the end of the file."""
    since: date | None
    until: date | None
    spec: EngineSpec
    """Of which the size of a page counts, and for a file behind an address what concerns the network."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A record that is worth reading, without its body."""

    url: str
    captured_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    digest: str
    """SHA-256 of the decoded body, hexadecimal."""
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Told:
    """One message of the process: what it found since the last one, and how far it is."""

    file: str = ""
    """The path of the file that the captures lie in."""
    offset: int = 0
    """The next record begins here or later: whoever goes on begins here."""
    counts: dict[str, int] = field(default_factory=dict)
    captures: tuple[Capture, ...] = ()
    over: bool = False
    problem: str | None = None
    """Why it cannot go on, for a person."""
    loaded: tuple[int, int] | None = None
    """Bytes of the file that have been loaded, and of all."""

    def to_line(self) -> str:
        """One line of JSON."""
        found = [(c.url, c.captured_at.isoformat(), c.status, c.headers, c.digest, c.offset, c.length) for c in self.captures]
        return json.dumps([self.file, self.offset, self.counts, found, self.over, self.problem, self.loaded])

    @classmethod
    def from_line(cls, line: str) -> Told:
        """The message that a line holds."""
        file, offset, counts, found, over, problem, loaded = json.loads(line)
        captures = tuple(
            Capture(url, datetime.fromisoformat(at), status, tuple((name, value) for name, value in headers), digest, place, length)
            for url, at, status, headers, digest, place, length in found
        )
        return cls(file, offset, counts, captures, over, problem, tuple(loaded) if loaded else None)


def run(say: Say, task: ScanTask) -> int:
    """The process: go through the range, tell what is found; what cannot be gone on from is told too. Returns the exit code."""
    try:
        for told in scan(task, say):
            say(told.to_line())
    except VeilleError as error:
        say(Told(problem=str(error)).to_line())
    return 0


def scan(task: ScanTask, say: Say = lambda _: None) -> Iterator[Told]:
    """Give what is found in the range, a message for every `PAGES` captures or `SECONDS`. Raises ArchiveError or Unavailable."""
    path = Path(task.file)
    if is_address(task.file):
        path = spooled(task.file, task.spec, lambda got, of: say(Told(loaded=(got, of)).to_line()))
    sieve = _Sieve(task.source, Scope(task.since, task.until))
    counts: Counter[str] = Counter()
    captures: list[Capture] = []
    told_at = time.monotonic()
    with WarcFile(path) as file:
        end = file.size if task.end is None else task.end
        for record in records(file, task.start, end, sieve.unwanted, task.spec.max_bytes):
            counts[RECORDS] += 1
            capture = sieve.sift(record)
            if isinstance(capture, Capture):
                captures.append(capture)
            else:
                counts[capture] += 1
            if len(captures) >= PAGES or time.monotonic() - told_at >= SECONDS:
                yield Told(str(path), record.offset + max(1, record.length), dict(counts), tuple(captures))
                told_at = time.monotonic()
                counts.clear()
                captures.clear()
    yield Told(str(path), end, dict(counts), tuple(captures), over=True)


class _Sieve:
    """What of a file concerns a source, told as early as can be: the address decides before the content is looked at."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self._source, self._scope = source, scope
        self._is_on_site = lru_cache(maxsize=SITES)(source.is_on_site)

    def unwanted(self, url: str) -> Skip | None:
        """Why an address is none of the source's articles of these days."""
        if not self._is_on_site(url[: url.find("/", 8) + 1] or url):
            return Skip.OFF_SITE
        cleaned = clean_url(url)
        if cleaned is None or not may_hold_text(cleaned, self._source):
            return Skip.ADDRESS
        return None if self._scope.admits(Candidate(cleaned, PageKind.ARTICLE, FoundBy.CAPTURE)) else Skip.DAYS

    def sift(self, record: Record) -> Capture | Skip:
        """What a page says before it is read, as the same answer would be judged in a crawl."""
        if record.skip is not None:
            return record.skip
        if record.status != 200:
            return Skip.STATUS
        url, body = clean_url(record.url), record.body
        if url is None or record.captured_at is None:
            return Skip.ADDRESS
        verdict = judge(PageKind.ARTICLE, record.status, {name.lower(): value for name, value in record.headers}, body)
        if verdict.state is not PageState.UNREAD:
            if verdict.meaning is Meaning.WALL:
                return Skip.WALL
            return Skip.EMPTY if verdict.reason is PageReason.EMPTY else Skip.NOT_HTML
        digest = hashlib.sha256(body).hexdigest()
        return Capture(url, record.captured_at, record.status, record.headers, digest, record.offset, record.length)
