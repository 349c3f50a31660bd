"""When the newspapers publish: instants spread over the years, denser in the last weeks, and a batch still to come."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crawlers.demo.clock import START

FIRST = datetime(2012, 2, 1, tzinfo=UTC)
RECENT_DAYS = 26
RECENT = 10


def past(seed: str, count: int, zone: ZoneInfo, *, first: datetime = FIRST) -> list[datetime]:
    """Return `count` UTC instants before the demo's start, oldest first, all on whole minutes between 06:00 and 23:59 local time."""
    chance = random.Random(f"{seed}:past")  # noqa: S311 - repeatable, not secret
    old = count - RECENT
    span = (START - timedelta(days=RECENT_DAYS + 1)) - first
    days = [first + span * (i + chance.random() * 0.9) / old for i in range(old)]
    days += [START - timedelta(days=RECENT_DAYS * (1 - (i + 0.5) / RECENT) + 1) for i in range(RECENT)]
    return [_at(day, chance, zone) for day in days]


def upcoming(seed: str, days: tuple[float, ...], zone: ZoneInfo) -> list[datetime]:
    """Return instants that many days after the demo's start, at some local time of day."""
    chance = random.Random(f"{seed}:upcoming")  # noqa: S311 - repeatable, not secret
    return [_at(START + timedelta(days=day), chance, zone) for day in days]


def _at(day: datetime, chance: random.Random, zone: ZoneInfo) -> datetime:
    moment = time(chance.randint(6, 23), chance.randint(0, 59))
    return datetime.combine(day.astimezone(zone).date(), moment, zone).astimezone(UTC)
