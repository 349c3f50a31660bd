"""robots.txt: how it is fetched, how long a copy counts, and what it allows (RFC 9309). Where copies are kept is `db.hosts`'s business."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from protego import Protego
from scrapy.http import Request, Response

from crawlers.failures import failure_class
from crawlers.spec import PRODUCT
from db.identity import clean_url
from db.records import RobotsCopy
from db.vocabulary import FailureClass

FRESH = timedelta(hours=24)
"""How long a copy is used without asking again (RFC 9309 §2.4)."""
MAX_BYTES = 512 * 1024
"""What is read of a longer file; RFC 9309 §2.5 asks for 500 KiB at least."""
MAX_REDIRECTS = 5

Download = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No usable answer: everything is forbidden until there is one (RFC 9309 §2.3.1.4)."""

    failure: FailureClass
    status: int | None = None
    detail: str = field(default="", compare=False)
    """What went wrong, for a person, where there was no answer at all."""


class Rules:
    """What one copy says to us."""

    def __init__(self, copy: RobotsCopy) -> None:
        self.fetched_at = copy.fetched_at
        self._parsed = Protego.parse(copy.body or "")

    def allows(self, url: str) -> bool:
        """Whether the address may be fetched; robots.txt itself always may (RFC 9309 §2.2.2)."""
        return urlsplit(url).path == "/robots.txt" or bool(self._parsed.can_fetch(url, PRODUCT))

    @property
    def crawl_delay(self) -> float | None:
        """Seconds between requests that the site wishes; None if it states none or nonsense."""
        delay = self._parsed.crawl_delay(PRODUCT)
        return float(delay) if delay is not None and delay >= 0 else None

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Absolute addresses of the Sitemap lines, each once."""
        found = (clean_url(str(url)) for url in self._parsed.sitemaps)
        return tuple(dict.fromkeys(url for url in found if url))

    def is_fresh(self, now: datetime) -> bool:
        """Whether the copy may still be used without asking again; one from the future may not."""
        return timedelta(0) <= now - self.fetched_at < FRESH


def robots_url(url: str) -> str:
    """Where the rules for an address lie: same scheme, host and port (RFC 9309 §2.3)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"


async def fetch_robots(download: Download, url: str, now: datetime, seconds: float) -> RobotsCopy | Unreachable:
    """Fetch the rules for `url`, following redirects even to other hosts (RFC 9309 §2.3.1.2).

    4xx and too many redirects mean that there are no rules; 5xx and silence for `seconds` mean Unreachable.
    """
    target = robots_url(url)
    for _ in range(MAX_REDIRECTS + 1):
        try:
            response = await download(robots_request(target, seconds))
        except Exception as error:  # noqa: BLE001 - whatever broke, there is no answer, and no answer forbids
            return Unreachable(failure_class(error), detail=str(error) or type(error).__name__)
        location = response.headers.get("Location")
        if not (300 <= response.status < 400 and location):
            return _judge(response, now)
        following = clean_url(urljoin(target, location.decode("latin-1")))
        if following is None:
            break
        target = following
    return RobotsCopy(now, response.status, None)


def robots_request(url: str, seconds: float) -> Request:
    """A request outside the frontier: never filtered as a duplicate."""
    return Request(url, dont_filter=True, headers={"Accept": "text/plain,*/*;q=0.5"}, meta={"download_timeout": seconds})


def _judge(response: Response, now: datetime) -> RobotsCopy | Unreachable:
    if response.status >= 500:
        return Unreachable(FailureClass.HTTP_5XX, response.status)
    if response.status == 429:  # "not now" is no permission, whatever its class
        return Unreachable(FailureClass.BLOCKED, response.status)
    body = decode_robots(response.body) if 200 <= response.status < 300 else None
    return RobotsCopy(now, response.status, body)


def decode_robots(body: bytes) -> str:
    """The text of a robots.txt: UTF-8 with or without a mark, UTF-16 with one; cut at MAX_BYTES, without NUL, line ends as LF."""
    head = body[:MAX_BYTES]
    encoding = "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    text = head.decode(encoding, errors="replace").replace("\0", "")
    return text.replace("\r\n", "\n").replace("\r", "\n")
