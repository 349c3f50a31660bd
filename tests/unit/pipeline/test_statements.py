"""Bylines, JSON-LD, titles, sections, tags, addresses and images: what each field believes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.readings import Image, ReadingHints
from pipeline.steps import addresses, bylines, images, labels, people, titles
from pipeline.steps.headline import Surroundings, find_headline, likeness, surroundings
from pipeline.steps.journal import LONGEST_VALUE, Journal
from pipeline.steps.structured import gather, text_value
from pipeline.steps.tree import Names, absolute, drop, elements, parse, text_of

URL = "https://journal.example/monde/un-titre-1.html"


def tree(body: str = "", head: str = ""):
    return parse(f"<html><head>{head}</head><body>{body}</body></html>")


def ld(*nodes: object) -> str:
    return "".join(f"<script type='application/ld+json'>{node if isinstance(node, str) else json.dumps(node)}</script>" for node in nodes)


def who(body: str = "", head: str = "", names=("Le Journal",)) -> people.People:
    page = tree(body, head)
    stated = gather(page)
    around = surroundings(page, find_headline(page, titles.stated_titles(page, stated)))
    return people.people(Names(elements(page)), stated, around, Journal(), names=names, written=())


# ---------------------------------------------------------------- bylines


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Ecrit par : Brahim Oulhaj", ["Brahim Oulhaj"]),
        ("Par Rim Slaoui et Idir Amellal", ["Rim Slaoui", "Idir Amellal"]),
        ("By Anna Reed, Tom Hale and Jo Park", ["Anna Reed", "Tom Hale", "Jo Park"]),
        ("بقلم: عادل الكتامي وسناء الوردغاني", ["عادل الكتامي", "سناء الوردغاني"]),
        ("By Hajar Slaoui May 1, 2026", ["Hajar Slaoui"]),
        ("Par Rim Slaoui mardi 3 février 2026", ["Rim Slaoui"]),
        ("Hajar Slaoui Last updated on May 1, 2026", ["Hajar Slaoui"]),
        ("Updated May 1", []),
        ("Por Plácido Domingo", ["Plácido Domingo"]),
        ("Ecrit par : S.B", ["S.B"]),
        ("Ecrit par : S.B.", ["S.B."]),
        ("Agence Rivages", []),
        ("Por Lucía Ferrer y Marc Oliva", ["Lucía Ferrer", "Marc Oliva"]),
        ("بقلم: سعيد أمزيان", ["سعيد أمزيان"]),
        ("كتب سعيد أمزيان و ليلى بناني", ["سعيد أمزيان", "ليلى بناني"]),
        ("Written by Anna Reed | Correspondent", ["Anna Reed"]),
        ("Rim Slaoui (AFP)", ["Rim Slaoui"]),
        ("Matthew Reed ⋅ Review Editor ⋅", ["Matthew Reed"]),
        ("Anna Reed, MD, PhD", ["Anna Reed"]),
        ("Anna Reed, AFP", ["Anna Reed"]),
        ("Anna Reed, Senior Writer and Tom Hale", ["Anna Reed", "Tom Hale"]),
        ("Rim Slaoui, journaliste", ["Rim Slaoui"]),
        ("ليلى بناني، صحافية", ["ليلى بناني"]),
        ("Anna Reed Updated by Tom Hale", ["Anna Reed"]),
        ("Article by: Anna Reed", ["Anna Reed"]),
        ("Posted by, Anna Reed", ["Anna Reed"]),
        ("The Author", []),
        ("Sendung: Hafen am Abend", []),
        ("I.L", ["I.L"]),
        ("https://facebook.com/rim", []),
        ("ANNA REED", ["Anna Reed"]),
        ("By Anna Reed, Political Editor", ["Anna Reed"]),
        ("By Anna Reed in Rabat", ["Anna Reed"]),
        ("Par Rim Slaoui, envoyée spéciale à Rabat", ["Rim Slaoui"]),
        ("De notre correspondante à Rabat, Rim Slaoui", ["Rim Slaoui"]),
        ("Von Greta Lindhof, Korrespondentin", ["Greta Lindhof"]),
        ("Institute for Rivers", ["Institute for Rivers"]),
        ("Por João da Silva, com Lusa", ["João da Silva"]),
        ("Von Greta Lindhof, mit dpa", ["Greta Lindhof"]),
        ("a cura di Chiara Monti", ["Chiara Monti"]),
        ("Slaoui, Rim", ["Rim Slaoui"]),
        ("Anna Reed Writer", ["Anna Reed"]),
        ("Twitter, Facebook", []),
        ("AFP, Reuters", []),
        ("di Redazione ANSA", []),
        ("", []),
    ],
)
def test_bylines_become_people(written, names):
    assert list(bylines.take_apart([written], []).authors) == names


@pytest.mark.parametrize(
    ("written", "field", "value"),
    [
        ("AFP", "agency", "AFP"),
        ("Agence France-Presse", "agency", "AFP"),
        ("Par Le Journal avec AFP", "agency", "AFP"),
        ("وكالة المغرب العربي للأنباء", "agency", "MAP"),
        ("Agence Rivages", "agency", "Agence Rivages"),
        ("وكالة الضفاف", "agency", "وكالة الضفاف"),
        ("EFE", "agency", "EFE"),
        ("Reuters", "agency", "Reuters"),
        ("APS", "agency", "APS"),
        ("Redazione ANSA", "agency", "ANSA"),
        ("Redacción Cádiz", "desk", "Redacción Cádiz"),
        ("De redactie", "desk", "De redactie"),
        ("La Rédaction", "desk", "La Rédaction"),
        ("هيئة التحرير", "desk", "هيئة التحرير"),
        ("admin", "desk", "admin"),
        ("Quelle: sid", "agency", "SID"),
        ("Nachrichten", "desk", "Nachrichten"),
        ("LeJournal.net", "publisher", "LeJournal.net"),
        ("Le Journal", "publisher", "Le Journal"),
    ],
)
def test_who_is_no_person(written, field, value):
    taken = bylines.take_apart([written], ["Le Journal"])
    assert taken.authors == ()
    assert getattr(taken, field) == value


@pytest.mark.parametrize(
    ("written", "author", "agency"),
    [
        ("Rim Slaoui (avec MAP)", "Rim Slaoui", "MAP"),
        ("سعيد أمزيان و أ ف ب", "سعيد أمزيان", "AFP"),
        ("Rim Slaoui com Lusa", "Rim Slaoui", "Lusa"),
        ("Greta Lindhof, mit dpa", "Greta Lindhof", "DPA"),
        ("Lucía Ferrer / EFE", "Lucía Ferrer", "EFE"),
    ],
)
def test_an_agency_beside_a_person(written, author, agency):
    taken = bylines.take_apart([written], ["Le Journal"])
    assert (taken.authors, taken.agency) == ((author,), agency)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("8 août 2014 - 21h44 - Monde - Ecrit par : Brahim Oulhaj", "Brahim Oulhaj"),
        ("Par Rim Slaoui", "Rim Slaoui"),
        ("Par rapport à l'an dernier", None),
        ("3 mars 2024", None),
        ("Por Lucía Ferrer | 3 de marzo", "Lucía Ferrer"),
        ("Von: Greta Lindhof, Uwe Harms", "Greta Lindhof, Uwe Harms"),
        ("Von Greta Lindhof und Uwe Harms", "Greta Lindhof und Uwe Harms"),
        ("Von Hamburg nach Berlin in vier Stunden", None),
        ("Di Chiara Monti", "Chiara Monti"),
        ("Door Anouk de Vries en Jan van den Berg", "Anouk de Vries en Jan van den Berg"),
        ("Von Ursula von der Aue", "Ursula von der Aue"),
        ("Von der Küste nach Rabat", None),
        ("A cura di Chiara Monti", "Chiara Monti"),
        ("Di nuovo in piazza", None),
        ("Автор: Ирина Лугова", "Ирина Лугова"),
        ("", None),
    ],
)
def test_a_byline_is_found_in_its_line(line, names):
    assert bylines.in_line(line) == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Publié le 3 mars 2024 à 18h05 par Salma Idrissi", "Salma Idrissi"),
        ("Le 3 mars 2024, par Salma Idrissi et Karim Benali", "Salma Idrissi et Karim Benali"),
        ("March 3, 2024 6:05 p.m. EST by Ada Quay", "Ada Quay"),
        ("3 de marzo de 2024, por Ana Muelle", "Ana Muelle"),
        ("3 marzo 2024 18:05 di Ada Molo", "Ada Molo"),
        ("3. März 2024, 18.05 Uhr von Ada Kai", "Ada Kai"),
        ("Voté le 3 mars 2024 par le conseil municipal", None),
        ("3 mars 2024 par Tanger", None),
        ("Le port, agrandi en 2019 par Ada Quay, rouvre aux navires du monde entier", None),
    ],
)
def test_names_behind_the_day_of_a_line(line, names):
    assert bylines.in_line(line) == names


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("AFP", "AFP"),
        ("EFE | Madrid", "EFE"),
        ("Source : MAP", "MAP"),
        ("Anna Köhler, dpa", "DPA"),
        ("Le Journal avec AFP", "AFP"),
        ("و م ع", "MAP"),
        ("الرباط - رويترز", "Reuters"),
        ("20 mars 2024 - APS", "APS"),
        ("Reuters", "Reuters"),
        ("AFP, MANILA", "AFP"),
        ("المصدر: أ ف ب", "AFP"),
        ("Photo: AP", None),
        ("Rim Slaoui / AP", None),
        ("Un quai - Copyright Rim Slaoui - AP", None),
        ("Foto: REUTERS", None),
        ("Map", None),
        ("tap", None),
        ("Le directeur de l'AFP démissionne", None),
        ("Rim Slaoui", None),
    ],
)
def test_a_line_of_an_agency_names_it(line, agency):
    assert bylines.agency_alone(line) == agency


def test_wire_copy_without_a_byline_has_its_agency_from_the_line_under_the_headline():
    found = who("<div><h1>Un titre</h1><p>20 mars 2024</p><p>EFE | Madrid</p></div>")
    assert (found.authors, found.agency, found.byline) == ((), "EFE", ("EFE",))
    signed = who("<div><h1>Un titre</h1><p>Par Rim Slaoui</p><p>AFP</p></div>")
    assert (signed.authors, signed.agency) == (("Rim Slaoui",), "AFP")


@given(st.text(max_size=80))
def test_no_byline_raises(text):
    bylines.take_apart([text], [text])
    bylines.agency_alone(text)
    bylines.in_line(text)


# ---------------------------------------------------------------- JSON-LD


@pytest.mark.parametrize(
    "script",
    [
        '<!-- {"@type": "NewsArticle", "headline": "Un titre"} -->',
        '// <![CDATA[\n{"@type": "NewsArticle", "headline": "Un titre"}\n// ]]>',
        '{"@type": "NewsArticle", "headline": "Un titre",}',
        '{"@type": "NewsArticle", "headline": "Un titre", "description": "deux\nlignes"}',
        '[{"@type": "WebSite"}, {"@type": ["Article", "NewsArticle"], "headline": "Un titre"}]',
        '{"@graph": [{"@type": "WebPage", "mainEntity": {"@type": "http://schema.org/NewsArticle", "headline": "Un titre"}}]}',
        '{"@type": "NewsArticle", "headline": "Un titre"};',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Un titre&quot;}",
    ],
)
def test_torture_75_broken_and_nested_json_ld_is_read(script):
    assert text_value(gather(tree(head=ld(script))).article.get("headline")) == "Un titre"


@pytest.mark.parametrize(
    "script", ["{", "null", "[]", "[[[[", "3", '"x"', "[" * 20_000, '{"@type": 5, "@id": []}', '{"@type": null, "author": {"name": {}}}']
)
def test_torture_75_hopeless_json_ld_is_left_out(script):
    assert gather(tree(head=ld(script))).article == {}


def test_torture_75_of_fifty_types_the_article_that_says_most_is_taken():
    nodes = [{"@type": f"Type{n}", "headline": "autre"} for n in range(48)]
    nodes += [
        {"@type": "Article", "headline": "Une ébauche"},
        {"@type": "NewsArticle", "headline": "Un titre", "datePublished": "2024-03-03", "author": "Rim Slaoui"},
    ]
    assert gather(tree(head=ld(nodes))).article["headline"] == "Un titre"


def test_references_are_resolved():
    graph = {
        "@graph": [
            {"@type": "NewsArticle", "headline": "Un titre", "author": [{"@id": "#a"}, {"@id": "#b"}]},
            {"@id": "#a", "@type": "Person", "name": "Rim Slaoui"},
            {"@id": "#b", "@type": "Organization", "name": "AFP"},
        ]
    }
    found = who(head=ld(graph))
    assert (found.authors, found.agency) == (("Rim Slaoui",), "AFP")


# ---------------------------------------------------------------- people


def test_the_first_evidence_that_names_a_person_wins():
    meta = "<meta name='author' content='Idir Amellal'>"
    marked = "<h1>Un titre</h1><span class='byline'>Par Salma Tazi</span>"
    assert who(marked, meta + ld({"@type": "NewsArticle", "author": {"name": "Le Journal"}})).authors == ("Idir Amellal",)
    assert who(marked).authors == ("Salma Tazi",)
    assert who("<h1>Un titre</h1><p>Monde - Ecrit par : Rim Slaoui</p>").authors == ("Rim Slaoui",)
    assert who("<h1>Un titre</h1>").authors == ()


def test_commenters_and_other_articles_authors_are_nobody_here():
    assert (
        who(
            "<h1>Un titre</h1><div class='comments'><span class='author'>Un Lecteur</span></div><aside><a rel='author'>Un Autre</a></aside>"
        ).authors
        == ()
    )


def test_the_author_may_be_named_in_a_short_aside_of_the_article():
    aside = "<aside><address><a rel='author' href='/rim'>Rim Slaoui</a></address><p>3 mars 2024</p></aside>"
    assert who(f"<main><h1>Un titre</h1>{aside}<p>Un texte.</p></main>").authors == ("Rim Slaoui",)
    assert who(f"<h1>Un titre</h1>{aside}").authors == ()
    assert who(f"<main><h1>Un titre</h1>{aside.replace('<p>', '<p>' + 'Un autre article. ' * 30)}</main>").authors == ()


@pytest.mark.parametrize(
    "under",
    [
        "<p>Written by</p><p>Anna Reed</p>",
        "<div><span>By</span><span>Anna Reed</span></div>",
        "<div class='author'><a href='/anna'>Anna Reed</a> EdTech Content writer</div>",
        "<div class='author'>By <a href='/anna'>Anna Reed</a> in Workshops</div>",
        "<div class='Author_wrapper'><p>6 minutes</p><p class='Author_author__4ce'>Anna Reed</p></div>",
        "<div class='byline'><span>Written by</span><span>Anna Reed</span></div>",
    ],
)
def test_a_name_is_told_from_what_stands_beside_it(under):
    assert who(f"<h1>A title</h1>{under}").authors == ("Anna Reed",)


def test_a_name_beside_a_linked_one_is_not_lost():
    assert who("<h1>A title</h1><div class='author'><a href='/anna'>Anna Reed</a> and Tom Hale</div>").authors == ("Anna Reed", "Tom Hale")


def test_catalogues_write_the_last_name_first():
    head = "<meta name='citation_author' content='Reed, Anna'><meta name='citation_author' content='Hale, Tom B.'>"
    assert who("<h1>A title</h1>", head).authors == ("Anna Reed", "Tom B. Hale")
    assert who("<h1>A title</h1>", "<meta name='author' content='Anna Reed, Tom Hale'>").authors == ("Anna Reed", "Tom Hale")


def test_a_paper_that_signs_is_the_publisher():
    found = who(head=ld({"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Le Journal"}}))
    assert (found.authors, found.publisher) == ((), "Le Journal")


def test_an_author_stated_to_be_an_organisation_is_no_person():
    found = who(
        head=ld({"@type": "NewsArticle", "author": {"@type": "NewsMediaOrganization", "name": "Redaktion Hafenschau, Kiel, Germany"}})
    )
    assert (found.authors, found.publisher) == ((), "Redaktion Hafenschau, Kiel, Germany")
    found = who(
        head=ld(
            {
                "@type": "NewsArticle",
                "author": [{"@type": "Person", "name": "Rim Slaoui"}, {"@type": "Organization", "name": "Cercle du Port"}],
            }
        )
    )
    assert (found.authors, found.byline) == (("Rim Slaoui",), ("Cercle du Port", "Rim Slaoui"))


def test_the_words_of_a_papers_address_are_nobody():
    taken = bylines.take_apart(["lejournal.net, Kiel, Germany"], ["Le Journal"])
    assert (taken.authors, taken.publisher) == ((), "lejournal.net")
    assert bylines.take_apart(["Le Journal, Rim Slaoui, AFP"], ["Le Journal"]).authors == ("Rim Slaoui",)


@pytest.mark.parametrize(
    ("written", "credited"),
    [
        ("Par Rim Slaoui avec AFP", ("Rim Slaoui", "AFP")),
        ("Deutsche Presse-Agentur", ("Deutsche Presse-Agentur",)),
        ("La Rédaction", ("La Rédaction",)),
        ("Le Journal", ("Le Journal",)),
        ("https://facebook.com/rim", ()),
    ],
)
def test_a_byline_is_whom_the_page_credits_in_its_own_words(written, credited):
    assert who(head=f"<meta name='author' content='{written}'>").byline == credited


def test_the_byline_is_of_the_evidence_that_names_a_person_else_of_the_first_that_names_anybody():
    signed_twice = (
        ld({"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Le Journal"}})
        + "<meta name='author' content='Rim Slaoui'>"
    )
    assert who(head=signed_twice).byline == ("Rim Slaoui",)
    assert who(head=signed_twice.replace("Rim Slaoui", "AFP")).byline == ("Le Journal",)
    assert who().byline == ()


def test_a_paper_known_by_its_initials_is_the_publisher():
    taken = bylines.take_apart(["GDR"], ["La Gazette", "Gazette des Rivages"])
    assert (taken.authors, taken.publisher) == ((), "GDR")


def test_names_side_by_side_are_several_people():
    side = "<div class='byline'><span>Rim Slaoui</span> <span>Idir Amellal</span><span>Anna Maria Ferrer Ruiz</span></div>"
    assert who(f"<h1>Un titre</h1>{side}").authors == ("Rim Slaoui", "Idir Amellal", "Anna Maria Ferrer Ruiz")
    parts = "<div class='byline'><span>Rim</span> <span>Slaoui</span> à Larache</div>"
    assert who(f"<h1>Un titre</h1>{parts}").authors == ("Rim Slaoui",), "two words with more beside them are one name"
    listed = "<ul class='metaAuthorList'><li><a href='/author/rim'>Rim Slaoui</a></li><li><a href='/author/idir'>Idir Amellal</a></li></ul>"
    assert who(f"<h1>Un titre</h1>{listed}").authors == ("Rim Slaoui", "Idir Amellal")


# ---------------------------------------------------------------- titles


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("Un titre - Le Journal", "Un titre"),
        ("Un titre | Le Journal", "Un titre"),
        ("Le Journal - Un titre", "Un titre"),
        ("Un titre – Monde – Le Journal", "Un titre – Monde"),
        ("Un titre - avec un tiret", "Un titre - avec un tiret"),
        ("Le Journal", "Le Journal"),
        ("Porte-parole : le retour", "Porte-parole : le retour"),
    ],
)
def test_the_papers_name_is_cut_from_titles(written, bare):
    assert titles.without_site(written, ["Le Journal", "lejournal.net"]) == bare


def headline_of(body: str, head: str) -> str:
    page = tree(body, head)
    stated = gather(page)
    known = titles.stated_titles(page, stated)
    around = surroundings(page, find_headline(page, known))
    return titles.title(known, around, ["Le Journal"], Journal())


def test_the_confirmed_heading_is_the_title():
    assert (
        headline_of("<h1>Le Journal</h1><h1>Un port rouvre au sud</h1>", "<title>Un port rouvre au sud - Le Journal</title>")
        == "Un port rouvre au sud"
    )
    assert (
        headline_of("<h1>Le Journal</h1>", "<title>Page</title><meta property='og:title' content='Un port rouvre au sud'>")
        == "Un port rouvre au sud"
    )
    assert headline_of("<h1>Un port rouvre au sud</h1>", "") == "Un port rouvre au sud"
    assert headline_of("<p>Rien</p>", "") == ""


@pytest.mark.parametrize(
    ("shown", "stated", "chosen"),
    [
        ("<span>Pêche</span> Un port rouvre au sud", "Un port rouvre au sud", "Un port rouvre au sud"),
        ("Premier pas - Un port rouvre au sud", "Un port rouvre au sud", "Un port rouvre au sud"),
        ("«&nbsp;Enfin&nbsp;»: un port rouvre au sud", "Un port rouvre au sud", "« Enfin »: un port rouvre au sud"),
        ("<b>Pêche</b><br>Un port rouvre", "Pêche : un port rouvre", "Pêche : un port rouvre"),
        ("Pêche : « un port rouvre »", "Pêche : un port rouvre", "Pêche : « un port rouvre »"),
        ("Un port rouvre au sud", "Un port rouvre au sud...", "Un port rouvre au sud"),
        ("Un port rouvre au sud", "UN PORT ROUVRE - AU SUD", "Un port rouvre au sud"),
        ("Le port rouvre", "port rouvre", "Le port rouvre"),
    ],
)
def test_a_stated_title_mends_the_heading_that_confirms_it(shown, stated, chosen):
    assert headline_of(f"<h1>{shown}</h1>", f"<meta property='og:title' content='{stated}'>") == chosen


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Un titre", "UN TITRE", 1, 1),
        ("a b c d", "x y z", 0, 0.1),
        ("", "x", 0, 0),
        ("Un port rouvre", "Un port rouvre - Le Journal", 0.9, 1),
    ],
)
def test_likeness(one, other, least, most):
    assert least <= likeness(one, other) <= most


def test_a_standfirst_is_not_the_title_nor_the_cut_beginning_of_the_text():
    empty = gather(tree())
    assert titles.standfirst("Mise en valeur", empty, "Un titre", "Texte", Journal()) == "Mise en valeur"
    cut = gather(tree(head="<meta name='description' content='Le quai numéro trois accueille de nouveau les bateaux...'>"))
    assert titles.standfirst(None, cut, "Un titre", "Le quai numéro trois accueille de nouveau les bateaux de pêche.", Journal()) is None
    assert titles.standfirst(None, cut, "Un titre", "Autre chose.", Journal()).startswith("Le quai")
    assert (
        titles.standfirst(
            None, gather(tree(head="<meta name='description' content='Un port rouvre au sud'>")), "Un port rouvre au sud", "", Journal()
        )
        is None
    )


# ---------------------------------------------------------------- sections and tags


def section_of(body: str = "", head: str = "") -> str | None:
    page = tree(body, head)
    stated = gather(page)
    return labels.section(Names(elements(page)), stated, surroundings(page, find_headline(page, ())), "Un titre", Journal())


def test_sections_by_their_evidence():
    crumbs = {"@type": "BreadcrumbList", "itemListElement": [{"name": "Accueil"}, {"item": {"name": "Économie"}}, {"name": "Un titre"}]}
    assert section_of(head=ld({"@type": "NewsArticle", "articleSection": ["Monde", "Asie"]})) == "Monde"
    assert section_of(head="<meta property='article:section' content='Sport'>") == "Sport"
    assert section_of(head=ld(crumbs)) == "Économie"
    assert section_of("<div class='breadcrumb'><a>Accueil</a> &gt; <a>Culture</a></div><h1>Un titre</h1>") == "Culture"
    assert section_of("<h1>Un titre</h1><p>14 mars 2013 - 18h05 - Economie - Ecrit par : Rivages</p>") == "Economie"
    assert section_of(head="<meta property='article:section' content='Uncategorized'>") is None
    assert section_of("<h1>Un titre</h1>") is None


def test_a_category_link_is_the_section_and_no_tag():
    body = "<article><a rel='category tag'>Culture</a><h1>Un titre</h1><a rel='tag'>Cinéma</a></article>"
    assert section_of(body) == "Culture"
    assert tags_of(body) == ("Cinéma",)
    assert section_of("<h1>Un titre</h1><aside><a rel='category tag'>Culture</a></aside>") is None


def test_an_element_beside_the_headline_whose_class_says_section():
    assert section_of("<article><span class='kicker'>Economy</span><h1>Un titre</h1></article>") == "Economy"
    assert section_of("<article><header><p class='post-category'>Économie</p><h1>Un titre</h1></header></article>") == "Économie"
    assert section_of("<h1>Un titre</h1><p class='category'>Économie</p>") is None, "nothing holds the two together"
    assert section_of("<article><h1>Un titre</h1></article><p class='category'>Économie</p>") is None
    assert section_of("<article><h1>Un titre</h1><p class='section'>Une phrase de plus de quatre mots.</p></article>") is None


def test_a_word_beside_the_headline_that_the_menu_knows_is_the_section():
    menu = "<nav><a href='/'>الرئيسية</a><a href='/e'>اقتصاد</a><a href='/r'>رياضة</a></nav>"
    article = "<article><div class='top'>{}</div><h1>Un titre</h1><p>Un texte.</p></article>"
    assert section_of(menu + article.format("اقتصاد")) == "اقتصاد"
    assert section_of(menu + article.format("Rim Slaoui")) is None
    assert section_of(menu + article.format("الرئيسية")) is None
    assert section_of("<nav><a href='https://paper.example/'>Le Sud</a></nav>" + article.format("Le Sud")) is None
    assert section_of("<nav><a href='/e'>Eco</a></nav><article><h1>Un titre</h1><div>Eco</div></article>") is None, (
        "below it: a tag or a name"
    )


def tags_of(body: str = "", head: str = "", in_text=()) -> tuple[str, ...]:
    page = tree(body, head)
    return labels.tags(labels.labels(Names(elements(page)), gather(page)), in_text, Journal())


def test_tags_by_their_evidence():
    assert tags_of(head=ld({"@type": "NewsArticle", "keywords": "Port, Pêche, port"})) == ("Port", "Pêche") or tags_of(
        head=ld({"@type": "NewsArticle", "keywords": "Port, Pêche, port"})
    ) == ("port", "Pêche")
    assert tags_of(head="<meta property='article:tag' content='Port'><meta property='article:tag' content='Mer'>") == ("Port", "Mer")
    assert tags_of(head="<meta name='news_keywords' content='Mer; Port'>") == ("Mer", "Port")
    assert tags_of("<a rel='tag'>Mer</a><a rel='nofollow tag'>Port</a>") == ("Mer", "Port")
    assert tags_of("<p>Mots-clés : <a>Mer</a> <a>Port</a></p>") == ("Mer", "Port")
    assert tags_of("<p>Sujets associés : Mer - Port</p>") == ("Mer", "Port")
    assert tags_of(head="<meta name='keywords' content='a, b'>", in_text=["Mer"]) == ("Mer",)
    assert tags_of(head="<meta name='keywords' content='Mer, Port'>") == ("Mer", "Port")
    assert tags_of("<div class='tagcloud tags-widget'><a>Mer</a></div>") == ()


def test_tags_that_two_origins_agree_on_are_the_papers_own():
    stated = ld({"@type": "NewsArticle", "keywords": ["Port", "Pêche", "region national"]})
    shown = "<meta property='article:tag' content='Port'><meta property='article:tag' content='Pêche'>"
    assert tags_of(head=stated + shown) == ("Port", "Pêche", "region national"), "one word against another"
    assert tags_of(head=stated + shown + "<meta name='keywords' content='pêche, port'>") == ("Port", "Pêche")
    assert tags_of("<ul class='article-tags'><li><a>Port</a></li><li><a>Pêche</a></li></ul>", stated + shown) == ("Port", "Pêche")


def test_labels_for_machines_make_no_list():
    assert tags_of(
        head=ld({"@type": "NewsArticle", "keywords": ["uuid:1", "journal.example.com"]}) + "<meta name='keywords' content='Port'>"
    ) == ("Port",)


@pytest.mark.parametrize("name", ["tags__list", "article-tags", "singleTagList", "entry-topics", "c-articleTopics", "post__keywords"])
def test_a_list_of_tags_is_known_by_a_part_of_its_class(name):
    assert tags_of(f"<ul class='{name}'><li><a href='/t/1'>Port</a></li><li><a href='/t/2'>Pêche</a></li></ul>") == ("Port", "Pêche")


@pytest.mark.parametrize(
    "body",
    [
        "<ul class='stages-list'><li><a>Port</a></li></ul>",
        "<div class='article-tags'>Port</div>",
        "<div class='google-tag-manager'><a>Port</a></div>",
        "<div class='card-tags'><a>Port</a></div>" * 3,
        "<div class='our-topics'><a>Le port de pêche rouvre après deux ans</a><a>Les pêcheurs demandent de nouveaux quais</a></div>",
        "<aside><ul class='article-tags'><li><a>Port</a></li></ul></aside>",
    ],
)
def test_what_only_looks_like_a_list_of_tags(body):
    assert tags_of(body) == ()


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("/monde/un-titre-1.html", URL),
        ("https://www.journal.example/monde/un-titre-1.html?x=1", "https://www.journal.example/monde/un-titre-1.html?x=1"),
        ("https://journal.example/", None),
        ("https://other.example/monde/un-titre-1.html", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_torture_62_a_canonical_address_is_only_believed_if_it_can_be_one(href, found):
    assert addresses.canonical(tree(head=f"<link rel='canonical' href='{href}'>"), URL, URL) == found


def test_translations_are_the_other_languages():
    head = "".join(
        f"<link rel='alternate' hreflang='{language}' href='{href}'>"
        for language, href in [
            ("fr", "/monde/un-titre-1.html"),
            ("es", "/es/un-titulo-1.html"),
            ("x-default", "/"),
            ("bad language", "/z"),
            ("ar-MA", "/ar/1.html"),
        ]
    )
    found = addresses.translations(tree(head=head), URL, None, URL)
    assert found == (("es", "https://journal.example/es/un-titulo-1.html"), ("ar-ma", "https://journal.example/ar/1.html"))


def test_an_edition_is_that_of_the_first_pattern_of_the_path():
    hints = ReadingHints(editions=(("/es/", "es"), ("/", "fr")))
    assert addresses.edition(hints, "https://journal.example/es/x", Journal()) == "es"
    assert addresses.edition(hints, URL, Journal()) == "fr"
    assert addresses.edition(ReadingHints(), URL, Journal()) is None


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("a.html", "https://journal.example/monde/a.html"),
        ("/a", "https://journal.example/a"),
        ("//cdn.example/a", "https://cdn.example/a"),
        ("?p=2", "https://journal.example/monde/un-titre-1.html?p=2"),
        ("/a/../b", "https://journal.example/b"),
        ("https://x.example/a#b", "https://x.example/a"),
        ("  /a\n", "https://journal.example/a"),
        ("#top", None),
        ("mailto:a@b.c", None),
        ("file:///etc/hostname", None),
        ("data:text/html,x", None),
        ("http://[::1", None),
        ("https:///x", None),
        (None, None),
        ("/" + "x" * 3000, None),
    ],
)
def test_torture_45_only_http_addresses_are_links(href, found):
    result = absolute(URL, href)
    assert result == found


@given(st.text(max_size=60))
def test_no_href_raises(href):
    found = absolute(URL, href)
    assert found is None or found.startswith("http")


# ---------------------------------------------------------------- images


@pytest.mark.parametrize(
    ("written", "caption", "credit"),
    [
        ("photo_camera PHOTO/AP - Le port au matin", "Le port au matin", "PHOTO/AP"),
        ("Le port au matin. © Rim Slaoui", "Le port au matin", "Rim Slaoui"),
        ("Le port au matin (Photo : Rim Slaoui)", "Le port au matin", "Rim Slaoui"),
        ("Le port au matin | Rim Slaoui", "Le port au matin", "Rim Slaoui"),
        ("© AFP", None, "AFP"),
        ("Le port au matin", "Le port au matin", None),
        ("", None, None),
    ],
)
def test_captions_and_credits_are_told_apart(written, caption, credit):
    assert images.split_caption(written) == (caption, credit)


def test_the_lead_image_has_the_caption_of_its_own_figure():
    figures = "<figure><img src='/a.jpg'><figcaption>Autre</figcaption></figure><figure><img src='/port-300x200.jpg'><figcaption>Le port</figcaption></figure>"
    page = tree(figures, "<meta property='og:image' content='/port.jpg'>")
    assert images.lead_image(page, gather(page), URL) == Image("https://journal.example/port.jpg", "Le port", None)
    alone = tree("<figure><img data-src='/b.jpg'></figure>")
    assert images.lead_image(alone, gather(alone), URL) == Image("https://journal.example/b.jpg")
    assert images.lead_image(tree(), gather(tree()), URL) is None


# ---------------------------------------------------------------- tree and journal


def test_text_has_blanks_between_blocks_and_no_scripts():
    assert (
        text_of(tree("<p>Un<br>deux <b>tr</b>ois</p><script>x</script><div>quatre</div><style>y</style> cinq"))
        == "Un deux trois quatre cinq"
    )


def test_dropping_keeps_what_follows():
    page = tree("<p>a</p> b <i>c</i> d <u>e</u> f")
    for element in list(page.iter("i", "u", "p")):
        drop(element)
    assert text_of(page) == "b d f"


def test_a_page_without_elements_has_no_tree():
    assert parse("") is None
    assert parse("<?xml version='1.0' encoding='latin-1'?><p>é</p>").findtext(".//p") == "é"


def test_a_journal_quotes_and_cuts():
    journal = Journal()
    journal.note("a", "b", "x" * 500, "c")
    (decision,) = journal.decisions()
    assert len(decision.value) == LONGEST_VALUE
    assert decision.value.endswith("…")


def test_without_a_headline_the_top_lines_stand_in():
    page = tree("<p>3 mars 2024</p><p>Par Rim Slaoui</p>")
    assert [line.text for line in surroundings(page, None).after] == ["3 mars 2024", "Par Rim Slaoui"]
    assert Surroundings().after == ()


@pytest.mark.parametrize(
    "bio",
    [
        "Rim Slaoui écrit sur les écoles, les maîtres et les cantines, après avoir elle-même enseigné.",
        "Ada Quay writes about harbours, boats and those who live on them.",
        "Lucía Ferrer escribe sobre puertos, barcos y mercados.",
    ],
)
def test_a_sentence_about_the_author_is_no_name(bio):
    html = f"<body><h1>Le port rouvre</h1><p>{'Le port a rouvert mardi. ' * 20}</p><div class='author'><p>{bio}</p></div></body>"
    tree = parse(html)
    found = people.people(Names(elements(tree)), gather(tree), surroundings(tree, None), Journal(), names=(), written=())
    assert found.authors == ()


@pytest.mark.parametrize("name", ["Ada Quay, senior political editor", "Jean de la Tour et Rim Slaoui", "Centre for Policy and Research"])
def test_small_words_of_names_and_offices_make_no_sentence(name):
    assert bylines.take_apart([name], ()).authors
