"""Pages that list articles (home pages, sections, archives): links to articles, to sections, to older pages and to feeds.

What each address is, `crawlers.discovery.links` decides; whether older pages are wanted, the caller and `crawlers.discovery.scope`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urljoin

from lxml import etree

from crawlers.discovery import dates, paging, priorities, traps
from crawlers.discovery.charset import decoded
from crawlers.discovery.links import LinkKind, Verdict, classify, other
from crawlers.discovery.text import plain_title
from crawlers.source import Source
from db.identity import clean_url, fold, url_key
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FoundBy, PageKind, Trap

MAX_ARTICLES = 1_000
MAX_SECTIONS = 100
SECTION_DEPTH = 2
"""Sections are taken from the home page and from the sections it names, not from deeper."""
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json")
DATE_CLASS = re.compile(r"\b(?:date|published|posted|time|fecha)\b", re.IGNORECASE)
MAX_DATE = 60
"""Characters of a text that states a date and little else."""
READ_MORE = re.compile(
    r"(?:lire|voir|en savoir)(?: la)?(?: suite| plus| l'article)?|suite|plus|details?|read more|more|continue reading"
    r"|leer mas|ver mas|اقرا المزيد|المزيد|تفاصيل|\W*|\d+"
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a page leads to, in the page's order."""

    articles: tuple[Candidate, ...] = ()
    sections: tuple[Candidate, ...] = ()
    """Empty if the source names its listings itself, or the page lies too deep."""
    next_pages: tuple[Candidate, ...] = ()
    """The following page, by the source's rule or by the page's own signs; empty if the page lists no article."""
    alternates: tuple[Candidate, ...] = ()
    """Feeds the page declares; empty if the source names its feeds itself."""
    days: tuple[date, ...] = ()
    """Days that the page states beside its articles, for `Scope.past`."""
    trapped: Mapping[Trap, int] = field(default_factory=dict)
    """Addresses that were left out because they lead on for ever, by the kind of trap."""


def parse_listing(
    body: bytes,
    url: str,
    source: Source,
    *,
    now: datetime,
    content_type: str | None = None,
    depth: int = 0,
    shift: int = 0,
    refetch_before: datetime | None = None,
    archives: bool = False,
) -> Listing:
    """Read a page fetched from `url`. Never raises: what is no HTML leads nowhere.

    `depth` is that of the page (0: a seed), `shift` is added to all priorities, `refetch_before` is given to sections, older pages
    and feeds (the run's own time: a later one would have pages that point to each other fetched for ever), `archives` takes
    archives by date as sections.
    """
    root = _tree(body, content_type)
    if root is None:
        return Listing()
    page = _Page(root, url, source, now)
    articles = page.articles(depth, shift)
    more = _More(source, depth, shift, refetch_before)
    return Listing(
        articles=articles,
        sections=more.pages(page.sections(archives=archives), FoundBy.LISTING) if depth < SECTION_DEPTH and not source.listings else (),
        next_pages=more.pages(paging.next_pages(url, page.marks(), source), FoundBy.PAGINATION) if articles else (),
        alternates=more.feeds(page.feeds()) if not source.feeds else (),
        days=tuple(article.hints.published_on for article in articles if article.hints.published_on),
        trapped=page.trapped(),
    )


@dataclass(frozen=True, slots=True)
class _More:
    """Makes candidates of addresses that are not articles."""

    source: Source
    depth: int
    shift: int
    refetch_before: datetime | None

    def pages(self, urls: list[str], found_by: FoundBy) -> tuple[Candidate, ...]:
        priority = priorities.PAGINATION if found_by is FoundBy.PAGINATION else priorities.LISTING
        hints = Hints(depth=self.depth + 1)
        return tuple(Candidate(url, PageKind.LISTING, found_by, hints, priority + self.shift, self.refetch_before) for url in urls)

    def feeds(self, urls: list[str]) -> tuple[Candidate, ...]:
        priority = priorities.FEED + self.shift
        return tuple(Candidate(url, PageKind.FEED, FoundBy.LISTING, Hints(), priority, self.refetch_before) for url in urls)


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    key: str
    text: str
    element: etree._Element
    verdict: Verdict


class _Page:
    """A page's links, each address judged once."""

    def __init__(self, root: etree._Element, url: str, source: Source, now: datetime) -> None:
        self._root, self._source, self._now = root, source, now
        self._url = url
        self._base = _base(root, url)
        self._own_key = _key(url)
        self._links = list(self._all_links())

    def articles(self, depth: int, shift: int) -> tuple[Candidate, ...]:
        """The article links, each with the best title and the date that stand beside it."""
        links: dict[str, list[_Link]] = {}
        for link in self._links:
            if link.verdict.kind is LinkKind.ARTICLE and link.key != self._own_key and (link.key in links or len(links) < MAX_ARTICLES):
                links.setdefault(link.key, []).append(link)
        stated = self._dates()
        return tuple(self._article(same, stated.get(key), depth, shift) for key, same in links.items())

    def sections(self, *, archives: bool) -> list[str]:
        """Listing links, those of the navigation first."""
        found = [link for link in self._links if link.verdict.kind is LinkKind.LISTING and link.key != self._own_key]
        wanted = [link for link in found if paging.number_of(link.url) is None and (archives or "date archive" not in link.verdict.why)]
        wanted.sort(key=lambda link: not _is_navigation(link.element))
        return list({link.key: link.url for link in wanted}.values())[:MAX_SECTIONS]

    def trapped(self) -> Counter[Trap]:
        """How many addresses are traps, by kind."""
        return Counter({link.key: link.verdict.trap for link in self._links if link.verdict.trap}.values())

    def marks(self) -> list[paging.Mark]:
        """Links that could lead to the following page."""
        heads = (
            paging.Mark(target, "next", "")
            for element in self._root.iter("link")
            if "next" in _rel(element) and (target := self._address(element.get("href")))
        )
        others = (link for link in self._links if link.verdict.kind is not LinkKind.ARTICLE)
        anchors = (paging.Mark(link.url, " ".join(_rel(link.element)), link.text) for link in others)
        return [mark for mark in (*heads, *anchors) if _key(mark.url) != self._own_key and self._source.is_on_site(mark.url)]

    def feeds(self) -> list[str]:
        """Feeds declared in the head, without those of comments."""
        found = []
        for element in self._root.iter("link"):
            target = self._address(element.get("href"))
            declared = "alternate" in _rel(element) and (element.get("type") or "").partition(";")[0].strip().lower() in FEED_TYPES
            if declared and target and self._source.is_on_site(target) and not _is_no_news(target, element.get("title") or ""):
                found.append(target)
        return list(dict.fromkeys(found))

    def _all_links(self) -> Iterator[_Link]:
        verdicts: dict[str, Verdict] = {}
        for element in self._root.iter("a", "area"):
            target = self._address(element.get("href"))
            if target is None:
                continue
            if target not in verdicts:
                verdicts[target] = self._verdict(target)
            if verdicts[target].why != "off site":
                yield _Link(target, _key(target), _words(element), element, verdicts[target])

    def _verdict(self, target: str) -> Verdict:
        """Of lists by date only those whose day can have had news."""
        verdict = classify(target, self._source)
        ahead = verdict.kind is LinkKind.LISTING and traps.lies_ahead(target, self._now.date())
        return other("a day that lies ahead", Trap.CALENDAR) if ahead else verdict

    def _address(self, href: str | None) -> str | None:
        if not href or href.lstrip().startswith("#"):
            return None
        try:
            return clean_url(urljoin(self._base, href.strip()))
        except ValueError:
            return None

    def _article(self, links: list[_Link], when: dates.Stated | None, depth: int, shift: int) -> Candidate:
        hints = Hints(
            title=_title(links),
            published_at=when.at if when else None,
            published_on=when.on if when else None,
            evidence=DateEvidence.LISTING if when else None,
            depth=depth + 1,
        )
        dated = when is not None or depth > 0
        priority = priorities.of_article(hints, self._now) if dated else priorities.FRESH_ARTICLE
        return Candidate(links[0].url, PageKind.ARTICLE, FoundBy.LISTING, hints, priority + shift)

    def _dates(self) -> dict[str, dates.Stated]:
        """Dates by address key: a stated date belongs to the one article that is linked in the smallest block around it."""
        found: dict[str, dates.Stated] = {}
        keys = {link.element: link.key for link in self._links if link.verdict.kind is LinkKind.ARTICLE}
        for element, text in _stated_dates(self._root):
            when = dates.stated(text, now=self._now, time_zone=self._source.time_zone)
            key = _linked_beside(element, keys) if when else None
            if when and key and key not in found:
                found[key] = when
        return found


def _stated_dates(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """What states a date: `time` elements, and short texts in an element whose class says date. Not in the masthead: clocks stand there."""
    for element in root.iter(etree.Element):
        if element.tag != "time" and not DATE_CLASS.search(element.get("class") or ""):
            continue
        text = (element.get("datetime") if element.tag == "time" else None) or _words(element)
        if len(text) <= MAX_DATE and not _is_masthead(element):
            yield element, text


def _is_masthead(element: etree._Element) -> bool:
    around = [ancestor.tag for ancestor in element.iterancestors()]
    return "article" not in around and any(tag in {"header", "nav", "footer"} for tag in around)


def _linked_beside(element: etree._Element, keys: dict[etree._Element, str]) -> str | None:
    for _, block in zip(range(6), element.iterancestors(), strict=False):
        linked: set[str] = set()
        for anchor in block.iter("a", "area"):
            if anchor in keys:
                linked.add(keys[anchor])
            if len(linked) > 1:
                return None
        if linked:
            return linked.pop()
    return None


def _tree(body: bytes, content_type: str | None) -> etree._Element | None:
    text = decoded(body, content_type).replace("\x00", "")
    if not text.strip():
        return None
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _base(root: etree._Element, url: str) -> str:
    """The address that relative links start from (`<base href>`)."""
    element = next(root.iter("base"), None)
    try:
        return urljoin(url, (element.get("href") or "").strip()) if element is not None else url
    except ValueError:
        return url


def _title(links: list[_Link]) -> str | None:
    """The words of a heading's link, else the longest words that are no invitation to read on."""
    texts = [link.text for link in links if not READ_MORE.fullmatch(fold(link.text))]
    headed = [link.text for link in links if link.text in texts and _is_heading(link.element)]
    return max(headed or texts, key=len, default=None)


def _is_heading(element: etree._Element) -> bool:
    names = [ancestor.tag for _, ancestor in zip(range(3), element.iterancestors(), strict=False)]
    inside = (child.tag for child in element.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    return any(name in {"h1", "h2", "h3", "h4", "h5", "h6"} for name in (*names, *inside))


def _is_navigation(element: etree._Element) -> bool:
    for ancestor in element.iterancestors():
        if ancestor.tag in {"nav", "header"} or re.search(r"\b(?:nav|menu)", f"{ancestor.get('id')} {ancestor.get('class')}"):
            return True
    return False


def _is_no_news(url: str, title: str) -> bool:
    return re.search(r"comment|oembed|wp-json|/page/\d|replies", f"{url} {fold(title)}", re.IGNORECASE) is not None


def _rel(element: etree._Element) -> list[str]:
    return (element.get("rel") or "").lower().split()


def _words(element: etree._Element) -> str:
    heading = next(element.iter("h1", "h2", "h3", "h4", "h5", "h6"), element)
    return plain_title("".join(str(part) for part in heading.itertext())) or ""


def _key(url: str) -> str:
    try:
        return url_key(url)
    except ValueError:
        return url
