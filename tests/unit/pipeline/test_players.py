"""Lines that players leave in a text: times, controls, how long listening or reading takes."""

from __future__ import annotations

import pytest

from pipeline.steps.journal import Journal
from pipeline.steps.lines import drop_clutter

BODY = [
    f"Le port de Larache a rouvert mardi après deux ans de travaux, et les pêcheurs attendent la criée du samedi ({n})." for n in range(4)
]


def stays(line: str) -> bool:
    return line in drop_clutter([BODY[0], line, *BODY[1:]], (), frozenset(), Journal()).lines


@pytest.mark.parametrize(
    "line",
    [
        "00:00 / 03:12",
        "0:00 | 12:05",
        "Lecture 00:00 / 03:12",
        "Play 00:00 / 03:12 1x",
        "Écouter cet article 4 min",
        "Écouter l'article",
        "Temps de lecture : 4 minutes",
        "4 min de lecture",
        "Lecture : 3 min",
        "2 min read",
        "13 MIN READ",
        "5-minute read",
        "Listen to this article · 6 min",
        "Reading time: 3 mins",
        "Escuchar artículo (4 min)",
        "Tiempo de lectura: 3 min",
        "3 minutos de lectura",
        "استمع إلى المقال 4 دقائق",
        "مدة القراءة: 3 دقائق",
        "وقت القراءة ٣ دقائق",
        "3 Minuten Lesezeit",
        "Lesezeit: 4 Min.",
        "Artikel anhören (5 Minuten)",
        "Ascolta l'articolo 3 min",
        "Tempo di lettura: 2 minuti",
        "Ouvir artigo 00:00 / 04:10",
        "Tempo de leitura: 3 min",
    ],
)
def test_what_a_player_says_is_no_text(line):
    assert not stays(line)


@pytest.mark.parametrize(
    "line",
    [
        "18:05",
        "20:30 – 22:15",
        "10 mins",
        "Cook time: 10 min",
        "Durée : 45 minutes",
        "Il faut 4 minutes de lecture au juge.",
        "Le train de 00:00 est supprimé",
        "Une lecture en 3 actes",
        "Escuchar a los pescadores",
        "Listen to the sea",
        "1 minute",
    ],
)
def test_times_and_words_of_the_article_stay(line):
    assert stays(line)
