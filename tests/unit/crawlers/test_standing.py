"""What a host's answers say of it: slower after failures, away after refusals, left alone when it is down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.politeness import HostSlot
from crawlers.standing import LONGEST_REFUSED_PAUSE, REFUSALS, SIGNS, SILENCES, SLOWEST_PACE, Sign, Standing, sign_of
from db.vocabulary import FailureClass


def paces(signs, delay=0.0):
    slot, moment, found = HostSlot("a.test", delay=delay), 0.0, []
    for n, sign in enumerate(signs):
        slot.start(moment)
        slot.finish(moment, sign, url=str(n))
        assert slot.wait(moment) >= slot.pace, "the delay counts from here"
        found.append(slot.pace)
        moment = slot.next_at
    return found


def test_each_failure_in_a_row_doubles_the_pace_and_each_good_answer_halves_the_extra():
    signs = [Sign.SILENT] * 4 + [Sign.GOOD] * 7
    assert paces(signs) == [0.5, 1, 2, 4, 2, 1, 0.5, 0.25, 0.125, 0, 0]
    assert paces([Sign.TROUBLED] * 3 + [Sign.GOOD] * 2, delay=2.0) == [4, 8, 16, 9, 5.5]


@pytest.mark.parametrize(("delay", "slowest"), [(0.0, SLOWEST_PACE), (7.0, SLOWEST_PACE), (90.0, 90.0)])
def test_slowing_has_an_end_and_never_undercuts_the_source(delay, slowest):
    found = paces([Sign.SILENT] * 12, delay)
    assert max(found) == found[-1] == slowest
    assert min(found) >= delay


def test_one_broken_page_among_good_ones_costs_almost_nothing():
    signs = ([Sign.TROUBLED] + [Sign.GOOD] * 19) * 10
    assert sum(paces(signs)) < 10
    assert paces([Sign.GOOD] * 50) == [0] * 50, "a healthy host is not slowed"


@given(st.lists(st.sampled_from(Sign), max_size=60), st.floats(0, 100))
def test_the_pace_stays_between_the_delay_and_its_limit(signs, delay):
    assert all(delay <= pace <= max(SLOWEST_PACE, delay) + 1e-9 for pace in paces(signs, delay))


def test_requests_that_were_under_way_together_meet_one_trouble():
    slot = HostSlot("a.test", concurrency=8)
    for _ in range(8):
        slot.start(0.0)
    for n in range(8):
        slot.finish(1.0, Sign.SILENT, url=str(n))
    assert (slot.pace, slot.at_once, slot.standing.silences) == (0.5, 1, 1)
    slot.start(2.0)
    slot.finish(2.0, Sign.SILENT, url="9")
    assert (slot.pace, slot.standing.silences) == (1.0, 2)
    for _ in range(4):
        slot.start(9.0)
        slot.finish(9.0, Sign.GOOD)
    assert slot.at_once == 8


def test_every_failure_class_says_something():
    assert set(SIGNS) == set(FailureClass)
    assert sign_of(None) is Sign.GOOD
    slowing = {failure for failure in FailureClass if paces([sign_of(failure)]) != [0]}
    assert slowing == {FailureClass.DNS, FailureClass.CONNECT, FailureClass.TLS, FailureClass.TIMEOUT, FailureClass.HTTP_5XX}


def test_a_host_that_wishes_silence_is_slowed_whatever_its_answer_is_called():
    standing = Standing()
    standing.hear(Sign.REFUSED, 0.0, wishes_silence=True)
    assert (standing.extra, standing.refusals) == (0.5, 1)


def refuse(standing, times):
    pauses = []
    for _ in range(times):
        standing.hear(Sign.REFUSED, 0.0)
        pauses.append(standing.refused_pause())
    return pauses


def test_refusals_in_a_row_make_pauses_that_double_up_to_a_day():
    pauses = [pause for pause in refuse(Standing(), 10 * REFUSALS) if pause]
    assert pauses[:4] == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
    assert pauses[-3:] == [LONGEST_REFUSED_PAUSE] * 3
    assert len(pauses) == 10


def test_a_good_answer_ends_the_row_of_refusals_and_a_silence_does_not():
    standing = Standing()
    refuse(standing, REFUSALS - 1)
    standing.hear(Sign.SILENT, 0.0, url="x")
    standing.hear(Sign.ANSWERED, 0.0)
    assert refuse(standing, 1) == [timedelta(minutes=15)]
    refuse(standing, REFUSALS - 1)
    standing.hear(Sign.GOOD, 0.0)
    assert refuse(standing, REFUSALS - 1) == [None] * (REFUSALS - 1)


def silent(urls, *, heard_from=True):
    standing = Standing()
    if heard_from:
        standing.hear(Sign.GOOD, 0.0)
    for url in urls:
        standing.hear(Sign.SILENT, 0.0, url=url)
    return standing


def test_a_host_is_down_after_silence_from_several_addresses():
    assert not silent("abcd").is_down
    assert silent("abcde").is_down
    assert silent("ababc").is_down
    assert not silent("aaaaaabbbbbb").is_down, "two pages that never come prove nothing about the others"
    assert len("abcde") == SILENCES


def test_a_host_that_never_answered_is_down_sooner():
    assert not silent("abab", heard_from=False).is_down
    assert silent("ababa", heard_from=False).is_down
    assert not silent("ababa").is_down


@pytest.mark.parametrize("sign", [Sign.GOOD, Sign.TROUBLED, Sign.REFUSED, Sign.ANSWERED])
def test_any_answer_shows_that_somebody_is_there(sign):
    standing = silent("abcd")
    standing.hear(sign, 0.0)
    standing.hear(Sign.SILENT, 0.0, url="e")
    assert not standing.is_down


def test_a_host_that_was_down_is_left_alone_again_after_one_attempt_in_vain():
    standing = silent("abcde")
    standing.hear(Sign.NONE, 0.0)
    standing.hear(Sign.SILENT, 0.0, url="a")
    assert standing.is_down
    assert not standing.is_plain
    standing.hear(Sign.GOOD, 0.0)
    assert not standing.is_down
