"""`veille backfills`: show the backfills and steer them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, SharedGroup, examples, need_command, single
from veille.cli.output import json_text, say
from veille.cli.values import whole

if TYPE_CHECKING:
    from db.engine import Database
    from db.vocabulary import BackfillState

app = single()
Number = Annotated[Any, typer.Argument(parser=whole(1), metavar="N", help="The backfill's number.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(
    cls=SharedGroup,
    invoke_without_command=True,
    epilog=examples("veille backfills list", "veille backfills show 3", "veille backfills retry 3"),
)
def backfills(ctx: typer.Context) -> None:
    """Show the backfills and steer them."""
    need_command(ctx)


@app.command("list", cls=FrontCommand, epilog=examples("veille backfills list", "veille backfills list --source bladi --json"))
def list_(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Of one source only.")] = None,
    limit: Annotated[
        Any, typer.Option("--limit", "-n", parser=whole(1, 100_000), metavar="N", help="At most so many, the latest first.")
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """List what was asked for of the past, and how far it is."""
    from db.slices import BackfillStore
    from pipeline.slices import summary, waits_for
    from veille.cli.backfill_view import print_backfills
    from veille.cli.known_source import check_source

    door = front(ctx)
    with door.watch() as watch:
        check_source(source, watch, door)
        with watch.database.read() as tx:
            found = BackfillStore(tx).list(source, limit=limit)
            tallies = BackfillStore(tx).tally([each.id for each in found])
    registry = door.registry
    print_backfills([(each, summary(tallies[each.id]), waits_for(each, registry)) for each in found], as_json=as_json)


@app.command(cls=FrontCommand, epilog=examples("veille backfills show 3", "veille backfills show 3 --slices"))
def show(
    ctx: typer.Context,
    number: Number,
    *,
    slices: Annotated[bool, typer.Option("--slices", help="List every slice, with its run.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a backfill has brought by month, and the gaps."""
    import dataclasses

    from db.slices import BackfillStore
    from pipeline.backfill import report
    from veille.cli.backfill_view import print_report, print_slices

    with closing(_database(ctx)) as database:
        found = report(database, front(ctx).registry, number)
        with database.read() as tx:
            parts = BackfillStore(tx).slices(number) if slices else []
    if as_json:
        told = {"slices": [dataclasses.asdict(part) for part in parts]} if slices else {}
        say(json_text(dataclasses.asdict(found) | told))
        return
    print_report(found, as_json=False)
    if slices:
        print_slices(parts)


@app.command(cls=FrontCommand, epilog=examples("veille backfills pause 3"))
def pause(ctx: typer.Context, number: Number) -> None:
    """Put a backfill down within seconds.

    Nothing new is begun, and what is under way is stopped, to go on from there.
    """
    from db.vocabulary import BackfillState

    _steer(ctx, number, BackfillState.PAUSED)


@app.command(cls=FrontCommand, epilog=examples("veille backfills drain 3"))
def drain(ctx: typer.Context, number: Number) -> None:
    """Begin nothing new of a backfill.

    What is under way is brought to its end; then the backfill is paused.
    """
    from db.vocabulary import BackfillState

    _steer(ctx, number, BackfillState.DRAINING)


@app.command(cls=FrontCommand, epilog=examples("veille backfills resume 3"))
def resume(ctx: typer.Context, number: Number) -> None:
    """Have a paused backfill go on.

    `veille run` works on it, or the `veille backfill` that asked for it.
    """
    from db.vocabulary import BackfillState

    _steer(ctx, number, BackfillState.ACTIVE)


@app.command(cls=FrontCommand, epilog=examples("veille backfills cancel 3"))
def cancel(ctx: typer.Context, number: Number) -> None:
    """End a backfill now. What it has brought stays."""
    from db.vocabulary import BackfillState

    _steer(ctx, number, BackfillState.CANCELLED)


@app.command(cls=FrontCommand, epilog=examples("veille backfills retry 3"))
def retry(ctx: typer.Context, number: Number) -> None:
    """Plan the slices that failed again.

    Those that robots.txt forbade are tried again, too.
    """
    from pipeline import slices

    clock = front(ctx).clock
    with closing(_database(ctx)) as database:
        planned = database.transact(lambda tx: slices.retry(tx, number, clock()))
    say(f"backfill {number}: {planned} slice{'s' if planned != 1 else ''} planned again" if planned else f"backfill {number}: none failed")


def _steer(ctx: typer.Context, number: int, state: BackfillState) -> None:
    from db.slices import BackfillStore
    from pipeline import slices

    clock = front(ctx).clock
    with closing(_database(ctx)) as database:
        steered = database.transact(lambda tx: slices.steer(tx, number, state, clock()))
        with database.read() as tx:
            tally = BackfillStore(tx).tally([number])[number]
    say(f"backfill {number} is {steered.state}; {slices.summary(tally)}")


def _database(ctx: typer.Context) -> Database:
    return front(ctx).watch().database
