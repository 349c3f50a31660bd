"""Whether the service lives and its database answers, for containers and monitors; `veille health` prints it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db.figures import work_figures
from db.leases import owner_in_words, owner_is_gone
from db.monitoring import ServiceRow
from veille.watch import Watch

SILENT = timedelta(seconds=90)
"""A service that has said nothing for so long, six times what it is used to, does not live."""


@dataclass(frozen=True, slots=True)
class Wellbeing:
    """How the service is: `sentence` says it to a person."""

    alive: bool
    sentence: str
    seen_at: datetime | None
    said: dict[str, Any]
    sources: dict[str, int]
    """Active sources by health; those that are kept out of the timetable count as `paused`."""


def is_alive(service: ServiceRow | None, now: datetime) -> bool:
    """Whether somebody keeps the timetable: the post is held, its holder was heard of just now and is not known to be dead."""
    if service is None or service.owner is None or service.seen_at is None:
        return False
    return abs(now - service.seen_at) < SILENT and not owner_is_gone(service.owner)


def wellbeing(watch: Watch, service: ServiceRow | None, now: datetime) -> Wellbeing:
    """Look once."""
    with watch.database.read() as tx:
        found = work_figures(tx, now).sources
    sources = Counter("paused" if source.paused else str(source.health) for source in found)
    seen_at = service.seen_at if service else None
    return Wellbeing(is_alive(service, now), _sentence(service, now), seen_at, dict(service.said) if service else {}, dict(sources))


def _sentence(service: ServiceRow | None, now: datetime) -> str:
    if service is None or service.seen_at is None:
        return "no service has ever worked on this database: `veille run` is one"
    seen = f"last heard of at {service.seen_at:%Y-%m-%d %H:%M:%S} UTC"
    if service.owner is None:
        return f"no service works: the last one was stopped, {seen}"
    who = owner_in_words(service.owner)
    if owner_is_gone(service.owner):
        return f"the service is dead: {who} has ended without a word, {seen}"
    if not is_alive(service, now):
        return f"the service is silent: {who} was {seen}; look at its log"
    return f"the service works: {who}, {seen}"
