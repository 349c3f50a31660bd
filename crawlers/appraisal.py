"""What fetched feeds, sitemaps and sections are worth to a new source: parsed, counted, left out with a reason where they add nothing.

Pure: `crawlers.survey` decides what is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date

from crawlers.discovery.feed import Feed, parse_feed
from crawlers.discovery.links import may_be_article
from crawlers.discovery.listing import Listing, parse_listing
from crawlers.discovery.sitemap import Sitemap, SitemapEntry, parse_sitemap
from crawlers.fetch import Fetched
from crawlers.findings import FeedFound, SectionFound, SitemapFound
from crawlers.source import Source
from db.identity import fold, url_key
from db.records import Candidate, Hints
from db.vocabulary import FoundBy, PageKind

LOOKED_AT = 200
"""Addresses of a sitemap that are judged."""
COMMENTS = re.compile(r"comment|comentario|تعليق")
NOT_NEWS = re.compile(r"categor|tag|author|auteur|image|video|taxonom|user|rubri|mots|(?:^|[-_/])pages?[-_.\d]")


def content_type(fetched: Fetched) -> str | None:
    """The Content-Type header."""
    return next((value for name, value in fetched.headers if name.lower() == "content-type"), None)


def own_address(fetched: Fetched, source: Source) -> str:
    """Where an answer came from after redirects, if that is still on the site; else the address that leads there."""
    return fetched.final_url if source.is_on_site(fetched.final_url) else fetched.url


# ---------------------------------------------------------------- feeds


def feeds_in(answers: Sequence[Fetched], declared: Collection[str], source: Source) -> list[tuple[FeedFound, list[Candidate]]]:
    """The feeds among the answers, each with its candidates. Those that say nothing new are marked as left out."""
    found: list[tuple[FeedFound, list[Candidate]]] = []
    seen: dict[frozenset[str], str] = {}
    for fetched in answers:
        feed = (
            None
            if fetched.failure
            else parse_feed(fetched.body, fetched.final_url, now=fetched.fetched_at, content_type=content_type(fetched))
        )
        url = own_address(fetched, source)
        if feed is None or any(_same(url, other.url) for other, _ in found):
            continue
        candidates = feed.candidates(source)
        items = frozenset(key_of(item.url) for item in feed.items)
        reason = _reason(feed, url, candidates) or (f"the same items as {seen[items]}" if items in seen else None)
        if reason is None:
            seen[items] = url
        found.append(
            (_feed_found(feed, url, candidates, declared=fetched.url in declared, left_out=reason), candidates if reason is None else [])
        )
    return found


def _feed_found(feed: Feed, url: str, candidates: list[Candidate], *, declared: bool, left_out: str | None) -> FeedFound:
    return FeedFound(
        url=url,
        kind=feed.kind,
        items=len(feed.items),
        articles=len(candidates),
        newest=max((item.published_on for item in feed.items if item.published_on), default=None),
        title=feed.title,
        declared=declared,
        left_out=left_out,
    )


def _reason(feed: Feed, url: str, candidates: list[Candidate]) -> str | None:
    if COMMENTS.search(fold(f"{url} {feed.title or ''}")):
        return "comments"
    if not feed.items:
        return "no item"
    return None if candidates else f"none of its {len(feed.items)} items leads to an article of this site"


# ---------------------------------------------------------------- sitemaps


def sitemaps_in(answers: Sequence[Fetched], named: Collection[str], source: Source) -> list[tuple[SitemapFound, list[Candidate]]]:
    """The sitemaps among the answers, each with the newest candidates of those that were looked at; an index has none yet."""
    found: list[tuple[SitemapFound, list[Candidate]]] = []
    for fetched in answers:
        sitemap = None if fetched.failure else parse_sitemap(fetched.body, fetched.final_url, now=fetched.fetched_at)
        url = own_address(fetched, source)
        if sitemap is not None and not any(_same(url, other.url) for other, _ in found):
            found.append(
                _index(sitemap, url, named=fetched.url in named) if sitemap.is_index else _urls(sitemap, url, source, fetched.url in named)
            )
    return found


def with_part(index: SitemapFound, part: Fetched, source: Source) -> tuple[SitemapFound, list[Candidate]]:
    """The index with what its newest part holds."""
    sitemap = None if part.failure else parse_sitemap(part.body, part.final_url, now=part.fetched_at)
    if sitemap is None or sitemap.is_index:
        return index, []
    inside, candidates = _urls(sitemap, part.url, source, named=False)
    counted = replace(index, newest_part_count=sitemap.count, looked_at=inside.looked_at, articles=inside.articles, is_news=inside.is_news)
    return counted, candidates


def _index(sitemap: Sitemap, url: str, *, named: bool) -> tuple[SitemapFound, list[Candidate]]:
    parts = list(sitemap.entries())
    news = [part for part in parts if not NOT_NEWS.search(fold(part.url.rpartition("/")[2]))]
    newest = max(enumerate(news or parts), key=lambda item: _age(item[1], item[0]), default=None)
    days = [part.lastmod.date() for part in parts if part.lastmod]
    return SitemapFound(
        url=url,
        is_index=True,
        count=sitemap.count,
        is_news=False,
        named=named,
        newest_part=newest[1].url if newest else None,
        oldest=min(days, default=None),
        newest=max(days, default=None),
        left_out=None if parts else "an index without parts",
    ), []


def _age(part: SitemapEntry, position: int) -> tuple[bool, float, list[int], int]:
    """Newest is what changed last, else what has the highest numbers in its name, else what stands last."""
    numbers = [int(digits[:15]) for digits in re.findall(r"\d+", part.url.rpartition("/")[2])]
    return part.lastmod is not None, part.lastmod.timestamp() if part.lastmod else 0.0, numbers, position


def _urls(sitemap: Sitemap, url: str, source: Source, named: bool) -> tuple[SitemapFound, list[Candidate]]:
    stride = max(1, sitemap.count // LOOKED_AT)
    judged = [entry for number, entry in enumerate(sitemap.entries()) if number % stride == 0][:LOOKED_AT]
    articles = [entry for entry in judged if may_be_article(entry.url, source)]
    days = [day for entry in judged if (day := _day(entry))]
    reason = None if articles else ("no address" if not judged else f"none of {len(judged)} addresses looked at leads to an article")
    found = SitemapFound(
        url=url,
        is_index=False,
        count=sitemap.count,
        is_news=sitemap.is_news,
        named=named,
        looked_at=len(judged),
        articles=len(articles),
        oldest=min(days, default=None),
        newest=max(days, default=None),
        left_out=reason,
    )
    articles.sort(key=lambda entry: _day(entry) or date.min, reverse=True)
    return found, [Candidate(entry.url, PageKind.ARTICLE, FoundBy.SITEMAP, Hints(lastmod=entry.lastmod)) for entry in articles]


def _day(entry: SitemapEntry) -> date | None:
    return entry.published_on or (entry.lastmod.date() if entry.lastmod else None)


# ---------------------------------------------------------------- sections


def listing_of(fetched: Fetched, source: Source, *, depth: int) -> Listing:
    """The links of a home or section page."""
    if fetched.failure:
        return Listing()
    return parse_listing(fetched.body, fetched.final_url, source, now=fetched.fetched_at, content_type=content_type(fetched), depth=depth)


def sections_in(listings: Sequence[tuple[str, Listing]]) -> Iterator[SectionFound]:
    """What the section pages that were looked at hold."""
    for url, listing in listings:
        yield SectionFound(url, len(listing.articles), next((page.url for page in listing.next_pages), None))


def key_of(url: str) -> str:
    """The identity of an address; the address itself if it has none (longer than 2,048 characters once folded)."""
    try:
        return url_key(url)
    except ValueError:
        return url


def _same(one: str, other: str) -> bool:
    return key_of(one) == key_of(other)
