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


def labelled(folder: Path, *lines: str):
    (folder / "labelled.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return import_module("scoring.languages").find_labelled(folder)


def test_sets_of_labelled_texts_are_found_in_a_folder_and_below_it(tmp_path):
    (tmp_path / "press").mkdir()
    line = '{"language": "fr", "title": "Le pont", "text": "Il ferme.", "page_language": "fr-MA"}'
    labelled(tmp_path / "press", line, "", '{"language": "es", "text": "Cierra."}')
    sets = labelled(tmp_path, '{"language": "kab", "title": "Azul"}')
    assert sorted(sets) == sorted([tmp_path.name, "press"])
    assert [(one.kind, one.language, one.text, one.page_language) for one in sets["press"]] == [
        ("titles", "fr", "", "fr-MA"),
        ("bodies", "fr", "Il ferme.", "fr-MA"),
        ("bodies", "es", "Cierra.", ""),
    ]


@pytest.mark.parametrize("line", ["{", "[]", '{"title": "Le pont"}', "3"])
def test_a_line_that_is_no_labelled_text_is_named(tmp_path, line):
    with pytest.raises(ValueError, match=r"labelled.jsonl:2 is no JSON object with a language"):
        labelled(tmp_path, '{"language": "fr", "title": "a"}', line)


def test_und_is_right_only_for_languages_without_a_profile():
    scoring = import_module("scoring.languages")
    told = [
        scoring.Told(scoring.Labelled(language, "title", text), answer)
        for language, text, answer in [
            ("fr", "", "fr"),
            ("fr", "", "und"),
            ("es", "", "pt"),
            ("es", "", "es"),
            ("kab", "", "und"),
            ("ka", "", "ka"),
            ("zu", "", "sw"),
            ("fr", "body", "fr"),
        ]
    ]
    assert scoring.summary(told) == pytest.approx(
        {"bodies": 1, "wrong bodies": 0, "titles": 0.5, "wrong titles": 0.25, "other titles": 2 / 3}
    )
    assert scoring.confusions(told)[0][3] == 1
    assert ("titles", "zu", "sw", 1) in scoring.confusions(told)


def test_both_detectors_answer_with_primary_subtags():
    scoring = import_module("scoring.languages")
    text = "Le conseil municipal a voté hier soir la réfection du pont, qui restera fermé aux camions jusqu'au printemps."
    for name in scoring.DETECTORS:
        (told,) = scoring.tell(name, [scoring.Labelled("fr", "Le pont", text)])
        assert told.right
    assert scoring.langdetect(scoring.Labelled("zh", "", "市政府昨晚通过了修桥的决定")) in {"zh", "ko"}
    assert scoring.langdetect(scoring.Labelled("und", "12 345", "")) == "und"


def test_titles_days_and_people():
    truth = {"title": "Le Pont  fermé", "published_on": date(2024, 3, 1), "authors": ("Zoé Ménard",)}
    right = fields(truth, {"title": "le pont fermé", "published_on": date(2024, 3, 1), "authors": ("ZOE MENARD",)})
    assert (right["title"], right["day"], right["wrong day"], right["authors"]) == (1, 1, 0, 1)
    unknown = fields(truth, {})
    assert (unknown["title"], unknown["day"], unknown["wrong day"], unknown.get("authors")) == (0, 0, 0, None)
