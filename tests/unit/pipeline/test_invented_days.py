"""Days that no page writes: months filled up, dates of no calendar, sentences that tell of another day, the computer's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import product

import pytest

from db.readings import Article, PageToRead, PublicationDate, ReadingHints
from db.vocabulary import DateEvidence, Precision
from pipeline.reading import process_page
from pipeline.steps.date_phrases import find_date
from pipeline.steps.dateline import tells_of_another_day
from pipeline.steps.page_date import guess_day
from pipeline.steps.tree import parse

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TEXT = "".join(
    f"<p>The {place} was full for the {nth} morning running, and the stewards asked those who came on foot to wait by the old gate until "
    "the carts had been led through; nobody minded, for the band played and the bakers handed out what was left of the rolls.</p>"
    for place, nth in product(("market", "harbour", "square"), ("first", "second"))
)


def published(head: str = "", under: str = "", now: datetime | None = NOW) -> PublicationDate | None:
    page = f"<html lang='en'><head><title>Crowds at the fair</title>{head}</head><body><article><h1>Crowds at the fair</h1>{under}{TEXT}</article>"
    result = process_page(PageToRead("https://paper.example/news/crowds-at-the-fair", page.encode(), (), now), ReadingHints())
    assert isinstance(result, Article), result
    return result.published


META = "<meta property='article:published_time' content='{}'>"
OTHER_META = "<meta name='shareaholic:article_published_time' content='{}'>"
PLACES = [
    (META, ""),
    ("", "<p><time datetime='{}'></time></p>"),
    ("", "<p><time>{}</time></p>"),
    ("", "<p><time pubdate datetime='{}'>x</time></p>"),
]


@pytest.mark.parametrize("now", [NOW, None])
@pytest.mark.parametrize(("head", "under"), PLACES)
def test_a_month_is_a_month(head, under, now):
    found = published(head.format("2024-05"), under.format("2024-05"), now)
    assert found is not None
    assert (found.on, found.precision, found.at) == (date(2024, 5, 1), Precision.MONTH, None)


@pytest.mark.parametrize("now", [NOW, None])
@pytest.mark.parametrize(("head", "under"), [*PLACES, (OTHER_META, ""), ("", "<div class='date'>{}</div>"), ("", "<p>{}</p>")])
@pytest.mark.parametrize(
    "written", ["2024-02-31", "2024-02-31T25:61:00Z", "31/02/2024", "2024-13-05", "2024", "2024-00", "31 February 2024"]
)
def test_what_is_no_day_is_unknown(head, under, written, now):
    assert published(head.format(written), under.format(written), now) is None


def test_a_month_that_is_stated_takes_its_day_from_the_headline():
    found = published(META.format("2024-05"), "<p>Friday 17 May 2024</p>")
    assert (found.on, found.precision, found.evidence) == (date(2024, 5, 17), Precision.DAY, DateEvidence.HEADLINE)
    assert published(META.format("2024-05"), "<p>17 June 2024</p>").precision is Precision.MONTH


@pytest.mark.parametrize("day", range(2, 29))
def test_the_clock_of_the_computer_fills_in_nothing(day, monkeypatch):
    """The parser below htmldate takes what a text leaves out from its clock: no day of the month may show."""
    everyday = "".join(f"<p class='list'>{n} May 2024</p>" for n in range(2, 29))

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 3, day, 1, 0, tzinfo=tz)

    monkeypatch.setattr("dateutil.parser._parser.datetime.datetime", Clock)
    page = f"<html><head>{OTHER_META.format('2024-05')}</head><body><h1>Crowds</h1><div class='date'>May 2024</div>{everyday}</body></html>"
    assert guess_day(parse(page), "https://paper.example/x", None) is None


SENTENCES = [
    "The law of 3 March 1998 applies to all.",
    "On 3 March 1998 the town hall burned.",
    "On 3 March 1998 the town hall burned",
    "By 3 March 1998 the town hall had burned.",
    "By midnight on 3 March 1998 the hall burned.",
    "The law published on 3 March 1998 applies to all.",
    "The law of 1998-03-03 applies to all.",
    "The law of 03/03/1998 applies to all.",
    "Le 3 mars 1998, la mairie a brûlé.",
    "El 3 de marzo de 1998 ardió el ayuntamiento.",
    "في 3 مارس 1998 احترقت دار البلدية.",
    "It rained on 3 March 1998.",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_no_dateline(sentence):
    assert published(under=f"<p>{sentence}</p>") is None


@pytest.mark.parametrize("day", ["<b>3 March 1998</b>", "<time datetime='1998-03-03'>3 March 1998</time>", "<i><b>3 March 1998</b></i>"])
@pytest.mark.parametrize("tag", ["p", "div"])
def test_a_day_set_off_in_a_sentence_is_no_dateline(tag, day):
    assert published(under=f"<{tag}>On {day} the town hall burned.</{tag}>") is None
    assert published(under=f"<{tag}>By Anna Reed, {day}</{tag}>").on == date(1998, 3, 3)


def test_a_sentence_in_a_place_with_a_telling_name_is_no_dateline():
    assert published(under="<p class='publication-text'>On 3 March 1998 the town hall burned.</p>") is None


DATELINES = [
    "3 March 1998",
    "Tunis, 3 March 1998.",
    "By Anna Reed, Chief City Editor, 3 March 1998, 9:15 p.m.",
    "Published on 3 March 1998 at 10:20 in News",
    "Par Rim Slaoui et Idir Amellal, le mardi 3 mars 1998 à 10h20",
    "Article publié le 3 mars 1998 dans la rubrique économie",
    "Publié le 3 mars 1998 à 10h00, mis à jour le 5 mars 1998 à 09h30",
    "Culture | Temps de lecture : 3 min | 3 mars 1998",
    "الرباط - سعيد أمزيان - الثلاثاء 3 مارس 1998",
    "3 de marzo de 1998 a las 10:30 horas",
]


@pytest.mark.parametrize("line", DATELINES)
def test_a_dateline_is_one(line):
    assert published(under=f"<p>{line}</p>").on == date(1998, 3, 3)
    assert not tells_of_another_day(line, find_date(line, zone=UTC, now=None))


# ---------------------------------------------------------------- where the day of the article stands


def day_of(page: str) -> date | None:
    whole = f"<html lang='en'><head><title>Crowds at the fair</title></head><body>{page}</body></html>"
    result = process_page(PageToRead("https://paper.example/news/crowds-at-the-fair", whole.encode(), (), NOW), ReadingHints())
    assert isinstance(result, Article), result
    return result.published.on if result.published else None


HEADLINE = "<h1>Crowds at the fair</h1>"


def test_the_line_right_above_the_headline_is_nearer_than_what_stands_above_its_container():
    menu = "".join(f"<div>Menu entry {n}</div>" for n in range(9))
    assert day_of(f"{menu}<div class='text'><header><p>29 October 2021</p>{HEADLINE}</header>{TEXT}</div>") == date(2021, 10, 29)


def test_a_container_with_an_odd_name_around_headline_and_text_hides_nothing():
    page = f"<div class='teaser-body share-widget'>{HEADLINE}<p>21 January 2022 | Mobility</p>{TEXT}</div>"
    assert day_of(page) == date(2022, 1, 21)
    beside = f"<div>{HEADLINE}<div class='related'><p>21 January 2022 | Mobility</p></div>{TEXT}</div>"
    assert day_of(beside) is None


def test_a_day_in_the_headline_itself_set_small_is_a_dateline():
    assert day_of(f"<h1>Crowds at the fair<br><small>02.02.2022 • Towns</small></h1>{TEXT}") == date(2022, 2, 2)


def test_a_label_glued_to_its_day_is_a_label():
    assert day_of(f"{HEADLINE}<ul><li><span>Datum:</span>26. Januar 2022</li></ul>{TEXT}") == date(2022, 1, 26)


@pytest.mark.parametrize(
    "label", ["Release date:", "Erscheinungsdatum:", "Date de parution :", "Né le", "Fecha de nacimiento:", "تاريخ الإصدار :"]
)
def test_the_day_of_something_else_is_not_the_articles(label):
    assert day_of(f"{HEADLINE}<p>{label} 14.08.2017</p>{TEXT}") is None


@pytest.mark.parametrize(
    ("opening", "day"),
    [
        ("Rabat, 3 mars 2024 (MAP) - ", date(2024, 3, 3)),
        ("27.1.2022 - ", date(2022, 1, 27)),
        ("01.02.2022 „", date(2022, 2, 1)),
        ("Entre le 3 mars 2024 – jour de marché – et la fin du mois, ", None),
        ("Am 4. Februar 2022 erschien das Album. ", None),
        ("3 mars 2024, un jour de marché comme les autres, ", None),
    ],
)
def test_a_dateline_that_opens_the_text_is_the_articles_day(opening, day):
    assert day_of(f"{HEADLINE}{TEXT.replace('<p>', f'<p>{opening}', 1)}") == day


@pytest.mark.parametrize(
    "shown",
    [
        "<p>Updated on 09/11/25</p>",
        "<div>Updated <time datetime='2026-01-16T00:00:35-05:00'>January 16, 2026</time></div>",
        "<p><span>Last Updated</span> <span>on</span> <span class='date'>Feb 27, 2026</span></p>",
        "<div><span class='heading'>Mis à jour le</span><span class='date'>27 février 2026</span></div>",
        "<p class='date'>Aktualisiert am 27. Februar 2026</p>",
        "<p>آخر تحديث: 27 فبراير 2026</p>",
    ],
)
def test_the_day_of_a_change_is_not_that_of_publication(shown):
    assert day_of(HEADLINE + shown + TEXT) is None
    assert day_of(HEADLINE + TEXT + shown) is None


def test_a_stated_change_alone_leaves_the_publication_unknown():
    head = "<meta property='article:modified_time' content='2026-01-12T16:29:48+00:00'>"
    page = f"<html lang='en'><head><title>Crowds at the fair</title>{head}</head><body>{HEADLINE}{TEXT}</body></html>"
    result = process_page(PageToRead("https://paper.example/news/crowds-at-the-fair", page.encode(), (), NOW), ReadingHints())
    assert isinstance(result, Article)
    assert (result.published, result.modified_at) == (None, datetime(2026, 1, 12, 16, 29, 48, tzinfo=UTC))


def test_a_line_with_both_days_gives_the_first():
    assert day_of(f"{HEADLINE}<p>Published 3 March 2024, updated 4 March 2024</p>{TEXT}") == date(2024, 3, 3)
    assert day_of(f"{HEADLINE}<p>Publié le 3 mars 2024 - mis à jour le 4 mars 2024</p>{TEXT}") == date(2024, 3, 3)
