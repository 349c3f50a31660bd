"""All sources that are known: the bundled files and those of the user's own folders. What stands in a file is `crawlers.source`'s."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from crawlers.source import Source
from db.errors import SourceError, UnknownName
from db.records import SourceEntry

BUNDLED = Path(__file__).parent / "sources"
TEMPLATES = "templates"
"""A folder of this name holds files to copy from; its sources are not loaded."""


class Registry:
    """Sources by name. A user's file overrides the bundled one of the same name, a later folder an earlier one.

    Files that cannot be used are reported by `problems` and never stop the others.
    """

    def __init__(self, folders: Sequence[Path] = (), *, bundled: bool = True) -> None:
        self._sources: dict[str, Source] = {}
        self._problems: list[str] = []
        for folder in ((BUNDLED,) if bundled else ()) + tuple(folders):
            self._read(folder)

    def names(self) -> list[str]:
        """Every usable source's name, sorted."""
        return sorted(self._sources)

    def all(self) -> list[Source]:
        """Every usable source, sorted by name."""
        return [self._sources[name] for name in self.names()]

    def get(self, name: str) -> Source:
        """One source; raises UnknownName, with the names that look alike."""
        try:
            return self._sources[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._sources, n=3, cutoff=0.5)
            remedy = f"did you mean {' or '.join(near)}?" if near else "`veille sources list` prints those there are"
            broken = "".join(f"\n  {text}" for text in self._problems if f"{name}.toml" in text)
            raise UnknownName(f"no source is called {name!r}; {remedy}{broken}") from None

    def problems(self) -> list[str]:
        """What is wrong with the files and folders that could not be used, one message each."""
        return list(self._problems)

    def entries(self) -> list[SourceEntry]:
        """The sources as the database lists them."""
        return [
            SourceEntry(
                name=source.name,
                title=source.title,
                home=source.home,
                country=source.country,
                tags=source.tags,
                time_zone=source.time_zone,
                digest=source.digest,
            )
            for source in self.all()
        ]

    def _read(self, folder: Path) -> None:
        if not folder.is_dir():
            self._problems.append(f"{folder}: no such folder of sources; create it or correct the setting")
            return
        found: dict[str, Source] = {}
        for path in _files(folder):
            try:
                source = Source.load(path)
            except SourceError as error:
                self._problems.append(str(error))
                continue
            if source.name in found:
                self._problems.append(f"{path}: the name {source.name!r} is taken by {found[source.name].path}; rename one of the two")
                continue
            found[source.name] = source
        self._sources.update(found)


def _files(folder: Path) -> Iterator[Path]:
    """The TOML files below a folder in a fixed order, without templates and hidden files."""
    for path in sorted(folder.rglob("*.toml")):
        inside = path.relative_to(folder).parts
        if TEMPLATES not in inside[:-1] and not any(part.startswith(".") for part in inside) and path.name != "veille.toml":
            yield path
