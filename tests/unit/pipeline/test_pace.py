"""Where an adaptive source's visits are laid: within bounds, more where it publishes, as many as it is worth, the same each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pace import ARTICLES_A_VISIT, Bounds, next_visit, visits_between
from pipeline.rhythm import Rhythm, learn

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
PLAIN = ZoneInfo("UTC")
FREE = Bounds()


def newsroom(a_day: float, hours=range(9, 18), days=range(5)) -> Rhythm:
    """As if it had been watched for six weeks, publishing in these hours only."""
    share = [1 / len(hours) if hour in hours else 0.0 for hour in range(24)]
    workday = [7 / len(days) if day in days else 0.0 for day in range(7)]
    counts = tuple(42 * a_day * each for each in share)
    weekly = tuple(6 * a_day * each for each in workday)
    usual = {"hours_watched": (42.0,) * 24, "weekdays_watched": (144.0,) * 7}
    return Rhythm(MONDAY - timedelta(days=42), MONDAY, hours=counts, weekdays=weekly, latest=MONDAY - timedelta(hours=1), **usual)


def visits(rhythm: Rhythm, days: int, bounds: Bounds = FREE) -> list[datetime]:
    found, at = [], MONDAY
    while (at := next_visit(rhythm, PLAIN, bounds, at)) < MONDAY + timedelta(days=days):
        found.append(at)
    return found


@pytest.mark.parametrize("a_day", [5, 20, 100])
def test_as_many_visits_as_half_of_a_quarter_of_an_hour(a_day):
    found = visits(newsroom(a_day), 7)
    assert 0.9 * 46.5 * 7 <= len(found) <= 48 * 7
    by_day = [sum(at.day == 5 + day and 9 <= at.hour < 18 for at in found) for day in (1, 6)]
    assert by_day[0] > 2 * by_day[1]
    night = sum(at.hour < 6 for at in found) / 6
    work = sum(9 <= at.hour < 18 and at.weekday() < 5 for at in found) / 9 / 5 * 7
    assert work > 3 * night


def test_a_small_paper_is_visited_less_and_an_agency_more():
    assert len(visits(newsroom(0.5), 14)) / 14 < 10
    assert len(visits(newsroom(1500, range(24), range(7)), 2, Bounds(timedelta(minutes=1)))) / 2 > 1500 / ARTICLES_A_VISIT * 0.8


def test_a_paper_that_sleeps_is_looked_at_once_a_day_and_wakes():
    known = newsroom(10)
    now = MONDAY
    for _ in range(90):
        now += timedelta(days=1)
        known = learn(known, PLAIN, now, [])
    assert next_visit(known, PLAIN, FREE, now) - now == timedelta(hours=24)
    awake = learn(known, PLAIN, now + timedelta(days=1), [now + timedelta(hours=20)])
    assert next_visit(awake, PLAIN, FREE, awake.seen) - awake.seen <= timedelta(hours=6)


def test_a_visit_that_taught_nothing_is_followed_by_one_in_an_hour():
    assert next_visit(None, PLAIN, FREE, MONDAY) == MONDAY + timedelta(hours=1)
    assert next_visit(None, PLAIN, Bounds(longest=timedelta(minutes=20)), MONDAY) == MONDAY + timedelta(minutes=20)


def test_a_burst_brings_the_next_visit_nearer():
    known = newsroom(10)
    evening = MONDAY + timedelta(hours=20)
    calm = learn(known, PLAIN, evening, [])
    burst = learn(known, PLAIN, evening, [evening - timedelta(minutes=n) for n in range(30)])
    assert next_visit(burst, PLAIN, FREE, evening) - evening < (next_visit(calm, PLAIN, FREE, evening) - evening) / 2


def test_visits_missed_are_counted_by_the_same_rule():
    known = newsroom(20)
    end = MONDAY + timedelta(days=2)
    made = sum(at < end for at in visits(known, 2))
    assert visits_between(known, PLAIN, FREE, MONDAY, end) == pytest.approx(made, abs=2)
    assert visits_between(None, PLAIN, FREE, MONDAY, end) == 48


@settings(max_examples=60)
@given(
    st.floats(0.01, 3000),
    st.sets(st.integers(0, 23), min_size=1),
    st.integers(1, 60),
    st.integers(0, 600),
    st.datetimes(datetime(2026, 1, 6), datetime(2026, 3, 1), timezones=st.just(UTC)),
)
def test_the_next_visit_keeps_its_bounds(a_day, hours, shortest, more, last):
    bounds = Bounds(timedelta(minutes=shortest), timedelta(minutes=shortest + more), timedelta(minutes=shortest + more))
    rhythm = newsroom(a_day, sorted(hours))
    at = next_visit(rhythm, PLAIN, bounds, last)
    assert bounds.shortest <= at - last + timedelta(seconds=1)
    assert at - last <= bounds.longest
    assert at == next_visit(rhythm, PLAIN, bounds, last)
