"""The demonstration: the bundled newspapers on loopback, crawled on their timetable, their clock set forward, one backfilled, all searched.

It uses nothing but what every user has: the service, the backfill and the query. Results go to `say`, line by line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crawlers.clock import Clock
from crawlers.demo.clock import START
from crawlers.demo.server import Newsroom
from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db.engine import Database
from db.query import ArticleQuery
from pipeline import backfill
from pipeline.backfill import BackfillReport, Wanted
from pipeline.report import RunReport
from pipeline.service import Service
from pipeline.session import SessionSpec
from veille.score import Score, score

DAYS_LATER = 10
BACKFILLED = ("lecourrierdesrives", 2014)
"""The paper and the year that are brought back."""
BUDGET = "[discovery]\nmax_pages = 25"
"""A page budget for that paper's visits, as its operator may set one, so that there is a past left to bring back."""
QUESTIONS = (("pêcheurs artisans", "fr"), ("مدرسة", "ar"), ("puerto", "es"))
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demonstration ended with."""

    reports: tuple[RunReport, ...]
    score: Score | None
    seconds: float
    found: int
    """Search results shown."""

    @property
    def passed(self) -> bool:
        """Whether everything worked that was shown."""
        return self.found > 0 and (self.score is None or self.score.passed)


def demonstrate(database: Database, folder: Path, *, scored: bool, readers: int, say: Say) -> Outcome:
    """Run the whole story on an empty database; `folder` takes the fetched pages and the papers' source files.

    Scored, no paper has a page budget, so that every article must be found, and the outcome is compared with the truth.
    """
    started = time.monotonic()
    with Newsroom() as newsroom:
        sources = _write_sources(newsroom.sources_folder, folder / "sources", budget=not scored)
        registry = Registry([sources], bundled=False)
        spec = _spec(newsroom, database, folder, readers)
        say(f"Five demo newspapers are open on loopback; their clock says {newsroom.clock.now():%d %B %Y, %H:%M} UTC.\n")
        say("1. The timetable: every paper is due")
        reports = visit(spec, database, registry, newsroom, say)
        newsroom.clock.advance(days=DAYS_LATER)
        spec = _spec(newsroom, database, folder, readers)
        say(f"\n2. {DAYS_LATER} days later: only what is new or due is fetched")
        reports += visit(spec, database, registry, newsroom, say)
        name, year = BACKFILLED
        say(f"\n3. A backfill: everything {registry.get(name).title} published in {year}")
        since, until = date(year, 1, 1), date(year + 1, 1, 1)
        before = len(newsroom.log)
        kept = backfill.request(spec, database, registry, Wanted(name, since, until))
        brought = backfill.work_on(spec, database, registry, kept.id)
        say(describe_backfill(brought, len(newsroom.log) - before))
        with database.read() as tx:
            say(f"   {ArticleQuery(tx).from_source(name).after(since).before(until).count()} articles of {year} are stored")
        say("\n4. Questions")
        found = ask(database, say)
        result = _score(database, newsroom, say) if scored else None
    return Outcome(tuple(reports), result, time.monotonic() - started, found)


def visit(spec: SessionSpec, database: Database, registry: Registry, newsroom: Newsroom, say: Say) -> list[RunReport]:
    """Let the timetable work until each source has had its visit."""
    ended: list[RunReport] = []
    before = len(newsroom.log)

    def hear(report: RunReport) -> None:
        ended.append(report)
        say(describe(report))

    Service(spec, database, registry, on_report=hear).work(lambda: len(ended) >= len(registry.names()))
    requests = newsroom.log[before:]
    unchanged = sum(request.status == 304 for request in requests)
    say(f"   {len(requests)} requests reached the newspapers, {unchanged} of them answered “not modified”")
    return ended


_PLURALS = {"copy": "copies", "part": "parts"}


def describe(report: RunReport) -> str:
    """One line for one run."""
    remark = f": {report.note}" if report.note else ""
    return f"   visited {report.source:22} {_listed(report.counts)} ({report.seconds:.0f} s){remark}"


def describe_backfill(report: BackfillReport, requests: int) -> str:
    """One line for a backfill."""
    return f"   {report.backfill.note}; {_listed(report.counts)}, {requests} requests ({report.seconds:.0f} s)"


def _listed(counts: Mapping[str, int]) -> str:
    numbers = {name: counts.get(name) for name in ("fetched", "new", "revised", "copy", "part", "same")}
    said = [f"{number} {_PLURALS.get(name, name) if number > 1 else name}" for name, number in numbers.items() if number]
    return ", ".join(said) or "nothing"


def ask(database: Database, say: Say) -> int:
    """Ask a question in each language; return how many results were shown."""
    shown = 0
    for words, language in QUESTIONS:
        with database.read() as tx:
            query = ArticleQuery(tx).matching(words).in_language(language)
            hits, count = query.hits(limit=2), query.count()
        say(f'\n   veille search "{words}" --lang {language}      ({count} articles)')
        for hit in hits:
            say(f"     {hit.article.published_on}  {hit.article.source}  {hit.article.title}")
            say(f"       {hit.snippet}")
        shown += len(hits)
    return shown


def describe_score(result: Score) -> Sequence[str]:
    """The score as lines."""
    found = f"{len(result.missing)} missing, {len(result.doubled)} stored twice, {len(result.strangers)} that are none"
    bodies = f"{result.whole:.1%} whole, word F1 {result.body_f1:.4f} mean, worst {result.worst[0][0]:.4f}" if result.worst else "none"
    lines = [
        f"articles   {result.stored} stored, {result.expected} in the papers today; {found}",
        f"bodies     {bodies}",
        f"days       {result.days:.1%} right    languages {result.languages:.1%} right",
        f"titles     {result.titles:.1%} exact    authors   {result.authors:.1%} exact",
    ]
    problems = [("missing", result.missing), ("twice", result.doubled), ("no article", result.strangers), ("wrong", result.wrong)]
    return [*lines, *(f"{word}: {line}" for word, values in problems for line in values)]


def _score(database: Database, newsroom: Newsroom, say: Say) -> Score:
    with database.read() as tx:
        result = score(newsroom.truth(), ArticleQuery(tx).articles(), earlier=newsroom.truth(START))
    say("\n5. Compared with the truth")
    for line in describe_score(result):
        say(f"   {line}")
    return result


def _write_sources(bundled: Path, folder: Path, *, budget: bool) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path in bundled.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if budget and path.stem == BACKFILLED[0]:
            text = text.replace("[discovery]", BUDGET)
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


def _spec(newsroom: Newsroom, database: Database, folder: Path, readers: int) -> SessionSpec:
    engine = EngineSpec(
        database_url=database.url,
        archive=folder / "archive",
        source_folders=(folder / "sources",),
        bundled_sources=False,
        contact="demo@demo.test",
        resolve=newsroom.resolve,
        ca_file=newsroom.ca_file,
        clock_offset=newsroom.clock.now() - Clock()(),
        log_file=folder / "engine.log",
    )
    return SessionSpec(engine, readers=readers)
