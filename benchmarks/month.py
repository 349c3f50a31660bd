"""A simulated month: every slot runs once, whatever happens to two services on one database.

From 12 February to 31 March 2026, with the changes of the clocks in Morocco, New York and Europe. Time is passed in; services are killed,
suspended and stopped, the machine sleeps for eight hours, the clock is set back and forward. Timetable, leases and run rows are real.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from databases import databases
from simulated.slots import Due, Paper, due
from simulated.world import Process, World

from db.engine import Database
from db.runs import RunStore
from db.vocabulary import RunKind

PAPERS = (
    Paper("assahl", "assahl.demo.test", "Africa/Casablanca", minutes=15),
    Paper("assahl-matin", "assahl.demo.test", "Africa/Casablanca", at=(2, 30), takes=3),
    Paper("lecourrierdesrives", "lecourrierdesrives.demo.test", "Africa/Algiers", minutes=15, takes=2),
    Paper("lefildumatin", "lefildumatin.demo.test", "Europe/Paris", minutes=30, takes=4),
    Paper("lefildumatin-nuit", "lefildumatin.demo.test", "Europe/Paris", at=(2, 15), takes=2),
    Paper("elmiradordelestrecho", "elmiradordelestrecho.demo.test", "Europe/Madrid", minutes=60),
    Paper("lagunemagazine", "lagunemagazine.demo.test", "Africa/Abidjan", minutes=120, takes=5),
    Paper("the-harbor", "theharbor.demo.test", "America/New_York", minutes=20),
    Paper("the-harbor-early", "theharbor.demo.test", "America/New_York", at=(2, 0)),
)
START, END = datetime(2026, 2, 12, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
CHANGES = (datetime(2026, 2, 15, 2, tzinfo=UTC), datetime(2026, 3, 22, 2, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC))
"""Casablanca back, Casablanca forward, Europe forward."""
GRACE = timedelta(minutes=3)
"""A slot that can be opened for so long and has no run is lost: it begins within a minute, and is looked for every minute."""
HOUR = timedelta(hours=1)
Window = tuple[datetime, datetime]


@dataclass(slots=True)
class Moment:
    """One step: what the clock showed, whether anybody kept the timetable, which sources had an open run."""

    now: datetime
    kept: bool
    busy: frozenset[str]
    newest: Mapping[str, str]
    """The latest slot that was begun until then, by source."""


@dataclass(slots=True)
class Verdict:
    """What became of the slots, and of the hosts."""

    due: int = 0
    once: int = 0
    caught_up: int = 0
    """Not run themselves: nobody could, and a later slot of the source ran instead."""
    passed_over: int = 0
    """Not run themselves: a clock that was ahead had begun a later slot already, and then it was set back."""
    lost: int = 0
    twice: int = 0
    early: int = 0
    unknown: int = 0
    """Runs of a slot that the zone's clock does not have."""
    overlaps: int = 0
    left_open: int = 0
    late_turned_away: int = 0
    takeovers: int = 0
    events: dict[str, int] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether nothing was lost or doubled."""
        return not (self.lost or self.twice or self.early or self.unknown or self.overlaps or self.left_open) and self.once > 0


class Fate:
    """What happens to the two services, by a seed."""

    def __init__(self, seed: int, world: World, processes: list[Process], *, step: timedelta, often: float) -> None:
        self.chance, self.world, self.processes = random.Random(seed), world, processes
        self.events: Counter[str] = Counter()
        self._a_step = often * (step / HOUR)
        self._set_right: timedelta | None = None

    def strike(self) -> None:
        """Let this step's misfortunes happen; on average so many an hour as the numbers say."""
        minutes = timedelta(minutes=self.chance.randint(1, 12))
        victim = self.chance.choice(self.processes)
        for name, an_hour in (("kill", 0.25), ("stop", 0.1), ("suspend", 0.15), ("sleep", 0.012), ("clock", 0.02)):
            if self.chance.random() < an_hour * self._a_step:
                self.events[name] += 1
                getattr(self, name)(victim, minutes)
        if self._set_right is not None and self.world.elapsed >= self._set_right:
            self.world.error, self._set_right = timedelta(0), None

    def kill(self, victim: Process, minutes: timedelta) -> None:
        """Kill one, which is started again later."""
        victim.kill(minutes)

    def stop(self, victim: Process, minutes: timedelta) -> None:
        """Stop one in order."""
        victim.stop(minutes)

    def suspend(self, victim: Process, minutes: timedelta) -> None:
        """Let one stand still, and come back late."""
        victim.suspended_until = self.world.elapsed + minutes

    def sleep(self, _: Process, __: timedelta) -> None:
        """The machine sleeps: time goes on, nobody works."""
        self.world.elapsed += 8 * HOUR

    def clock(self, _: Process, minutes: timedelta) -> None:
        """The clock is set wrong by an hour, and right again later."""
        if self._set_right is None:
            self.world.error = self.chance.choice((-HOUR, HOUR))
            self._set_right = self.world.elapsed + 10 * minutes


def main() -> None:
    """Run it once and print the table."""
    options = _options()
    began = time.monotonic()
    with databases(options.database, postgres=options.postgres) as fresh, tempfile.TemporaryDirectory() as folder:
        verdict = simulate(fresh(Path(folder)), Path(folder), options)
    if options.json:
        print(json.dumps(asdict(verdict) | {"seconds": round(time.monotonic() - began, 1)}))
    else:
        report(verdict, time.monotonic() - began)
    sys.exit(0 if verdict.sound else 1)


def simulate(url: str, folder: Path, options: argparse.Namespace) -> Verdict:
    """Let the time pass."""
    sources = folder / "sources"
    sources.mkdir()
    for paper in PAPERS:
        (sources / f"{paper.name}.toml").write_text(paper.toml, encoding="utf-8")
    Database.open(url).close()
    world = World({paper.name: paper for paper in PAPERS}, url, sources, began=options.windows[0][0])
    processes = [Process(world, elsewhere=False), Process(world, elsewhere=True)]
    step = timedelta(seconds=options.step)
    fate = Fate(options.seed, world, processes, step=step, often=options.often)
    moments: list[Moment] = []
    watching = Database.open(url)
    for process in processes:
        process.start()
    try:
        for start, end in options.windows:
            world.elapsed = max(world.elapsed, start - world.began)
            while world.began + world.elapsed < end:
                fate.strike()
                for process in fate.chance.sample(processes, len(processes)):
                    process.turn()
                kept = any(process.keeps and world.elapsed >= process.suspended_until for process in processes)
                with watching.read() as tx:
                    busy = frozenset(run.source for run in RunStore(tx).open_runs())
                moments.append(Moment(world.now(), kept, busy, dict(world.newest)))
                world.elapsed += step
    finally:
        for process in processes:
            process.stop(timedelta(0))
    verdict = judge(world, moments, watching, options.windows)
    verdict.events = dict(fate.events)
    watching.close()
    return verdict


def judge(world: World, moments: list[Moment], database: Database, windows: Sequence[Window]) -> Verdict:
    """Compare the runs with the slots that there were."""
    verdict = Verdict(late_turned_away=world.late)
    with database.read() as tx:
        runs = RunStore(tx).recent(kind=RunKind.CRAWL, limit=10**6)
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    for run in runs:
        by_source[run.source][str(run.slot)] += 1
        verdict.left_open += run.ended_at is None
    verdict.twice = sum(number - 1 for number in Counter(world.ends).values())
    watched = [(max(start, min(moment.now for moment in moments)), end) for start, end in windows]
    first, last = min(moment.now for moment in moments), max(moment.now for moment in moments)
    for paper in PAPERS:
        slots = due(paper, first - 3 * HOUR, last + timedelta(minutes=1))
        _judge_paper(verdict, (paper, slots), by_source[paper.name], moments, watched)
        happen = {each.slot: each.at for each in slots}
        for run in runs:
            if run.source == paper.name:
                at = happen.get(str(run.slot))
                verdict.unknown += at is None and run.requested_at >= first + 3 * HOUR
                verdict.early += at is not None and run.requested_at < at
    verdict.overlaps = _overlaps(world)
    verdict.takeovers = _takeovers(world)
    return verdict


def _judge_paper(
    verdict: Verdict, of: tuple[Paper, list[Due]], ran: Counter[str], moments: list[Moment], watched: Sequence[Window]
) -> None:
    paper, slots = of
    known = False  # one that waits for a time of the day waits for its first one
    chances, passed = _chances(paper, slots, moments)
    for each in slots:
        if not any(start <= each.at < end for start, end in watched):
            known = known or ran[each.slot] > 0
            continue
        verdict.due += 1
        verdict.twice += max(0, ran[each.slot] - 1)
        if ran[each.slot]:
            verdict.once, known = verdict.once + 1, True
        elif chances[each.slot] > GRACE and (known or paper.at is None):
            verdict.lost += 1
            print(f"lost: {paper.name} {each.slot} (could be opened for {chances[each.slot]})", file=sys.stderr)
        elif each.slot in passed:
            verdict.passed_over += 1
        else:
            verdict.caught_up += 1


def _chances(paper: Paper, slots: list[Due], moments: list[Moment]) -> tuple[dict[str, timedelta], set[str]]:
    """How long each slot was the one to be opened while somebody kept the timetable without a break, and no earlier visit was open.

    Slots go forward only: where a later one was begun before, there is no way; those slots are returned as well.
    """
    passed: set[str] = set()
    longest: dict[str, timedelta] = defaultdict(timedelta)
    place, since = 0, None
    for before, moment in pairwise(moments):
        while place + 1 < len(slots) and slots[place].following <= moment.now:
            place, since = place + 1, None
        while place and moment.now < slots[place].at:  # the clock was set back
            place, since = place - 1, None
        even = timedelta(0) < moment.now - before.now < GRACE
        if not (slots[place].at <= moment.now and moment.kept and even) or paper.name in moment.busy:
            since = None
            continue
        if before.newest.get(paper.name, "") > slots[place].slot:
            passed.add(slots[place].slot)
            since = None
            continue
        since = since or moment.now
        longest[slots[place].slot] = max(longest[slots[place].slot], moment.now - since)
    return longest, passed


def _overlaps(world: World) -> int:
    """Fetches by a process of a host that another had taken since: their fences would be out of order."""
    newest: dict[str, int] = defaultdict(int)
    found = 0
    for _, host, _, fence in world.fetches:
        found += fence < newest[host]
        newest[host] = max(newest[host], fence)
    holders = defaultdict(set)
    for _, host, pid, fence in world.fetches:
        holders[host, fence].add(pid)
    return found + sum(len(pids) - 1 for pids in holders.values())


def _takeovers(world: World) -> int:
    """How often the process that fetches changed."""
    pids = [pid for _, _, pid, _ in world.fetches]
    return sum(one != two for one, two in pairwise(pids))


def report(verdict: Verdict, seconds: float) -> None:
    """Print the table."""
    rows = [
        ("slots due", verdict.due),
        ("run exactly once", verdict.once),
        ("missed and caught up", verdict.caught_up),
        ("passed over after the clock", verdict.passed_over),
        ("lost", verdict.lost),
        ("run twice", verdict.twice),
        ("begun before their time", verdict.early),
        ("slots that are none", verdict.unknown),
        ("overlaps on a host", verdict.overlaps),
        ("runs left open", verdict.left_open),
        ("takeovers", verdict.takeovers),
        ("late holders turned away", verdict.late_turned_away),
        *((f"{name}s" if name != "clock" else "clock set wrong", number) for name, number in sorted(verdict.events.items())),
    ]
    for name, number in rows:
        print(f"{name:<32}{number:>8}")
    print(f"{'seconds':<32}{seconds:>8.0f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="sqlite", metavar="URL", help="sqlite, or a PostgreSQL server's URL")
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL server from a wheel")
    parser.add_argument("--seed", type=int, default=1, help="of what happens to the services")
    parser.add_argument("--step", type=int, default=40, metavar="SECONDS", help="of simulated time between two turns")
    parser.add_argument("--often", type=float, default=1.0, metavar="TIMES", help="how often things happen, 1: a kill every four hours")
    parser.add_argument("--days", type=int, default=0, metavar="N", help="only the first N days")
    parser.add_argument("--smoke", action="store_true", help="only some hours around each change of the clocks")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    options.windows = [(START, START + timedelta(days=options.days) if options.days else END)]
    if options.smoke:
        options.windows = [(change - 3 * HOUR, change + 3 * HOUR) for change in CHANGES]
        options.often = max(options.often, 3.0)
    return options


if __name__ == "__main__":
    main()
