"""When an article's page is asked for again: soon after it appeared, then ever rarer, rarest where articles hardly change. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from crawlers.sink import Visit
from db.identity import is_home
from db.revisits import DueRevisit
from db.vocabulary import FailureClass, Fate, FoundBy, PageKind, PageState

AGES = (timedelta(hours=3), timedelta(days=1), timedelta(days=6), timedelta(days=30), timedelta(days=180))
"""Ages at which an article is looked at again: corrections come within hours, deletions and moves within months."""
MOST = 200
"""Pages asked for again by one run at most."""
ENOUGH = 30
"""Revisits from which a source's habit can be told."""
RARELY = 0.02
"""Share of revisits that bring a change, below which only a sample goes on being made."""
SAMPLE = 10
"""Every tenth article stays in the sample, so that a source that begins to correct its articles is noticed."""
WINDOW = timedelta(days=60)
"""Articles found in this time show the habit."""
AGAIN = timedelta(days=1)
"""After an answer that proves nothing yet: a page that is not found for the first time."""


def next_revisit(born: datetime, now: datetime) -> datetime | None:
    """When an article is looked at again; ages that have passed are not made up for. None: never."""
    return next((born + age for age in AGES if born + age > now), None)


def born_at(published_at: datetime | None, published_on: date | None, heard_of: datetime) -> datetime:
    """When an article appeared: as stated, but no later than when we heard of it; a day alone means its noon."""
    stated = published_at or (datetime.combine(published_on, time(12), UTC) if published_on else heard_of)
    return min(stated, heard_of)


def followed(visit: Visit, now: datetime) -> Visit:
    """The visit to an article's page with what follows from it: its next revisit, and what became of an article that was there before.

    What an archive replays never changes.
    """
    settlement = visit.settlement
    lease = settlement.lease
    if lease.kind is not PageKind.ARTICLE or lease.found_by is FoundBy.CAPTURE or settlement.retry_at is not None:
        return visit
    fate, revisit_at = _followed_again(visit, now) if lease.fetched_at else (None, _next(visit, now) if _is_kept(visit) else None)
    visits = lease.revisits + bool(lease.fetched_at and settlement.fetched)
    settlement = dataclasses.replace(settlement, revisits=visits, revisit_at=revisit_at)
    return dataclasses.replace(visit, settlement=settlement, fate=fate)


def _followed_again(visit: Visit, now: datetime) -> tuple[Fate | None, datetime | None]:
    """What became of the article, None if that is not known, and the next revisit. One 404 may be a mishap, two a day apart are none."""
    settlement = visit.settlement
    if settlement.failure is FailureClass.GONE:
        surely = settlement.status == 410 or settlement.lease.last_failure is FailureClass.GONE
        return (Fate.GONE, None) if surely else (None, now + AGAIN)
    if settlement.status is not None and 300 <= settlement.status < 400 and settlement.status != 304:
        return (Fate.GONE if any(is_home(each.url) for each in visit.candidates) else Fate.MOVED), None
    return (Fate.PRESENT if settlement.fetched and settlement.failure is None else None), _next(visit, now)


def _is_kept(visit: Visit) -> bool:
    return visit.page is not None and visit.page.state is PageState.UNREAD


def _next(visit: Visit, now: datetime) -> datetime | None:
    lease = visit.settlement.lease
    return next_revisit(born_at(lease.hints.published_at, lease.hints.published_on, lease.offered_at or now), now)


def plan(due: Sequence[DueRevisit], habits: Sequence[tuple[int, int]], now: datetime) -> tuple[list[int], dict[int, datetime | None]]:
    """Which of the due revisits are made now (ids), and which are put off until when, or given up (None).

    A page that proved to hold no article is left alone; one whose article proved to be older than was thought follows its true age.
    `habits`: for the first, second… revisit how many were made and how many brought a change.
    """
    made: list[int] = []
    later: dict[int, datetime | None] = {}
    for each in due:
        born = born_at(each.published_at, each.published_on, each.offered_at)
        if not each.holds_article:
            later[each.id] = None
        elif each.failing or (_is_timely(each, born) and not (is_rare(habits, each.revisits) and each.id % SAMPLE)):
            made.append(each.id)
        else:
            later[each.id] = next_revisit(born, now)
    return made, later


def is_rare(habits: Sequence[tuple[int, int]], visits: int) -> bool:
    """Whether the revisit after so many is known to bring next to nothing."""
    made, changed = habits[visits] if visits < len(habits) else (0, 0)
    return made >= ENOUGH and changed < RARELY * made


def _is_timely(due: DueRevisit, born: datetime) -> bool:
    """Whether the revisit was meant for an age that the article really had by then."""
    return any(abs(due.revisit_at - born - age) <= AGAIN for age in AGES)
