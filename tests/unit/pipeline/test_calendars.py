"""Days of other calendars, and months whose name is another month in another language."""

from __future__ import annotations

import itertools
from datetime import UTC, date, timedelta

import pytest

from pipeline.steps.calendars import names_lunar_day, solar_day
from pipeline.steps.date_phrases import find_date


def day(text: str, language: str = "") -> date | None:
    phrase = find_date(text, zone=UTC, now=None, language=language)
    return phrase.on if phrase else None


@pytest.mark.parametrize(
    ("solar", "common"),
    [
        ((1403, 1, 1), date(2024, 3, 20)),
        ((1402, 12, 29), date(2024, 3, 19)),
        ((1403, 12, 30), date(2025, 3, 20)),
        ((1357, 11, 22), date(1979, 2, 11)),
        ((1400, 7, 1), date(2021, 9, 23)),
        ((1399, 6, 31), date(2020, 9, 21)),
    ],
)
def test_persian_days(solar, common):
    assert solar_day(*solar) == common


def test_every_persian_day_follows_the_one_before():
    days = [found for year in range(1370, 1411) for month in range(1, 13) for n in range(1, 32) if (found := solar_day(year, month, n))]
    assert all(later - earlier == timedelta(days=1) for earlier, later in itertools.pairwise(days))
    assert len(days) == (date(2032, 3, 20) - date(1991, 3, 21)).days


@pytest.mark.parametrize("solar", [(1402, 12, 30), (1402, 7, 31), (1402, 13, 1), (1402, 0, 1), (1402, 1, 0), (1299, 1, 1), (1500, 1, 1)])
def test_days_that_no_persian_year_has(solar):
    assert solar_day(*solar) is None


@pytest.mark.parametrize(
    "written",
    [
        "۱۵ اسفند ۱۴۰۲",
        "سه‌شنبه، ۱۵ اسفند ماه ۱۴۰۲",
        "۱۵ حوت ۱۴۰۲",
        "1402/12/15",
        "令和6年3月5日",
        "中華民國113年3月5日",
        "民国113年3月5日",
        "2024年3月5日",
        "5 มีนาคม 2567",
    ],
)
def test_papers_that_count_otherwise(written):
    assert day(written) == date(2024, 3, 5)


def test_the_first_year_of_an_era_has_a_name():
    assert day("令和元年5月1日") == date(2019, 5, 1)
    assert day("平成31年4月30日") == date(2019, 4, 30)


@pytest.mark.parametrize("written", ["15 رمضان 1445", "١٥ رمضان ١٤٤٥ هـ", "15. Ramadan 1445", "3 Shawwal 1446 H", "9 ذو الحجة 1444"])
def test_days_of_the_moon_are_known_and_give_no_day(written):
    assert names_lunar_day(written)
    assert day(written) is None


@pytest.mark.parametrize("written", ["15 مارس 2024", "15. März 1445", "Ramadan 2024", "رمضان 1445"])
def test_other_days_are_not_of_the_moon(written):
    assert not names_lunar_day(written)


def test_a_common_day_beside_one_of_the_moon_counts():
    assert day("الاثنين 15 رمضان 1445 هـ - 25 مارس 2024") == date(2024, 3, 25)


@pytest.mark.parametrize(
    ("written", "language", "common"),
    [
        ("5 listopada 2024", "pl", date(2024, 11, 5)),
        ("5 listopada 2024", "pl-PL", date(2024, 11, 5)),
        ("5. listopada 2024.", "hr", date(2024, 10, 5)),
        ("5 lip 2024", "pl", date(2024, 7, 5)),
        ("5. lip 2024.", "hr", date(2024, 6, 5)),
        ("5. srp 2024", "cs", date(2024, 8, 5)),
        ("5 listopada 2024", "", None),
        ("5 listopada 2024", "de", None),
        ("5. listopadu 2024", "", date(2024, 11, 5)),
    ],
)
def test_a_name_of_two_months_is_the_one_of_the_pages_language(written, language, common):
    assert day(written, language) == common


@pytest.mark.parametrize(
    "written",
    [
        "5 nopember 2024",
        "5 Novembru 2024",
        "5. novembra 2024",
        "5 Novemba 2024",
        "5 Nobyembre 2024",
        "5 қараша 2024",
        "Nov-05-2024",
        "NOVEMBER 05.2024",
        "November 5.2024",
        "Tue Nov 05 10:32:07 GMT 2024",
        "2024. 11. 5",
        "5.Nov.2024",
    ],
)
def test_more_ways_to_write_a_november_day(written):
    assert day(written) == date(2024, 11, 5)
