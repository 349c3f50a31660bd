"""`veille sources learn`: what the kept pages of a source have in common, shown in words."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import typer

from veille.cli.output import json_text, line, note, say

if TYPE_CHECKING:
    from db.readings import Template
    from veille.cli.front import Front

ENGINE_WORDS = {
    "default": "as it is",
    "precision": "set to leave out what is doubtful",
    "recall": "set to keep what is doubtful",
    "no_tables": "without tables",
}
SHOWN = 20
"""Lines and blocks shown before the rest is only counted."""


def learn_source(door: Front, name: str, *, pages: int, dry_run: bool, reread: bool, as_json: bool) -> None:
    """Learn, keep unless it is a dry run, show. Exits with 1 if too few pages are kept."""
    from db.pages import PageStore
    from pipeline.jobs import learn
    from pipeline.steps.template import FEWEST_PAGES
    from veille.cli.progress import counting

    with door.working() as work:
        work.registry.get(name)
        with work.database.read() as tx:
            kept = len(PageStore(tx).latest_read(name, pages))
        with counting("learning", kept, quiet=door.quiet) as count:
            template = learn(work.spec, work.database, work.registry, name, pages=pages, keep=not dry_run, on_page=count)
        if template is None:
            note(
                f"veille: {kept} articles of {name} are kept, too few to learn from (at least {FEWEST_PAGES}); `veille crawl {name}` first"
            )
            raise typer.Exit(1)
        again = work.database.transact(lambda tx: PageStore(tx).read_again(name)) if reread and not dry_run else 0
        used = work.registry.get(name).template
    if as_json:
        say(json_text(dataclasses.asdict(template) | {"source": name, "kept": not dry_run, "to_read_again": again}))
        return
    _show(template, name)
    say(_ending(name, dry_run=dry_run, again=again, used=used))


def forget_source(door: Front, name: str) -> None:
    """Delete what was learned of a source."""
    from db.templates import TemplateStore

    with door.working() as work:
        work.registry.get(name)
        known = work.database.transact(lambda tx: TemplateStore(tx).forget(name))
    say(f"what was learned of {name} is forgotten" if known else f"nothing was learned of {name}")


def _show(template: Template, name: str) -> None:
    say(f"learned from {template.pages} articles of {name} (version {template.version})")
    say(f"engine    {ENGINE_WORDS[template.engine]}")
    for word, entries in (("body", template.bodies), ("cut", template.blocks), ("recurs", template.lines)):
        for entry in entries[:SHOWN] or ("nothing",):
            say(f"{word.ljust(9)} {line(entry)[:160]}")
        if len(entries) > SHOWN:
            say(f"{word.ljust(9)} and {len(entries) - SHOWN} more")


def _ending(name: str, *, dry_run: bool, again: int, used: bool) -> str:
    if dry_run:
        return "kept      nothing: a dry run"
    if not used:
        return "kept, but not used: the source file says `template = false`"
    if again:
        return f"kept, and applied to the next pages; {again} kept pages wait to be read again: `veille read --pending`"
    return f"kept, and applied to the next pages; `veille sources learn {name} --reread` has the old ones read again as well"
