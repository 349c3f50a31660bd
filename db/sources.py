"""The source table: which sources the files describe, and which a person has paused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, null, select, update

from db.engine import Transaction, upsert
from db.errors import UnknownName
from db.models import sources
from db.records import SourceEntry, SourceRow
from db.vocabulary import SourceState

ROW = [column for column in sources.c if column is not sources.c.rhythm]
"""What was learned is long, and seldom asked for."""


class SourceStore:
    """Sources, by name, inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def sync(self, entries: Sequence[SourceEntry], now: datetime, *, complete: bool = False) -> None:
        """Make the table say what the source files say.

        With `complete` the entries are all there are: others become `removed`. Nothing is ever deleted, articles refer to it;
        a source that comes back is active again and still paused if it was.
        """
        if complete:
            gone = sources.c.name.not_in([entry.name for entry in entries])
            self._tx.execute(update(sources).where(gone).values(state=SourceState.REMOVED))
        if not entries:
            return
        insert = upsert(self._tx, sources)
        said = ("title", "home", "country", "tags", "time_zone", "definition_digest", "state", "seen_at")
        insert = insert.on_conflict_do_update(index_elements=["name"], set_={name: insert.excluded[name] for name in said})
        self._tx.execute(insert.values([_values(entry, now) for entry in sorted(entries, key=lambda entry: entry.name)]))

    def remove(self, names: Sequence[str]) -> None:
        """Note that the files of these sources are gone; nothing of them is deleted."""
        self._tx.execute(update(sources).where(sources.c.name.in_(names)).values(state=SourceState.REMOVED))

    def ids(self, names: Sequence[str]) -> dict[str, int]:
        """Return the ids of the sources named; raises UnknownName if one is not there."""
        rows = self._tx.execute(select(sources.c.name, sources.c.id).where(sources.c.name.in_(set(names))))
        found = {row.name: int(row.id) for row in rows}
        missing = sorted(set(names) - set(found))
        if missing:
            raise UnknownName(f"the database knows no source named {', '.join(missing)}")
        return found

    def list(self) -> Sequence[SourceRow]:
        """Return all sources by name, removed ones included."""
        return [_row(row) for row in self._tx.execute(select(*ROW).order_by(sources.c.name))]

    def named(self, names: Sequence[str]) -> dict[str, SourceRow]:
        """Return those of the sources named that are there, by name."""
        return {row.name: _row(row) for row in self._tx.execute(select(*ROW).where(sources.c.name.in_(names)))}

    def pause(self, name: str, *, until: datetime | None = None, reason: str | None = None) -> None:
        """Keep a source out of the timetable, until an instant or until `resume`. Raises UnknownName."""
        self._change(name, {"paused": True, "paused_until": until, "pause_reason": reason})

    def resume(self, name: str, now: datetime) -> None:
        """Let a source back into the timetable. Raises UnknownName."""
        self._change(name, {"paused": False, "paused_until": now, "pause_reason": None})

    def rhythm(self, name: str) -> dict[str, Any] | None:
        """Return what was learned of how often a source publishes, in the form `pipeline.rhythm` gave it; None if nothing was."""
        kept: dict[str, Any] | None = self._tx.execute(select(sources.c.rhythm).where(sources.c.name == name)).scalar_one_or_none()
        return kept

    def put_rhythm(self, name: str, rhythm: Mapping[str, Any] | None, due_at: datetime | None) -> None:
        """Keep what was learned, and when the next visit is due. Raises UnknownName."""
        self._change(name, {"rhythm": dict(rhythm) if rhythm else null(), "due_at": due_at})

    def _change(self, name: str, values: dict[str, Any]) -> None:
        if not self._tx.execute(update(sources).where(sources.c.name == name).values(values)).rowcount:
            raise UnknownName(f"the database knows no source named {name}")


def _values(entry: SourceEntry, now: datetime) -> dict[str, object]:
    return {
        "name": entry.name,
        "title": entry.title,
        "home": entry.home,
        "country": entry.country,
        "tags": list(entry.tags),
        "time_zone": entry.time_zone,
        "definition_digest": entry.digest,
        "state": SourceState.ACTIVE,
        "seen_at": now,
    }


def _row(row: Row[tuple[object, ...]]) -> SourceRow:
    return SourceRow(
        id=row.id,
        name=row.name,
        title=row.title,
        home=row.home,
        country=row.country,
        tags=tuple(row.tags),
        time_zone=row.time_zone,
        digest=row.definition_digest,
        state=SourceState(row.state),
        paused=row.paused,
        seen_at=row.seen_at,
        paused_until=row.paused_until,
        pause_reason=row.pause_reason,
        due_at=row.due_at,
    )
