"""What a database holds: how far its runs are while they are worked on, and every article when all is over."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass

from sqlalchemy import text

from db.engine import Database
from db.errors import VeilleError
from db.export import canonical
from db.identity import url_key
from db.query import ArticleQuery

RUNS = "SELECT count(*) FROM runs"
WAITING = "SELECT count(*) FROM frontier WHERE due_at IS NOT NULL"
UNREAD = "SELECT count(*) FROM pages WHERE state = 'unread'"
SLICES_LEFT = "SELECT count(*) FROM slices WHERE state IN ('planned', 'queued', 'running')"
OPEN_SOURCES = "SELECT s.name FROM runs r JOIN sources s ON s.id = r.source_id WHERE r.ended_at IS NULL ORDER BY s.name"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work on a database is."""

    runs: int = 0
    open_sources: tuple[str, ...] = ()
    waiting: int = 0
    unread: int = 0
    slices: int = 0
    """Slices of backfills that are not over."""

    @property
    def over(self) -> bool:
        """Whether all runs that were asked for have ended."""
        return self.runs > 0 and not self.open_sources and not self.slices

    @property
    def drained(self) -> bool:
        """Whether nothing is left to fetch or to read, and only the runs are still to be ended."""
        return self.runs > 0 and not (self.waiting or self.unread or self.slices > len(self.open_sources))


def progress(url: str) -> Progress:
    """How far it is; nothing at all if its tables are not there yet."""
    try:
        database = Database.open(url, migrate=False)
    except VeilleError:
        return Progress()
    try:
        with database.read() as tx:
            counts = [int(tx.execute(text(query)).scalar() or 0) for query in (RUNS, WAITING, UNREAD, SLICES_LEFT)]
            sources = tuple(tx.execute(text(OPEN_SOURCES)).scalars())
    finally:
        database.close()
    return Progress(counts[0], sources, *counts[1:])


def ends(url: str) -> dict[str, int]:
    """How many runs are in which state."""
    database = Database.open(url, migrate=False)
    with database.read() as tx:
        found = {str(state): int(count) for state, count in tx.execute(text("SELECT state, count(*) FROM runs GROUP BY state"))}
    database.close()
    return found


@dataclass(frozen=True, slots=True)
class Holdings:
    """The articles of a database, made comparable."""

    records: tuple[str, ...]
    """One canonical line of JSON an article, sorted."""
    texts: dict[tuple[str, str], str]
    """Digest of the text by source and identity of each address."""
    shared_keys: int
    """Addresses that belong to more than one article of a source."""
    shared_uids: int
    copies: Counter[tuple[str, str, str]]
    """How often a source's text under a title is stored."""

    @classmethod
    def of(cls, url: str) -> Holdings:
        """Read all of it."""
        database = Database.open(url, migrate=False)
        owners: dict[tuple[str, str], set[str]] = defaultdict(set)
        texts: dict[tuple[str, str], str] = {}
        uids: Counter[str] = Counter()
        copies: Counter[tuple[str, str, str]] = Counter()
        records = []
        with database.read() as tx:
            for article in ArticleQuery(tx).articles():
                digest = hashlib.sha256(article.text.encode()).hexdigest()
                uids[article.uid] += 1
                copies[article.source, article.title, digest] += 1
                records.append(json.dumps(canonical(article), sort_keys=True, default=str))
                for key in {(article.source, url_key(address)) for address in (article.url, *article.urls)}:
                    owners[key].add(article.uid)
                    texts[key] = digest
        database.close()
        shared = sum(len(uids) > 1 for uids in owners.values())
        return cls(tuple(sorted(records)), texts, shared, sum(count > 1 for count in uids.values()), copies)

    def differences(self, undisturbed: Holdings) -> dict[str, int]:
        """What is wrong here, counted, each 0 if all is well."""
        both = self.texts.keys() & undisturbed.texts.keys()
        return {
            "lost": len(undisturbed.texts.keys() - self.texts.keys()),
            "strangers": len(self.texts.keys() - undisturbed.texts.keys()),
            "twice": self.shared_keys + self.shared_uids + (self.copies - undisturbed.copies).total(),
            "other text": sum(self.texts[key] != undisturbed.texts[key] for key in both),
            "other record": int(self.records != undisturbed.records),
        }
