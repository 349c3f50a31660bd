"""When a source's address has moved or gone for good: the same answer in three runs, nothing else in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.records import ArchiveLocation, Hints, StoredPage
from db.vocabulary import PageKind, PageState
from pipeline.moved import notice_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = "http://a.test/feed"


def answers(*told):
    """Newest first: (run, status, location)."""
    return [
        StoredPage(
            id=100 - n,
            source="a",
            run_id=run,
            url=FEED,
            url_key=FEED,
            kind=PageKind.FEED,
            fetched_at=NOW - timedelta(hours=n),
            status=status,
            headers=(("Location", location),) if location else (),
            body_digest="",
            location=ArchiveLocation("f", n, 1),
            state=PageState.PARSED,
            reason=None,
            detail=None,
            attempts=0,
            fence=0,
            hints=Hints(),
        )
        for n, (run, status, location) in enumerate(told)
    ]


def test_torture_56_a_feed_that_moved_is_told_after_the_third_run():
    moved = [(run, 301, "/rss") for run in (3, 2, 1)]
    assert notice_of(answers(*moved)) == f"{FEED} has moved for good: write http://a.test/rss into the source file instead"
    assert notice_of(answers(*moved[:2])) is None


def test_torture_56_a_feed_that_is_gone_is_told_after_the_third_run():
    assert notice_of(answers(*[(run, 410, None) for run in (3, 2, 1)])) == f"{FEED} is gone for good (410): take it out of the source file"


@pytest.mark.parametrize(
    "told",
    [
        [(3, 301, "/rss"), (3, 301, "/rss"), (2, 301, "/rss")],
        [(3, 301, "/rss"), (2, 200, None), (1, 301, "/rss"), (0, 301, "/rss")],
        [(3, 301, "/rss"), (2, 301, "/atom"), (1, 301, "/rss")],
        [(3, 302, "/rss"), (2, 302, "/rss"), (1, 302, "/rss")],
        [(3, 404, None), (2, 404, None), (1, 404, None)],
        [(3, 200, None), (2, 200, None), (1, 200, None)],
        [(3, 301, "file:///etc/passwd"), (2, 301, "file:///etc/passwd"), (1, 301, "file:///etc/passwd")],
    ],
)
def test_torture_56_anything_less_is_no_proof(told):
    assert notice_of(answers(*told)) is None
