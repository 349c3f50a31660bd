"""Days of pages that state none for machines: other languages, figures of two meanings, names of the article's own parts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from db.readings import Article, PageToRead, PublicationDate, ReadingHints, Rejected
from pipeline.reading import process_page
from pipeline.steps.date_phrases import find_date, shows_month_first

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
DAY = date(2021, 6, 14)
TEXT = "".join(
    f"<p>The {who} say that the crossing now takes {n} minutes less, that the boat leaves on time in all weathers, and that the fare has "
    "not gone up since the spring, which nobody on either side of the water had thought possible.</p>"
    for n, who in enumerate(("walkers", "fishermen", "shopkeepers", "teachers", "cyclists"), 4)
)


def published(
    before: str = "", after: str = "", *, text: str = TEXT, outside: str = "", fetched_at: datetime = NOW
) -> PublicationDate | None:
    page = (
        f"<html lang='en'><head><title>The ferry is back</title></head><body>{outside}"
        f"<article>{before}<h1>The ferry is back</h1>{text}{after}</article></body></html>"
    )
    result = process_page(PageToRead("https://paper.example/news/the-ferry-is-back", page.encode(), (), fetched_at), ReadingHints())
    assert isinstance(result, Article), result
    return result.published


@pytest.mark.parametrize(
    "written",
    [
        "14 июня 2021, 13:43",
        "14 червня 2021",
        "14 czerwca 2021",
        "14. června 2021",
        "14. lipnja 2021.",
        "14 Haziran 2021",
        "2021. június 14.",
        "2021 m. birželio 14 d.",
        "2021. gada 14. jūnijs",
        "14 Ιουνίου 2021",
        "14 ביוני 2021",
        "14 جون 2021",
        "14 जून 2021",
        "Ngày 14 tháng 6 năm 2021",
        "14 มิถุนายน 2564",
        "2021年6月14日",
        "2021년 6월 14일",
        "2021 Jun 14",
        "14-Jun-21 10:30",
        "14 June '21",
        "( Riva, 14 Giugno 21 )",
    ],
)
def test_days_are_read_in_many_languages(written):
    phrase = find_date(written, zone=UTC, now=None)

    assert phrase
    assert phrase.on == DAY


@pytest.mark.parametrize("written", ["3 listopada 2020", "5 mars 18h30", "Posted June 12 20:30", "5 mars 18 heures"])
def test_a_month_of_two_languages_and_an_hour_after_a_month_give_no_day(written):
    assert find_date(written, zone=UTC, now=None) is None


def test_glued_dates_are_read_apart():
    assert find_date("Posted on June 14, 2021November 12, 2022", zone=UTC, now=None).on == DAY


def test_a_machine_readable_day_settles_which_figure_is_the_month():
    assert published(before="<div><time datetime='2021-03-01T12:00:00Z'>03/01/2021</time></div>").on == date(2021, 3, 1)


def test_a_machine_readable_day_that_the_figures_cannot_mean_does_not():
    assert published(before="<div><time datetime='2024-12-20'>03/01/2021</time></div>").on == date(2021, 1, 3)


def test_other_dates_of_the_page_tell_whether_the_month_comes_first():
    comment = "<div class='comments'><p>Well done! 12/25/2021</p></div>"

    assert published(before="<div class='date'>03/01/2021</div>", after=comment).on == date(2021, 3, 1)
    assert published(before="<div class='date'>03/01/2021</div>").on == date(2021, 1, 3)


@pytest.mark.parametrize(
    ("text", "first"), [("12/25/2021", True), ("25/12/2021", False), ("12/25/2021 25/12/2021", False), ("03/01/2021", False)]
)
def test_only_dates_of_one_reading_show_it(text, first):
    assert shows_month_first(text) is first


def test_of_two_readings_the_one_that_is_not_in_the_future_counts():
    at = datetime(2021, 3, 8, 9, 0, tzinfo=UTC)

    assert published(before="<div class='date'>03/07/2021</div>", fetched_at=at).on == date(2021, 3, 7)


def test_day_month_and_year_may_stand_in_an_element_each():
    day = "<div class='date'><span>Jun</span><span>14</span><span>2021</span></div>"

    assert published(before=day).on == DAY


def test_a_date_in_brackets_opens_the_first_paragraph():
    assert published(text=TEXT.replace("<p>The walkers", "<p>Port Quay, (14.06.2021). The walkers", 1)).on == DAY


@pytest.mark.parametrize("name", ["entry-footer", "article-template-footer-main"])
def test_the_footer_of_the_article_itself_states_its_day(name):
    assert published(after=f"<div class='{name}'><span class='post-date'>14 June 2021</span></div>").on == DAY


def test_a_date_in_the_link_to_another_article_is_not_taken():
    teaser = "<div><a href='/b'><h3>Another ferry, in another town, comes back as well, after nine years</h3><div class='date'>14 June 2021</div></a></div>"

    assert published(after=teaser) is None


def test_the_day_somebody_joined_is_not_that_of_the_article():
    assert published(before="<p>Registered: 14.06.2021</p>") is None
    assert published(before="<dl><dt>生年月日</dt><dd>1975年1月28日</dd></dl>") is None


@pytest.mark.parametrize("label", ["last edited:", "Обновлено", "Zuletzt geändert:", "Cập nhật:"])
def test_a_change_is_no_publication_in_any_language(label):
    assert published(after=f"<div class='date'>{label} <span class='odate'>14.06.2021</span></div>") is None


def test_the_banner_of_a_web_archive_tells_of_the_capture():
    banner = "<div id='wm-ipp-base'><div class='captures'><span>10 Nov 2013</span></div></div>"

    assert published(outside=banner) is None


def test_papers_of_learned_journals_state_their_day_for_citations():
    page = (
        "<html><head><title>Ferries</title><meta name='citation_publication_date' content='2021 Jun 14'></head>"
        f"<body><article><h1>Ferries</h1>{TEXT}</article></body></html>"
    )
    result = process_page(PageToRead("https://paper.example/ferries", page.encode(), (), NOW), ReadingHints())

    assert result.published.on == DAY


@pytest.mark.parametrize("address", ["autonews.php?newsid=648", "news/the-ferry-is-back/"])
@pytest.mark.parametrize(("day", "kind"), [("<p class='date'>14 June 2021</p>", Article), ("", Rejected)])
def test_a_short_article_among_many_teasers_is_one_if_its_headline_is_dated(day, kind, address):
    teasers = "".join(f"<div><h4><a href='/news/{n}'>Another boat, number {n}, leaves the old pier</a></h4></div>" for n in range(17))
    body = "The ferry tied up at the new pier for the first time on Monday.<br>The harbour master rang the bell himself.<br>" * 3
    page = (
        "<html><head><title>The ferry is back</title></head>"
        f"<body><div><h1>The ferry is back</h1>{day}<div>{body}</div></div>{teasers}</body></html>"
    )

    result = process_page(PageToRead(f"https://paper.example/{address}", page.encode(), (), NOW), ReadingHints())

    assert isinstance(result, kind)
