"""Slots: wall-clock names without fold, laid on real clocks; missed ones caught up once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import SourceError
from pipeline.timetable import Timetable, check, instant, latest_due, next_due

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


@pytest.mark.parametrize("cron", ["every morning", "61 * * * *", "0 6 * * 9", "* * *", "0 6 * * 1-99"])
def test_an_unreadable_cron_expression_is_named(cron: str):
    with pytest.raises(SourceError, match=re.escape(cron)):
        check(Timetable(cron=cron))


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
