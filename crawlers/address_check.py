"""What every request passes on its way out: only http and https, through the proxy if there is one, and a refused address says why.

The verdict over addresses is `crawlers.networks`'s and falls where names are resolved; here its reason is put into words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Request

from crawlers.networks import Network, literal, parse_networks, refusal
from crawlers.resolver import Guard, MappedResolver

SCHEMES = frozenset({"http", "https"})


class AddressRefused(Exception):
    """An address that nothing is fetched from; the message says why, for a person."""


class AddressMiddleware:
    """A downloader middleware; stands before Scrapy's HttpProxyMiddleware. Settings: VEILLE_PROXY, VEILLE_ALLOW_NETWORKS."""

    def __init__(self, guard: Guard, proxy: str | None = None, allowed: Iterable[Network] = ()) -> None:
        self._guard = guard
        self._proxy = proxy
        self._allowed = tuple(allowed)

    @classmethod
    def from_crawler(cls, crawler: Any) -> AddressMiddleware:
        """The guard is that of the resolver this process uses."""
        from twisted.internet import reactor  # noqa: PLC0415 - importing it earlier would choose another reactor

        resolver = reactor.nameResolver
        guard = resolver.guard if isinstance(resolver, MappedResolver) else Guard()
        networks = parse_networks(crawler.settings.getlist("VEILLE_ALLOW_NETWORKS"))
        return cls(guard, crawler.settings.get("VEILLE_PROXY") or None, networks)

    def process_request(self, request: Request) -> None:
        """Raise AddressRefused for another scheme; through a proxy, which resolves names itself, for a private address in numbers."""
        parts = urlsplit(request.url)
        if parts.scheme not in SCHEMES:
            raise AddressRefused(f"{parts.scheme}: is not fetched, only http and https")
        if self._proxy:
            address = literal(parts.hostname or "")
            words = refusal(address, self._allowed) if address is not None else None
            if words:
                raise AddressRefused(f"{parts.hostname} is {address}, which is {words}")
            request.meta["proxy"] = self._proxy

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A name whose addresses were all refused is no unknown name."""
        words = self._guard.why(urlsplit(request.url).hostname or "")
        if isinstance(exception, CannotResolveHostError) and words is not None:
            raise AddressRefused(words) from exception
