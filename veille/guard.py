"""The check that the packages below the front door are ours: another distribution's `db/` would otherwise fail in strange ways."""

from __future__ import annotations

import importlib

HOUSES = ("db", "crawlers", "pipeline")
MARK = "veille"


def check_houses() -> None:
    """Raise `ImportError` naming the file in the way if a package of ours is hidden by another of the same name."""
    for name in HOUSES:
        package = importlib.import_module(name)
        if getattr(package, "HOUSE", None) != MARK:
            place = package.__file__ or ", ".join(package.__path__)
            raise ImportError(
                f"{place} is in the way of veille's own package `{name}`: uninstall the distribution it belongs to "
                "(or, in the working folder, use the command `veille` instead of `python -m veille`, or another folder)"
            )
