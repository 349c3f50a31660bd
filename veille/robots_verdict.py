"""What robots.txt means for one address, in one value: the verdict, the line behind it, and how old and how good the copy is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crawlers.politeness import MAX_CRAWL_DELAY
from crawlers.robots import MAX_REDIRECTS, Rules, Unreachable, robots_url
from crawlers.robots_rules import Rule, decide
from crawlers.spec import PRODUCT
from db.records import RobotsCopy
from db.vocabulary import FailureClass


@dataclass(frozen=True, slots=True)
class RobotsVerdict:
    """The answer to "may this be fetched, and why"."""

    url: str
    allowed: bool | None
    """None: nobody has asked yet, so nobody knows."""
    why: str
    """In a sentence, with the section of RFC 9309 where it is not a line of the file."""
    robots_url: str
    group: str | None = None
    rule: Rule | None = None
    status: int | None = None
    failure: FailureClass | None = None
    fetched_at: datetime | None = None
    age: timedelta | None = None
    fresh: bool = False
    """Whether a crawl would use this copy without asking again."""
    crawl_delay: float | None = None
    """Seconds, as stated."""
    applied_delay: float | None = None
    """Seconds, as a crawl obeys it."""
    sitemaps: tuple[str, ...] = ()


def verdict(url: str, said: RobotsCopy | Unreachable | None, now: datetime) -> RobotsVerdict:
    """What `said` means for an address; None is a host that was never asked."""
    place = robots_url(url)
    if said is None:
        return RobotsVerdict(url, None, "no copy of its robots.txt is kept", place)
    if isinstance(said, Unreachable):
        return RobotsVerdict(url, False, _unreachable(said), place, status=said.status, failure=said.failure)
    rules, decision = Rules(said), decide(said.body or "", url)
    delay = rules.crawl_delay
    return RobotsVerdict(
        url,
        decision.allowed,
        _no_rules(said.status) if said.body is None else _by_rules(decision.group, decision.rule, place == url),
        place,
        group=decision.group,
        rule=decision.rule,
        status=said.status,
        fetched_at=said.fetched_at,
        age=now - said.fetched_at,
        fresh=rules.is_fresh(now),
        crawl_delay=delay,
        applied_delay=None if delay is None else min(delay, MAX_CRAWL_DELAY),
        sitemaps=rules.sitemaps,
    )


def _by_rules(group: str | None, rule: Rule | None, itself: bool) -> str:
    if itself:
        return "robots.txt itself may always be fetched (RFC 9309 §2.2.2)"
    if group is None:
        return f"it has no group for {PRODUCT}, nor one for everybody (RFC 9309 §2.2.1)"
    if rule is None:
        return f"no line of the group for {group} matches the address (RFC 9309 §2.2.2)"
    return f"line {rule.line} of robots.txt, in the group for {group}: {rule.text}"


def _no_rules(status: int) -> str:
    if 300 <= status < 400:
        return f"it redirects more than {MAX_REDIRECTS} times, or to what is no address: that counts as no rules (RFC 9309 §2.3.1.2)"
    return f"{status} means that there are no rules (RFC 9309 §2.3.1.3)"


def _unreachable(said: Unreachable) -> str:
    if said.status == 429:
        return "429 asks us to come later, which is no permission: nothing is fetched until there is an answer"
    if said.status is not None:
        return f"{said.status} means that nothing may be fetched until there is an answer (RFC 9309 §2.3.1.4)"
    detail = f" ({said.detail})" if said.detail else ""
    return f"it cannot be reached: {said.failure}{detail}; nothing may be fetched until there is an answer (RFC 9309 §2.3.1.4)"
