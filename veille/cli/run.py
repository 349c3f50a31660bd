"""`veille run`: the timetable at work, until it is told to stop."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Any

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import note
from veille.cli.values import span

app = single()


@app.command("run", cls=FrontCommand, epilog=examples("veille run", "veille run --for 10m"))
def run(
    ctx: typer.Context,
    *,
    at_most: Annotated[Any, typer.Option("--for", parser=span, metavar="TIME", help="Stop after 90s, 10m, 2h…; default: never.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Visit each source when its timetable says so.

    Backfills that were asked for are worked on in between. Stop it with Ctrl-C or SIGTERM: what is under way is put down in order.
    Exit code 1 if a source failed.
    """
    door = front(ctx)
    from pipeline.alerts import Alerts
    from pipeline.service import Service
    from veille.cli.reports import conclude, sentence
    from veille.cli.signals import stoppable

    alerts = Alerts(door.settings.alerts, door.settings.allow_networks)
    with closing(alerts), door.working() as work, stoppable(raising=False) as stop:
        service = Service(work.spec, work.database, work.registry, alerts=alerts)
        if not door.quiet:
            service.on_start = lambda begun: note(f"{begun.source}: {begun.kind} begins{f' for {begun.slot}' if begun.slot else ''}")
            service.on_report = lambda report: note(sentence(report))
        reports = service.work(stop, door.clock() + at_most if at_most else None)
    conclude(reports, problems=door.registry.problems(), as_json=as_json)
