"""`veille health`: whether the service lives and the database answers, as one sentence and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from veille.cli.front import Front, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, say

if TYPE_CHECKING:
    from veille.wellbeing import Wellbeing

app = single()


@app.command("health", cls=FrontCommand, epilog=examples("veille health", "veille health --json"))
def health(
    ctx: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say whether the service lives, for containers and monitors.

    Exit code 1 if no service keeps the timetable, or the database is not there or does not answer.
    """
    found = _look(front(ctx))
    if as_json:
        facts = {"alive": found.alive, "sentence": found.sentence, "seen_at": found.seen_at, "said": found.said, "sources": found.sources}
        say(json_text(facts))
    else:
        say(found.sentence)
        if found.sources:
            say("sources: " + ", ".join(f"{number} {state}" for state, number in sorted(found.sources.items())))
    if not found.alive:
        raise typer.Exit(1)


def _look(door: Front) -> Wellbeing:
    """A database that cannot be asked is an answer, too: whoever watches over a service wants to know just that."""
    from db.errors import VeilleError
    from db.services import ServiceStore
    from veille.wellbeing import Wellbeing, wellbeing

    try:
        with door.watch() as watch:
            with watch.database.read() as tx:
                service = ServiceStore(tx).get()
            return wellbeing(watch, service, door.clock())
    except VeilleError as error:
        return Wellbeing(False, str(error), None, {}, {})
