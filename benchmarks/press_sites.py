"""What the invented papers of `press_server` answer: papers where nothing changes, endless small pages, and papers with manners to keep."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from page_server import DID, TOWNS, WHAT, WHO, WHY

RSS_DAY = "Mon, 02 Mar 2026 05:00:00 GMT"
DAY = "2026-03-02T05:00:00+00:00"
BOMB_MEGABYTES = 512


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `wait` is in seconds before it is sent."""

    kind: str
    body: bytes = field(default=b"", repr=False)
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    allowed: bool = True
    wait: float = 0.0


class Site(Protocol):
    """Some papers."""

    hosts: list[str]

    def answer(self, host: str, path: str, now: float) -> Answer:
        """The answer to a request that came at `now`."""


class Papers:
    """Each paper has robots.txt, a feed, a sitemap, a home page, and `pages` articles that stand on all three."""

    def __init__(self, hosts: int, pages: int) -> None:
        self.hosts = [f"paper{number:05}.press.test" for number in range(hosts)]
        self.pages = pages
        self.robots = "User-agent: *\nDisallow: /private/\n"

    def answer(self, host: str, path: str, now: float) -> Answer:  # noqa: ARG002 - other sites need the moment
        """By path."""
        if path == "/robots.txt":
            return Answer("robots", f"{self.robots}Sitemap: http://{host}/sitemap.xml\n".encode(), "text/plain")
        if path == "/feed.xml":
            return Answer("feed", self._feed(host), "application/rss+xml")
        if path == "/sitemap.xml":
            return Answer("sitemap", sitemap(host, self.paths()), "application/xml")
        if path == "/":
            return Answer("listing", self._home(host))
        if path.startswith("/news/"):
            return Answer("article", article(host, path))
        return Answer("missing", b"not here", status=404)

    def paths(self) -> list[str]:
        """The articles' paths."""
        return [f"/news/2026/03/02/{number:05}-a-page-of-the-benchmark.html" for number in range(self.pages)]

    def _feed(self, host: str) -> bytes:
        items = "".join(
            f"<item><title>{title(host, path)}</title><link>http://{host}{path}</link><pubDate>{RSS_DAY}</pubDate>"
            f"<description>{sentence(random.Random(path))}</description></item>"
            for path in self.paths()
        )
        return f'<rss version="2.0"><channel><title>{host}</title><link>http://{host}/</link>{items}</channel></rss>'.encode()

    def _home(self, host: str) -> bytes:
        teasers = "".join(
            f'<article><h2><a href="{path}">{title(host, path)}</a></h2><p>{sentence(random.Random(path))}</p></article>'
            for path in self.paths()
        )
        return f'<!doctype html><html lang="fr"><head><title>{host}</title></head><body><h1>{host}</h1>{teasers}</body></html>'.encode()


class Endless(Papers):
    """As `Papers`, and one page more, that is 512 MiB once it is decompressed."""

    def __init__(self, hosts: int, pages: int) -> None:
        super().__init__(hosts, pages)
        self._bomb = bomb()
        self.hosts = [*self.hosts, "bomb.press.test"]

    def answer(self, host: str, path: str, now: float) -> Answer:
        """The bomb's paper has a sitemap of one page."""
        if host != "bomb.press.test" or path == "/robots.txt":
            return super().answer(host, path, now)
        if path == "/sitemap.xml":
            return Answer("sitemap", sitemap(host, self.paths()[:1]), "application/xml")
        if path == self.paths()[0]:
            return Answer("article", self._bomb, headers=(("Content-Encoding", "gzip"),))
        return Answer("listing", b"<!doctype html><title>nothing</title>")


class Mannered(Papers):
    """Papers with something to respect: a Crawl-delay, a 429 or 503 with Retry-After in the midst of the articles, forbidden pages.

    The name of a host says which: `crawl-delay`, `retry-429`, `retry-503`; all forbid `/private/`, which their sitemaps name.
    """

    def __init__(self, hosts: int, pages: int) -> None:
        super().__init__(hosts, pages)
        self.hosts = [*self.hosts, *(f"{name}.press.test" for name in ("crawl-delay", "retry-429", "retry-503"))]
        self._answered: dict[str, int] = {}
        self._asked_to_wait: set[str] = set()

    def paths(self) -> list[str]:
        """Every fifth is forbidden."""
        return [path.replace("/news/", "/private/") if number % 5 == 4 else path for number, path in enumerate(super().paths())]

    def answer(self, host: str, path: str, now: float) -> Answer:
        """The fourth article of a `retry` host is refused once."""
        if host.startswith("crawl-delay") and path == "/feed.xml":
            return Answer("missing", b"not here", status=404)
        if host.startswith("crawl-delay") and path == "/sitemap.xml":
            return Answer("sitemap", sitemap(host, self.paths()[:5]), "application/xml")  # few, for each takes its time
        if path.startswith("/private/"):
            return Answer("article", b"forbidden", allowed=False)
        found = super().answer(host, path, now)
        if path == "/robots.txt" and host.startswith("crawl-delay"):
            return Answer("robots", f"User-agent: *\nCrawl-delay: {CRAWL_DELAY}\nDisallow: /private/\n".encode(), "text/plain")
        if found.kind == "article" and host.startswith("retry"):
            self._answered[host] = self._answered.get(host, 0) + 1
            if self._answered[host] == 4 and host not in self._asked_to_wait:
                self._asked_to_wait.add(host)
                return Answer("article", b"later", status=int(host[6:9]), headers=(("Retry-After", str(RETRY_AFTER)),))
        return found


CRAWL_DELAY = 8
RETRY_AFTER = 9
"""Seconds."""
SITES: dict[str, Callable[[int, int], Site]] = {"papers": Papers, "endless": Endless, "mannered": Mannered}


def sitemap(host: str, paths: Sequence[str]) -> bytes:
    """A sitemap of these paths."""
    rows = "".join(f"<url><loc>http://{host}{path}</loc><lastmod>{DAY}</lastmod></url>" for path in paths)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()


def article(host: str, path: str) -> bytes:
    """A short article page of about 3 kB, the same for the same address."""
    draw = random.Random(host + path)
    text = "".join(f"<p>{' '.join(sentence(draw) for _ in range(3))}</p>" for _ in range(4))
    name = title(host, path)
    return f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{name}</title>
<meta property="article:published_time" content="{DAY}"></head>
<body><nav><a href="/">{host}</a></nav><article><h1>{name}</h1>{text}</article><footer>© {host}</footer></body></html>""".encode()


def title(host: str, path: str) -> str:
    """The headline of an article."""
    draw = random.Random(path + host)
    return f"{draw.choice(TOWNS)} : {draw.choice(WHAT)}, dossier {draw.randrange(10**6)}"


def sentence(draw: random.Random) -> str:
    """A plausible sentence."""
    told = f"{draw.choice(WHO)} de {draw.choice(TOWNS)} {draw.choice(DID)} {draw.choice(WHAT)} {draw.choice(WHY)}"
    return f"{told}, dit-on au {draw.randrange(999)}."


def bomb() -> bytes:
    """512 MiB of zeros as half a megabyte of gzip."""
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=9, mtime=0) as packed:
        for _ in range(BOMB_MEGABYTES):
            packed.write(bytes(1 << 20))
    return stream.getvalue()
