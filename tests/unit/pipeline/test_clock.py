"""Times of day beside a date, in the ways papers write them, and figures that are none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from db.vocabulary import Precision
from pipeline.steps.date_phrases import find_date, read_instant

DAY = date(2024, 3, 5)
ZONE = timezone(timedelta(hours=1))


def instant(text: str, language: str = "") -> str | None:
    phrase = find_date(text, zone=ZONE, now=None, language=language)
    assert phrase is not None
    assert phrase.on == DAY
    return phrase.at.strftime("%d %H:%M:%S") if phrase.at else None


@pytest.mark.parametrize(
    "written",
    [
        "5. März 2024, 18.05 Uhr",
        "5. März 2024 um 18.05 Uhr",
        "05.03.2024 18.05",
        "05.03.2024, 18.05 | Politik",
        "5 marzo 2024 ore 18.05",
        "5 marzo 2024 alle 18:05",
        "5 mars 2024 18H05",
        "5 mars 2024 à 18 h 05",
        "18:05, 5 mars 2024",
        "18h05 - mardi 5 mars 2024",
        "18.05 Uhr, Dienstag, 5. März 2024",
        "6:05 PM, March 5, 2024",
        "March 5, 2024, 6.05pm",
        "March 5, 2024 @ 6:05 p.m.",
        "5 de marzo de 2024, 6:05 p. m.",
        "05/03/2024 18h05min",
        "5 maart 2024 om 18.05 uur",
        "5 maart 2024, 18u05",
        "5 mars 2024 kl. 18.05",
        "2024-03-05 kl. 18.05",
        "2024-03-05 6:05 pm",
        "5.3.2024 klo 18.05",
        "5 marca 2024, godz. 18.05",
        "5 марта 2024 г. в 18.05",
        "05 Mart 2024, 18.05",
        "5 Μαρτίου 2024 6:05 μμ",
        "2024年3月5日 18時05分",
        "2024年3月5日 午後6時05分",
        "2024年3月5日 下午6:05",
        "2024年03月05日18:05",
        "2024. 3. 5. 18:05",
        "2024.03.05. 오후 6:05",
        "2024년 3월 5일 오후 6시 5분",
        "2024-03-05 오후 6:05",
        "05 مارس 2024 الساعة 6:05 مساء",
        "Tue Mar 5 18:05 2024",
        "18:05 CET, 5 March 2024",
        "5 March 2024 17:05 GMT",
        "5 March 2024 18:05 (GMT+1)",
        "5 Maret 2024 | 18.05",
    ],
)
def test_a_time_beside_a_day_is_read(written):
    assert instant(written) == "05 17:05:00"


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Tue, 05 Mar 2024 18:05:12 +0100", "05 17:05:12"),
        ("Tue Mar 05 18:05:12 CET 2024", "05 17:05:12"),
        ("Mar. 5, 2024 10:32 a.m. EST", "05 15:32:00"),
        ("5 Maret 2024 18:05 WIB", "05 11:05:00"),
        ("5 марта 2024 18:05 МСК", "05 15:05:00"),
        ("5 March 2024 18:05 UTC-03:00", "05 21:05:00"),
        ("5 March 2024 12:15 am", "04 23:15:00"),
        ("5 March 2024 12 p.m.", "05 11:00:00"),
    ],
)
def test_a_zone_that_is_named_counts(written, at):
    assert instant(written) == at


@pytest.mark.parametrize(
    "written",
    [
        "5 mars 2024 - 12.50 €",
        "5 mars 2024, 10.30 euros",
        "Platz 3 am 5. März 2024",
        "von Ada1 am 5. März 2024",
        "5 March 2024 | 7 comments",
        "5 March 2024 · 12 min read",
        "Version 10.12 of 5 March 2024",
        "5.3.2024 - 10.3.2024",
        "5 mars 2024 00:00",
        "2024-03-05T00:00:00Z",
    ],
)
def test_figures_that_are_no_time_give_none(written):
    assert instant(written) is None


@pytest.mark.parametrize("written", ["3. 5. 18:05", "3.5. 18h05", "Dienstag, 3.5. 18 Uhr", "3/5/18:05"])
def test_an_hour_is_no_year(written):
    assert find_date(written, zone=UTC, now=None) is None


@pytest.mark.parametrize(
    ("stated", "at"),
    [
        ("20240305", None),
        ("20240305T180512Z", datetime(2024, 3, 5, 18, 5, 12, tzinfo=UTC)),
        ("202403051805", datetime(2024, 3, 5, 17, 5, tzinfo=UTC)),
        ("1709661912", datetime(2024, 3, 5, 18, 5, 12, tzinfo=UTC)),
        ("1709661912000", datetime(2024, 3, 5, 18, 5, 12, tzinfo=UTC)),
        ("2024-03-05 6:05 pm", datetime(2024, 3, 5, 17, 5, tzinfo=UTC)),
    ],
)
def test_statements_without_separators(stated, at):
    assert read_instant(stated, ZONE) == (DAY, at)


@pytest.mark.parametrize("stated", ["20241305", "20240232", "12345678", "170966191", "99999999999", "2024030", "1709661912345678"])
def test_other_figures_state_nothing(stated):
    assert read_instant(stated, ZONE) is None


def test_seconds_make_it_exact():
    assert find_date("Tue Mar 5 18:05:12 2024", zone=ZONE, now=None).precision is Precision.SECOND
    assert find_date("5 mars 2024 18h05", zone=ZONE, now=None).precision is Precision.MINUTE
