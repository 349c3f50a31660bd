"""The one analyser: words, folding, stems and offsets, in French, Arabic, Spanish, English and scripts without spaces."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.analysis import MAX_TOKEN_LENGTH, MAX_TOKENS, STEMMERS, analyse, index_terms, sought

LANGUAGES = ["und", "fr", "ar", "es", "en", "ru", "zh", "xx", ""]


def folded(text: str, language: str = "und") -> list[str]:
    return list(analyse(text, language).folded)


def stems(words: str, language: str) -> set[str]:
    return set(analyse(words, language).stemmed)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("L'État n’a pas signé", ["etat", "a", "pas", "signe"]),
        ("jusqu’aujourd'hui, qu'elle d'Alger", ["aujourd", "hui", "elle", "alger"]),
        ("Macron's plan isn't d'", ["macron", "s", "plan", "isn", "t", "d"]),
        ("porte-parole COVID-19 3,14", ["porte", "parole", "covid", "19", "3", "14"]),
        ("Œuvre ŒUVRE œuvre", ["oeuvre", "oeuvre", "oeuvre"]),
        ("أحمد احمد آحمد", ["احمد", "احمد", "احمد"]),
        ("مُحَمَّد محـــمد", ["محمد", "محمد"]),
        ("مدرسة على", ["مدرسه", "علي"]),
        ("سنة ٢٠٢٥", ["سنه", "2025"]),
        ("感染症対策", ["感染", "染症", "症対", "対策", "策"]),
        ("法", ["法"]),
        ("COVID感染", ["covid", "感染", "染"]),
        ("ประเทศ", ["ปร", "ระ", "ะเ", "เท", "ทศ", "ศ"]),
        ("co\u00adopé\u200bration", ["cooperation"]),
        ("a\ue000b \ud800 \x00", ["a", "b"]),
        ("#été @maire a_b", ["ete", "maire", "a", "b"]),
        ("⒈ ½ ㎏", ["1", "12"]),
        ("", []),
        ("… — «»", []),
    ],
)
def test_words(text: str, terms: list[str]) -> None:
    assert folded(text) == terms


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "élection élections Élection"),
        ("fr", "marocain marocaine Marocaines"),
        ("fr", "député députée députés"),
        ("en", "elections election elected"),
        ("es", "elección elecciones"),
        ("ar", "الجزائر جزائر والجزائر للجزائر بالجزائر الجزائرية الجزائريون"),
        ("ar", "وزير الوزير والوزير وزيران"),
        ("ar", "انتخابات الانتخابات انتخاب"),
        ("ar", "مدرسة المدرسة"),
        ("fr", "الجزائر للجزائر"),
    ],
)
def test_forms_of_one_word_share_a_stem(language: str, words: str) -> None:
    assert len(stems(words, language)) == 1


def test_stems_keep_to_their_language_and_script() -> None:
    assert stems("elections", "fr") != stems("elections", "en")
    assert stems("president", "ru") == {"president"}
    assert stems("2025 感染", "fr") == {"2025", "感染", "染"}
    assert stems("الله والله", "ar") == {"الل·ar"}


def test_offsets_lead_back_to_the_original() -> None:
    text = "L'État a signé l’accord. ﷺ 感染症"
    terms = analyse(text, "fr")
    assert [text[start:end] for start, end in terms.offsets] == ["État", "a", "signé", "accord", "ﷺ", "感染", "染症", "症"]


def test_terms_are_capped() -> None:
    terms = analyse("mot " * (MAX_TOKENS + 5), "fr")
    assert len(terms.folded) == MAX_TOKENS
    long = analyse("é" * 1_000_000, "fr")
    assert long.folded == ("e" * MAX_TOKEN_LENGTH,)
    assert long.offsets == ((0, 1_000_000),)


def test_every_named_stemmer_exists() -> None:
    for language in STEMMERS:
        assert analyse("mot слово", language).folded[0] == "mot"


def test_an_accented_word_is_sought_with_and_without_its_accents() -> None:
    found = sought("Élections", ["fr"])
    assert found is not None
    assert found.folded == ("elections",)
    assert found.stemmed == (("elect·fr",),)
    assert not found.prefix


def test_what_is_written_together_is_sought_side_by_side() -> None:
    found = sought("COVID-19", ["fr"])
    assert found is not None
    assert found.folded == ("covid", "19")
    assert found.stemmed == (("covid·fr", "19"),)


def test_exact_words_have_no_stems() -> None:
    found = sought("hautes écoles", exact=True)
    assert found is not None
    assert (found.folded, found.stemmed) == (("hautes", "ecoles"), ())


def test_prefixes_and_single_characters() -> None:
    french, arabic, han = sought("coopér", prefix=True), sought("والخارج", prefix=True), sought("法")
    assert french is not None
    assert arabic is not None
    assert han is not None
    assert (french.folded, french.stemmed, french.prefix) == (("cooper",), (), True)
    assert (arabic.folded, arabic.stemmed, arabic.prefix) == (("والخارج",), (("خارج",),), True)
    assert (han.folded, han.stemmed, han.prefix) == (("法",), (), True)


def test_an_unspaced_run_is_sought_anywhere_within_a_longer_one() -> None:
    found = sought("染症")
    assert found is not None
    terms = folded("感染症対策")
    at = terms.index(found.folded[0])
    assert tuple(terms[at : at + len(found.folded)]) == found.folded


@pytest.mark.parametrize("text", ["", "*", '"', "«»", "\x00", "\u200b", "!?", "\ue000"])
def test_nothing_searchable(text: str) -> None:
    assert sought(text) is None


@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_text_gives_sound_terms(text: str, language: str) -> None:
    terms = analyse(text, language)
    assert len(terms.folded) == len(terms.stemmed) == len(terms.offsets)
    last = 0
    for word, stem, (start, end) in zip(terms.folded, terms.stemmed, terms.offsets, strict=True):
        assert last <= start < end <= len(text)
        last = start
        assert 0 < len(word) <= MAX_TOKEN_LENGTH
        assert word == word.casefold()  # Cherokee folds to capitals
        assert not any(c.isspace() or unicodedata.category(c)[0] in "PSZC" for c in word)
        assert stem
        assert not any(c.isspace() or c in "'\\\ue000" for c in stem)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), st.sampled_from(LANGUAGES))
def test_a_word_as_written_is_sought_as_it_is_indexed(text: str, language: str) -> None:
    terms, found = analyse(text, language), sought(text, [language])
    assert (found is None) == (not terms.folded)
    if found is not None:
        assert found.folded == terms.folded[: len(found.folded)]
        assert found.prefix or not found.stemmed or terms.stemmed[: len(found.folded)] in {*found.stemmed, found.folded}


@given(st.text(alphabet="éàçÉÈùâêaeiou nN'’-", max_size=40))
def test_accents_and_case_do_not_count(text: str) -> None:
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    assert folded(text) == folded(plain) == folded(text.upper())


LETTERS_AND_SIGNS = st.text(st.sampled_from("abélLdDqQuUnN'’ʼ` -\n\t.,١مال中ก\u00ad\u200b1²ﬁœİ"), max_size=80)


@given(st.one_of(LETTERS_AND_SIGNS, st.text(max_size=120)), st.sampled_from(["fr", "ar", "en", "el", "und"]))
@example("L'été qu’il d'ici jusqu'à aujourd'hui ''l'a", "fr")
@example("l'" * 40, "fr")
def test_the_index_gets_the_same_terms_as_the_analyser_gives(text, language):
    terms = analyse(text, language)
    assert index_terms(text, language) == (terms.folded, terms.stemmed)


def test_the_index_is_bounded_like_the_analyser():
    text = "mot " * (MAX_TOKENS + 5) + "x" * 5000
    terms = analyse(text, "fr")
    assert index_terms(text, "fr") == (terms.folded, terms.stemmed)
