"""The command `veille`: runs the command line and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
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

    from db.errors import QueryError, SettingError, SourceError, UnknownName, VeilleError
    from veille.cli.group import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a letter must not end the program
            stream.reconfigure(errors="backslashreplace")
    usage_error = typer.BadParameter.__mro__[1]  # UsageError: its module differs between Typer versions
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="veille", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (SettingError, SourceError, UnknownName, QueryError) as error:
        return _complain(str(error), 2)
    except VeilleError as error:
        return _complain(str(error), 1)
    except BrokenPipeError:
        _drop_output()
        return 1
    except OSError as error:  # a disk, a file, a socket: the computer's trouble, not a fault of the program
        logging.getLogger(__name__).info("the error in full", exc_info=True)
        _drop_output()
        return _complain(f"{error.filename or 'the output'}: {error.strerror or error}", 1)
    except (KeyboardInterrupt, typer.Abort):  # Typer turns most interrupts into this code by itself
        return 130
    except Exception as error:
        if not isinstance(error, usage_error):  # a fault of ours: its traceback is what a report needs
            raise
        return _complain(_usage(error), 2)


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
