"""What was learned of sources, as the read loop uses it: looked up anew every minute, and only what the current learning made."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from crawlers.registry import Registry
from db.engine import Database
from db.errors import UnknownName
from db.readings import ReadingHints, Template
from db.records import StoredPage
from db.templates import TemplateStore
from pipeline.steps.template import LEARNING_VERSION

LOOK_SECONDS = 60.0
"""How long what was learned of a source is used before it is looked up again."""

log = logging.getLogger(__name__)


class TemplatesInUse:
    """Templates by the name of their source."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[str, Template | None] = {}
        self._looked_at = -LOOK_SECONDS
        self._told: set[str] = set()

    def look_up(self, names: Iterable[str]) -> None:
        """Have the templates of these sources at hand; say once of a source that its own is out of date."""
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._held, self._looked_at = {}, time.monotonic()
        unknown = set(names) - self._held.keys()
        if not unknown:
            return
        with self._database.read() as tx:
            found = TemplateStore(tx).of(unknown, LEARNING_VERSION)
            outdated = unknown.intersection(TemplateStore(tx).outdated(LEARNING_VERSION)) - self._told
        self._held |= {name: found.get(name) for name in unknown}
        for name in sorted(outdated):
            log.warning("%s: its template was learned by another version and is not used: `veille sources learn %s`", name, name)
        self._told |= outdated

    def of(self, name: str) -> Template | None:
        """The template of a source that was looked up."""
        return self._held[name]


def reading_hints(registry: Registry, templates: TemplatesInUse, page: StoredPage) -> ReadingHints:
    """Everything that may be known of a kept page when it is read; the template of its source has been looked up."""
    try:
        return registry.get(page.source).reading_hints(page.hints, templates.of(page.source))
    except UnknownName:  # its file was removed; what was fetched is read all the same
        return ReadingHints(source=page.source, discovered=page.hints)
