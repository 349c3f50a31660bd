"""The first step of a look at a site: which address its home page really answers at, and what robots.txt says there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from crawlers.fetch import Fetched
from crawlers.findings import Asked, RobotsFound
from crawlers.robots import Rules, decode_robots, robots_url
from crawlers.rounds import Ask
from crawlers.source import Source
from db.errors import SurveyError, Unavailable
from db.identity import clean_url
from db.records import RobotsCopy
from db.vocabulary import FailureClass

SILENT = frozenset({FailureClass.DNS, FailureClass.CONNECT, FailureClass.TLS, FailureClass.TIMEOUT})


@dataclass(frozen=True, slots=True)
class Arrival:
    """The home page that answered."""

    home: Fetched
    address: str
    """The home page's own address."""
    robots: RobotsFound
    rules: Rules
    trail: tuple[Asked, ...]

    def allows(self, url: str) -> bool:
        """Whether the home page's host lets us ask for an address (other hosts are asked themselves)."""
        return self.rules.allows(url)


def arrive(url: str, ask: Ask) -> Arrival:
    """Find the home page. Raises SourceError (no web address), Unavailable (silence, errors), SurveyError (forbidden)."""
    first = Source.from_home(url).home
    answers = ask([first, robots_url(first)])
    home = answers[0]
    if home.failure in SILENT:
        answers += ask(_spellings(first))
        home = next((answer for answer in answers if answer.failure is None and not _is_robots(answer.url)), home)
    if home.failure is not None:
        raise _refusal(url, home, answers)
    place = robots_url(home.final_url)
    robots = next((answer for answer in answers if answer.url == place), None)
    if robots is None:
        answers += ask([place])
        robots = answers[-1]
    rules = Rules(RobotsCopy(robots.fetched_at, robots.status or 0, decode_robots(robots.body) if robots.failure is None else None))
    found = RobotsFound(place, _robots_outcome(robots), rules.crawl_delay, rules.sitemaps)
    address = first if home.final_url == first else _without_query(home.final_url)
    return Arrival(home, address, found, rules, _trail(answers))


def _spellings(url: str) -> list[str]:
    """The other ways to write a home address that does not answer: with or without www., over http or https."""
    parts = urlsplit(url)
    host = parts.netloc.removeprefix("www.") if parts.netloc.startswith("www.") else f"www.{parts.netloc}"
    other = "http" if parts.scheme == "https" else "https"
    written = [(other, parts.netloc), (parts.scheme, host)] if parts.port is None else [(other, parts.netloc)]
    return [urlunsplit(parts._replace(scheme=scheme, netloc=netloc)) for scheme, netloc in written]


def _refusal(url: str, home: Fetched, answers: list[Fetched]) -> SurveyError | Unavailable:
    tried = "".join(f"\n  {answer.url} ({_words(answer)})" for answer in answers)
    if home.failure is FailureClass.ROBOTS:
        place = urlsplit(home.final_url).netloc
        return SurveyError(
            f"robots.txt of {place} forbids us {home.final_url}, so nothing else was fetched; tried:{tried}\n"
            "ask the publisher to allow the product token `veille`"
        )
    remedy = {
        FailureClass.BLOCKED: "the site refuses us: set `contact` so that its owner knows who asks, and write to them",
        FailureClass.GONE: "check the address: there is no page",
        FailureClass.REFUSED: "set `allow_networks` if a private network is meant",
    }.get(home.failure or FailureClass.OTHER, "check the address and the network, or try later")
    verb = "does not answer" if home.status is None else "cannot be used"
    return Unavailable(f"{url} {verb}; tried:{tried}\n{remedy}")


def _words(answer: Fetched) -> str:
    return f"{answer.failure}: {answer.detail}" if answer.failure else f"answered {answer.status}"


def _robots_outcome(robots: Fetched) -> str:
    if robots.failure is None:
        return "ok"
    return f"none ({robots.status})" if robots.status else f"none ({robots.detail})"


def _is_robots(url: str) -> bool:
    return urlsplit(url).path == "/robots.txt"


def _without_query(url: str) -> str:
    """The home page's address without what a redirect added to its query."""
    bare = urlunsplit(urlsplit(url)._replace(query="", fragment=""))
    return clean_url(bare) or url


def _trail(answers: list[Fetched]) -> tuple[Asked, ...]:
    return tuple(Asked(answer.url, "robots" if _is_robots(answer.url) else "home", _words(answer)) for answer in answers)
