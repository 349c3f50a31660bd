"""Inside the fetching process: Scrapy set up from a spec, run on asyncio until it is told to stop. Only this process imports Scrapy."""

from __future__ import annotations

from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawlers.child import Say
from crawlers.report import EngineEvent, EventKind
from crawlers.spec import EngineSpec
from crawlers.spider import FrontierSpider
from db.errors import VeilleError


def run(say: Say, spec: EngineSpec) -> int:
    """Fetch for `spec.owner` until SIGTERM; returns the exit code: 0 in order, 1 after a failure that was reported."""

    def emit(event: EngineEvent) -> None:
        say(event.to_line())

    process = AsyncCrawlerProcess(scrapy_settings(spec))
    crawler = process.create_crawler(FrontierSpider)
    task = process.crawl(crawler, spec=spec, emit=emit)
    process.start()
    error = None if task.cancelled() or not task.done() else task.exception()
    if error is not None:
        message = str(error) if isinstance(error, VeilleError) else f"{type(error).__name__}: {error}"
        emit(EngineEvent(EventKind.FAILED, message=message))
        return 1
    spider = crawler.spider
    return 1 if isinstance(spider, FrontierSpider) and spider.failure is not None else 0


def scrapy_settings(spec: EngineSpec) -> Settings:
    """`crawlers.settings` with what the spec says instead of the environment."""
    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    settings.setdict(_overrides(spec), priority="cmdline")
    return settings


def _overrides(spec: EngineSpec) -> dict[str, Any]:
    return {
        "USER_AGENT": spec.agent,
        "CONCURRENT_REQUESTS": spec.concurrency,
        "DOWNLOAD_TIMEOUT": spec.timeout,
        "DOWNLOAD_MAXSIZE": spec.max_bytes,
        "DNS_TIMEOUT": min(10.0, spec.timeout),
        "LOG_LEVEL": spec.log_level,
        "VEILLE_RESOLVE": dict(spec.resolve),
        "VEILLE_ALLOW_NETWORKS": list(spec.allow_networks),
        "VEILLE_PROXY": spec.proxy,
        "HTTPPROXY_ENABLED": bool(spec.proxy),
        "VEILLE_SOURCES": [str(folder) for folder in spec.source_folders],
        "VEILLE_BUNDLED_SOURCES": spec.bundled_sources,
    }
