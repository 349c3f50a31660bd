"""Backfills that the service works on beside the news."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from db.plans import SlicePlan
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import BackfillState, RunKind, Way
from pipeline import slices
from pipeline.service import Service

SECTIONS = ("sport", "ville", "culture")


@pytest.fixture
def asked_for(desk_on_both):
    """A paper of three sections with three articles each, and a backfill with a slice a section; the service that shall do it."""
    desk = desk_on_both
    desk.source(discovery="")
    desk.paper["/"] = desk.press.html("Le Journal", "")
    for place, name in enumerate(SECTIONS):
        paths = [f"/article/conseil-{place * 3 + k}" for k in range(3)]
        desk.paper[f"/{name}/"] = desk.press.html(name, desk.press.links(paths))
        desk.paper |= {path: desk.story(place * 3 + k) for k, path in enumerate(paths)}
    registry = desk.registry
    plans = [SlicePlan(Way.LISTING, f"/{name}/", None, None, {"starts": [["listing", f"http://paper.test/{name}/"]]}) for name in SECTIONS]

    def work(tx):
        SourceStore(tx).sync(registry.entries(), datetime.now(UTC))
        days = date(2014, 1, 1), date(2027, 1, 1)
        return BackfillStore(tx).open("paper", *days, [Way.LISTING], params={}, plans=plans, now=datetime.now(UTC))

    made = desk.database.transact(work)
    return desk, made, Service(desk.spec(), desk.database, registry)


def state(desk, number: int):
    with desk.database.read() as tx:
        return BackfillStore(tx).get(number)


def test_the_service_does_the_slices_beside_the_news(asked_for):
    desk, made, service = asked_for
    reports = service.work(lambda: state(desk, made.id).ended_at is not None)
    assert desk.articles() == sorted(f"/article/conseil-{k}" for k in range(9))
    assert state(desk, made.id).note == "3 slices: 3 done"
    assert {(report.kind, report.source) for report in reports} == {(RunKind.CRAWL, "paper"), (RunKind.BACKFILL, "paper")}


def test_a_paused_backfill_is_left_alone_by_the_service(asked_for):
    desk, made, service = asked_for
    desk.database.transact(lambda tx: slices.steer(tx, made.id, BackfillState.PAUSED, datetime.now(UTC)))
    reports = []
    service.on_report = reports.append
    service.work(lambda: len(reports) >= 1)
    assert [report.kind for report in reports] == [RunKind.CRAWL]
    assert state(desk, made.id).state is BackfillState.PAUSED
