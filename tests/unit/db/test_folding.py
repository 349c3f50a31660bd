"""What counts as the same letters: for names, for search and for telling copies."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.folding import fold, fold_letters, text_digest


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Économie  et\nFinances ", "economie et finances"),
        ("Cœur d’Œuvre", "coeur d’oeuvre"),
        ("Straße", "strasse"),
        ("İstanbul, Diyarbakır", "istanbul, diyarbakir"),
        ("ÑANDÚ", "nandu"),
        ("أحمد إبراهيم آسيا", "احمد ابراهيم اسيا"),
        ("مُحَمَّد", "محمد"),
        ("محـــمد", "محمد"),
        ("مدرسة مستشفى", "مدرسه مستشفي"),
        ("مسؤول شيء", "مسوول شي"),
        ("٢٠٢٥ ۱۲", "2025 12"),
        ("ﷲ ﻼ", "الله لا"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("co\u00adopé\u200bration", "cooperation"),
        ("a\x00b", "ab"),
        ("हिन्दी", "हिन्दी"),
        ("が", "が"),
        ("한국", "한국"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


def test_torture_71_the_digest_is_not_fooled_by_invisible_characters() -> None:
    plain = text_digest("L'été à Alger : la coopération reprend.")
    for variant in (
        "L’ÉTÉ à Alger: la coopération reprend",
        "  L'e\u0301te\u0301 à\u00a0Alger\u202f:\n\nla coo\u00adpé\u200bration\ufeff \u202breprend…",
        "L'été à Alger — la «coopération» reprend\x00",
    ):
        assert text_digest(variant) == plain


def test_the_digest_tells_words_and_accents_apart() -> None:
    texts = ["un marché", "un marche", "un mar ché", "un marché 2", "", "हिन्दी", "हन्दा"]
    assert len({text_digest(text) for text in texts}) == len(texts)


@given(st.text())
def test_folding_is_stable_and_never_fails(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == folded.strip()
    assert fold_letters(text.upper()) is not None


@given(st.text(alphabet=st.characters(categories=["L", "M", "N", "P", "Z", "C"])))
def test_the_digest_ignores_case_and_form(text: str) -> None:
    digest = text_digest(text)
    assert len(digest) == 64
    assert text_digest(unicodedata.normalize("NFD", text)) == digest
    assert text_digest(f"\u200b {text} .") == digest
