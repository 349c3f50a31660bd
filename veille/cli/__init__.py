"""The command `veille`: runs the command line and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from veille.guard import check_houses


def main() -> None:
    """Entry point of the console script."""
    try:
        check_houses()
    except ImportError as error:
        _complain(str(error))
        sys.exit(1)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code: 0 done, 1 ran but something is wrong, 2 usage or setting error."""
    import typer

    from veille.cli.group import app

    if sys.stderr is None:  # closed by whoever started us: remarks go nowhere
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the program
    if sys.stdout is None:  # its number would be taken by the next file that is opened, the database say
        return _complain("stdout is closed; lead it somewhere, to /dev/null if nothing is to be seen")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a letter must not end the program
            stream.reconfigure(errors="backslashreplace")
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="veille", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):  # Typer turns most interrupts into this code by itself
        return 130
    except SystemExit as left:
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        return 0  # Typer ends so when whoever was reading has had enough
    except Exception as error:  # noqa: BLE001 - an error of a person or the computer becomes a line, a fault of ours passes through
        return _explained(error)
    return code if isinstance(code, int) else 0


def _explained(error: Exception) -> int:
    """Say what went wrong in one line and return the exit code; raise it again if that takes a programmer."""
    import typer

    from db.errors import QueryError, SettingError, SourceError, UnknownName, VeilleError

    usage_error = typer.BadParameter.__mro__[1]  # UsageError: its module differs between Typer versions
    if isinstance(error, usage_error):
        return _complain(_usage(error), 2)
    if isinstance(error, VeilleError):
        return _complain(str(error), 2 if isinstance(error, SettingError | SourceError | UnknownName | QueryError) else 1)
    if not isinstance(error, OSError):
        raise error
    _drop_output()
    if isinstance(error, BrokenPipeError):  # whoever was reading has had enough
        return 0
    logging.getLogger(__name__).info("the error in full", exc_info=error)
    return _complain(f"{error.filename or 'the output'}: {error.strerror or error}", 1)


def _drop_output() -> None:
    """Lead stdout nowhere, so that what could not be written is not tried again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: Any) -> str:
    path = error.ctx.command_path if error.ctx else "veille"
    message = error.format_message()
    return f"{message}{'' if message.endswith(('.', '?')) else '.'} `{path} --help` shows how it is used."


def _complain(message: str, code: int = 1) -> int:
    sys.stderr.write(f"veille: {message}\n")
    return code
