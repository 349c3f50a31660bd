"""Which sources are to be learned anew, and the child process in which one is: reading forty pages must not keep a service waiting."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess

from crawlers.registry import Registry
from db.engine import Database
from db.errors import UnknownName
from db.templates import Material
from pipeline.session import SessionSpec
from pipeline.steps.template import LEARNING_VERSION

PAGES = 40
"""Articles that are learned from, as by `veille sources learn`."""
ENOUGH = 20
"""Articles a source must have before it is learned by itself."""
AGE = timedelta(days=30)
REST = timedelta(days=7)
"""For so long after a try a source is left alone, whatever came of it; unless another version of the learning asks for it."""
LONGEST = 600.0
"""Seconds after which a child that learns is ended."""


def to_learn(material: Iterable[Material], registry: Registry, tried: Mapping[str, datetime], now: datetime) -> list[str]:
    """Return the sources to learn: without a template, or with one of another version, of half as many pages, or a month old."""
    return [
        one.source
        for one in material
        if one.articles >= ENOUGH and _wants(registry, one.source) and _is_due(one, tried.get(one.source), now)
    ]


def _is_due(one: Material, tried: datetime | None, now: datetime) -> bool:
    if tried and now - tried < REST:
        return False
    if one.version != LEARNING_VERSION or one.pages is None or one.learned_at is None:
        return True
    looked = max(one.learned_at, tried) if tried else one.learned_at
    return min(one.articles, PAGES) >= one.pages * 2 or now - looked > AGE


def _wants(registry: Registry, name: str) -> bool:
    try:
        return registry.get(name).template
    except UnknownName:
        return False


class Apprentice:
    """One child that learns one source."""

    def __init__(self, spec: SessionSpec, source: str) -> None:
        self.source = source
        self._started = time.monotonic()
        context = multiprocessing.get_context("spawn")
        self._process: BaseProcess = context.Process(target=_learn, args=(spec, source), name="veille-learning", daemon=True)
        self._process.start()

    @property
    def busy(self) -> bool:
        """Whether it is still at it. One that takes too long is ended."""
        if self._process.is_alive() and time.monotonic() - self._started > LONGEST:
            self.end()
        return self._process.is_alive()

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than it should."""
        return self._process.exitcode != 0

    def end(self) -> None:
        """End it now: it keeps nothing that could be lost."""
        self._process.kill()
        self._process.join()


def _learn(spec: SessionSpec, source: str) -> None:
    """The child's life."""
    from pipeline.jobs import learn  # noqa: PLC0415 - the parent need not load the reading libraries

    database = Database.open(spec.engine.database_url)
    try:
        learn(spec, database, Registry(spec.engine.source_folders, bundled=spec.engine.bundled_sources), source, pages=PAGES)
    finally:
        database.close()
