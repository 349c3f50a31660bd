"""What befalls single articles of a paper: corrections, moves, second addresses, withdrawal, hiding places. By article number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from crawlers.demo.articles import DemoArticle
from crawlers.demo.clock import START

PathRule = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Fates:
    """The plan of one paper. Days count from the demo's start; negative ones lie before it."""

    correction: str
    """The paragraph that replaces the last one of a corrected article."""
    old_path: PathRule
    """Current path → the path before the article moved."""
    twin_path: PathRule
    """Path → the second address of the same text."""
    secret_path: PathRule
    """Path → an address that robots.txt forbids."""
    short: Collection[int] = ()
    corrected: Mapping[int, float] = field(default_factory=dict)
    moved: Mapping[int, float] = field(default_factory=dict)
    vanishing: Mapping[int, float] = field(default_factory=dict)
    twins: Collection[int] = ()
    secret: Collection[int] = ()
    only_in_sitemap: Collection[int] = ()
    only_linked: Collection[int] = ()
    """Found through no feed, listing or sitemap, only through `links`."""
    not_in_sitemap: Collection[int] = ()
    links: Mapping[int, int] = field(default_factory=dict)
    """Article → the article that its text points to."""

    def befall(self, article: DemoArticle) -> DemoArticle:
        """Return the article with everything that is planned for it."""
        number = article.number
        if number in self.short:
            article = replace(article, text=replace(article.text, standfirst=None, blocks=article.text.blocks[:1]))
        if number in self.secret:
            article = replace(article, path=self.secret_path(article.path), allowed=False)
        if number in self.corrected:
            article = article.corrected(START + timedelta(days=self.corrected[number]), self.correction)
        if number in self.moved:
            moved_at = START + timedelta(days=self.moved[number])
            article = replace(article, old_path=self.old_path(article.path), moved_at=moved_at)
        if number in self.vanishing:
            article = replace(article, vanishes_at=START + timedelta(days=self.vanishing[number]))
        if number in self.twins:
            article = replace(article, twin=self.twin_path(article.path))
        return self._hidden(replace(article, linked=self.links.get(number)))

    def _hidden(self, article: DemoArticle) -> DemoArticle:
        number = article.number
        if number in self.only_in_sitemap:
            return replace(article, listed=False, in_feed=False)
        if number in self.only_linked:
            return replace(article, listed=False, in_feed=False, in_sitemap=False)
        return replace(article, in_sitemap=number not in self.not_in_sitemap)
