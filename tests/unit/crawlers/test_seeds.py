"""Where crawls and backfills begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.discovery import priorities
from crawlers.discovery.seeds import FEED_GUESSES, SITEMAP_GUESSES, guesses, of_sitemap, revisit_before, seeds
from crawlers.registry import Registry
from crawlers.source import Source
from db.identity import url_key
from db.records import Hints
from db.vocabulary import FoundBy, PageKind, RunKind

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SITE = "https://www.journal.example"
BARE = Source.from_home(SITE)
FULL = Source.from_toml(
    f"""home = "{SITE}/"
    [discovery]
    feeds = ["/rss"]
    sitemaps = ["/sitemap.xml", "/news-sitemap.xml", "/sitemap-2011-03.xml"]
    [[listings]]
    url = "/maroc/"
    [[listings]]
    url = "/"
    """,
    Path("j.toml"),
)


def rows(source: Source, kind: RunKind = RunKind.CRAWL, params=None, **more) -> dict[str, tuple]:
    found = seeds(source, kind, params or {}, NOW, **more)
    assert len({url_key(c.url) for c in found}) == len(found)
    assert [c.priority for c in found] == sorted((c.priority for c in found), reverse=True)
    return {c.url.removeprefix(SITE): (c.kind, c.found_by, c.priority, NOW - c.refetch_before) for c in found if c.refetch_before}


def test_a_crawl_of_a_described_source():
    day, none = timedelta(hours=24), timedelta(0)
    assert rows(FULL) == {
        "/rss": (PageKind.FEED, FoundBy.SEED, 900, none),
        "/sitemap.xml": (PageKind.SITEMAP, FoundBy.SEED, 800, day),
        "/news-sitemap.xml": (PageKind.SITEMAP, FoundBy.SEED, 800, none),
        "/sitemap-2011-03.xml": (PageKind.SITEMAP, FoundBy.SEED, 800, day),
        "/": (PageKind.LISTING, FoundBy.SEED, 700, timedelta(hours=6)),
        "/maroc/": (PageKind.LISTING, FoundBy.SEED, 700, day),
    }


def test_without_a_feed_listings_and_sitemaps_are_read_by_each_run():
    source = Source.from_toml(f'home = "{SITE}/"\n[discovery]\nsitemaps = ["/s.xml"]\n[[listings]]\nurl = "/maroc/"', Path("j.toml"))
    found = rows(source)
    assert found["/s.xml"][3] == found["/maroc/"][3] == timedelta(0)


def test_a_bare_home_url_is_helped_by_guesses():
    found = rows(BARE)
    assert found["/"] == (PageKind.LISTING, FoundBy.SEED, 700, timedelta(0))
    assert found["/spip.php?page=backend"] == (PageKind.FEED, FoundBy.GUESS, 900, timedelta(days=30))
    assert found["/wp-sitemap.xml"] == (PageKind.SITEMAP, FoundBy.GUESS, 800, timedelta(days=30))
    assert len(found) == 1 + len(FEED_GUESSES) + len(SITEMAP_GUESSES)


def test_guesses_that_worked_are_visited_like_named_ones():
    found = rows(BARE, working={f"{SITE}/feed/": PageKind.FEED, "http://journal.example/sitemap.xml": PageKind.SITEMAP})
    assert found["/feed/"][3] == timedelta(0)
    assert found["/sitemap.xml"][3] == timedelta(hours=24), "the feed tells what is new"
    assert found["/"][3] == timedelta(hours=6)
    assert found["/rss"][3] == timedelta(days=30)


def test_a_sitemap_that_worked_is_read_by_each_run_where_there_is_no_feed():
    found = rows(BARE, working={f"{SITE}/sitemap.xml": PageKind.SITEMAP})
    assert found["/sitemap.xml"][3] == found["/"][3] == timedelta(0)


def test_a_feed_that_the_front_page_names_is_visited_by_each_run():
    found = rows(BARE, working={f"{SITE}/fil.xml": PageKind.FEED})
    assert found["/fil.xml"] == (PageKind.FEED, FoundBy.LISTING, 900, timedelta(0))
    assert found["/"][3] == timedelta(hours=6)
    assert "/fil.xml" not in rows(FULL, working={f"{SITE}/fil.xml": PageKind.FEED}), "the file names its feeds"


def test_nothing_is_guessed_where_it_is_named_or_forbidden():
    assert not any(found_by is FoundBy.GUESS for _, found_by, _, _ in rows(FULL).values())
    source = Source.from_toml(f'home = "{SITE}/"\n[discovery]\nguess = false', Path("j.toml"))
    assert list(rows(source)) == ["/"]


def test_a_backfill_begins_with_sitemaps_and_listings():
    assert rows(FULL, RunKind.BACKFILL, {"since": "2014-08-01", "until": "2014-09-01"}) == {
        "/sitemap.xml": (PageKind.SITEMAP, FoundBy.SEED, 550, timedelta(0)),
        "/news-sitemap.xml": (PageKind.SITEMAP, FoundBy.SEED, 550, timedelta(0)),
        "/": (PageKind.LISTING, FoundBy.SEED, 450, timedelta(0)),
        "/maroc/": (PageKind.LISTING, FoundBy.SEED, 450, timedelta(0)),
    }
    assert "/sitemap-2011-03.xml" in rows(FULL, RunKind.BACKFILL, {"since": "2011-01-01"})


def test_a_backfill_repeats_guesses_of_sitemaps():
    found = rows(BARE, RunKind.BACKFILL)
    assert found["/wp-sitemap.xml"] == (PageKind.SITEMAP, FoundBy.GUESS, 550, timedelta(0))
    assert not any(kind is PageKind.FEED for kind, *_ in found.values())


def test_guesses_beside_a_home_below_the_root():
    assert guesses(f"{SITE}/fr/accueil", ("feed/",)) == [f"{SITE}/feed/", f"{SITE}/fr/feed/"]
    assert guesses(f"{SITE}/", ("spip.php?page=backend",)) == [f"{SITE}/spip.php?page=backend"]


def test_sitemaps_that_robots_txt_names():
    found = of_sitemap(f"{SITE}/s.xml", RunKind.CRAWL, NOW, fed=True, found_by=FoundBy.ROBOTS)
    assert (found.kind, found.found_by, found.priority) == (PageKind.SITEMAP, FoundBy.ROBOTS, 800)
    assert found.refetch_before == revisit_before(RunKind.CRAWL, NOW, fed=True) == NOW - timedelta(hours=24)
    assert revisit_before(RunKind.BACKFILL, NOW, fed=True) == revisit_before(RunKind.CRAWL, NOW, fed=False) == NOW


@pytest.mark.parametrize("name", Registry().names())
@pytest.mark.parametrize("kind", [RunKind.CRAWL, RunKind.BACKFILL])
def test_every_bundled_source_has_a_beginning(name, kind):
    source = Registry().get(name)
    found = rows(source, kind)
    assert any(key == PageKind.LISTING for key, *_ in found.values())


def test_fresh_articles_come_first():
    assert priorities.of_article(Hints(published_on=NOW.date()), NOW) == 500
    assert priorities.of_article(Hints(published_on=(NOW - timedelta(days=9)).date(), lastmod=NOW), NOW) == 300
    assert priorities.of_article(Hints(lastmod=NOW), NOW) == 500
    assert priorities.of_article(Hints(), NOW) == 300


def test_a_slice_begins_where_it_says_and_nowhere_else():
    starts = [["sitemap", "https://www.journal.example/s.xml"], ["article", "https://www.journal.example/?p=7"]]
    found = seeds(FULL, RunKind.BACKFILL, {"starts": starts}, NOW)
    assert [(each.kind, each.url, each.found_by, each.refetch_before) for each in found] == [
        (PageKind.SITEMAP, "https://www.journal.example/s.xml", FoundBy.SEED, NOW),
        (PageKind.ARTICLE, "https://www.journal.example/?p=7", FoundBy.GUESS, None),
    ]
    assert {each.priority for each in found} == {priorities.SITEMAP + priorities.BACKFILL, priorities.ARTICLE + priorities.BACKFILL}
