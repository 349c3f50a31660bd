"""All sources that are known: the bundled files and those of the user's own folders. What stands in a file is `crawlers.source`'s."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from crawlers.source import Source
from db.errors import SourceError, UnknownName
from db.records import SourceEntry

BUNDLED = Path(__file__).parent / "sources"
TEMPLATES = "templates"
"""A folder of this name holds files to copy from; its sources are not loaded."""


def _no_objection(_: Source) -> str | None:
    return None


class Registry:
    """Sources by name. A user's file overrides the bundled one of the same name, a later folder an earlier one.

    Files that cannot be used are reported by `problems` and never stop the others.
    """

    def __init__(self, folders: Sequence[Path] = (), *, bundled: bool = True) -> None:
        self._begin(((BUNDLED,) if bundled else ()) + tuple(folders), [], _no_objection)

    @classmethod
    def of(cls, sources: Iterable[Source]) -> Self:
        """Just these sources, without looking at any file."""
        made = cls(bundled=False)
        made._sources = {source.name: source for source in sources}
        return made

    def reread(self, objection: Callable[[Source], str | None] = _no_objection) -> Registry:
        """Read the same folders again.

        The last good definition of a file that cannot be used now, or that `objection` finds fault with, stays in force; so do
        those of a folder that is not there. Sources whose files are gone are gone.
        """
        fresh = Registry(bundled=False)
        fresh._begin(self.folders, self.all(), objection)
        return fresh

    def stamp(self) -> frozenset[tuple[str, int, int, int]]:
        """What the folders look like from outside: another stamp, and something in them has changed. Reads no file."""
        return frozenset(_stamp(path) for folder in self.folders if folder.is_dir() for path in _files(folder))

    def lacks(self, name: str) -> bool:
        """Whether a source is gone: no file of its name, none that cannot be used, and no folder that is not there."""
        return name not in self._sources and name not in self._unusable and all(folder.is_dir() for folder in self.folders)

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

    def _begin(self, folders: Sequence[Path], earlier: Sequence[Source], objection: Callable[[Source], str | None]) -> None:
        self.folders = tuple(folders)
        self._sources: dict[str, Source] = {}
        self._problems: list[str] = []
        self._unusable: set[str] = set()
        """Names of the files that cannot be used."""
        for folder in self.folders:
            self._read(folder, [source for source in earlier if source.path and folder in source.path.parents], objection)

    def _read(self, folder: Path, earlier: Sequence[Source], objection: Callable[[Source], str | None]) -> None:
        if not folder.is_dir():
            self._problems.append(f"{folder}: no such folder of sources; create it or correct the setting")
            self._sources.update({source.name: source for source in earlier})
            return
        good = {source.path: source for source in earlier}
        found: dict[str, Source] = {}
        for path in _files(folder):
            source = self._load(path, objection) or good.get(path)
            if source is None:
                continue
            if source.name in found:
                self._problems.append(f"{path}: the name {source.name!r} is taken by {found[source.name].path}; rename one of the two")
                continue
            found[source.name] = source
        self._sources.update(found)

    def _load(self, path: Path, objection: Callable[[Source], str | None]) -> Source | None:
        try:
            source = Source.load(path)
            problem = objection(source)
        except SourceError as error:
            problem = str(error)
        if problem is None:
            return source
        self._problems.append(problem)
        self._unusable.add(path.stem)
        return None


def _files(folder: Path) -> Iterator[Path]:
    """The TOML files below a folder in a fixed order, without templates and hidden files."""
    for path in sorted(folder.rglob("*.toml")):
        inside = path.relative_to(folder).parts
        if TEMPLATES not in inside[:-1] and not any(part.startswith(".") for part in inside) and path.name != "veille.toml":
            yield path


def _stamp(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:  # gone since the folder was listed, or a link that leads nowhere
        return str(path), 0, 0, 0
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino
