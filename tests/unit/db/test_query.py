"""Filters, hits, counts and streams, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import QueryError
from db.query import MAX_HITS, STREAM_BATCH
from db.question import parse
from db.snippets import MAX_LENGTH, snippet
from db.vocabulary import SaveOutcome

DAY = date(2024, 5, 1)


@pytest.fixture
def filled(newsroom, texts):
    """Five articles: `a` to `d` in French (d a copy of c, undated e), two countries, three sources."""
    newsroom.source("bladi", "MA")
    newsroom.source("le360", "ma")
    newsroom.source("tsa", "dz")
    newsroom.save(
        newsroom.reading(
            "https://bladi.example/a", texts(1), title="Pêche à Agadir", on=DAY, authors=("Samir Kadri",), tags=("Pêche", "Économie")
        ),
        newsroom.reading(
            "https://bladi.example/b", texts(2), title="Port d'Agadir", on=DAY + timedelta(1), authors=("Aïcha Ben",), tags=("Ports",)
        ),
        newsroom.reading(
            "https://le360.example/c", texts(3), source="le360", title="Marché", on=DAY + timedelta(2), authors=("SAMIR KADRI",)
        ),
        newsroom.reading("https://tsa.example/d", texts(3), source="tsa", title="Marché copié", on=DAY + timedelta(3), section="Pêche"),
        newsroom.reading("https://tsa.example/e", texts(5), source="tsa", title="أسواق", language="ar", tags=("ميناء",)),
    )
    return newsroom


FILTERS = [
    ("matching peche", lambda q: q.matching("peche agadir"), "ab"),
    ("matching in text", lambda q: q.matching("gouvernement1"), "a"),
    ("matching or", lambda q: q.matching("agadir OR marché"), "abcd"),
    ("matching minus", lambda q: q.matching("agadir -port"), "a"),
    ("language", lambda q: q.in_language("fr"), "abcd"),
    ("language tag", lambda q: q.in_language("AR-dz"), "e"),
    ("language unseen", lambda q: q.in_language("es"), ""),
    ("source", lambda q: q.from_source("bladi"), "ab"),
    ("sources", lambda q: q.from_source("bladi", "tsa"), "abde"),
    ("unknown source", lambda q: q.from_source("autre"), ""),
    ("country", lambda q: q.from_country("MA"), "abc"),
    ("countries", lambda q: q.from_country("ma", "DZ"), "abcde"),
    ("tag", lambda q: q.tagged("peche"), "a"),
    ("tag folded", lambda q: q.tagged(" ÉCONOMIE "), "a"),
    ("arabic tag", lambda q: q.tagged("مِيناء"), "e"),
    ("author", lambda q: q.by_author("samir kadri"), "ac"),
    ("author's name", lambda q: q.by_author("Kadri"), "ac"),
    ("part of a word", lambda q: q.by_author("kad"), ""),
    ("author wildcard", lambda q: q.by_author("%"), ""),
    ("after", lambda q: q.after(DAY + timedelta(1)), "bcd"),
    ("before", lambda q: q.before(DAY + timedelta(1)), "a"),
    ("one day", lambda q: q.after(DAY + timedelta(2)).before(DAY + timedelta(3)), "c"),
    ("originals", lambda q: q.originals_only(), "abce"),
    ("changed", lambda q: q.changed_after(0), "abcde"),
    ("unchanged", lambda q: q.changed_after(1), ""),
    ("all at once", lambda q: q.matching("marché").from_country("dz").in_language("fr").after(DAY), "d"),
    ("everything", lambda q: q, "abcde"),
]


@pytest.mark.parametrize(("narrow", "letters"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS])
def test_filters(filled, narrow, letters) -> None:
    assert "".join(sorted(a.url[-1] for a in filled.ask(lambda q: list(narrow(q).articles())))) == letters
    assert filled.ask(lambda q: narrow(q).count()) == len(letters)
    assert {hit.article.url[-1] for hit in filled.ask(lambda q: narrow(q).hits())} == set(letters)


def test_without_a_question_the_latest_come_first_and_the_undated_last(filled) -> None:
    hits = filled.ask(lambda q: q.hits())
    assert [hit.article.url[-1] for hit in hits] == list("dcbae")
    assert {hit.score for hit in hits} == {0.0}
    assert [hit.article.url[-1] for hit in filled.ask(lambda q: q.hits(limit=2, offset=1))] == list("cb")


def test_equal_ranks_come_by_day_then_by_age(newsroom, texts) -> None:
    for name, day in (("x", None), ("y", DAY), ("z", DAY + timedelta(1)), ("w", DAY)):
        newsroom.save(newsroom.reading(f"https://bladi.example/{name}", texts(ord(name)), title=f"Même mot {name}", on=day))
    assert [hit.article.url[-1] for hit in newsroom.ask(lambda q: q.matching("même").hits())] == list("zywx")


def test_hits_leave_the_text_out_and_show_where_it_matches(filled) -> None:
    [hit] = filled.ask(lambda q: q.matching("promesses1 OR gouvernement1").hits())
    assert hit.article.text == ""
    assert hit.article.title == "Pêche à Agadir"
    assert hit.score > 0
    assert len(hit.snippet) <= MAX_LENGTH
    assert {hit.snippet[start:end] for start, end in hit.matches} <= {"promesses1", "gouvernement1"}
    assert hit.matches


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_gives_nothing(filled, limit) -> None:
    assert filled.ask(lambda q: q.hits(limit=limit)) == []


def test_torture_97_an_absurd_limit_is_bounded(filled) -> None:
    assert MAX_HITS == 1_000
    assert len(filled.ask(lambda q: q.hits(limit=10**9, offset=-5))) == 5
    assert filled.ask(lambda q: q.hits(offset=10**9)) == []


@pytest.mark.parametrize("language", ["", "français", "f", "fr' OR 1=1", "مغربية", "zz9", "\x00"])
def test_an_unknown_language_is_refused(filled, language) -> None:
    with pytest.raises(QueryError, match="language"):
        filled.ask(lambda q: q.in_language(language))


@pytest.mark.parametrize("hostile", ["'; DROP TABLE labels; --", "%_\\", "\x00", "\ud800", '"', "a" * 100_000])
def test_torture_97_filters_are_values_never_syntax(filled, hostile) -> None:
    for narrow in (
        lambda q: q.tagged(hostile),
        lambda q: q.by_author(hostile),
        lambda q: q.from_source(hostile),
        lambda q: q.from_country(hostile),
    ):
        assert filled.ask(lambda q, narrow=narrow: narrow(q).count()) == 0


def test_streams_come_in_batches_without_gap_or_repetition(newsroom) -> None:
    amount = STREAM_BATCH + 30
    readings = [newsroom.reading(f"https://bladi.example/{i}", f"texte numéro {i}", title=f"Titre {i}") for i in range(amount)]
    assert {saved.outcome for saved in newsroom.save(*readings)} == {SaveOutcome.NEW}
    for narrow in (lambda q: q, lambda q: q.changed_after(0), lambda q: q.matching("titre")):
        urls = newsroom.ask(lambda q, narrow=narrow: [a.url for a in narrow(q).articles()])
        assert len(urls) == len(set(urls)) == amount


def test_incremental_readers_get_what_came_after_in_its_order(filled, texts) -> None:
    filled.save(filled.reading("https://bladi.example/b", texts(7), hours=1, on=DAY))
    filled.save(filled.reading("https://bladi.example/a", texts(8), hours=1, on=DAY))
    changed = filled.ask(lambda q: [(a.change, a.url[-1]) for a in q.changed_after(1).articles()])
    assert changed == [(2, "b"), (3, "a")]


def test_narrowing_leaves_the_query_it_started_from(filled) -> None:
    def ask(query) -> tuple[int, int]:
        narrowed = query.from_source("bladi")
        return query.count(), narrowed.count()

    assert filled.ask(ask) == (5, 2)


def test_a_copy_is_found_with_its_original(filled) -> None:
    [hit] = filled.ask(lambda q: q.matching("copié").hits())
    assert hit.article.duplicate_of_url == "https://le360.example/c"


# ---------------------------------------------------------------- snippets


def test_a_snippet_is_cut_around_most_matches() -> None:
    body = "début " * 100 + "une pêche, puis la PÊCHE et les pêches. " + "fin " * 200
    shown, matches = snippet(body, "fr", parse("peche"))
    assert [shown[start:end] for start, end in matches] == ["pêche", "PÊCHE", "pêches"]
    assert len(shown) <= MAX_LENGTH
    assert shown.startswith("…début")
    assert shown.endswith("fin…")


def test_a_snippet_without_a_match_is_the_beginning() -> None:
    assert snippet("Court.\n\nEt bref.", "fr", parse("absent")) == ("Court.  Et bref.", ())
    shown, matches = snippet("mot " * 500, "fr", None)
    assert (len(shown) <= MAX_LENGTH, shown.endswith("mot…"), matches) == (True, True, ())


def test_phrases_stems_and_arabic_are_shown() -> None:
    shown, matches = snippet("قال وزير الخارجية إن الانتخابات قريبة", "ar", parse('انتخاب "وزير الخارجية"'))
    assert [shown[start:end] for start, end in matches] == ["وزير الخارجية", "الانتخابات"]


def test_unspaced_matches_are_joined() -> None:
    shown, matches = snippet("東京で感染症対策の会議", "ja", parse("感染症"))
    assert [shown[start:end] for start, end in matches] == ["感染症"]


@given(st.text(st.sampled_from("aé \n感人'-.مل"), max_size=900), st.sampled_from(["a", "é*", "感人", '"a é"', "م"]))
def test_snippets_are_short_and_their_matches_lie_within(body, question) -> None:
    shown, matches = snippet(body, "fr", parse(question))
    assert len(shown) <= MAX_LENGTH
    last = 0
    for start, end in matches:
        assert last <= start < end <= len(shown)
        last = end
    assert shown.strip("…") in "".join(" " if c.isspace() else c for c in body)
