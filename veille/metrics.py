"""Figures of a database in Prometheus' text format, printed or kept in a file; counting them is `db.figures`' business."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from db.engine import Database
from db.errors import SettingError, VeilleError
from db.figures import stock_figures, work_figures
from db.monitoring import StockFigures, WorkFigures
from db.services import ServiceStore
from db.vocabulary import HealthState
from veille.wellbeing import is_alive

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
"""How often the file is written."""
STOCK_SECONDS = 300.0
"""How often what costs more is counted anew."""


def exposition(database: Database, now: datetime) -> str:
    """Everything at one instant, in the text format. Raises SettingError without prometheus_client."""
    return _Figures(database, lambda: now).text()


class _Figures:
    """A collector of prometheus_client over one database."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._library = _library()
        self._stock: StockFigures | None = None
        self._stock_at = 0.0

    def text(self) -> str:
        """The text format of a registry that holds nothing else: no figures of this process slip in."""
        registry = self._library.CollectorRegistry(auto_describe=False)
        registry.register(self)
        return str(self._library.generate_latest(registry).decode())

    def describe(self) -> list[Any]:
        """Nothing beforehand: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Any]:
        """The families, as prometheus_client asks for them."""
        moment, now = time.monotonic(), self._clock()
        with self._database.read() as tx:
            service = ServiceStore(tx).get()
            work = work_figures(tx, now)
            if self._stock is None or moment - self._stock_at > STOCK_SECONDS:
                self._stock, self._stock_at = stock_figures(tx), moment
        yield self._family("veille_service_up", "1 while a service keeps the timetable.", {(): int(is_alive(service, now))})
        yield from self._of_work(work)
        yield from self._of_stock(self._stock)

    def _of_work(self, work: WorkFigures) -> Iterator[Any]:
        yield self._family("veille_frontier_pending", "Addresses that are to be fetched.", {(): work.waiting})
        yield self._family("veille_pages_unread", "Pages that nobody has read yet.", {(): work.unread})
        yield self._family("veille_runs_open", "Runs that are queued or running.", work.open_runs, "kind", "state")
        slices = {(state,): number for state, number in work.slices.items()}
        yield self._family("veille_backfill_slices", "Slices of open backfills.", slices, "state")
        health = {(each.name, state): int(each.health is state) for each in work.sources for state in HealthState}
        yield self._family("veille_source_health", "1 for the state a source is in.", health, "source", "state")
        paused = {(each.name,): int(each.paused) for each in work.sources}
        yield self._family("veille_source_paused", "1 while a source is kept out of the timetable.", paused, "source")
        done = {(each.name,): each.done_at.timestamp() for each in work.sources if each.done_at}
        told = "When the last crawl of a source that was done ended, in seconds since 1970."
        yield self._family("veille_source_last_success_timestamp_seconds", told, done, "source")

    def _of_stock(self, stock: StockFigures) -> Iterator[Any]:
        articles = {(source,): number for source, number in stock.articles.items()}
        yield self._family("veille_articles", "Articles that are kept.", articles, "source")
        pages = {(state,): number for state, number in stock.pages.items()}
        yield self._family("veille_pages", "Pages that were fetched.", pages, "state")
        yield self._family("veille_runs_ended", "Runs that are over.", stock.ended_runs, "kind", "state")

    def _family(self, name: str, told: str, values: Mapping[Any, float], *labels: str) -> Any:
        family = self._library.core.GaugeMetricFamily(name, told, labels=labels)
        for of, value in values.items():
            family.add_metric(of, value)
        return family


class MetricsFile:
    """Writes the figures into a file now and then, from a thread of its own; a context manager. The file is always whole."""

    def __init__(self, path: Path, database: Database, clock: Callable[[], datetime]) -> None:
        """Raises SettingError without prometheus_client."""
        self._path, self._figures = path, _Figures(database, clock)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._failed = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(5)

    def write(self) -> None:
        """Write it once: beside it first, then in its place."""
        draft = self._path.with_name(f".{self._path.name}.draft")
        draft.write_text(self._figures.text(), encoding="utf-8")
        draft.replace(self._path)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self.write()
                self._failed = False
            except (OSError, VeilleError) as error:
                log.log(logging.DEBUG if self._failed else logging.ERROR, "%s: the figures are not written: %s", self._path, error)
                self._failed = True  # told once, until it works again
            self._over.wait(EVERY_SECONDS)


def _library() -> Any:
    try:
        import prometheus_client  # noqa: PLC0415 - an extra
        import prometheus_client.core  # noqa: PLC0415
    except ImportError as error:
        raise SettingError("figures for Prometheus need prometheus_client: pip install 'veille[metrics]'") from error
    return prometheus_client
