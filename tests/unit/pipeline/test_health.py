"""How a source is, told from its runs: noticed by the second that shows it, no alarm by the first, none on quiet weekends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.records import Run
from db.vocabulary import FailureClass, HealthState, PageReason, RunKind, RunState
from pipeline.health import WELL, access, assess, silence_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
TODAY = NOW.date()
DAILY = [TODAY - timedelta(days=k) for k in range(40)]
WEEKDAYS = [day for day in DAILY if day.weekday() < 5]

GOOD = {"fetched": 6, "parsed": 1, "read": 5, "new": 5, "dated": 5, "signed": 5, "text_median": 2000, "lists_answered": 1}
IDLE = {"lists_answered": 1}
DOWN = {"connect": 2, "lists_answered": 0, "lists_failed": 2}
SERVER_ERRORS = {"fetched": 2, "failed": 2, "http_5xx": 2, "lists_answered": 0, "lists_failed": 2}
WALLED = {"fetched": 20, "failed": 20, "blocked": 20, "lists_answered": 1}
FORBIDDEN = {"robots": 2, "lists_answered": 0, "lists_failed": 2}
EMPTY_PAGES = {"fetched": 5, "rejected": 4, "empty": 4, "lists_answered": 1}
NO_FEED = {"fetched": 1, "failed": 1, "unreadable": 1, "lists_answered": 0, "lists_failed": 1}


def run(counts, state=RunState.DONE):
    return Run(1, "a", RunKind.CRAWL, None, state, {}, counts, None, None, 0, NOW, NOW, NOW)


def runs(*counts):
    """Runs, the oldest first as they are written here, told newest first."""
    failed = [RunState.FAILED if each in (DOWN, FORBIDDEN) else RunState.DONE for each in counts]
    return [run(each, state) for each, state in zip(counts, failed, strict=True)][::-1]


def told(*counts, days=(), before=HealthState.OK):
    verdict = assess(runs(*counts), list(days), TODAY, before)
    return verdict and verdict.state


BAD = [
    (DOWN, HealthState.FAILING),
    (SERVER_ERRORS, HealthState.FAILING),
    ({"left": 3, "lists_answered": 0}, HealthState.FAILING),
    (WALLED, HealthState.REFUSED),
    (FORBIDDEN, HealthState.REFUSED),
    ({"rejected": 4, "consent": 4, "lists_answered": 1}, HealthState.REFUSED),
    (EMPTY_PAGES, HealthState.LAYOUT),
    (NO_FEED, HealthState.LAYOUT),
    ({**GOOD, "text_median": 150}, HealthState.LAYOUT),
    ({**GOOD, "dated": 0}, HealthState.LAYOUT),
    ({**GOOD, "signed": 1}, HealthState.LAYOUT),
]


@pytest.mark.parametrize(("counts", "state"), BAD, ids=[f"{state}-{k}" for k, (_, state) in enumerate(BAD)])
def test_two_bad_runs_are_noticed_and_one_is_not(counts, state):
    past = [GOOD] * 6
    assert told(*past, counts) is HealthState.OK
    assert told(*past, counts, counts) is state
    assert told(*past, counts, counts, counts) is state
    assert told(*past, counts, GOOD, counts) is HealthState.OK
    assert told(*past, counts, counts, GOOD) is HealthState.OK


@pytest.mark.parametrize(("counts", "state"), BAD, ids=[f"{state}-{k}" for k, (_, state) in enumerate(BAD)])
def test_the_sentence_has_evidence_and_advice(counts, state):
    verdict = assess(runs(*[GOOD] * 6, counts, counts), [], TODAY)
    assert verdict.state is state
    evidence, _, advice = verdict.evidence.partition(": ")
    assert len(evidence) > 10
    assert len(advice) > 10


def test_two_bad_runs_of_different_kinds_are_two_bad_runs():
    assert told(*[GOOD] * 6, DOWN, WALLED) is HealthState.REFUSED
    assert told(*[GOOD] * 6, WALLED, DOWN) is HealthState.FAILING


def test_a_source_that_never_answered_is_noticed_by_its_second_run():
    assert told(DOWN) is HealthState.OK
    assert told(DOWN, DOWN) is HealthState.FAILING


def test_runs_without_pages_say_nothing_of_pages():
    assert told(*[GOOD] * 6, EMPTY_PAGES, *[IDLE] * 5, EMPTY_PAGES, IDLE) is HealthState.LAYOUT
    assert told(*[GOOD] * 6, WALLED, *[IDLE] * 5, WALLED, IDLE) is HealthState.REFUSED
    assert told(*[GOOD] * 6, DOWN, DOWN, IDLE) is HealthState.OK, "it answers again"


@pytest.mark.parametrize("before", [HealthState.REFUSED, HealthState.LAYOUT])
def test_silence_is_no_recovery(before):
    assert told(*[IDLE] * 60, before=before) is None


def test_a_new_layout_is_compared_with_what_was_before_it():
    short = {**GOOD, "text_median": 150}
    bad = runs(*[short] * 30)
    assert assess(bad, [], TODAY, HealthState.LAYOUT, runs(*[GOOD] * 6)).state is HealthState.LAYOUT
    assert assess(runs(*[short] * 30, GOOD), [], TODAY, HealthState.LAYOUT, runs(*[GOOD] * 6)) == WELL


def test_a_few_more_bad_pages_are_no_recovery():
    rejected = {"rejected": 1, "empty": 1, "lists_answered": 1}
    short = {**GOOD, "new": 1, "dated": 1, "signed": 1, "text_median": 150}
    for few in (rejected, short):
        assert told(*[GOOD] * 6, few, few) is HealthState.OK
        assert told(*[GOOD] * 6, few, few, before=HealthState.LAYOUT) is HealthState.LAYOUT
        assert told(*[GOOD] * 6, few, few, {**GOOD, "new": 1}, before=HealthState.LAYOUT) is HealthState.OK


def test_few_pages_are_no_change_of_layout():
    gallery = {"rejected": 1, "gallery": 1, "fetched": 1, "lists_answered": 1}
    assert told(*[GOOD] * 6, gallery, gallery) is HealthState.OK
    assert told(GOOD, EMPTY_PAGES, EMPTY_PAGES) is HealthState.OK, "too little is known of it"


def test_a_source_that_never_had_dates_does_not_lose_them():
    bare = {**GOOD, "dated": 0, "signed": 0}
    assert told(*[bare] * 10) is HealthState.OK


def test_runs_of_an_older_program_raise_no_alarm():
    old = {"fetched": 6, "new": 5}
    assert told(*[old] * 8) is HealthState.OK
    assert told(*[old] * 8, GOOD, GOOD) is HealthState.OK
    assert told({"left": 4}, {"left": 4}) is HealthState.OK
    assert told({}, {}) is HealthState.OK


def test_one_article_that_does_not_answer_is_no_failing_source():
    assert told(*[GOOD] * 3, {"timeout": 1, "lists_answered": 1}, {"http_5xx": 1, "lists_answered": 1}) is HealthState.OK


def test_a_first_bad_run_leaves_what_was_known():
    assert told(GOOD, DOWN, before=HealthState.QUIET) is None


# ---------------------------------------------------------------- silence


@pytest.mark.parametrize(("days", "silent", "quiet"), [(DAILY, 2, False), (DAILY, 3, True), (WEEKDAYS, 6, False), (WEEKDAYS, 7, True)])
def test_quiet_is_far_longer_than_the_longest_pause(days, silent, quiet):
    newest = next(day for day in days if day.weekday() == 4)
    known = [day for day in days if day <= newest]
    verdict = assess(runs(IDLE, IDLE), known, newest + timedelta(days=silent))
    assert verdict.state is (HealthState.QUIET if quiet else HealthState.OK)


def test_no_alarm_on_any_day_of_weeks_with_weekends_and_a_holiday():
    start = date(2026, 1, 5)
    published = [start + timedelta(days=k) for k in range(70) if (start + timedelta(days=k)).weekday() < 5]
    holiday = date(2026, 2, 20)  # a Friday: four days without a paper, once a rhythm is known
    published = [day for day in published if day not in {holiday, holiday + timedelta(days=3)}]
    for k, idle in product(range(70), range(3)):
        today = start + timedelta(days=k)
        known = [day for day in published[::-1] if day <= today]
        assert assess(runs(*[IDLE] * (idle + 1)), known, today) == WELL, today


def test_silence_is_told_after_two_idle_runs_only():
    known = [day - timedelta(days=10) for day in DAILY]
    assert told(GOOD, IDLE, days=known) is HealthState.OK
    assert told(GOOD, IDLE, IDLE, days=known) is HealthState.QUIET
    assert told(GOOD, IDLE, {**IDLE, "left": 3}, days=known) is HealthState.OK, "something is waiting to be fetched"


@pytest.mark.parametrize("days", [[], DAILY[:3], DAILY[:10], [TODAY, TODAY - timedelta(days=300)]], ids=len)
def test_without_a_rhythm_there_is_no_silence(days):
    assert silence_of(days, TODAY + timedelta(days=90)) is None


def test_days_that_lie_ahead_are_not_believed():
    assert silence_of([TODAY + timedelta(days=300), *DAILY], TODAY + timedelta(days=9)) is not None


# ---------------------------------------------------------------- anything at all

WORDS = [*FailureClass, *PageReason, "new", "revised", "same", "fetched", "left", "lists_answered", "lists_failed", "dated", "text_median"]
COUNTS = st.dictionaries(st.sampled_from([str(word) for word in WORDS]), st.integers(0, 50), max_size=6)


@given(st.lists(COUNTS, max_size=8), st.sampled_from(HealthState), st.sampled_from([RunState.DONE, RunState.FAILED, RunState.STOPPED]))
def test_any_counts_give_a_verdict_and_a_good_run_is_always_let_in(history, before, state):
    verdict = assess([run(counts, state) for counts in history], DAILY, TODAY, before)
    assert verdict is None or (verdict.state is HealthState.OK) == (verdict.evidence == "")
    assert access({"new": 1}, state) is HealthState.OK
