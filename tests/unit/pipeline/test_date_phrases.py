"""Dates as papers write them, in the languages of the press and two sets of digits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.vocabulary import Precision
from pipeline.steps.date_phrases import find_date, read_instant

NOW = datetime(2024, 3, 20, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Madrid")


def found(text: str, **more):
    return find_date(text, zone=ZONE, now=NOW, **more)


ABSOLUTE = [
    ("8 août 2014 - 21h44 - Monde", "2014-08-08", "2014-08-08T19:44"),
    ("Publié le 1er octobre 2020 à 9h05", "2020-10-01", "2020-10-01T07:05"),
    ("dimanche, décembre 3 2023", "2023-12-03", None),
    ("Mardi 5 FÉVRIER 2019", "2019-02-05", None),
    ("3 de octubre de 2020", "2020-10-03", None),
    ("15 ENE. 2021 | 08:30 h", "2021-01-15", "2021-01-15T07:30"),
    ("October 3rd, 2020 9:15 PM", "2020-10-03", "2020-10-03T19:15"),
    ("3 Oct 2020", "2020-10-03", None),
    ("12. März 2022", "2022-03-12", None),
    ("الجمعة 14 غشت 2020", "2020-08-14", None),
    ("١٤ يوليوز ٢٠١٩ - ١٨:٣٠", "2019-07-14", "2019-07-14T16:30"),
    ("9 شتنبر 2018", "2018-09-09", None),
    ("30 نونبر 2017", "2017-11-30", None),
    ("1 دجنبر 2016", "2016-12-01", None),
    ("5 جانفي 2021", "2021-01-05", None),
    ("28 فيفري 2021", "2021-02-28", None),
    ("12 جويلية 2021 على الساعة 10:20", "2021-07-12", "2021-07-12T08:20"),
    ("3 أوت 2015", "2015-08-03", None),
    ("٣ تشرين الأول/أكتوبر ٢٠٢٠", "2020-10-03", None),
    ("17 كانون الثاني 2022", "2022-01-17", None),
    ("6 حزيران 2013", "2013-06-06", None),
    ("2 أغسطس 2020", "2020-08-02", None),
    ("03/10/2020 21:44", "2020-10-03", "2020-10-03T19:44"),
    ("3-10-2020", "2020-10-03", None),
    ("03.10.20", "2020-10-03", None),
    ("25/12/99", "1999-12-25", None),
    ("2020/10/03", "2020-10-03", None),
    ("2020-10-03T21:44:00+01:00", "2020-10-03", "2020-10-03T20:44"),
    ("12/25/2020", "2020-12-25", None),
]


@pytest.mark.parametrize(("text", "day", "instant"), ABSOLUTE, ids=[row[0] for row in ABSOLUTE])
def test_absolute_dates(text, day, instant):
    phrase = found(text)
    assert phrase is not None
    assert phrase.on.isoformat() == day
    assert (phrase.at.strftime("%Y-%m-%dT%H:%M") if phrase.at else None) == instant
    assert not phrase.relative


RELATIVE = [
    ("il y a 3 semaines", "2024-02-28", Precision.WEEK),
    ("POLITIQUE - il y a 3 semaines", "2024-02-28", Precision.WEEK),
    ("il y a une semaine", "2024-03-13", Precision.WEEK),
    ("il y a 2 jours", "2024-03-18", Precision.DAY),
    ("il y a 5 mois", "2023-10-22", Precision.MONTH),
    ("il y a un an", "2023-03-21", Precision.YEAR),
    ("il y a 4 heures", "2024-03-20", Precision.HOUR),
    ("hace 10 minutos", "2024-03-20", Precision.MINUTE),
    ("hace dos días", "2024-03-18", Precision.DAY),
    ("3 weeks ago", "2024-02-28", Precision.WEEK),
    ("a day ago", "2024-03-19", Precision.DAY),
    ("منذ 3 أسابيع", "2024-02-28", Precision.WEEK),
    ("منذ يومين", "2024-03-18", Precision.DAY),
    ("منذ أسبوع", "2024-03-13", Precision.WEEK),
    ("قبل ٣ ساعات", "2024-03-20", Precision.HOUR),
    ("hier", "2024-03-19", Precision.DAY),
    ("Publié hier", "2024-03-19", Precision.DAY),
    ("ayer", "2024-03-19", Precision.DAY),
    ("أمس", "2024-03-19", Precision.DAY),
    ("aujourd'hui", "2024-03-20", Precision.DAY),
    ("avant-hier", "2024-03-18", Precision.DAY),
    ("à l'instant", "2024-03-20", Precision.MINUTE),
    ("publié depuis 3 heures", "2024-03-20", Precision.HOUR),
    ("anteayer", "2024-03-18", Precision.DAY),
    ("3d ago", "2024-03-17", Precision.DAY),
    ("just now", "2024-03-20", Precision.MINUTE),
    ("منذ حوالي سبعة أيام", "2024-03-13", Precision.DAY),
    ("أول أمس", "2024-03-18", Precision.DAY),
    ("vor 2 Stunden", "2024-03-20", Precision.HOUR),
    ("vor 10 Min.", "2024-03-20", Precision.MINUTE),
    ("vor einer Woche", "2024-03-13", Precision.WEEK),
    ("Politik | vor drei Tagen", "2024-03-17", Precision.DAY),
    ("vor etwa fünf Monaten", "2023-10-22", Precision.MONTH),
    ("vor einem Jahr", "2023-03-21", Precision.YEAR),
    ("heute", "2024-03-20", Precision.DAY),
    ("Veröffentlicht gestern", "2024-03-19", Precision.DAY),
    ("vorgestern", "2024-03-18", Precision.DAY),
    ("2 ore fa", "2024-03-20", Precision.HOUR),
    ("un'ora fa", "2024-03-20", Precision.HOUR),
    ("tre giorni fa", "2024-03-17", Precision.DAY),
    ("Politica - 3 settimane fa", "2024-02-28", Precision.WEEK),
    ("un anno fa", "2023-03-21", Precision.YEAR),
    ("oggi", "2024-03-20", Precision.DAY),
    ("ieri", "2024-03-19", Precision.DAY),
    ("l’altro ieri", "2024-03-18", Precision.DAY),
    ("há 2 horas", "2024-03-20", Precision.HOUR),
    ("Publicado há uma semana", "2024-03-13", Precision.WEEK),
    ("há cerca de 10 minutos", "2024-03-20", Precision.MINUTE),
    ("três dias atrás", "2024-03-17", Precision.DAY),
    ("hoje", "2024-03-20", Precision.DAY),
    ("ontem", "2024-03-19", Precision.DAY),
    ("anteontem", "2024-03-18", Precision.DAY),
    ("2 uur geleden", "2024-03-20", Precision.HOUR),
    ("een week geleden", "2024-03-13", Precision.WEEK),
    ("drie maanden geleden", "2023-12-21", Precision.MONTH),
    ("vandaag", "2024-03-20", Precision.DAY),
    ("gisteren", "2024-03-19", Precision.DAY),
    ("eergisteren", "2024-03-18", Precision.DAY),
]


@pytest.mark.parametrize(("text", "day", "precision"), RELATIVE, ids=[row[0] for row in RELATIVE])
def test_relative_dates_count_back_from_the_fetch_and_are_no_surer_than_their_unit(text, day, precision):
    phrase = found(text)
    assert phrase is not None
    assert (phrase.on.isoformat(), phrase.precision) == (day, precision)
    assert phrase.relative
    assert (phrase.at is not None) == (precision in {Precision.HOUR, Precision.MINUTE, Precision.SECOND})


@pytest.mark.parametrize(
    "text",
    [
        "hier à 21h44",
        "ayer, 21:44 h",
        "أمس على الساعة 21:44",
        "gestern um 21:44 Uhr",
        "ieri alle 21:44",
        "ontem às 21h44",
        "gisteren om 21:44 uur",
    ],
)
def test_yesterday_at_an_hour_is_an_instant(text):
    assert found(text).at == datetime(2024, 3, 19, 20, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["Aujourd'hui, 08:05", "Heute um 08:05 Uhr", "Oggi alle 08:05", "Hoje, 08h05", "Vandaag om 08:05", "اليوم 08:05"]
)
def test_today_at_an_hour_is_an_instant(text):
    assert found(text).at == datetime(2024, 3, 20, 7, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["Aujourd'hui le Maroc", "اليوم السابع", "Heute im Angebot", "Today Show", "Hoy por hoy", "Oggi in edicola"]
)
def test_the_name_of_a_paper_or_prose_is_not_the_day_of_the_visit(text):
    assert found(text) is None


@pytest.mark.parametrize("text", ["Il porto ha 20 anni", "En grève depuis 3 jours", "a year of change", "In 3 Tagen", "since 3 days"])
def test_ages_spans_and_words_of_two_languages_count_nothing_back(text):
    assert found(text) is None


def test_without_a_fetch_time_relative_dates_stay_unknown():
    assert find_date("il y a 3 semaines", zone=ZONE, now=None) is None


@pytest.mark.parametrize(
    "text",
    ["", "2020", "31 février 2020", "en mars, dit-on", "il y a longtemps", "99/99/2020", "Monde", "page 3 sur 12", "المغرب", "01:30"],
)
def test_what_is_no_date_gives_none(text):
    assert found(text) is None


def test_americans_put_the_month_first_where_both_readings_are_possible():
    assert found("03/04/2020").on == date(2020, 4, 3)
    assert found("03/04/2020", month_first=True).on == date(2020, 3, 4)
    assert found("25/04/2020", month_first=True).on == date(2020, 4, 25)


def test_a_month_alone_is_known_to_the_month_only():
    phrase = found("octobre 2020")
    assert (phrase.on, phrase.precision) == (date(2020, 10, 1), Precision.MONTH)


@pytest.mark.parametrize(
    ("text", "day", "instant"),
    [
        ("2020-10-03", "2020-10-03", None),
        ("2020-10-03T00:00:00Z", "2020-10-03", None),
        ("2020-10-03T21:44:10Z", "2020-10-03", "2020-10-03T21:44:10+00:00"),
        ("2020-10-03T21:44:10.123+0200", "2020-10-03", "2020-10-03T19:44:10.123000+00:00"),
        ("2020-10-03 21:44", "2020-10-03", "2020-10-03T19:44:00+00:00"),
        ("2020-10-03T21:44:10-05:30", "2020-10-03", "2020-10-04T03:14:10+00:00"),
    ],
)
def test_machine_dates_keep_their_zone_and_local_ones_get_the_sources(text, day, instant):
    on, at = read_instant(text, ZONE)
    assert on.isoformat() == day
    assert (at.isoformat() if at else None) == instant


@pytest.mark.parametrize("text", ["", "hier", "2020", "2020-13-03", "0000-00-00"])
def test_machine_dates_that_are_none(text):
    assert read_instant(text, ZONE) is None


@given(st.text(max_size=120))
def test_no_text_raises(text):
    found(text)
    read_instant(text, ZONE)


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)),
    st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d %B %Y", "%B %d, %Y"]),
)
def test_every_day_is_read_back(day, form):
    assert found(day.strftime(form)).on == day


@given(st.integers(min_value=0, max_value=999), st.sampled_from(["secondes", "minutes", "heures", "jours", "semaines", "mois", "ans"]))
def test_no_distance_overflows(count, unit):
    phrase = found(f"il y a {count} {unit}")
    assert phrase is None or phrase.on <= date(2024, 3, 20)


@pytest.mark.parametrize(
    ("written", "microsecond"),
    [("2024-05-03T15:47:42.389Z", 389_000), ("2024-05-03T15:47:42,1234567+00:00", 123_456), ("2024-05-03T15:47:42Z", 0)],
)
def test_fractions_of_a_second_are_kept(written, microsecond):
    assert read_instant(written, UTC) == (date(2024, 5, 3), datetime(2024, 5, 3, 15, 47, 42, microsecond, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("19 مارس 2024 6:05 مساء", 18),
        ("19 مارس 2024 - 6:05 مساءً", 18),
        ("19 مارس 2024 6:05 صباحا", 6),
        ("19 مارس 2024 6:05 م", 18),
        ("19 مارس 2024 12:05 ص", 0),
        ("19 مارس 2024 18:05 مساء", 18),
        ("19 مارس 2024 6:05 من مراكش", 6),
        ("19 مارس 2024، ٦:٠٥ مساءا", 18),
    ],
)
def test_arabic_hours_are_of_their_half_of_the_day(written, hour):
    found = find_date(written, zone=UTC, now=None)
    assert found is not None
    assert found.at == datetime(2024, 3, 19, hour, 5, tzinfo=UTC)
