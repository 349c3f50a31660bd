"""`veille init`: a configuration file with every setting explained, a folder for sources, and the database."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from db.errors import SettingError
from veille.cli.front import Front, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import note, say
from veille.settings import CONFIG_FILE, FLAGS, PREFIX, SETTINGS, Setting, Settings, load

app = single()
FOLDER = "sources"
HEAD = """\
# Settings of veille for this folder. Lines that begin with # show the defaults.
# Each may also be given as a variable (VEILLE_READERS=2) or for one command (--set readers=2).
"""


@app.command("init", cls=FrontCommand, epilog=examples("veille init", "veille init --database postgresql://veille@localhost/press"))
def init(ctx: typer.Context) -> None:
    """Prepare the working folder: settings, sources and database.

    Everything is checked first. Writes veille.toml (or what --config names) with every setting explained, makes a folder
    for your own source files, and the database. What is there already is left as it is.
    """
    path = _place(ctx)
    fresh = not path.exists()
    door = front(ctx, configuration({}) if fresh else None)
    chosen = _chosen(door, path)
    _check(path, door.settings, fresh=fresh)
    from db.engine import Database

    database = Database.open(door.settings.database)
    if fresh:
        _write(path, configuration(chosen))
        say(f"wrote {path}")
    else:
        note(f"{path} is there already and was left as it is")
    for folder in dict.fromkeys((*door.settings.sources, *load({}, environment={}, folder=Path.cwd(), config=path).sources)):
        _make(folder)
    say(f"database {database.where} at schema {database.schema_revision()}")
    database.close()
    say("next: `veille sources list` shows the sources that come with veille, `veille crawl NAME` fetches one")


def configuration(chosen: Mapping[str, Any]) -> str:
    """The text of a fresh configuration in which the settings of `chosen` are set, and all others shown."""
    values = {FOLDER: [FOLDER], **chosen}
    return HEAD + "".join(f"\n# {row.help}\n{_assignment(row, values)}\n" for row in SETTINGS)


def _place(ctx: typer.Context) -> Path:
    """The file that every other command would read with this command line."""
    return Path(ctx.find_root().ensure_object(dict).get("config") or os.environ.get(f"{PREFIX}CONFIG") or CONFIG_FILE)


def _chosen(door: Front, path: Path) -> dict[str, Any]:
    """What was given by flags, as it is to stand in the file: relative paths only where they mean the same from there."""
    given = {name: door.given(name) for name in FLAGS if door.given(name)}
    if path.absolute().parent == Path.cwd():
        return given
    settings = door.settings
    whole = {"database": settings.database, "archive": str(settings.archive), FOLDER: [str(folder) for folder in settings.sources]}
    return {name: whole[name] for name in given}


def _check(path: Path, settings: Settings, *, fresh: bool) -> None:
    """Refuse what could not be finished, before anything is written."""
    if settings.database == f"sqlite:///{path.absolute()}":
        raise SettingError(f"{path}: cannot be both the configuration and the database; name another file with --database")
    parent = path.absolute().parent
    if fresh and not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise SettingError(f"{path.absolute()}: cannot be written; choose a folder that exists and that you may write to")
    for folder in settings.sources:
        if folder.exists() and not folder.is_dir():
            raise SettingError(f"{folder}: is a file, not a folder of sources; correct `sources`, or move it away")


def _assignment(row: Setting, chosen: Mapping[str, Any]) -> str:
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
