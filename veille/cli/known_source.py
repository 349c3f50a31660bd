"""Whether a source that the database is asked about is known: to the source files, or to the database from earlier days."""

from __future__ import annotations

import difflib

from db.errors import UnknownName
from db.sources import SourceStore
from veille.cli.front import Front
from veille.watch import Watch


def check_source(name: str | None, watch: Watch, door: Front) -> None:
    """Raise UnknownName, with the names that look alike, for a source nobody knows."""
    if name is None:
        return
    with watch.database.read() as tx:
        stored = [row.name for row in SourceStore(tx).list()]
    if name in stored or name in door.registry.names():
        return
    near = difflib.get_close_matches(name.lower(), {*stored, *door.registry.names()}, n=3, cutoff=0.5)
    remedy = f"did you mean {' or '.join(near)}?" if near else "`veille sources list` prints those there are"
    raise UnknownName(f"no source is called {name!r}; {remedy}")
