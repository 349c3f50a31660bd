"""`veille health`: whether the service lives and the database answers, as one sentence and an exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, say

app = single()


@app.command("health", cls=FrontCommand, epilog=examples("veille health", "veille health --json"))
def health(
    ctx: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say whether the service lives, for containers and monitors.

    Exit code 1 if no service keeps the timetable, or the database does not answer.
    """
    door = front(ctx)
    from db.services import ServiceStore
    from veille.wellbeing import wellbeing

    with door.watch() as watch:
        with watch.database.read() as tx:
            service = ServiceStore(tx).get()
        found = wellbeing(watch, service, door.clock())
    if as_json:
        facts = {"alive": found.alive, "sentence": found.sentence, "seen_at": found.seen_at, "said": found.said, "sources": found.sources}
        say(json_text(facts))
    else:
        say(found.sentence)
        if found.sources:
            say("sources: " + ", ".join(f"{number} {state}" for state, number in sorted(found.sources.items())))
    if not found.alive:
        raise typer.Exit(1)
