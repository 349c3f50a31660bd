"""Articles on several pages: what a page says of its place among them, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from db.readings import Article, PageToRead, Part, ReadingHints
from pipeline.reading import process_page
from pipeline.steps.journal import Journal
from pipeline.steps.parts import MOST_PARTS, part_of

SITE = "https://journal.example"
PROSE = "".join(
    f"<p>Le quai numéro {n} accueillera trois lignes de plus, et les marins du port attendent les travaux.</p>" for n in range(6)
)


def html(pager: str, head: str = "", prose: str = PROSE) -> str:
    stated = '<meta property="og:type" content="article"><meta property="article:published_time" content="2024-03-05T10:00:00Z">'
    return (
        f"<html lang='fr'><head><title>Le port s'agrandit</title>{stated}{head}</head>"
        f"<body><h1>Le port s'agrandit</h1><article>{prose}</article>{pager}</body></html>"
    )


def told(url: str, pager: str, head: str = "", canonical: str | None = None) -> Part:
    part, _ = part_of(document_fromstring(html(pager, head)), url, canonical, url, journal=Journal())
    return part


def read(url: str, page: str) -> Article:
    article = process_page(PageToRead(url, page.encode()), ReadingHints())
    assert isinstance(article, Article)
    return article


FORMS = [
    ("/maroc/le-port-s-agrandit", "/maroc/le-port-s-agrandit?page={}"),
    ("/maroc/le-port-s-agrandit/", "/maroc/le-port-s-agrandit/{}/"),
    ("/maroc/le-port-s-agrandit", "/maroc/le-port-s-agrandit/page/{}"),
    ("/maroc/le-port-s-agrandit-48213.html", "/maroc/le-port-s-agrandit-48213-page-{}.html"),
    ("/maroc/le-port-s-agrandit-48213.html", "/maroc/le-port-s-agrandit-48213_{}.html"),
    ("/maroc/le-port-s-agrandit,48213.html", "/maroc/le-port-s-agrandit,48213,{}.html"),
    ("/?p=48213", "/?p=48213&page={}"),
    ("/article.php?id=48213", "/article.php?id=48213&pg={}"),
    ("/news/a48213.html", "/news/a48213-p{}.html"),
    ("/economie/le-port,12.html", "/economie/le-port,12.html?page={}"),
    ("/economie/12-le-port-en-2", "/economie/12-le-port-en-2/{}"),
    ("/article123.html", "/article123.html?artpage={}-3"),
    ("/Actualites/Le-port", "/Actualites/Le-port/(page)/{}"),
]
"""Addresses of a first page and of its followers, as newspapers' systems write them."""


@pytest.mark.parametrize(("first", "form"), FORMS)
def test_torture_74_the_pager_of_numbers_says_where_the_article_goes_on(first, form):
    def links(own: int) -> str:
        shown = [str(n) if n == own else f'<a href="{first if n == 1 else form.format(n)}">{n}</a>' for n in (1, 2, 3)]
        return f"<div class='pages'>{' '.join(shown)}</div>"

    later = [SITE + form.format(n) for n in (2, 3)]
    assert told(SITE + first, links(1)) == Part(1, None, later[0])
    assert told(later[0], links(2)) == Part(2, SITE + first, later[1])
    assert told(later[1], links(3)) == Part(3, SITE + first, None)


@pytest.mark.parametrize(
    "words",
    [
        "Suivant",
        "Page suivante »",
        "Lire la suite",
        "Next page",
        "Siguiente",
        "Página siguiente",
        "Nächste Seite",
        "Avanti",
        "التالي",
        "الصفحة التالية ←",
    ],
)
def test_the_words_of_a_link_say_it_too(words):
    assert told(f"{SITE}/le-port", f'<a href="/le-port-2">{words}</a>') == Part(following=f"{SITE}/le-port-2")


def test_rel_says_it_too():
    head = '<link rel="next" href="/le-port?page=2">'
    assert told(f"{SITE}/le-port", "", head) == Part(following=f"{SITE}/le-port?page=2")
    head = '<link rel="prev" href="/le-port"><link rel="next" href="/le-port?page=3">'
    assert told(f"{SITE}/le-port?page=2", "", head) == Part(2, f"{SITE}/le-port", f"{SITE}/le-port?page=3")
    head = '<link rel="prev" href="/le-port?page=2">'
    assert told(f"{SITE}/le-port?page=3", "", head) == Part(3, f"{SITE}/le-port", None)


def test_torture_74_rel_next_alone_may_mean_the_next_article_of_that_name():
    """WordPress calls the second editorial `editorial-2`, and links to it by its title."""
    for link in ('<link rel="next" href="/editorial-2">', '<a rel="next" href="/editorial-2">Editorial</a>'):
        assert told(f"{SITE}/editorial", link, link) == Part()
    assert told(f"{SITE}/editorial", '<a rel="next" href="/editorial-2">›</a>') == Part(following=f"{SITE}/editorial-2")
    assert told(f"{SITE}/enquete-part-1", '<a href="/enquete-part-2">Part 2: the quays</a>') == Part()


@pytest.mark.parametrize(
    ("own", "href", "following"),
    [
        ("/le-port/", "2", "/le-port/2"),
        ("/le-port/", "./2/", "/le-port/2/"),
        ("/le-port/", "page/2/", "/le-port/page/2/"),
        ("/maroc/le-port", "le-port/2", "/maroc/le-port/2"),
        ("/le-port/", "../le-port/2/", "/le-port/2/"),
        ("/%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1", "/%d8%a7%d9%84%d9%85%d9%8a%d9%86%d8%a7%d8%a1/2", None),
        ("/%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1", "/الميناء/2", None),
        ("/%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1", "/الميناء?page=2", None),
        ("/الميناء", "/%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1/2", None),
    ],
)
def test_a_link_may_be_spelled_in_many_ways(own, href, following):
    assert told(SITE + own, f'<a href="{href}">2</a>').following == SITE + (following or href)


@pytest.mark.parametrize("words", ["Page précédente", "« Previous page", "الصفحة السابقة"])
def test_words_lead_back_as_well(words):
    assert told(f"{SITE}/le-port-2.html", f'<a href="/le-port.html">{words}</a>') == Part(2, f"{SITE}/le-port.html")
    assert told(f"{SITE}/le-port-2.html", '<a href="/le-port.html" rel="prev">Précédent</a>') == Part()


def test_the_way_back_may_be_relative():
    links = '<a href="../">1</a> 2 <a href="../3/">3</a>'
    assert told(f"{SITE}/le-port/2/", links) == Part(2, f"{SITE}/le-port/", f"{SITE}/le-port/3/")


def test_joomla_counts_the_pages_before():
    links = '<a href="/12-le-port?showall=&amp;start=1">Suivant</a><a href="/12-le-port?showall=1">Toutes les pages</a>'
    assert told(f"{SITE}/12-le-port", links) == Part(following=f"{SITE}/12-le-port?showall=&start=1")
    links = '<a href="/12-le-port">Préc.</a><a href="/12-le-port?start=2">Suivant</a>'
    assert told(f"{SITE}/12-le-port?start=1", links) == Part(2, f"{SITE}/12-le-port", f"{SITE}/12-le-port?start=2")


def test_drupal_counts_from_nought_and_names_every_pager_of_a_page():
    links = '1 <a href="/node/12?page=0%2C1">2</a> <a href="/node/12?page=0%2C2">3</a>'
    assert told(f"{SITE}/node/12", links) == Part(following=f"{SITE}/node/12?page=0%2C1")
    links = '<a href="/node/12">1</a> 2 <a href="/node/12?page=0%2C2">3</a>'
    assert told(f"{SITE}/node/12?page=0%2C1", links) == Part(2, f"{SITE}/node/12", f"{SITE}/node/12?page=0%2C2")


@pytest.mark.parametrize("words", ["Seite 2: Die Quais", "Página 2 – los muelles", "الصفحة ٢"])
def test_links_may_name_page_and_chapter(words):
    assert told(f"{SITE}/le-port", f'<a href="/le-port-2">{words}</a>') == Part(following=f"{SITE}/le-port-2")


def test_chapters_have_titles():
    links = '<ol><li><a href="/le-port/2">Les quais</a></li><li><a href="/le-port/3">Les marins</a></li></ol>'
    assert told(f"{SITE}/le-port", links) == Part(following=f"{SITE}/le-port/2")


def test_a_later_page_may_call_the_first_canonical():
    links = '<a href="?page=3">3</a>'
    assert told(f"{SITE}/le-port?page=2", links, canonical=f"{SITE}/le-port") == Part(2, f"{SITE}/le-port", f"{SITE}/le-port?page=3")


def test_pages_that_count_from_nought():
    links = '1 <a href="?page=1">2</a> <a href="?page=2">3</a>'
    assert told(f"{SITE}/le-port", links) == Part(following=f"{SITE}/le-port?page=1")
    links = '<a href="/le-port">1</a> 2 <a href="?page=2">3</a>'
    assert told(f"{SITE}/le-port?page=1", links) == Part(2, f"{SITE}/le-port", f"{SITE}/le-port?page=2")


def test_what_the_page_before_said_is_enough():
    def page(links: str) -> Part:
        tree = document_fromstring(html(links))
        return part_of(tree, f"{SITE}/le-port?page=2", None, f"{SITE}/le-port?page=2", journal=Journal(), told=(2, f"{SITE}/le-port"))[0]

    assert page("") == Part(2, f"{SITE}/le-port")
    assert page("<a href='?page=3'>3</a>") == Part(2, f"{SITE}/le-port", f"{SITE}/le-port?page=3")


@pytest.mark.parametrize(
    ("first", "links", "told_first"),
    [
        ("/le-port", '<a href="?page=1">1</a> 2 <a href="?page=3">3</a>', None),
        ("/le-port", '<a href="/le-port">Le port</a> <a href="?page=1">1</a> 2 <a href="?page=3">3</a>', None),
        ("/le-port?page=1", '<a href="?page=1">1</a> 2 <a href="?page=3">3</a>', "/le-port?page=1"),
    ],
)
def test_the_first_page_has_the_address_it_was_fetched_under(first, links, told_first):
    before = (2, SITE + told_first) if told_first else None
    url = f"{SITE}/le-port?page=2"
    part, _ = part_of(document_fromstring(html(links)), url, None, url, journal=Journal(), told=before)
    assert part == Part(2, SITE + first, f"{SITE}/le-port?page=3")


@pytest.mark.parametrize(
    ("arrived", "links"),
    [
        ("/breve-12", '<a href="/breve">x</a>'),  # sent on to another article
        ("/autre?page=2", ""),
        ("/le-port-2", ""),  # nothing there leads back
    ],
)
def test_what_the_page_before_said_is_not_enough_for_another_article(arrived, links):
    tree = document_fromstring(html(links))
    assert part_of(tree, SITE + arrived, None, SITE + arrived, journal=Journal(), told=(2, f"{SITE}/le-port"))[0] == Part()


def test_digits_of_arabic_pagers():
    links = '١ <a href="/mina/2">٢</a> <a href="/mina/3">٣</a>'
    assert told(f"{SITE}/mina", links) == Part(following=f"{SITE}/mina/2")


@pytest.mark.parametrize(
    "links",
    [
        '<a href="/le-port-2">Le port de Tanger accueille un second terminal</a>',  # another article of the same name
        '<a href="/le-port-2023">2023</a>',
        '<h3><a href="/le-port-2">Le port, un an après</a></h3><a href="/le-port-2">Lire la suite</a>',
        '<link rel="next" href="/les-quais"><a rel="next" href="/les-quais">Article suivant</a>',
        '<div id="comments"><a href="/le-port?page=2">2</a></div>',
        '<a href="/le-port?page=2#comments">2</a>',
        '<a href="/le-port?page=3">3</a>',  # no second page
        '<a href="/le-port/amp">2</a>',
        '<a href="/maroc?page=2">2</a>',
        '<a href="http://[oops?page=2">2</a>',
        "",
    ],
)
def test_what_is_no_further_page(links):
    assert told(f"{SITE}/le-port", links) == Part()


def test_a_number_at_the_end_of_an_address_makes_no_later_page():
    assert told(f"{SITE}/le-port-2", '<a href="/le-port">Le port, un an après</a>') == Part()
    assert told(f"{SITE}/monde/g-20", '<a href="/monde/g-21">21</a>') == Part()


@pytest.mark.parametrize("own", [1, 2, 3, 12])
@pytest.mark.parametrize("rel", ["", "prev", "next"])
def test_articles_with_small_numbers_are_no_pages_of_each_other(own, rel):
    others = [n for n in (own - 1, own + 1) if n]
    links = '<a href="/article">Tous les articles</a>' + "".join(f'<a rel="{rel}" href="/article/{n}">Un autre titre</a>' for n in others)
    assert told(f"{SITE}/article/{own}", links) == Part()


def test_an_article_has_an_end():
    assert (
        told(f"{SITE}/le-port?page={MOST_PARTS - 1}", f'<a href="/le-port">1</a><a href="?page={MOST_PARTS}">{MOST_PARTS}</a>').following
        is None
    )


@pytest.mark.parametrize(
    "links",
    [
        "<div class='p'>Page 1 sur 3 <a href='?page=2'>2</a> <a href='?page=3'>3</a> <a href='?page=2'>Suivant ›</a></div>",
        "<ul><li>1</li><li><a href='?page=2'>2</a></li><li><a href='?page=3'>3</a></li></ul>",
        "<p><a href='?page=2'>Page suivante : les quais</a></p>",
        "<p>Pages: <span>1</span> | <a href='?page=2'>2</a></p>",
        "<p>Pages: <span>1</span> | <a href='?page=2'>2</a> <a href='?page=all'>Tout afficher</a></p>",
    ],
)
def test_the_pager_is_no_text(links):
    article = read(f"{SITE}/maroc/le-port-s-agrandit-48213", html("", prose=PROSE + links))
    assert article.part.following == f"{SITE}/maroc/le-port-s-agrandit-48213?page=2"
    assert article.text.splitlines()[-1].endswith("les marins du port attendent les travaux.")


def test_a_link_within_a_sentence_stays():
    prose = PROSE + "<p>Comme nous l'écrivions, <a href='/le-port/2'>les quais de la ville</a> ont changé de mains plus d'une fois.</p>"
    article = read(f"{SITE}/le-port", html("", prose=prose))
    assert article.text.endswith("les quais de la ville ont changé de mains plus d'une fois.")


HREFS = st.one_of(
    st.text(alphabet="/?=&-_.,#abp12page[]", max_size=30),
    st.sampled_from(["/le-port", "?page=2", "/le-port/2", "/le-port-2", "/le-port?page=x", "//", "http://[", "/le-port/page/9"]),
)


@given(st.lists(st.tuples(HREFS, st.sampled_from(["2", "Suivant", "1", "x", ""])), max_size=8), HREFS)
def test_no_pager_makes_it_raise_or_point_elsewhere(links, own):
    page = "".join(f'<a href="{href}">{text}</a>' for href, text in links)
    part = told(f"{SITE}/{own.lstrip('/')}", page)
    assert 1 <= part.number < MOST_PARTS + 1
    assert (part.first is None) == (part.number == 1)
    assert part.following is None or part.following.startswith("https://journal.example")
