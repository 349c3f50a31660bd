"""Source files for invented papers, and a database in which most of their articles count as fetched, so that a first visit is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from crawlers.registry import Registry
from db.engine import Database, Transaction
from db.frontier import FrontierStore
from db.records import Candidate, Settlement
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import FoundBy, PageKind, RunKind, RunState

SOURCE = """
home = "http://{host}/"
title = "{host}"
languages = ["fr"]
time_zone = "UTC"

[discovery]
feeds = ["/feed.xml"]
sitemaps = ["/sitemap.xml"]
{discovery}

[politeness]
delay = {delay}
concurrency = {concurrency}

[timetable]
cron = "{cron}"
"""


def write_sources(folder: Path, hosts: Sequence[str], cron: str, *, delay: float = 0, concurrency: int = 2, discovery: str = "") -> None:
    """One file a host, named by its first label."""
    folder.mkdir(parents=True)
    for host in hosts:
        text = SOURCE.format(host=host, cron=cron, delay=delay, concurrency=concurrency, discovery=discovery)
        (folder / f"{host.partition('.')[0]}.toml").write_text(text, encoding="utf-8")


def mark_fetched(url: str, sources: Path, paths: Sequence[str], now: datetime) -> None:
    """Enter these articles of every source as fetched an hour before `now`, in a run that is over."""
    database, registry = Database.open(url), Registry([sources], bundled=False)
    earlier = now - timedelta(hours=1)

    def work(tx: Transaction, names: Sequence[str]) -> None:
        runs, frontier = RunStore(tx), FrontierStore(tx)
        for name in names:
            host = registry.get(name).home.split("/")[2]
            opened, _ = runs.request(name, RunKind.BACKFILL, params={}, now=earlier)
            run = runs.lease(opened.id, "benchmark", earlier, now)
            assert run is not None
            found = [Candidate(f"http://{host}{path}", PageKind.ARTICLE, FoundBy.FEED) for path in paths]
            frontier.offer(name, run.id, found, now=earlier)
            leases = frontier.lease(host, [run.id], "benchmark", earlier, now, len(paths))
            frontier.settle([Settlement(lease, earlier, fetched=True, status=200) for lease in leases])
            runs.finish(run, RunState.DONE, {}, "entered by the benchmark", earlier)

    database.transact(lambda tx: SourceStore(tx).sync(registry.entries(), earlier))
    names = registry.names()
    for start in range(0, len(names), 100):
        database.transact(lambda tx, chunk=names[start : start + 100]: work(tx, chunk))  # type: ignore[misc]
    database.close()
