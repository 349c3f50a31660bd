"""What the benchmark of reading counts as right."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = str(Path(__file__).parents[3] / "benchmarks")


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)


def fields(truth: dict, found: dict) -> dict[str, float | None]:
    scoring = import_module("reading")
    return scoring._score_fields(import_module("scoring.sets").Truth(**truth), import_module("scoring.readers").Reading(**found))


@pytest.mark.parametrize(
    ("found", "truth", "value"),
    [
        (("Économie", "SAHARA"), ("economie", "Sahara"), 1),
        (("Pêche", "Port"), ("Pêche",), 2 / 3),
        (("Pêche", "pêche!"), ("Pêche",), 1),
        (("السوق", "الميناء"), ("السوق", "المدينة"), 0.5),
        (("Fischerei",), ("Hafen",), 0),
        (("--",), ("Hafen",), 0),
        ((), ("Hafen",), 0),
        (("Hafen",), (), 0),
        ((), (), 1),
    ],
)
def test_two_sets_of_tags_are_compared_folded(found, truth, value):
    assert import_module("scoring.metrics").set_f1(found, truth) == pytest.approx(value)


def test_tags_are_scored_as_a_set_and_as_a_whole():
    near = fields({"tags": ("Pêche", "Port")}, {"tags": ("peche", "PORT", "Marché")})
    assert (near["tags"], near["all tags"]) == (pytest.approx(0.8), 0)
    same = fields({"tags": ("Pêche", "Port")}, {"tags": ("port", "peche")})
    assert (same["tags"], same["all tags"]) == (1, 1)


def test_tags_that_nobody_states_are_not_scored():
    assert "tags" not in fields({}, {"tags": ("Port",)})
    assert "tags" not in fields({"tags": ("Port",)}, {"tags": None})
    assert fields({"tags": ("Port",)}, {"tags": ()})["tags"] == 0


def test_titles_days_and_people():
    truth = {"title": "Le Pont  fermé", "published_on": date(2024, 3, 1), "authors": ("Zoé Ménard",)}
    right = fields(truth, {"title": "le pont fermé", "published_on": date(2024, 3, 1), "authors": ("ZOE MENARD",)})
    assert (right["title"], right["day"], right["wrong day"], right["authors"]) == (1, 1, 0, 1)
    unknown = fields(truth, {})
    assert (unknown["title"], unknown["day"], unknown["wrong day"], unknown.get("authors")) == (0, 0, 0, None)
