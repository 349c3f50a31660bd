"""Addresses that lead on for ever are told from the deep archives that are wanted; what was left out is counted."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.discovery import traps
from crawlers.discovery.links import classify
from crawlers.discovery.listing import parse_listing
from crawlers.source import Source
from db.vocabulary import PageKind, Trap

SITE = "https://journal.example"
PLAIN = Source.from_home(SITE)
OWN = dataclasses.replace(PLAIN, allow=("^/article/",))
TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "trap"),
    [
        ("/a/b/a/b/a/b/titre-de-quatre-mots", Trap.REPEATS),
        ("/article/1/article/1/article/1", Trap.REPEATS),
        ("/" + "/".join("abcdefghijk") + "/titre-de-quatre-mots-12345", Trap.DEPTH),
        ("/monde?ssid=4f2a9c1b7d3e5a6f8b", Trap.SESSION),
        ("/monde?session=20260301123456789", Trap.SESSION),
        ("/sid/4f2a9c1b7d3e5a6f8b/monde", Trap.SESSION),
        ("/session=4f2a9c1b7d3e5a6f8b/monde", Trap.SESSION),
        ("/monde?sort=date", Trap.FACETS),
        ("/monde?orderby=views&order=desc&page=3", Trap.FACETS),
        ("/annuaire?color=red&size=xl", Trap.FACETS),
        ("/annuaire?filter[ville]=alger&filter[type]=ecole", Trap.FACETS),
        ("/agenda/2031/02", Trap.CALENDAR),
        ("/monde?date=2031-02-05", Trap.CALENDAR),
    ],
)
def test_torture_57_addresses_that_lead_on_for_ever(path, trap):
    verdict = classify(SITE + path, PLAIN)
    assert (verdict.kind, verdict.trap) == ("other", trap)


@pytest.mark.parametrize(
    "path", ["/article/1/article/1/article/1/x", "/article/" + "x/y" * 8 + "/z" * 9, "/article/1?visitid=4f2a9c1b7d3e5a6f8b"]
)
def test_torture_57_a_wide_pattern_of_the_source_lets_none_grow_for_ever(path):
    assert classify(SITE + path, OWN).trap is not None


@pytest.mark.parametrize("path", ["/article/" + "/".join("abcdefghijk"), "/article/1?sort=asc", "/article/2031-02-05"])
def test_the_sources_own_patterns_say_what_is_no_trap(path):
    assert classify(SITE + path, OWN).kind == "article"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/page/900",
            "/monde/page/900/",
            "/monde?page=900",
            "/rubrique12?debut_articles=5000",
            "/?paged=300",
            "/monde?start=4000&limit=20",
        ),
        *("/2014/08/", "/2014/", "/2014/08/05/", "/vision/2030", "/?m=201408", "/category/politique/page/44/", "/monde?filter=politique"),
        *("/index.php?option=com_content&view=category&layout=blog&id=3&limit=20&limitstart=400", "/spip.php?rubrique3&debut_articles=40"),
    ],
)
def test_deep_archives_are_no_traps(path):
    assert (classify(SITE + path, PLAIN).kind, classify(SITE + path, PLAIN).trap) == ("listing", None)
    assert not traps.lies_ahead(SITE + path, TODAY)


@pytest.mark.parametrize(
    "path",
    [
        *("/2012/12/12/le-port-agrandit-son-terminal", "/12/12/12/le-port-agrandit-son-terminal", "/article.php?id=12&order=asc"),
        *("/session/le-parlement-ouvre-sa-session-de-2026", "/politique/session-parlementaire-d-octobre-2026-a-alger"),
        *("/le-port,12.html;jsessionid=1A2B3C", "/economie/le-port-agrandit-son-terminal?PHPSESSID=4f2a9c1b7d3e5a6f8b"),
    ],
)
def test_articles_stay_articles(path):
    assert (classify(SITE + path, PLAIN).kind, classify(SITE + path, PLAIN).trap) == ("article", None)


@pytest.mark.parametrize(
    ("path", "ahead"),
    [
        ("/2031/02/", True),
        ("/monde/2026/03/09", True),
        ("/monde?m=202704", True),
        ("/monde?yyyy=2031&mm=02", True),
        ("/2026/03/02", False),
        ("/2026/03", False),
        ("/2027/", False),
        ("/vision/2030", False),
        ("/2014/08/", False),
        ("/monde", False),
    ],
)
def test_torture_57_months_and_days_that_are_still_to_come(path, ahead):
    assert traps.lies_ahead(SITE + path, TODAY) is ahead


def test_a_listing_counts_what_it_does_not_lead_to():
    paths = [
        "/2031/02/",
        "/2031/03/",
        "/2025/03/",
        "/monde?sort=date",
        "/monde?sort=date",
        "/a/b/a/b/a/b/x",
        "/monde",
        "/port-agrandi-hier-soir,12.html",
    ]
    body = "".join(f'<a href="{path}">{path}</a>' for path in paths) + '<a href="https://autre.example/x?sort=1">x</a>'
    found = parse_listing(body.encode(), SITE + "/", PLAIN, now=NOW, archives=True)
    assert found.trapped == {Trap.CALENDAR: 2, Trap.FACETS: 1, Trap.REPEATS: 1}
    assert [each.url for each in found.sections] == [SITE + "/2025/03/", SITE + "/monde"]
    assert [each.kind for each in found.articles] == [PageKind.ARTICLE]


@given(st.dictionaries(st.sampled_from(list(Trap)), st.integers(1, 10**6)))
def test_what_is_said_can_be_counted(counts):
    assert traps.counted(traps.said(counts)) == {str(trap): number for trap, number in counts.items()}


def test_other_sentences_hold_no_counts():
    assert traps.counted(None) == traps.counted("3 trap_doors, see https://a.example/?4 trap") == {}
    assert traps.said({}) is None


@pytest.mark.parametrize("path", ["/events/prix-du-port-2024", "/agenda", "/agenda/concert-de-30-30-minutes"])
def test_a_calendars_events_are_no_articles_but_no_traps_either(path):
    assert (classify(SITE + path, PLAIN).kind, classify(SITE + path, PLAIN).trap) == ("other", None)
