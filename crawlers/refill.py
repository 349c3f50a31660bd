"""What the frontier queue asks of the database, each question one transaction: which runs, which hosts, which addresses next."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawlers.discovery import priorities
from crawlers.discovery.scope import Scope
from crawlers.discovery.seeds import has_feed, of_sitemap
from crawlers.kept import without_kept
from crawlers.sink import HostUpdate
from crawlers.source import Source
from crawlers.visits import NEVER_ANSWERED
from db.clocks import hasten
from db.engine import Transaction
from db.errors import LeaseLost
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.leases import reclaim_dead
from db.offer_rows import CLOCK_SLACK
from db.pages import PageStore
from db.records import Candidate, FrontierLease, HostLease, RobotsCopy, Run
from db.runs import RunStore
from db.turns import TurnStore
from db.vocabulary import FoundBy, RunKind

LEASE = timedelta(seconds=60)
"""How long hosts and addresses are ours without renewal."""
POLL = 1.0
"""Seconds after which the database is asked again whatever happens: others add runs and addresses."""
BLOCKED = 0.2
"""The same where something is due but was not to be had: its host is full, or others have it, whose turns are short."""
RESPITE = 0.02
"""Seconds between two questions at least."""
SOON = timedelta(seconds=60)
"""A run that has nothing to do for this long is over; what is due later waits for the next."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the queue has, and has room for."""

    owner: str
    holder: str
    now: datetime
    room: Mapping[str, int]
    """Addresses wanted, by host held."""
    room_elsewhere: int
    """Addresses wanted of a host not held yet."""
    left: Mapping[int, int]
    """Article pages that runs may still fetch, as far as known; a run without any gets no address."""
    idle: Sequence[HostLease] = ()
    """Hosts held without anything to do there."""
    resting: Collection[str] = ()
    """Hosts held that will not be asked for a while."""
    renew: bool = False
    turns: bool = False
    """Whether to look for others who wait for a turn at a host."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What the database gave."""

    runs: list[Run]
    hosts: list[HostLease]
    leases: list[FrontierLease]
    released: list[str]
    fetched: dict[int, int]
    """Article pages fetched before, of runs the queue did not know."""
    next_due: datetime | None
    """When something can be leased next; None if something was leased now, or nothing is wanted."""
    work_left: bool
    """Whether a run that is not stalled has anything due within SOON, or under way anywhere."""
    stalled: frozenset[int]
    """Crawls that want nothing soon but of hosts that rest; what brings the past waits for them."""
    unread: frozenset[int]
    """Those of them that have pages nobody has read yet."""
    lent: frozenset[str]
    """Hosts that somebody else has the next turn at: what waits for them here is to be given back, so that they can be let go."""
    dropped: bool
    """Whether what was leased proved to need no fetching."""

    def rest(self, now: datetime) -> float:
        """Seconds until the database is asked again, if nothing happens where this was given to."""
        if self.dropped:
            return 0.0
        return POLL if self.next_due is None else min(POLL, max(BLOCKED, (self.next_due - now).total_seconds()))


def refill(tx: Transaction, wish: Wish) -> Granted:
    """Renew what is held, let go of what is not needed, and lease what there is room for, most urgent first."""
    frontier, hosts = FrontierStore(tx), HostStore(tx)
    until = wish.now + LEASE
    if wish.renew:
        reclaim_dead(tx, wish.now)
        frontier.renew(wish.holder, wish.now, until)
        hosts.renew(wish.holder, wish.now, until)
        RunStore(tx).renew(wish.owner, wish.now, until)
    runs = RunStore(tx).owned(wish.owner)
    hungry = [run.id for run in runs if wish.left.get(run.id, 1) > 0]
    wanted = frontier.hosts_due(hungry, wish.now) if hungry else []
    lent = _lent(tx, wish, wanted) if wish.turns else frozenset()
    due = [host for host in wanted if host not in lent]
    released = [lease for lease in wish.idle if lease.host not in due]
    hosts.give_back(released)
    new_hosts = _lease_hosts(tx, wish, due)
    held = wish.room.keys() | {lease.host for lease in new_hosts}
    leases = [lease for host in due if host in held for lease in _lease_addresses(frontier, wish, host, hungry)]
    taken, leases = len(leases), without_kept(tx, leases, wish.now)
    next_due = frontier.next_due(hungry) if hungry and not leases else None  # looks at every pending row: only asked when idle
    if next_due is not None and next_due > wish.now + CLOCK_SLACK and hasten(tx, hungry, wish.now):
        next_due = wish.now
    crawls = [run.id for run in runs if wish.resting and run.kind is RunKind.CRAWL]
    stalled = frozenset(run_id for run_id in crawls if _is_stalled(frontier, run_id, wish))
    going = [run_id for run_id in hungry if run_id not in stalled]
    return Granted(
        runs=runs,
        hosts=new_hosts,
        leases=leases,
        released=[lease.host for lease in released],
        fetched={run.id: PageStore(tx).articles_fetched(run.id) for run in runs if run.id not in wish.left},
        next_due=next_due,
        work_left=bool(leases) or (next_due is not None and any(frontier.has_due(run_id, wish.now + SOON) for run_id in going)),
        stalled=stalled,
        unread=frozenset(run_id for run_id in stalled if PageStore(tx).unread([run_id])),
        lent=lent,
        dropped=len(leases) < taken,
    )


def _lent(tx: Transaction, wish: Wish, wanted: Sequence[str]) -> frozenset[str]:
    """The hosts that somebody waits for; one who has died in the meantime is not let in, but would keep us out."""
    turns = TurnStore(tx)
    hosts = turns.wanted(wish.now)
    return turns.wanted(wish.now) if hosts.intersection(wanted) and reclaim_dead(tx, wish.now) else hosts


def _is_stalled(frontier: FrontierStore, run_id: int, wish: Wish) -> bool:
    if frontier.is_fetching(run_id, wish.now):
        return False
    hosts = frontier.hosts_due([run_id], wish.now + SOON)
    return bool(hosts) and set(hosts) <= set(wish.resting)


def _lease_hosts(tx: Transaction, wish: Wish, due: Sequence[str]) -> list[HostLease]:
    """Take the hosts that have something due; if one belongs to a process that died meanwhile, take it from there."""
    hosts, until = HostStore(tx), wish.now + LEASE
    wanted = [host for host in due if host not in wish.room]
    taken = {host: hosts.lease(host, wish.holder, wish.now, until) for host in wanted}
    if None in taken.values() and reclaim_dead(tx, wish.now):
        taken |= {host: hosts.lease(host, wish.holder, wish.now, until) for host, lease in taken.items() if lease is None}
    return [lease for lease in taken.values() if lease is not None]


def _lease_addresses(frontier: FrontierStore, wish: Wish, host: str, run_ids: Sequence[int]) -> list[FrontierLease]:
    room = wish.room.get(host, wish.room_elsewhere)
    return frontier.lease(host, run_ids, wish.holder, wish.now, wish.now + LEASE, room) if room else []


def give_back(tx: Transaction, leases: Sequence[FrontierLease], holder: str | None = None) -> None:
    """Return addresses unfetched, and with `holder` every host it has."""
    FrontierStore(tx).give_back(leases)
    if holder is not None:
        HostStore(tx).release(holder)


def learn(tx: Transaction, host: HostUpdate, copy: RobotsCopy) -> None:
    """Keep a robots.txt, and that its host was asked for it; if the host is another's by now, he knows better when it was asked."""
    HostStore(tx).keep_robots(host.lease.host, copy)
    with suppress(LeaseLost):
        HostStore(tx).update(host.lease, next_allowed_at=host.next_allowed_at, pause_until=host.pause_until)


def offer_again(tx: Transaction, leases: Sequence[FrontierLease], now: datetime) -> None:
    """Make addresses due again that were settled although they never gave an answer: it was their host that was down."""
    for lease in leases:
        candidate = Candidate(
            url=lease.url,
            kind=lease.kind,
            found_by=lease.found_by,
            hints=lease.hints,
            priority=lease.priority,
            refetch_before=NEVER_ANSWERED,
            aliases=lease.aliases,
        )
        FrontierStore(tx).offer(lease.source, lease.run_id, [candidate], now=now)


def announce_sitemaps(tx: Transaction, run: Run, source: Source, urls: Sequence[str], now: datetime) -> None:
    """Offer the sitemaps that robots.txt names."""
    shift, scope = (priorities.BACKFILL, Scope.of(run.params)) if run.kind is RunKind.BACKFILL else (0, Scope())
    frontier = FrontierStore(tx)
    fed = has_feed(source, frontier.working(run.source))
    found = [of_sitemap(url, run.kind, run.requested_at, fed=fed, found_by=FoundBy.ROBOTS) for url in urls]
    candidates = [dataclasses.replace(each, priority=each.priority + shift) for each in found if scope.admits(each)]
    frontier.offer(run.source, run.id, candidates, now=now)
