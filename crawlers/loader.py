"""Makes a Scrapy spider of every source file, so that `scrapy list` and `scrapy crawl NAME` know them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scrapy import Request, Spider

from crawlers.registry import Registry
from crawlers.spider import SourceSpider
from db.errors import UnknownName


class SourceLoader:
    """Scrapy's SPIDER_LOADER_CLASS (see `scrapy.spiderloader.SpiderLoaderProtocol`); the folders come from VEILLE_SOURCES."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @classmethod
    def from_settings(cls, settings: Any) -> SourceLoader:
        """Read the bundled sources and those of the user's folders."""
        folders = [Path(folder) for folder in settings.getlist("VEILLE_SOURCES")]
        return cls(Registry(folders, bundled=settings.getbool("VEILLE_BUNDLED_SOURCES", True)))

    def list(self) -> list[str]:
        """The names of all sources."""
        return self._registry.names()

    def load(self, spider_name: str) -> type[Spider]:
        """A spider class for one source. Raises KeyError with the names that look alike, as Scrapy expects."""
        try:
            source = self._registry.get(spider_name)
        except UnknownName as error:
            raise KeyError(str(error)) from error
        return type("".join(part.title() for part in source.name.split("-")), (SourceSpider,), {"name": source.name})

    def find_by_request(self, request: Request) -> __builtins__.list[str]:
        """The sources an address belongs to."""
        return [source.name for source in self._registry.all() if source.is_on_site(request.url)]
