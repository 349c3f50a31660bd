"""Which links of a page go back to the frontier, and which stay where they are."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.discovery import priorities
from crawlers.source import Source
from db.identity import url_key
from db.readings import Article, Part, PublicationDate, Rejected
from db.records import ArchiveLocation, Hints, Run, StoredPage
from db.vocabulary import ArticleStatus, DateEvidence, FoundBy, PageKind, PageReason, PageState, Precision, RunKind, RunState
from pipeline import offers
from pipeline.offers import MAX_DEPTH, LinkOffers
from pipeline.read_loop import ReadLoop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = "https://www.lerivage.test"
SOURCE = Source.from_home(f"{SITE}/", "lerivage")
HERE = f"{SITE}/energie/une-centrale-solaire-face-a-la-mer,12.html"
OTHER = f"{SITE}/economie/le-port-agrandit-son-terminal,13.html"
THIRD = f"{SITE}/economie/les-pecheurs-demandent-un-quai,14.html"


def run(run_id: int = 1, kind: RunKind = RunKind.CRAWL, **params: str) -> Run:
    return Run(run_id, "lerivage", kind, None, RunState.RUNNING, params, {}, None, "me", 1, NOW, NOW, None)


def page(depth: int = 0) -> StoredPage:
    return StoredPage(
        id=1,
        source="lerivage",
        run_id=1,
        url=HERE,
        url_key=url_key(HERE),
        kind=PageKind.ARTICLE,
        fetched_at=NOW,
        status=200,
        headers=(),
        body_digest="0" * 64,
        location=ArchiveLocation("a.warc.zst", 0, 1),
        state=PageState.UNREAD,
        reason=None,
        detail=None,
        attempts=1,
        fence=1,
        hints=Hints(depth=depth),
    )


def article(*links: str, canonical: str | None = None, translations: tuple[tuple[str, str], ...] = ()) -> Article:
    return Article(
        url=HERE,
        title="Une centrale solaire",
        text="Texte",
        text_digest="0" * 64,
        language="fr",
        language_confidence=0.9,
        status=ArticleStatus.COMPLETE,
        reading_version=1,
        canonical_url=canonical,
        translations=translations,
        links=links,
    )


def offered(reading: Article | Rejected, *, source: Source = SOURCE, of: Run | None = None, depth: int = 0) -> list[str]:
    return [candidate.url for candidate in LinkOffers().candidates(page(depth), reading, source, of or run())]


# ---------------------------------------------------------------- what is worth fetching


def test_articles_of_the_paper_are_offered_as_links_one_step_deeper():
    [candidate] = LinkOffers().candidates(page(depth=4), article(OTHER), SOURCE, run())
    assert (candidate.url, candidate.kind, candidate.found_by) == (OTHER, PageKind.ARTICLE, FoundBy.LINK)
    assert (candidate.hints, candidate.priority) == (Hints(depth=5), priorities.ARTICLE)
    assert candidate.refetch_before is None, "a link alone is no reason to fetch an article again"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.ailleurs.test/economie/le-port-agrandit-son-terminal,13.html",
        "https://lerivage.test.ailleurs.test/economie/le-port-agrandit-son-terminal,13.html",
        f"{SITE}/",
        f"{SITE}/economie/",
        f"{SITE}/tag/port",
        f"{SITE}/recherche?q=port",
        f"{SITE}/images/le-port-agrandit-son-terminal.jpg",
        "mailto:desk@lerivage.test",
        "javascript:void(0)",
        "",
    ],
)
def test_other_sites_and_other_pages_are_not(url: str):
    assert offered(article(url, OTHER)) == [OTHER]


def test_a_page_without_an_article_still_leads_on():
    assert offered(Rejected(HERE, PageReason.LISTING, "a list of links", 1, links=(OTHER, THIRD))) == [OTHER, THIRD]


def test_the_sources_own_patterns_decide():
    own = dataclasses.replace(SOURCE, allow=(r"^/economie/",), deny=(r"13\.html$",))
    assert offered(article(HERE, OTHER, THIRD), source=own) == [THIRD]


def test_canonical_address_and_translations_are_offered_for_what_they_are():
    reading = article(OTHER, canonical=THIRD, translations=(("es", f"{SITE}/es/una-central-solar-frente-al-mar,15.html"),))
    found = LinkOffers().candidates(page(), reading, SOURCE, run())
    assert [(each.found_by, each.url) for each in found] == [
        (FoundBy.LINK, OTHER),
        (FoundBy.EDITION, f"{SITE}/es/una-central-solar-frente-al-mar,15.html"),
        (FoundBy.CANONICAL, THIRD),
    ]


def test_torture_62_a_canonical_address_elsewhere_is_not_followed():
    assert offered(article(canonical="https://www.ailleurs.test/economie/le-port-agrandit-son-terminal,13.html")) == []
    assert offered(article(canonical=f"{SITE}/")) == []


def goes_on(following: str, **of: object) -> Article:
    return dataclasses.replace(article(), part=Part(following=following), **of)


@pytest.mark.parametrize("source", [SOURCE, dataclasses.replace(SOURCE, follow_links=False)], ids=["links", "no links"])
def test_torture_74_the_next_page_of_an_article_is_offered_as_its_part(source: Source):
    [candidate] = LinkOffers().candidates(page(depth=MAX_DEPTH), goes_on(f"{HERE}?page=2"), source, run())
    assert (candidate.url, candidate.kind, candidate.found_by) == (f"{HERE}?page=2", PageKind.ARTICLE, FoundBy.PAGINATION)
    assert candidate.hints == Hints(depth=MAX_DEPTH, part=(2, HERE)), "no link deeper: it is the same article"
    later = dataclasses.replace(article(), part=Part(2, HERE, f"{HERE}?page=3"))
    [candidate] = LinkOffers().candidates(page(), later, source, run())
    assert candidate.hints.part == (3, HERE)


def test_a_next_page_elsewhere_or_one_that_the_source_denies_is_not():
    assert offered(goes_on("https://www.ailleurs.test/energie/une-centrale?page=2")) == []
    assert offered(goes_on(f"{HERE}?page=2"), source=dataclasses.replace(SOURCE, deny=("page=",))) == []


def test_what_has_the_address_of_a_listing_goes_on_for_ever():
    section = dataclasses.replace(page(), url=f"{SITE}/category/economie/")
    assert LinkOffers().candidates(section, goes_on(f"{SITE}/category/economie/page/2/"), SOURCE, run()) == []


def test_a_backfill_fetches_the_further_pages_of_the_articles_of_its_days():
    past = run(kind=RunKind.BACKFILL, since="2024-03-01", until="2024-04-01")
    for day, wanted in ((date(2024, 3, 5), [f"{HERE}?page=2"]), (date(2024, 4, 5), [])):
        dated = PublicationDate(day, Precision.DAY, DateEvidence.META)
        assert offered(goes_on(f"{HERE}?page=2", published=dated), of=past) == wanted


def test_a_source_that_follows_no_links_gets_none():
    assert offered(article(OTHER), source=dataclasses.replace(SOURCE, follow_links=False)) == []


def test_a_page_of_no_run_leads_nowhere():
    assert LinkOffers().candidates(page(), article(OTHER), SOURCE, None) == []


def test_torture_57_a_chain_of_links_ends():
    assert offered(article(OTHER), depth=MAX_DEPTH - 1) == [OTHER]
    assert offered(article(OTHER), depth=MAX_DEPTH) == []


# ---------------------------------------------------------------- a backfill


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/2014/08/08/le-port-agrandit-son-terminal/", True),
        ("/2014/01/01/le-port-agrandit-son-terminal/", True),
        ("/2013/11/08/le-port-agrandit-son-terminal/", False),
        ("/2015/02/08/le-port-agrandit-son-terminal/", False),
        ("/economie/le-port-agrandit-son-terminal,13.html", False),
    ],
)
def test_a_backfill_follows_only_links_dated_in_its_range(path: str, wanted: bool):
    asked = run(kind=RunKind.BACKFILL, since="2014-01-01", until="2015-01-01")
    assert offered(article(SITE + path), of=asked) == [SITE + path] * wanted


def test_a_backfill_yields_to_what_is_fresh():
    asked = run(kind=RunKind.BACKFILL, since="2014-01-01", until="2015-01-01")
    [candidate] = LinkOffers().candidates(page(), article(f"{SITE}/2014/08/08/le-port-agrandit-son-terminal/"), SOURCE, asked)
    assert candidate.priority == priorities.ARTICLE + priorities.BACKFILL < priorities.ARTICLE


# ---------------------------------------------------------------- once a run


def test_each_address_is_offered_once_a_run():
    links = LinkOffers()
    assert [each.url for each in links.candidates(page(), article(OTHER), SOURCE, run(1))] == [OTHER]
    assert [each.url for each in links.candidates(page(), article(OTHER, THIRD), SOURCE, run(1))] == [THIRD]
    assert [each.url for each in links.candidates(page(), article(OTHER), SOURCE, run(2))] == [OTHER]


def test_what_was_not_stored_after_all_may_be_offered_again():
    links = LinkOffers()
    reading = article(OTHER, canonical=THIRD, translations=(("es", f"{SITE}/es/una-central-solar-frente-al-mar,15.html"),))
    first = links.candidates(page(), reading, SOURCE, run())
    links.forget(reading, run())
    links.forget(reading, None)
    assert links.candidates(page(), reading, SOURCE, run()) == first


def test_the_oldest_addresses_are_forgotten_and_offered_again(monkeypatch):
    monkeypatch.setattr(offers, "REMEMBERED", 2)
    links = LinkOffers()
    fourth = f"{SITE}/economie/le-marche-rouvre-ses-portes,16.html"
    for url in (OTHER, THIRD, fourth):
        assert links.candidates(page(), article(url), SOURCE, run())
    assert links.candidates(page(), article(fourth), SOURCE, run()) == []
    assert links.candidates(page(), article(OTHER), SOURCE, run())


@given(st.lists(st.text(max_size=60) | st.sampled_from([OTHER, THIRD, "http://[::1", f"{SITE}/%zz/12-a-b-c", "https://"])))
def test_whatever_a_page_links_to_nothing_is_raised_and_all_offers_are_on_site(found: list[str]):
    assert all(SOURCE.is_on_site(url) for url in offered(article(*found)))


def test_a_page_out_of_an_archive_leads_nowhere():
    assert LinkOffers().candidates(page(), article(OTHER), SOURCE, run(kind=RunKind.REPLAY)) == []


@pytest.mark.parametrize(("kind", "leads"), [(RunKind.REPLAY, []), (RunKind.CRAWL, [OTHER])])
def test_nor_does_it_if_a_crawl_reads_what_the_run_has_left(kind, leads):
    class Sources:
        def get(self, name):
            return SOURCE

    loop = ReadLoop(None, None, Sources(), None, readers=1, owner="me", clock=lambda: NOW)
    loop._runs = {1: run(kind=kind)}
    loop.inherit([1], run(2))
    loop._add(page(), article(OTHER))
    assert [each.url for each in loop._read[0].leads] == leads
