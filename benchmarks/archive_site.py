"""Papers with a past: years of articles behind a sitemap by month, behind a numbered section, and behind a sitemap that tells no days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from press_sites import Answer, article, title

FIRST, LAST = 2010, 2025
A_PAGE = 20
NUMBER = re.compile(r"-(\d{7})\.html$")


class Archives:
    """`pages` articles a year, evenly spread, on each of three hosts: `monthly`, `numbered` and `undated`."""

    def __init__(self, hosts: int, pages: int) -> None:  # noqa: ARG002 - there are three kinds
        self.hosts = [f"{kind}.press.test" for kind in ("monthly", "numbered", "undated")]
        self.days = [date(year, 1, 1) + timedelta(days=365 * k // pages) for year in range(FIRST, LAST + 1) for k in range(pages)]
        self.paths = [f"/news/a-page-of-the-archive-{number:07}.html" for number in range(1, len(self.days) + 1)]

    def of(self, year: int) -> list[str]:
        """The addresses of a year's articles, less the host."""
        return [path for path, day in zip(self.paths, self.days, strict=True) if day.year == year]

    def answer(self, host: str, path: str, now: float) -> Answer:  # noqa: ARG002, PLR0911 - as other sites; a table of paths
        """By kind of host, and path."""
        kind = host.partition(".")[0]
        found = NUMBER.search(path)
        if found and 0 < int(found[1]) <= len(self.days):
            day = self.days[int(found[1]) - 1]
            stated = re.sub(rb'content="[^"]*"', f'content="{day}T09:00:00+00:00"'.encode(), article(host, path), count=1)
            return Answer("article", stated)
        if path == "/robots.txt":
            return Answer("robots", b"User-agent: *\nDisallow:\n", "text/plain")
        if path == "/":
            return Answer("listing", self._page(host, list(reversed(self.paths))[:A_PAGE], '<a href="/section/">La section</a>'))
        if kind == "numbered" and path.startswith("/section/"):
            return self._section(host, path)
        if kind == "monthly" and path.startswith("/sitemap"):
            return self._monthly(host, path)
        if kind == "undated" and path == "/sitemap.xml":
            return Answer("sitemap", urlset(host, self.paths), "application/xml")
        return Answer("missing", b"not here", status=404)

    def _section(self, host: str, path: str) -> Answer:
        number = int(path.rstrip("/").rpartition("/")[2]) if "/page/" in path else 1
        newest = self.paths[::-1][(number - 1) * A_PAGE : number * A_PAGE]
        if not newest:
            return Answer("missing", b"not here", status=404)
        return Answer("listing", self._page(host, newest, f'<a rel="next" href="/section/page/{number + 1}/">Suivant</a>'))

    def _page(self, host: str, paths: Sequence[str], more: str) -> bytes:
        days = dict(zip(self.paths, self.days, strict=True))
        items = "".join(
            f'<article><time datetime="{days[path]}">{days[path]}</time><h2><a href="{path}">{title(host, path)}</a></h2></article>'
            for path in paths
        )
        return f'<!doctype html><html lang="fr"><head><title>{host}</title></head><body>{items}{more}</body></html>'.encode()

    def _monthly(self, host: str, path: str) -> Answer:
        months = sorted({f"{day:%Y-%m}" for day in self.days})
        if path == "/sitemap.xml":
            parts = "".join(f"<sitemap><loc>http://{host}/sitemap-{month}.xml</loc></sitemap>" for month in months)
            body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</sitemapindex>'
            return Answer("sitemap", body.encode(), "application/xml")
        paths = [each for each, day in zip(self.paths, self.days, strict=True) if path == f"/sitemap-{day:%Y-%m}.xml"]
        return Answer("sitemap", urlset(host, paths), "application/xml")


def urlset(host: str, paths: Sequence[str]) -> bytes:
    """A sitemap that says nothing of days."""
    rows = "".join(f"<url><loc>http://{host}{path}</loc></url>" for path in paths)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()
