"""When articles are looked at again, which of the due looks are worth a request, and what an answer says of an article's fate."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.revisits import AGAIN, AGES, born_at, followed, is_rare, next_revisit, plan
from crawlers.sink import Visit
from db.records import Candidate, FetchedPage, FrontierLease, Hints, Settlement
from db.revisits import DueRevisit
from db.vocabulary import FailureClass, Fate, FoundBy, PageKind, PageState

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
URL = "http://a.test/1"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def lease(**more) -> FrontierLease:
    values = {"kind": PageKind.ARTICLE, "hints": Hints(), "fetched_at": None, "offered_at": NOW} | more
    kind, hints = values.pop("kind"), values.pop("hints")
    return FrontierLease(1, 1, "a", 1, URL, URL, "a.test", kind, FoundBy.FEED, hints, 300, 0, None, None, **values)


def page(state=PageState.UNREAD) -> FetchedPage:
    return FetchedPage("a", 1, URL, URL, PageKind.ARTICLE, NOW, 200, (), b"x", state)


def after(status=200, failure=None, *, kept=None, candidates=(), fetched=True, **more) -> Visit:
    settlement = Settlement(lease(**more), NOW, fetched=fetched, status=status, failure=failure)
    return followed(Visit(settlement, kept, candidates), NOW)


def test_a_fresh_article_is_looked_at_three_times_in_its_first_week():
    looks, moment = [], NOW
    while (at := next_revisit(NOW, moment)) is not None:
        looks.append(at)
        moment = at
    assert looks == [NOW + age for age in AGES]
    assert sum(at < NOW + timedelta(days=7) for at in looks) == 3


@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_next_look_lies_ahead_and_never_comes_sooner_for_an_older_article(age: timedelta):
    at, later = next_revisit(NOW - age, NOW), next_revisit(NOW - age - DAY, NOW)
    assert at is None or at > NOW
    assert at is not None or later is None


@pytest.mark.parametrize(
    ("published_at", "published_on", "born"),
    [
        (NOW - HOUR, None, NOW - HOUR),
        (NOW + DAY, None, NOW),
        (None, date(2026, 10, 20), datetime(2026, 10, 20, 12, tzinfo=UTC)),
        (None, date(2026, 11, 2), NOW),
        (None, None, NOW),
    ],
)
def test_an_article_is_as_old_as_it_says_and_never_younger_than_we_know(published_at, published_on, born):
    assert born_at(published_at, published_on, NOW) == born


# ---------------------------------------------------------------- after an answer


def test_a_new_page_gets_its_first_look():
    made = after(kept=page())
    assert (made.settlement.revisit_at, made.settlement.revisits, made.fate) == (NOW + 3 * HOUR, 0, None)


def test_an_old_one_is_spared_the_looks_it_has_outlived():
    made = after(kept=page(), hints=Hints(published_at=NOW - 10 * DAY))
    assert made.settlement.revisit_at == NOW + 20 * DAY


@pytest.mark.parametrize("kept", [page(PageState.REJECTED), None])
def test_what_is_no_page_to_read_is_not_looked_at_again(kept):
    assert after(kept=kept).settlement.revisit_at is None


@pytest.mark.parametrize("kind", [PageKind.FEED, PageKind.SITEMAP, PageKind.LISTING])
def test_other_kinds_have_no_such_timetable(kind):
    assert after(kept=page(), kind=kind).settlement.revisit_at is None


@pytest.mark.parametrize("status", [200, 304])
def test_an_article_that_is_still_there_is_present(status):
    made = after(status, fetched_at=NOW - HOUR, revisits=1)
    assert (made.fate, made.settlement.revisits, made.settlement.revisit_at) == (Fate.PRESENT, 2, NOW + 3 * HOUR)


def test_one_404_proves_nothing_a_second_or_a_410_does():
    first = after(404, FailureClass.GONE, fetched_at=NOW - DAY)
    assert (first.fate, first.settlement.revisit_at) == (None, NOW + AGAIN)
    second = after(404, FailureClass.GONE, fetched_at=NOW - DAY, last_failure=FailureClass.GONE)
    assert (second.fate, second.settlement.revisit_at) == (Fate.GONE, None)
    assert after(410, FailureClass.GONE, fetched_at=NOW - DAY).fate is Fate.GONE
    unknown = after(404, FailureClass.GONE)
    assert (unknown.fate, unknown.settlement.revisit_at) == (None, None), "there never was an article"


@pytest.mark.parametrize(("target", "fate"), [("http://a.test/2", Fate.MOVED), ("http://a.test/", Fate.GONE)])
def test_a_redirect_moves_an_article_or_hides_that_it_is_gone(target, fate):
    hop = Candidate(target, PageKind.ARTICLE, FoundBy.REDIRECT)
    assert after(301, candidates=(hop,), fetched_at=NOW - DAY).fate is fate


def test_a_failure_leaves_the_fate_open_and_the_timetable_standing():
    made = after(None, FailureClass.TIMEOUT, fetched=False, fetched_at=NOW - DAY, revisits=1)
    assert (made.fate, made.settlement.revisits, made.settlement.revisit_at) == (None, 1, NOW + 3 * HOUR)


def test_what_is_tried_again_in_a_moment_is_not_judged_yet():
    settlement = Settlement(lease(fetched_at=NOW), NOW, fetched=False, failure=FailureClass.TIMEOUT, retry_at=NOW + HOUR)
    assert followed(Visit(settlement), NOW) == Visit(settlement)


# ---------------------------------------------------------------- before a run


def due(number=1, **more) -> DueRevisit:
    values = {"revisits": 0, "offered_at": NOW - 3 * HOUR, "revisit_at": NOW, "holds_article": True} | more
    return DueRevisit(number, **values)


def test_a_due_look_is_made_and_a_page_without_an_article_is_left_alone():
    assert plan([due(1), due(2, holds_article=False)], [], NOW) == ([1], {2: None})


def test_an_article_that_proved_to_be_old_follows_its_true_age():
    old = due(published_on=date(2026, 10, 20))
    assert plan([old], [], NOW) == ([], {1: datetime(2026, 11, 19, 12, tzinfo=UTC)})
    ancient = due(published_on=date(2019, 1, 1))
    assert plan([ancient], [], NOW) == ([], {1: None})
    on_time = due(published_on=date(2026, 10, 20), revisit_at=datetime(2026, 11, 19, 12, tzinfo=UTC))
    assert plan([on_time], [], NOW + 18 * DAY + 10 * HOUR)[0] == [1]


def test_a_service_that_slept_makes_the_look_late_but_once():
    assert plan([due(offered_at=NOW - 5 * DAY, revisit_at=NOW - 5 * DAY + 3 * HOUR)], [], NOW)[0] == [1]


def test_a_page_that_failed_once_is_always_looked_at():
    assert plan([due(published_on=date(2019, 1, 1), failing=True)], [(100, 0)], NOW)[0] == [1]


def test_where_articles_hardly_change_only_a_sample_is_looked_at():
    habits = [(200, 3), (100, 30)]
    assert is_rare(habits, 0)
    assert not is_rare(habits, 1)
    assert not is_rare(habits, 2)
    made, later = plan([due(number) for number in range(1, 101)], habits, NOW)
    assert made == list(range(10, 101, 10))
    assert set(later.values()) == {NOW - 3 * HOUR + DAY}


def test_few_looks_prove_no_habit():
    assert not is_rare([(29, 0)], 0)
    assert is_rare([(30, 0)], 0)
