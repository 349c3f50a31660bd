"""The shape of the command: commands loaded only when named, and the options every one of them takes.

A command is a file of this folder with a Typer `app`; what it does is its own business. Only what every command needs is
imported here, so that `veille --help` costs a fraction of a second.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = (
    "init",
    "demo",
    "sources",
    "crawl",
    "run",
    "schedule",
    "backfill",
    "backfills",
    "status",
    "health",
    "metrics",
    "search",
    "show",
    "page",
    "read",
    "reprocess",
    "robots",
    "export",
    "doctor",
    "tidy",
    "alerts",
    "version",
)
"""In the order of the help text."""


def examples(*lines: str) -> str:
    """The end of a command's help text: lines to copy, kept as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def single() -> typer.Typer:
    """An app for one command, with help in plain text (readable in a pipe and right to left alike)."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _keep(ctx: typer.Context, param: typer.CallbackParam, value: Any) -> None:
    """Remember an option of every command, wherever on the line it stood; the last one given counts."""
    if value:
        ctx.find_root().ensure_object(dict)[param.name] = value


def _shared(
    *,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Database: a file, or postgresql://…", callback=_keep, expose_value=False),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder of the fetched pages.", callback=_keep, expose_value=False),
    ] = None,
    sources: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR", help="Folder of your own sources (repeatable).", callback=_keep, expose_value=False),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Configuration to read instead of ./veille.toml.", callback=_keep, expose_value=False),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Any other setting (repeatable).", callback=_keep, expose_value=False),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is being done.", callback=_keep, expose_value=False)] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; log errors only.", callback=_keep, expose_value=False)] = False,
) -> None:
    """Declare the options of every command; never called."""


def _shared_options() -> list[Any]:
    app = single()
    app.command()(_shared)
    return list(typer.main.get_command(app).params)


class FrontCommand(TyperCommand):
    """A command that takes the shared options too."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        attributes["params"] = [*(attributes.get("params") or []), *_shared_options()]
        super().__init__(*args, **attributes)


class LazyCommands(Mapping[str, Any]):
    """The commands by name; a command's file is imported when the command is asked for."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._loaded:
            command = typer.main.get_command(importlib.import_module(f"veille.cli.{name}").app)
            command.name = name
            self._loaded[name] = command
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class SharedGroup(TyperGroup):
    """A group of commands that takes the shared options too."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        attributes["params"] = [*(attributes.get("params") or []), *_shared_options()]
        super().__init__(*args, **attributes)


class FrontGroup(SharedGroup):
    """The command `veille` itself."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        attributes["commands"] = LazyCommands(COMMANDS)
        super().__init__(*args, **attributes)


def need_command(ctx: typer.Context) -> None:
    """Print the help of a group that was called without a command, as the usage error it is."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(2)


def _show_version(value: bool) -> None:
    """Do what the command `version` does, for whoever looks for an option."""
    if value:
        from veille.cli.version import version

        version()
        raise typer.Exit


app = typer.Typer(
    cls=FrontGroup,
    context_settings={"help_option_names": ["--help", "-h"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=examples("veille init", "veille crawl bladi --limit 50", 'veille search "énergie solaire" --lang fr', "veille COMMAND --help"),
)


@app.callback(invoke_without_command=True)
def veille(
    ctx: typer.Context,
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the versions, as the command version does.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Press watch: fetch news sites, keep each article once, clean and dated, and ask what was said.

    Exit codes: 0 done; 1 it ran, but something is wrong (it says what); 2 a wrong command line, setting or source name.
    """
    need_command(ctx)
