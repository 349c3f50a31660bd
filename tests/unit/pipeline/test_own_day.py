"""Which of several days is the paper's own: those stated for machines, the one in the address, the one that readers are shown."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from db.readings import Article, PageToRead, PublicationDate, ReadingHints
from db.vocabulary import DateEvidence
from pipeline.reading import process_page
from pipeline.steps.url_day import day_in_url

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TEXT = "".join(
    f"<p>{n} boats were back in the harbour before the storm reached the mole, and the crews that had been counted twice went up to the "
    "chapel together, where the bells had not stopped since the morning and nobody had thought of closing the doors.</p>"
    for n in range(4, 9)
)
URL = "https://paper.example/news/all-boats-are-back"


def published(
    stated: str = "", under: str = "", *, head: str = "", above: str = "", after: str = "", url: str = URL, zone: str = ""
) -> PublicationDate:
    linked = {"@type": "NewsArticle", "headline": "All boats are back", "datePublished": stated}
    script = f"<script type='application/ld+json'>{json.dumps(linked)}</script>" if stated else ""
    page = (
        f"<html lang='en'><head><title>All boats are back</title>{script}{head}</head><body><main><article>{above}"
        f"<h1>All boats are back</h1>{under}{TEXT}</article>{after}</main></body></html>"
    )
    hints = ReadingHints(time_zone=zone) if zone else ReadingHints()
    result = process_page(PageToRead(url, page.encode(), (), NOW), hints)
    assert isinstance(result, Article), result
    assert result.published is not None
    return result.published


@pytest.mark.parametrize(
    ("stated", "line", "own"),
    [
        ("2023-11-09T02:11:03Z", "November 8, 2023", date(2023, 11, 8)),
        ("2023-11-09T06:35:29+00:00", "Posted: Nov 8, 2023 / 10:35 PM PST", date(2023, 11, 8)),
        ("2019-10-18T22:04:00Z", "19. Oktober 2019 00:04 Uhr", date(2019, 10, 19)),
        ("2023-11-08T23:30:00Z", "9 نوفمبر 2023", date(2023, 11, 9)),
    ],
)
def test_an_instant_in_utc_is_of_the_day_that_readers_are_shown(stated, line, own):
    found = published(stated, f"<p>{line}</p>")
    assert (found.on, found.evidence) == (own, DateEvidence.JSON_LD)
    assert found.at == datetime.fromisoformat(stated).astimezone(UTC)


@pytest.mark.parametrize(
    ("stated", "line"),
    [
        ("2023-11-09T09:00:00Z", "November 10, 2023"),  # nowhere on Earth was it the tenth yet
        ("2023-11-09T06:35:29Z", "10 November 2023, 18:00"),
        ("2023-11-09T06:35:29Z", "2 days ago"),
        ("2023-11-09", "November 2023"),
        ("2023-11-09T06:35:29Z", "Updated: 12 November 2023"),
    ],
)
def test_a_stated_day_stays_where_the_line_is_a_later_or_a_vaguer_one(stated, line):
    assert published(stated, f"<p>{line}</p>").on == date(2023, 11, 9)


def test_the_sources_own_zone_needs_no_line():
    assert published("2023-11-08T23:30:00Z", zone="Africa/Algiers").on == date(2023, 11, 9)


def test_a_day_stated_later_than_the_one_shown_is_that_of_a_new_version():
    found = published("2024-08-07T12:01:51Z", "<p>7 min read · Dec 30, 2013</p>")
    assert (found.on, found.evidence) == (date(2013, 12, 30), DateEvidence.HEADLINE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"under": "<blockquote><p>— The harbour (@harbour) November 1, 2023</p></blockquote>"},
        {"under": f"<p>{'The storm came late. ' * 7}</p><p>November 1, 2023</p>"},
        {"after": "<div><p>November 1, 2023</p></div>"},
        {"under": f"<p>Rabat, 1 November 2023 (MAP) - {'The storm came late. ' * 12}</p>"},
        {"under": "<p><a href='/other'>November 1, 2023</a></p>"},
    ],
)
def test_an_earlier_day_that_does_not_stand_by_the_headline_is_anothers(elsewhere):
    assert published("2023-11-03T11:04:22Z", **elsewhere).on == date(2023, 11, 3)


def test_of_two_stated_days_the_one_that_is_shown_counts():
    meta = "<meta property='article:published_time' content='2023-11-06T14:25:00+00:00'>"
    assert published("2023-11-03T10:25:56+00:00", head=meta).on == date(2023, 11, 3)
    assert published("2023-11-03T10:25:56+00:00", "<p>6. November 2023, 15:25 Uhr</p>", head=meta).on == date(2023, 11, 6)


def test_a_shown_day_that_may_mean_the_stated_one_settles_nothing():
    meta = "<meta property='article:published_time' content='2024-04-03T10:00:00Z'>"
    assert published("2024-03-04T10:00:00Z", "<p>03/04/2024</p>", head=meta).on == date(2024, 3, 4)


def test_a_statement_of_the_same_instant_keeps_its_zone():
    meta = "<meta name='sailthru.date' content='2023-11-08 22:35:29'>"
    found = published("2023-11-09T06:35:29+00:00", "<p>Nov 8, 2023 / 10:35 PM PST</p>", head=meta)
    assert (found.on, found.at) == (date(2023, 11, 8), datetime(2023, 11, 9, 6, 35, 29, tzinfo=UTC))


def test_what_no_reader_sees_settles_nothing():
    assert published("2023-11-09", "<time datetime='2023-01-03'>x</time>").on == date(2023, 11, 9)


@pytest.mark.parametrize("place", [{"under": "<p>Published March 9, 2026</p>"}, {"after": "<footer>Erstellt am: 09.03.2026</footer>"}])
def test_stated_figures_that_may_mean_two_days_mean_the_one_the_page_writes(place):
    found = published(head="<meta name='date' content='03/09/2026'>", **place)
    assert (found.on, found.evidence) == (date(2026, 3, 9), DateEvidence.META)


def test_stated_figures_with_nothing_beside_them_have_the_day_first():
    assert published(head="<meta name='date' content='03/09/2026'>").on == date(2026, 9, 3)


def test_an_earlier_day_in_the_folders_of_the_address_is_the_first_one():
    found = published("2019-06-17T16:28:00Z", url="https://paper.example/home/2017/7/12/all-boats")
    assert (found.on, found.evidence, found.at) == (date(2017, 7, 12), DateEvidence.URL, None)
    assert published("2019-06-17T16:28:00Z", url="https://paper.example/report-on-2019-02-03").on == date(2019, 6, 17)
    assert published("2019-06-17T16:28:00Z", url="https://paper.example/2026/12/31/all-boats").on == date(2019, 6, 17)


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://paper.example/2023/10/31/three-questions", date(2023, 10, 31)),
        ("https://paper.example/2023/10/3/questions", date(2023, 10, 3)),
        ("https://paper.example/2023/10/3-questions-to-ada", None),
        ("https://paper.example/2023/10/12-tips", None),
        ("https://paper.example/2023/10/12.html", date(2023, 10, 12)),
        ("https://paper.example/news/20231012.html", date(2023, 10, 12)),
        ("https://paper.example/art4874,20760403", None),
        ("https://paper.example/item-19120101", None),
        ("https://paper.example/2023-10-12-tips", date(2023, 10, 12)),
        ("https://paper.example/le-12-10-2023-a-fes", date(2023, 10, 12)),
        ("https://paper.example/2023/02/31/x", None),
        ("https://paper.example/a?d=2023/10/12/", None),
    ],
)
def test_the_day_an_address_holds(url, day):
    assert day_in_url(url) == day


def test_reviews_and_comments_are_not_the_article():
    recipe = {
        "@type": "Recipe",
        "datePublished": "2006-10-10",
        "reviews": [
            {"@type": "Review", "reviewBody": "Good.", "datePublished": "2020-04-12", "author": {"@type": "Person", "name": "Rim"}}
        ],
    }
    assert published(head=f"<script type='application/ld+json'>{json.dumps(recipe)}</script>").on == date(2006, 10, 10)
    products = {"@type": "Product", "review": {"@type": "Review", "headline": "All boats", "datePublished": "2021-02-03"}}
    assert published(head=f"<script type='application/ld+json'>{json.dumps(products)}</script>").on == date(2021, 2, 3)


@pytest.mark.parametrize(
    "comment",
    [
        "<div class='comments'><time pubdate datetime='2019-09-22T07:30:29Z'>22 September</time></div>",
        "<a href='/other'><p>What the other harbours say of the storm and its boats, in short</p><time pubdate datetime='2019-09-22'>x</time></a>",
    ],
)
def test_marked_days_of_comments_and_teasers_are_not_the_articles(comment):
    assert published(under="<p>28 June 2019</p>", after=comment).on == date(2019, 6, 28)


@pytest.mark.parametrize(
    "under",
    [
        "<div class='teaser-small__metadata'><p class='byline__author'>By <a href='/ada'>ADA QUAY</a> on 21 April 2020</p></div>",
        "<table><tr><td>21 | 04 | 2020 </td><td>Harbour</td></tr></table>",
    ],
)
def test_odd_datelines_right_below_the_headline(under):
    assert published(under=under).on == date(2020, 4, 21)


def test_a_headline_that_is_never_closed_is_its_first_words():
    page = (
        "<html><head><title>All boats are back – The Mole</title></head><body><div><h1 class='entry-title'>All boats are back"
        f"<h4 class='author'>By <a href='/ada'>Ada Quay</a> on <time>23 February 2020</time></h4></div>{TEXT}"
        "<h1>All boats are back</h1><p>Sing it with us on Sunday.</p></body></html>"
    )
    result = process_page(PageToRead(URL, page.encode(), (), NOW), ReadingHints())
    assert isinstance(result, Article)
    assert result.title == "All boats are back"
    assert result.published is not None
    assert result.published.on == date(2020, 2, 23)
