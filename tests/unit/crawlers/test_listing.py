"""Listing pages: articles with their titles and dates, sections, following pages, feeds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.discovery import listing as module
from crawlers.discovery.charset import decoded
from crawlers.discovery.listing import Listing, parse_listing
from crawlers.discovery.paging import Mark, next_pages, number_of, rule_of
from crawlers.discovery.scope import Scope
from crawlers.pagination import Pagination
from crawlers.source import Source
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FoundBy, PageKind

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
RUN = datetime(2026, 11, 1, 11, 0, tzinfo=UTC)
SITE = "https://www.journal.example"
HOME = f"{SITE}/"
PLAIN = Source.from_toml(f'home = "{SITE}/"\ncountry = "MA"', Path("journal.toml"))

PAGE = """<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Le Journal</title>
<link rel="alternate" type="application/rss+xml" href="/feed/" title="Le Journal">
<link rel="alternate" type="application/rss+xml" href="/comments/feed/" title="Commentaires">
<link rel="alternate" type="application/rss+xml" href="https://autre.example/feed/">
<link rel="alternate" hreflang="ar" href="/ar/">
<link rel="stylesheet" href="/style.css"></head><body>
<header><a href="/"><img src="/logo.png" alt="Le Journal"></a></header>
<nav><a href="/maroc/">Maroc</a><a href="/sport/">Sport</a><a href="/contact">Contact</a><a href="/tag/can">CAN</a></nav>
<main>
 <article><a href="/hausse-prix,101.html"><img src="x.jpg"></a><h2><a href="/hausse-prix,101.html">Hausse des <em>prix</em> du blé</a></h2>
   <time datetime="2026-10-31T09:30:00+01:00">hier</time><p>Chapô… <a href="/hausse-prix,101.html#suite">Lire la suite</a></p></article>
 <article><h2><a href="/accord-signe,102.html?utm_source=une">Un accord signé</a></h2><time datetime="2020-10-03">3 oct.</time></article>
 <article><a href="/sans-date,103.html">Sans date</a></article>
</main>
<aside><a href="/dossier/eau">Dossier</a><a href="/2014/08/">Août 2014</a><a href="https://autre.example/x,1.html">Ailleurs</a>
<a href="javascript:void(0)">x</a><a href="mailto:a@b">x</a><a href="#haut">Haut</a><a>rien</a></aside>
<div class="pagination"><a href="/?page=2">2</a><a href="/?page=3">3</a><a href="/?page=2">Suivant »</a></div>
</body></html>"""


def parse(body, url=HOME, source=PLAIN, **more) -> Listing:
    return parse_listing(body.encode() if isinstance(body, str) else body, url, source, now=NOW, **more)


def paths(candidates) -> list[str]:
    return [candidate.url.removeprefix(SITE) for candidate in candidates]


def test_a_home_page():
    found = parse(PAGE, refetch_before=RUN)
    assert found.articles == (
        Candidate(
            f"{SITE}/hausse-prix,101.html",
            PageKind.ARTICLE,
            FoundBy.LISTING,
            Hints(
                title="Hausse des prix du blé",
                published_at=datetime(2026, 10, 31, 8, 30, tzinfo=UTC),
                published_on=date(2026, 10, 31),
                evidence=DateEvidence.LISTING,
                depth=1,
            ),
            500,
        ),
        Candidate(
            f"{SITE}/accord-signe,102.html?utm_source=une",
            PageKind.ARTICLE,
            FoundBy.LISTING,
            Hints(title="Un accord signé", published_on=date(2020, 10, 3), evidence=DateEvidence.LISTING, depth=1),
            300,
        ),
        Candidate(f"{SITE}/sans-date,103.html", PageKind.ARTICLE, FoundBy.LISTING, Hints(title="Sans date", depth=1), 500),
    )
    assert paths(found.sections) == ["/maroc/", "/sport/", "/dossier/eau"]
    assert found.sections[0] == Candidate(f"{SITE}/maroc/", PageKind.LISTING, FoundBy.LISTING, Hints(depth=1), 700, RUN)
    assert found.next_pages == (Candidate(f"{SITE}/?page=2", PageKind.LISTING, FoundBy.PAGINATION, Hints(depth=1), 600, RUN),)
    assert found.alternates == (Candidate(f"{SITE}/feed/", PageKind.FEED, FoundBy.LISTING, Hints(), 900, RUN),)
    assert found.days == (date(2026, 10, 31), date(2020, 10, 3))


def test_deeper_pages_and_backfills():
    found = parse(PAGE, url=f"{SITE}/maroc/?page=4", depth=4, shift=-250, archives=True)
    assert [(c.priority, c.hints.depth) for c in found.articles] == [(250, 5), (50, 5), (50, 5)]
    assert found.sections == (), "too deep"
    assert "/2014/08/" in paths(parse(PAGE, archives=True).sections)


def test_a_source_that_names_its_listings_and_feeds_is_not_taught_others():
    source = Source.from_toml(
        f'home = "{SITE}/"\n[discovery]\nfeeds = ["/rss"]\n[[listings]]\nurl = "/maroc/"\nnext = "path:/page/{{n}}/"', Path("j.toml")
    )
    found = parse(PAGE, source=source)
    assert (found.sections, found.alternates) == ((), ())
    assert paths(found.articles) == ["/hausse-prix,101.html", "/accord-signe,102.html?utm_source=une", "/sans-date,103.html"]
    assert paths(parse(PAGE, url=f"{SITE}/maroc/", source=source).next_pages) == ["/maroc/page/2/"]
    assert paths(parse(PAGE, url=f"{SITE}/maroc/page/7/", source=source).next_pages) == ["/maroc/page/8/"]


def test_base_href_is_honoured():
    body = '<head><base href="/fr/"></head><a href="2020/10/03/un-titre">Un titre</a><a href="?page=2">Suivant</a>'
    found = parse(body, url=f"{SITE}/autre/dossier/")
    assert paths(found.articles) == ["/fr/2020/10/03/un-titre"]
    broken = '<base href="http://["><a href="/2020/10/03/un-titre">Un titre</a>'
    assert paths(parse(broken).articles) == ["/2020/10/03/un-titre"]


def test_the_page_itself_is_none_of_its_articles():
    body = '<a href="/2020/10/03/un-titre">T</a><a href="/2020/10/03/autre-titre">A</a>'
    assert paths(parse(body, url=f"{SITE}/2020/10/03/un-titre/?fbclid=x").articles) == ["/2020/10/03/autre-titre"]


@pytest.mark.parametrize(
    ("block", "title"),
    [
        ('<a href="/a,1.html">Lire la suite</a><a href="/a,1.html">Le vrai titre</a>', "Le vrai titre"),
        (
            '<a href="/a,1.html"><img></a><h3><a href="/a,1.html">Titre</a></h3><p><a href="/a,1.html">Un long chapô qui suit le titre</a></p>',
            "Titre",
        ),
        ('<a href="/a,1.html"><h2>Titre</h2><p>Un long chapô</p></a>', "Titre"),
        ('<a href="/a,1.html">اقرأ المزيد</a>', None),
        ('<a href="/a,1.html">»</a><a href="/a,1.html">12</a>', None),
        ('<a href="/a,1.html">  Titre\n &amp; suite </a>', "Titre & suite"),
        ('<map><area href="/a,1.html"></map>', None),
    ],
)
def test_titles_stand_beside_the_link(block, title):
    (article,) = parse(block).articles
    assert article.hints.title == title


def test_a_date_belongs_to_the_one_article_around_it():
    shared = '<div><a href="/a,1.html">A</a><a href="/b,2.html">B</a><time datetime="2020-10-03">3</time></div>'
    assert parse(shared).days == ()
    apart = (
        '<ul><li><a href="/a,1.html">A</a><span><time datetime="2020-10-03"></time></span></li>'
        '<li><a href="/b,2.html">B</a><time>4 octobre 2020</time></li><li><a href="/c,3.html">C</a><time datetime="nonsense">x</time></li></ul>'
    )
    assert parse(apart).days == (date(2020, 10, 3), date(2020, 10, 4))


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ('<span class="date">13 يناير 2026</span>', date(2026, 1, 13)),
        ('<p class="post-date small">8 août 2014 - 21h44</p>', date(2014, 8, 8)),
        ('<p class="update">8 août 2014</p>', None),
        ('<p class="date">il y a 3 semaines</p>', None),
        ('<div class="date">Le 8 août 2014, dans une longue phrase qui raconte encore bien autre chose</div>', None),
    ],
)
def test_dates_in_words_count_where_the_class_says_date(stated, day):
    found = parse(f'<ul><li><a href="/a,1.html">A</a>{stated}</li><li><a href="/b,2.html">B</a></li></ul>')
    assert found.articles[0].hints.published_on == day


def test_a_masthead_is_not_searched_for_dates():
    body = '<header><p class="date">1 novembre 2026</p></header><main><a href="/a,1.html">A</a></main>'
    assert parse(body).days == ()


def test_a_site_clock_is_no_articles_date():
    clock = '<header><time datetime="2026-11-01">dimanche 1 novembre</time></header><main><a href="/a,1.html">A</a><a href="/b,2.html">B</a></main>'
    assert parse(clock).days == ()


def test_paging_stops_when_all_is_older_than_asked():
    found = parse(PAGE)
    assert not Scope(date(2020, 10, 1), None).past(found.days)
    assert Scope(date(2026, 11, 1), None).past(found.days)


def test_a_page_without_articles_has_no_following_page():
    assert parse('<a rel="next" href="/maroc/?page=9">Suivant</a>', url=f"{SITE}/maroc/?page=8").next_pages == ()


def test_meta_robots_does_not_stop_discovery():
    assert parse('<meta name="robots" content="noindex, nofollow">' + PAGE).articles


def test_caps(monkeypatch):
    monkeypatch.setattr(module, "MAX_ARTICLES", 3)
    monkeypatch.setattr(module, "MAX_SECTIONS", 2)
    body = "".join(f'<a href="/a,{n}.html">A{n}</a><a href="/section{chr(97 + n)}/">S</a>' for n in range(9))
    found = parse(body + '<a href="/a,1.html">Le premier, encore</a>')
    assert (len(found.articles), len(found.sections)) == (3, 2)
    assert found.articles[1].hints.title == "Le premier, encore"


@pytest.mark.parametrize(
    "body", [b"", b"  \n", b"\x00\x00", b"%PDF-1.4 \xff\xfe", b"{}", b"<", b"<!-- nothing", b"<?xml version='1.0'?><rss/>"]
)
def test_what_is_no_html_leads_nowhere(body):
    found = parse(body)
    assert (found.articles, found.next_pages) == ((), ())


def test_torture_66_links_in_three_hundred_nested_blocks_are_found():
    body = "<div>" * 400 + '<a href="/a,1.html">Au fond</a>' + "</div>" * 400
    assert paths(parse(body).articles) == ["/a,1.html"]


# ---------------------------------------------------------------- charsets


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Été".encode(), None, "Été"),
        ("Été".encode("latin-1"), None, "Été"),
        ("Été".encode("latin-1"), "text/html; charset=ISO-8859-1", "Été"),
        ("Été".encode("latin-1"), "text/html; charset=utf-8", "Été"),
        ("L’été".encode("cp1252"), 'text/html; charset="iso-8859-1"', "L’été"),
        ("أخبار".encode("cp1256"), "text/html; charset=windows-1256", "أخبار"),
        ("<meta charset=windows-1256>أخبار".encode("cp1256"), None, "<meta charset=windows-1256>أخبار"),
        (
            "<meta http-equiv=x content='text/html; charset=utf-8'>Été".encode(),
            "text/html",
            "<meta http-equiv=x content='text/html; charset=utf-8'>Été",
        ),
        ("Été".encode("utf-8-sig"), "text/html; charset=latin-1", "Été"),
        ("Été".encode("utf-16"), None, "Été"),
        ("Été".encode(), "text/html; charset=unicode_escape", "Été"),
        ("Été".encode(), "text/html; charset=utf-99", "Été"),
        (b"\x81\xff\xfe", None, "\ufffdÿþ"),
    ],
)
def test_charsets(body, content_type, text):
    assert decoded(body, content_type) == text


def test_titles_of_a_latin_page_are_right():
    body = '<a href="/a,1.html">Été à Alger</a>'.encode("latin-1")
    assert parse(body, content_type="text/html; charset=iso-8859-1").articles[0].hints.title == "Été à Alger"


# ---------------------------------------------------------------- following pages


def following(url: str, *marks: tuple[str, str, str], source: Source = PLAIN) -> list[str]:
    return paths_of(next_pages(SITE + url, [Mark(SITE + target, rel, text) for target, rel, text in marks], source))


def paths_of(urls: list[str]) -> list[str]:
    return [url.removeprefix(SITE) for url in urls]


@pytest.mark.parametrize(
    ("url", "marks", "expected"),
    [
        ("/maroc/", [("/maroc/autre", "next", "")], ["/maroc/autre"]),
        ("/maroc/", [("/maroc/page/2/", "", "2"), ("/maroc/page/3/", "", "3"), ("/maroc/page/14/", "", "Dernière")], ["/maroc/page/2/"]),
        ("/maroc/page/3/", [("/maroc/page/2/", "", "2"), ("/maroc/page/4/", "", "4"), ("/maroc/page/14/", "", "14")], ["/maroc/page/4/"]),
        ("/maroc/page/14/", [("/maroc/page/13/", "", "13"), ("/maroc/", "", "1")], []),
        ("/maroc/", [("/sport/page/2/", "", "2")], []),
        ("/maroc?page=2", [("/maroc?page=1", "", "1"), ("/maroc?page=3", "", "3")], ["/maroc?page=3"]),
        ("/maroc", [("/maroc?page=1", "", "1"), ("/maroc?page=2", "", "2")], ["/maroc?page=2"]),
        ("/maroc", [("/maroc?page=0", "", "1"), ("/maroc?page=1", "", "2")], ["/maroc?page=1"]),
        (
            "/maroc.html",
            [("/maroc.html?debut_articles=20", "", "20"), ("/maroc.html?debut_articles=40", "", "40")],
            ["/maroc.html?debut_articles=20"],
        ),
        (
            "/maroc.html?debut_articles=20",
            [("/maroc.html?debut_articles=0", "", "0"), ("/maroc.html?debut_articles=40", "", "40")],
            ["/maroc.html?debut_articles=40"],
        ),
        ("/spip.php?rubrique3", [("/spip.php?rubrique3&debut_articles=10", "", "10")], ["/spip.php?rubrique3&debut_articles=10"]),
        ("/maroc/", [("/maroc/2/", "", "Suivant")], ["/maroc/2/"]),
        ("/maroc/", [("/maroc/2/", "", "Page suivante »")], ["/maroc/2/"]),
        ("/maroc/", [("/maroc/2/", "", "Next")], ["/maroc/2/"]),
        ("/maroc/", [("/maroc/2/", "", "Siguiente ›")], ["/maroc/2/"]),
        ("/maroc/", [("/maroc/2/", "", "التالي")], ["/maroc/2/"]),
        ("/maroc/", [("/maroc/2/", "", "الصفحة التالية")], ["/maroc/2/"]),
        ("/maroc/", [("/maroc/2/", "", "← Older posts")], ["/maroc/2/"]),
        ("/maroc/", [("/maroc/2/", "", "Articles plus anciens")], ["/maroc/2/"]),
        ("/maroc/", [("/maroc/2/", "", "Article suivant")], []),
        ("/maroc/", [("/maroc/2/", "", "»")], []),
        ("/maroc/", [("/maroc/x", "", "Next generation : les jeunes")], []),
        ("/maroc/", [], []),
        ("/maroc/page-2.html", [("/maroc/page-3.html", "", ">")], ["/maroc/page-3.html"]),
    ],
)
def test_torture_58_the_following_page_is_one_that_comes_after(url, marks, expected):
    assert following(url, *marks) == expected


RULED = Source.from_toml(
    f"""home = "{SITE}/"
    [[listings]]
    url = "/"
    next = "path:/page/{{n}}/"
    [[listings]]
    url = "/spip"
    next = "query:debut_articles={{offset:20}}"
    [[listings]]
    url = "/rel/"
    next = "rel"
    [[listings]]
    url = "/une/"
    next = "none"
    """,
    Path("j.toml"),
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/", ["/page/2/"]),
        ("/page/2/", ["/page/3/"]),
        ("/spip", ["/spip?debut_articles=20"]),
        ("/spip?debut_articles=20", ["/spip?debut_articles=40"]),
        ("/rel/", ["/suite"]),
        ("/rel/page/2", ["/suite"]),
        ("/une/", []),
        ("/autre/", ["/suite"]),
    ],
)
def test_the_sources_rule_decides(url, expected):
    assert following(url, ("/suite", "nofollow next", "Suivant"), source=RULED) == expected


def test_rules_and_numbers():
    assert rule_of(f"{SITE}/page/9/", RULED) == Pagination("path", "/page/", "/", 1, 1)
    assert rule_of("nonsense", RULED).way == "auto"
    assert number_of(f"{SITE}/maroc/page/12/") == ("http://journal.example/maroc", 12)
    assert number_of(f"{SITE}/maroc?tri=x&page=3") == ("http://journal.example/maroc?tri=x", 3)
    assert number_of(f"{SITE}/maroc/") is None
    assert number_of(f"{SITE}/p?page=x") is None


# ---------------------------------------------------------------- anything


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=2_000),
    st.sampled_from([b"", b"<a href='", b"<html><base href='", b"<time datetime='", b"\xff\xfe<\x00", b"<a rel=next href=?page="]),
)
def test_no_bytes_make_it_raise(body, before):
    assert isinstance(parse(before + body), Listing)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PAGE)), st.binary(max_size=6), st.sampled_from([None, "text/html; charset=utf-16", "text/html;charset=", "\x00"]))
def test_no_damage_makes_it_raise(place, dirt, content_type):
    body = PAGE.encode()
    found = parse(body[:place] + dirt + body[place + len(dirt) :], content_type=content_type)
    assert all(PLAIN.is_on_site(c.url) for c in (*found.articles, *found.sections, *found.next_pages, *found.alternates))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=40))
def test_no_link_makes_it_raise(href, rel, words):
    element = '<a href="{}" rel="{}">{}</a>'.format(*(part.replace("\ud800", "") for part in (href, rel, words)))
    assert isinstance(parse((element + PAGE).encode("utf-8", "replace")), Listing)
