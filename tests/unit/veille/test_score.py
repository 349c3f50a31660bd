"""The demo's score: what is missing, doubled, foreign or wrong shows, and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.demo.articles import TruthArticle
from db.readings import StoredArticle
from db.vocabulary import ArticleStatus, Fate, Precision
from veille.score import score, word_f1

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TRUTH = TruthArticle(
    source="gazette",
    url="http://gazette.test/port,1.html",
    urls=("http://gazette.test/port,1.html", "http://gazette.test/ancien,1.html"),
    title="Le port s'agrandit",
    standfirst=None,
    paragraphs=("Les quais neufs ont ouvert.", "Les grues suivront."),
    published_on=date(2026, 1, 14),
    published_at=None,
    published_precision=Precision.DAY,
    modified_at=None,
    authors=("Nadia Berrada",),
    agency=None,
    contributors=(),
    section="Économie",
    tags=(),
    language="fr",
    edition=None,
    allowed=True,
    duplicate_of=None,
)


def stored(**changes: object) -> StoredArticle:
    article = StoredArticle(
        uid="u1", url=TRUTH.url, urls=TRUTH.urls, source="gazette", country=None, edition=None, title=TRUTH.title, standfirst=None,
        text=TRUTH.text, authors=TRUTH.authors, byline=TRUTH.authors, agency=None, publisher=None, contributors=(), section=None, tags=(), published_at=None,
        published_on=TRUTH.published_on, published_precision=Precision.DAY, published_from=None, modified_at=None, language="fr",
        language_confidence=1.0, languages=(("fr", 1.0),), image=None, translations=(), status=ArticleStatus.COMPLETE, fate=Fate.PRESENT, first_seen=NOON,
        last_seen=NOON, duplicate_of=None, duplicate_of_url=None, story=None, revision=1, change=1, reading_version=1,
    )  # fmt: skip
    return replace(article, **changes)


def test_a_perfect_database_passes():
    result = score([TRUTH], [stored()])
    assert result.passed
    assert (result.body_f1, result.whole, result.days, result.languages, result.titles, result.authors) == (1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("articles", "field", "address"),
    [
        ([], "missing", TRUTH.url),
        ([stored(), stored(uid="u2", url=TRUTH.urls[1], urls=(TRUTH.urls[1],))], "doubled", TRUTH.url),
        ([stored(), stored(uid="u2", url="http://gazette.test/contact", urls=("http://gazette.test/contact",))], "strangers",
         "http://gazette.test/contact"),
    ],
)  # fmt: skip
def test_what_is_missing_doubled_or_foreign_fails(articles, field, address):
    result = score([TRUTH], articles)
    assert getattr(result, field) == (address,)
    assert not result.passed


def test_an_article_that_has_vanished_since_is_no_stranger():
    result = score([], [stored()], earlier=[TRUTH])
    assert (result.strangers, result.missing, result.expected) == ((), (), 0)


def test_an_article_that_robots_forbids_is_a_stranger():
    result = score([replace(TRUTH, allowed=False)], [stored()])
    assert result.strangers == (TRUTH.url,)
    assert not result.passed


@pytest.mark.parametrize("change", [{"published_on": None}, {"published_on": date(2026, 1, 15)}, {"language": "und"}])
def test_a_wrong_day_or_language_fails_and_is_named(change):
    result = score([TRUTH], [stored(**change)])
    assert not result.passed
    assert TRUTH.url in result.wrong[0]


def test_a_lost_paragraph_fails():
    assert not score([TRUTH], [stored(text="Les quais neufs ont ouvert.")]).passed


@given(st.text(), st.text())
def test_word_f1_is_symmetric_and_between_nothing_and_all(left: str, right: str):
    assert word_f1(left, right) == word_f1(right, left)
    assert 0 <= word_f1(left, right) <= 1
    assert word_f1(left, left) == 1


def test_a_line_too_many_makes_a_body_no_whole_one():
    assert score([TRUTH], [stored(text="  " + TRUTH.text.replace("\n\n", "\n\n\n"))]).whole == 1
    assert score([TRUTH], [stored(text="Économie\n\n" + TRUTH.text)]).whole == 0
