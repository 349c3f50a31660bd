"""Source files that come, change and go while a service works: when they are read again, and what that means for it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from crawlers.registry import Registry
from pipeline.journal import tell
from pipeline.source_check import first_problem

LOOK_SECONDS = 5.0
"""How often the folders are looked at, from outside only."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What has become of the sources: names."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return self.added + self.changed + self.removed

    def __bool__(self) -> bool:
        return bool(self.names)

    @classmethod
    def between(cls, before: Registry, after: Registry) -> Changes:
        """Compare two readings of the folders by the digests of what the files say."""
        old, new = ({source.name: source.digest for source in registry.all()} for registry in (before, after))
        changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
        return cls(tuple(sorted(new.keys() - old.keys())), tuple(changed), tuple(sorted(old.keys() - new.keys())))

    def in_words(self) -> str:
        """For a person."""
        parts = {"new": self.added, "changed": self.changed, "gone": self.removed}
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in parts.items() if names)


@dataclass(slots=True)
class SourceWatch:
    """Looks at the folders of a registry; `registry` is what holds now, file by file the last that could be used."""

    registry: Registry
    _stamp: object = None
    _looked: float = field(default_factory=time.monotonic)
    """The first look comes LOOK_SECONDS after the files were read, and reads them once more: they may have changed meanwhile."""
    _asked: bool = False
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Problems known from the first reading are the front door's to tell."""
        self._told = set(self.registry.problems())

    def ask(self) -> None:
        """Have the files read at the next look, whatever they look like; a signal handler may call it."""
        self._asked = True

    def look(self) -> Changes:
        """Read the files again if something about them has changed since the last look; return what that changed."""
        moment = time.monotonic()
        if not self._asked and moment - self._looked < LOOK_SECONDS:
            return Changes()
        asked, self._asked, self._looked = self._asked, False, moment
        stamp = self.registry.stamp()
        if stamp == self._stamp and not asked:
            return Changes()
        self._stamp = stamp  # from before the reading: what changes while it goes on is seen by the next look
        return self._reread(asked=asked)

    def _reread(self, *, asked: bool) -> Changes:
        before, self.registry = self.registry, self.registry.reread(first_problem)
        changes = Changes.between(before, self.registry)
        self._tell_problems()
        if changes or asked:
            told = f"sources read again: {changes.in_words() or 'nothing has changed'}"
            tell("sources_read", told, added=changes.added, changed=changes.changed, removed=changes.removed)
        return changes

    def _tell_problems(self) -> None:
        """Each problem is told once, and again if it comes back."""
        problems = set(self.registry.problems())
        for problem in sorted(problems - self._told):
            tell("source_problem", f"{problem} (what held before holds on)", level=logging.ERROR, problem=problem)
        for problem in sorted(self._told - problems):
            tell("source_mended", f"no longer true: {problem}", problem=problem)
        self._told = problems
