"""Articles on several pages in the store: joined in order, each line once, whatever comes first, on both databases."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import parts
from db.readings import Part
from db.vocabulary import ArticleStatus, SaveOutcome

NEW, REVISED, SAME, PART, SUSPECT, COPY = map(SaveOutcome, ("new", "revised", "same", "part", "suspect", "copy"))
FIRST = "https://bladi.example/port"
LAST = 3


def address(number: int) -> str:
    return FIRST if number == 1 else f"{FIRST}?page={number}"


def place(number: int, last: int = LAST) -> Part:
    return Part(number, FIRST if number > 1 else None, address(number + 1) if number < last else None)


@pytest.fixture
def page(newsroom, texts):
    """`page(2)`: the second page of the article, fetched one hour after the first unless `hours` says otherwise."""

    def make(number: int, text: str | None = None, *, last: int = LAST, hours: float | None = None, **fields):
        part = fields.pop("part", place(number, last))
        at = float(number) if hours is None else hours
        words = texts(number) if text is None else text
        return newsroom.reading(address(number), words, hours=at, part=part, title=f"Le port, {number}", **fields)

    return make


def whole(texts) -> str:
    return "\n\n".join(texts(number) for number in range(1, LAST + 1))


def test_torture_74_all_pages_of_an_article_stand_once_and_in_order(newsroom, texts, page) -> None:
    assert newsroom.outcome(page(1)) == [NEW]
    assert newsroom.article(FIRST).status is ArticleStatus.PARTIAL
    assert newsroom.outcome(page(2)) == [PART]
    assert newsroom.article(FIRST).status is ArticleStatus.PARTIAL
    assert newsroom.outcome(page(3)) == [PART]
    [kept] = newsroom.all()
    assert (kept.text, kept.title, kept.status, kept.url) == (whole(texts), "Le port, 1", ArticleStatus.COMPLETE, FIRST)
    assert kept.urls == (FIRST, address(2), address(3))
    assert len(newsroom.revisions(FIRST)) == 1, "its publisher revised nothing"


@pytest.mark.parametrize("order", list(permutations(range(1, LAST + 1))), ids=str)
@pytest.mark.parametrize("together", [True, False])
def test_torture_74_the_order_in_which_pages_are_read_does_not_matter(newsroom, texts, page, order, together) -> None:
    readings = [page(number, hours=float(at)) for at, number in enumerate(order)]
    if together:
        newsroom.save(*readings)
    else:
        for reading in readings:
            newsroom.save(reading)
    [kept] = newsroom.all()
    assert (kept.text, kept.title, kept.status, kept.url) == (whole(texts), "Le port, 1", ArticleStatus.COMPLETE, FIRST)
    assert {address(number) for number in order} == set(kept.urls)


def test_the_words_of_every_page_are_found(newsroom, texts, page) -> None:
    newsroom.save(page(1), page(2, texts(2) + " Rhinocéros."), page(3))
    assert [hit.article.url for hit in newsroom.ask(lambda query: list(query.matching("rhinocéros").hits(10)))] == [FIRST]


def test_what_every_page_repeats_stands_once(newsroom, texts, page) -> None:
    lead, foot = "Le port s'agrandit, dit le ministre.", "Rachid Amrani est journaliste."
    newsroom.save(*(page(number, f"{lead}\n\n{texts(number)}\n\n{foot}") for number in (1, 2, 3)))
    assert newsroom.article(FIRST).text == f"{lead}\n\n{whole(texts)}\n\n{foot}"


def test_what_two_pages_say_by_chance_is_said_twice(newsroom, texts, page) -> None:
    said = [f"— Oui.\n\n{texts(number)}\n\n— Et alors ?" for number in (1, 2, 3)]
    newsroom.save(*(page(number, said[number - 1]) for number in (1, 2, 3)))
    assert newsroom.article(FIRST).text == "\n\n".join(said)


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))), ids=str)
@pytest.mark.parametrize("times", [1, 2])
def test_columns_that_follow_each_other_are_articles_of_their_own(newsroom, texts, order, times) -> None:
    """Three editorials, whose addresses and links differ by the number alone, but not their days."""
    first = "https://bladi.example/editorial"
    numbered = {n: first if n == 1 else f"{first}-{n}" for n in (1, 2, 3)}
    for hours, n in enumerate(order * times):
        part = Part(n, first if n > 1 else None, numbered.get(n + 1))
        reading = newsroom.reading(numbered[n], texts(n), hours=hours, on=date(2024, 3, n), part=part)
        assert newsroom.outcome(reading) == [NEW if hours < len(order) else SAME]
    kept = {article.url: (article.text, article.status) for article in newsroom.all()}
    assert kept == {url: (texts(n), ArticleStatus.COMPLETE) for n, url in numbered.items()}


def test_a_page_known_to_be_one_stays_so_when_the_article_is_given_another_day(newsroom, texts, page) -> None:
    newsroom.save(*(page(number, on=date(2024, 3, 1)) for number in (1, 2, 3)))
    assert newsroom.outcome(page(1, on=date(2024, 3, 4), hours=9)) == [REVISED]
    assert newsroom.outcome(page(2, on=date(2024, 3, 1), hours=10)) == [SAME]
    assert newsroom.article(FIRST).text == whole(texts)


def test_other_bytes_with_the_same_words_alter_nothing_but_what_the_article_rests_on(newsroom, texts, page) -> None:
    newsroom.save(page(1), page(2), page(3))
    before = newsroom.article(FIRST)
    again = [page(number, hours=9 + number) for number in (1, 2, 3)]
    assert newsroom.outcome(*again) == [SAME, SAME, SAME]
    assert newsroom.article(FIRST).change == before.change
    [revision] = newsroom.revisions(FIRST)
    assert [piece["page_id"] for piece in revision["parts"]] == [reading.page.id for reading in again]


def test_a_page_that_shows_the_first_again_ends_the_article(newsroom, texts, page) -> None:
    newsroom.save(page(1, last=9))
    assert newsroom.outcome(page(2, texts(1), last=9)) == [COPY]
    kept = newsroom.article(FIRST)
    assert (kept.text, kept.status) == (texts(1), ArticleStatus.COMPLETE)
    assert newsroom.outcome(page(1, last=9, hours=5)) == [SAME]
    assert newsroom.article(FIRST).status is ArticleStatus.COMPLETE, "what was found out stays known"


def test_a_page_read_again_changes_its_own_share(newsroom, texts, page) -> None:
    newsroom.save(page(1), page(2), page(3))
    assert newsroom.outcome(page(2, hours=9)) == [SAME]
    assert newsroom.outcome(page(2, texts(2) + " Un mot de plus.", hours=10)) == [PART]
    assert newsroom.outcome(page(1, texts(1) + " Un autre.", hours=11)) == [REVISED]
    assert newsroom.article(FIRST).text == "\n\n".join((texts(1) + " Un autre.", texts(2) + " Un mot de plus.", texts(3)))
    assert [revision["n"] for revision in newsroom.revisions(FIRST)] == [1, 2, 3]


def test_an_older_page_read_late_changes_nothing(newsroom, texts, page) -> None:
    newsroom.save(page(1), page(2), page(3))
    assert newsroom.outcome(page(2, texts(8), hours=-5)) == [SAME]
    assert newsroom.article(FIRST).text == whole(texts)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_torture_76_a_page_that_lost_its_text_is_kept_aside(newsroom, texts, page, number) -> None:
    newsroom.save(page(1), page(2), page(3))
    assert newsroom.outcome(page(number, "Presque rien.", hours=9)) == [SUSPECT]
    assert newsroom.article(FIRST).text == whole(texts)


def test_a_page_that_answers_with_the_first_by_now_is_kept_aside(newsroom, texts, page) -> None:
    newsroom.save(page(1), page(2), page(3))
    assert newsroom.outcome(page(3, texts(1), hours=9)) == [SUSPECT]
    assert newsroom.article(FIRST).text == whole(texts)


def test_pages_stay_when_only_the_link_to_them_is_missing(newsroom, texts, page) -> None:
    newsroom.save(page(1), page(2), page(3))
    assert newsroom.outcome(page(1, part=Part(), hours=9)) == [SAME]
    assert newsroom.outcome(page(2, part=Part(2, FIRST), hours=9)) == [SAME]
    kept = newsroom.article(FIRST)
    assert (kept.text, kept.status) == (whole(texts), ArticleStatus.COMPLETE)


def test_an_article_put_on_one_page_later_is_not_doubled(newsroom, texts, page) -> None:
    newsroom.save(page(1), page(2), page(3))
    merged = whole(texts) + " Un mot de plus."
    assert newsroom.outcome(page(1, merged, part=Part(), hours=9)) == [REVISED]
    kept = newsroom.article(FIRST)
    assert (kept.text, kept.status) == (merged, ArticleStatus.COMPLETE)
    assert newsroom.revisions(FIRST)[-1]["parts"] == []


def test_a_missing_page_leaves_the_article_partial(newsroom, texts, page) -> None:
    newsroom.save(page(1), page(3))
    kept = newsroom.article(FIRST)
    assert (kept.text, kept.status) == (f"{texts(1)}\n\n{texts(3)}", ArticleStatus.PARTIAL)


def test_pages_of_a_paywalled_article_stay_so(newsroom, texts, page) -> None:
    newsroom.save(*(page(number, status=ArticleStatus.PAYWALLED) for number in (1, 2, 3)))
    assert newsroom.article(FIRST).status is ArticleStatus.PAYWALLED


def test_an_article_known_from_its_first_page_alone_gains_the_others(newsroom, texts, page) -> None:
    newsroom.save(page(1, part=Part()))
    assert newsroom.outcome(page(2)) == [PART]
    assert newsroom.outcome(page(1, hours=5)) == [SAME]
    assert newsroom.outcome(page(3, hours=6)) == [PART]
    assert newsroom.article(FIRST).text == whole(texts)


def test_the_same_number_of_another_article_is_no_page_of_it(newsroom, texts, page) -> None:
    newsroom.save(page(1, last=1), newsroom.reading("https://bladi.example/port-2", texts(5)))
    assert len(newsroom.all()) == 2


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=4), min_size=1, max_size=5))
def test_each_line_of_the_middle_stays(pages: list[list[str]]) -> None:
    own = [[f"{number}{line}" for line in lines] for number, lines in enumerate(pages)]
    head, foot = "Le port de la ville s'agrandit.", "Rachid Amrani est journaliste."
    joined = parts._each_once([[head, *lines, foot] for lines in own])
    assert [line for lines in joined for line in lines] == [head, *(line for lines in own for line in lines), foot]
