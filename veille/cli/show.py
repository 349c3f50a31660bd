"""`veille show`: one article, whole."""

from __future__ import annotations

from typing import Annotated

import typer

from veille.cli.article_view import print_stored
from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, note, say

app = single()


@app.command("show", cls=FrontCommand, epilog=examples("veille show ID", "veille show https://www.example.org/a,12.html --json"))
def show(
    ctx: typer.Context,
    uid: Annotated[str, typer.Argument(metavar="ID", help="The article's uid (8 characters may do), or one of its addresses.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as export does.")] = False,
) -> None:
    """Show one article: title, date with its evidence, authors, text."""
    with front(ctx).watch() as watch:
        article = watch.get(uid)
    if article is None:
        note(f"veille: no article {uid!r}; `veille search` prints the uid of each hit")
        raise typer.Exit(1)
    if not as_json:
        print_stored(article)
        return
    from db.export import record

    say(json_text(record(article)))
