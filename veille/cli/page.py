"""`veille page`: a page as it was fetched."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, note, paragraphs, say

if TYPE_CHECKING:
    from db.records import StoredPage

app = single()


@app.command(
    "page", cls=FrontCommand, epilog=examples("veille page https://www.example.org/a,12.html > page.html", "veille page URL --json")
)
def page(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The page's address.")],
    *,
    source: Annotated[str | None, typer.Option("--source", "-s", metavar="NAME", help="Source it was fetched for.")] = None,
    headers: Annotated[bool, typer.Option("--headers", help="Print status and headers before the body.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is known of the page instead of its body.")] = False,
) -> None:
    """Print the page last kept for an address, byte for byte."""
    with front(ctx).watch() as watch:
        kept = watch.page(url, source=source)
    if kept is None:
        note(f"veille: no page of {url} is kept; `veille crawl` fetches pages, `veille status` shows what was fetched")
        raise typer.Exit(1)
    if as_json:
        say(json_text(_record(kept.stored)))
        return
    if headers:
        say(f"{kept.stored.status} {line(kept.stored.url)}")
        for name, value in kept.stored.headers:
            say(f"{line(name)}: {line(value)}")
        say()
    if sys.stdout.isatty():  # what a publisher wrote must not steer the terminal
        say(paragraphs(kept.body.decode("utf-8", errors="replace")))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(kept.body)


def _record(stored: StoredPage) -> dict[str, Any]:
    names = ("id", "source", "run_id", "url", "kind", "fetched_at", "status", "state", "reason", "detail", "body_digest", "attempts")
    place = stored.location
    return {name: getattr(stored, name) for name in names} | {
        "headers": [list(pair) for pair in stored.headers],
        "archive": {"file": place.file, "offset": place.offset, "length": place.length},
    }
