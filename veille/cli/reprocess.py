"""`veille reprocess`: kept pages read again with today's reader, after a look at what that would change."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import Front, Work, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, note, say, table
from veille.cli.values import day, span, whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pipeline.differences import Difference, Differences
    from pipeline.report import RunReport
    from pipeline.reprocess import Chosen, Wanted

app = single()
EXAMPLES = examples(
    "veille reprocess --dry-run",
    "veille reprocess bladi --since 2019 --until 2020 --yes",
    "veille reprocess --where 'state = rejected and reason = listing' --dry-run --sample 200",
)


@app.command("reprocess", cls=FrontCommand, epilog=EXAMPLES)
def reprocess(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Sources; default: all.")] = None,
    *,
    since: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="Only articles of this day or later.")] = None,
    until: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="Only articles of before this day.")] = None,
    where: Annotated[str, typer.Option(metavar="CONDITIONS", help="Which pages, as in 'reading_version < 2 and language = fr'.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change, from a sample; nothing is stored.")] = False,
    sample: Annotated[Any, typer.Option(parser=whole(0), metavar="N", help="Pages looked at before; 0: none.")] = 50,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the work begins.")] = False,
    at_most: Annotated[Any, typer.Option("--for", parser=span, metavar="TIME", help="Stop after 90s, 10m, 2h…")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read kept pages again with today's reader.

    Without --where: what an older reader read, or what was read before the source's template was learned. Nothing is fetched. What
    changes becomes a revision. Started again after a cut or a kill, it goes on where it was.
    """
    if since and until and since >= until:
        raise typer.BadParameter(f"--since {since} is not before --until {until}.")
    door = front(ctx)
    from pipeline.reprocess import Wanted, choose

    wanted = Wanted(tuple(names or ()), where, since, until)
    with door.working() as work:
        chosen = choose(work.database, work.registry, wanted)
        if not chosen:
            say("[]" if as_json else _nothing(where))
            return
        asks = not (yes or dry_run)
        if asks and not _can_ask():  # before the sample: that takes a while
            raise typer.BadParameter(f"{_total(chosen)}, but nobody can be asked here: --yes goes on without asking, --dry-run only looks.")
        found = _preview(door, work, chosen, sample)
        if not as_json or dry_run:
            _show(chosen, found, as_json=as_json)
        if dry_run:
            return
        if asks and not typer.confirm("Read them all again and store what changes?", err=True):
            raise typer.Exit(1)
        reports = _work(door, work, wanted, chosen, at_most)
    _conclude(reports, found, as_json=as_json)


def _preview(door: Front, work: Work, chosen: Sequence[Chosen], sample: int) -> Differences:
    from pipeline.reprocess import preview
    from veille.cli.progress import counting

    total = min(sample, sum(len(one.ids) for one in chosen))
    with counting("reading a sample", total, quiet=door.quiet) as count:
        return preview(work.spec, work.database, work.registry, chosen, sample=sample, on_page=count)


def _can_ask() -> bool:
    """Whether a person sits there who can decide."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _work(door: Front, work: Work, wanted: Wanted, chosen: Sequence[Chosen], at_most: timedelta | None) -> list[RunReport]:
    from pipeline.reprocess import RereadProgress
    from pipeline.reprocess import reprocess as read_again
    from veille.cli.progress import measuring
    from veille.cli.signals import stoppable

    done: dict[str, int] = {}
    total = sum(len(one.ids) for one in chosen)
    with stoppable(raising=True), measuring("reading again", quiet=door.quiet) as show:

        def tell(progress: RereadProgress) -> None:
            done[progress.source] = progress.done
            counts = ", ".join(f"{count} {word}" for word, count in sorted(progress.counts.items()))
            show(sum(done.values()), total, f"{progress.source}: {counts}")

        try:
            return read_again(work.spec, work.database, work.registry, wanted, chosen, at_most=at_most, on_progress=tell)
        except KeyboardInterrupt:
            note("veille: what was read so far is stored; the same command goes on where it was")
            raise


def _conclude(reports: Sequence[RunReport], found: Differences, *, as_json: bool) -> None:
    from pipeline.rereading import CHOSEN

    if as_json:
        say(json_text({"sample": dataclasses.asdict(found), "runs": [dataclasses.asdict(report) for report in reports]}))
        return
    rows = []
    for report in reports:
        counted = sorted(((word, count) for word, count in report.counts.items() if word != CHOSEN), key=lambda pair: -pair[1])
        outcomes = ", ".join(f"{word} {count}" for word, count in counted)
        rows.append((report.source, report.counts.get(CHOSEN, ""), outcomes, f"{report.seconds:.0f}", report.note))
    table(("source", "chosen", "outcomes", "seconds", "remark"), rows, numbers=("chosen", "seconds"))
    if any("goes on where it was" in (report.note or "") for report in reports):
        note("veille: not all is done; the same command goes on")


# ---------------------------------------------------------------- the report


def _show(chosen: Sequence[Chosen], found: Differences, *, as_json: bool) -> None:
    if as_json:
        say(json_text({"chosen": {one.source: len(one.ids) for one in chosen}, "sample": dataclasses.asdict(found)}))
        return
    say(f"{_total(chosen)}; of {found.pages} that were looked at:" if found.pages else _total(chosen))
    for word, count in found.counts.items():
        reasons = f" ({', '.join(f'{reason} {number}' for reason, number in found.reasons.items())})" if word == "rejected" else ""
        say(f"  {str(count).rjust(5)}  {word.replace('_', ' ')}{reasons}")
    before, after = found.characters
    if before:
        say(f"  texts together: {before} characters before, {after} after ({(after - before) / before:+.1%})")
    for one in found.worst:
        _show_difference(one)


def _total(chosen: Sequence[Chosen]) -> str:
    total = sum(len(one.ids) for one in chosen)
    return f"{total} kept page{'' if total == 1 else 's'} of {len(chosen)} source{'' if len(chosen) == 1 else 's'} would be read again"


def _nothing(where: str) -> str:
    more = "" if where.strip() else "; after a change of a source file, --where 'reading_version >= 0' takes all of them"
    return f"no kept page is to be read again{more}"


def _show_difference(one: Difference) -> None:
    say()
    say(f"{line(one.url)}: {', '.join(word.replace('_', ' ') for word in one.words)}")
    for change in one.changes:
        say(f"  {change.field.ljust(10)} - {line(change.before)}")
        say(f"  {' ' * 10} + {line(change.after)}")
