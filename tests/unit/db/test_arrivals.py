"""When what a run brought was published: its own new articles only."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import update

from db.arrivals import arrivals
from db.models import pages
from db.readings import PublicationDate
from db.runs import RunStore
from db.vocabulary import DateEvidence, PageState, Precision, RunKind, SaveOutcome

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_new_articles_of_a_run_with_instant_or_day(newsroom, texts):
    exact = PublicationDate(date(2024, 5, 1), Precision.SECOND, DateEvidence.META, NOON)
    readings = [
        newsroom.reading("https://bladi.example/1", texts(1), published=exact),
        newsroom.reading("https://bladi.example/2", texts(2), on=date(2024, 4, 30)),
        newsroom.reading("https://bladi.example/3", texts(3)),
        newsroom.reading("https://bladi.example/4", texts(4), published=exact),
    ]
    newsroom.save(*readings)

    def work(tx):
        runs = [RunStore(tx).request("bladi", RunKind.CRAWL, slot=slot, now=NOON)[0].id for slot in ("a", "b")]
        for reading, outcome in zip(readings, ("new", "copy", "new", "same"), strict=True):
            row = {"run_id": runs[0], "state": PageState.READ, "detail": SaveOutcome(outcome)}
            tx.execute(update(pages).where(pages.c.id == reading.page.id).values(row))
        return [sorted(arrivals(tx, run), key=str) for run in runs]

    found, other = newsroom.database.transact(work)
    assert sorted(found, key=str) == sorted([(NOON, date(2024, 5, 1)), (None, date(2024, 4, 30)), (None, None)], key=str)
    assert other == []
