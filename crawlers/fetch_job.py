"""Inside the process of `crawlers.fetch`: one spider that asks robots.txt, fetches, follows redirects, and says what it got."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Request

from crawlers.answer import redirect_target
from crawlers.child import Say
from crawlers.clock import Clock
from crawlers.crawl import scrapy_settings
from crawlers.failures import failure_class
from crawlers.fetch import Fetched
from crawlers.politeness import HostSlot
from crawlers.retries import MAX_ATTEMPTS
from crawlers.robots import Rules, Unreachable, fetch_robots, robots_url
from crawlers.spec import EngineSpec
from crawlers.spider import answer_of
from crawlers.turns import Turns
from crawlers.visits import MAX_HOPS, pause_of
from db.identity import clean_url, host_of
from db.records import RobotsCopy
from db.vocabulary import FailureClass

DELAY = 1.0
"""Seconds between two requests to one host, unless robots.txt asks for more."""


def run(say: Say, urls: Sequence[str], spec: EngineSpec) -> int:
    """Fetch every address and say each result as a line; returns the exit code."""
    return _work(ErrandSpider, say, urls, spec)


def run_rules(say: Say, urls: Sequence[str], spec: EngineSpec) -> int:
    """Fetch the rules for every address and say each result as a line; returns the exit code."""
    return _work(RulesSpider, say, urls, spec)


def run_in_turn(say: Say, urls: Sequence[str], spec: EngineSpec, delay: float) -> int:
    """The same as `run`, in turn with crawls; lines that are no result say for whom is being waited."""
    return _work(TurnSpider, say, urls, spec, delay=delay, wait=say)


def _work(spider: type[ErrandSpider], say: Say, urls: Sequence[str], spec: EngineSpec, **more: Any) -> int:
    process = AsyncCrawlerProcess(scrapy_settings(dataclasses.replace(spec, log_level="WARNING")))
    process.crawl(spider, urls=urls, spec=spec, say=lambda result: say(result.to_line()), **more)
    process.start()
    return 1 if process.bootstrap_failed else 0


class ErrandSpider(Spider):
    """Fetches `urls` one after the other."""

    name = "errand"
    urls: Sequence[str]
    spec: EngineSpec
    say: Callable[[Fetched], None]

    async def start(self) -> AsyncIterator[Any]:
        """All the work; no request goes through Scrapy's scheduler."""
        self.clock = Clock(self.spec.clock_offset)
        self._rules: dict[str, Rules | Unreachable] = {}
        self._slots: dict[str, HostSlot] = {}
        for url in dict.fromkeys(self.urls):
            self.say(await self._fetch(url))
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    async def _fetch(self, url: str) -> Fetched:
        target = clean_url(url)
        result = Fetched(
            url, url, self.clock(), failure=FailureClass.REFUSED, detail="not an address that can be fetched: http:// or https://"
        )
        for _ in range(MAX_HOPS + 1):
            if target is None:
                return result
            result = await self._hop(url, target)
            location = {name.lower(): value for name, value in result.headers}.get("location")
            if result.status is None or not (300 <= result.status < 400 and location):
                return result
            target = redirect_target(target, location)
            result = dataclasses.replace(result, failure=FailureClass.REDIRECT, detail=f"redirected to {location!r}, which is not followed")
        return dataclasses.replace(result, detail=f"more than {MAX_HOPS} redirects")

    async def _hop(self, url: str, target: str) -> Fetched:
        """One request, if robots.txt allows it."""
        rules = await self._rules_of(target)
        if isinstance(rules, Unreachable):
            why = f" ({rules.detail})" if rules.detail else ""
            detail = f"robots.txt gives no answer{why}, so nothing may be fetched"
            return Fetched(url, target, self.clock(), failure=rules.failure, detail=detail)
        if not rules.allows(target):
            return Fetched(url, target, self.clock(), failure=FailureClass.ROBOTS, detail="robots.txt forbids it")
        request = Request(target, dont_filter=True, meta={"download_timeout": self.spec.timeout})
        try:
            got = answer_of(await self._paced(request))
        except Exception as error:  # noqa: BLE001 - whatever the network does becomes a result
            return Fetched(url, target, self.clock(), failure=failure_class(error), detail=str(error) or type(error).__name__)
        return Fetched(url, target, self.clock(), got.status, got.headers, got.body, *_problem(got.status))

    async def _rules_of(self, url: str) -> Rules | Unreachable:
        host = host_of(url)
        if host not in self._rules:
            copy = await fetch_robots(self._paced, url, self.clock(), self.spec.timeout)
            self._rules[host] = copy if isinstance(copy, Unreachable) else Rules(copy)
            rules = self._rules[host]
            if isinstance(rules, Rules):
                self._slot(url).slow_down(rules.crawl_delay)
        return self._rules[host]

    async def _paced(self, request: Request) -> Any:
        """Download when the host's delay is over."""
        slot = self._slot(request.url)
        await asyncio.sleep(slot.wait(time.monotonic()))
        slot.start(time.monotonic())
        try:
            return await self.crawler.engine.download_async(request)
        finally:
            slot.finish(time.monotonic())

    def _slot(self, url: str) -> HostSlot:
        delay = 0.0 if host_of(url) in self.spec.resolve else DELAY  # a host of a test or of the demo is our own
        return self._slots.setdefault(host_of(url), HostSlot(host_of(url), delay=delay))


class RulesSpider(ErrandSpider):
    """Fetches the robots.txt of each of `urls`, and nothing else."""

    name = "rules"

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._asked: dict[str, RobotsCopy | Unreachable] = {}

    async def _fetch(self, url: str) -> Fetched:
        target = robots_url(url)
        if target not in self._asked:
            self._asked[target] = await fetch_robots(self._paced, url, self.clock(), self.spec.timeout)
        said = self._asked[target]
        if isinstance(said, Unreachable):
            return Fetched(url, target, self.clock(), said.status, failure=said.failure, detail=said.detail)
        return Fetched(url, target, said.fetched_at, said.status, body=(said.body or "").encode())


class TurnSpider(ErrandSpider):
    """Asks hosts in turn with crawls, and by the robots.txt that they keep."""

    name = "turn"
    delay: float
    wait: Say

    async def start(self) -> AsyncIterator[Any]:
        """All the work, with the database open."""
        self._turns = Turns(self.spec, self.delay, self.wait)
        self._copies: dict[str, RobotsCopy] = {}
        try:
            async for request in super().start():
                yield request
        finally:
            self._turns.close()

    async def _hop(self, url: str, target: str) -> Fetched:
        """What robots.txt says is known before anything is asked, and not asked for again."""
        if target == robots_url(target) and isinstance(await self._rules_of(target), Rules):
            copy = self._copies[host_of(target)]
            return Fetched(url, target, copy.fetched_at, copy.status, (), (copy.body or "").encode(), *_problem(copy.status))
        return await super()._hop(url, target)

    async def _rules_of(self, url: str) -> Rules | Unreachable:
        host = host_of(url)
        if host not in self._rules:
            copy = await self._robots(host, url)
            if isinstance(copy, RobotsCopy):
                self._copies[host] = copy
            self._rules[host] = copy if isinstance(copy, Unreachable) else Rules(copy)
        return self._rules[host]

    async def _robots(self, host: str, url: str) -> RobotsCopy | Unreachable:
        kept = self._turns.robots(host)
        if kept is not None and Rules(kept).is_fresh(self.clock()):
            return kept
        asked = await fetch_robots(self._paced, url, self.clock(), self.spec.timeout)
        if isinstance(asked, RobotsCopy):
            self._turns.learned(host, asked)
        return asked

    async def _paced(self, request: Request) -> Any:
        """Download when the host's turn has come; again, as a crawl does, where the answer asks to come back in a moment."""
        for _ in range(MAX_ATTEMPTS):
            async with self._turns.turn(host_of(request.url)) as gate:
                response = await self.crawler.engine.download_async(request)
                now = self.clock()
                pause = pause_of(answer_of(response), now)
                if pause is not None:
                    gate.pause(pause, now)
            if pause is None:
                break
        return response


def _problem(status: int) -> tuple[FailureClass | None, str]:
    """What an error status means."""
    if status < 400:
        return None, ""
    kinds = {
        404: FailureClass.GONE,
        410: FailureClass.GONE,
        401: FailureClass.BLOCKED,
        403: FailureClass.BLOCKED,
        429: FailureClass.BLOCKED,
    }
    return kinds.get(status, FailureClass.HTTP_5XX if status >= 500 else FailureClass.HTTP_4XX), f"the server answered {status}"
