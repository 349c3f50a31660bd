"""What a command gets from the line it was called with: settings, clock, sources and database, each made when first asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from crawlers.clock import Clock
from db.errors import SettingError
from veille import logs
from veille.settings import FLAGS, Settings, load

if TYPE_CHECKING:
    from crawlers.registry import Registry
    from db.engine import Database
    from pipeline.session import SessionSpec
    from veille.watch import Watch


@dataclass(frozen=True, slots=True)
class Work:
    """What every job of the pipeline is given."""

    spec: SessionSpec
    database: Database
    registry: Registry


class Front:
    """The settings of one command line, read at once, and the ways down from them. Raises SettingError."""

    def __init__(self, given: dict[str, Any], draft: str | None = None) -> None:
        self._given = given
        self._draft = draft
        self.quiet = bool(given.get("quiet"))
        self.settings = self._read_settings()

    def given(self, option: str) -> Any:
        """An option of every command as it was written, None if it was not."""
        return self._given.get(option)

    @cached_property
    def registry(self) -> Registry:
        """The sources that are known, bundled and the user's own."""
        from crawlers.registry import Registry

        return Registry(self.settings.sources, bundled=self.settings.bundled_sources)

    def watch(self) -> Watch:
        """The database, opened for asking; close it, or use it as a context manager."""
        from veille.watch import Watch

        return Watch.open(self.settings.database, archive=self.settings.archive_folder)

    @contextmanager
    def working(self) -> Iterator[Work]:
        """Everything a job needs: what it is told, the database (made if there is none), the sources."""
        from db.engine import Database
        from veille.specs import session_spec

        spec = session_spec(self.settings, self.clock.offset)
        database = Database.open(self.settings.database)
        try:
            yield Work(spec, database, self.registry)
        finally:
            database.close()

    @cached_property
    def clock(self) -> Clock:
        """The computer's clock, or one that started at the setting `clock` and ticks on."""
        real = Clock()
        return Clock(self.settings.clock - real()) if self.settings.clock else real

    def _read_settings(self) -> Settings:
        flags: dict[str, Any] = {}
        if self.quiet or self._given.get("verbose"):
            flags["log_level"] = "error" if self.quiet else "info"
        flags |= dict(_named(pair) for pair in self._given.get("settings", ()))
        flags |= {name: self._given[name] for name in FLAGS if name in self._given}
        config = self._given.get("config")
        chosen = Path(config) if config else None
        settings = load(flags, environment=os.environ, folder=Path.cwd(), config=chosen, contents=self._draft)
        logs.configure(settings.log_level, settings.log_format)
        return settings


def front(ctx: typer.Context, draft: str | None = None) -> Front:
    """The front door's state for this command line; `draft` is the text of a configuration that is still to be written."""
    root = ctx.find_root()
    given = root.ensure_object(dict)
    if "front" not in given:
        given["front"] = Front(given, draft)
    made: Front = given["front"]
    return made


def _named(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise SettingError(f"--set {pair}: is not NAME=VALUE; write for example --set readers=2")
    return name.strip().replace("-", "_"), value
