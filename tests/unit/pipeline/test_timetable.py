"""Slots: wall-clock names without fold, laid on real clocks; missed ones caught up once."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.errors import SourceError
from pipeline.timetable import Timetable, check, instant, latest_due, next_due, slots_between, upcoming, wall_of

CASABLANCA = "Africa/Casablanca"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_an_interval_falls_on_the_grid_of_the_local_clock():
    slot = next_due(Timetable("Africa/Tunis", every=timedelta(minutes=15)), utc(2026, 5, 4, 10, 7))
    assert slot is not None
    assert (slot.wall, slot.at) == ("2026-05-04T11:15:00", utc(2026, 5, 4, 10, 15))


def test_a_cron_expression_is_read_in_the_zone_of_the_source():
    slot = next_due(Timetable(CASABLANCA, cron="30 6 * * *"), utc(2026, 7, 1, 0, 0))
    assert slot is not None
    assert (slot.wall, slot.at) == ("2026-07-01T06:30:00", utc(2026, 7, 1, 5, 30))


def test_a_source_that_never_ran_is_due_at_once_with_an_interval_but_waits_for_its_cron_time():
    now = utc(2026, 5, 4, 10, 7)
    due = latest_due(Timetable(every=timedelta(hours=1)), None, now)
    assert due is not None
    assert due.wall == "2026-05-04T10:00:00"
    assert latest_due(Timetable(cron="0 6 * * *"), None, now) is None
    assert latest_due(Timetable(cron="7 10 * * *"), None, now) is not None


def test_eight_hours_asleep_make_one_slot_the_newest():
    timetable = Timetable(every=timedelta(minutes=15))
    due = latest_due(timetable, "2026-05-04T02:00:00", utc(2026, 5, 4, 10, 7))
    assert due is not None
    assert due.wall == "2026-05-04T10:00:00"
    assert latest_due(timetable, due.wall, utc(2026, 5, 4, 10, 7)) is None


def test_a_weekly_slot_missed_five_days_ago_is_caught_up():
    due = latest_due(Timetable(cron="0 6 * * mon"), "2026-04-27T06:00:00", utc(2026, 5, 9, 12, 0))
    assert due is not None
    assert due.wall == "2026-05-04T06:00:00"


def test_the_hour_that_casablanca_repeats_runs_once():
    timetable = Timetable(CASABLANCA, cron="30 2 * * *")
    first = latest_due(timetable, "2026-02-14T02:30:00", utc(2026, 2, 15, 1, 31))
    assert first is not None
    assert (first.wall, first.at) == ("2026-02-15T02:30:00", utc(2026, 2, 15, 1, 30))
    assert latest_due(timetable, first.wall, utc(2026, 2, 15, 2, 31)) is None


def test_the_hour_that_casablanca_skips_runs_just_after_the_gap():
    timetable = Timetable(CASABLANCA, cron="30 2 * * *")
    before_gap = utc(2026, 3, 22, 1, 59)
    assert latest_due(timetable, "2026-03-21T02:30:00", before_gap) is None
    due = latest_due(timetable, "2026-03-21T02:30:00", utc(2026, 3, 22, 2, 0))
    assert due is not None
    assert (due.wall, due.at) == ("2026-03-22T02:30:00", utc(2026, 3, 22, 2, 0))


def test_a_clock_set_back_makes_nothing_due_twice():
    timetable = Timetable(every=timedelta(minutes=15))
    assert latest_due(timetable, "2026-05-04T11:00:00", utc(2026, 5, 4, 10, 20)) is None


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("every morning", "has 2 fields, not five"),
        ("* * *", "has 3 fields, not five"),
        ("61 * * * *", "there is no minute 61"),
        ("0 6 * * 9", "there is no weekday 9"),
        ("0 6 * * 1-99", "there is no weekday 99"),
        ("0 6 * * mon-fri/0", "'mon-fri/0' has a step that is not from 1 to 7"),
        ("*/90 * * * *", "'*/90' has a step that is not from 1 to 59"),
        ("0 6 * * mon!", "'mon!' is no weekday"),
        ("0 6 * jan-mai *", "there is no month mai"),
        ("0 6 ,1 * *", "'' is no day"),
        ("0 22-6 * * *", "'22-6' ends before it begins"),
        ("0 0 0 * *", "there is no day 0"),
        ("0 0 30 2 *", "can never come: none of its months has a day 30"),
        ("0 0 31 feb,4,jun mon", "can never come: none of its months has a day 31"),
    ],
)
def test_a_cron_expression_that_cannot_be_kept_is_named_with_the_reason(cron: str, why: str):
    with pytest.raises(SourceError, match=re.escape(why)) as raised:
        check(Timetable(cron=cron))
    assert str(raised.value).startswith(f"timetable.cron: {cron!r} ")


@pytest.mark.parametrize(
    ("cron", "comes"),
    [
        ("0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 30,31 2-4 *", "2026-03-30T00:00:00"),
        ("0 0 1 jan-jul/3 *", "2026-04-01T00:00:00"),
        ("0 0 last * *", "2026-03-31T00:00:00"),
        ("5/20 6-22 * * *", "2026-03-04T12:25:00"),
    ],
)
def test_what_a_cron_expression_may_say(cron: str, comes: str):
    slot = next_due(Timetable(cron=cron), utc(2026, 3, 4, 12, 5))
    assert slot is not None
    assert slot.wall == comes


@pytest.mark.parametrize(
    ("weekdays", "days"),
    [
        ("0", "7"),
        ("7", "7"),
        ("1", "1"),
        ("1-5", "12345"),
        ("0-2", "712"),
        ("6,0", "67"),
        ("sun", "7"),
        ("1-5/2", "135"),
        ("mon-fri/2", "135"),
        ("*/2", "7246"),
        ("fri-sun", "567"),
        ("5-7", "567"),
        ("SUN-Sat", "1234567"),
        ("mon-fri", "12345"),
        ("*", "1234567"),
    ],
)
def test_weekdays_are_numbered_as_crontab_numbers_them(weekdays: str, days: str):
    now, seen = utc(2026, 5, 3, 23, 59), set()  # a Sunday
    for _ in range(7):
        slot = next_due(Timetable(cron=f"0 6 * * {weekdays}"), now)
        assert slot is not None
        now = slot.at
        seen.add(str(now.isoweekday()))
    assert seen == set(days)


@given(
    st.sampled_from(sorted(available_timezones())),
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),
)
def test_every_wall_time_of_every_zone_happens_at_one_instant(name: str, naive: datetime):
    zone = ZoneInfo(name)
    wall = naive.replace(microsecond=0, tzinfo=UTC)
    at = instant(wall, zone)
    shown = at.astimezone(zone).replace(tzinfo=UTC, fold=0)
    assert shown >= wall, "never before its wall time"
    assert shown - wall <= timedelta(hours=25), "at most a gap later (a whole day was skipped in the Pacific)"


@given(
    st.sampled_from([CASABLANCA, "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
    st.integers(5, 24 * 60),
)
def test_polling_a_timetable_never_names_a_slot_twice(name: str, start: datetime, minutes: int):
    timetable = Timetable(name, every=timedelta(minutes=minutes))
    now = start.replace(tzinfo=UTC)
    last: str | None = None
    seen: list[str] = []
    for _ in range(12):
        if due := latest_due(timetable, last, now):
            last = due.wall
            seen.append(due.wall)
            assert due.at <= now
        now += timedelta(minutes=max(1, minutes // 3))
    assert seen == sorted(set(seen))


# ---------------------------------------------------------------- every zone, when its clocks change

TIMETABLES = (
    {"every": timedelta(minutes=30)},
    {"cron": "15,45 * * * *"},
    {"every": timedelta(minutes=20), "windows": ("22:10-02:30", "12:00-13:00")},
)


def change(zone: ZoneInfo, start: datetime, days: int) -> datetime | None:
    """The first instant, to the minute, at which the zone's offset changes within so many days after `start`."""
    offset = start.astimezone(zone).utcoffset()
    day = next((n for n in range(1, days + 1) if (start + timedelta(days=n)).astimezone(zone).utcoffset() != offset), None)
    if day is None:
        return None
    early, late = start + timedelta(days=day - 1), start + timedelta(days=day)
    while late - early > timedelta(minutes=1):
        middle = early + (late - early) / 2
        early, late = (middle, late) if middle.astimezone(zone).utcoffset() == offset else (early, middle)
    return late.replace(second=0, microsecond=0)


def follow(timetable: Timetable, start: datetime, end: datetime, step: timedelta):
    """Look at a timetable every `step`; return the slots it had, each with how many it missed, and the name it began with."""
    zone = ZoneInfo(timetable.zone)
    first = last = wall_of(start, zone).strftime("%Y-%m-%dT%H:%M:%S")
    found, now = [], start
    while now < end:
        now += step
        if due := latest_due(timetable, last, now):
            assert due.at <= now
            assert due.at > now - step, "as soon as it was due"
            found.append((due, slots_between(timetable, last, due.wall)))
            last = due.wall
    return found, first, last


def held(timetable: Timetable, start: datetime, end: datetime, step: timedelta) -> None:
    """Every wall time of the timetable ran once, or was missed because another became due at the same moment or in the same look."""
    found, first, last = follow(timetable, start, end, step)
    names = [due.wall for due, _ in found]
    assert names == sorted(set(names)), "a repeated time runs once"
    assert sum(1 + missed for _, missed in found) == slots_between(timetable, first, last) + (last != first)
    zone = ZoneInfo(timetable.zone)
    for due, _ in found:
        shown = wall_of(due.at, zone)
        skipped = shown.strftime("%Y-%m-%dT%H:%M:%S") != due.wall
        assert not skipped or wall_of(due.at - timedelta(seconds=1), zone) < datetime.fromisoformat(due.wall).replace(tzinfo=UTC) < shown


def test_torture_92_every_zone_keeps_its_slots_when_its_clocks_change():
    changed = 0
    for name in sorted(available_timezones()):
        moment = change(ZoneInfo(name), datetime(2026, 2, 1, tzinfo=UTC), 180)
        if moment is None:
            continue
        timetable = Timetable(name, **TIMETABLES[changed % 3])
        held(timetable, moment - timedelta(hours=2), moment + timedelta(hours=3), timedelta(minutes=15))
        changed += 1
    assert changed > 100


@given(
    st.sampled_from(sorted(available_timezones())),
    st.datetimes(datetime(1975, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(TIMETABLES),
    st.integers(3, 50),
)
@settings(max_examples=25)
def test_torture_92_any_zone_in_any_year(name: str, year: datetime, rule, minutes: int):
    moment = change(ZoneInfo(name), year, 400) or year
    held(Timetable(name, **rule), moment - timedelta(hours=3), moment + timedelta(hours=4), timedelta(minutes=minutes))


def test_torture_92_casablanca_in_ramadan():
    timetable = Timetable(CASABLANCA, cron="30 2 * * *")
    found, *_ = follow(timetable, utc(2026, 2, 13, 12), utc(2026, 3, 24, 12), timedelta(minutes=10))
    assert [due.wall[:10] for due, _ in found] == [str(date(2026, 2, 14) + timedelta(days=n)) for n in range(39)]
    at = {due.wall[:10]: due.at for due, _ in found}
    assert (at["2026-02-15"], at["2026-03-22"]) == (utc(2026, 2, 15, 1, 30), utc(2026, 3, 22, 2, 0))
    assert {missed for _, missed in found} == {0}


# ---------------------------------------------------------------- windows


def names(timetable: Timetable, now: datetime, number: int) -> list[str]:
    return [slot.wall[5:16] for slot in islice(upcoming(timetable, now), number)]


def test_what_falls_outside_the_windows_comes_when_the_next_opens():
    timetable = Timetable(every=timedelta(hours=4), windows=("06:00-23:00",))
    found = names(timetable, utc(2026, 5, 4, 0, 0), 7)
    assert found == ["05-04T06:00", "05-04T08:00", "05-04T12:00", "05-04T16:00", "05-04T20:00", "05-05T06:00", "05-05T08:00"]
    rare = Timetable(every=timedelta(days=2), windows=("06:30-07:00",))
    assert names(rare, utc(2026, 5, 4, 0, 0), 2) == ["05-04T06:30", "05-06T06:30"]


def test_a_window_may_cross_midnight_and_its_end_is_outside():
    timetable = Timetable(every=timedelta(hours=1), windows=("22:00-01:00", "12:30-13:30"))
    assert names(timetable, utc(2026, 5, 4, 12, 0), 6) == [
        "05-04T12:30",
        "05-04T13:00",
        "05-04T22:00",
        "05-04T23:00",
        "05-05T00:00",
        "05-05T12:30",
    ]
    whole = Timetable(every=timedelta(hours=12), windows=("00:00-24:00",))
    assert names(whole, utc(2026, 5, 4, 13, 0), 2) == ["05-05T00:00", "05-05T12:00"]


def test_a_morning_missed_is_caught_up_outside_the_window():
    timetable = Timetable(every=timedelta(hours=1), windows=("06:00-09:00",))
    due = latest_due(timetable, "2026-05-03T08:00:00", utc(2026, 5, 4, 20))
    assert due is not None
    assert due.wall == "2026-05-04T08:00:00"
    assert slots_between(timetable, "2026-05-03T08:00:00", due.wall) == 2


def test_slots_are_counted_up_to_a_bound():
    assert slots_between(Timetable(every=timedelta(minutes=1)), "2026-01-01T00:00:00", "2026-05-03T00:00:00") == 1000
    assert slots_between(Timetable(every=timedelta(minutes=15)), "2026-01-01T00:00:00", "2026-01-01T00:15:00") == 0
