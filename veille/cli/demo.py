"""`veille demo`: the whole program shown on newspapers that come with it."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, note, say

app = single()


@app.command(
    cls=FrontCommand,
    epilog=examples("veille demo", "veille demo --keep try-it    # look around in its database afterwards", "veille demo --score"),
)
def demo(
    ctx: typer.Context,
    scored: Annotated[bool, typer.Option("--score", help="Find every article, and compare the outcome with the truth.")] = False,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the database, the pages and the sources in this new folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome for machines.")] = False,
) -> None:
    """Show the main job on five small newspapers of our own.

    They come with veille and are served on loopback only; nothing on the network is asked.
    A timetable visits them, their clock is set forward,
    what is new is fetched, one year of one paper is brought back, and the result is searched.
    """
    import dataclasses

    from db.engine import Database
    from db.errors import SettingError
    from db.runs import RunStore
    from veille.cli.signals import stoppable
    from veille.demonstration import demonstrate

    settings = front(ctx).settings
    with ExitStack() as stack:
        stack.enter_context(stoppable(raising=True))
        if keep is not None and keep.exists() and any(keep.iterdir()):
            raise SettingError(f"--keep {keep}: is not empty; the demonstration begins with a new database, so name a new folder")
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="veille-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        given = front(ctx).given("database")
        database = Database.open(settings.database if given else f"sqlite:///{folder / 'veille.db'}")
        stack.callback(database.close)
        with database.read() as tx:
            if RunStore(tx).recent(limit=1):
                raise SettingError(f"--database {given}: something was crawled into it already; the demonstration needs an empty database")
        outcome = demonstrate(
            database, folder.absolute(), scored=scored, readers=settings.readers or os.cpu_count() or 1, say=note if as_json else say
        )
    if as_json:
        say(json_text(dataclasses.asdict(outcome) | {"passed": outcome.passed}))
    else:
        place = given or (folder / "veille.db" if keep else None)
        say(f"\nDone in {outcome.seconds:.0f} s." + (f" Look around: veille --database {place} search …" if place else ""))
    raise typer.Exit(0 if outcome.passed else 1)
