"""What the five newspapers share: articles with a life, addresses, robots.txt, caching of rendered pages, truth.

A paper's own module gives its articles, page templates, listings and feeds; sockets are the server's business.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import ClassVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from crawlers.demo import answers, sidepages, wording
from crawlers.demo.answers import Answer
from crawlers.demo.articles import DemoArticle, TruthArticle
from crawlers.demo.clock import START
from db.vocabulary import Precision

CLOCK_MARK = b"%%CLOCK%%"
"""Stands where a masthead shows the day."""
ORIGINS = {
    "lecourrierdesrives": "http://lecourrierdesrives.demo.test",
    "lagunemagazine": "https://lagunemagazine.demo.test",
    "lefildumatin": "http://lefildumatin.demo.test",
    "elmiradordelestrecho": "https://elmiradordelestrecho.demo.test",
    "assahl": "http://assahl.demo.test",
}
"""Scheme and host of each paper, by source name."""


class Paper(ABC):
    """One newspaper. Answers depend only on the target and the instant; rendered pages are kept until the paper changes or the day ends."""

    name: ClassVar[str]
    title: ClassVar[str]
    zone: ClassVar[ZoneInfo]
    language: ClassVar[str]
    sections: ClassVar[dict[str, tuple[str, str]]]
    """Section of the text bank → (path segment, label)."""
    disallowed: ClassVar[tuple[str, ...]] = ()
    """Path prefixes that robots.txt forbids."""
    side: ClassVar[dict[str, str]] = {}
    """Address → kind of side page (see `sidepages`)."""

    def __init__(self) -> None:
        self.origin = ORIGINS[self.name]
        self.host = urlsplit(self.origin).netloc
        self.articles: tuple[DemoArticle, ...] = tuple(sorted(self.write(), key=lambda article: (article.published_at, article.number)))
        self.by_number = {article.number: article for article in self.articles}
        self._addresses: dict[str, DemoArticle] = {}
        for article in self.articles:
            known = (article.path, article.old_path, article.twin, *article.variants, *article.further)
            self._addresses |= {address: article for address in known if address}
        self._instants = sorted(instant for article in self.articles for instant in article.instants())
        self._moment: tuple[object, ...] = ()
        self._rendered: dict[str, Answer] = {}

    # ------------------------------------------------------------ what a paper's module gives

    @abstractmethod
    def write(self) -> list[DemoArticle]:
        """Return every article the paper ever publishes, whatever the clock."""

    @abstractmethod
    def article_page(self, article: DemoArticle, address: str, now: datetime) -> Answer:
        """Return an article as it is shown at one of its addresses."""

    @abstractmethod
    def own_page(self, path: str, query: dict[str, str], now: datetime) -> Answer | None:
        """Return the home page, a listing, a feed or a sitemap; None if the paper has nothing there."""

    @abstractmethod
    def shell(self, title: str, main: str, *, head: str = "", language: str | None = None) -> str:
        """Return a whole page around its main part, with the paper's masthead, menu and footer."""

    def robots(self) -> str:
        """Return robots.txt."""
        lines = "".join(f"Disallow: {prefix}\n" for prefix in self.disallowed)
        return f"User-agent: *\n{lines or 'Disallow:' + chr(10)}"

    def precision(self, article: DemoArticle, now: datetime) -> Precision:  # noqa: ARG002 - papers with relative dates need the instant
        """Return how exactly the article's page states its date."""
        return Precision.MINUTE if article.precise else Precision.DAY

    # ------------------------------------------------------------ answering

    def respond(self, target: str, now: datetime) -> Answer:
        """Answer a request for `target` (path and query, as sent) at an instant of the demo clock."""
        moment = self.moment(now)
        if moment != self._moment:
            self._moment, self._rendered = moment, {}
        kept = self._rendered  # the dict of this moment, whatever another thread starts meanwhile
        if target not in kept:
            kept[target] = self._with_clock(self._answer(target, now), now)
        return kept[target]

    def moment(self, now: datetime) -> tuple[object, ...]:
        """Return what every page depends on besides its address: the local day and how much has happened."""
        return (now.astimezone(self.zone).date(), bisect_right(self._instants, now))

    def _answer(self, target: str, now: datetime) -> Answer:
        parts = urlsplit(target)
        query = {key: value for key, value in parse_qsl(parts.query, keep_blank_values=True) if not key.startswith("utm_")}
        path = quote(unquote(parts.path), safe="/,@:+~")
        address = path + (f"?{urlencode(query)}" if query else "")
        if path == "/robots.txt":
            return answers.document(self.robots(), "text/plain; charset=utf-8", START.replace(year=2023))
        if address in self._addresses:
            return self._article(self._addresses[address], address, now)
        found = self.own_page(path, query, now)
        if found is None and address in self.side:
            found = sidepages.answer(self, self.side[address])
        return found or self.missing()

    def _article(self, article: DemoArticle, address: str, now: datetime) -> Answer:
        if now < article.published_at:
            return self.missing()
        if not article.exists(now):
            return self.missing(410)
        current = article.address(now)
        if address == article.old_path != current:
            return answers.redirect(self.origin + current)
        if address == article.path != current:
            return self.missing()
        return self.article_page(article, address, now)

    def missing(self, status: int = 404) -> Answer:
        """Return the error page."""
        title, text = sidepages.ERRORS[self.language]
        return answers.page(self.shell(title, f"<h1>{title}</h1>\n<p>{text}</p>"), status=status)

    def _with_clock(self, answer: Answer, now: datetime) -> Answer:
        """Put the day into the masthead, where the paper shows one; the validator stays that of the page without it, as a weak one."""
        if CLOCK_MARK not in answer.body:
            return answer
        today = wording.masthead_clock(now.astimezone(self.zone)).encode()
        etag = f"W/{answer.etag}" if answer.etag else None
        return replace(answer, body=answer.body.replace(CLOCK_MARK, today), etag=etag)

    def changed_at(self, now: datetime) -> datetime | None:
        """Return when anything last changed in the paper."""
        index = bisect_right(self._instants, now)
        return self._instants[index - 1] if index else None

    # ------------------------------------------------------------ articles

    def listed(self, now: datetime, *, section: str | None = None, language: str | None = None) -> list[DemoArticle]:
        """Return the articles that listings show, newest first."""
        return [
            article
            for article in reversed(self.articles)
            if article.listed and article.exists(now) and section in {None, article.text.section} and language in {None, article.language}
        ]

    def related(self, article: DemoArticle, count: int) -> list[DemoArticle]:
        """Return articles to be teased below another: always the same, old and lasting ones, a third of the paper."""
        pool = [
            other
            for other in self.articles
            if other.number % 3 == 0
            and other.listed
            and other.allowed
            and other.number != article.number
            and other.language == article.language
            and other.published_at < START.replace(month=1, day=1)
            and other.vanishes_at is None
        ]
        return random.Random(f"{self.name}:related:{article.number}").sample(pool, min(count, len(pool)))  # noqa: S311 - repeatable

    def local(self, article: DemoArticle) -> datetime:
        """Return the publication time in the paper's zone."""
        return article.published_at.astimezone(self.zone)

    def modified(self, article: DemoArticle, now: datetime) -> datetime:
        """Return when the article's page last changed."""
        return max(instant for instant in article.instants() if instant <= now)

    def label(self, article: DemoArticle) -> str:
        """Return the section as readers see it."""
        return self.sections[article.text.section][1]

    def link(self, article: DemoArticle, now: datetime) -> str:
        """Return an anchor with the headline."""
        return f'<a href="{escape(article.address(now))}">{escape(article.shown(now).title)}</a>'

    def pointer(self, article: DemoArticle, now: datetime, phrase: str) -> str:
        """Return the pointer line to the article this one links to, by its old or second address if it has one. Empty if none."""
        if article.linked is None:
            return ""
        other = self.by_number[article.linked]
        if not other.exists(now):
            return ""
        address = other.old_path or other.twin or other.path
        return f'<p>{phrase} <a href="{escape(address)}">{escape(other.text.title)}</a></p>'

    def truth(self, now: datetime) -> list[TruthArticle]:
        """Return what a perfect reader knows at an instant, oldest first; withdrawn and future articles are absent."""
        return [self.truth_of(article, now) for article in self.articles if article.exists(now)]

    def truth_of(self, article: DemoArticle, now: datetime) -> TruthArticle:
        """Return the truth of one article."""
        shown, current = article.shown(now), article.address(now)
        others = [path for path in (article.old_path, article.twin, *article.variants, *article.further) if path and path != current]
        return TruthArticle(
            source=self.name,
            url=self.origin + current,
            urls=tuple(self.origin + path for path in (current, *others)),
            title=shown.title,
            standfirst=shown.standfirst,
            paragraphs=shown.paragraphs,
            published_on=self.local(article).date(),
            published_at=article.published_at if article.precise else None,
            published_precision=self.precision(article, now),
            modified_at=article.modified_at(now),
            authors=article.authors,
            agency=article.agency,
            contributors=article.contributors,
            section=self.label(article),
            tags=shown.tags,
            language=article.language,
            edition=article.edition,
            allowed=article.allowed,
            duplicate_of=article.duplicate_of,
            translations=tuple(
                (language, self.origin + self.by_number[number].address(now))
                for language, number in article.translations
                if self.by_number[number].exists(now)
            ),
        )
