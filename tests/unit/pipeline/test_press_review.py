"""Press reviews are told by their title, their section and their path, and only by what is clear."""

from __future__ import annotations

import pytest

from pipeline.steps.lexicon import plain, vocabulary
from pipeline.steps.press_review import press_review

URL = "https://journal.example/monde/un-article-48112.html"


@pytest.mark.parametrize(
    "title",
    [
        "Revue de presse",
        "La revue de presse internationale",
        "Revue de presse du 12 mars 2024",
        "Revue de presse de ce mardi",
        "Revue de presse : les quais, le budget et la pluie",
        "REVUE DE PRESSE | Ce que disent les quotidiens du port",
        "À la une de la presse - le budget du port divise",
        "Le budget du port divise - Revue de presse",
        "Press review: the harbour budget",
        "Daily press review of 3 June",
        "What the papers say – Monday",
        "Revista de prensa del 4 de mayo",
        "Resumen de prensa: el puerto y la lluvia",
        "جولة الصحف: ميزانية الميناء تثير الجدل",
        "عرض الصحف البريطانية - ميزانية الميناء",
        "أبرز عناوين الصحف الصادرة اليوم",
        "Rassegna stampa: il porto",
        "Presseschau vom 3. Juni",
        "Обзор прессы",
    ],
)
def test_a_title_that_names_it(title):
    assert press_review(title, None, URL).startswith("its title says so")


@pytest.mark.parametrize(
    "title",
    [
        "La revue de presse du musée attire les curieux",
        "Il invente la revue de presse en bande dessinée",
        "Press review board meets after complaint",
        "Press reviews are out of fashion, says a study",
        "La presse locale en difficulté : trois titres ferment",
        "El alcalde repasa la prensa con los vecinos",
        "الصحف المغربية تواجه أزمة الورق",
        "جولة الصحفيين في الميناء",
        "Conférence de presse : le port rouvre",
        "",
    ],
)
def test_a_title_that_only_mentions_it(title):
    assert press_review(title, "Monde", URL) == ""


@pytest.mark.parametrize("section", ["Revue de presse", "REVISTA DE PRENSA", "Press Review", "جولة الصحافة"])
def test_the_section_says_it(section):
    assert press_review("Le port rouvre", section, URL) == f"its section is {section}"


@pytest.mark.parametrize(
    "folder", ["revue-de-presse", "revista_de_prensa", "daily-press-review", "%D8%B9%D8%B1%D8%B6-%D8%A7%D9%84%D8%B5%D8%AD%D9%81"]
)
def test_the_path_says_it(folder):
    assert press_review("Le port rouvre", None, f"https://journal.example/{folder}/le-port-rouvre-12.html").startswith("it lies under /")


def test_the_last_part_of_a_path_is_a_title_and_no_folder():
    assert press_review("Le port rouvre", None, "https://journal.example/revue-de-presse") == ""


def test_names_are_long_enough_to_mean_nothing_else():
    assert all(len(plain(name)) >= 8 for name in vocabulary("press_review")["names"])
