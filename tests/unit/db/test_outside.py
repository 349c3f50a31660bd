"""Articles of a run that turned out to be of other days than it was asked for."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from db.models import pages
from db.pages import PageStore
from db.runs import RunStore
from db.vocabulary import RunKind


def test_articles_of_other_days_are_counted_and_those_without_a_day_are_not(newsroom, texts):
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1), None]
    newsroom.save(*(newsroom.reading(f"https://bladi.example/{n}", texts(n, 90), on=day) for n, day in enumerate(days)))

    def work(tx):
        run = RunStore(tx).request("bladi", RunKind.REPLAY, now=newsroom.article("https://bladi.example/0").first_seen)[0]
        tx.execute(update(pages).values(run_id=run.id, state="read"))
        return run.id

    run_id = newsroom.database.transact(work)
    with newsroom.database.read() as tx:
        store = PageStore(tx)
        assert store.outside(run_id, date(2024, 1, 1), date(2025, 1, 1)) == 2
        assert store.outside(run_id, date(2024, 1, 1), None) == 1
        assert store.outside(run_id, None, date(2024, 1, 1)) == 3
        assert store.outside(run_id, None, None) == 0
        assert store.outside(run_id + 1, date(2024, 1, 1), date(2025, 1, 1)) == 0
