"""Days that stand neither in statements nor by the headline, each with the trap that looks like it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from db.readings import Article, PageToRead, PublicationDate, ReadingHints
from db.vocabulary import DateEvidence, Precision
from pipeline.reading import process_page
from pipeline.steps.structured import gather
from pipeline.steps.tree import parse

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
DAY = date(2021, 6, 14)
URL = "https://paper.example/news/the-ferry-is-back"
LEAD = (
    "<p>The ferry tied up at the new pier for the first time on a grey morning, with forty walkers and two lorries of apples aboard, and the "
    "harbour master, who had waited nine years for it, rang the bell himself before anybody could stop him.</p>"
)
TEXT = LEAD + "".join(
    f"<p>The {who} say that the crossing now takes {n} minutes less, that the boat leaves on time in all weathers, and that the fare has "
    "not gone up since the spring, which nobody on either side of the water had thought possible.</p>"
    for n, who in enumerate(("fishermen", "shopkeepers", "teachers", "cyclists"), 4)
)


def published(
    before: str = "",
    under: str = "",
    after: str = "",
    *,
    head: str = "",
    text: str = TEXT,
    url: str = URL,
    lang: str = "en",
    zone: str = "UTC",
) -> PublicationDate | None:
    page = (
        f"<html lang='{lang}'><head><title>The ferry is back</title>{head}</head><body>{before}"
        f"<article><h1>The ferry is back</h1>{under}{text}</article>{after}</body></html>"
    )
    result = process_page(PageToRead(url, page.encode(), (), NOW), ReadingHints(time_zone=zone))
    assert isinstance(result, Article), result
    return result.published


def day(*places: str, **more: str) -> date | None:
    found = published(*places, **more)
    return found.on if found and found.precision not in {Precision.MONTH, Precision.YEAR} else None


# Links to the page itself

CARD = "<a href='{}'><div><div class='when'>14.06.2021</div><h2>The ferry is back</h2><p>After nine years, a boat again.</p></div></a>"


@pytest.mark.parametrize("href", ["/news/the-ferry-is-back", URL, "https://www.paper.example/news/the-ferry-is-back/"])
def test_the_pages_own_card_among_the_newest_holds_its_day(href):
    others = "<a href='/news/boats'><div><div class='when'>12.06.2021</div><h2>Boats for all</h2><p>More of them.</p></div></a>"
    assert day("", "", f"<div class='list'>{others}{CARD.format(href)}</div>") == DAY


@pytest.mark.parametrize(
    "href", ["/news/other", URL + "#comment-3", URL + "?page=2", "https://other.example/news/the-ferry-is-back", "//["]
)
def test_a_link_to_another_page_or_place_does_not(href):
    others = "<a href='/news/boats'><div><div class='when'>12.06.2021</div><h2>Boats for all</h2><p>More of them.</p></div></a>"
    assert day("", "", f"<div class='list'>{others}{CARD.format(href)}</div>") is None


def test_a_permanent_link_holds_the_instant():
    link = f"<p class='posted-by'>At <a href='{URL}' rel='bookmark'><abbr title='2021-06-14T18:05:00+02:00'>18:05</abbr></a></p>"
    assert published("", "", link).at == datetime(2021, 6, 14, 16, 5, tzinfo=UTC)


def test_own_links_of_several_days_prove_nothing():
    links = "".join(f"<p>A reader, <a href='{URL}'>{n} June 2021</a></p>" for n in (14, 15))
    assert day("", "", links) is None


# First publication


@pytest.mark.parametrize(
    "sentence",
    [
        "This article was originally published on 14 June 2021 at 4:12pm but has been regularly updated.",
        "Originally published on June 14, 2021.",
        "This story was first published on Monday, 14 June 2021, and updated since.",
        "Dieser Artikel wurde ursprünglich am 14. Juni 2021 veröffentlicht.",
        "Cet article a été initialement publié le 14 juin 2021.",
        "Publicado originalmente el 14 de junio de 2021",
    ],
)
def test_a_sentence_of_first_publication_outdoes_the_day_by_the_headline(sentence):
    assert day("", "<p class='date'>3 May 2024</p>", f"<p><em>{sentence}</em></p>") == DAY


@pytest.mark.parametrize(
    "sentence",
    [
        "This article was originally published on 14 June 2021 in The Harbour Gazette.",
        "Originally published on June 14, 2021 by The Harbour Gazette.",
        "This article was originally published on The Harbour Gazette.",
        "The ferry book was originally published on 14 June 2021.",
    ],
)
def test_what_another_paper_published_first_does_not(sentence):
    assert day("", "<p class='date'>3 May 2024</p>", f"<p>{sentence}</p>") == date(2024, 5, 3)


# Datelines


@pytest.mark.parametrize(
    "opening",
    [
        "CASABLANCA, 14 juin 2021 – ",
        "Rabat, le 14 juin 2021 (MAP) - ",
        "NEW YORK, June 14, 2021 /Wire/ -- ",
        "SAN FRANCISCO and NEW YORK, June 14, 2021 (GLOBE) -- ",
        "Berlin, 14.06.2021: ",
        "Lisboa, 14 de junho de 2021 - ",
        "Madrid – 14 junio 2021 – ",
        "14.06.2021 „",
    ],
)
@pytest.mark.parametrize("between", ["", "".join(f"<p>Share on {n}</p>" for n in "ABCDEFGHIJKLMNOP")])
def test_a_dateline_opens_the_text_however_far_from_the_headline(opening, between):
    assert day("", between, text=TEXT.replace("<p>The ferry", f"<p>{opening}The ferry", 1)) == DAY


@pytest.mark.parametrize(
    "opening", ["On 14 June 2021 the old ferry sank. ", "Since 14 June 2021, nobody crossed: ", "The law of 14 June 2021 - "]
)
def test_a_sentence_with_a_day_is_no_dateline(opening):
    assert day(text=TEXT.replace("<p>The ferry", f"<p>{opening}The ferry", 1)) is None


def test_the_dateline_of_a_comment_is_its_own():
    comment = f"<div class='comments'>{LEAD.replace('<p>', '<p>Rabat, 14 June 2021 - ')}</div>"
    assert day("", "", comment) is None


# Addresses with a month


def test_the_only_day_of_the_month_in_the_address():
    body = f"<fieldset><legend>Boats</legend> 14 June 2021 <div>{TEXT}</div></fieldset><p>Photo of 3 May 2019</p>"
    assert day(text=body, url="https://paper.example/2021/06/the-ferry-is-back") == DAY


def test_a_sentence_may_tell_it_if_it_is_about_the_posting():
    said = "<p>The ferry is back wurde am 14. Juni 2021 um 23:03 Uhr gepostet und unter Boote abgelegt.</p>"
    assert day("", "", said, url="https://paper.example/2021/06/the-ferry-is-back") == DAY
    assert day("", "", said.replace("gepostet", "gesehen"), url="https://paper.example/2021/06/the-ferry-is-back") is None
    assert day("", "", said) is None


def test_of_two_days_of_the_month_none_is_taken():
    found = published("", "", "<ul><li>3 June 2021</li><li>14 June 2021</li></ul>", url="https://paper.example/2021/06/the-ferry-is-back")
    assert (found.on, found.precision) == (date(2021, 6, 1), Precision.MONTH)


# Images

IMAGE = "<img src='/wp-content/uploads/{}/boat.jpg' alt=''>"


@pytest.mark.parametrize(
    ("months", "found"),
    [
        (("2021/03",), date(2021, 3, 2)),
        (("2021/02",), date(2021, 2, 3)),
        ((), date(2021, 3, 2)),
        (("2021/02", "2021/03"), date(2021, 3, 2)),
    ],
)
def test_the_months_of_images_tell_which_figure_is_the_month(months, found):
    assert day("", f"<div class='date'>02/03/2021</div>{''.join(map(IMAGE.format, months))}") == found


def test_figures_that_can_be_read_in_one_way_only_tell_it_better():
    assert day("", f"<div class='date'>02/03/2021</div>{IMAGE.format('2021/02')}", "<p>Seen: 25/02/2021</p>") == date(2021, 3, 2)


def test_images_date_nothing_by_themselves():
    assert day(under=IMAGE.format("2021/06"), head="<meta property='og:image' content='/uploads/2021/06/boat.jpg'>") is None


# Days without a year


@pytest.mark.parametrize(
    "written", ["14 June, 18:05", "Monday 14 June", "June 14", "14. Juni, 18.05 Uhr", "14 juin à 18h05", "6月14日 18:05"]
)
@pytest.mark.parametrize(
    "knows",
    [{"url": "https://paper.example/2021/the-ferry-is-back"}, {"head": "<meta property='og:image' content='/uploads/2021/06/boat.jpg'>"}],
)
def test_a_day_without_its_year_takes_it_from_the_address_or_the_images(written, knows):
    found = published(under=f"<p>{written}</p>", **knows)
    assert found is not None
    assert (found.on, found.evidence, found.at is not None) == (DAY, DateEvidence.HEADLINE, "18" in written)


@pytest.mark.parametrize(
    "place",
    [
        {"under": "<p>14 June, 18:05</p>"},
        {"under": "<p>14 June, 18:05</p>", "after": "<footer>© 2021 The Paper</footer>"},
        {"under": "<p>14 June, 18:05</p><img src='/uploads/2021/05/boat.jpg'>"},
        {"under": "<p>14 June, 18:05</p><img src='/uploads/2021/06/a.jpg'><img src='/uploads/2020/06/b.jpg'>"},
        {"under": "<p>Updated 14 June, 18:05</p>", "url": "https://paper.example/2021/the-ferry-is-back"},
        {"under": "<p>The boat sailed on 14 June to the islands and back</p>", "url": "https://paper.example/2021/the-ferry-is-back"},
        {"under": "<p>31 June</p>", "url": "https://paper.example/2021/the-ferry-is-back"},
        {"under": "<p>14 June, 18:05</p>", "url": "https://paper.example/best-of-2021/the-ferry-is-back"},
    ],
)
def test_without_such_evidence_it_stays_unknown(place):
    assert day(**place) is None


# Asides, bylines, labels


def test_an_aside_beside_the_article_may_hold_its_day():
    aside = "<aside class='side'><p class='Article_date'>June 14, 2021</p><p>Written by Ada Quay</p><h2>Topics</h2><ul>{}</ul></aside>"
    topics = "".join(f"<li><a href='/topic/{n}'>Boats of kind {n}</a></li>" for n in range(20))
    assert day(aside.format(topics)) == DAY


@pytest.mark.parametrize(
    "aside",
    [
        "<aside class='side'><div><h3><a href='/b'>Another ferry comes back in another town</a></h3><span class='article-date'>14 June 2021</span></div>{}</aside>",
        "<aside class='sidebar'><p class='article-date'>June 14, 2021</p>{}</aside>",
        "<aside class='side'><p class='article-date'>June 14, 2021</p><p class='article-date'>June 12, 2021</p>{}</aside>",
        "<aside class='side'><p class='weather'>June 14, 2021</p>{}</aside>",
    ],
)
def test_an_aside_of_other_things_does_not(aside):
    assert day(aside.format("<p>Boats and more boats.</p>" * 20)) is None


@pytest.mark.parametrize("credit", ["von Ada Quay<br>am 14.06.2021", "by Ada Quay on June 14, 2021", "Par Ada Quay, le 14 juin 2021"])
def test_a_byline_with_a_day_below_the_text(credit):
    assert day("", "", f"<div class='who'><span>{credit}</span></div>") == DAY


def test_bylines_of_readers_are_theirs():
    assert day("", "", "<div class='comments'><div><span>von Ada Quay am 14.06.2021</span></div></div>") is None
    assert day("", "", "".join(f"<div><span>von Ada Quay am {n}.06.2021</span></div>" for n in (14, 15))) is None


@pytest.mark.parametrize(
    "label",
    [
        "Post time:", "Date added:", "Erschienen am:", "Publiziert am", "Pubblicato il", "Gepubliceerd op", "Publicerad", "Julkaistu", "Opublikowano:", "Dodano:",
        "Zveřejněno:", "Közzétéve:", "Data publicării:", "Yayınlanma Tarihi:", "Giriş:", "Опубликовано:", "Дата публикации:", "Опубліковано", "Објављено:",
        "Δημοσιεύτηκε:", "Ημερομηνία δημοσίευσης:", "Tanggal:", "Diterbitkan", "Ngày đăng:", "投稿日", "配信日", "입력", "기사입력", "发布时间：", "發佈時間:",
        "פורסם:", "تاریخ انتشار:", "نشر في:", "تم النشر:", "تاريخ النشر:", "प्रकाशित:", "เผยแพร่:",
    ],
)  # fmt: skip
def test_a_labelled_day_among_others_counts(label):
    others = "<ul><li>12.06.2021</li><li>13.06.2021</li></ul>"
    assert day("", "", f"<div><p>{label} 14.06.2021</p></div>{others}") == DAY


@pytest.mark.parametrize(
    "label", ["更新日:", "수정", "آخر تعديل:", "Son güncelleme:", "Последнее обновление:", "Senast uppdaterad:", "Sist oppdatert"]
)
def test_a_labelled_change_does_not(label):
    assert day("", "", f"<div><p>{label} 14.06.2021</p></div>") is None


def test_a_labelled_day_in_a_line_between_breaks():
    lines = "<p>Last edited: 15.06.2021<br>{} 14.06.2021<br>Read: 61 times<br>Boats are listed below and above, and on the pier, and at the ferry office.</p>"
    assert day("", "", lines.format("Erschienen am:")) == DAY
    assert day("", "", lines.format("Edited:")) is None
    assert day("", "", f"<div class='comments'>{lines.format('Posted on')}</div>") is None


@pytest.mark.parametrize(
    "facts",
    [
        "<dl><dt>Datum:</dt><dd>14.06.2021</dd><dt>Ort:</dt><dd>Alter Hafen</dd></dl>",
        "<ul><li>Date: 14 June 2021</li><li>Venue: Old Harbour</li></ul>",
        "<p>Fecha: 14/06/2021<br>Lugar: Puerto viejo<br>Hora: 19:00</p>",
        "<p>Lieu : Vieux port<br>Date : 14 juin 2021<br>Horaires : 19 h</p>",
        "<div><span>14 June 2021</span> <span>Where: Old Harbour</span></div>",
    ],
)
def test_the_day_of_an_event_is_told_beside_its_place(facts):
    assert day("", "", facts) is None
    assert day("", facts) is None


def test_an_announcement_has_a_day_of_its_own_if_it_says_so():
    facts = "<p>Published 12 June 2021</p><ul><li>Date: 14 June 2021</li><li>Venue: Old Harbour</li></ul>"
    assert day("", facts) == date(2021, 6, 12)


# Attributes and statements


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data-publish-date", "2021-06-14"),
        ("data-content_published_date", "2021/06/14"),
        ("data-pubdate", "1623693912"),
        ("data-posted-on", "14 June 2021"),
    ],
)
def test_attributes_name_the_day(name, value):
    assert day(after=f"<div class='meter' {name}='{value}'></div>") == DAY


@pytest.mark.parametrize(
    "marked",
    [
        "<div data-publisher='2021-06-14'></div>",
        "<div data-date='2021-06-14'></div>",
        "<div data-modified-date='2021-06-14'></div>",
        "<div data-publish-date='2021-06-14'></div><div data-publish-date='2021-06-15'></div>",
        "<div class='comments'><p data-posted-at='2021-06-14'>Fine!</p></div>",
        "<div data-publish-date='2021-01-01'></div>",
    ],
)
def test_other_attributes_do_not(marked):
    assert day(after=marked) is None


def test_the_attribute_of_another_articles_card_is_its_own():
    card = "<{0} data-publish-date='2021-06-14'><h3><a href='/b'>Another ferry comes back in another town</a></h3></{0}>"
    assert day("", "", card.format("div")) is None
    assert day("", "", f"<aside>{card.format('span')}</aside>") is None


def test_a_thread_of_a_forum_is_an_article_of_its_first_post():
    page = '<script type="application/ld+json">{"@type": "DiscussionForumPosting", "datePublished": "2021-06-14"}</script>'
    assert gather(parse(f"<html><body>{page}<p>Boats</p></body></html>")).article["datePublished"] == "2021-06-14"


@pytest.mark.parametrize("until", ["do 14.06.2021", "po 14.06.2021", "per 14.06.2021", "until 14 June 2021", "ab 14.06.2021"])
def test_a_day_until_or_after_which_something_is_so_does_not_stand_by_itself(until):
    assert day("", "", f"<div>{until}</div>") is None


def test_json_ld_in_a_meta_element():
    head = """<meta name="script:ld+json" content='{"@type": "NewsArticle", "datePublished": "2021-06-14T18:05:00Z"}'>"""
    found = published(head=head)
    assert (found.on, found.evidence) == (DAY, DateEvidence.JSON_LD)


@pytest.mark.parametrize("name", ["dcterms.date", "DC.date", "date", "dcterms.created"])
def test_a_vague_name_yields_to_the_only_day_that_is_shown(name):
    head = f"<meta name='{name}' content='2021-05-28T10:02:44+02:00'>"
    assert day("", "", "<div class='article-meta'><span class='date'>14.06.2021</span></div>", head=head) == DAY
    assert day("", "", "<time itemprop='datePublished' datetime='2021-06-14'>14.06.2021</time>", head=head) == DAY
    several = "<div class='article-meta'><span class='date'>14.06.2021</span><span>15.06.2021</span></div>"
    assert day("", "", several, head=head) == date(2021, 5, 28)
    assert day(head=head) == date(2021, 5, 28)


def test_a_name_of_publication_does_not_yield():
    head = "<meta property='article:published_time' content='2021-05-28T10:02:44+02:00'>"
    assert day("", "", "<div class='article-meta'><span class='date'>14.06.2021</span></div>", head=head) == date(2021, 5, 28)


def test_the_midnight_before_the_day_that_is_shown():
    head = "<meta property='article:published_time' content='2021-06-13T22:00:00Z'>"
    shown = "<div class='article-meta'><span class='date'>14.06.2021</span></div>"
    found = published("", "", shown, head=head)
    assert (found.on, found.at, found.precision) == (DAY, None, Precision.DAY)
    assert day("", "", shown.replace("14", "15"), head=head) == date(2021, 6, 13)
    assert day("", "", shown, head=head.replace("22:00:00", "22:00:07")) == date(2021, 6, 13)
    assert day(head=head) == date(2021, 6, 13)


def test_a_stated_day_takes_its_time_from_another_statement_of_it():
    ld = """<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2021-06-14"}</script>"""
    meta = "<meta property='article:published_time' content='2021-06-{}T18:05:00Z'>"
    assert published(head=ld + meta.format(14)).at == datetime(2021, 6, 14, 18, 5, tzinfo=UTC)
    assert published(head=ld + meta.format(15)).at is None
    assert published(head=ld, under="<p>14 June 2021, 18:05</p>").at == datetime(2021, 6, 14, 18, 5, tzinfo=UTC)


def test_drupal_states_the_day_as_rdfa():
    rdfa = "<span property='dc:date dc:created' content='2021-06-14T18:05:00+02:00' datatype='xsd:dateTime'>Mon, 06/14/2021 - 18:05</span>"
    assert published(after=rdfa).at == datetime(2021, 6, 14, 16, 5, tzinfo=UTC)
    assert day(after=f"<div class='comment'>{rdfa}</div>") is None


# Calendars of the moon

CAPTION = "<figure><img src='/b.jpg'><figcaption>{}</figcaption></figure>"


@pytest.mark.parametrize(
    ("shown", "caption", "lang"),
    [
        ("15 رمضان 1442 هـ", "صورة من الأرشيف 14 يونيو 2019", "ar"),
        ("15 رمضان 1442", "14 يونيو 2019", "ar"),
        ("15. Ramadan 1442", "Foto: 14.06.2019", "de"),
        ("15. Ramadan 1442", "14.06.2019", "de"),
    ],
)
def test_a_page_with_a_day_of_the_moon_only_has_no_day(shown, caption, lang):
    assert day("", f"<p class='date'>{shown}</p>", f"<div>{CAPTION.format(caption)}</div>", lang=lang) is None
    assert day("", f"<p class='date'>{shown}</p>{CAPTION.format(caption)}", lang=lang) is None


def test_a_common_day_in_the_same_line_counts():
    assert day("", "<p class='date'>4 ذو القعدة 1442 هـ - 14 يونيو 2021</p>", lang="ar") == DAY


# What none of these rules may let in


@pytest.mark.parametrize(
    "outside",
    [
        "<div class='topbar'>Monday, 14 June 2021 | 18.05 Uhr</div>",
        "<footer>© 14.06.2021 The Paper</footer>",
        "<div class='calendar'><a href='/agenda?day=14'>14 June 2021</a><a href='/agenda?day=15'>15 June 2021</a></div>",
        "<div class='related'><p>by Ada Quay on 14 June 2021</p></div>",
        "<div class='comments'><p>Posted on 14 June 2021</p></div>",
        "<nav><span>Published 14 June 2021</span><span>Published 13 June 2021</span></nav>",
        "<div><p>Posted on 14 June 2031</p></div>",
        "<p>Date: 01/01/1970</p>",
        "<div><p>Running on WordPress 4.8.12</p></div>",
    ],
)
@pytest.mark.parametrize("url", [URL, "https://paper.example/news/2020-boats/the-ferry-is-back"])
def test_clocks_copyrights_calendars_and_others_days_stay_out(outside, url):
    assert day(outside, url=url) is None
    assert day("", "", outside, url=url) is None
