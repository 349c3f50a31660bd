"""`veille doctor`: whether database, archive, sources, schedule and alert targets are in order, and how to repair what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from veille.cli.front import Front, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, note, say

if TYPE_CHECKING:
    from veille.watch import Watch

app = single()


@app.command("doctor", cls=FrontCommand, epilog=examples("veille doctor", "veille doctor --full --json", "veille doctor --repair"))
def doctor(
    ctx: typer.Context,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read every kept page instead of a sample.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="First put in order what a kill left in archive and leases.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check everything there is, and say how to repair what is wrong.

    Database, archive, sources, schedule, alerts. Exit code 1 if anything is wrong. Nothing is altered without --repair, which
    loses nothing.
    """
    door = front(ctx)
    from veille.cli.progress import measuring
    from veille.diagnosis import diagnose

    with door.watch() as watch, measuring("reading page records", quiet=door.quiet) as show:
        for done in _repair(door, watch) if repair else ():
            note(f"veille: {done}")
        told = {"alerts": door.settings.alerts, "networks": door.settings.allow_networks}
        findings = diagnose(watch, door.registry, now=door.clock(), full=full, **told, on_page=lambda done, total: show(done, total, ""))
    if as_json:
        say(json_text([{"part": item.part, "ok": item.ok, "finding": item.finding, "remedy": item.remedy} for item in findings]))
    else:
        for item in findings:
            say(f"{'ok     ' if item.ok else 'PROBLEM'}  {item.part.ljust(8)}  {line(item.finding)}")
            if item.remedy:
                say(f"{' ' * 19}→ {item.remedy}")
    if not all(item.ok for item in findings):
        raise typer.Exit(1)


def _repair(door: Front, watch: Watch) -> list[str]:
    """Mend the archive, and free what processes that died still hold."""
    from db.leases import reclaim_dead
    from veille.archive_diagnosis import repair_archive

    now = door.clock()
    freed = watch.database.transact(lambda tx: reclaim_dead(tx, now))
    return [*repair_archive(watch.database, watch.archive), *([f"{freed} leases of dead processes freed"] if freed else [])]
