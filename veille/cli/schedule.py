"""`veille schedule …`: what comes next and why, what became of earlier visits, and sources taken out of the timetable for a while."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import Front, front
from veille.cli.group import FrontCommand, SharedGroup, examples, single
from veille.cli.output import json_text, line, note, say, table
from veille.cli.values import moment, whole

if TYPE_CHECKING:
    from crawlers.source import Source
    from db.records import SourceRow

app = single()
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Number = Annotated[Any, typer.Option("-n", parser=whole(1, 100_000), metavar="N", help="How many.")]
SHOWN = 20


@app.callback(
    cls=SharedGroup,
    invoke_without_command=True,
    epilog=examples(
        "veille schedule", "veille schedule next bladi -n 5", "veille schedule history --source bladi",
        'veille schedule pause bladi --until 2026-09-01 --reason "asked us to wait"', "veille schedule resume bladi",
    ),
)  # fmt: skip
def schedule(ctx: typer.Context, *, number: Number = SHOWN, as_json: Json = False) -> None:
    """Show and steer the timetable: next, history, pause, resume.

    Without one of these words: next.
    """
    if ctx.invoked_subcommand is None:
        _show_next(front(ctx), [], number, as_json=as_json)


@app.command("next", cls=FrontCommand, epilog=examples("veille schedule next", "veille schedule next bladi -n 5 --json"))
def next_(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Sources; all if none is named.")] = None,
    *,
    number: Number = SHOWN,
    as_json: Json = False,
) -> None:
    """Show the visits that come next, and why then.

    Times are shown on the source's clock, and on this computer's. A source without `every` or `cron` is visited as it publishes; its
    visits but for the first are a forecast.
    """
    _show_next(front(ctx), names or [], number, as_json=as_json)


@app.command("history", cls=FrontCommand, epilog=examples("veille schedule history", "veille schedule history --source bladi -n 50 --json"))
def history(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Only runs of this source.")] = None,
    number: Number = SHOWN,
    as_json: Json = False,
) -> None:
    """Show the latest runs: when they were due and when they were.

    `missed` are slots before it that passed without a run: the computer slept, or the visit before took longer. It caught up for them.
    """
    from veille.cli.known_source import check_source
    from veille.timeplan import past

    door = front(ctx)
    with door.watch() as watch:
        check_source(source, watch, door)
        runs = past(watch.database, source, number)
    if as_json:
        say(json_text(runs))
        return
    columns = ("slot", "source", "kind", "started", "ended", "state", "missed", "note")
    table(columns, [[run[column] or "" for column in columns] for run in runs], numbers=("missed",))


@app.command("pause", cls=FrontCommand, epilog=examples("veille schedule pause bladi", "veille schedule pause bladi --until 2026-09-01"))
def pause(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Sources.")],
    *,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="When it ends by itself: a day, or 2026-09-01T08:00 on the source's clock.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; shown wherever the pause is.")] = None,
    as_json: Json = False,
) -> None:
    """Take sources out of the timetable, for a while or for good.

    What is under way goes on; crawls and backfills by hand still work.
    """
    from veille.timeplan import pause_sources

    door = front(ctx)
    sources = [door.registry.get(name) for name in names]
    ends = {source.name: moment(until, source.time_zone, door.clock()) if until else None for source in sources}
    with door.watch() as watch:
        rows = pause_sources(watch.database, door.registry, ends, reason, door.clock())
    _tell(rows, door.clock(), as_json=as_json)


@app.command("resume", cls=FrontCommand, epilog=examples("veille schedule resume bladi"))
def resume(
    ctx: typer.Context, names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Sources.")], *, as_json: Json = False
) -> None:
    """Let paused sources back into the timetable.

    One that is due is visited at once.
    """
    from veille.timeplan import resume_sources

    door = front(ctx)
    sources = [door.registry.get(name) for name in names]
    with door.watch() as watch:
        rows, idle = resume_sources(watch.database, door.registry, sources, door.clock())
    for name in idle:
        note(f"veille: {name} was not paused")
    _tell(rows, door.clock(), as_json=as_json)


def _show_next(door: Front, names: list[str], number: int, *, as_json: bool) -> None:
    from veille.timeplan import future

    sources: list[Source] = [door.registry.get(name) for name in names] if names else list(door.registry.all())
    with door.watch() as watch:
        plan = future(watch.database, sources, door.clock(), number)
    if as_json:
        say(json_text(plan))
    else:
        columns = ("source", "local", "zone", "here", "why")
        table(columns, [[_cell(visit, column) for column in columns] for visit in plan["next"]])
        for row in plan["paused"]:
            say(_pause_sentence(row))
    for problem in (*plan["problems"], *door.registry.problems()):
        note(f"veille: {problem}")


def _cell(visit: dict[str, Any], column: str) -> object:
    if column == "local":
        return f"{visit['local'].replace('T', ' ')[:16]}{' due' if visit['due'] else ' forecast' if visit['forecast'] else ''}"
    if column == "here":
        at: datetime = visit["at"]
        return f"{at.astimezone():%Y-%m-%d %H:%M %Z}"
    return visit[column]


def _tell(rows: list[SourceRow], now: datetime, *, as_json: bool) -> None:
    from veille.timeplan import pause_of

    told = [pause_of(row, now) for row in rows]
    if as_json:
        say(json_text(told))
        return
    for row in told:
        say(_pause_sentence(row) if row["paused"] else f"{row['source']} is in the timetable again")


def _pause_sentence(row: dict[str, Any]) -> str:
    until = f" until {line(row['until'])}" if row["until"] else f": `veille schedule resume {row['source']}` ends it"
    reason = f" ({line(row['reason'])})" if row["reason"] else ""
    return f"{row['source']} is paused{until}{reason}"
