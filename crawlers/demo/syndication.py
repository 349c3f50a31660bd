"""Writes RSS feeds, sitemaps, sitemap indexes and news sitemaps from what the papers hand over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
RSS_TYPE = "application/rss+xml; charset=utf-8"
XML_TYPE = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed or sitemap; feeds need title and `published`, sitemaps only the URL."""

    url: str
    title: str = ""
    published: datetime | None = None
    modified: datetime | None = None
    summary: str = ""
    author: str = ""
    language: str = ""


def rss(title: str, home: str, language: str, items: Iterable[Item], *, self_url: str) -> str:
    """Return an RSS 2.0 feed with Dublin Core creators and an Atom self link."""
    entries = "".join(_rss_item(item) for item in items)
    return (
        f'{XML}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>{escape(title)}</title>\n<link>{escape(home)}</link>\n<description>{escape(title)}</description>\n"
        f'<language>{language}</language>\n<atom:link href="{escape(self_url)}" rel="self" type="application/rss+xml"/>\n{entries}'
        "</channel>\n</rss>\n"
    )


def _rss_item(item: Item) -> str:
    date = f"<pubDate>{format_datetime(item.published)}</pubDate>" if item.published else ""
    creator = f"<dc:creator>{escape(item.author)}</dc:creator>" if item.author else ""
    guid = f'<guid isPermaLink="false">{escape(item.url.partition("?")[0])}</guid>'
    return (
        f"<item><title>{escape(item.title)}</title><link>{escape(item.url)}</link>{guid}{date}{creator}"
        f"<description>{escape(item.summary)}</description></item>\n"
    )


def urlset(items: Iterable[Item]) -> str:
    """Return a sitemap (sitemaps.org protocol 0.9)."""
    rows = "".join(f"<url><loc>{escape(item.url)}</loc>{_lastmod(item.modified)}</url>\n" for item in items)
    return f'{XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'


def sitemap_index(parts: Sequence[tuple[str, datetime | None]]) -> str:
    """Return a sitemap index of (address, last change) pairs."""
    rows = "".join(f"<sitemap><loc>{escape(url)}</loc>{_lastmod(modified)}</sitemap>\n" for url, modified in parts)
    return f'{XML}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</sitemapindex>\n'


def news_sitemap(publication: str, items: Iterable[Item]) -> str:
    """Return a news sitemap with publication dates as `published` states them."""
    rows = "".join(_news_row(publication, item) for item in items)
    spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f"{XML}<urlset {spaces}>\n{rows}</urlset>\n"


def _news_row(publication: str, item: Item) -> str:
    date = item.published.isoformat(timespec="seconds") if item.published else ""
    return (
        f"<url><loc>{escape(item.url)}</loc><news:news><news:publication><news:name>{escape(publication)}</news:name>"
        f"<news:language>{item.language}</news:language></news:publication><news:publication_date>{date}</news:publication_date>"
        f"<news:title>{escape(item.title)}</news:title></news:news></url>\n"
    )


def _lastmod(moment: datetime | None) -> str:
    return f"<lastmod>{moment.isoformat(timespec='seconds')}</lastmod>" if moment else ""
