"""Whether the parts of an installation are in order, as findings with a remedy each; `veille doctor` prints them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from crawlers.networks import parse_networks
from crawlers.registry import Registry
from db.errors import SettingError
from db.templates import TemplateStore
from pipeline.alerts import forbidden, shown, targets
from pipeline.source_check import problems_of
from pipeline.steps.template import LEARNING_VERSION
from veille.archive_diagnosis import archive_findings
from veille.finding import Finding, several
from veille.schedule_diagnosis import schedule_findings
from veille.watch import Watch


def diagnose(
    watch: Watch,
    registry: Registry,
    *,
    now: datetime,
    full: bool = False,
    alerts: Sequence[str] = (),
    networks: Sequence[str] = (),
    on_page: Callable[[int, int], None] = lambda *_: None,
) -> list[Finding]:
    """Look at database, archive, sources, schedule and alert targets. `full` reads every page record, else a random sample.

    `networks` are those that the setting allow_networks opens; `on_page` hears how many page records were read, of how many.
    """
    return [
        *_database(watch),
        *archive_findings(watch.database, watch.archive, full=full, on_page=on_page),
        *_sources(registry),
        *_templates(watch, registry),
        *schedule_findings(watch, registry, now),
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
    yield from several("database", problems, "integrity check passed", remedy)


def _sources(registry: Registry) -> Iterator[Finding]:
    remedy = "correct the file, then `veille sources check`"
    problems = [*registry.problems(), *(problem for source in registry.all() for problem in problems_of(source))]
    yield from several("sources", problems, f"{len(registry.names())} sources, all usable", remedy)


def _templates(watch: Watch, registry: Registry) -> Iterator[Finding]:
    """Templates that a program before or after this one learned: they are not used, and nothing else tells."""
    with watch.database.read() as tx:
        outdated = [name for name in TemplateStore(tx).outdated(LEARNING_VERSION) if name in registry.names()]
    problems = [f"the template of {name} was learned by another version and is not used" for name in outdated]
    if problems:
        yield from several("sources", problems, "", "`veille sources learn NAME`, or `--forget`")
