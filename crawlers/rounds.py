"""The asking behind a survey: addresses go out in rounds, each address once, within an allowance that a slow site makes smaller."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from crawlers.fetch import Fetched
from crawlers.findings import Asked
from db.identity import host_of

Ask = Callable[[Sequence[str]], list[Fetched]]
"""Fetches each address, robots.txt obeyed (`crawlers.fetch.fetch`); one call is one round."""
MOST = 24
"""Addresses asked for in all; each round asks for robots.txt besides, so that there are some thirty requests."""
LEAST = 12
PATIENCE = 60.0
"""Seconds that a site's own delay may add up to before fewer addresses are asked for."""


@dataclass(slots=True)
class Rounds:
    """What was asked for so far, and what came of it."""

    ask_for: Ask
    before: tuple[Asked, ...]
    """What was asked for on arrival."""
    delay: float | None
    """Seconds between requests that robots.txt wishes."""
    answers: list[tuple[str, Fetched]] = field(default_factory=list)
    """Purpose and answer, in order."""

    @property
    def allowance(self) -> int:
        """Addresses that may be asked for in all."""
        return max(LEAST, min(MOST, int(PATIENCE / self.delay))) if self.delay else MOST

    def ask(self, wanted: Iterable[tuple[str, str]], *, reserve: int = 0) -> int:
        """Ask for the (address, purpose) pairs not asked for yet, as far as the allowance less `reserve` goes; returns their number."""
        known = {_key(page.url) for _, page in self.answers} | {_key(asked.url) for asked in self.before}
        fresh: dict[str, tuple[str, str]] = {}
        for url, purpose in wanted:
            if _key(url) not in known:
                fresh.setdefault(_key(url), (url, purpose))
        asked = list(fresh.values())[: max(0, self.allowance - len(self.before) - len(self.answers) - reserve)]
        answers = self.ask_for([url for url, _ in asked]) if asked else []
        self.answers += [(purpose, answer) for (_, purpose), answer in zip(asked, answers, strict=True)]
        return len(asked)

    def pages(self, purpose: str) -> list[Fetched]:
        """The answers to what was asked for in that hope."""
        return [page for found, page in self.answers if found == purpose]

    def trail(self, good: Collection[str]) -> tuple[Asked, ...]:
        """Everything in order and in words; `good` are the addresses of the feeds and sitemaps that were found."""
        return (*self.before, *(Asked(page.url, purpose, _outcome(purpose, page, good)) for purpose, page in self.answers))


def _outcome(purpose: str, page: Fetched, good: Collection[str]) -> str:
    if page.failure:
        return page.detail or str(page.failure)
    if purpose in {"feed", "sitemap"} and not ({page.url, page.final_url} & set(good)):
        return f"answered {page.status}, but is no {purpose}"
    return f"answered {page.status}"


def _key(url: str) -> str:
    """An address as a server tells it from others, but for a slash at the end: `?page=backend` is not the front page."""
    parts = urlsplit(url)
    try:
        return f"{host_of(url)}{parts.path.rstrip('/')}?{parts.query}"
    except ValueError:
        return url
