"""A look at an unknown site: home page, robots.txt, feeds, sitemaps, sections and a sample of articles, in few requests.

What the answers are worth is `crawlers.appraisal`'s business; nothing is stored, and how the network is asked is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from urllib.parse import urlsplit

from crawlers import appraisal, systems
from crawlers.address_pattern import propose
from crawlers.arrival import Arrival, arrive
from crawlers.discovery.head import Head, read_head
from crawlers.discovery.listing import Listing
from crawlers.discovery.seeds import FEED_GUESSES, SITEMAP_GUESSES, guesses
from crawlers.findings import FeedFound, SamplePage, SitemapFound, Survey, SystemFound
from crawlers.rounds import Ask, Rounds
from crawlers.source import Source
from crawlers.zone_clues import find_zone, stamps_in
from db.errors import SurveyError
from db.records import Candidate

SAMPLE = 5
DECLARED = 4
"""Feeds that the home page names, and sitemaps that robots.txt names, which are looked at."""
SECTIONS = 3
PARTS = 2


def survey(url: str, ask: Ask) -> Survey:
    """Look at the site that `url` is the home page of, in at most about thirty requests.

    Raises SourceError (no web address), Unavailable (nothing answers), SurveyError (robots.txt forbids it, or no article is found).
    """
    arrival = arrive(url, ask)
    home = arrival.home
    source = Source.from_home(arrival.address)
    head = read_head(home.body, appraisal.content_type(home))
    system = systems.recognise(head, home.headers, home.body, urlsplit(home.final_url).netloc)
    front = appraisal.listing_of(home, source, depth=0)
    look = _Look(source, arrival, front, Rounds(ask, arrival.trail, arrival.robots.crawl_delay))
    look.ask_what_is_named(system)
    look.ask_what_is_left()
    sample = look.sample()
    title, title_from = _title(head, look.feeds)
    links = look.links()
    stamps = (stamp for _, page in look.rounds.answers for stamp in stamps_in(page.body))
    return Survey(
        asked_for=url,
        home=arrival.address,
        status=home.status or 0,
        at=home.fetched_at,
        robots=arrival.robots,
        system=system,
        title=title,
        title_from=title_from,
        page_language=head.language,
        feeds=tuple(feed for feed, _ in look.feeds),
        sitemaps=tuple(sitemap for sitemap, _ in look.sitemaps),
        sections=tuple(section.url for section in front.sections),
        looked_at=tuple(appraisal.sections_in(look.listings)),
        links=len(links),
        pattern=propose([*(found.url for _, items in look.feeds for found in items), *links]),
        zone=find_zone(arrival.address, head.language, stamps),
        sample=sample,
        trail=look.rounds.trail(look.good()),
    )


@dataclass(slots=True)
class _Look:
    """One look under way."""

    source: Source
    arrival: Arrival
    front: Listing
    rounds: Rounds
    feeds: list[tuple[FeedFound, list[Candidate]]] = field(default_factory=list)
    sitemaps: list[tuple[SitemapFound, list[Candidate]]] = field(default_factory=list)
    listings: list[tuple[str, Listing]] = field(default_factory=list)

    def ask_what_is_named(self, system: SystemFound | None) -> None:
        """What the site names itself; the usual systems' habits only for what it does not name."""
        name = system.name if system else ""
        own_feed = systems.OWN_FEED.get(name)
        declared = self._declared()
        feeds = ((own_feed,) if own_feed else ()) if declared else systems.with_own_first(FEED_GUESSES, own_feed)
        named = self.arrival.robots.sitemaps[:DECLARED]
        maps = () if named else systems.with_own_first(SITEMAP_GUESSES, systems.OWN_SITEMAP.get(name))
        sections = [found.url for found in self.front.sections if self.arrival.allows(found.url)][:SECTIONS]
        guessed = zip_longest(self._guessed(feeds, "feed"), self._guessed(maps, "sitemap"))
        wanted = [
            *((url, "feed") for url in declared),
            *((url, "sitemap") for url in named),
            *((url, "section") for url in sections),
            *(guess for pair in guessed for guess in pair if guess),
        ]
        self.rounds.ask(wanted, reserve=SAMPLE + PARTS)
        self._appraise()
        self.listings = [(page.url, appraisal.listing_of(page, self.source, depth=1)) for page in self.rounds.pages("section")]

    def ask_what_is_left(self) -> None:
        """The newest part of each index, and the usual places where nothing that was named is of use."""
        parts = [sitemap.newest_part for sitemap, _ in self.sitemaps if sitemap.newest_part and self.arrival.allows(sitemap.newest_part)]
        wanted = [(part, "part") for part in parts[:PARTS]]
        if not any(feed.left_out is None for feed, _ in self.feeds):
            wanted += self._guessed(FEED_GUESSES, "feed")
        if not any(sitemap.left_out is None for sitemap, _ in self.sitemaps):
            wanted += self._guessed(SITEMAP_GUESSES, "sitemap")
        if self.rounds.ask(wanted, reserve=SAMPLE):
            self._appraise()

    def sample(self) -> tuple[SamplePage, ...]:
        """A few articles; raises SurveyError if no address of one is known."""
        candidates = self._candidates()
        if not candidates:
            raise SurveyError(self._nothing())
        chosen = [found for found in candidates if self.source.is_on_site(found.url) and self.arrival.allows(found.url)][:SAMPLE]
        self.rounds.ask((found.url, "article") for found in chosen)
        pages = {page.url: page for page in self.rounds.pages("article")}
        return tuple(SamplePage(found, pages[found.url]) for found in chosen if found.url in pages)

    def links(self) -> list[str]:
        """Article addresses that the home page and the sections link to, each once."""
        found = [*self.front.articles, *(link for _, listing in self.listings for link in listing.articles)]
        return list({appraisal.key_of(link.url): link.url for link in found}.values())

    def good(self) -> set[str]:
        """Addresses that turned out to be feeds and sitemaps."""
        return {feed.url for feed, _ in self.feeds} | {sitemap.url for sitemap, _ in self.sitemaps}

    def _candidates(self) -> list[Candidate]:
        """Article addresses, each once: one of each way they were found in turn, so that every way is tried."""
        ways = [
            iter([found for _, candidates in self.feeds for found in candidates]),
            iter([found for _, candidates in self.sitemaps for found in _older_first(candidates)]),
            iter([*(found for _, listing in self.listings for found in listing.articles), *self.front.articles]),
        ]
        unique: dict[str, Candidate] = {}
        while ways:
            for way in tuple(ways):
                candidate = next((found for found in way if appraisal.key_of(found.url) not in unique), None)
                if candidate is None:
                    ways.remove(way)
                else:
                    unique[appraisal.key_of(candidate.url)] = candidate
        return list(unique.values())

    def _appraise(self) -> None:
        self.feeds = appraisal.feeds_in(self.rounds.pages("feed"), self._declared(), self.source)
        self.sitemaps = appraisal.sitemaps_in(self.rounds.pages("sitemap"), self.arrival.robots.sitemaps, self.source)
        parts = {page.url: page for page in self.rounds.pages("part")}
        self.sitemaps = [
            appraisal.with_part(sitemap, parts[sitemap.newest_part], self.source) if sitemap.newest_part in parts else (sitemap, found)
            for sitemap, found in self.sitemaps
        ]

    def _declared(self) -> tuple[str, ...]:
        return tuple(found.url for found in self.front.alternates)[:DECLARED]

    def _guessed(self, names: Iterable[str], purpose: str) -> list[tuple[str, str]]:
        return [(url, purpose) for url in guesses(self.source.home, tuple(names))]

    def _nothing(self) -> str:
        tried = "".join(f"\n  {asked.url} ({asked.outcome})" for asked in self.rounds.trail(self.good()))
        return (
            f"{self.arrival.address} answers, but no article was found; tried:{tried}\n"
            "give the address of a page that lists articles, or write a source file by hand: home, [[listings]], [articles] allow"
        )


def _older_first(candidates: list[Candidate]) -> list[Candidate]:
    """From the middle on: the newest are in the feed as well, and old pages may be made otherwise."""
    middle = len(candidates) // 2
    return candidates[middle:] + candidates[:middle]


def _title(head: Head, feeds: Sequence[tuple[FeedFound, list[Candidate]]]) -> tuple[str | None, str]:
    """What the paper calls itself, and where it does."""
    for name in ("og:site_name", "application-name"):
        if head.metas.get(name):
            return head.metas[name], f"{name} of the home page"
    stated = next((feed.title for feed, _ in feeds if feed.title and feed.left_out is None), None)
    return (stated, "title of the feed") if stated else (head.title, "title of the home page")
