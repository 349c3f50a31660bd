"""The quick langdetect: bit for bit what the library answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from pipeline.steps.trigrams import Factory, Profiles

TEXTS = (
    "Le marché couvert rouvre samedi : la mairie a payé la toiture, les marchands les étals.",
    "El mercado cubierto reabre el sábado; el ayuntamiento pagó el tejado.",
    "THE OLD MARKET opens again on Saturday, says the TOWN council. McGregor and NATO agreed.",
    "تفتح السوق المغطاة أبوابها يوم السبت بعد أن رممت البلدية سقفها",
    "Рынок снова открывается в субботу",
    "A",
    "  deux   blancs  ",
    "Chợ có mái che mở cửa trở lại vào thứ bảy",
)


@cache
def stock() -> DetectorFactory:
    factory = DetectorFactory()
    factory.load_json_profile([path.read_text(encoding="utf-8") for path in sorted(Path(PROFILES_DIRECTORY).iterdir())])
    factory.set_seed(0)
    return factory


@cache
def quick() -> Factory:
    return Factory()


def answers(factory: DetectorFactory, text: str) -> list[tuple[str, float]]:
    detector = factory.create()
    detector.append(text)
    try:
        return [(found.lang, found.prob) for found in detector.get_probabilities()]
    except LangDetectException:
        return []


@pytest.mark.parametrize("text", TEXTS)
def test_the_answers_are_the_librarys_own(text):
    assert answers(quick(), text) == answers(stock(), text)


@given(st.lists(st.sampled_from([*"abcDEF éÉßجمş中かЖ-1'", "the ", "une ", "NATO ", "مدينة "]), max_size=60).map("".join))
def test_the_answers_are_the_librarys_own_on_any_text(text):
    assert answers(quick(), text) == answers(stock(), text)


def test_every_row_is_the_librarys_own():
    rows, theirs = quick().word_lang_prob_map, stock().word_lang_prob_map
    assert quick().get_lang_list() == stock().get_lang_list()
    for gram in list(theirs)[::97]:
        assert gram in rows
        assert rows[gram] == theirs[gram]


def test_rows_are_worked_out_when_met_and_unknown_grams_have_none():
    profiles = Profiles([({"a": 1, "ab": 2}, [4, 8, 1]), ({"b": 3}, [6, 1, 1])])
    assert len(profiles) == 0
    assert profiles["ab"] == [0.25, 0.0]
    assert profiles["b"] == [0.0, 0.5]
    assert len(profiles) == 2
    assert "zz" not in profiles
    assert profiles.knows("ab", 0)
    assert not profiles.knows("ab", 1)
