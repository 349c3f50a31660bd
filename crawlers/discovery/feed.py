"""Feeds of every make: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed into dated, linked items. Nothing is fetched or stored here.

Well-formed feeds are read with lxml, in a thirtieth of the time; feedparser reads what lxml refuses.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser
from lxml import etree

from crawlers.discovery import dates, priorities
from crawlers.discovery.links import may_be_article
from crawlers.discovery.text import escape_ampersands, plain_title
from crawlers.source import Source
from db.identity import clean_url
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FoundBy, PageKind

MAX_ITEMS = 2_000
"""Items taken from one feed; more are counted on by the next fetch."""
BROKEN_BYTES = 2_000_000
"""What is read at most of a feed that is not well-formed: feedparser needs 15 ms for fifty items."""
ORIGINAL_LINK = "{http://rssnamespace.org/feedburner/ext/1.0}origLink"
"""FeedBurner's own link leads through its counter; this one does not."""
PUBLISHED = ("pubDate", "published", "issued", "date", "created")
UPDATED = ("updated", "modified")


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One item: an absolute http(s) address and what the feed says of it."""

    url: str
    title: str | None = None
    published_at: datetime | None = None
    published_on: date | None = None
    """In the source's zone; alone where no time of day is stated."""
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed holds."""

    kind: str
    """`rss`, `atom` or `json`."""
    items: tuple[FeedItem, ...]
    degraded: bool = False
    """It is not well-formed, or says the wrong encoding: what could be read is there."""
    capped: bool = False
    """It holds more than `MAX_ITEMS` items."""
    title: str | None = None
    self_url: str | None = None
    next_url: str | None = None
    """The page with older items (RFC 5005)."""

    def candidates(self, source: Source, shift: int = 0) -> list[Candidate]:
        """The items that may be articles of `source`, each to be fetched again if it was updated since.

        `shift` is added to the usual priority (`priorities.BACKFILL`).
        """
        return [
            Candidate(
                url=item.url,
                kind=PageKind.ARTICLE,
                found_by=FoundBy.FEED,
                hints=Hints(
                    title=item.title,
                    published_at=item.published_at,
                    published_on=item.published_on,
                    evidence=DateEvidence.FEED if item.published_on else None,
                    lastmod=item.updated,
                ),
                priority=priorities.FRESH_ARTICLE + shift,
                refetch_before=item.updated,
            )
            for item in self.items
            if may_be_article(item.url, source)
        ]


def parse_feed(body: bytes, url: str, *, now: datetime, content_type: str | None = None, time_zone: str = "UTC") -> Feed | None:
    """Read a feed fetched from `url`; None if the bytes are no feed (HTML, nothing). Never raises.

    `now` (aware) bounds the dates; `time_zone` is that of days and of times stated without one.
    """
    context = _Context(url, now, time_zone)
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return _json_feed(text, context)
    if not text or _is_html(text):
        return None
    root, degraded = _well_formed(text, url)
    if root is None:
        return _broken_feed(text, context, content_type)
    return _xml_feed(root, context, degraded=degraded) if _local(root) in {"rss", "rdf", "feed"} else None


# ---------------------------------------------------------------- items, whatever the format


@dataclass(frozen=True, slots=True)
class _Context:
    url: str
    now: datetime
    time_zone: str

    def item(self, link: str | None, base: str, title: str | None, published: str | None, updated: str | None) -> FeedItem | None:
        address = absolute(link, base)
        if address is None:
            return None
        when = dates.stated(published, now=self.now, time_zone=self.time_zone)
        changed = dates.lastmod(updated, now=self.now)
        return FeedItem(
            url=address,
            title=plain_title(title),
            published_at=when.at if when else None,
            published_on=when.on if when else None,
            updated=changed if changed and changed <= self.now else None,
        )

    def feed(self, kind: str, found: Iterable[FeedItem | None], **more: Any) -> Feed:
        items: dict[str, FeedItem] = {}
        capped = False
        for item in found:
            if item is None or item.url in items:
                continue
            if len(items) >= MAX_ITEMS:
                capped = True
                break
            items[item.url] = item
        return Feed(kind, _without_useless_updates(list(items.values()), self.now), capped=capped, **more)


def absolute(link: str | None, base: str) -> str | None:
    """An http(s) address, resolved against `base`; None for `javascript:`, `data:`, nothing and what cannot be fetched."""
    if not link or not link.strip():
        return None
    try:
        return clean_url(urljoin(base, link.strip().replace("&amp;", "&")))
    except ValueError:
        return None


def _without_useless_updates(items: list[FeedItem], now: datetime) -> tuple[FeedItem, ...]:
    """Some systems stamp every item with the time of the answer: such stamps would have everything fetched again each time."""
    stamps = [item.updated for item in items if item.updated]
    if len(stamps) < 2 or not dates.are_all_now(stamps, now):
        return tuple(items)
    return tuple(FeedItem(item.url, item.title, item.published_at, item.published_on) for item in items)


# ---------------------------------------------------------------- XML


def _is_html(text: bytes) -> bool:
    start = text[:4096].lower()
    html = re.search(rb"<(?:!doctype\s+html|html|head|body)[\s>]", start)
    feed = re.search(rb"<(?:rss|feed|[a-z0-9]+:rdf|rdf)[\s>]", start)
    return html is not None and (feed is None or html.start() < feed.start())


def _well_formed(text: bytes, url: str) -> tuple[etree._Element | None, bool]:
    """The root of a document that is well-formed but perhaps for its ampersands or declared encoding, and whether these were repaired."""
    encoding = _overruled_encoding(text)
    root = _root(text, url, encoding)
    if root is not None:
        return root, encoding is not None
    return _root(escape_ampersands(text), url, encoding), True


def _root(text: bytes, url: str, encoding: str | None) -> etree._Element | None:
    parser = etree.XMLParser(
        encoding=encoding, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text, parser, base_url=url)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None


def _overruled_encoding(text: bytes) -> str | None:
    """UTF-8 where a Latin encoding is declared but the bytes are valid UTF-8 with letters beyond ASCII; else None."""
    declared = re.match(rb"<\?xml[^>]{0,100}encoding\s*=\s*[\"'](?:iso-8859-\d+|windows-125\d|us-ascii|ascii)[\"']", text, re.IGNORECASE)
    if not declared or text.isascii():
        return None
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _xml_feed(root: etree._Element, context: _Context, *, degraded: bool) -> Feed:
    atom = _local(root) == "feed"
    channel = root if atom else next((child for child in root if _local(child) == "channel"), root)
    entries = (element for element in root.iter(etree.Element) if _local(element) in {"item", "entry"})
    links = {child.get("rel", ""): absolute(child.get("href"), _base(child, context)) for child in channel if _local(child) == "link"}
    return context.feed(
        "atom" if atom else "rss",
        (_xml_item(element, context) for element in entries),
        degraded=degraded,
        title=plain_title(_child_text(channel, ("title",))),
        self_url=links.get("self"),
        next_url=links.get("next"),
    )


def _xml_item(element: etree._Element, context: _Context) -> FeedItem | None:
    return context.item(
        _xml_link(element),
        _base(element, context),
        _child_text(element, ("title",)),
        _child_text(element, PUBLISHED) or _child_text(element, ("updated",)),
        _child_text(element, UPDATED),
    )


def _xml_link(element: etree._Element) -> str | None:
    """The item's own page: FeedBurner's original link, `link` (text or `href` of an alternate), a guid that is an address, `rdf:about`."""
    original = element.findtext(ORIGINAL_LINK)
    if original and original.strip():
        return original
    for child in element:
        if _local(child) == "link":
            link = child.get("href") if child.get("rel", "alternate") == "alternate" else None
            if link or (child.text or "").strip():
                return link or child.text
    for child in element:
        if _local(child) in {"guid", "id"} and child.get("isPermaLink", "true").lower() != "false":
            link = (child.text or "").strip()
            if link.startswith(("http://", "https://")):
                return link
    return element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")


def _child_text(element: etree._Element, names: tuple[str, ...]) -> str | None:
    """Text of the first child of one of these names, in the order of the names; markup inside it is read as text."""
    for name in names:
        for child in element:
            if _local(child) == name.lower():
                text = "".join(str(part) for part in child.itertext()).strip()
                if text:
                    return text
    return None


def _local(element: etree._Element) -> str:
    """Name without namespace, in small letters; empty for entities and such."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _base(element: etree._Element, context: _Context) -> str:
    """`xml:base` where it is given, else the feed's address."""
    try:
        return urljoin(context.url, element.base or "")
    except ValueError:
        return context.url


# ---------------------------------------------------------------- broken XML, JSON


def _broken_feed(text: bytes, context: _Context, content_type: str | None) -> Feed | None:
    headers = {"content-type": content_type or "application/xml", "content-location": context.url}
    # The bytes go in as a stream: given anything else, feedparser may take it for the name of a file or the address of a feed.
    whole = io.BytesIO(_complete_items(text[:BROKEN_BYTES]))
    try:
        parsed = feedparser.parse(whole, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except (ValueError, LookupError):  # feedparser trips over encoding names that are not ASCII, or hold a NUL
        return None
    if not parsed.get("version") and not parsed.entries:
        return None
    kind = "atom" if str(parsed.get("version")).startswith("atom") else "rss"
    links = {link.get("rel", ""): absolute(link.get("href"), context.url) for link in parsed.feed.get("links", ())}
    return context.feed(
        kind,
        (_broken_item(entry, context) for entry in parsed.entries),
        degraded=True,
        title=plain_title(parsed.feed.get("title")),
        self_url=links.get("self"),
        next_url=links.get("next"),
    )


def _complete_items(text: bytes) -> bytes:
    """What stands before the end of the last complete item: a cut item has a cut address, which leads nowhere."""
    ends = [match.end() for match in re.finditer(rb"</(?:[a-zA-Z0-9]+:)?(?:item|entry)\s*>", text, re.IGNORECASE)]
    return text[: ends[-1]] if ends else re.split(rb"<(?:item|entry)[\s>]", text, maxsplit=1)[0]


def _broken_item(entry: Any, context: _Context) -> FeedItem | None:
    # Read as the plain dictionary it is: feedparser's own lookup warns about and swaps the names of dates.
    values: dict[str, Any] = dict(entry)
    published, updated = values.get("published") or values.get("created"), values.get("updated")
    link = values.get("feedburner_origlink") or values.get("link") or values.get("id")
    return context.item(link, context.url, values.get("title"), published or updated, updated)


def _json_feed(text: bytes, context: _Context) -> Feed | None:
    """JSON Feed 1.0 and 1.1 (jsonfeed.org)."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or not isinstance(values.get("items"), list) or "jsonfeed" not in str(values.get("version")):
        return None
    return context.feed(
        "json",
        (_json_item(item, context) for item in values["items"] if isinstance(item, dict)),
        title=plain_title(_text(values.get("title"))),
        self_url=absolute(_text(values.get("feed_url")), context.url),
        next_url=absolute(_text(values.get("next_url")), context.url),
    )


def _json_item(item: dict[str, Any], context: _Context) -> FeedItem | None:
    identifier = _text(item.get("id")) or ""
    link = _text(item.get("url")) or (identifier if identifier.startswith(("http://", "https://")) else None)
    return context.item(link, context.url, _text(item.get("title")), _text(item.get("date_published")), _text(item.get("date_modified")))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
