"""What links and forms tell of an article's surroundings, and the articles that they must not be taken from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps.journal import Journal
from pipeline.steps.pointers import cut_pointers
from pipeline.steps.tree import parse, text_of

URL = "https://journal.example/region/la-halle-rouvre-48112.html"
TITLE = "La halle rouvre"
LONG = "Les premiers exposants se sont installés dès mercredi sous les tentes blanches, au pied des remparts, pour une foire attendue depuis quatre ans."
OTHER = "<a href='/region/le-marche-ferme-48113.html'>Le marché couvert ferme ses portes pour deux mois</a>"


def left(inside: str) -> str:
    """The words that remain of what stands between two paragraphs of an article."""
    tree = parse(f"<html><body><article><h1>{TITLE}</h1><p>{LONG} (1)</p>{inside}<p>{LONG} (2)</p></article></body></html>")
    cut_pointers(tree, URL, TITLE, Journal())
    text = text_of(tree)
    assert text.startswith(f"{TITLE} {LONG} (1)")
    assert text.endswith(f"{LONG} (2)")
    return text[len(f"{TITLE} {LONG} (1)") : -len(f"{LONG} (2)")].strip()


@pytest.mark.parametrize(
    "words",
    [
        "Lire aussi", "À lire également :", "Related articles:", "Read also", "Te puede interesar |", "مواضيع ذات صلة :", "اقرأ أيضا", "Mehr zum Thema",
        "Lesen Sie auch:", "Articoli correlati :", "Leggi anche", "Leia também", "Notícias relacionadas:", "Lees ook", "» Lire aussi :",
    ],
)  # fmt: skip
def test_pointing_words_before_a_link_are_a_pointer(words):
    assert left(f"<p>{words} {OTHER}</p>") == ""
    assert left(f"<div><p><strong>{words}</strong> {OTHER}</p></div>") == ""


@pytest.mark.parametrize(
    "line",
    [
        f"<p>{LONG} {OTHER}</p>",
        f"<p>Lire aussi, dans la halle, {OTHER} était un jeu.</p>",
        "<p><a href='/video-1.html'>Watch for moving scams and for vans without a plate.</a></p>",
        f"<p>Read more about the {OTHER}.</p>",
        "<p>Lire aussi</p>",
        f"<p>{OTHER}</p>",
    ],
)
def test_sentences_with_links_stay(line):
    assert left(line) == text_of(parse(f"<html><body>{line}</body></html>"))


CARD = "<div class='c'><h3><a href='{host}/z-{n}3333.html'>Un autre titre de la une, le {n}</a></h3><p>Deux lignes à peine{end}</p>{more}</div>"
MORE = "<a href='/z-33333.html'>Lire la suite</a>"


def test_a_linked_title_over_a_text_that_breaks_off_is_a_teaser():
    assert left(CARD.format(host="", n=1, end=" […]", more="")) == ""
    assert left(CARD.format(host="https://www.journal.example", n=1, end="...", more="")) == ""
    assert left(CARD.format(host="", n=1, end=".", more=MORE)) == ""
    doubled = "<div><a href='/z-1.html'><img></a><p>Un titre</p><h3><a href='/z-1.html'>Un titre</a></h3><p>Deux lignes […]</p></div>"
    assert left(doubled) == ""


def test_things_that_an_article_lists_are_no_teasers():
    whole = CARD.format(host="", n=1, end=".", more="")
    elsewhere = CARD.format(host="https://maker.example", n=1, end="…", more="")
    many = "".join(CARD.format(host="", n=n, end="…", more="") for n in range(20))
    own = f"<div><h2><a href='{URL}'>{TITLE}</a></h2><p>Deux lignes…</p></div>"
    for kept in (whole, elsewhere, many, own):
        assert left(kept) == text_of(parse(f"<html><body>{kept}</body></html>"))


FIELDS = ["<input type='email'>", "<input name='EMAIL'>", "<input placeholder='Votre e-mail'>"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_box_around_a_field_for_a_mail_address_goes(field):
    box = f"<div><p><b>La matinale</b></p><p>Chaque matin, l'essentiel du port.</p><form>{field}<button>Je m'inscris</button></form><p>Sans frais.</p></div>"
    assert left(box) == ""


def test_an_article_in_a_form_or_beside_a_field_stays():
    assert left(f"<div><p>{LONG} {LONG}</p><form><input type='email'></form></div>") == f"{LONG} {LONG}"
    page = f"<html><body><form><div><h1>{TITLE}</h1><p>Court.</p><input type='email'></div></form></body></html>"
    tree = parse(page)
    cut_pointers(tree, URL, TITLE, Journal())
    assert text_of(tree) == f"{TITLE} Court."


@given(
    st.lists(
        st.sampled_from(
            ["<div>", "</div>", "<p>", "</p>", "<h2>", "</h2>", "<a href='/x'>", "</a>", "<input type=email>", "Lire aussi", "…"]
        )
    )
)
def test_no_soup_of_tags_raises(pieces):
    tree = parse(f"<html><body>{''.join(pieces)}x</body></html>")
    cut_pointers(tree, URL, TITLE, Journal())


# ---------------------------------------------------------------- paragraphs that are nothing but a link

PROSE = (
    "Le port de Larache a rouvert mardi après deux ans de travaux, et les pêcheurs attendent la criée du samedi avec leurs caisses neuves"
)


def remaining(*blocks: str, url: str = "https://www.paper.example/2024/05/le-port-rouvre-12345.html") -> list[str]:
    tree = parse(f"<html><body><article><h1>Le port rouvre</h1>{''.join(blocks)}</article></body></html>")
    cut_pointers(tree, url, "Le port rouvre", Journal())
    return [text_of(one) for one in tree.iter("p", "li", "h2")]


def prose(number: int) -> str:
    return f"<p>{PROSE} ({number}).</p>"


@pytest.mark.parametrize(
    "title",
    [
        "LE MARCHÉ COUVERT FERME POUR DEUX ANS",
        "TWO HARBOURS CLOSE AFTER THE STORM",
        "EL MERCADO CUBIERTO CIERRA SUS PUERTAS",
        "DER HAFEN BLEIBT BIS MAI GESCHLOSSEN",
    ],
)
def test_a_linked_line_in_capitals_points_to_another_article(title):
    line = f"<p><strong><a href='https://www.paper.example/2024/04/autre-12.html'>{title}</a></strong></p>"
    assert title not in remaining(prose(1), line, prose(2), prose(3))
    assert title in remaining(prose(1), line.replace("www.paper", "www.ministry"), prose(2)), "another site is a source"
    assert title in remaining(prose(1), f"<p>{title}</p>", prose(2)), "a sub-heading"


@pytest.mark.parametrize(
    "title",
    [
        "Le marché couvert ferme pour deux ans",
        "Two harbours close after the storm",
        "El mercado cubierto cierra sus puertas",
        "السوق المغطى يغلق أبوابه لعامين",
        "Il mercato coperto chiude per due anni",
        "O mercado coberto fecha por dois anos",
        "Die Markthalle schließt für zwei Jahre",
    ],
)
def test_a_linked_title_below_prose_points_away_where_no_prose_follows(title):
    line = f"<p><a href='/2024/04/autre-12.html'>{title}</a></p>"
    assert title not in remaining(prose(1), prose(2), line)
    assert title not in remaining(prose(1), line, "<h2>La suite</h2>", prose(2), prose(3))
    assert title in remaining(prose(1), line, prose(2)), "the heading of an item of a digest is a link too"
    assert title in remaining(prose(1), f"<ul><li>{title}</li></ul>", line.replace("/2024/04/autre-12.html", "#note")), "the same page"
    assert f"{title}." in remaining(prose(1), prose(2), line.replace(title, f"{title}.")), "a sentence"
    assert title in remaining(line, line, line, prose(1), line), "most of what stands there: the article is a list"


def test_an_address_that_cannot_be_understood_is_no_other_page():
    line = "<p><a href='http://[::1/autre'>LE MARCHÉ COUVERT FERME POUR DEUX ANS</a></p>"
    assert len(remaining(prose(1), line, prose(2))) == 3
    card = "<div><h3><a href='http://[::1/autre'>Le marché couvert ferme ses portes</a></h3><p>La halle ferme…</p></div>"
    assert len(remaining(prose(1), card, prose(2))) == 3


def test_words_in_capitals_that_come_before_several_links_point_away():
    def line(title: str) -> str:
        return f"<p>FUNDA OLUNYE UDABA | <a href='/2024/04/{len(title)}.html'>{title}</a></p>"

    strong = line("Kuboshwe abahlanu").replace("FUNDA OLUNYE UDABA |", "<strong>FUNDA OLUNYE UDABA |</strong>")
    assert remaining(prose(1), strong, prose(2), strong) == [f"{PROSE} (1).", f"{PROSE} (2)."]
    first, second = "Kuboshwe abahlanu besolwa", "Uphenyo kutholwa abangani bakhe"
    assert remaining(prose(1), line(first), prose(2), line(second), prose(3))[1:] == [f"{PROSE} (2).", f"{PROSE} (3)."]
    assert len(remaining(prose(1), line(first), prose(2))) == 3, "once says nothing"
    website = "<p>WEBSITE | <a href='https://hotel.example/'>The hotel by the harbour</a></p>"
    assert len(remaining(prose(1), website, prose(2), website, prose(3))) == 5, "another site"
