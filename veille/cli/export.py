"""`veille export`: every article as JSON lines or CSV, to stdout or a file that is whole or not there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from db.errors import SettingError, Unavailable
from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import note
from veille.cli.values import day, one_of, whole
from veille.settings import Settings

app = single()
EXAMPLES = examples(
    "veille export --output articles.jsonl",
    "veille export --format csv --lang fr --after 2020 > articles.csv",
    "veille export --changed-after 1200",
)


FORMATS = ("jsonl", "csv")


@app.command("export", cls=FrontCommand, epilog=EXAMPLES)
def export(
    ctx: typer.Context,
    *,
    file_format: Annotated[
        Any, typer.Option("--format", "-f", parser=one_of(*FORMATS), metavar="FORMAT", help="jsonl: one JSON object a line; csv: a table.")
    ] = "jsonl",
    canonical: Annotated[
        bool, typer.Option("--canonical", help="Leave out ids, change numbers and times of seeing; sort by address.")
    ] = False,
    changed_after: Annotated[Any, typer.Option(parser=whole(0), metavar="N", help="Only what changed after N.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of stdout (-).")] = None,
    lang: Annotated[str | None, typer.Option("--lang", "-l", metavar="LANG", help="Only this language.")] = None,
    source: Annotated[str | None, typer.Option("--source", "-s", metavar="NAME", help="Only this source.")] = None,
    after: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="Published on this day or later.")] = None,
    before: Annotated[Any, typer.Option(parser=day, metavar="DAY", help="Published before this day.")] = None,
) -> None:
    """Write every article, one record each.

    The last `change` number of an export is the N of the next --changed-after: only what is new or altered comes.
    """
    if canonical and file_format == "csv":
        raise typer.BadParameter("--canonical is a form of JSON lines; leave out --format csv.")
    door = front(ctx)
    from veille.cli.known_source import check_source
    from veille.filters import Filters

    filters = Filters(language=lang, source=source, after=after, before=before, changed_after=changed_after)
    place = None if output is None or str(output) == "-" else output
    if place is not None:
        _refuse_own_files(place, door.settings)
    with door.watch() as watch:
        check_source(source, watch, door)
        with _stream(place) as stream:
            count = watch.export(stream, file_format=file_format, canonical=canonical, filters=filters)
    if place is not None:
        note(f"{count} articles written to {place}")


def _refuse_own_files(output: Path, settings: Settings) -> None:
    """Keep an export from taking the place of what it is made of: the database, its journals, the kept pages."""
    own = None
    if settings.database.startswith("sqlite:///"):
        database = settings.database.removeprefix("sqlite:///")
        own = next((path for path in (Path(database + end) for end in ("", "-wal", "-shm", "-journal")) if _same(path, output)), None)
    if settings.archive_folder.resolve() in output.resolve().parents:
        own = settings.archive_folder
    if own is not None:
        raise SettingError(f"--output {output}: {own} holds what is exported; choose another place")


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


@contextmanager
def _stream(output: Path | None) -> Iterator[TextIO]:
    """Yield where to write: stdout as UTF-8, or a file that takes its name only when it is whole."""
    if output is None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        yield sys.stdout
        return
    unfinished = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        unfinished.replace(output)
    except OSError as error:
        raise Unavailable(f"{output}: cannot be written ({error.strerror}); make room, or choose another place with --output") from error
    finally:
        with suppress(OSError):  # it has its name by now, or was never made
            unfinished.unlink()
