"""How backfills are shown: the plan with its cost, the slices, what came back by month, and a bar with the time that is left."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from veille.cli.output import json_text, line, note, say, table
from veille.cli.progress import LINE_SECONDS
from veille.cli.reports import failures

if TYPE_CHECKING:
    from db.plans import Backfill, Slice
    from pipeline.backfill import BackfillProgress, BackfillReport
    from pipeline.planning import BackfillPlan

SLICE_COLUMNS = ("slice", "way", "what", "state", "fetched", "new", "failed", "run", "remark")


def print_plan(plan: BackfillPlan, *, as_json: bool) -> None:
    """Print what a backfill would do."""
    if as_json:
        say(json_text(dataclasses.asdict(plan)))
        return
    days = f"{plan.since} up to {plan.until} ({(plan.until - plan.since).days} days)"
    say(f"{plan.source}: {days}, {plan.known} articles of it stored already")
    say(_cost(plan))
    for remark in plan.remarks:
        note(remark)
    rows = [(number, each.way, each.label, each.since, each.until, each.expected) for number, each in enumerate(plan.slices, 1)]
    table(("slice", "way", "what", "since", "until", "articles"), rows, numbers=("slice", "articles"))


def print_report(report: BackfillReport, *, as_json: bool) -> None:
    """Print what a backfill has brought so far, by month."""
    if as_json:
        say(json_text(dataclasses.asdict(report)))
        return
    backfill, counts = report.backfill, report.counts
    say(f"backfill {backfill.id} of {backfill.source}, {backfill.since} up to {backfill.until}: {backfill.state}")
    if backfill.note:
        say(backfill.note)
    if report.waits:
        say(f"it {report.waits}")
    for each in report.loading:
        say(f"{each.file}: {_of_file(each.loaded, each.size)}")
    brought = ", ".join(f"{counts.get(word, 0)} {word}" for word in ("fetched", "new", "revised"))
    failed = failures(counts)
    listed = "".join(f", {number} {word}" for word, number in failed.items())
    say(f"{brought}{listed}")
    say(f"stored of these days: {sum(report.months.values())} articles")
    if report.months:
        table(("month", "articles"), list(report.months.items()), numbers=("articles",))
    if report.gaps:
        note(f"few or none in {_months(report.gaps)}")


def print_backfills(rows: Sequence[tuple[Backfill, str, str | None]], *, as_json: bool) -> None:
    """Print backfills, one line each, with how the slices stand and what the backfill waits for, both in words."""
    if as_json:
        say(json_text([{**dataclasses.asdict(backfill), "slices": words, "waits": waits} for backfill, words, waits in rows]))
        return
    if not rows:
        say("no backfill was asked for yet; `veille backfill NAME --since … --until …` plans one")
        return
    columns = ("backfill", "source", "since", "until", "state", "slices", "asked for")
    table(columns, [(each.id, each.source, each.since, each.until, each.state, words, each.requested_at) for each, words, _ in rows])
    for each, _, waits in rows:
        if waits:
            note(f"backfill {each.id} of {each.source} {waits}")


def print_slices(parts: Sequence[Slice]) -> None:
    """Print the slices of a backfill."""
    table(SLICE_COLUMNS, [_slice_row(part) for part in parts], numbers=("slice", "fetched", "new", "failed", "run"))


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[BackfillProgress], None] | None]:
    """What shows how far a backfill is: a bar on a terminal, a line now and then elsewhere."""
    if quiet:
        yield None
    elif not sys.stderr.isatty():
        yield _Lines()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[words]}", markup=False))
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task("", total=None, words="")

            def show(state: BackfillProgress) -> None:
                total = state.fetched + state.remaining if state.remaining is not None else None
                bars.update(task, description=state.backfill.source, completed=state.fetched, total=total, words=in_words(state))

            yield show


class _Lines:
    """A line every `LINE_SECONDS`."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, state: BackfillProgress) -> None:
        if time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            note(f"{state.backfill.source}: {in_words(state)}")


def in_words(state: BackfillProgress) -> str:
    """How far a backfill is: slices, pages, what of a file has come, and the time that is left."""
    total = sum(state.tally.values())
    over = sum(number for word, number in state.tally.items() if word not in {"planned", "queued", "running"})
    left = f", about {_time(state.seconds_left)} left" if state.seconds_left is not None else ""
    loaded = "".join(f", {_of_file(*run.loaded)}" for run in state.runs if run.loaded)
    return f"{over} of {total} slices, {state.fetched} pages{loaded}{left}"


def _of_file(loaded: int, size: int) -> str:
    """How much of a file has come."""
    return f"{loaded / 1e6:.0f} of {size / 1e6:.0f} MB of a file loaded"


def _cost(plan: BackfillPlan) -> str:
    estimate, delay = plan.estimate, plan.seconds_a_page
    if set(plan.ways) == {"warc"}:
        return "nothing is asked of the site; how many articles there are is only known once the files are looked through"
    if estimate.articles is None:
        return f"one request every {delay:g} s; how many articles there are is only known once the slices are begun"
    about = "" if estimate.measured else "about "
    disk = f", {estimate.megabytes:g} MB of archive" if estimate.megabytes is not None else ""
    return f"{about}{estimate.articles} pages, one every {delay:g} s: {_time((estimate.hours or 0) * 3600)}{disk}"


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)} s"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes < 2880 else f"{minutes / 1440:.1f} days"


def _slice_row(part: Slice) -> list[Any]:
    counts = part.counts
    failed = sum(failures(counts).values())
    numbers = [counts.get("fetched", 0), counts.get("new", 0), failed] if counts else [None, None, None]
    return [part.position + 1, part.plan.way, part.plan.label, part.state, *numbers, part.run_id, line(part.note)]


def _months(gaps: Sequence[str]) -> str:
    """Months as ranges: `2014-02, 2014-05 to 2014-07`."""
    ranges: list[list[str]] = []
    for month in gaps:
        if ranges and _follows(ranges[-1][-1], month):
            ranges[-1] = [ranges[-1][0], month]
        else:
            ranges.append([month])
    return ", ".join(" to ".join(each) for each in ranges)


def _follows(one: str, other: str) -> bool:
    (year, month), (next_year, next_month) = (tuple(map(int, text.split("-"))) for text in (one, other))
    return next_year * 12 + next_month == year * 12 + month + 1
