"""What an installation wants done now and then, in short steps: pages dropped, archive and database kept small and sound, sources learned.

When each chore was done last is in the chore table, so that services, restarts and commands by hand take turns. Each step may be cut
off at any instant. How a chore is done is its own module's business.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from crawlers.registry import Registry
from db import archive, upkeep
from db.archive import ArchiveReader
from db.chores import ChoreStore
from db.chores import Done as Noted
from db.compaction import compact, settled_files
from db.engine import Database
from db.errors import VeilleError
from db.retention import RetentionStore
from db.templates import TemplateStore
from db.vocabulary import KeepPages
from pipeline.relearning import Apprentice, to_learn
from pipeline.reprocess import stale
from pipeline.session import SessionSpec
from pipeline.verification import verify

log = logging.getLogger(__name__)

STEP_SECONDS = 2.0
"""How long a step goes on taking more to do; a single thing it has begun may take longer (a file of the archive, mostly)."""
LOOK = timedelta(minutes=1)
"""How often the chore table is asked when nothing was due."""
UNBROKEN = timedelta(minutes=5)
"""How long a busy service puts housekeeping off."""
SLEPT = timedelta(minutes=10)
"""A machine that slept for so long: the processes that woke with us write down first what they had in hand."""
AGE = timedelta(days=30)
"""Pages younger than this are kept in any case."""
SELF_SHRINK: Final = 1 << 30
"""Bytes of an SQLite file above which it is only rewritten by hand: nobody can write meanwhile."""

Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chore:
    """One kind of housekeeping."""

    name: str
    every: timedelta
    help: str


PAGES = Chore("pages", timedelta(days=1), "drop kept pages that the setting keep_pages lets go")
ARCHIVE = Chore("archive", timedelta(days=1), "rewrite archive files that are mostly dead, delete those that are wholly")
DATABASE = Chore("database", timedelta(days=1), "bring the planner's statistics up to date, give free space back where it is worth it")
VERIFY = Chore("verify", timedelta(hours=1), "read kept pages and compare their digests, a slice at a time")
LEARN = Chore("learn", timedelta(hours=6), "learn templates of sources that have none, or an old one")
CHORES: Final = (PAGES, ARCHIVE, DATABASE, VERIFY, LEARN)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step of a chore did."""

    chore: str
    finished: bool
    """False: the next turn goes on with it."""
    words: str
    """What came of it so far, for a person."""
    done: int = 0
    total: int = 0
    """How far it is, in what it counts; 0: that is not known."""


class Housekeeper:
    """Does at most one step of one due chore a turn. By hand, chores are done whole and at once, see `do`."""

    def __init__(self, spec: SessionSpec, database: Database, registry: Registry, keep: KeepPages = KeepPages.ALL) -> None:
        self._spec, self._database, self._registry, self._keep = spec, database, registry, keep
        self._folder = spec.engine.archive
        self._turned: datetime | None = None
        self._look_at: datetime | None = None
        self._apprentice: Apprentice | None = None
        self._by_hand = False
        self._steps: dict[str, Callable[[Outcome, datetime], tuple[Outcome, Step]]] = {
            PAGES.name: self._pages,
            ARCHIVE.name: self._archive,
            DATABASE.name: self._tune,
            VERIFY.name: self._verify,
            LEARN.name: self._learn,
        }

    def mind(self, now: datetime, registry: Registry, *, idle: bool) -> None:
        """A service's part each turn: a step while nothing else is to do, or when there was no such while for some minutes."""
        if not idle and self._turned is not None and timedelta(0) <= now - self._turned < UNBROKEN:
            return
        self._registry = registry
        step = self.turn(now)
        if step is not None and step.finished:
            log.info("%s: %s", step.chore, step.words)

    def turn(self, now: datetime) -> Step | None:
        """Do a step of the chore that is due, if one is; for a service that has nothing better to do. Takes seconds at most, mostly."""
        before, self._turned = self._turned, now
        if before is None or abs(now - before) > SLEPT:
            return None
        if self._apprentice and self._apprentice.busy:
            return None
        if self._look_at and before <= now < self._look_at:
            return None
        with self._database.read() as tx:
            noted = ChoreStore(tx).all()
        due = next((chore for chore in CHORES if _is_due(chore, noted.get(chore.name), now)), None)
        if due is None:
            self._look_at = now + LOOK
            return None
        self._look_at = None
        return self._step(due, noted.get(due.name), now)

    def do(self, names: Sequence[str], clock: Callable[[], datetime], on_step: Callable[[Step], None] = lambda _: None) -> list[Step]:
        """Do these chores now, whole, whenever they were done last; return the last step of each."""
        self._by_hand = True
        last = []
        for chore in (chore for chore in CHORES if chore.name in names):
            while True:
                with self._database.read() as tx:
                    noted = ChoreStore(tx).get(chore.name)
                step = self._step(chore, noted, clock())
                on_step(step)
                if step.finished:
                    break
                while self._apprentice and self._apprentice.busy:
                    time.sleep(0.1)
            last.append(step)
        return last

    def close(self) -> None:
        """End what works beside us."""
        if self._apprentice:
            self._apprentice.end()
            self._apprentice = None

    def _step(self, chore: Chore, noted: Noted | None, now: datetime) -> Step:
        known = dict(noted.outcome) if noted else {}
        known.pop("failed", None)
        try:
            outcome, step = self._steps[chore.name](known, now)
        except (VeilleError, OSError) as error:
            log.warning("housekeeping: %s: %s", chore.name, error)
            outcome, step = known | {"failed": str(error), "unfinished": False}, Step(chore.name, True, f"failed: {error}")
        outcome["unfinished"] = not step.finished
        self._database.transact(lambda tx: ChoreStore(tx).put(chore.name, now, outcome))
        return step

    # ------------------------------------------------------------ the chores

    def _pages(self, known: Outcome, now: datetime) -> tuple[Outcome, Step]:
        going_on = known.get("unfinished", False)
        dropped, octets, below = (known.get(name, 0) if going_on else 0 for name in ("dropped", "octets", "below"))
        seen = known.get("seen", 0) if going_on else 0
        deadline = time.monotonic() + STEP_SECONDS
        if self._keep is KeepPages.ALL:
            return {}, Step(PAGES.name, True, "every page is kept")
        while True:
            at: int | None = below or None
            one = self._database.transact(lambda tx, at=at: RetentionStore(tx).sweep(self._keep, now - AGE, below=at))  # type: ignore[misc]
            dropped, octets, seen, below = dropped + one.dropped, octets + one.octets, seen + one.looked_at, one.below
            if below is None or time.monotonic() >= deadline:
                break
        outcome = {"dropped": dropped, "octets": octets, "seen": seen, "below": below}
        words = f"{dropped:,} pages dropped, {octets:,} bytes of the archive"
        return outcome, Step(PAGES.name, below is None, words, seen)

    def _archive(self, known: Outcome, _now: datetime) -> tuple[Outcome, Step]:
        if known.get("unfinished"):
            left, given, total = list(known["files"]), known["given_back"], known["total"]
        elif self._folder.is_dir():
            archive.mend(self._folder)
            with self._database.read() as tx:
                left = [file.name for file in settled_files(tx, self._folder) if file.worthwhile]
            given, total = 0, len(left)
        else:
            left, given, total = [], 0, 0
        if left:
            name = left.pop(0)
            given += compact(self._database, self._folder, name) if (self._folder / name).exists() else 0
        words = f"{total - len(left)} of {total} files rewritten or deleted, {given:,} bytes given back" if total else "no file is worth it"
        return {"files": left, "given_back": given, "total": total}, Step(ARCHIVE.name, not left, words, total - len(left), total)

    def _tune(self, _known: Outcome, _now: datetime) -> tuple[Outcome, Step]:
        upkeep.refresh(self._database)
        found, given = upkeep.space(self._database), 0
        if found.worthwhile and (self._by_hand or found.size <= SELF_SHRINK):
            given = upkeep.shrink(self._database)
        outcome = {"size": found.size - given, "free": 0 if given else found.free, "given_back": given}
        words = f"statistics up to date; {found.size:,} bytes, {found.free:,} of them free"
        return outcome, Step(DATABASE.name, True, words + (f", {given:,} given back" if given else ""))

    def _verify(self, known: Outcome, now: datetime) -> tuple[Outcome, Step]:
        reader = ArchiveReader(self._folder)
        outcome, finished = verify(self._database, reader, known, now, seconds=STEP_SECONDS, whole=self._by_hand)
        words = f"{outcome['checked']:,} of {outcome['total']:,} pages read in this round, {len(outcome['bad'])} not as they were kept"
        return outcome, Step(VERIFY.name, finished, words, outcome["checked"], outcome["total"])

    def _learn(self, known: Outcome, now: datetime) -> tuple[Outcome, Step]:
        tried, better = dict(known.get("tried", {})), dict(known.get("better", {}))
        if self._apprentice:
            name = self._apprentice.source
            tried[name] = now.isoformat()
            if self._apprentice.failed:
                log.warning("housekeeping: learning %s ended otherwise than it should; `veille sources learn %s` shows why", name, name)
            self._apprentice = None
            better[name] = 0
        with self._database.read() as tx:
            material = TemplateStore(tx).material()
            counts = stale(tx, self._registry, [*better])
        left = to_learn(material, self._registry, {name: datetime.fromisoformat(at) for name, at in tried.items()}, now)
        if left:
            self._apprentice = Apprentice(self._spec, left[0])
        words = f"learning {left[0]}, {len(left) - 1} more after it" if left else f"{len(tried)} sources were learned by themselves so far"
        return {"tried": tried, "better": counts}, Step(LEARN.name, not left, words)


def _is_due(chore: Chore, noted: Noted | None, now: datetime) -> bool:
    if noted is None or noted.outcome.get("unfinished"):
        return True
    return abs(now - noted.at) >= chore.every  # a clock may be set back, too


def plan(spec: SessionSpec, database: Database, keep: KeepPages, now: datetime) -> dict[str, Any]:
    """Say what there is to do, and change nothing.

    Keys: `pages` that may go and `page_bytes` of the archive; `files` worth rewriting, of `archive_files`, and their `dead_bytes`;
    `database_bytes`, `database_free`; `done` (when each chore was done last).
    """
    dropped = octets = 0
    below: int | None = None
    while True:
        with database.read() as tx:
            one = RetentionStore(tx).sweep(keep, now - AGE, below=below, dry_run=True)
        dropped, octets, below = dropped + one.dropped, octets + one.octets, one.below
        if below is None:
            break
    with database.read() as tx:
        files = settled_files(tx, spec.engine.archive) if spec.engine.archive.is_dir() else []
        done = {name: noted.at for name, noted in ChoreStore(tx).all().items()}
    worth = [file for file in files if file.worthwhile]
    found = upkeep.space(database)
    return {
        "pages": dropped,
        "page_bytes": octets,
        "files": [file.name for file in worth],
        "archive_files": len(files),
        "dead_bytes": sum(file.dead for file in worth),
        "database_bytes": found.size,
        "database_free": found.free,
        "done": done,
    }
