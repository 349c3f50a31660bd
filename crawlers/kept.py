"""Which captures need no fetching because the article is here already, asked twice: when they are found, and when their turn comes.

In between lie days in which a crawl may have come by. What a capture's address says of the original is `crawlers.captures`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from crawlers.captures import replay_of
from db.engine import Transaction
from db.frontier import FrontierStore
from db.identity import url_key
from db.kept import kept, replays_under_way
from db.records import Candidate, FrontierLease, Settlement
from db.vocabulary import FoundBy


def unkept(tx: Transaction, source: str, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates without captures of what is kept."""
    keys = {each.url: original_key(each.url) for each in candidates if each.found_by is FoundBy.CAPTURE}
    if not keys:
        return tuple(candidates)
    here = kept(tx, source, set(keys.values()))
    return tuple(each for each in candidates if keys.get(each.url) not in here)


def without_kept(tx: Transaction, leases: Sequence[FrontierLease], now: datetime) -> list[FrontierLease]:
    """The leases without captures of what is kept, which are settled, and without second captures of what is under way, which wait."""
    captures = [lease for lease in leases if lease.found_by is FoundBy.CAPTURE]
    if not captures:
        return list(leases)
    known = {source: _known(tx, source, [lease for lease in captures if lease.source == source]) for source in _sources(captures)}
    out: set[int] = set()
    done, later = [], []
    for lease in captures:
        here, busy = known[lease.source]
        key = original_key(lease.url)
        if key in here:
            done.append(Settlement(lease, now, fetched=False))
        elif key in busy:
            later.append(lease)
        else:
            busy.add(key)
            continue
        out.add(lease.id)
    frontier = FrontierStore(tx)
    frontier.settle(done)
    frontier.give_back(later)
    return [lease for lease in leases if lease.id not in out]


def original_key(url: str) -> str:
    """The identity of what a capture's address is a capture of; that of the address itself if it is none."""
    replay = replay_of(url)
    try:
        return url_key(replay.original if replay else url)
    except ValueError:
        return url


def _known(tx: Transaction, source: str, leases: Sequence[FrontierLease]) -> tuple[set[str], set[str]]:
    """Keys of originals that are kept, and of those that others are fetching a capture of."""
    own = {lease.url for lease in leases}
    busy = {original_key(url) for url in replays_under_way(tx, source) - own}
    return kept(tx, source, {original_key(url) for url in own}), busy


def _sources(leases: Iterable[FrontierLease]) -> set[str]:
    return {lease.source for lease in leases}
