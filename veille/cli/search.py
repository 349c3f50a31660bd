"""`veille search`: what was said, best match first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import flat, isolated, json_text, line, note, say
from veille.cli.values import day, whole

if TYPE_CHECKING:
    from db.readings import Hit

app = single()
EXAMPLES = examples(
    'veille search "énergie solaire" --lang fr --after 2020',
    "veille search 'الطاقة الشمسية' --country MA --limit 5",
    "veille search '\"plan solaire\" OR photovoltaïque -éolien' --json",
)


@app.command("search", cls=FrontCommand, epilog=EXAMPLES)
def search(
    ctx: typer.Context,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help='Words (all of them), "phrases", OR, NOT or -word, prefix*.')
    ] = None,
    *,
    lang: Annotated[str | None, typer.Option("--lang", "-l", metavar="LANG", help="Language, as fr, ar, es, en.")] = None,
    source: Annotated[str | None, typer.Option("--source", "-s", metavar="NAME", help="Name of the source.")] = None,
    country: Annotated[str | None, typer.Option(metavar="CC", help="Country of the source (two letters).")] = None,
    tag: Annotated[str | None, typer.Option(help="Tag the publisher gave.")] = None,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Author.")] = None,
    after: Annotated[
        Any, typer.Option(parser=day, metavar="DAY", help="Published on this day or later (2020, 2020-03, 2020-03-01).")
    ] = None,
    before: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="Published before this day.")] = None,
    limit: Annotated[Any, typer.Option("--limit", "-n", parser=whole(1, 1000), metavar="N", help="How many at most.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: total and hits.")] = False,
) -> None:
    """Find articles, best match first.

    Without QUERY, the newest that the filters let through. What comes after a -- is taken literally: veille search -- -word.
    """
    door = front(ctx)
    from veille.cli.known_source import check_source
    from veille.filters import Filters

    text = " ".join(query or ())
    filters = Filters(language=lang, source=source, country=country, tag=tag, author=author, after=after, before=before)
    with door.watch() as watch:
        check_source(source, watch, door)
        hits = watch.hits(text, filters, limit=limit)
        total = watch.count(text, filters)
    if as_json:
        say(json_text({"total": total, "hits": [_record(hit) for hit in hits]}))
        return
    for hit in hits:
        _print(hit)
    note(f"{len(hits)} of {total} articles" if hits else "nothing found")


def _record(hit: Hit) -> dict[str, Any]:
    from db.export import record

    kept = {key: value for key, value in record(hit.article).items() if key != "text"}
    return kept | {"score": hit.score, "snippet": hit.snippet, "matches": hit.matches}


def _print(hit: Hit) -> None:
    article = hit.article
    head = f"{article.published_on or 'undated   '}  {article.source}  {article.language}  "
    say(f"{head}{isolated(line(article.title))}")
    if hit.snippet:
        say(f"  {isolated(_marked(hit))}")
    say(f"  {line(article.url)}  {article.uid}")


def _marked(hit: Hit) -> str:
    """The snippet with its matches in bold on a terminal, and as it is in a pipe."""
    snippet = flat(hit.snippet)
    if not sys.stdout.isatty():
        return snippet
    for start, end in sorted(hit.matches, reverse=True):
        snippet = f"{snippet[:start]}\x1b[1m{snippet[start:end]}\x1b[22m{snippet[end:]}"
    return snippet
