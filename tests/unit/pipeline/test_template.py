"""What the pages of one source share is learned and cut; a body never is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.readings import Article, PageToRead, ReadingHints, Template
from pipeline.learning import learn_template
from pipeline.reading import process_page
from pipeline.steps.journal import Journal
from pipeline.steps.template import LEARNING_VERSION, Observation, Sighting, cut, learn, recurring, signature
from pipeline.steps.tree import parse, text_of

PLACES = ("Larache", "Asilah", "Nador", "Berkane", "Taza", "Guercif")
SALMA = "Salma Tazi couvre les ports et la pêche depuis dix ans, et tient la chronique des marées du samedi."
IDIR = "Idir Amellal suit les tribunaux de la région et enseigne le droit de la presse à ses heures perdues."
RIM = "Rim Slaoui écrit sur les écoles, les maîtres et les cantines, après avoir elle-même enseigné les sciences."
NOTE = "La rédaction rappelle que les propos de ses invités n'engagent qu'eux, et remercie ses lecteurs de leur fidélité."


def paragraphs(place: str) -> list[str]:
    return [
        f"La commune de {place} a rouvert mardi son marché couvert, après deux ans de travaux que les marchands ont passés sous des bâches.",
        f"Le chantier a coûté dix millions, dont la région paie la moitié, et occupé quarante ouvriers venus des villages autour de {place}.",
        f"Les commerçants disent retrouver leurs habitués, ceux du quartier haut de {place} surtout, qui étaient partis chez les voisins.",
        f"Les paysans de {place} viendront de nuit, avec leurs légumes et leurs fromages, car la route du bas ne supporte plus les camions du jour.",
        f"Le premier samedi, la fanfare de {place} a joué sous la verrière neuve, et les boulangers ont distribué ce qui restait de leur fournée.",
        f"Une seconde tranche doit suivre l'an prochain si le budget est voté, a précisé le maire de {place} devant son conseil réuni.",
    ]


def page(place: str, *, body: str = "texte", author: str = SALMA, teasers: bool = False, note: bool = False, extra: str = "") -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs(place))
    promos = "".join(
        f"<div class='carte'><h3><a href='/autre-{n}'>Un autre titre, sur {place} et la mer {n}</a></h3>"
        f"<p>Les pêcheurs de {place} attendent que la saison {n} tienne parole.</p></div>"
        for n in range(2)
    )
    return (
        f"<html lang='fr'><head><title>Le marché de {place} rouvre</title></head><body><h1>Le marché de {place} rouvre</h1>"
        f"<article class='post'><div class='{body}'>{text}{f'<p>{NOTE}</p>' if note else ''}{extra}</div>"
        f"{promos if teasers else ''}<div class='signature-box'><p>{author}</p></div></article></body></html>"
    )


def kept(html: str, name: str) -> tuple[PageToRead, ReadingHints]:
    return PageToRead(f"https://journal.example/2024/05/{name}-rouvre-12345.html", html.encode()), ReadingHints()


def learned(*pages: str) -> Template | None:
    return learn_template(kept(html, str(number)) for number, html in enumerate(pages))


def text_with(template: Template | None, html: str) -> str:
    read, hints = kept(html, "autre")
    article = process_page(read, replace(hints, template=template))
    assert isinstance(article, Article), article
    return article.text


FOUR = [page(place, author=author) for place, author in zip(PLACES, (SALMA, SALMA, IDIR, IDIR), strict=False)]


def test_a_box_that_recurs_is_cut_even_with_words_nobody_has_read_before():
    fifth = page("Taza", author=RIM)
    assert RIM in text_with(None, fifth), "one page does not tell"
    template = learned(*FOUR)
    assert template.pages == 4
    assert text_with(template, fifth) == "\n\n".join(paragraphs("Taza"))


def test_a_body_that_moves_into_what_was_cut_is_not_eaten_however_long_the_comments_are():
    template = learned(*FOUR)
    (box,) = template.blocks
    assert box.endswith("div.signature-box")
    comments = "".join(f"<div class='avis'><p>{paragraph}</p></div>" for place in PLACES for paragraph in paragraphs(f"{place} haut"))
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs("Taza"))
    moved = (
        f"<html lang='fr'><body><h1>Le marché de Taza rouvre</h1><article class='post'><div class='signature-box'>{body}</div></article>"
    )
    moved += f"<section class='comments'>{comments}</section></body></html>"
    assert text_with(template, moved) == "\n\n".join(paragraphs("Taza"))


def test_teasers_are_told_by_the_linked_titles_beside_them():
    template = learned(*(page(place, author="", teasers=True) for place in PLACES[:4]))
    assert any(block.endswith("div.carte") for block in template.blocks)
    assert text_with(template, page("Taza", author="", teasers=True)) == "\n\n".join(paragraphs("Taza"))


def test_a_line_that_recurs_inside_the_body_goes_alone():
    template = learned(*(page(place, author="", note=True) for place in PLACES[:4]))
    assert not template.blocks
    assert text_with(template, page("Taza", author="", note=True)) == "\n\n".join(paragraphs("Taza"))


@pytest.mark.parametrize("name", ["paywall", "promo related", "newsletter comments", "share widget sidebar"])
def test_a_body_in_a_suspicious_class_is_a_body(name):
    pages = [page(place, body=name, author=author) for place, author in zip(PLACES, (SALMA, SALMA, IDIR, IDIR), strict=False)]
    template = learned(*pages)
    for html, place in zip(pages, PLACES, strict=False):
        assert all(paragraph in text_with(template, html) for paragraph in paragraphs(place))


def test_nothing_is_learned_from_too_few_articles_nor_from_one_article_again_and_again():
    assert learned(*FOUR[:3]) is None
    assert learned(*([FOUR[0]] * 9)) is None
    assert learned() is None


def test_what_is_no_article_teaches_nothing():
    assert learned(*FOUR, "<html><body>404</body></html>", "").pages == 4


def test_a_paragraph_two_of_forty_articles_share_is_background_and_stays():
    line = "Le pays avait rompu ses relations avec son voisin en août, et fermé son espace aux avions des deux compagnies."
    observations = [Observation(frozenset(), tuple(Sighting(f"{n} {k}", "div.texte", teaser=False) for k in range(9))) for n in range(40)]
    for number in (3, 7):
        observations[number] = Observation(frozenset(), (*observations[number].sightings, Sighting(line, "div.texte", teaser=False)))
    template = learn(observations)
    assert (template.lines, template.blocks, template.bodies) == ((), (), ("div.texte",))


def test_a_text_of_recurring_lines_is_left_whole():
    template = Template(LEARNING_VERSION, 9, lines=("une ligne", "et une autre"))
    assert recurring(template, ["Une ligne", "Et une autre"], ()) == frozenset()
    assert recurring(template, ["Une ligne", "Un long paragraphe qui n'est qu'ici"], ()) == {"une ligne"}
    assert recurring(template, ["Une ligne", "Un long paragraphe qui n'est qu'ici"], ("Une ligne",)) == frozenset(), (
        "the title is the article's own"
    )


def test_blocks_that_are_most_of_a_page_are_not_cut():
    tree = parse(f"<html><body><div class='box'><p>{'Un long texte. ' * 40}</p></div><p>Le reste.</p></body></html>")
    whole = text_of(tree)
    cut(tree, Template(LEARNING_VERSION, 9, blocks=("div.box",)), Journal())
    assert text_of(tree) == whole


def test_what_holds_a_body_is_not_cut():
    tree = parse(
        "<html><body><div class='box'><div class='texte'><p>Le corps.</p></div></div><p>{}</p></body></html>".format("Le reste. " * 40)
    )
    whole = text_of(tree)
    cut(tree, Template(LEARNING_VERSION, 9, blocks=("div.box",), bodies=("div.box>div.texte",)), Journal())
    assert text_of(tree) == whole


def test_a_signature_leaves_out_what_counts_pages():
    tree = parse("<html><body><main><div class='post-123 post b a'><div id='x'><p class='z9'>Ici</p></div></div></main></body></html>")
    (paragraph,) = tree.iter("p")
    assert signature(paragraph) == "div.a.b.post>div>p"


def test_the_engine_mode_is_the_one_the_stated_texts_agree_with():
    table = "<table><tr><td>Marché</td><td>Prix de la sardine au kilo</td></tr><tr><td>Ville haute</td><td>Douze pièces et demie</td></tr></table>"

    def stating(place: str) -> str:
        body = json_text("\n".join(paragraphs(place)))
        ld = f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Le marché de {place} rouvre","articleBody":{body}}}</script>'
        return page(place, author="", extra=table).replace("</head>", f"{ld}</head>")

    template = learned(*map(stating, PLACES[:5]))
    assert template.engine == "no_tables"
    assert "sardine" in text_with(None, stating("Guercif"))
    assert text_with(template, stating("Guercif")) == "\n\n".join(paragraphs("Guercif"))


def json_text(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


@given(st.lists(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8), st.booleans()), max_size=6), max_size=8))
def test_learning_never_raises(pages):
    learn([Observation(frozenset(), tuple(Sighting(*one) for one in sightings)) for sightings in pages])
