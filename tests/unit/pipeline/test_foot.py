"""The last lines of an article: who signed it, where it comes from and when it was put up are no text, and the agency goes into the record."""

from __future__ import annotations

import pytest

from db.readings import Article, PageToRead, ReadingHints
from pipeline.reading import process_page
from pipeline.steps.foot import without_foot
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import plain

BODY = [
    f"Le port de Larache a rouvert mardi après deux ans de travaux, et les pêcheurs attendent la criée du samedi ({n})." for n in range(4)
]


def foot(*lines: str, authors: tuple[str, ...] = ()) -> tuple[list[str], str | None]:
    found = without_foot([*BODY, *lines], frozenset(map(plain, authors)), Journal())
    return found.lines[len(BODY) :], found.agency


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("(AFP)", "AFP"),
        ("AFP", "AFP"),
        ("Avec AFP", "AFP"),
        ("(avec MAP)", "MAP"),
        ("MAP avec AFP", "MAP"),
        ("Source : APS", "APS"),
        ("Agence France-Presse", "AFP"),
        ("Reuters", "Reuters"),
        ("(With Reuters)", "Reuters"),
        ("With files from The Associated Press and Mohamed El Saife", "AP"),
        ("With reports from Reforma and El Economista", None),
        ("— EFE", "EFE"),
        ("EFE / Europa Press", "EFE"),
        ("(Con información de Reuters)", "Reuters"),
        ("و م ع", "MAP"),
        ("(أ ف ب)", "AFP"),
        ("وم ع", "MAP"),
        ("(عن رويترز)", "Reuters"),
        ("المصدر: رويترز", "Reuters"),
        ("نقلا عن وكالة الأناضول", "Anadolu"),
        ("(dpa)", "DPA"),
        ("(dpa/fre)", "DPA"),
        ("Mit Agenturmaterial.", None),
        ("Mit Material von dpa", "DPA"),
        ("(ANSA)", "ANSA"),
        ("Com informações da Agência Brasil", "Agência Brasil"),
        ("Com agências", None),
        ("Con agenzie", None),
        ("Avec agences", None),
        ("(dmk)", None),
    ],
)
def test_a_line_that_says_where_the_article_comes_from_is_no_text(line, agency):
    assert foot(line) == ([], agency)


@pytest.mark.parametrize(
    "line",
    [
        "Par Salma Idrissi",
        "Written by Cassidy Horton",
        "Escrito por Lucía Ferrer",
        "بقلم سلمى الإدريسي",
        "Publié le 12 mars 2024",
        "Last updated on June 2, 2025",
        "Feb 2, 2023",
        "Actualizado: 12 de marzo de 2024",
    ],
)
def test_signatures_and_days_below_the_text_are_no_text(line):
    assert foot(line) == ([], None)


def test_who_signs_below_the_text_is_the_author_where_nobody_is_named_above():
    assert page("Par Salma Idrissi").authors == ("Salma Idrissi",)
    assert page("بقلم سلمى الإدريسي").authors == ("سلمى الإدريسي",)
    assert page("Par Salma Idrissi", "<p class='author'>Par Rim Slaoui</p>").authors == ("Rim Slaoui",)


@pytest.mark.parametrize(
    "line",
    [
        "La liste des gares est à la mairie.",
        "Ap",
        "Map",
        "« Reuters l'a dit », répond le maire.",
        "Le maire l'a dit à l'AFP.",
        "EFE dice que no",
        "ANSA Studios",
        "Le concert a lieu le 12 mars 2024",
        "Rendez-vous le 3 mai 2024",
        "Avec Salma Tazi et Idir Amellal",
        "Con información de las autoridades, el puerto abrió ayer.",
        "عن الكاتب لم يقل شيئا",
        "Mit dem Rad nach Berlin",
        "— Et après ?",
    ],
)
def test_sentences_and_names_of_other_things_stay(line):
    assert foot(line) == ([line], None)


def test_several_such_lines_go_and_one_in_the_middle_stays():
    assert foot("Salma Tazi", "(avec AFP)", authors=("Salma Tazi",)) == ([], "AFP")
    assert foot("Salma Tazi (AFP)", authors=("Salma Tazi",)) == ([], "AFP")
    assert foot("Reuters", "L'agence a son siège à Londres.") == (["Reuters", "L'agence a son siège à Londres."], None)


def page(foot_line: str, byline: str = "") -> Article:
    body = "".join(f"<p>{line}</p>" for line in BODY)
    html = f"<html lang='fr'><body><article><h1>Le port rouvre mardi</h1>{byline}{body}<p>{foot_line}</p></article></body></html>"
    read = process_page(PageToRead("https://paper.example/le-port-rouvre-12.html", html.encode()), ReadingHints())
    assert isinstance(read, Article), read
    return read


def test_the_agency_below_the_text_is_that_of_the_record_unless_another_is_named_above():
    article = page("(AFP)")
    assert (article.text, article.agency, article.byline) == ("\n\n".join(BODY), "AFP", ("AFP",))
    article = page("(AFP)", "<p class='author'>Par Salma Idrissi</p>")
    assert (article.agency, article.authors, article.byline) == ("AFP", ("Salma Idrissi",), ("Salma Idrissi",))
    assert page("(AFP)", "<p class='author'>MAP</p>").agency == "MAP"
