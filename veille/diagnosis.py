"""Whether the parts of an installation are in order, as findings with a remedy each; `veille doctor` prints them."""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crawlers.networks import parse_networks
from crawlers.registry import Registry
from db.archive import ArchiveReader, orphans
from db.errors import ArchiveError, SettingError
from db.pages import PageStore
from db.records import ArchiveLocation
from db.templates import TemplateStore
from pipeline.alerts import forbidden, shown, targets
from pipeline.steps.template import LEARNING_VERSION
from veille.watch import Watch

SAMPLE = 200
"""Page records read unless all are asked for."""
SHOWN = 10
"""Problems of one kind listed before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is in order, in words, and what to do if not."""

    part: str
    ok: bool
    finding: str
    remedy: str = ""


def diagnose(
    watch: Watch, registry: Registry, *, full: bool = False, alerts: Sequence[str] = (), networks: Sequence[str] = ()
) -> list[Finding]:
    """Look at database, archive, sources and alert targets. `full` reads every page record, else a random sample of `SAMPLE`.

    `networks` are those that the setting allow_networks opens.
    """
    return [
        *_database(watch),
        *_archive(watch, full=full),
        *_sources(registry),
        *_templates(watch, registry),
        *alert_findings(alerts, networks),
    ]


def alert_findings(alerts: Sequence[str], networks: Sequence[str]) -> Iterator[Finding]:
    """One finding for each target of the setting `alerts`: whether Apprise knows it, and whether it may be called. Nothing is sent."""
    allowed = parse_networks(networks)
    for url in alerts:
        try:
            [target] = targets([url], networks)
            problem = forbidden(target, allowed)
        except SettingError as error:
            problem = str(error).removeprefix("alerts: ")
        remedy = "correct the setting `alerts`, then `veille alerts --test`" if problem else ""
        yield Finding("alerts", problem is None, problem or f"{shown(url)} is understood", remedy)


def _database(watch: Watch) -> Iterator[Finding]:
    yield Finding("database", True, f"{watch.database.where}, schema {watch.database.schema_revision()}")
    problems = watch.database.check()
    remedy = "stop veille, keep a copy of the file, then run `sqlite3 veille.db .recover`, or restore your last backup"
    if watch.database.dialect == "postgresql":
        remedy = "REINDEX what is named, or restore your last backup"
    yield from _several("database", problems, "integrity check passed", remedy)


def _archive(watch: Watch, *, full: bool) -> Iterator[Finding]:
    folder = watch.archive
    with watch.database.read() as tx:
        locations = list(PageStore(tx).locations())
    if not locations and not folder.exists():
        yield Finding("archive", True, f"{folder}: no page was fetched yet")
        return
    if not folder.exists():
        problem = f"{folder}: is not there, and the database refers to {len(locations)} page records"
        yield Finding("archive", False, problem, "name the folder with --archive or the setting `archive`, or restore it from a backup")
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield Finding("archive", False, f"{folder}: cannot be read", "correct its rights, or the setting `archive`")
        return
    held = Counter(location.file for location in locations)
    missing = sorted(name for name in held if not (folder / name).exists())
    if missing:
        lines = [f"archive file {folder / name} is not there; {held[name]} page records are in it" for name in missing]
        yield from _several("archive", lines, "", "restore the file from a backup; the pages can be fetched again by `veille crawl`")
    present = [location for location in locations if location.file not in missing] if missing else locations
    chosen = present if full else random.sample(present, min(SAMPLE, len(present)))
    lost = list(_unreadable(folder, chosen))
    looked_at = f"{len(chosen)} of {len(locations)} page records read"
    yield from _several("archive", lost, looked_at, "restore the file from a backup; the pages can be fetched again by `veille crawl`")
    loose = list(orphans(folder, lambda _: set()))
    kept = f"{len(loose)} records without a row (a crash between record and row); they cost disk and nothing else"
    yield Finding("archive", True, kept if loose else "every record has its row")


def _unreadable(folder: Path, locations: list[ArchiveLocation]) -> Iterator[str]:
    reader = ArchiveReader(folder)
    for location in sorted(locations, key=lambda place: (place.file, place.offset)):
        try:
            reader.read(location)
        except ArchiveError as error:
            yield str(error)


def _sources(registry: Registry) -> Iterator[Finding]:
    remedy = "correct the file, then `veille sources check`"
    yield from _several("sources", registry.problems(), f"{len(registry.names())} sources, all usable", remedy)


def _templates(watch: Watch, registry: Registry) -> Iterator[Finding]:
    """Templates that a program before or after this one learned: they are not used, and nothing else tells."""
    with watch.database.read() as tx:
        outdated = [name for name in TemplateStore(tx).outdated(LEARNING_VERSION) if name in registry.names()]
    problems = [f"the template of {name} was learned by another version and is not used" for name in outdated]
    if problems:
        yield from _several("sources", problems, "", "`veille sources learn NAME`, or `--forget`")


def _several(part: str, problems: list[str], well: str, remedy: str) -> Iterator[Finding]:
    """One finding a problem, up to `SHOWN`, then their number; or one that all is well."""
    if not problems:
        yield Finding(part, True, well)
    for problem in itertools.islice(problems, SHOWN):
        yield Finding(part, False, problem, remedy)
    if len(problems) > SHOWN:
        yield Finding(part, False, f"and {len(problems) - SHOWN} more", remedy)
