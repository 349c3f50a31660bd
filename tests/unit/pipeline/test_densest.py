"""The container with most of a page's prose, and when it is asked."""

from __future__ import annotations

from pipeline.steps.densest import densest, is_glued, spread
from pipeline.steps.tree import parse

LONG = "Les premiers exposants se sont installés dès mercredi sous les tentes blanches, au pied des remparts."


def chosen(body: str) -> str | None:
    found = densest(parse(f"<html><body>{body}</body></html>"))
    return None if found is None else found.get("id")


def test_the_densest_container_is_the_one_with_most_unlinked_prose():
    text = f"<div id='text'>{f'<p>{LONG}</p>' * 3}</div>"
    linked = f"<div id='list'>{f'<p><a href=x>{LONG}</a></p>' * 9}</div>"
    aside = f"<aside><div id='aside'>{f'<p>{LONG}</p>' * 9}</div></aside>"
    comments = f"<div class='comments'><div id='said'>{f'<p>{LONG}</p>' * 9}</div></div>"
    assert chosen(linked + aside + comments + text) == "text"


def test_what_stands_aside_is_only_taken_where_there_is_nothing_else():
    unclosed = f"<aside class='popup'><p>Abonnez-vous</p><div id='text'>{f'<p>{LONG}</p>' * 3}</div>"
    tree = parse(f"<html><body>{unclosed}</body></html>")
    assert densest(tree) is None
    found = densest(tree, anywhere=True)
    assert found is not None
    assert found.get("id") == "text"


def test_a_page_without_prose_has_none():
    assert chosen("<p>Court.</p><div>Un texte sans paragraphe</div>") is None


def test_a_lump_is_told_from_a_text():
    assert is_glued((f"Monde Un titre 3 mars {LONG}",), (LONG,))
    assert is_glued((f"Monde Un titre{LONG[:40]}", LONG[40:]), (LONG,))
    assert not is_glued((LONG,), (LONG,)), "nothing around it"
    assert not is_glued((f"{LONG} {LONG[::-1]} {LONG[::-1]}",), (LONG,)), "most of the answer stands elsewhere"
    assert not is_glued((f"Monde {LONG}",), (LONG, "Un autre paragraphe.")), "a paragraph the answer does not hold"
    assert not is_glued((), (LONG,))
    assert not is_glued(("Monde", LONG, LONG), (LONG,))


def test_words_between_line_breaks_are_prose_as_paragraphs_are():
    assert chosen(f"<section id='menu'>Monde</section><div id='text'>{LONG}<br><br>{LONG}</div><p>{LONG}</p>") == "text"


def test_a_text_in_one_lump_with_its_title_is_cut_at_the_breaks_of_the_page():
    assert is_glued((f"La crue de mars {LONG} {LONG}",), ("La crue de mars", LONG, LONG))


# ---------------------------------------------------------------- bodies in several containers

MORE = [f"{LONG} C'est la {number} allée de la foire, celle des potiers et des vanniers venus de la montagne." for number in range(30)]


def part(name: str, numbers: range, before: str = "") -> str:
    return f"<div class='{name}'>{before}{''.join(f'<p>{MORE[number]}</p>' for number in numbers)}</div>"


def together(body: str, answer: list[str]) -> list[str]:
    containers, _ = spread(parse(f"<html><body><h1>La foire</h1>{body}</body></html>"), frozenset(answer))
    return [element.get("class") for element in containers]


def test_containers_of_one_kind_hold_one_body():
    body = part("morceau", range(5)) + "<div class='pub'>Annonce</div>" + part("morceau", range(5, 15)) + part("note", range(15, 17))
    assert together(body, MORE[:5]) == ["morceau", "morceau"]
    (first, *_), prose = spread(parse(f"<html><body>{body}</body></html>"), frozenset(MORE[:5]))
    assert (first.get("class"), prose) == ("morceau", sum(len(MORE[number]) for number in range(15)))


def test_most_of_a_long_page_is_the_body_even_if_the_engine_took_something_else():
    assert together(part("chapeau", range(2)) + part("fiche", range(2, 30)), MORE[:2]) == ["chapeau", "fiche"]
    assert together(part("chapeau", range(2)) + part("fiche", range(2, 13)), MORE[:2]) == ["chapeau"], "a short page proves nothing"


def test_comments_and_teasers_are_no_part_of_it():
    comments = "<div class='comments'>" + part("morceau", range(10, 30)) + "</div>"
    assert together(part("morceau", range(9)) + comments, MORE[:5]) == ["morceau"]
    teasers = part("morceau", range(10, 30), before="<h3><a href='/x'>Un autre article de la foire</a></h3>")
    assert together(part("morceau", range(9)) + teasers, MORE[:5]) == ["morceau"]


def test_a_short_page_is_left_alone():
    assert together(part("morceau", range(3)) + part("morceau", range(3, 6)), MORE[:3]) == []
