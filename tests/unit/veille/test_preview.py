"""The sample of a survey, read: articles, rejected pages, pages that did not come."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crawlers.fetch import Fetched
from crawlers.findings import RobotsFound, SamplePage, Survey, ZoneFound
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FailureClass, FoundBy, PageKind
from veille.preview import Preview, languages, preview, read_count, settled_zone

NOW = datetime(2026, 2, 1, 8, tzinfo=UTC)
URL = "https://www.exemple.test/economie/le-port-s-agrandit,12.html"
PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Le port d'Oran s'agrandit - Exemple</title><meta name="author" content="Nadia Belkacem">{}
</head><body><article><h1>Le port d'Oran s'agrandit</h1>
<p>Les travaux du nouveau terminal à conteneurs ont commencé samedi matin devant une foule de riverains venus voir les machines.</p>
<p>Le directeur du chantier a promis une ouverture au printemps, si le temps le permet et si les livraisons ne tardent pas trop.</p>
<p>Les pêcheurs demandent de leur côté un quai réservé, loin des remous causés par les grands navires qui entrent dans la rade.</p>
</article></body></html>"""


def surveyed(*pages: SamplePage, zone: ZoneFound = ZoneFound(None, "", None, 0, ())) -> Survey:  # noqa: B008
    return Survey(
        asked_for="x",
        home="https://www.exemple.test/",
        status=200,
        at=NOW,
        robots=RobotsFound("r", "ok"),
        system=None,
        title="Exemple",
        title_from="",
        page_language=None,
        feeds=(),
        sitemaps=(),
        sections=(),
        looked_at=(),
        links=0,
        pattern=None,
        zone=zone,
        sample=pages,
        trail=(),
    )


def page(head: str = "", *, hints: Hints = Hints(), body: str = PAGE, **more: object) -> SamplePage:  # noqa: B008
    fetched = Fetched(URL, URL, NOW, 200, (("Content-Type", "text/html"),), body.replace("{}", head).encode(), **more)
    return SamplePage(Candidate(URL, PageKind.ARTICLE, FoundBy.FEED, hints), fetched)


def test_an_article_is_told_in_short():
    (found,) = preview(surveyed(page('<meta property="article:published_time" content="2020-10-03T14:30:00+01:00">')), "exemple")
    assert found == Preview(
        url=URL,
        found_by="feed",
        title="Le port d'Oran s'agrandit",
        published_on=date(2020, 10, 3),
        date_from="meta",
        precision="second",
        authors=("Nadia Belkacem",),
        words=found.words,
        language="fr",
    )
    assert 55 <= found.words <= 75


def test_what_the_feed_said_counts():
    hints = Hints(published_on=date(2021, 5, 4), evidence=DateEvidence.FEED)
    (found,) = preview(surveyed(page(hints=hints)), "exemple")
    assert (found.published_on, found.date_from) == (date(2021, 5, 4), "feed")


def test_an_undated_article_is_undated():
    (found,) = preview(surveyed(page()), "exemple")
    assert (found.problem, found.published_on, found.date_from) == (None, None, None)


def test_a_rejected_page_has_its_reason():
    (found,) = preview(surveyed(page(body="<html><title>Page introuvable</title><body><h1>404</h1></body></html>")), "exemple")
    assert found.problem is not None
    assert found.title is None


def test_a_page_that_did_not_come_has_its_failure():
    (found,) = preview(surveyed(page(failure=FailureClass.TIMEOUT, detail="after 30 s")), "exemple")
    assert found.problem == "timeout: after 30 s"


def test_counting():
    pages = [Preview("u", "feed", language=language) for language in ("ar", "fr", "fr", "und")] + [Preview("u", "feed", problem="x")]
    assert read_count(pages) == 4
    assert languages(pages) == (("fr", 2), ("ar", 1))
    assert (languages([]), read_count([])) == ((), 0)


@pytest.mark.parametrize(("agreed", "zone"), [(3, "Africa/Tunis"), (0, None)])
def test_a_zone_is_settled_by_dates(agreed, zone):
    assert settled_zone(surveyed(zone=ZoneFound("TN", "x", "Africa/Tunis", agreed, ()))) == zone
