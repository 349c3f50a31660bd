"""`veille init`: a configuration file with every setting explained, a folder for sources, and the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from db.errors import SettingError
from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import note, say
from veille.settings import CONFIG_FILE, SETTINGS, Setting

app = single()
FOLDER = "sources"
HEAD = """\
# Settings of veille for this folder. Lines that begin with # show the defaults.
# Each may also be given as a variable (VEILLE_READERS=2) or for one command (--set readers=2).
"""


@app.command("init", cls=FrontCommand, epilog=examples("veille init", "veille init --database postgresql://veille@localhost/press"))
def init(ctx: typer.Context) -> None:
    """Prepare the working folder: settings, sources and database.

    Writes veille.toml with every setting explained, makes a folder for your own source files, and the database. What is
    there already is left as it is.
    """
    door = front(ctx)
    path = Path(CONFIG_FILE)
    if path.exists():
        note(f"{path} is there already and was left as it is")
    else:
        _write(path, configuration(door.given("database")))
        say(f"wrote {path}")
    settings = door.reload()
    for folder in settings.sources:
        _make(folder)
    from db.engine import Database

    database = Database.open(settings.database)
    say(f"database {database.where} at schema {database.schema_revision()}")
    database.close()
    say("next: `veille sources list` shows the sources that come with veille, `veille crawl NAME` fetches one")


def configuration(database: str | None) -> str:
    """The text of a fresh veille.toml; `database` is set in it if given."""
    chosen = {FOLDER: [FOLDER]} | ({"database": database} if database else {})
    return HEAD + "".join(f"\n# {row.help}\n{_assignment(row, chosen)}\n" for row in SETTINGS)


def _assignment(row: Setting, chosen: dict[str, Any]) -> str:
    if row.name in chosen:
        return f"{row.name} = {json.dumps(chosen[row.name])}"
    return f"# {row.name} = {'{}' if row.default == {} else json.dumps(row.default)}"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingError(f"{path.absolute()}: cannot be written ({error.strerror}); choose a folder you may write to") from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"{folder}: cannot be made ({error.strerror}); correct `sources`, or the rights of the folder above") from error
