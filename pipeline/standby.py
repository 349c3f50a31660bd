"""Which of several services on one database keeps the timetable: one holds the post by a lease, the others stand by for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from db.engine import Database, Transaction
from db.errors import LeaseLost
from db.leases import owner_in_words, owner_is_gone, owner_name, reclaim_dead
from db.monitoring import ServiceRow
from db.services import ServiceStore
from pipeline.journal import tell

POST_LEASE = timedelta(seconds=60)
RENEW_EVERY = timedelta(seconds=15)
ASK_EVERY = timedelta(seconds=5)
"""How often one that stands by asks whether the post is free."""


@dataclass(slots=True)
class Post:
    """The post of the timetable as one service sees it: held, lost, or waited for."""

    database: Database
    owner: str = field(default_factory=owner_name)
    said: Callable[[], Mapping[str, Any]] = dict
    """What the service says of itself, asked for with every renewal."""
    on_change: Callable[[str], None] = lambda _: None
    """Hears in a sentence when the post is taken, lost or waited for."""
    _held: ServiceRow | None = None
    _asked: datetime | None = None
    _waits_for: str | None = None

    @property
    def is_held(self) -> bool:
        """Whether this service keeps the timetable, as far as it knows."""
        return self._held is not None

    def keep(self, now: datetime) -> bool:
        """Take the post if it is free, say now and then that its holder is here; return whether it is ours."""
        every = RENEW_EVERY if self._held else ASK_EVERY
        if self._asked is not None and abs(now - self._asked) < every:  # a clock may be set back, too
            return self.is_held
        self._asked = now
        try:
            if self._held:
                held = self._held
                self.database.transact(lambda tx: ServiceStore(tx).renew(held.fence, now, now + POST_LEASE, self.said()))
            else:
                self._ask(now)
        except LeaseLost as lost:
            self.lose(lost)
        return self.is_held

    def confirm(self, tx: Transaction) -> None:
        """Compare the fence: what is written in this transaction is written by who keeps the timetable. Raises LeaseLost.

        A service that never asked for the post has nothing to compare: it opens a run once, as a command does.
        """
        if self._asked is not None:
            ServiceStore(tx).confirm(self._held.fence if self._held else -1)

    def lose(self, lost: LeaseLost) -> None:
        """Take note that somebody else has the post now."""
        self._held = self._asked = self._waits_for = None
        self._say("post_lost", f"stands by: {lost}")

    def leave(self) -> None:
        """Give the post back if it is ours, so that one who stands by has it at once."""
        if self._held:
            held, self._held = self._held, None
            self.database.transact(lambda tx: ServiceStore(tx).release(held.fence))

    def _ask(self, now: datetime) -> None:
        with self.database.read() as tx:
            before = ServiceStore(tx).get()
        if before is None or _is_free(before, now):
            self._held = self.database.transact(lambda tx: self._take(tx, now))
        if self._held:
            self._waits_for = None
            self._say("post_taken", "keeps the timetable", since=now.isoformat(), fence=self._held.fence)
        elif before and before.owner != self._waits_for:
            self._waits_for = before.owner
            self._say("stands_by", f"stands by: {owner_in_words(before.owner or '?')} keeps the timetable", holder=before.owner)

    def _take(self, tx: Transaction, now: datetime) -> ServiceRow | None:
        reclaim_dead(tx, now)
        return ServiceStore(tx).take(self.owner, now, now + POST_LEASE, self.said())

    def _say(self, event: str, sentence: str, **facts: Any) -> None:
        tell(event, f"this service {sentence}", **facts)
        self.on_change(sentence)


def _is_free(row: ServiceRow, now: datetime) -> bool:
    return row.owner is None or row.until is None or row.until <= now or owner_is_gone(row.owner)
