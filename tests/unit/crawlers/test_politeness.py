"""The pace of a host: delay, requests under way, pauses, Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.politeness import JITTER, MAX_CRAWL_DELAY, MAX_PAUSE, HostSlot, retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_host_is_asked_one_request_at_a_time_by_default():
    slot = HostSlot("a.test")
    slot.start(0.0)
    assert not slot.is_free(100.0)
    slot.finish(100.0)
    assert slot.is_free(100.0)


def test_the_delay_counts_from_the_answer():
    slot = HostSlot("a.test", delay=2.0)
    slot.start(0.0)
    slot.finish(5.0)
    assert not slot.is_free(6.9)
    assert slot.is_free(5.0 + 2.0 * (1 + JITTER))
    assert slot.wait(5.0) >= 2.0


def test_several_requests_at_once_keep_the_delay_between_their_starts():
    slot = HostSlot("a.test", delay=1.0, concurrency=2)
    slot.start(0.0)
    assert not slot.is_free(0.5)
    assert slot.is_free(1.2)
    slot.start(1.2)
    assert not slot.is_free(9.0), "both are under way"


@given(delay=st.floats(0, 100), now=st.floats(0, 1e6))
def test_jitter_only_adds(delay, now):
    slot = HostSlot("a.test", delay=delay)
    slot.start(now)
    assert now + delay <= slot.next_at <= now + delay * (1 + JITTER) + 1e-6


def test_torture_38_two_sources_on_one_host_share_the_careful_limit():
    slot = HostSlot("a.test")
    slot.configure(0.5, 4)
    slot.configure(3.0, 1)
    slot.configure(1.0, 8)
    assert (slot.delay, slot.concurrency) == (3.0, 1)


@pytest.mark.parametrize(
    ("stated", "delay"), [(0.5, 0.5), (30.0, 30.0), (100_000.0, MAX_CRAWL_DELAY), (None, 0.0), (0.0, 0.0), (-1.0, 0.0)]
)
def test_torture_34_crawl_delay_is_applied_and_capped(stated, delay):
    slot = HostSlot("a.test")
    slot.slow_down(stated)
    assert slot.delay == delay


def test_our_own_longer_delay_stays_whatever_robots_txt_allows():
    slot = HostSlot("a.test", delay=5.0, concurrency=3)
    slot.slow_down(1.0)
    assert (slot.delay, slot.concurrency) == (5.0, 1)


def test_a_pause_silences_the_host():
    slot = HostSlot("a.test")
    slot.pause(7.0, 10.0)
    assert not slot.is_free(16.9)
    assert slot.is_free(17.0)
    slot.pause(1.0, 10.0)
    assert not slot.is_free(16.9), "a shorter pause does not end a longer one"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("0", 0),
        ("999999999", MAX_PAUSE.total_seconds()),
        ("9" * 400, MAX_PAUSE.total_seconds()),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), MAX_PAUSE.total_seconds()),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), None),
        ("Sun, 01 Mar 2026 12:01:00", 60),
        ("abc", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_torture_18_retry_after(value, seconds):
    wait = retry_after(value, NOW)
    assert (wait.total_seconds() if wait is not None else None) == seconds


@given(st.text())
def test_any_retry_after_is_understood_or_ignored(value):
    wait = retry_after(value, NOW)
    assert wait is None or timedelta(0) <= wait <= MAX_PAUSE


def test_a_host_that_a_dead_process_may_have_asked_just_now_gets_its_whole_delay():
    slot = HostSlot("a.test", asked_before=100.0)
    slot.configure(2.0, 1)
    assert slot.next_at == 102.0
    slot.slow_down(8.0)
    assert slot.next_at == 108.0
    plain = HostSlot("a.test")
    plain.configure(2.0, 1)
    assert plain.next_at == 0.0
