"""`veille tidy`: the housekeeping of the service, done now."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import Front, Work, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, say, table

if TYPE_CHECKING:
    from pipeline.housekeeping import Step

app = single()
EXAMPLES = examples("veille tidy --dry-run", "veille tidy", "veille tidy pages archive --set keep_pages=read")


@app.command("tidy", cls=FrontCommand, epilog=EXAMPLES)
def tidy(
    ctx: typer.Context,
    chores: Annotated[list[str] | None, typer.Argument(metavar="[CHORE]…", help="pages, archive, database, verify, learn.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is to do; nothing is changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Do the housekeeping now; `veille run` does it by itself.

    Without names: pages, archive and database. It may run beside the service.
    """
    door = front(ctx)
    from pipeline.housekeeping import ARCHIVE, CHORES, DATABASE, PAGES

    known = [chore.name for chore in CHORES]
    for name in chores or ():
        if name not in known:
            raise typer.BadParameter(f"there is no chore {name!r}; there are {', '.join(known)}.")
    names = chores or [PAGES.name, ARCHIVE.name, DATABASE.name]
    with door.working() as work:
        if dry_run:
            _say_what(door, work, as_json=as_json)
            return
        steps = _do(door, work, names)
    if as_json:
        say(json_text([dataclasses.asdict(step) for step in steps]))
    else:
        table(("chore", "outcome"), [(step.chore, step.words) for step in steps])
    if any(step.words.startswith("failed") for step in steps):
        raise typer.Exit(1)


def _do(door: Front, work: Work, names: list[str]) -> list[Step]:
    from db.vocabulary import KeepPages
    from pipeline.housekeeping import Housekeeper
    from veille.cli.progress import measuring
    from veille.cli.signals import stoppable

    keeper = Housekeeper(work.spec, work.database, work.registry, KeepPages(door.settings.keep_pages))
    with stoppable(raising=True), closing(keeper), measuring("tidying", quiet=door.quiet) as show:

        def tell(step: Step) -> None:
            show(step.done, step.total, f"{step.chore}: {step.words}")

        return keeper.do(names, door.clock, tell)


def _say_what(door: Front, work: Work, *, as_json: bool) -> None:
    from db.vocabulary import KeepPages
    from pipeline.housekeeping import plan

    found: dict[str, Any] = plan(work.spec, work.database, KeepPages(door.settings.keep_pages), door.clock())
    if as_json:
        say(json_text(found))
        return
    say(f"pages     {found['pages']:,} may go (keep_pages = {door.settings.keep_pages}), {found['page_bytes']:,} bytes of the archive")
    files = f"{len(found['files'])} of {found['archive_files']} files"
    say(f"archive   {files} are worth rewriting; {found['dead_bytes']:,} bytes of them are dead")
    say(f"database  {found['database_bytes']:,} bytes, {found['database_free']:,} of them free")
    for name, at in found["done"].items():
        say(f"{name.ljust(9)} done last {line(at)}")
