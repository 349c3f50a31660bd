"""`veille backfill`: bring back what a source published in a period, slice by slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import note
from veille.cli.values import day, span

if TYPE_CHECKING:
    from pipeline.backfill import Wanted
    from veille.settings import Settings

app = single()
WAYS = ("sitemap", "archive", "listing", "wayback")
EXAMPLES = examples(
    "veille backfill bladi --since 2019 --until 2020 --dry-run",
    "veille backfill bladi --since 2019-03-01 --until 2019-04-01 --for 2h",
    "veille backfill bladi --since 2014 --until 2016 --via listing,archive --queue",
    "veille backfill bladi --since 2009 --until 2012 --via wayback",
)


@app.command("backfill", cls=FrontCommand, epilog=EXAMPLES)
def backfill(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source.")],
    *,
    since: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="First day (2019, 2019-03, 2019-03-01).")],
    until: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="The day after the last one.")],
    via: Annotated[
        list[str] | None,
        typer.Option("--via", metavar="WAYS", help="sitemap, archive, listing, wayback, with commas; default: what the source has."),
    ] = None,
    queue: Annotated[bool, typer.Option("--queue", help="Only plan and keep it; `veille run` works on it.")] = False,
    at_most: Annotated[Any, typer.Option("--for", parser=span, metavar="TIME", help="Stop after 90s, 10m, 2h…")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the slices and what they will cost; nothing is stored.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring back what a source published in a period.

    It is planned into slices: parts of sitemaps, pages by month, sections. They are done newest first, for what was published
    from --since up to, not including, --until. Started again after a cut or a kill, it goes on where it was; `veille backfills`
    shows and steers it.

    Exit code 1 if a slice failed.
    """
    if since >= until:
        raise typer.BadParameter(f"--since {since} is not before --until {until}.")
    door = front(ctx)
    from db.vocabulary import BackfillState, SliceState
    from pipeline import backfill as job
    from veille.cli.backfill_view import print_plan, print_report, progress
    from veille.cli.signals import stoppable

    wanted = _wanted(door.settings, name, since, until, via)
    with door.working() as work:
        if dry_run:
            print_plan(job.plan(work.spec, work.database, work.registry, wanted), as_json=as_json)
            return
        with stoppable(raising=True):
            kept = job.request(work.spec, work.database, work.registry, wanted)
            if queue:
                note(f"backfill {kept.id} is planned: `veille run` works on it, `veille backfills show {kept.id}` shows how far it is")
                print_report(job.report(work.database, kept.id), as_json=as_json)
                return
            with progress(quiet=door.quiet) as show:
                report = job.work_on(work.spec, work.database, work.registry, kept.id, at_most=at_most, on_progress=show)
    print_report(report, as_json=as_json)
    if report.backfill.ended_at is None and report.backfill.state is BackfillState.ACTIVE:
        note("it is not over: the same command goes on with it, and so does `veille run`")
    if report.tally.get(SliceState.FAILED):
        raise typer.Exit(1)


def _wanted(settings: Settings, name: str, since: Any, until: Any, via: list[str] | None) -> Wanted:
    from db.vocabulary import Way
    from pipeline.backfill import Wanted

    written = [word.strip() for part in via or [] for word in part.split(",") if word.strip()]
    unknown = sorted(set(written) - set(WAYS))
    if unknown:
        raise typer.BadParameter(f"--via {unknown[0]}: no such way; there are {', '.join(WAYS)}.")
    ways = tuple(Way(way) for way in WAYS if way in written)
    return Wanted(name, since, until, ways, {"wayback": settings.wayback} if Way.WAYBACK in ways else {})
