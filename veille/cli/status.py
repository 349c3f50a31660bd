"""`veille status`: what is stored, what is under way, what failed and what is wrong, source by source."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, note, say, table

app = single()
COLUMNS = ("source", "articles", "last article", "last crawl", "state", "new", "failed", "note")
WORDS = {"quiet": "quiet", "failing": "failing", "refused": "refused", "layout": "changed (layout)"}
"""How each state of a source's health reads in a sentence."""


@app.command("status", cls=FrontCommand, epilog=examples("veille status", "veille status bladi --json"))
def status(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Sources; all that were ever fetched if none is named.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is stored, under way and failed, by source."""
    door = front(ctx)
    from veille.overview import overview

    for name in names or ():
        door.registry.get(name)
    with door.watch() as watch:
        found = overview(watch, names or (), now=door.clock())
    if as_json:
        say(json_text(found))
    else:
        _print(found)
    for problem in door.registry.problems():
        note(f"veille: {problem}")


def _print(found: dict[str, Any]) -> None:
    table(COLUMNS, [_row(source) for source in found["sources"]], numbers=("articles", "new", "failed"))
    for source in found["sources"]:
        if source["paused"]:
            say(_pause(source))
        if source["health"]["evidence"]:
            say(_trouble(source))
    for name, count in found["to_read_again"].items():
        say(f"{name}: {count} kept pages were read before its template was learned; `veille reprocess {name}` may bring better text")
    for run in found["open_runs"]:
        say(_open_run(run))
    for each in found["backfills"]:
        say(f"backfill {each['id']} of {each['source']}, {each['since']} up to {each['until']}: {each['state']}; {each['slices']}")
    say(f"{found['articles']} articles, {found['unread_pages']} pages to be read · {found['database']}")
    if found["unread_pages"] and not found["open_runs"]:
        say("`veille read --pending` reads them")


def _trouble(source: dict[str, Any]) -> str:
    health = source["health"]
    return f"{source['name']} is {WORDS[health['state']]} since {line(health['since'])}: {line(health['evidence'])}"


def _pause(source: dict[str, Any]) -> str:
    until = f" until {line(source['paused_until'])}" if source["paused_until"] else ""
    reason = f": {line(source['pause_reason'])}" if source["pause_reason"] else ""
    return f"{source['name']} is paused{until}{reason}"


def _open_run(run: dict[str, Any]) -> str:
    if run["cut_off"]:
        return f"cut off: {run['kind']} of {run['source']}; the same command, or `veille run`, goes on where it was"
    return f"under way: {run['kind']} of {run['source']}, {run['state']} since {line(run['since'])}"


def _row(source: dict[str, Any]) -> list[object]:
    run = source["last_run"] or {}
    article = source["last_article"] or {}
    state = "paused" if source["paused"] else run.get("state", "never crawled")
    failed = sum(source["failures"].values())
    return [
        source["name"],
        source["articles"],
        article.get("published_on"),
        run.get("ended_at") or run.get("since"),
        state,
        run.get("counts", {}).get("new", ""),
        failed or "",
        run.get("note"),
    ]
