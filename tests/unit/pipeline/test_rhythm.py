"""What visits teach: mean, hours, weekdays, bursts; kept as JSON without loss that matters; the same from the same visits."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.rhythm import from_json, hours_between, learn, liveliness, mean, rate, to_json, week

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
PLAIN = ZoneInfo("UTC")
HOUR = timedelta(hours=1)


def watched(zone, days, publish, step=HOUR, dated=True):
    """Learn from visits every `step`; `publish(wall)` says how many articles the hour before a visit brought."""
    known, now = learn(None, zone, MONDAY, []), MONDAY
    while now < MONDAY + timedelta(days=days):
        now += step
        count = publish((now - step).astimezone(zone))
        instants = [now - step + step * (n + 0.5) / count for n in range(count)]
        known = learn(known, zone, now, instants if dated else [], 0 if dated else count)
    return known


def office(wall):
    return 2 if wall.weekday() < 5 and 9 <= wall.hour < 17 else 0


@pytest.mark.parametrize("dated", [True, False])
def test_mean_hours_and_weekdays_are_learned(dated):
    known = watched(PLAIN, 42, office, dated=dated)
    assert mean(known) * 24 == pytest.approx(16 * 5 / 7, rel=0.1)
    assert rate(known, 1, 10) > 20 * rate(known, 1, 3)
    assert rate(known, 1, 10) > 3 * rate(known, 6, 10)
    assert len(week(known)) == 168
    assert week(known)[24 + 10] == pytest.approx(rate(known, 1, 10))


def test_hours_are_those_of_the_source():
    known = watched(ZoneInfo("Asia/Tokyo"), 28, office)
    assert max(range(24), key=lambda hour: known.hours[hour]) in range(9, 17)
    assert sum(known.hours[hour] for hour in range(9, 17)) == pytest.approx(sum(known.hours))


def test_a_first_visit_learns_from_what_its_articles_state():
    now = MONDAY + timedelta(days=30)
    said = [now - timedelta(hours=n) for n in range(48)]
    known = learn(None, PLAIN, now, [*said, now - timedelta(days=400)], undated=900)
    assert mean(known) * 24 == pytest.approx(24, rel=0.2)
    assert known.since == now - timedelta(hours=47)


def test_later_finds_of_old_articles_teach_nothing():
    known = learn(None, PLAIN, MONDAY, [MONDAY - HOUR])
    more = learn(known, PLAIN, MONDAY + HOUR, [MONDAY - timedelta(days=3)] * 500)
    assert sum(more.hours) < 1.1


def test_old_habits_fade():
    busy = watched(PLAIN, 28, lambda _: 4)
    now, known = busy.seen, busy
    for _ in range(24 * 56):
        now += HOUR
        known = learn(known, PLAIN, now, [])
    assert mean(known) < 0.3 * mean(busy)
    assert known.latest == busy.latest


def test_a_burst_is_noticed_and_forgotten_chance_is_not_believed():
    known = watched(PLAIN, 28, lambda wall: wall.hour % 2)
    now = known.seen + HOUR
    assert liveliness(learn(known, PLAIN, now, [now] * 2)) == 1
    burst = learn(known, PLAIN, now, [now - timedelta(minutes=n) for n in range(20)])
    assert liveliness(burst) > 4
    assert liveliness(burst, timedelta(hours=12)) < 1.2
    later = learn(burst, PLAIN, now + timedelta(hours=24), [])
    assert liveliness(later) <= 1


def test_a_clock_set_back_teaches_nothing():
    known = watched(PLAIN, 3, office)
    assert learn(known, PLAIN, known.seen - HOUR, [known.seen], 5) == known


def test_what_was_learned_is_kept_as_json():
    known = watched(PLAIN, 10, office)
    kept = json.loads(json.dumps(to_json(known)))
    back = from_json(kept)
    assert week(back) == pytest.approx(week(known), rel=0.01)
    assert (back.since, back.seen, back.latest) == (known.since, known.seen, known.latest)
    assert len(json.dumps(kept)) < 1500
    assert from_json(None) is None
    assert from_json({**kept, "version": 0}) is None


def test_the_same_visits_teach_the_same():
    chance = random.Random(1)
    said = [MONDAY + timedelta(minutes=chance.randrange(3000)) for _ in range(60)]
    both = [learn(learn(None, PLAIN, MONDAY, []), PLAIN, MONDAY + timedelta(days=3), order) for order in (said, sorted(said))]
    assert to_json(both[0]) == to_json(both[1])


def test_hours_are_cut_at_the_full_hour_and_none_is_lost_when_clocks_change():
    zone = ZoneInfo("Africa/Casablanca")
    start, end = datetime(2026, 2, 15, 0, 20, tzinfo=UTC), datetime(2026, 2, 15, 4, 40, tzinfo=UTC)
    pieces = list(hours_between(start, end, zone))
    assert sum((stop - begun for begun, stop, *_ in pieces), timedelta()) == end - start
    assert [hour for *_, hour in pieces] == [1, 2, 2, 3, 4]
