"""The five newspapers without sockets: what their pages show against their truth, at several instants."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import timedelta
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from lxml import etree, html

from crawlers.demo.clock import START
from crawlers.demo.newspapers import all_papers
from crawlers.demo.server import SOURCES
from crawlers.discovery.links import classify
from crawlers.source import Source
from db.vocabulary import Precision

PAPERS = {paper.name: paper for paper in all_papers()}
INSTANTS = [START, START + timedelta(days=10)]
NAMES = sorted(PAPERS)


def target(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def tree(answer):
    """Parse as a browser would who knows the bytes' real encoding."""
    for encoding in ("utf-8", "windows-1256", "latin-1"):
        if encoding == "windows-1256" and b"windows-1256" not in answer.body:
            continue
        try:
            return html.fromstring(answer.body.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise AssertionError("undecodable page")


def words(element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def links(paper, path, now) -> set[str]:
    answer = paper.respond(path, now)
    if answer.status != 200 or b"<html" not in answer.body[:200]:
        return set()
    here = paper.origin + path
    found = (urljoin(here, href).partition("#")[0] for href in tree(answer).xpath("//a/@href"))
    return {url for url in found if url.startswith(paper.origin + "/")}


def reachable(paper, now, starts) -> set[str]:
    """Every address that links lead to, without what robots.txt forbids."""
    todo, seen = [paper.origin + path for path in starts], set()
    while todo:
        url = todo.pop()
        if url in seen or target(url).startswith(paper.disallowed or ("\0",)):
            continue
        seen.add(url)
        answer = paper.respond(target(url), now)
        moved = dict(answer.headers).get("Location")
        todo += [moved] if moved else links(paper, target(url), now)
    return seen


def further_pages(paper, url: str) -> list[str]:
    article = next((a for a in paper.articles if paper.origin + a.path == url), None)
    return [paper.origin + path for path in article.further] if article else []


def test_one_paper_has_articles_on_several_pages():
    paper = PAPERS["lagunemagazine"]
    assert [len(article.further) for article in paper.articles if article.further] == [1, 1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("now", INSTANTS)
def test_every_article_address_answers_and_shows_its_truth_in_order(name, now):
    paper = PAPERS[name]
    for truth in paper.truth(now):
        answer = paper.respond(target(truth.url), now)
        assert answer.status == 200, truth.url
        page = tree(answer)
        assert words(page.xpath("//h1")[0]) == truth.title
        text, at = words(page), 0
        for further in further_pages(paper, truth.url):
            text += words(tree(paper.respond(target(further), now)))
        for paragraph in truth.paragraphs:
            at = text.find(" ".join(paragraph.split()), at)
            assert at >= 0, (truth.url, paragraph)


@pytest.mark.parametrize("name", NAMES)
def test_every_other_address_leads_to_the_article(name):
    paper = PAPERS[name]
    for now in INSTANTS:
        for truth in paper.truth(now):
            for url in truth.urls[1:]:
                answer = paper.respond(target(url), now)
                if answer.status == 301:
                    assert dict(answer.headers)["Location"] == truth.url
                elif answer.status == 200 and url in further_pages(paper, truth.url):
                    assert truth.paragraphs[1] not in words(tree(answer))
                elif answer.status == 200:
                    assert truth.paragraphs[-1] in words(tree(answer))
                else:
                    assert answer.status == 404, url
                    article = next(a for a in paper.articles if url.endswith(a.path))
                    assert article.moved_at is not None
                    assert article.moved_at > now


@pytest.mark.parametrize("name", NAMES)
def test_there_are_sixty_articles_over_many_years_and_three_yet_to_come(name):
    paper = PAPERS[name]
    old = paper.truth(START)
    assert len(old) >= 60
    assert old[0].published_on.year == 2012
    assert old[-1].published_on.year == 2026
    assert len({truth.published_on.year for truth in old}) >= 14
    later = {truth.url for truth in paper.truth(START + timedelta(days=10))} - {truth.url for truth in old}
    assert len(later) >= 3


def test_all_four_languages_have_their_share():
    counts = Counter(truth.language for paper in PAPERS.values() for truth in paper.truth(START))
    assert sum(counts.values()) >= 320
    assert counts["fr"] >= 180
    assert min(counts["ar"], counts["es"], counts["en"]) >= 30


def test_no_two_articles_share_a_text_but_agency_copies():
    by_text = {}
    for paper in PAPERS.values():
        for truth in paper.truth(START + timedelta(days=10)):
            by_text.setdefault(truth.text, []).append(truth)
    shared = [group for group in by_text.values() if len(group) > 1]
    assert {len(group) for group in shared} == {2, 3}
    for group in shared:
        original, *copies = sorted(group, key=lambda truth: truth.published_on)
        assert original.duplicate_of is None
        assert original.agency
        assert all(copy.duplicate_of == original.url and copy.published_on > original.published_on for copy in copies)


@pytest.mark.parametrize("name", NAMES)
def test_unpublished_and_withdrawn_articles_are_not_there(name):
    paper = PAPERS[name]
    later = START + timedelta(days=10)
    for article in paper.articles:
        status = paper.respond(article.address(START), START).status
        assert status == (200 if article.published_at <= START else 404)
        if article.vanishes_at:
            assert paper.respond(article.path, later).status == 410
            assert article.number not in {a.number for a in paper.listed(later)}


@pytest.mark.parametrize("name", NAMES)
def test_something_changes_moves_and_vanishes_in_the_next_ten_days(name):
    paper, later = PAPERS[name], START + timedelta(days=10)
    corrected = [a for a in paper.articles if a.corrected_at and START < a.corrected_at < later]
    moving = [a for a in paper.articles if a.moved_at and START < a.moved_at < later]
    vanishing = [a for a in paper.articles if a.vanishes_at and START < a.vanishes_at < later]
    assert corrected
    assert moving
    assert vanishing
    for article in corrected:
        before, after = paper.truth_of(article, START), paper.truth_of(article, later)
        assert before.paragraphs[:-1] == after.paragraphs[:-1]
        assert before.paragraphs[-1] != after.paragraphs[-1]
        assert before.modified_at is None
        assert after.modified_at == article.corrected_at
    for article in moving:
        assert paper.respond(article.old_path, START).status == 200
        assert paper.respond(article.old_path, later).status == 301


@pytest.mark.parametrize("name", NAMES)
def test_an_old_address_is_still_linked(name):
    paper = PAPERS[name]
    moved = {a.number: a for a in paper.articles if a.moved_at and a.moved_at < START}
    pointing = [a for a in paper.articles if a.linked in moved]
    assert pointing
    for article in pointing:
        assert paper.origin + moved[article.linked].old_path in links(paper, article.address(START), START)


@pytest.mark.parametrize("name", NAMES)
def test_every_allowed_article_can_be_found(name):
    paper = PAPERS[name]
    now = START + timedelta(days=10)
    starts = ["/"] + [a.address(now) for a in paper.articles if a.in_sitemap and a.exists(now) and name != "lecourrierdesrives"]
    found = reachable(paper, now, starts)
    for truth in paper.truth(now):
        assert not truth.allowed or found & set(truth.urls), truth.url


@pytest.mark.parametrize("name", NAMES)
def test_articles_that_only_links_lead_to_are_in_no_list(name):
    paper = PAPERS[name]
    hidden = [a for a in paper.articles if not a.listed and not a.in_sitemap]
    assert hidden
    listings = set(itertools.chain.from_iterable(links(paper, path, START) for path in ["/", *listing_paths(paper)]))
    for article in hidden:
        assert paper.origin + article.path not in listings


def listing_paths(paper):
    todo, seen = ["/"], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        found = {target(url) for url in links(paper, path, START)}
        todo += [p for p in found if p.partition("?")[0] == path.partition("?")[0] or is_section(paper, p)]
    return seen


def is_section(paper, path):
    first = unquote(path.partition("?")[0]).strip("/").removeprefix("category/").removeprefix("fr/").removeprefix("en/")
    return first in {segment for segment, _ in paper.sections.values()}


def test_some_articles_are_found_only_in_a_sitemap():
    for name in ("lagunemagazine", "elmiradordelestrecho", "assahl"):
        paper = PAPERS[name]
        hidden = [a for a in paper.articles if a.in_sitemap and not a.listed]
        assert hidden
        found = reachable(paper, START, ["/"])
        lonely = [a for a in hidden if paper.origin + a.path not in found]
        assert lonely, name


@pytest.mark.parametrize("name", NAMES)
def test_robots_txt_forbids_some_articles_and_asks_for_no_delay(name):
    paper = PAPERS[name]
    robots = paper.respond("/robots.txt", START).body.decode()
    assert "Crawl-delay" not in robots
    secret = [truth for truth in paper.truth(START) if not truth.allowed]
    assert secret
    for truth in paper.truth(START):
        forbidden = any(f"Disallow: {prefix}" in robots and target(truth.url).startswith(prefix) for prefix in paper.disallowed)
        assert forbidden is not truth.allowed


@pytest.mark.parametrize("name", NAMES)
def test_side_pages_are_linked_and_answer(name):
    paper = PAPERS[name]
    linked = {target(url) for url in links(paper, "/", START)}
    assert len(paper.side) >= 8
    for address, kind in paper.side.items():
        answer = paper.respond(address, START)
        assert answer.status == 200, address
        assert address in linked
        if kind == "pdf":
            assert answer.body.startswith(b"%PDF")
        if kind == "image":
            assert answer.body.startswith(b"\x89PNG")
            assert answer.content_type.startswith("text/html")


@pytest.mark.parametrize("name", NAMES)
def test_no_link_on_any_page_is_dead_by_mistake(name):
    paper = PAPERS[name]
    allowed_dead = {a.vanishes_at and paper.origin + a.path for a in paper.articles}
    for url in reachable(paper, START, ["/"]):
        answer = paper.respond(target(url), START)
        assert answer.status in {200, 301} or url in allowed_dead, (url, answer.status)


@pytest.mark.parametrize("name", NAMES)
def test_all_pages_parse_and_declare_a_title(name):
    paper = PAPERS[name]
    for url in reachable(paper, START, ["/"]):
        answer = paper.respond(target(url), START)
        if answer.status == 200 and b"<html" in answer.body[:100]:
            assert tree(answer).xpath("string(//title)").strip(), url


@pytest.mark.parametrize("name", NAMES)
def test_feeds_and_sitemaps_are_well_formed_and_lead_to_articles(name):
    paper = PAPERS[name]
    paths = {
        "lecourrierdesrives": ["/spip.php?page=backend"],
        "lagunemagazine": ["/feed/", "/feed/?paged=2", "/wp-sitemap.xml", "/wp-sitemap-posts-post-1.xml", "/wp-sitemap-posts-post-2.xml"],
        "lefildumatin": ["/rss.xml"],
        "elmiradordelestrecho": ["/rss", "/fr/rss", "/en/rss", "/sitemap.xml", "/sitemap-news.xml"],
        "assahl": ["/feed.xml", "/sitemap.xml"],
    }[name]
    known = {truth.url for truth in paper.truth(START)}
    for path in paths:
        answer = paper.respond(path, START)
        assert answer.status == 200, path
        root = etree.fromstring(answer.body)
        found = [element.text for element in root.iter("{*}loc") if element.text] or [item.findtext("link") for item in root.iter("item")]
        for url in found:
            clean = url.partition("?utm")[0]
            assert clean in known or clean.endswith(".xml"), url


def test_the_spip_feed_holds_fifteen_and_wordpress_pages_its_feed_to_the_end():
    root = etree.fromstring(PAPERS["lecourrierdesrives"].respond("/spip.php?page=backend", START).body)
    assert len(list(root.iter("item"))) == 15
    magazine = PAPERS["lagunemagazine"]
    numbers = [len(list(etree.fromstring(a.body).iter("item"))) for a in pages(magazine)]
    assert sum(numbers) == sum(a.in_feed for a in magazine.listed(START))
    assert magazine.respond("/feed/?paged=99", START).status == 404


def pages(magazine):
    for number in itertools.count(1):
        answer = magazine.respond(f"/feed/?paged={number}", START)
        if answer.status == 404:
            return
        yield answer


def test_the_masthead_clock_changes_the_page_but_not_its_validator():
    magazine = PAPERS["lagunemagazine"]
    path = magazine.articles[20].path
    today, tomorrow = magazine.respond(path, START), magazine.respond(path, START + timedelta(days=1))
    assert "jeudi, janvier 15 2026" in today.body.decode()
    assert "vendredi, janvier 16 2026" in tomorrow.body.decode()
    assert today.etag == tomorrow.etag
    assert today.etag.startswith('W/"')


def test_old_spip_pages_come_in_three_states_of_encoding():
    paper = PAPERS["lecourrierdesrives"]
    states = set()
    for article in paper.articles:
        if paper.local(article).year >= 2021 or not article.exists(START):
            continue
        answer = paper.respond(article.address(START), START)
        try:
            answer.body.decode("utf-8")
            real = "utf-8"
        except UnicodeDecodeError:
            real = "latin-1"
        states.add((real, answer.content_type.partition("charset=")[2]))
    assert states == {("latin-1", "utf-8"), ("utf-8", "iso-8859-1"), ("utf-8", "utf-8")}


def test_portal_dates_are_exact_in_feed_listing_or_address_where_the_page_is_vague():
    paper = PAPERS["lefildumatin"]
    listed = {}
    for path in listing_paths(paper):
        for item in tree(paper.respond(path, START)).xpath("//div[@class='item']"):
            listed[urljoin(paper.origin, item.xpath(".//a/@href")[0])] = item.xpath(".//time/@datetime")[0]
    for truth in paper.truth(START):
        assert truth.published_at is None
        in_address = f"{truth.published_on:/%Y/%m/%d/}" in truth.url
        assert truth.allowed is False or in_address or listed[truth.url] == truth.published_on.isoformat(), truth.url
    found = Counter(truth.published_precision for truth in paper.truth(START))
    assert {Precision.DAY, Precision.WEEK, Precision.MONTH, Precision.YEAR} <= set(found)


def test_structured_data_agrees_with_the_truth():
    paper = PAPERS["elmiradordelestrecho"]
    from datetime import datetime

    for truth in paper.truth(START):
        page = tree(paper.respond(target(truth.url), START))
        data = json.loads(page.xpath("string(//script[@type='application/ld+json'])"))
        assert datetime.fromisoformat(data["datePublished"]) == truth.published_at
        assert tuple(author["name"] for author in data["author"]) == truth.authors
        assert data["inLanguage"] == truth.language
        alternates = {(link.get("hreflang"), link.get("href")) for link in page.xpath("//link[@hreflang]")}
        assert alternates == {(truth.language, truth.url), *truth.translations}


def test_translations_point_back():
    truths = {truth.url: truth for truth in PAPERS["elmiradordelestrecho"].truth(START)}
    paired = [truth for truth in truths.values() if truth.translations]
    assert len(paired) > 40
    for truth in paired:
        for language, url in truth.translations:
            assert truths[url].language == language
            assert (truth.language, truth.url) in truths[url].translations


def test_arabic_pages_run_from_right_to_left_and_some_dates_have_their_own_digits():
    paper = PAPERS["assahl"]
    digits = 0
    for truth in paper.truth(START):
        page = tree(paper.respond(target(truth.url), START))
        assert page.get("dir") == ("rtl" if truth.language == "ar" else "ltr")
        digits += any("٠" <= letter <= "٩" for letter in words(page.xpath("//*[@class='date']")[0]))
    assert digits >= 10


@pytest.mark.parametrize("name", NAMES)
def test_a_page_follows_from_target_and_instant_alone(name):
    again = next(paper for paper in all_papers() if paper.name == name)
    paper, now = PAPERS[name], START + timedelta(days=4)
    assert [truth.url for truth in paper.truth(now)] == [truth.url for truth in again.truth(now)]
    again.respond("/", START)  # what was asked before must not matter
    for truth in paper.truth(now):
        assert paper.respond(target(truth.url), now) == again.respond(target(truth.url), now)
    assert paper.respond("/", now) == again.respond("/", now)


@pytest.mark.parametrize("name", NAMES)
def test_source_files_load_and_name_the_paper(name):
    source = Source.load(SOURCES / f"{name}.toml")
    paper = PAPERS[name]
    assert source.name == name
    assert source.home == f"{paper.origin}/"
    assert source.delay == 0
    assert source.every == timedelta(minutes=15)
    for truth in paper.truth(START):
        assert source.is_on_site(truth.url)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("now", INSTANTS)
def test_the_crawler_takes_every_article_address_for_an_article(name, now):
    paper, source = PAPERS[name], Source.load(SOURCES / f"{name}.toml")
    for article in paper.articles:
        if article.exists(now):
            for path in filter(None, (article.address(now), article.old_path, article.twin)):
                assert classify(paper.origin + path, source).kind == "article", path


def test_one_source_file_tells_little_more_than_the_home_page():
    keys = [line.partition("=")[0].strip() for line in (SOURCES / "lagunemagazine.toml").read_text().splitlines() if "=" in line]
    assert keys == ["home", "delay", "every"]


def test_there_is_a_short_article_and_an_article_at_two_addresses_in_every_paper():
    for paper in PAPERS.values():
        truths = paper.truth(START)
        assert [truth for truth in truths if len(truth.paragraphs) == 1], paper.name
        twins = [a for a in paper.articles if a.twin]
        assert twins, paper.name
        for article in twins:
            assert [a for a in paper.articles if a.linked == article.number and paper.origin + article.twin in links(paper, a.path, START)]
            first, second = (paper.respond(path, START).body for path in (article.path, article.twin))
            assert b'rel="canonical"' in first
            assert b'rel="canonical"' not in second


@pytest.mark.parametrize("name", ["lecourrierdesrives", "lagunemagazine"])
def test_print_and_amp_versions_are_linked_and_name_the_article_as_canonical(name):
    paper = PAPERS[name]
    varied = [a for a in paper.articles if a.variants and a.exists(START)]
    assert len(varied) >= 10
    for article in varied:
        page = tree(paper.respond(article.address(START), START))
        linked = {urljoin(paper.origin, url) for url in page.xpath("//a/@href | //link[@rel='amphtml']/@href")}
        for variant in article.variants:
            assert paper.origin + variant in linked
            canonical = tree(paper.respond(variant, START)).xpath("string(//link[@rel='canonical']/@href)")
            assert canonical == paper.origin + article.address(START)


def test_behind_the_last_page_there_is_nothing_to_follow():
    beyond = {
        "lecourrierdesrives": "/sport/?debut_articles=500",
        "lagunemagazine": "/page/99/",
        "lefildumatin": "/sport?page=99",
        "elmiradordelestrecho": "/cultura?page=99",
        "assahl": "/en?page=99",
    }
    for name, path in beyond.items():
        paper = PAPERS[name]
        answer = paper.respond(path, START)
        assert answer.status == (200 if name == "lecourrierdesrives" else 404)
        addresses = {paper.origin + a.address(START) for a in paper.articles} | {
            paper.origin + a for a, k in paper.side.items() if k == "soft_404"
        }
        assert not {urljoin(paper.origin, href) for href in tree(answer).xpath("//a/@href")} & addresses
