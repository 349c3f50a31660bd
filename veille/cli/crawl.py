"""`veille crawl`: visit sources once, now, and read what they published."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from veille.cli.front import Front, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.values import span, whole

app = single()


@app.command("crawl", cls=FrontCommand, epilog=examples("veille crawl", "veille crawl bladi atalayar --limit 50 --for 10m"))
def crawl(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Sources; all that are known if none is named.")] = None,
    *,
    limit: Annotated[Any, typer.Option("--limit", "-n", parser=whole(1), metavar="N", help="Article pages a source at most.")] = None,
    at_most: Annotated[
        Any, typer.Option("--for", parser=span, metavar="TIME", help="Stop after 90s, 10m, 2h…; the next crawl goes on.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Fetch what is new, read it and store the articles.

    At the end stands a summary, one line a source: what was fetched, new, rejected and failed, and why. A crawl
    that was cut off, even killed, goes on where it was when it is started again.

    Exit code 1 if a source failed.
    """
    door = front(ctx)
    from pipeline import jobs
    from veille.cli.progress import progress
    from veille.cli.reports import conclude
    from veille.cli.signals import stoppable

    with door.working() as work, stoppable(raising=True), progress(quiet=door.quiet) as show:
        chosen = names or work.registry.names()
        reports = jobs.crawl(work.spec, work.database, work.registry, chosen, limit=limit, at_most=at_most, on_progress=show)
    conclude(reports, problems=[*([] if names else door.registry.problems()), *_unusable(door, chosen)], as_json=as_json)


def _unusable(door: Front, names: list[str]) -> list[str]:
    """What of these sources' files was not used: selectors that are none, a timetable that cannot be kept."""
    from pipeline.source_check import problems_of

    return [problem for name in dict.fromkeys(names) for problem in problems_of(door.registry.get(name))]
