"""The ways into a site's past, told from sites that exist only as given answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawlers.archives import Means, find_archives, sample
from crawlers.discovery.scope import Scope
from crawlers.fetch import Fetched
from crawlers.source import Source
from db.errors import Unavailable
from db.vocabulary import FailureClass, Way

NOW = datetime(2026, 2, 1, 8, tzinfo=UTC)
HOME = "https://www.paper.test/"
YEAR = Scope(date(2014, 1, 1), date(2015, 1, 1))
HTML = (("Content-Type", "text/html; charset=utf-8"),)


class Site:
    """Answers by path; everything else is 404."""

    def __init__(self, **pages: str) -> None:
        self.pages = {"/": page("/politique/", "/un-article-assez-long-1.html")} | pages
        self.asked: list[str] = []

    def __call__(self, urls: Sequence[str]) -> list[Fetched]:
        self.asked += urls
        return [self._answer(url) for url in urls]

    def _answer(self, url: str) -> Fetched:
        body = self.pages.get(urlsplit(url).path)
        if body is None:
            return Fetched(url, url, NOW, 404, failure=FailureClass.GONE, detail="answered 404")
        return Fetched(url, url, NOW, 200, HTML, body.encode())

    def plan(self, scope: Scope = YEAR, ways: Sequence[Way] | None = None, toml: str = "", day_of=lambda _: None):
        source = Source.from_toml(f'home = "{HOME}"\n{toml}', Path("paper.toml"))
        return find_archives(source, scope, ways, Means(self, day_of, NOW))


def page(*paths: str) -> str:
    items = "".join(f'<li><a href="{path}">Un titre assez long pour {path}</a></li>' for path in paths)
    return f"<html><body><ul>{items}</ul></body></html>"


def index(*parts: str) -> str:
    entries = "".join(f"<sitemap><loc>{HOME[:-1]}{part}</loc></sitemap>" for part in parts)
    return f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'


def urlset(*paths: str) -> str:
    entries = "".join(f"<url><loc>{HOME[:-1]}{path}</loc></url>" for path in paths)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def rows(archives) -> list[tuple[Way, str]]:
    return [(each.way, each.label) for each in archives.slices]


def test_the_parts_of_an_index_that_lie_in_the_range_newest_first():
    parts = [f"/sitemap-{year}-{month:02}.xml" for year in (2013, 2014, 2015, 2016) for month in (1, 6, 11)]
    site = Site(**{"/robots.txt": f"Sitemap: {HOME}sitemap.xml", "/sitemap.xml": index(*parts)})
    found = site.plan()
    months = ("2015-01", "2014-11", "2014-06", "2014-01")
    assert rows(found) == [(Way.SITEMAP, f"/sitemap-{month}.xml") for month in months], "the first may hold the range's last evening"
    assert (found.slices[0].params["edge"], found.slices[0].expected) == (True, 0)
    assert found.slices[1].params == {"starts": [["sitemap", f"{HOME}sitemap-2014-11.xml"]]}
    assert (found.slices[1].since, found.slices[1].until) == (date(2014, 11, 1), date(2014, 12, 1))


def test_parts_that_list_no_articles_are_left_out():
    parts = ["/post-sitemap1.xml", "/page-sitemap.xml", "/category-sitemap.xml", "/author-sitemap.xml", "/wp-sitemap-users-1.xml"]
    site = Site(**{"/robots.txt": f"Sitemap: {HOME}sitemap.xml", "/sitemap.xml": index(*parts)})
    assert rows(site.plan()) == [(Way.SITEMAP, "/post-sitemap1.xml")]


def test_a_sitemap_without_parts_tells_its_size():
    site = Site(**{"/sitemap.xml": urlset("/2014/05/01/un-titre", "/2014/06/02/un-autre", "/2019/01/01/plus-tard")})
    [only] = site.plan().slices
    assert (only.label, only.expected) == ("/sitemap.xml", 2)


def test_numbers_stand_for_days_where_a_sitemap_says_nothing_of_them():
    first = date(2012, 1, 1)
    days = {f"/un-titre-assez-long-{1000 + k}.html": first + timedelta(days=k * 5) for k in range(300)}
    articles = {path: f"<html><body>{day}</body></html>" for path, day in days.items()}
    site = Site(**{"/sitemap.xml": urlset(*days)}, **articles)
    found = site.plan(day_of=lambda page: days[urlsplit(page.url).path])
    [only] = found.slices
    low, high = only.params["numbers"]
    inside = [int(path[-9:-5]) for path, day in days.items() if YEAR.holds(day)]
    assert low <= min(inside)
    assert high >= max(inside)
    assert len(inside) <= only.expected <= len(inside) + 12
    assert "says nothing of days" in found.remarks[0]


def test_pages_by_month_are_found_on_the_front_page():
    site = Site(**{"/": page("/un-article-assez-long-1.html", "/2025/12/", "/2026/01/")})
    found = site.plan(Scope(date(2014, 11, 15), date(2015, 2, 1)), [Way.ARCHIVE])
    assert [(each.label, each.params["starts"][0][1]) for each in found.slices] == [
        ("2015-01", f"{HOME}2015/01/"),
        ("2014-12", f"{HOME}2014/12/"),
        ("2014-11", f"{HOME}2014/11/"),
    ]


def test_pages_by_day_are_named_in_the_source_file():
    toml = '[discovery]\narchives = ["/archives/{yyyy}/{m}/{d}"]'
    [only] = Site().plan(Scope(date(2014, 3, 30), date(2014, 4, 1)), [Way.ARCHIVE], toml).slices
    assert (only.label, only.params["starts"]) == (
        "2014-03",
        [["listing", f"{HOME}archives/2014/3/31"], ["listing", f"{HOME}archives/2014/3/30"]],
    )


def test_sections_are_walked_where_nothing_else_is_there():
    found = Site().plan()
    assert rows(found) == [(Way.LISTING, "/"), (Way.LISTING, "/politique/")]
    assert found.remarks == ("no sitemap lists anything of these days", "no pages by month were found; [discovery] archives names them")


def test_sections_beside_a_sitemap_only_if_they_are_asked_for():
    site = Site(**{"/sitemap.xml": urlset("/2014/05/01/un-titre")})
    assert [way for way, _ in rows(site.plan())] == [Way.SITEMAP]
    assert [way for way, _ in rows(site.plan(ways=[Way.SITEMAP, Way.LISTING]))] == [Way.SITEMAP, Way.LISTING, Way.LISTING]


def test_listings_of_the_source_file_are_its_sections():
    toml = '[[listings]]\nurl = "/economie/"\n[[listings]]\nurl = "/سياسة"'
    assert rows(Site().plan(toml=toml)) == [(Way.LISTING, "/economie/"), (Way.LISTING, "/سياسة")]


def test_article_numbers_of_the_range_are_tried():
    first = date(2012, 1, 1)
    days = {number: first + timedelta(days=number) for number in range(1, 1500) if number % 3 == 0}
    site = Site(**{"/": page("/un-article-assez-long/") + '<link rel="shortlink" href="/?p=1498">'})

    def answer(url: str) -> Fetched:
        number = int(url.rpartition("=")[2]) if "?p=" in url else 0
        if number in days:
            return Fetched(url, url, NOW, 200, HTML, b"an article")
        return Site._answer(site, url) if "?p=" not in url else Fetched(url, url, NOW, 404, failure=FailureClass.GONE)

    site._answer = answer
    found = site.plan(toml='[discovery]\nnumbered = "/?p={n}"', ways=[Way.IDS], day_of=lambda page: days[int(page.url.rpartition("=")[2])])
    tried = [int(url.rpartition("=")[2]) for each in found.slices for _, url in each.params["starts"]]
    wanted = {number for number, day in days.items() if YEAR.holds(day)}
    assert wanted <= set(tried)
    assert len(tried) <= 365 + 2 * 20
    assert tried == sorted(tried, reverse=True), "the newest first"
    assert {each.way for each in found.slices} == {Way.IDS}
    assert found.slices[0].expected == 200


def test_no_article_numbers():
    assert Site().plan(ways=[Way.IDS]).slices == ()
    assert "[discovery] numbered" in Site().plan(ways=[Way.IDS]).remarks[0]


def test_a_site_that_does_not_answer():
    def silent(urls):
        return [Fetched(url, url, NOW, failure=FailureClass.TIMEOUT, detail="no answer in 30 s") for url in urls]

    source = Source.from_home(HOME)
    with pytest.raises(Unavailable, match="does not answer"):
        find_archives(source, YEAR, None, Means(silent, lambda _: None, NOW))


def test_a_sample_of_parts_tells_their_sizes():
    parts = {
        f"/sitemap-2014-{month:02}.xml": urlset(*(f"/2014/{month:02}/0{k}/titre" for k in range(1, 1 + month % 4)))
        for month in range(1, 13)
    }
    site = Site(**{"/sitemap.xml": index(*parts)}, **parts)
    found = site.plan()
    sizes = sample(found, Source.from_home(HOME), YEAR, Means(site, lambda _: None, NOW))
    assert 1 <= len(sizes) <= 3
    assert all(size == int(label[-6:-4]) % 4 for label, size in sizes.items())
