"""A survey of sites that exist only as given answers: what is asked for, what is believed, when it ends in an error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from crawlers import rounds
from crawlers.fetch import Fetched
from crawlers.robots import Rules
from crawlers.survey import survey
from db.errors import SourceError, SurveyError, Unavailable
from db.records import RobotsCopy
from db.vocabulary import FailureClass, FoundBy

NOW = datetime(2026, 2, 1, 8, tzinfo=UTC)
HOME = "https://www.paper.test/"
HTML = (("Content-Type", "text/html; charset=utf-8"),)


class Site:
    """Answers by address; everything else is 404. A tuple is (final address, body), a failure is one."""

    def __init__(
        self, pages: dict[str, str | bytes | FailureClass | tuple[str, str]], *, otherwise: FailureClass = FailureClass.GONE
    ) -> None:
        self.pages, self.otherwise = pages, otherwise
        self.rounds: list[list[str]] = []

    def __call__(self, urls: Sequence[str]) -> list[Fetched]:
        self.rounds.append(list(urls))
        return [self._answer(url) for url in urls]

    @property
    def asked(self) -> list[str]:
        return [url for urls in self.rounds for url in urls]

    def _answer(self, url: str) -> Fetched:
        page = self.pages.get(url, self.otherwise)
        if isinstance(page, FailureClass):
            status = 404 if page is FailureClass.GONE else None
            return Fetched(url, url, NOW, status, failure=page, detail=f"no luck ({page})")
        final, body = page if isinstance(page, tuple) else (url, page)
        return Fetched(url, final, NOW, 200, HTML, body.encode() if isinstance(body, str) else body)


def links(*paths: str, head: str = "") -> str:
    items = "".join(f'<li><a href="{path}">Un titre assez long pour {path}</a></li>' for path in paths)
    return f'<html lang="fr"><head><title>Le Journal</title>{head}</head><body><ul>{items}</ul></body></html>'


def rss(*paths: str, title: str = "Le Journal") -> str:
    items = "".join(
        f"<item><title>t</title><link>{HOME[:-1]}{path}</link><pubDate>Tue, 20 Jan 2026 0{n % 10}:30:00 +0100</pubDate></item>"
        for n, path in enumerate(paths)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


def urlset(*paths: str) -> str:
    urls = "".join(f"<url><loc>{HOME[:-1]}{path}</loc><lastmod>2026-01-0{n % 9 + 1}</lastmod></url>" for n, path in enumerate(paths))
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def index(*paths: str) -> str:
    maps = "".join(f"<sitemap><loc>{HOME[:-1]}{path}</loc></sitemap>" for path in paths)
    return f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{maps}</sitemapindex>'


def at(path: str) -> str:
    return HOME + path.lstrip("/")


ARTICLES = [f"/politique/un-titre-de-plusieurs-mots,{n}.html" for n in range(10, 20)]
DECLARED = '<link rel="alternate" type="application/rss+xml" href="{}" title="{}">'


def bodies() -> dict[str, str]:
    return {at(path): links() for path in ARTICLES}


def test_what_a_site_declares_is_found_in_few_rounds():
    head = DECLARED.format("/backend", "RSS") + '<meta property="og:site_name" content="Le Journal du Soir">'
    site = Site(
        {
            HOME: links("/politique/", *ARTICLES[:3], head=head),
            at("robots.txt"): f"User-agent: *\nDisallow: /prive/\nSitemap: {HOME}plan.xml\n",
            at("backend"): rss(*ARTICLES[:5]),
            at("plan.xml"): urlset(*ARTICLES),
            at("politique/"): links(*ARTICLES, "/politique/?debut_articles=10"),
            **bodies(),
        }
    )
    found = survey(HOME, site)
    assert (found.home, found.status, found.at) == (HOME, 200, NOW)
    assert (found.robots.outcome, found.robots.sitemaps) == ("ok", (at("plan.xml"),))
    assert (found.title, found.title_from, found.page_language) == ("Le Journal du Soir", "og:site_name of the home page", "fr")
    (feed,) = found.feeds
    assert (feed.url, feed.kind, feed.items, feed.articles, feed.newest) == (at("backend"), "rss", 5, 5, date(2026, 1, 20))
    assert (feed.declared, feed.left_out) == (True, None)
    (sitemap,) = found.sitemaps
    assert (sitemap.count, sitemap.looked_at, sitemap.articles, sitemap.named) == (10, 10, 10, True)
    assert (sitemap.oldest, sitemap.newest) == (date(2026, 1, 1), date(2026, 1, 9))
    assert found.sections == (at("politique/"),)
    assert [(section.url, section.articles, section.older) for section in found.looked_at] == [
        (at("politique/"), 10, at("politique/?debut_articles=10"))
    ]
    assert found.pattern is not None
    assert (found.pattern.words, found.pattern.matched, found.pattern.of) == ("slug,ID.html", 10, 10)
    assert found.zone.offsets == ("+01:00",)
    assert {page.candidate.found_by for page in found.sample} == {FoundBy.FEED, FoundBy.SITEMAP, FoundBy.LISTING}
    assert len({page.fetched.url for page in found.sample}) == 5
    assert len(site.rounds) == 3, "nothing is guessed where everything is named"
    assert len(site.asked) == len(set(site.asked)) == len(found.trail)
    assert found.tried("feed") == (at("backend"),)


def test_a_site_without_feed_and_sitemap_is_taken_from_its_sections():
    site = Site({HOME: links("/politique/", "/sport/"), at("politique/"): links(*ARTICLES), **bodies()})
    found = survey(HOME, site)
    assert (found.feeds, found.sitemaps) == ((), ())
    assert found.robots.outcome == "none (404)"
    assert len(found.sample) == 5
    assert found.links == 10
    assert at("spip.php?page=backend") in found.tried("feed")
    assert at("sitemap_index.xml") in found.tried("sitemap")
    assert len(site.asked) <= rounds.MOST


def test_the_spip_feed_is_found_without_a_link():
    generator = '<meta name="generator" content="SPIP 4.1">'
    site = Site({HOME: links(*ARTICLES, head=generator), at("spip.php?page=backend"): rss(*ARTICLES), **bodies()})
    found = survey(HOME, site)
    assert found.system is not None
    assert found.system.name == "SPIP"
    assert [(feed.url, feed.declared) for feed in found.feeds_used] == [(at("spip.php?page=backend"), False)]
    assert found.tried("feed")[0] == at("spip.php?page=backend"), "the system's own habit comes first"


def test_a_page_that_answers_every_address_is_believed_nowhere():
    everything = {at(path): links(*ARTICLES) for path in ("feed/", "rss", "rss.xml", "sitemap.xml", "wp-sitemap.xml")}
    site = Site({HOME: links(*ARTICLES), **everything, **bodies()})
    found = survey(HOME, site)
    assert (found.feeds, found.sitemaps) == ((), ())
    said = {asked.url: asked.outcome for asked in found.trail}
    assert said[at("feed/")] == "answered 200, but is no feed"
    assert said[at("sitemap.xml")] == "answered 200, but is no sitemap"


def test_feeds_that_add_nothing_are_left_out_with_the_reason():
    head = "".join(DECLARED.format(f"/f{n}", "f") for n in range(4))
    site = Site(
        {
            HOME: links(*ARTICLES, head=head),
            at("f0"): rss(*ARTICLES),
            at("f1"): rss(*ARTICLES),
            at("f2"): rss("/tag/eau", "/auteur/x"),
            at("f3"): rss(*ARTICLES[:2], title="Commentaires sur Le Journal"),
            **bodies(),
        }
    )
    found = survey(HOME, site)
    assert [feed.left_out for feed in found.feeds] == [
        None,
        f"the same items as {at('f0')}",
        "none of its 2 items leads to an article of this site",
        "comments",
    ]
    assert [feed.url for feed in found.feeds_used] == [at("f0")]


def test_an_empty_feed_is_left_out_and_the_usual_ones_are_tried():
    site = Site({HOME: links(*ARTICLES, head=DECLARED.format("/f0", "f")), at("f0"): rss(), at("feed/"): rss(*ARTICLES), **bodies()})
    found = survey(HOME, site)
    assert [(feed.url, feed.left_out) for feed in found.feeds] == [(at("f0"), "no item"), (at("feed/"), None)]


def test_a_feed_reached_by_two_addresses_is_one():
    site = Site({HOME: links(*ARTICLES), at("feed/"): (at("rss.xml"), rss(*ARTICLES)), at("rss.xml"): rss(*ARTICLES), **bodies()})
    assert [feed.url for feed in survey(HOME, site).feeds] == [at("rss.xml")]


@pytest.mark.parametrize(
    ("parts", "newest"),
    [
        (("/post-1.xml", "/post-2.xml", "/post-10.xml", "/category-11.xml"), "/post-10.xml"),
        (("/2026-01.xml", "/2025-12.xml"), "/2026-01.xml"),
        (("/articles.xml", "/tags.xml"), "/articles.xml"),
    ],
)
def test_of_an_index_the_newest_part_is_looked_at(parts, newest):
    site = Site(
        {
            HOME: links(),
            at("robots.txt"): f"Sitemap: {HOME}all.xml",
            at("all.xml"): index(*parts),
            at(newest): urlset(*ARTICLES, "/tag/eau"),
            **bodies(),
        }
    )
    (found,) = survey(HOME, site).sitemaps
    assert (found.is_index, found.count, found.newest_part, found.newest_part_count) == (True, len(parts), at(newest), 11)
    assert (found.looked_at, found.articles) == (11, 10)


def test_an_index_whose_part_is_missing_is_still_an_index():
    site = Site({HOME: links(*ARTICLES), at("robots.txt"): f"Sitemap: {HOME}all.xml", at("all.xml"): index("/a.xml"), **bodies()})
    (found,) = survey(HOME, site).sitemaps
    assert (found.newest_part_count, found.left_out) == (None, None)


def test_a_long_sitemap_is_looked_at_in_parts():
    paths = [f"/politique/un-titre-de-plusieurs-mots,{n}.html" for n in range(1000)]
    site = Site({HOME: links(), at("sitemap.xml"): urlset(*paths)})
    (found,) = survey(HOME, site).sitemaps
    assert (found.count, found.looked_at) == (1000, 200)


def test_a_sitemap_of_other_pages_is_left_out():
    site = Site({HOME: links(*ARTICLES), at("sitemap.xml"): urlset("/tag/eau", "/auteur/x"), **bodies()})
    (found,) = survey(HOME, site).sitemaps
    assert found.left_out == "none of 2 addresses looked at leads to an article"


class TestArrival:
    def test_redirects_lead_to_the_home_page_and_its_own_robots(self):
        site = Site(
            {"https://paper.test/": (f"{HOME}?from=old", links(*ARTICLES)), at("robots.txt"): "User-agent: *\nCrawl-delay: 1\n", **bodies()}
        )
        found = survey("paper.test", site)
        assert (found.asked_for, found.home) == ("paper.test", HOME)
        assert (found.robots.url, found.robots.crawl_delay) == (at("robots.txt"), 1.0)

    def test_a_query_the_person_wrote_stays(self):
        site = Site({f"{HOME}?lang=fr": links(*ARTICLES), **bodies()})
        assert survey(f"{HOME}?lang=fr", site).home == f"{HOME}?lang=fr"

    @pytest.mark.parametrize("other", ["http://paper.test/", "https://www.paper.test/"])
    def test_other_spellings_are_tried_when_there_is_silence(self, other):
        site = Site({other: links(*(f"{other[:-1]}{path}" for path in ARTICLES))}, otherwise=FailureClass.CONNECT)
        assert survey("https://paper.test/", site).home == other

    def test_a_dead_host_is_an_error_that_names_what_was_tried(self):
        site = Site({}, otherwise=FailureClass.DNS)
        with pytest.raises(Unavailable) as error:
            survey("http://www.dead.test/", site)
        text = str(error.value)
        assert "does not answer" in text
        for url in ("http://www.dead.test/", "https://www.dead.test/", "http://dead.test/"):
            assert f"{url} (dns" in text
        assert len(site.asked) == 4

    def test_an_error_page_is_an_error(self):
        with pytest.raises(Unavailable, match="cannot be used"):
            survey(HOME, Site({}))

    def test_a_refusal_says_what_to_do(self):
        with pytest.raises(Unavailable, match="set `contact`"):
            survey(HOME, Site({HOME: FailureClass.BLOCKED}))

    def test_forbidden_by_robots(self):
        site = Site({HOME: FailureClass.ROBOTS, at("robots.txt"): "User-agent: *\nDisallow: /\n"})
        with pytest.raises(SurveyError, match=r"robots.txt of www.paper.test forbids us"):
            survey(HOME, site)
        assert len(site.rounds) == 1, "nothing else is tried"

    @pytest.mark.parametrize("url", ["", "ftp://paper.test/", "http://", "not a host"])
    def test_no_web_address(self, url):
        site = Site({})
        with pytest.raises(SourceError):
            survey(url, site)
        assert site.asked == []


def test_a_site_without_any_article_is_not_taken():
    site = Site({HOME: "<html><body><p>Bientôt ici.</p></body></html>"})
    with pytest.raises(SurveyError) as error:
        survey(HOME, site)
    text = str(error.value)
    assert "no article was found" in text
    assert at("spip.php?page=backend") in text
    assert "[[listings]]" in text


def test_what_robots_forbids_is_not_in_the_sample():
    rules = "User-agent: *\nDisallow: /politique/\n"
    paths = [f"/sport/un-titre-de-plusieurs-mots,{n}.html" for n in range(3)]
    site = Site({HOME: links("/politique/", *ARTICLES, *paths), at("robots.txt"): rules, **{at(path): links() for path in paths}})
    found = survey(HOME, site)
    assert [page.fetched.url for page in found.sample] == [at(path) for path in paths]
    assert at("politique/") not in site.asked


def test_an_address_too_long_for_an_identity_harms_nothing():
    long = "/politique/" + "é" * 300 + "-un-titre,12.html"
    site = Site({HOME: links(*ARTICLES), at("feed/"): rss(long, *ARTICLES), **bodies()})
    assert survey(HOME, site).feeds_used


def test_nothing_but_forbidden_articles_leaves_an_empty_sample():
    site = Site({HOME: links(*ARTICLES), at("robots.txt"): "User-agent: *\nDisallow: /politique/\n"})
    assert survey(HOME, site).sample == ()


@pytest.mark.parametrize(("delay", "most"), [(0.5, 24), (3, 20), (5, 12), (60, 12)])
def test_a_slow_site_is_asked_less(delay, most):
    site = Site(
        {HOME: links(*(f"/s{n}/" for n in range(9)), *ARTICLES), at("robots.txt"): f"User-agent: *\nCrawl-delay: {delay}\n", **bodies()}
    )
    found = survey(HOME, site)
    assert len(site.asked) <= most
    assert len(found.sample) == 5, "the sample is kept free"


def test_the_title_falls_back_from_site_name_to_feed_to_page():
    site = Site({HOME: links(*ARTICLES), at("feed/"): rss(*ARTICLES, title="Du flux"), **bodies()})
    assert survey(HOME, site).title == "Du flux"
    found = survey(HOME, Site({HOME: links(*ARTICLES), **bodies()}))
    assert (found.title, found.title_from) == ("Le Journal", "title of the home page")
    assert survey(HOME, Site({HOME: links(*ARTICLES).replace("<title>Le Journal</title>", ""), **bodies()})).title is None


def test_the_same_answers_give_the_same_survey():
    pages = {HOME: links("/politique/", *ARTICLES), at("feed/"): rss(*ARTICLES), at("sitemap.xml"): urlset(*ARTICLES), **bodies()}
    assert survey(HOME, Site(pages)) == survey(HOME, Site(pages))


def test_robots_txt_itself_may_always_be_fetched():
    rules = Rules(RobotsCopy(NOW, 200, "User-agent: *\nDisallow: /\n"))
    assert rules.allows(at("robots.txt"))
    assert not rules.allows(HOME)
