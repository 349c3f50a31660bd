"""What a fetching process counts by run: traps that its listings held, and walls in a row."""

from __future__ import annotations

from datetime import UTC, datetime

from crawlers.report import WALLS_IN_A_ROW, Report
from crawlers.sink import Outcome, Visit
from db.records import FetchedPage, FrontierLease, Hints, Settlement
from db.vocabulary import FailureClass, FoundBy, PageKind, PageReason, PageState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "http://a.test/1"


def outcome(state=PageState.UNREAD, reason=None, detail=None, *, run=1, kept=True):
    lease = FrontierLease(1, 1, "a", run, URL, URL, "a.test", PageKind.ARTICLE, FoundBy.FEED, Hints(), 300, 0, None, None)
    page = FetchedPage("a", run, URL, URL, PageKind.ARTICLE, NOW, 200, (), b"x", state, reason, detail)
    failure = FailureClass.BLOCKED if reason is PageReason.BLOCKED else None
    return Outcome(Visit(Settlement(lease, NOW, fetched=failure is None, status=200, failure=failure), page), kept=kept, state=state)


WALL = {"state": PageState.FAILED, "reason": PageReason.BLOCKED, "detail": "Cloudflare"}


def test_torture_16_walls_in_a_row_are_noticed():
    report = Report()
    report.add([outcome(**WALL)] * (WALLS_IN_A_ROW - 1))
    report.add([outcome(**WALL, run=2)])
    assert report.walled() == set()
    report.add([outcome(**WALL)])
    assert report.walled() == {1}
    assert report.counts(1)["blocked"] == WALLS_IN_A_ROW


def test_a_page_in_between_starts_the_count_again_and_a_plain_refusal_is_no_wall():
    report = Report()
    report.add([*[outcome(**WALL)] * (WALLS_IN_A_ROW - 1), outcome(), outcome(**WALL)])
    report.add([outcome(**{**WALL, "detail": None}, run=2)] * WALLS_IN_A_ROW)
    assert report.walled() == set()


def test_torture_57_traps_are_counted_by_kind_unless_the_visit_was_lost():
    report, trapped = Report(), outcome(PageState.PARSED, detail="3 trap_facets, 1 trap_depth")
    report.add([trapped, trapped, outcome(PageState.PARSED, detail="9 trap_session", kept=False)])
    counts = report.counts(1)
    assert (counts["trap_facets"], counts["trap_depth"], counts.get("trap_session")) == (6, 2, None)
