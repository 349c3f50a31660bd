"""`veille backfill`: bring back what a source published in a period, slice by slice."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import note
from veille.cli.values import day, span

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crawlers.registry import Registry
    from db.engine import Database
    from pipeline.backfill import Wanted
    from pipeline.session import SessionSpec
    from veille.cli.front import Work
    from veille.settings import Settings

T = TypeVar("T")
app = single()
WAYS = ("sitemap", "archive", "ids", "listing", "wayback", "warc")
EXAMPLES = examples(
    "veille backfill bladi --since 2019 --until 2020 --dry-run",
    "veille backfill bladi --since 2019-03-01 --until 2019-04-01 --for 2h",
    "veille backfill bladi --since 2014 --until 2016 --via listing,archive --queue",
    "veille backfill bladi --since 2009 --until 2012 --via wayback",
    "veille backfill bladi --since 2016 --until 2017 --warc CC-NEWS-20161105.warc.gz --copy",
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
        typer.Option("--via", metavar="WAYS", help="sitemap, archive, ids, listing, wayback, with commas; default: what is there."),
    ] = None,
    warc: Annotated[
        list[str] | None,
        typer.Option("--warc", metavar="FILE", help="A WARC file, by path or address (repeatable); takes pages from it alone."),
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the pages of WARC files into the archive, so that the files may go.")] = False,
    queue: Annotated[bool, typer.Option("--queue", help="Only plan and keep it; `veille run` works on it.")] = False,
    at_most: Annotated[Any, typer.Option("--for", parser=span, metavar="TIME", help="Stop after 90s, 10m, 2h…")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the slices and what they will cost; nothing is stored.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring back what a source published in a period.

    It is planned into slices: parts of sitemaps, pages by month, sections, or what others kept: captures of a web archive, WARC
    files. They are done newest first, for what was published from --since up to, not including, --until. Started again after a cut
    or a kill, it goes on where it was; `veille backfills` shows and steers it.

    Exit code 1 if a slice failed.
    """
    if since >= until:
        raise typer.BadParameter(f"--since {since} is not before --until {until}.")
    door = front(ctx)
    from db.vocabulary import BackfillState, SliceState
    from pipeline import backfill as job
    from veille.cli.backfill_view import print_plan, print_report, progress
    from veille.cli.signals import stoppable

    wanted = _with_ways(job.Wanted(name, since, until), door.settings, via, warc, copy=copy)
    wanted = _up_to_today(wanted, door.clock(), door.registry.get(name).time_zone)
    with door.working() as work:
        if dry_run:
            print_plan(_planned(job.plan, work, wanted), as_json=as_json)
            return
        with stoppable(raising=True):
            kept = _planned(job.request, work, wanted)
            if kept.until < wanted.until:
                note(f"backfill {kept.id}, asked for on {kept.requested_at:%Y-%m-%d}, goes on; it ends before {kept.until}")
            if kept.state is BackfillState.PAUSED:
                note(f"backfill {kept.id} was paused; it goes on now")
            if queue:
                note(f"backfill {kept.id} is planned: `veille run` works on it, `veille backfills show {kept.id}` shows how far it is")
                print_report(job.report(work.database, work.registry, kept.id), as_json=as_json)
                return
            with progress(quiet=door.quiet) as show:
                report = job.work_on(work.spec, work.database, work.registry, kept.id, at_most=at_most, on_progress=show)
    print_report(report, as_json=as_json)
    if copy and report.counts.get("skipped_known"):
        note(f"{report.counts['skipped_known']} pages were kept before and not copied: some may lie in these files, so keep them")
    if report.backfill.ended_at is None and report.backfill.state is BackfillState.ACTIVE:
        note("it is not over: the same command goes on with it, and so does `veille run`")
    if report.tally.get(SliceState.FAILED):
        raise typer.Exit(1)


def _up_to_today(wanted: Wanted, now: datetime, zone: str) -> Wanted:
    """What is wanted of the days that have been, on the source's clock; the words it was asked in are kept, to know it again tomorrow."""
    today = now.astimezone(ZoneInfo(zone)).date()
    tomorrow = today + timedelta(days=1)
    if wanted.since >= tomorrow:
        raise typer.BadParameter(f"--since {wanted.since} lies ahead: nothing was published yet; name a day up to {today}.")
    if wanted.until <= tomorrow:
        return wanted
    note(f"--until {wanted.until} lies ahead: what was published up to today, {today}, is brought back")
    return dataclasses.replace(wanted, until=tomorrow, params={**wanted.params, "until": wanted.until.isoformat()})


def _planned(step: Callable[[SessionSpec, Database, Registry, Wanted, Callable[[str], None]], T], work: Work, wanted: Wanted) -> T:
    """Plan, as `step` does; a WARC file that is none, or is not there, was named on the command line."""
    from db.errors import ArchiveError

    try:
        return step(work.spec, work.database, work.registry, wanted, note)
    except ArchiveError as error:
        raise typer.BadParameter(f"--warc: {error}") from error


def _with_ways(wanted: Wanted, settings: Settings, via: list[str] | None, files: list[str] | None, *, copy: bool) -> Wanted:
    """What is wanted, by the ways that were named, with what each of them needs to know."""
    from db.vocabulary import Way

    written = [word.strip() for part in via or [] for word in part.split(",") if word.strip()]
    unknown = sorted(set(written) - set(WAYS))
    if unknown:
        raise typer.BadParameter(f"--via {unknown[0]}: no such way; there are {', '.join(WAYS)}.")
    if "warc" in written and not files:
        raise typer.BadParameter("--via warc: name the files with --warc FILE.")
    for file in files or ():
        if not file.strip() or ("://" in file and not file.lower().startswith(("http://", "https://"))):
            raise typer.BadParameter(f"--warc {file!r} names no file; write its path, or its address as https://….")
    if copy and not files:
        raise typer.BadParameter("--copy: there is nothing to copy without --warc FILE.")
    ways = tuple(Way(way) for way in WAYS if way in written or (way == "warc" and files))
    params: dict[str, Any] = {}
    if Way.WAYBACK in ways:
        params["wayback"] = settings.wayback
    if files:
        params |= {"warc": files, "copy": copy}
    return dataclasses.replace(wanted, ways=ways, params=params)
