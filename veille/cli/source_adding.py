"""What `veille sources add` does: survey a site, read a sample, show both, write the source file."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawlers.fetch import Fetched, fetch
from crawlers.findings import Survey
from crawlers.source import NAME, Source
from crawlers.survey import survey as survey_site
from db.errors import SourceError, UnknownName
from veille.cli.front import Front
from veille.cli.output import json_text, note, say
from veille.cli.survey_view import as_json, print_fact, print_survey
from veille.preview import Preview, preview, read_count
from veille.source_file import source_text, taken, write_new
from veille.specs import engine_spec

FOLDER = Path("sources")
"""Where files go if the settings name no folder: beside the working folder's veille.toml."""


@dataclass(frozen=True, slots=True)
class Adding:
    """One call of the command."""

    door: Front
    url: str
    name: str | None
    folder: Path
    dry_run: bool

    def run(self, *, as_json: bool) -> bool:
        """Do it all; returns whether at least one article of the sample could be read.

        Raises SourceError (a name that is taken or none, no web address), Unavailable, SurveyError, SettingError.
        """
        self._free_path(self.name or Source.from_home(self.url).name)
        found = survey_site(self.url, self._ask)
        name = self.name or Source.from_home(found.home).name
        path = self._free_path(name)
        previews = preview(found, name)
        text = source_text(found, previews, name)
        if not self.dry_run:
            write_new(path, text)
        show = self._print_json if as_json else self._print
        show(found, previews, path, text)
        return read_count(previews) > 0

    def _free_path(self, name: str) -> Path:
        """Where the file of that name goes. Raises SourceError if there is a source of it already, in any folder."""
        if not NAME.fullmatch(name):
            raise SourceError(f"--name {name!r} must be small letters, digits, '.', '_' and '-', for example exemple.dz")
        path = self.folder / f"{name}.toml"
        if os.path.lexists(path):
            raise taken(name, path)
        try:
            known = self.door.registry.get(name)
        except UnknownName:
            return path
        raise taken(name, known.path)

    def _ask(self, urls: Sequence[str]) -> list[Fetched]:
        if sys.stderr.isatty() and not self.door.quiet:
            note(f"asking for {len(urls)} addresses…")
        return fetch(urls, engine_spec(self.door.settings, self.door.clock.offset))

    def _print(self, found: Survey, previews: Sequence[Preview], path: Path, text: str) -> None:
        print_survey(found, previews)
        for source in self._known(found.home):
            print_fact("note", f"source {source} has this home page already")
        if self.dry_run:
            print_fact("written", f"nothing; {path} would hold:")
            say()
            say(text.rstrip("\n"))
            return
        print_fact("written", f"{path} ({len(text.splitlines())} lines, each with what it rests on)")
        print_fact("next", self._next(path.stem))

    def _print_json(self, found: Survey, previews: Sequence[Preview], path: Path, text: str) -> None:
        outcome: dict[str, Any] = {"name": path.stem, "path": str(path), "written": not self.dry_run, "toml": text}
        say(json_text(outcome | {"same_home": self._known(found.home)} | as_json(found, previews)))

    def _known(self, home: str) -> list[str]:
        """Names of the sources that the home page belongs to."""
        return [source.name for source in self.door.registry.all() if source.is_on_site(home)]

    def _next(self, name: str) -> str:
        crawl = f"veille crawl {name} --limit 20"
        if any(_is_below(self.folder, folder) for folder in self.door.settings.sources):
            return crawl
        folder = str(self.folder)
        return f"name the folder in veille.toml (sources = [{json_text(folder)}]), or: {crawl} --sources {shlex.quote(folder)}"


def folder_for(door: Front, given: Path | None) -> Path:
    """Where a new file goes: the folder that was given, else the first of the settings, else `sources` here."""
    return given or next(iter(door.settings.sources), FOLDER)


def _is_below(folder: Path, other: Path) -> bool:
    return folder.resolve().is_relative_to(other.resolve())
