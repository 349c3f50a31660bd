"""`veille doctor`: whether database, archive, sources and alert targets are in order, and how to repair what is not."""

from __future__ import annotations

from typing import Annotated

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, say

app = single()


@app.command("doctor", cls=FrontCommand, epilog=examples("veille doctor", "veille doctor --full --json"))
def doctor(
    ctx: typer.Context,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read every kept page instead of a sample.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check database, archive, sources, alerts; say how to repair.

    Exit code 1 if anything is wrong.
    """
    door = front(ctx)
    from veille.diagnosis import diagnose

    with door.watch() as watch:
        told = {"alerts": door.settings.alerts, "networks": door.settings.allow_networks}
        findings = diagnose(watch, door.registry, full=full, **told)
    if as_json:
        say(json_text([{"part": item.part, "ok": item.ok, "finding": item.finding, "remedy": item.remedy} for item in findings]))
    else:
        for item in findings:
            say(f"{'ok     ' if item.ok else 'PROBLEM'}  {item.part.ljust(8)}  {line(item.finding)}")
            if item.remedy:
                say(f"{' ' * 19}→ {item.remedy}")
    if not all(item.ok for item in findings):
        raise typer.Exit(1)
