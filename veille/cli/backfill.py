"""`veille backfill`: bring back what a source published in a period."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, say, table
from veille.cli.values import day, span

if TYPE_CHECKING:
    from pipeline.jobs import BackfillPlan

app = single()
EXAMPLES = examples(
    "veille backfill bladi --since 2019 --until 2020 --dry-run",
    "veille backfill bladi --since 2019-03-01 --until 2019-04-01 --for 2h",
)


@app.command("backfill", cls=FrontCommand, epilog=EXAMPLES)
def backfill(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source.")],
    *,
    since: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="First day (2019, 2019-03, 2019-03-01).")],
    until: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="The day after the last one.")],
    at_most: Annotated[Any, typer.Option("--for", parser=span, metavar="TIME", help="Stop after 90s, 10m, 2h…")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print where it would begin; nothing is fetched.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring back what a source published in a period.

    Walks its sitemaps and older section pages for what was published from --since up to, not including, --until.
    Started again after a cut or a kill, it goes on where it was.
    """
    if since >= until:
        raise typer.BadParameter(f"--since {since} is not before --until {until}.")
    door = front(ctx)
    from pipeline import jobs
    from veille.cli.progress import progress
    from veille.cli.reports import conclude
    from veille.cli.signals import stoppable

    with door.working() as work:
        if dry_run:
            _print(jobs.plan_backfill(work.spec, work.database, work.registry, name, since=since, until=until), as_json=as_json)
            return
        with stoppable(raising=True), progress(quiet=door.quiet) as show:
            reports = jobs.backfill(
                work.spec, work.database, work.registry, name, since=since, until=until, at_most=at_most, on_progress=show
            )
    conclude(reports, problems=[], as_json=as_json)


def _print(plan: BackfillPlan, *, as_json: bool) -> None:
    if as_json:
        say(json_text(dataclasses.asdict(plan)))
        return
    say(f"{plan.source}: {_days(plan.since, plan.until)}, {plan.known} articles of it stored already")
    say(f"one request every {plan.seconds_a_page:g} s; it would begin at:")
    table(("kind", "address", "found by"), [(start.kind, start.url, line(start.found_by)) for start in plan.starts])


def _days(since: date, until: date) -> str:
    return f"{since} up to {until} ({(until - since).days} days)"
