"""Ranges of days, and what lies wholly outside them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.discovery.scope import Scope, period_of
from db.records import Candidate, Hints
from db.vocabulary import FoundBy, PageKind

AUGUST = Scope(date(2014, 8, 1), date(2014, 9, 1))
SITE = "https://www.journal.example"


def admits(scope: Scope, kind: PageKind, path: str = "/x", **hints) -> bool:
    return scope.admits(Candidate(SITE + path, kind, FoundBy.LINK, Hints(**hints)))


@pytest.mark.parametrize(
    ("day", "inside"),
    [(date(2014, 7, 31), False), (date(2014, 8, 1), True), (date(2014, 8, 31), True), (date(2014, 9, 1), False)],
)
def test_the_range_is_half_open(day, inside):
    assert AUGUST.holds(day) is inside
    assert admits(AUGUST, PageKind.ARTICLE, published_on=day) is inside


def test_no_bounds_admit_everything():
    for kind in PageKind:
        assert admits(Scope(), kind, "/1999/01/x", published_on=date(1999, 1, 1), lastmod=datetime(1999, 1, 1, tzinfo=UTC))


def test_half_bounds():
    assert Scope(date(2014, 1, 1), None).holds(date(2030, 1, 1))
    assert not Scope(None, date(2014, 1, 1)).holds(date(2014, 1, 1))
    assert not Scope(None, date(2014, 1, 1)).is_before(date(1900, 1, 1))


def test_from_parameters():
    assert Scope.of({"since": "2014-08-01", "until": date(2014, 9, 1)}) == AUGUST
    assert Scope.of({"since": None, "other": 1}) == Scope()
    with pytest.raises(ValueError):
        Scope.of({"since": "août"})


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/un-titre,1.html", True),
        ("/2014/08/08/un-titre", True),
        ("/2014/08/un-titre", True),
        ("/2014/un-titre", True),
        ("/2014/07/31/un-titre", True),
        ("/2014/09/01/un-titre", True),
        ("/2014/07/29/un-titre", False),
        ("/2014/09/03/un-titre", False),
        ("/2014/06/un-titre", False),
        ("/2013/12/31/un-titre", False),
        ("/2013/un-titre", False),
        ("/actu/2014-08-08-un-titre", True),
        ("/actu/2013-08-08-un-titre", False),
        ("/can-2013-le-maroc", True),
        ("/2014/06/31/un-titre", True),
        ("/20131212/un-titre-de-plus", True),
    ],
)
def test_undated_articles_by_their_address(path, inside):
    assert admits(AUGUST, PageKind.ARTICLE, path) is inside


def test_a_stated_day_counts_more_than_the_address():
    assert admits(AUGUST, PageKind.ARTICLE, "/2013/01/x", published_on=date(2014, 8, 5))


@pytest.mark.parametrize(
    ("changed", "inside"),
    [(datetime(2014, 7, 1, tzinfo=UTC), False), (datetime(2014, 7, 31, 23, tzinfo=UTC), True), (datetime(2020, 1, 1, tzinfo=UTC), True)],
)
def test_last_changes_exclude_only_what_is_older(changed, inside):
    assert admits(AUGUST, PageKind.ARTICLE, lastmod=changed) is inside
    assert admits(AUGUST, PageKind.SITEMAP, lastmod=changed) is inside
    assert admits(AUGUST, PageKind.LISTING, lastmod=changed)


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/sitemap.xml", True),
        ("/sitemap-3.xml", True),
        ("/sitemap-2014-08.xml", True),
        ("/sitemap-2014.xml", True),
        ("/sitemap-2014-07.xml", True),
        ("/sitemap-2014-06.xml", False),
        ("/sitemap-2013.xml", False),
        ("/sitemap_2011_03.xml.gz", False),
        ("/sitemaps/2011/03/index.xml", False),
        ("/post-sitemap201103.xml", False),
        ("/sitemap-20110304.xml", False),
        ("/sitemap.xml?yyyy=2011&mm=03", False),
        ("/sitemap.xml?yyyy=2014&mm=08&dd=01", True),
        ("/sitemap.php?date=2011-03-04", False),
        ("/wp-sitemap-posts-post-2011.xml", True),
        ("/post-sitemap12.xml", True),
        ("/sitemap-120110.xml", True),
    ],
)
def test_sitemap_parts_by_their_names(path, inside):
    assert admits(AUGUST, PageKind.SITEMAP, path) is inside


def test_feeds_are_always_admitted_and_archives_by_their_month():
    assert admits(AUGUST, PageKind.FEED, "/2011/03/feed/", lastmod=datetime(1999, 1, 1, tzinfo=UTC))
    assert admits(AUGUST, PageKind.LISTING, "/2014/08/")
    assert not admits(AUGUST, PageKind.LISTING, "/archives/2011/03/")
    assert admits(AUGUST, PageKind.LISTING, "/maroc/page/2011/"), "a page number, not a year"


def test_paging_ends_behind_the_range():
    old, fresh = date(2014, 7, 30), date(2014, 8, 2)
    assert AUGUST.past([old, old])
    assert not AUGUST.past([old, fresh])
    assert not AUGUST.past([date(2020, 1, 1)])
    assert not AUGUST.past([])
    assert not Scope(None, date(2014, 1, 1)).past([old])


@given(st.dates(date(1995, 1, 1), date(2060, 1, 1)), st.integers(1, 400), st.integers(0, 400))
def test_a_day_of_the_range_is_never_lost_by_its_address(since, length, offset):
    scope = Scope(since, since + timedelta(days=length))
    day = since + timedelta(days=offset % length)
    for path in (f"/{day:%Y/%m/%d}/titre", f"/{day:%Y/%m}/titre", f"/{day:%Y}/titre"):
        assert admits(scope, PageKind.ARTICLE, path)
    for name in (
        f"/sitemap-{day:%Y-%m-%d}.xml",
        f"/sitemap-{day:%Y-%m}.xml",
        f"/sitemap-{day:%Y}.xml",
        f"/s.xml?yyyy={day:%Y}&mm={day:%m}",
    ):
        assert admits(scope, PageKind.SITEMAP, name)


@given(st.text())
def test_any_address_has_a_period_or_none(text):
    for is_sitemap in (True, False):
        period = period_of(f"{SITE}/{text}", is_sitemap=is_sitemap)
        assert period is None or period[0] < period[1]
