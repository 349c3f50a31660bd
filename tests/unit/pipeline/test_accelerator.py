"""The accelerator of language detection: the numbers of our own arithmetic bit for bit, and never needed."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps import accelerator as accelerators
from pipeline.steps import detection, language
from pipeline.steps.accelerator import NOTHING_TO_GO_BY, accelerator
from pipeline.steps.trigrams import Factory

TEXTS = (
    "Le marché couvert rouvre samedi : la mairie a payé la toiture, les marchands les étals.",
    "El mercado cubierto reabre el sábado; el ayuntamiento pagó el tejado, dijo Óscar Ferrán.",
    "O mercado coberto reabre no sábado, depois de dois anos de obras.",
    "Der Markt öffnet am Samstag wieder. Die Stadt hat das Dach bezahlt, https://markt.example/dach",
    "Il mercato coperto riapre sabato, scrivete a banchi@mercato.example",
    "THE OLD MARKET opens again on Saturday, says the TOWN council. McGregor and NATO agreed.",
    "تفتح السوق المغطاة أبوابها يوم السبت بعد أن رممت البلدية سقفها",
    "بازار سرپوشیده روز شنبه دوباره باز می‌شود",
    "Рынок снова открывается в субботу",
    "Chợ có mái che mở cửa trở lại vào thứ bảy",
    "市场星期六重新开放",
    "屋根付き市場が土曜日に再開する",
    "시장이 토요일에 다시 문을 연다",
    "Tasewwiqt ad teldi ass n ssebt, yenna-d unemhal",
    "A",
    "12 345 — 67",
    "Le marché \ud83d rouvre samedi",
    "",
)


@cache
def own() -> Factory:
    return Factory()


def answers(factory, text: str, trials: int) -> list[tuple[str, float]] | None:
    detector = factory.create()
    detector.n_trial = trials
    detector.append(text)
    try:
        return [(found.lang, found.prob) for found in detector.get_probabilities()]
    except NOTHING_TO_GO_BY:
        return None


@pytest.mark.parametrize("trials", [3, 7])
@pytest.mark.parametrize("text", [*TEXTS, "\n".join(TEXTS)])
def test_the_accelerator_answers_what_we_answer(text, trials):
    assert accelerator().get_lang_list() == own().get_lang_list()
    assert answers(accelerator(), text, trials) == answers(own(), text, trials)


@given(st.lists(st.one_of(st.sampled_from(["the ", "une ", "NATO ", "مدينة ", " 'l", "ừa"]), st.characters()), max_size=80).map("".join))
def test_the_accelerator_answers_what_we_answer_on_any_text(text):
    assert answers(accelerator(), text, 7) == answers(own(), text, 7)


@pytest.mark.parametrize("text", TEXTS)
def test_without_it_the_language_is_the_same(text, monkeypatch):
    fast = language.identify("", text * 4)
    monkeypatch.setattr(detection, "accelerator", lambda: None)
    assert language.identify("", text * 4) == fast


def test_without_it_there_is_none(monkeypatch):
    monkeypatch.setattr(accelerators, "langdetect_rs", None)
    accelerator.cache_clear()
    assert accelerator() is None
    accelerator.cache_clear()
