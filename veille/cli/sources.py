"""`veille sources …`: which are known, what each says, whether the files are in order, how a site becomes one, what its pages share."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, SharedGroup, examples, need_command, single
from veille.cli.output import json_text, line, note, say, table
from veille.cli.values import whole

if TYPE_CHECKING:
    from crawlers.source import Source

app = single()
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(
    cls=SharedGroup,
    invoke_without_command=True,
    epilog=examples(
        "veille sources list", "veille sources show bladi", "veille sources check", "veille sources add https://www.example.org/"
    ),
)
def sources(ctx: typer.Context) -> None:
    """List, show, check, add and learn sources: the sites that are fetched."""
    need_command(ctx)


@app.command("list", cls=FrontCommand, epilog=examples("veille sources list", "veille sources list --country MA --json"))
def list_(
    ctx: typer.Context,
    *,
    country: Annotated[str | None, typer.Option(metavar="CC", help="Only those of a country (two letters).")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    as_json: Json = False,
) -> None:
    """List the sources that are known, bundled and your own."""
    registry = front(ctx).registry
    chosen = [
        source
        for source in registry.all()
        if (country is None or (source.country or "").upper() == country.upper()) and (tag is None or tag in source.tags)
    ]
    if as_json:
        say(json_text([_summary(source) for source in chosen]))
    else:
        columns = ("name", "title", "home", "country", "languages", "checked")
        table(columns, [[_cell(source, column) for column in columns] for source in chosen])
    _complain_of(registry.problems())


@app.command("show", cls=FrontCommand, epilog=examples("veille sources show bladi", "veille sources show bladi --json"))
def show(
    ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the source.")], *, as_json: Json = False
) -> None:
    """Show everything that is known of one source, defaults included."""
    values = _values(front(ctx).registry.get(name))
    if as_json:
        say(json_text(values))
        return
    width = max(len(key) for key in values)
    for key, value in values.items():
        if value not in (None, (), [], ""):
            say(f"{key.ljust(width)}  {_words(value)}")


@app.command("check", cls=FrontCommand, epilog=examples("veille sources check", "veille sources check my-sources/new.toml"))
def check(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME|FILE", help="Sources or files; all if none is named.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Check source files: what is wrong, where, and the way out.

    Exit code 1 if anything is.
    """
    registry = front(ctx).registry
    unusable = [] if names else registry.problems()
    problems = unusable + [problem for name in names or registry.names() for problem in _problems_of(name, registry)]
    count = len(names) if names else len(registry.names()) + sum(".toml" in problem for problem in unusable)  # a folder is no file
    if as_json:
        say(json_text({"checked": count, "problems": problems}))
    else:
        for problem in problems:
            note(f"veille: {problem}")
        say(f"{count} {'source' if count == 1 else 'sources'} checked, {len(problems)} with problems")
    if problems:
        raise typer.Exit(1)


@app.command(
    "add",
    cls=FrontCommand,
    epilog=examples("veille sources add https://www.example.org/ --dry-run", "veille sources add example.org --name example"),
)
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Home page of the site.")],
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the source; default: its host.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print what the file would hold.")] = False,
    folder: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the new file; default: your first of sources.")] = None,
    as_json: Json = False,
) -> None:
    """Look at a site, read a sample, write its source file.

    Asks for about thirty addresses at most, politely, as robots.txt allows; no file is ever overwritten.

    Exit code 1 if the site cannot be reached or used, or none of the sample could be read.
    """
    from veille.cli.source_adding import Adding, folder_for

    door = front(ctx)
    read = Adding(door, url, name, folder_for(door, folder), dry_run).run(as_json=as_json)
    if not read:
        note("veille: none of the sample could be read as an article; compare the file with the site before you use it")
        raise typer.Exit(1)


@app.command("learn", cls=FrontCommand, epilog=examples("veille sources learn bladi --dry-run", "veille sources learn bladi --reread"))
def learn(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the source.")],
    *,
    pages: Annotated[
        Any, typer.Option("--pages", "-n", parser=whole(4, 500), metavar="N", help="Learn from the N articles fetched last.")
    ] = 40,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be learned; keep nothing.")] = False,
    reread: Annotated[
        bool, typer.Option("--reread", help="Have the kept articles read again with it, by `veille read --pending`.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Delete what was learned.")] = False,
    as_json: Json = False,
) -> None:
    """Learn what recurs around a source's articles.

    Blocks and lines that several of its kept articles share are cut from the next pages, and the engine mode is chosen
    that agrees best with the texts the pages state for machines. `template = false` in the source file keeps it from being used.

    Exit code 1 if too few articles are kept.
    """
    from veille.cli.learning import forget_source, learn_source

    if forget:
        forget_source(front(ctx), name)
    else:
        learn_source(front(ctx), name, pages=pages, dry_run=dry_run, reread=reread, as_json=as_json)


def _problems_of(name: str, registry: Any) -> list[str]:
    from crawlers.source import Source
    from db.errors import SourceError
    from pipeline.source_check import problems_of

    broken = [problem for problem in registry.problems() if f"/{name}.toml" in problem]
    if broken and name not in registry.names():
        return broken
    try:
        source = Source.load(Path(name)) if name.endswith(".toml") or "/" in name else registry.get(name)
    except SourceError as error:
        return [str(error)]
    return problems_of(source)


def _complain_of(problems: list[str]) -> None:
    for problem in problems:
        note(f"veille: {problem}")
    if problems:
        raise typer.Exit(1)


def _summary(source: Source) -> dict[str, Any]:
    keys = ("name", "title", "home", "country", "tags", "languages", "time_zone", "checked")
    return {key: getattr(source, key) for key in keys}


def _values(source: Source) -> dict[str, Any]:
    return {field.name: _plain(getattr(source, field.name)) for field in dataclasses.fields(source)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _words(value: Any, between: str = ", ") -> str:
    if isinstance(value, list):
        return between.join(_words(item, " → ") for item in value)
    if isinstance(value, dict):
        return " ".join(f"{key}={_words(item)}" for key, item in value.items() if item not in (None, [], ""))
    return line(value)


def _cell(source: Source, column: str) -> object:
    value = getattr(source, column)
    return "never" if column == "checked" and value is None else value
