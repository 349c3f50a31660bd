"""Revisits: which pages' time has come, what is known of their articles, how often a source changes its articles, what became of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from db.frontier import FrontierStore
from db.identity import url_key
from db.records import Candidate, Hints, Settlement
from db.revisits import RevisitStore
from db.runs import RunStore
from db.vocabulary import FailureClass, Fate, FoundBy, PageKind, RunKind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def noon(newsroom):
    newsroom.source("bladi")
    return newsroom.reading("https://bladi.example/0", "x").page.fetched_at


def url(n: int) -> str:
    return f"https://bladi.example/article/{n}"


def fetched(newsroom, noon, numbers, *, visits=0, failure=None, revisit_at=None):
    """Frontier rows of articles that were fetched at noon, to be looked at again an hour later."""

    def work(tx):
        runs, frontier = RunStore(tx), FrontierStore(tx)
        run, _ = runs.request("bladi", RunKind.CRAWL, slot=None, params={}, now=noon)
        frontier.offer("bladi", run.id, [Candidate(url(n), PageKind.ARTICLE, FoundBy.FEED, Hints()) for n in numbers], now=noon)
        leases = frontier.lease("bladi.example", [run.id], "me", noon, noon + HOUR, 1000)
        settled = [
            Settlement(each, noon, fetched=True, status=200, failure=failure, revisits=visits, revisit_at=revisit_at or noon + HOUR)
            for each in leases
        ]
        frontier.settle(settled)
        return run.id

    return newsroom.database.transact(work)


def ask(newsroom, name, *args):
    return newsroom.database.transact(lambda tx: getattr(RevisitStore(tx), name)(*args))


def test_what_is_due_comes_with_what_is_known_of_its_article(newsroom, noon, texts):
    fetched(newsroom, noon, [1, 2, 3], failure=None)
    newsroom.save(newsroom.reading(url(1), texts(1)), newsroom.reading(url(2), texts(2), on=(noon - 9 * DAY).date()))
    assert ask(newsroom, "due", "bladi", noon, 10) == []
    due = {each.id: each for each in ask(newsroom, "due", "bladi", noon + HOUR, 10)}
    assert [(each.holds_article, each.published_on, each.failing) for _, each in sorted(due.items())] == [
        (True, None, False),
        (True, (noon - 9 * DAY).date(), False),
        (False, None, False),
    ]
    assert all(each.revisit_at == noon + HOUR and each.offered_at == noon for each in due.values())
    assert len(ask(newsroom, "due", "bladi", noon + HOUR, 2)) == 2


def test_a_request_makes_pages_wanted_by_a_run_once(newsroom, noon, texts):
    run = fetched(newsroom, noon, [1, 2])
    newsroom.save(newsroom.reading(url(1), texts(1)), newsroom.reading(url(2), texts(2)))
    ids = [each.id for each in ask(newsroom, "due", "bladi", noon + HOUR, 10)]
    assert ask(newsroom, "request", ids, run, 200, noon + HOUR) == 2
    assert ask(newsroom, "request", ids, run, 200, noon + HOUR) == 0, "they are wanted already"
    assert ask(newsroom, "due", "bladi", noon + DAY, 10) == []
    leases = newsroom.database.transact(lambda tx: FrontierStore(tx).lease("bladi.example", [run], "me", noon + HOUR, noon + 2 * HOUR, 10))
    assert [(each.priority, each.fetched_at, each.revisits) for each in leases] == [(200, noon, 0)] * 2


def test_what_is_put_off_comes_later_or_never(newsroom, noon):
    fetched(newsroom, noon, [1, 2])
    one, two = sorted(each.id for each in ask(newsroom, "due", "bladi", noon + HOUR, 10))
    ask(newsroom, "postpone", {one: noon + DAY, two: None})
    assert ask(newsroom, "due", "bladi", noon + HOUR, 10) == []
    assert [each.id for each in ask(newsroom, "due", "bladi", noon + 400 * DAY, 10)] == [one]


def test_habits_count_visits_and_the_publishers_changes(newsroom, noon, texts, again):
    fetched(newsroom, noon, range(1, 6), visits=2)
    fetched(newsroom, noon, [6, 7], visits=1)
    readings = [newsroom.reading(url(n), texts(n)) for n in range(1, 8)]
    newsroom.save(*readings)
    for hours in (3, 6):
        newsroom.save(newsroom.reading(url(1), texts(1) + f" Une phrase ajoutée à {hours} heures par la rédaction.", hours=hours))
    newsroom.save(newsroom.reading(url(2), texts(2) + " Une autre phrase ajoutée.", hours=3))
    newsroom.save(again(readings[2], text=texts(3) + " Lu autrement par un lecteur plus récent.", reading_version=2))
    assert ask(newsroom, "habits", "bladi", noon - DAY) == [(7, 2), (5, 1)]
    assert ask(newsroom, "habits", "bladi", noon + DAY) == []
    assert ask(newsroom, "habits", "other", noon - DAY) == []


def test_a_fate_is_written_where_it_differs_and_gets_a_change_number(newsroom, noon, texts):
    newsroom.save(newsroom.reading(url(1), texts(1)), newsroom.reading(url(2), texts(2)))
    before = newsroom.article(url(1)).change
    key = url_key(url(1))
    assert ask(newsroom, "record_fates", [("bladi", key, Fate.PRESENT), ("bladi", "http://bladi.example/none", Fate.GONE)]) == 0
    assert newsroom.article(url(1)).change == before
    assert ask(newsroom, "record_fates", [("bladi", key, Fate.GONE), ("other", key, Fate.MOVED)]) == 1
    assert newsroom.article(url(1)).fate is Fate.GONE
    assert newsroom.article(url(1)).change > before
    assert newsroom.article(url(2)).fate is Fate.PRESENT
    assert ask(newsroom, "record_fates", []) == 0


def test_validators_are_known_to_lie_when_other_content_comes_under_them(newsroom, noon):
    database = newsroom.database

    def settle(**said):
        def work(tx):
            tx.execute(text("UPDATE frontier SET due_at = :now, lease_owner = NULL, lease_until = NULL"), {"now": str(noon)[:19]})
            [lease] = FrontierStore(tx).lease("bladi.example", [run], "me", noon + DAY, noon + 2 * DAY, 1)
            FrontierStore(tx).settle([Settlement(lease, noon + DAY, fetched=True, **said)])
            row = tx.execute(text("SELECT unchanged, validators_lie FROM frontier")).one()
            return row.unchanged, bool(row.validators_lie)

        return database.transact(work)

    run = fetched(newsroom, noon, [1])
    assert settle(status=200, etag='"a"', altered=None) == (0, False)
    assert settle(status=304) == (1, False)
    assert settle(status=304) == (2, False)
    assert settle(status=200, etag='"a"', altered=True) == (0, True)
    assert settle(status=200, etag='"b"', altered=True) == (0, False), "an honest change"
    assert settle(status=200, etag=None, last_modified="Mon", altered=True) == (0, False)
    assert settle(status=200, etag=None, last_modified="Mon", altered=True) == (0, True)
    assert settle(status=200, etag=None, last_modified="Mon", altered=False) == (0, False), "believed again"
    assert settle(status=503, failure=FailureClass.HTTP_5XX) == (0, False)
