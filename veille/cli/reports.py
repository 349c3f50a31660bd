"""What runs brought, as a table a source and in words: for `crawl`, `backfill`, `run` and `read --pending`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from db.vocabulary import FailureClass, PageReason, RunState, SaveOutcome
from veille.cli.output import json_text, line, note, say, table

if TYPE_CHECKING:
    from pipeline.report import RunReport

COLUMNS = ("source", "fetched", "new", "revised", "same", "rejected", "failed", "seconds", "remark")
FAILURES = frozenset(FailureClass)
REJECTIONS = frozenset(PageReason) - FAILURES


def failures(counts: Mapping[str, int]) -> dict[str, int]:
    """The failures among the counts of a run, by class."""
    return {word: count for word, count in counts.items() if word in FAILURES and count}


def rejections(counts: Mapping[str, int]) -> dict[str, int]:
    """The pages without an article among the counts of a run, by reason."""
    return {word: count for word, count in counts.items() if word in REJECTIONS and count}


def sentence(report: RunReport) -> str:
    """A run's end in one line."""
    counts = report.counts
    brought = ", ".join(f"{counts.get(word, 0)} {word}" for word in ("fetched", SaveOutcome.NEW, SaveOutcome.REVISED))
    return f"{report.source}: {report.kind} {report.state}, {brought}{f' ({report.note})' if report.note else ''}"


def conclude(reports: Sequence[RunReport], *, problems: Sequence[str], as_json: bool, kinds: bool = False) -> None:
    """Print what the runs brought and which source files could not be used; end with 1 if anything went wrong.

    `kinds`: whether runs of several kinds may be among them, so that each row says which.
    """
    print_reports(reports, as_json=as_json, kinds=kinds)
    for problem in problems:
        note(f"veille: {problem}")
    if problems or any(report.state == RunState.FAILED for report in reports):
        raise typer.Exit(1)


def print_reports(reports: Sequence[RunReport], *, as_json: bool, kinds: bool = False) -> None:
    """Print what each run brought; with `kinds`, and of which kind it was (JSON always says it)."""
    if as_json:
        say(json_text([dataclasses.asdict(report) for report in reports]))
        return
    if not reports:
        say("no source was due")
        return
    source, *others = COLUMNS
    columns = (source, "kind", *others) if kinds else COLUMNS
    table(columns, [_row(report, kinds=kinds) for report in reports], numbers=(*COLUMNS[1:5], "seconds"))


def print_outcomes(outcomes: Mapping[str, int], *, as_json: bool) -> None:
    """Print what reading the waiting pages brought: pages by outcome."""
    if as_json:
        say(json_text(dict(outcomes)))
    else:
        say(_listed(outcomes) or "no page was waiting to be read")


def _row(report: RunReport, *, kinds: bool) -> list[Any]:
    counts = report.counts
    same = sum(counts.get(word, 0) for word in (SaveOutcome.SAME, SaveOutcome.COPY, SaveOutcome.PART, "unchanged"))
    return [
        report.source,
        *([report.kind] if kinds else []),
        counts.get("fetched", 0),
        counts.get(SaveOutcome.NEW, 0),
        counts.get(SaveOutcome.REVISED, 0),
        same,
        _listed(rejections(counts)),
        _listed(failures(counts)),
        f"{report.seconds:.0f}",
        report.note,
    ]


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{line(word).replace('_', ' ')} {count}" for word, count in _by_size(counts))


def _by_size(counts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return sorted(((word, count) for word, count in counts.items() if count), key=lambda item: (-item[1], item[0]))
