"""The check that the packages below the front door are ours: another distribution's `db/` would otherwise fail in strange ways."""

from __future__ import annotations

import importlib
import importlib.util

HOUSES = ("db", "crawlers", "pipeline")
MARK = "veille"


def check_houses() -> None:
    """Raise `ImportError` naming the file in the way if a package of ours is hidden by another of the same name."""
    for name in HOUSES:
        place = _stranger(name)
        if place:
            raise ImportError(
                f"{place} is in the way of veille's own package `{name}`: uninstall the distribution it belongs to "
                "(or, in the working folder, use the command `veille` instead of `python -m veille`, or another folder)"
            )


def _stranger(name: str) -> str | None:
    """Return where a package of this name lies that is not ours."""
    try:
        package = importlib.import_module(name)
    except Exception:  # noqa: BLE001 - a stranger's package may fail in any way when it is loaded; ours loads nothing
        found = importlib.util.find_spec(name)
        return str(found.origin if found else name)
    if getattr(package, "HOUSE", None) == MARK:
        return None
    return package.__file__ or ", ".join(package.__path__)
