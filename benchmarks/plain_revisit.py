"""The peer that visits papers again: what a plain Scrapy project does each time its timetable starts it.

One process; feed, sitemap and home page of every paper are fetched, then the articles that stand on them, each read by trafilatura
and langdetect and committed unless its address is known. Prints one line of JSON: requests and CPU milliseconds of the crawl
itself, loading of libraries not counted.

    http_proxy=http://127.0.0.1:PORT python benchmarks/plain_revisit.py HOSTS_FILE DATABASE_FILE
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from lxml import etree
from plain_scrapy import Press, Store
from scrapy import Request, Spider, signals
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor


class Revisit(Spider):
    """Every paper of a list."""

    name = "revisit"
    links = LinkExtractor(allow=r"/news/")
    parse_article = Press.parse

    async def start(self) -> Any:
        """Three pages a paper."""
        self.started = time.process_time()
        for host in HOSTS:
            yield Request(f"http://{host}/feed.xml", self.parse_addresses)
            yield Request(f"http://{host}/sitemap.xml", self.parse_addresses)
            yield Request(f"http://{host}/", self.parse_home)

    def parse_addresses(self, response: Any) -> Any:
        """The items of a feed, the addresses of a sitemap."""
        tree = etree.fromstring(response.body)
        for node in tree.iter():
            if re.search(r"(loc|link)$", str(node.tag)) and "/news/" in (node.text or ""):
                yield Request(node.text, self.parse_article)

    def parse_home(self, response: Any) -> Any:
        """The articles a home page shows."""
        for link in self.links.extract_links(response):
            yield Request(link.url, self.parse_article)

    def closed(self, reason: str) -> None:
        """Say what it took."""
        del reason
        cpu = 1000 * (time.process_time() - self.started)
        print(json.dumps({"cpu_ms": cpu, "requests": REQUESTS.total()}))


HOSTS = Path(sys.argv[1]).read_text().split()
REQUESTS: Counter[str] = Counter()


def count(request: Any, spider: Any = None) -> None:
    """Count a request that was sent."""
    del spider
    REQUESTS[request.url] += 1


if __name__ == "__main__":
    process = CrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "ROBOTSTXT_OBEY": True,
            "ITEM_PIPELINES": {Store: 1},
            "CONCURRENT_REQUESTS": 32,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_DELAY": 0,
        }
    )
    crawler = process.create_crawler(Revisit)
    crawler.signals.connect(count, signal=signals.request_reached_downloader)
    process.crawl(crawler)
    process.start()
