"""`veille run`: the timetable at work, until it is told to stop."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import Front, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import note
from veille.cli.values import span

if TYPE_CHECKING:
    from pipeline.service import Service

app = single()


@app.command("run", cls=FrontCommand, epilog=examples("veille run", "veille run --for 10m", "veille run --metrics veille.prom"))
def run(
    ctx: typer.Context,
    *,
    at_most: Annotated[Any, typer.Option("--for", parser=span, metavar="TIME", help="Stop after 90s, 10m, 2h…; default: never.")] = None,
    metrics: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep figures for Prometheus in this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Visit each source when its timetable says so.

    Backfills that were asked for are worked on in between. A second one on the same database stands by, and takes over when the first
    ends. Stop it with Ctrl-C or SIGTERM: what is under way is put down in order. SIGHUP has it read the source files at once.
    Exit code 1 if a source failed.
    """
    door = front(ctx)
    from db.vocabulary import KeepPages
    from pipeline.alerts import Alerts
    from pipeline.housekeeping import Housekeeper
    from pipeline.service import Service
    from veille.cli.herald import Herald
    from veille.cli.reports import conclude
    from veille.cli.signals import reloadable, stoppable
    from veille.metrics import MetricsFile

    alerts = Alerts(door.settings.alerts, door.settings.allow_networks)
    with ExitStack() as stack:
        stack.enter_context(closing(alerts))
        work = stack.enter_context(door.working())
        stop = stack.enter_context(stoppable(raising=False))
        herald = Herald(note if _talks(door) else None)
        service = Service(work.spec, work.database, work.registry, alerts=alerts, **herald.hooks())
        keeper = Housekeeper(work.spec, work.database, work.registry, KeepPages(door.settings.keep_pages))
        stack.enter_context(closing(keeper))
        service.duties.append(lambda now: keeper.mind(now, service.registry, idle=service.is_idle))
        stack.enter_context(reloadable(stop, lambda: herald.reload(service)))
        if metrics is not None:
            stack.enter_context(MetricsFile(metrics.absolute(), work.database, door.clock))
        reports = service.work(herald.stop(stop), door.clock() + at_most if at_most else None)
    conclude(reports, problems=_problems(service), as_json=as_json, kinds=True)


def _talks(door: Front) -> bool:
    """Whether remarks go to the screen. Where logs are JSON, the same is logged instead, so that every line is an object."""
    from veille.logs import show_events

    if not door.quiet and door.settings.log_format == "json":
        show_events()
        return False
    return not door.quiet


def _problems(service: Service) -> list[str]:
    """What is wrong with the source files in the end."""
    return service.registry.problems()
