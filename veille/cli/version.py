"""`veille version`: which version runs, on what."""

from __future__ import annotations

import platform
import sqlite3
from typing import Annotated

import typer

from veille import __version__
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, say

app = single()


@app.command("version", cls=FrontCommand, epilog=examples("veille version", "veille version --json"))
def version(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print the versions of veille, Python and SQLite."""
    versions = {"veille": __version__, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    say(json_text(versions) if as_json else "\n".join(f"{name} {number}" for name, number in versions.items()))
