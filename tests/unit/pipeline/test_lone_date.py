"""Days far from the headline: in the article's own header, footer and asides, labelled in words, or standing alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from db.readings import Article, PageToRead, PublicationDate, ReadingHints
from db.vocabulary import DateEvidence
from pipeline.reading import process_page

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
DAY = date(2021, 6, 14)
LEAD = (
    "<p>The ferry tied up at the new pier for the first time on a grey morning, with forty walkers and two lorries of apples aboard, and the "
    "harbour master, who had waited nine years for it, rang the bell himself before anybody could stop him.</p>"
)
TEXT = LEAD + "".join(
    f"<p>The {who} say that the crossing now takes {n} minutes less, that the boat leaves on time in all weathers, and that the fare has "
    "not gone up since the spring, which nobody on either side of the water had thought possible.</p>"
    for n, who in enumerate(("fishermen", "shopkeepers", "teachers", "cyclists"), 4)
)


def published(before: str = "", after: str = "", *, article: str = "article", outside: str = "", head: str = "") -> PublicationDate | None:
    page = (
        f"<html lang='en'><head><title>The ferry is back</title>{head}</head><body>{outside}"
        f"<{article}>{before}<h1>The ferry is back</h1>{TEXT}{after}</{article}></body></html>"
    )
    result = process_page(PageToRead("https://paper.example/news/the-ferry-is-back", page.encode(), (), NOW), ReadingHints())
    assert isinstance(result, Article), result
    return result.published


@pytest.mark.parametrize(
    "place",
    [
        "<header><div class='when date'>14 June 2021</div></header>",
        "<footer><span class='post-created'>14.06.21</span> / <span>0 comments</span></footer>",
        "<aside><ul><li>Transport</li><li class='meta-date'>14.06.2021</li><li>4 minutes</li></ul></aside>",
        "<aside><dl><dt>Datum</dt><dd>14.06.2021</dd><dt>Rubrik</dt><dd>Verkehr</dd></dl></aside>",
        "<div class='facts'><h5>Date: </h5>14 June 2021 <h5>Author:</h5> Ada Quay</div>",
        "<ul><li><p>Mise en ligne</p><p>14 juin 2021</p></li><li><p>Durée</p><p>12 minutes</p></li></ul>",
        "<div><div><span>تاريخ النشر</span> <span>14 يونيو 2021</span></div></div>",
        "<div><span>Posted on</span> <span>Jun 14, 2021</span></div>",
        "<div><small>June 14, 2021</small></div>",
        "<p><span>14.06.2021</span><span>·</span><span>6 min read</span></p>",
        "<p>This entry was posted on Monday, June 14th, 2021 at 7:05 pm and is filed under Transport, Harbour and Weather.</p>",
        "<div class='post-footer'>Dieser Artikel wurde am 14. Juni 2021 um 14:48 von Ada geschrieben und unter Verkehr abgelegt.</div>",
        "<h4>By Ada on <time class='date updated published' datetime='2021-06-14T10:07:02+00:00'>14 June 2021</time></h4>",
        "<p><time property='datePublished' datetime='2021-06-14T10:07:02+00:00'>14 June 2021</time></p>",
    ],
)
def test_the_day_of_the_article_is_found_far_from_its_headline(place):
    found = published(after=place)
    assert found is not None
    assert found.on == DAY


def test_an_article_whose_headline_stands_outside_of_it():
    body = f"<h1>The ferry is back</h1><article>{TEXT}<footer><span class='post-created'>14.06.21</span></footer></article>"
    page = f"<html lang='de'><head><title>The ferry is back</title></head><body><div>{body}</div></body></html>"
    found = process_page(PageToRead("https://paper.example/news/the-ferry-is-back", page.encode(), (), NOW), ReadingHints())
    assert isinstance(found, Article)
    assert found.published is not None
    assert (found.published.on, found.published.evidence) == (DAY, DateEvidence.PAGE)


@pytest.mark.parametrize(
    "place",
    [
        "<div><span>14 June 2021</span></div><div><span>2 May 2020</span></div>",
        "<div><a href='/other'><span>Another boat</span> <span>14 June 2021</span></a></div>",
        "<table><tr><td><span>14 June 2021</span></td></tr></table>",
        "<h3>14 June 2021</h3><p>It rained.</p>",
        "<p><strong>14 June 2021</strong></p>",
        "<div><span>June 2021</span></div>",
        "<div><span>Last updated on</span> <span>14 June 2021</span></div>",
        "<p>Page last modified <span><time datetime='2021-06-14T13:39:16Z'>14 June 2021</time></span></p>",
        "<p><time class='updated' datetime='2021-06-14T13:39:16Z'>14 June 2021</time></p>",
        "<div><span>5 November 2026</span></div>",
        "<div class='comments'><div><span>Posted on</span> <span>14 June 2021</span></div></div>",
        "<div class='related'><span>14 June 2021</span></div>",
        "<div><span>Release date</span> <span>14 June 2021</span></div>",
        "<div><span>The old pier closed on 14 June 2021 after the storm</span></div>",
        f"<aside><h3>More</h3><p class='date'>14 June 2021</p>{LEAD}</aside>",
    ],
)
def test_a_day_of_something_else_is_not_taken(place):
    assert published(after=place) is None


@pytest.mark.parametrize("frame", ["footer", "aside"])
def test_the_frame_of_the_page_is_no_place_for_it(frame):
    assert published(outside=f"<{frame}><p class='date'>14 June 2021</p></{frame}>") is None


def test_of_two_times_the_one_of_the_change_is_left_out():
    times = (
        "<p>Posted on <a href='/x'><time class='entry-date published' datetime='2021-06-14T09:30:10+00:00'>14 June 2021</time>"
        "<time class='updated' datetime='2021-06-13T23:00:55+00:00'>13 June 2021</time></a></p>"
    )
    found = published(before=times)
    assert found is not None
    assert found.on == DAY


def test_tags_in_the_line_of_the_day_do_not_make_it_a_sentence():
    tags = "".join(f" | <a href='/t/{tag}'>{tag}</a>" for tag in ("harbour", "boats", "winter", "weather", "apples", "walkers"))
    under = f"<p>Essay - Published: 2021.06.14{tags}</p>"
    page = f"<html lang='en'><head><title>The ferry is back</title></head><body><div><h1>The ferry is back</h1>{under}{TEXT}</div></body>"
    found = process_page(PageToRead("https://paper.example/news/the-ferry-is-back", page.encode(), (), NOW), ReadingHints())
    assert isinstance(found, Article)
    assert found.published is not None
    assert (found.published.on, found.published.evidence) == (DAY, DateEvidence.HEADLINE)


def test_a_page_of_nothing_but_nested_boxes_is_searched_in_time():
    deep = "<div>" * 200 + "<span>14 June 2021</span>" + "</div>" * 200
    found = published(after=deep * 40 + "<div><span>2 May 2020</span></div>")
    assert found is None


def test_a_labelled_day_counts_even_where_the_page_calls_the_place_its_frame():
    place = "<div class='podcast__sidebar'><ul><li><p>Mise en ligne</p><p>14 juin 2021</p></li><li><p>Durée</p><p>12 minutes</p></li></ul></div>"
    found = published(after=place)
    assert found is not None
    assert found.on == DAY


@pytest.mark.parametrize(
    "place",
    [
        "<div class='sidebar'><p>Posted on 14 June 2021</p><p>Posted on 15 June 2021</p></div>",
        "<div class='sidebar'><p>14 June 2021</p></div>",
        "<div class='comments'><p>Posted on 14 June 2021</p></div>",
    ],
)
def test_days_in_the_frame_are_not_taken_without_a_label_or_if_there_are_several(place):
    assert published(after=place) is None


def test_a_first_of_january_in_an_attribute_is_a_default():
    assert published(after="<div><meta itemprop='dateCreated' content='01/01/2004'></div>") is None
