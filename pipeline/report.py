"""How a run ended: its counts, gathered from the rows it left, and in words why it brought nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from crawlers.discovery.scope import Scope
from crawlers.discovery.traps import counted
from crawlers.retries import RETRIED
from crawlers.warc_scan import RECORDS
from db.engine import Transaction
from db.errors import LeaseLost
from db.frontier import FrontierStore
from db.pages import PageStore
from db.records import Run
from db.runs import RunStore
from db.silence import silences
from db.vocabulary import ELSEWHERE, LISTED, FailureClass, PageReason, PageState, RunKind, RunState, SaveOutcome, Skip, Way
from pipeline.advice import advice
from pipeline.checkup import check_up, figures
from pipeline.gap import gap_before
from pipeline.moved import moved_seeds
from pipeline.slices import end_slice
from pipeline.timetable import Timetable
from pipeline.visit import note_visit

NOTHING: Mapping[str, int] = MappingProxyType({})
BROUGHT = (SaveOutcome.NEW, SaveOutcome.REVISED, SaveOutcome.COPY, SaveOutcome.PART, SaveOutcome.SAME, SaveOutcome.SUSPECT)

COUNTED_BEFORE = ("revisits", LISTED, ELSEWHERE)
"""Counted while a run is open, so that its end keeps them: what it was given to visit again, what lists said there is."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of one run. `counts` is by word: `fetched` pages, page states, save outcomes, page reasons, failure classes, `left`."""

    run_id: int
    source: str
    kind: RunKind
    state: RunState
    counts: dict[str, int]
    note: str | None
    seconds: float


def finish_run(
    tx: Transaction,
    run: Run,
    state: RunState,
    now: datetime,
    *,
    inherited: Mapping[str, int] = NOTHING,
    noted: Mapping[str, int] = NOTHING,
    problem: str | None = None,
    timetable: Timetable | None = None,
    max_pages: int | None = None,
) -> RunReport:
    """Count what a run did, write its end, and leave what it did not fetch to the next run of its source.

    A run that nobody answered has failed; what it tried in vain is left as well. One that somebody else has taken over is
    reported as stopped and left to its new holder. `inherited` counts, by outcome, pages of earlier runs that this one read; `noted`
    what was counted on the way; `problem` is what ended it. By the source's `timetable` its next visit is decided.
    `max_pages` is how many article pages it was allowed.
    """
    frontier = FrontierStore(tx)
    counts = PageStore(tx).counts(run.id)
    failures = frontier.failures(run.id)
    for word, number in [*inherited.items(), *failures.items()]:
        counts[word] = counts.get(word, 0) + number
    for word, number in _traps(tx, run.id).items():
        counts[word] = number
    counts |= {word: number for word, number in RunStore(tx).get(run.id).counts.items() if word in COUNTED_BEFORE}
    counts |= {word: number for word, number in noted.items() if number}
    if run.params.get("way") == Way.WARC and (outside := _outside(tx, run)):
        counts["outside"] = outside
    if left := frontier.pending([run.id]).get(run.id, 0):
        counts["left"] = left
    answered = bool(counts.get("fetched")) or frontier.was_answered(run.id, run.requested_at)
    unheard = bool(failures) and not answered
    if unheard:
        state = RunState.FAILED
    waits = f"{left} addresses wait for the next run" if left else None
    archive = str(run.params["base"]) if run.params.get("way") == Way.WAYBACK else None
    nothing = why_nothing(counts, answered=answered, archive=archive)
    remarks = [problem or nothing or waits, _walls(tx, run.id), _silences(tx, run.id, now), *moved_seeds(tx, run.id)]
    remarks.append(_limit(tx, run, max_pages) if left else None)
    if run.kind is RunKind.CRAWL and not unheard:
        remarks.append(gap_before(tx, run))
    note = "; ".join(filter(None, remarks)) or None
    try:
        RunStore(tx).finish(run, state, counts | figures(tx, run), note, now)
        check_up(tx, run, now)
        if "slice" in run.params:
            asked = answered or run.params.get("way") == Way.WARC
            end_slice(tx, run.id, state, counts, asked=asked, note=note, now=now)
        note_visit(tx, run, None if unheard else counts, timetable, now)
        if unheard:  # the network or the site is down: that proves nothing about single addresses
            frontier.keep_unanswered(run.id, RETRIED, now)
        frontier.release(run.id)
    except LeaseLost:
        state, note = RunState.STOPPED, "another process has taken this run over"
    return RunReport(run.id, run.source, run.kind, state, counts, note, 0.0)


def _limit(tx: Transaction, run: Run, max_pages: int | None) -> str | None:
    """Which limit ended a run that left something, and how it goes on."""
    if not max_pages or PageStore(tx).articles_fetched(run.id) < max_pages:
        return None
    if run.params.get("limit") == max_pages:
        return f"stopped by --limit {max_pages}: `veille crawl {run.source}` goes on"
    said = f"stopped by max_pages = {max_pages} of [discovery] in its source file"
    return f"{said}: the next visit goes on, and so does `veille crawl {run.source}`"


def _outside(tx: Transaction, run: Run) -> int:
    """Articles that turned out to be of other days than the run was asked for; they are kept."""
    scope = Scope.of(run.params)
    return PageStore(tx).outside(run.id, scope.since, scope.until)


def _traps(tx: Transaction, run_id: int) -> Counter[str]:
    """Links that the run's pages did not lead to because they lead on for ever, by the kind of trap."""
    counts: Counter[str] = Counter()
    for detail, number in PageStore(tx).details(run_id, (PageState.PARSED, PageState.UNCHANGED)).items():
        counts.update({word: count * number for word, count in counted(detail).items()})
    return counts


def _walls(tx: Transaction, run_id: int) -> str | None:
    """Which bot walls answered in the place of pages, and how often."""
    walls = PageStore(tx).details(run_id, (PageState.FAILED,), PageReason.BLOCKED)
    listed = ", ".join(f"{number} by {wall}" for wall, number in walls.items())
    return f"answered by a bot wall: {listed}" if walls else None


def _silences(tx: Transaction, run_id: int, now: datetime) -> str | None:
    """Which hosts do not want to be asked for now, and until when."""
    asked = [f"{host} asked not to be visited before {until:%Y-%m-%d %H:%M} UTC" for host, until in silences(tx, run_id, now).items()]
    return ", ".join(asked) or None


def why_nothing(counts: Mapping[str, int], *, answered: bool = True, archive: str | None = None) -> str | None:
    """Say in words why a run brought no article; None if it brought one, or found nothing that it did not know.

    `answered`: whether anything was, be it that it has not changed. `archive`: the base of the web archive that was asked instead
    of the source.
    """
    if any(counts.get(word) for word in BROUGHT):
        return None
    troubles = {word: counts[word] for word in [*PageReason, *FailureClass] if counts.get(word)}
    if troubles:
        worst = max(troubles, key=lambda word: troubles[word])
        listed = ", ".join(f"{number} {word}" for word, number in sorted(troubles.items(), key=lambda pair: -pair[1]))
        return "; ".join(filter(None, (f"no article: {listed}", advice(worst, archive))))
    if counts.get(RECORDS):
        return f"nothing to read in {counts[RECORDS]} records: " + ", ".join(f"{counts[word]} {word}" for word in Skip if counts.get(word))
    return _why_no_page(counts, answered=answered)


def _why_no_page(counts: Mapping[str, int], *, answered: bool) -> str | None:
    """The same where neither pages nor addresses failed."""
    if counts.get("left"):
        return f"no article yet: {counts['left']} addresses wait for the next run"
    if not counts.get("fetched"):
        return "nothing new: every address answered that it has not changed" if answered else "nothing was asked for"
    if counts.get(PageState.PARSED) or counts.get(PageState.UNCHANGED):
        return "nothing new: no address that is not known already"
    return None
