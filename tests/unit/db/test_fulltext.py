"""The same questions find the same articles on both databases: a table of questions over articles in four languages and more."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import column, literal_column, select, text

from db import fulltext
from db.analysis import ANALYSER_VERSION
from db.errors import QueryError
from db.fulltext import Document, put
from db.question import MAX_WORDS, parse

DOCUMENTS = {
    1: (
        "fr",
        "L'accord de pêche",
        "Un texte attendu",
        "Le ministre des Affaires étrangères a signé l’accord avec l'Union européenne. Les élections approchent.",
    ),
    2: ("fr", "Sécurité", "", "La coopération sécuritaire entre l'Algérie et le Maroc reprend ; les chevaux du roi, un bœuf."),
    3: ("ar", "انتخابات الجزائر", "", "قال وزير الخارجية الجزائري أحمد عطاف إن الانتخابات ستجرى في موعدها. مُحَمَّد"),
    4: ("ar", "المغرب", "", "استقبل الوزير وفدا من المدرسة الوطنية، والمغاربة ينتظرون. احمد"),
    5: ("es", "Elecciones en España", "", "El acuerdo pesquero con Marruecos fue firmado en Ginebra por la niña y los niños."),
    6: ("en", "Fishing deal", "", "The foreign ministers signed the fishing agreement. Elections were not discussed. COVID-19 aid."),
    7: ("und", "Kréyol", "", "An ti tèks kréyol kout: accord élections."),
    8: ("zh", "新冠疫情", "", "全国人民代表大会通过了新的法律。"),
    9: ("ja", "ニュース", "", "東京で感染症対策の会議が開かれた。"),
    10: ("fr", "Fin du titre", "Début du chapeau", "Suite du texte."),
}

QUESTIONS = {
    # folding
    "peche": {1},
    "PÊCHE": {1},
    "securite cooperation": {2},
    "boeuf": {2},
    "bœuf": {2},
    "nina": {5},
    # elision
    "accord": {1, 7},
    "l'accord": {1, 7},
    "l’union": {1},
    "algérie": {2},
    # stems
    "élection": {1, 6},
    "elections": {1, 6, 7},
    "elecciones": {5},
    "elección": {5},
    "cheval": {2},
    "niño": {5},
    "ministre": {1},
    "minister": {6},
    "signed agreements": {6},
    # Arabic
    "أحمد": {3, 4},
    "احمد": {3, 4},
    "محمد": {3},
    "الجزائر": {3},
    "جزائر": {3},
    "انتخابات": {3},
    "الانتخاب": {3},
    "وزير": {3, 4},
    "والوزير": {3, 4},
    "مدرسة": {4},
    "وطن": {4},
    # phrases
    '"affaires étrangères"': {1},
    '"etrangeres affaires"': set(),
    '"AFFAIRES etrangeres a signe"': {1},
    '"وزير الخارجية"': {3},
    '"affaire étrangère"': set(),
    '"fin du titre début"': set(),
    '"chapeau suite"': set(),
    '"début du chapeau"': {10},
    # OR, minus
    "pêche OR cheval": {1, 2},
    "accord OR acuerdo OR agreement": {1, 5, 6, 7},
    "elections OR elecciones -fishing": {1, 5, 7},
    "accord -kreyol": {1},
    "accord - kreyol": {7},
    'accord -"union européenne"': {7},
    "or": set(),
    "OR pêche": {1},
    "pêche OR": {1},
    "OR OR pêche": {1},
    # prefixes
    "sécuri*": {2},
    "elec*": {1, 5, 6, 7},
    "الخارج*": {3},
    "خارج*": {3},
    "chev* OR peche": {1, 2},
    '"affaires étr"': set(),
    # written together
    "covid-19": {6},
    "19-covid": set(),
    "ségo-lène": set(),
    # without spaces
    "人民": {8},
    "全国人民": {8},
    "法律": {8},
    "法": {8},
    "律": {8},
    "民人": set(),
    "感染症": {9},
    "対策": {9},
    "会議 東京": {9},
    "ニュース": {9},
    # not syntax
    "title:accord": set(),
    "NEAR(accord union)": set(),
    "accord AND union": {1},
    "accord NOT kreyol": {1},
    "{folded}: accord": set(),
    "accord^2": set(),
    "accord & union": {1},
    "accord | (union)": {1},
    "'accord'": {1, 7},
    "accord:* !union": {1},
    '"accord': {1, 7},
    "accord;DROP TABLE articles": set(),
}


@pytest.fixture
def indexed(database):
    documents = [Document(number, *fields) for number, fields in DOCUMENTS.items()]
    database.transact(lambda tx: put(tx, documents))
    return database


def found(database, question: str) -> list[int]:
    with database.read() as tx:
        match = fulltext.match(tx, parse(question), literal_column("article_number"))
        key = "rowid" if database.dialect == "sqlite" else "article_id"
        rows = tx.execute(select(column(key)).select_from(match.joined).where(match.where).order_by(match.score.desc(), column(key)))
        return [row[0] for row in rows]


def test_every_question_finds_the_same_on_both_databases(indexed) -> None:
    assert {question: set(found(indexed, question)) for question in QUESTIONS} == QUESTIONS


def test_a_word_in_the_title_ranks_before_one_in_the_text(database) -> None:
    filler = " ".join(f"mot{i}" for i in range(30))
    documents = [
        Document(1, "fr", "Une dépêche", "", f"{filler} pêche {filler}"),
        Document(2, "fr", "La pêche", "", f"{filler} {filler} rien"),
        Document(3, "fr", "Une dépêche", "", f"{filler} {filler} rien"),
    ]
    database.transact(lambda tx: put(tx, documents))
    assert found(database, "pêche") == [2, 1]


def test_indexing_again_replaces(database) -> None:
    database.transact(lambda tx: put(tx, [Document(1, "fr", "Ancien", "", "vieux")]))
    database.transact(lambda tx: put(tx, [Document(1, "fr", "Neuf", "", "récent")]))
    assert found(database, "vieux") == []
    assert found(database, "recent") == [1]
    with database.read() as tx:
        assert tx.execute(text("SELECT analyser FROM article_index")).scalars().all() == [ANALYSER_VERSION]


def test_indexing_nothing(database) -> None:
    database.transact(lambda tx: put(tx, []))


def test_tables_can_be_dropped_and_made_again(database) -> None:
    def remake(tx) -> None:
        fulltext.drop(tx)
        fulltext.create(tx)
        put(tx, [Document(1, "fr", "Neuf", "", "")])

    database.transact(remake)
    assert found(database, "neuf") == [1]


@pytest.mark.parametrize(
    "words", ["mot " * 200_000, " ".join(f"mot{i}é" * 6 for i in range(60_000)), "é" * 3_000_000], ids=["many", "different", "one"]
)
def test_torture_68_huge_texts_are_indexed(database, words) -> None:
    database.transact(lambda tx: put(tx, [Document(1, "fr", "Énorme", "", words)]))
    assert found(database, "enorme") == [1]
    assert found(database, words[:30].split(" ")[0] + "*") == [1]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(st.one_of(st.sampled_from(list("\"'*-:()^{}+|&!\\\x00 OR")), st.characters())))
def test_torture_97_no_question_is_ever_a_syntax_error(indexed, question) -> None:
    try:
        parse(question)
    except QueryError:
        return
    found(indexed, question)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(), title=st.text(max_size=20), language=st.sampled_from(["fr", "ar", "en", "und", "zh"]))
def test_torture_71_any_text_can_be_indexed(database, body, title, language) -> None:
    database.transact(lambda tx: put(tx, [Document(1, language, title, "", body)]))


@pytest.mark.parametrize(
    "question", ["", "   ", '"', '""', "*", "-", "- -", '-""', "OR", "!!!", "\x00", "«»", "-pêche", '-"un mot"', "OR -a"]
)
def test_torture_97_questions_with_nothing_to_find_are_refused(question) -> None:
    with pytest.raises(QueryError, match="nothing to search for"):
        parse(question)


def test_torture_97_a_huge_question_is_cut(indexed) -> None:
    assert set(found(indexed, "accord " * 1_500_000)) == {1, 7}
    asked = parse(" ".join(f"mot{i}" for i in range(100)))
    assert len(asked.wanted) == MAX_WORDS
    assert found(indexed, " OR ".join(f"a{i}-b{i}-c{i}" for i in range(100))) == []


def test_questions_as_read() -> None:
    asked = parse('pêche OR "bon port" -thon mar*', ["fr"])
    assert [[sought.folded for sought in choice] for choice in asked.wanted] == [[("peche",), ("bon", "port")], [("mar",)]]
    assert [sought.folded for sought in asked.excluded] == [("thon",)]
    assert asked.wanted[1][0].prefix


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("pêche AND port", "pêche port"),
        ("pêche NOT port", "pêche -port"),
        ("pêche AND NOT port thon", "pêche -port thon"),
        ('pêche NOT "bon port"', 'pêche -"bon port"'),
        ("pêche OR thon NOT port", "pêche OR thon -port"),
        ("NOT port pêche", "-port pêche"),
        ("pêche AND", "pêche"),
        ("pêche NOT", "pêche"),
        ("AND pêche OR AND thon", "pêche OR thon"),
    ],
)
def test_and_and_not_in_capitals_are_heeded(written, same):
    assert parse(written) == parse(same)


def test_and_and_not_in_quotes_or_small_letters_are_words():
    assert len(parse('"NOT" "AND" port').wanted) == 3
    assert len(parse("not and port").wanted) == 3


@pytest.mark.parametrize("empty", ["AND", "NOT", "AND NOT", "NOT port"])
def test_a_question_of_nothing_but_these_is_refused(empty):
    with pytest.raises(QueryError, match="nothing to search for"):
        parse(empty)
