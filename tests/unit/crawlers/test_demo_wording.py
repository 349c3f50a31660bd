"""Days, ages, slugs and clocks in the papers' words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.demo import calendar, wording
from crawlers.demo.clock import START, DemoClock

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "phrase"),
    [
        (timedelta(seconds=10), "il y a 1 minute"),
        (timedelta(minutes=40), "il y a 40 minutes"),
        (timedelta(hours=1, minutes=5), "il y a 1 heure"),
        (timedelta(hours=5), "il y a 5 heures"),
        (timedelta(hours=13), "il y a 1 jour"),
        (timedelta(days=6), "il y a 6 jours"),
        (timedelta(days=7), "il y a 1 semaine"),
        (timedelta(days=22), "il y a 3 semaines"),
        (timedelta(days=31), "il y a 1 mois"),
        (timedelta(days=200), "il y a 6 mois"),
        (timedelta(days=364), "il y a 11 mois"),
        (timedelta(days=365), "il y a 1 an"),
        (timedelta(days=2000), "il y a 5 ans"),
    ],
)
def test_age(ago, phrase):
    assert wording.age(NOON - ago, NOON) == phrase


@given(st.integers(1, 6))
def test_days_of_an_age_are_calendar_days(days):
    for hour in range(24):
        published = (NOON - timedelta(days=days)).replace(hour=hour)
        assert wording.age(published, NOON) in {f"il y a {days} jour", f"il y a {days} jours"}


@pytest.mark.parametrize(
    ("language", "text"),
    [("fr", "1er août 2014"), ("es", "1 de agosto de 2014"), ("en", "August 1, 2014"), ("ar", "1 غشت 2014")],
)
def test_long_day(language, text):
    assert wording.long_day(datetime(2014, 8, 1, tzinfo=UTC), language) == text


def test_masthead_clock():
    assert wording.masthead_clock(datetime(2023, 12, 3, tzinfo=UTC)) == "dimanche, décembre 3 2023"


def test_slug_of_latin_and_arabic():
    assert wording.slug("À Fès, l’orage vide les rues !") == "a-fes-l-orage-vide-les-rues"
    assert wording.slug("عودة السردين إلى ميناء") == "عودة-السردين-الى-ميناء"


def test_arabic_digits():
    assert wording.arabic_digits("12 غشت 2020 - 14:30") == "١٢ غشت ٢٠٢٠ - ١٤:٣٠"


def test_typewriter_letters_fit_latin_1():
    assert wording.typewriter("L’œuvre… — 1–2").encode("latin-1").decode("latin-1") == "L'oeuvre... - 1-2"


def test_the_past_is_ordered_and_ends_before_the_start():
    from zoneinfo import ZoneInfo

    instants = calendar.past("x", 60, ZoneInfo("Africa/Casablanca"))
    assert len(instants) == 60
    assert instants == sorted(instants)
    assert instants[0].year == 2012
    assert START - timedelta(days=5) < instants[-1] < START
    assert len({instant.year for instant in instants}) >= 14


def test_a_frozen_clock_stands_until_it_is_advanced():
    clock = DemoClock()
    assert clock.now() == clock.now() == START
    assert clock.advance(days=1, hours=2, minutes=3) == START + timedelta(days=1, hours=2, minutes=3)
    clock.set(START)
    assert clock.now() == START


def test_a_running_clock_goes_on_from_where_it_was_set():
    clock = DemoClock(running=True)
    first = clock.now()
    assert clock.now() >= first >= START
    clock.advance(days=3)
    assert clock.now() >= START + timedelta(days=3)


def test_a_clock_refuses_naive_instants():
    with pytest.raises(ValueError, match="aware"):
        DemoClock(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="aware"):
        DemoClock().set(datetime(2026, 1, 1))
