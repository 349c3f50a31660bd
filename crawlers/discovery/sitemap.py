"""Sitemaps and their indexes (sitemaps.org 0.9), plain, gzipped or as text, with Google's news tags: one entry at a time, in flat memory.

Which of a sitemap's parts are wanted is decided by `crawlers.discovery.scope` and the caller; nothing is fetched here.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from lxml import etree

from crawlers.discovery import dates, priorities
from crawlers.discovery.links import may_be_article
from crawlers.discovery.text import escape_ampersands, plain_title
from crawlers.source import Source
from db.identity import clean_url, fold, host_of, url_key
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FoundBy, PageKind

BUDGET = 64_000_000
"""Bytes of a sitemap that are looked at, once inflated; the protocol allows 50 MiB."""
MAX_ENTRIES = 50_000
"""Addresses of one sitemap, as the protocol limits them."""
MAX_PARTS = 10_000
"""Parts of one index: a part a day for 27 years."""
MAX_DEPTH = 3
"""An index of indexes of indexes is followed, no deeper."""
CHUNK = 65_536
ROOTS = {"urlset": "url", "sitemapindex": "sitemap"}
PARTS_AGAIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """One `url` or `sitemap` element."""

    url: str
    lastmod: datetime | None = None
    published_at: datetime | None = None
    published_on: date | None = None
    """From `news:publication_date` only."""
    title: str | None = None
    language: str | None = None
    publication: str | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap is; its entries are parsed anew each time they are asked for, so that they never stand in memory together."""

    url: str
    is_index: bool
    count: int
    """Usable entries, at most `MAX_ENTRIES` or `MAX_PARTS`."""
    degraded: bool
    """Cut off, not well-formed, or longer than the budget: what is complete is there."""
    useless_lastmod: bool
    """Every entry claims to have changed at the moment of the answer."""
    is_news: bool
    """At least one entry has a news date: such sitemaps hold the last two days."""
    _body: bytes = field(repr=False)
    _now: datetime
    _time_zone: str
    _budget: int

    def entries(self) -> Iterator[SitemapEntry]:
        """The entries in the file's order; each address may occur more than once."""
        reading = _Reading(self._body, self.url, self._now, self._time_zone, self._budget)
        for entry in reading.entries():
            if self.useless_lastmod:
                yield SitemapEntry(entry.url, None, entry.published_at, entry.published_on, entry.title, entry.language, entry.publication)
            else:
                yield entry

    def candidates(self, source: Source, *, depth: int = 0, shift: int = 0) -> Iterator[Candidate]:
        """The parts of an index, or what may be articles; `depth` is that of this sitemap, `shift` is added to priorities."""
        for entry in self.entries():
            found = self._part(entry, source, depth, shift) if self.is_index else self._article(entry, source, shift)
            if found is not None:
                yield found

    def _part(self, entry: SitemapEntry, source: Source, depth: int, shift: int) -> Candidate | None:
        near = source.is_on_site(entry.url) or _is_neighbour(entry.url, self.url)
        if depth + 1 >= MAX_DEPTH or not near or _is_same(entry.url, self.url):
            return None
        return Candidate(
            url=entry.url,
            kind=PageKind.SITEMAP,
            found_by=FoundBy.SITEMAP,
            hints=Hints(lastmod=entry.lastmod, depth=depth + 1),
            priority=priorities.SITEMAP + shift,
            refetch_before=entry.lastmod or self._now - PARTS_AGAIN,
        )

    def _article(self, entry: SitemapEntry, source: Source, shift: int) -> Candidate | None:
        if not may_be_article(entry.url, source):
            return None
        own = entry.published_on is not None and _is_own_news(entry, source)
        hints = Hints(
            title=entry.title if own else None,
            published_at=entry.published_at if own else None,
            published_on=entry.published_on if own else None,
            evidence=DateEvidence.SITEMAP if own else None,
            lastmod=entry.lastmod,
        )
        priority = priorities.of_article(hints, self._now) + shift
        return Candidate(entry.url, PageKind.ARTICLE, FoundBy.SITEMAP, hints, priority, entry.lastmod)


def parse_sitemap(body: bytes, url: str, *, now: datetime, time_zone: str = "UTC", budget: int = BUDGET) -> Sitemap | None:
    """Look through a sitemap fetched from `url`; None if the bytes are none (a feed, HTML, nothing). Never raises.

    `now` (aware) bounds the dates, `time_zone` is that of days, `budget` the inflated bytes that are looked at.
    """
    reading = _Reading(body, url, now, time_zone, budget)
    count = stamped = dated = 0
    first = last = now
    for entry in reading.entries():
        count += 1
        dated += entry.published_on is not None
        if entry.lastmod is not None:
            first, last = (min(first, entry.lastmod), max(last, entry.lastmod)) if stamped else (entry.lastmod, entry.lastmod)
            stamped += 1
    if reading.kind is None:
        return None
    useless = stamped > 1 and dates.are_all_now([first, last], now)
    return Sitemap(url, reading.kind == "sitemapindex", count, reading.degraded, useless, dated > 0, body, now, time_zone, budget)


# ---------------------------------------------------------------- bytes


def inflated(body: bytes, budget: int) -> Iterator[bytes]:
    """The bytes in chunks, gunzipped as often as they are gzipped (twice at most), `budget` bytes at the end at most."""
    chunks: Iterator[bytes] = (body[at : at + CHUNK] for at in range(0, len(body), CHUNK))
    for _ in range(2):
        start = next(chunks, b"")
        chunks = _chained(start, chunks)
        if start.startswith(b"\x1f\x8b"):
            chunks = _gunzipped(chunks)
    left = budget
    for chunk in chunks:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


def _chained(start: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from rest


def _gunzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Inflate a gzip stream of one or more members; broken or cut streams give what could be read."""
    inflater = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        waiting = chunk
        while waiting:
            try:
                out = inflater.decompress(waiting, CHUNK)
            except zlib.error:
                return
            if out:
                yield out
            waiting = inflater.unconsumed_tail
            if inflater.eof:
                waiting = inflater.unused_data
                inflater = zlib.decompressobj(wbits=31)


END = re.compile(rb"(?:</(?:\w+:)?(?:urlset|sitemapindex)\s*>|<(?:\w+:)?(?:urlset|sitemapindex)[^<>]*/>)\s*$")


def _escaped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Escape the ampersands that sites forget to escape in addresses, also where a chunk ends behind one. UTF-16 passes as it is."""
    start = next(chunks, b"")
    chunks = _chained(start, chunks)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield from chunks
        return
    kept = b""
    for chunk in chunks:
        text = kept + chunk
        cut = text.rfind(b"&", max(0, len(text) - 10))
        kept = text[cut:] if cut >= 0 else b""
        yield escape_ampersands(text[: len(text) - len(kept)])
    yield escape_ampersands(kept)


# ---------------------------------------------------------------- entries


class _Reading:
    """One pass through a sitemap. `kind` and `degraded` are known when `entries` is exhausted."""

    def __init__(self, body: bytes, url: str, now: datetime, time_zone: str, budget: int) -> None:
        self.kind: str | None = None
        self.degraded = False
        self._body, self._url, self._now, self._time_zone, self._budget = body, url, now, time_zone, budget

    def entries(self) -> Iterator[SitemapEntry]:
        """Usable entries, capped."""
        for found, entry in enumerate(self._all(), 1):
            yield entry
            if found >= (MAX_PARTS if self.kind == "sitemapindex" else MAX_ENTRIES):
                return

    def _all(self) -> Iterator[SitemapEntry]:
        chunks = inflated(self._body, self._budget)
        start = next(chunks, b"").lstrip(b"\xef\xbb\xbf \t\r\n")
        if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
            yield from self._xml(_chained(start, chunks))
        elif start:
            yield from self._text(_chained(start, chunks))

    def _xml(self, chunks: Iterator[bytes]) -> Iterator[SitemapEntry]:
        # resolve_entities=False: nothing is expanded; without load_dtd and with no_network nothing is fetched.
        parser: etree.XMLPullParser = etree.XMLPullParser(
            events=("start", "end"),
            recover=True,
            resolve_entities=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for chunk in _escaped(self._watched(chunks)):
            yield from self._fed(parser, chunk)
            if self.kind == "":
                break
        self.kind = self.kind or None
        self.degraded = self.degraded or len(parser.error_log) > 0

    def _watched(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks as they come; at their end it is seen whether the root was closed within the budget."""
        size, last = 0, b""
        for chunk in chunks:
            size, last = size + len(chunk), (last + chunk)[-400:]
            yield chunk
        if size >= self._budget or not END.search(last.replace(b"\0", b"")):
            self.degraded = True

    def _fed(self, parser: etree.XMLPullParser, part: bytes) -> Iterator[SitemapEntry]:
        """Entries that are complete once `part` has been read. The parser is never closed: closing completes what was cut off."""
        try:
            parser.feed(part)
        except etree.XMLSyntaxError:
            self.degraded = True
            return
        for event, element in parser.read_events():
            if element is None or isinstance(element, tuple):
                continue  # other kinds of events have other values; none is asked for
            name = _local(element)
            if self.kind is None:
                self.kind = name if name in ROOTS else ""
            if event == "end" and self.kind and name == ROOTS[self.kind]:
                entry = self._entry(element)
                _forget(element)
                if entry is not None:
                    yield entry

    def _entry(self, element: etree._Element) -> SitemapEntry | None:
        texts = {_local(child): _text(child) for child in reversed(element)}
        url = _address(texts.get("loc"))
        if url is None:
            return None
        changed = dates.lastmod(texts.get("lastmod"), now=self._now)
        lastmod = changed if changed is not None and changed <= self._now else None
        news = next((child for child in element if _local(child) == "news"), None)
        if news is None:
            return SitemapEntry(url, lastmod)
        said = {_local(child): _text(child) for child in news.iter(etree.Element)}
        when = dates.stated(said.get("publication_date"), now=self._now, time_zone=self._time_zone)
        return SitemapEntry(
            url=url,
            lastmod=lastmod,
            published_at=when.at if when else None,
            published_on=when.on if when else None,
            title=plain_title(said.get("title")),
            language=(said.get("language") or "").lower()[:2] or None,
            publication=plain_title(said.get("name")),
        )

    def _text(self, chunks: Iterator[bytes]) -> Iterator[SitemapEntry]:
        """One address a line (sitemaps.org, "Text file"); the first line that is none ends it."""
        for line in _lines(chunks):
            url = _address(line)
            if url is None:
                self.degraded = self.kind is not None
                return
            self.kind = "text"
            yield SitemapEntry(url)


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace").strip() for line in lines if line.strip())
        if len(rest) > 10_000:
            break
    if rest.strip():
        yield rest[:10_000].decode("utf-8", "replace").strip()


def _address(text: str | None) -> str | None:
    """An absolute http(s) address; the protocol knows no relative ones."""
    return clean_url(text.strip().replace("&amp;", "&")) if text else None


def _text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())[:5_000]


def _forget(element: etree._Element) -> None:
    """Free an element that has been read, and those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _local(element: etree._Element) -> str:
    """Name without namespace, in small letters; empty for entities and such."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _is_same(one: str, other: str) -> bool:
    try:
        return url_key(one) == url_key(other)
    except ValueError:
        return False


def _is_neighbour(one: str, other: str) -> bool:
    try:
        return host_of(one) == host_of(other)
    except ValueError:
        return False


def _is_own_news(entry: SitemapEntry, source: Source) -> bool:
    """Whether the news tags speak of this paper: another language or name means a copied sitemap, whose dates are another's."""
    if entry.language and source.languages and entry.language not in source.languages:
        return False
    own = set(re.findall(r"\w{3,}", fold(f"{source.title} {source.name} {source.home}")))
    named = set(re.findall(r"\w{3,}", fold(entry.publication or "")))
    return not named or bool(named & own) or any(word in "".join(own) for word in named)
