"""Whether hosts are asked as they wish, seen from the server: delays, Crawl-delay, Retry-After and robots.txt, also over a `kill -9`.

    python benchmarks/politeness.py                           40 papers of 20 pages, and three with wishes of their own
    python benchmarks/politeness.py --hosts 200 --delay 1 --json
    python benchmarks/politeness.py --smoke                   fewer pages; exit code 1 if a bound is broken

`veille crawl` visits all of them at once. It is killed with all its processes a second after both `retry` papers have asked for
silence, and started again; and once more at the instant a request reaches the paper with a Crawl-delay (not with `--smoke`). Lateness
is how much later than allowed a request came, where one was waiting: the delay counts from the answer before, and chance adds up to a
tenth of it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from command import PATIENCE, Folder
from loopback import Loopback, Request
from press_sites import CRAWL_DELAY, RETRY_AFTER
from revisiting.papers import write_sources
from usage import tree

SLACK = 0.02
"""Seconds by which a gap may seem too short: both requests left on time, but the second one was quicker on its way."""
DISCOVERY = "max_pages = 1000000"
WIDTHS = (4, 10, 8, 16, 16, 8, 21)


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts with the same wish."""

    name: str
    hosts: int
    requests: int
    wish: float
    """Seconds between two requests."""
    shortest: float
    median_late: float
    p95_late: float
    retry_late: float | None
    """Seconds after the end of the Retry-After; negative is too early."""

    @property
    def kept(self) -> bool:
        """Whether no request came too early."""
        return self.shortest >= self.wish - SLACK and (self.retry_late is None or self.retry_late >= -SLACK)


def main() -> int:
    """Crawl with two kills, then read the log."""
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="veille-politeness-") as folder,
        Loopback("press_server.py", "mannered", "--hosts", options.hosts, "--pages", options.pages) as server,
    ):
        place, sources = Folder(Path(folder) / "work"), Path(folder) / "sources"
        write_sources(sources, server.told["hosts"], "0 * * * *", delay=options.delay, concurrency=1, discovery=DISCOVERY)
        place.configure(f"sqlite:///{place.path / 'veille.db'}", sources, server.told["resolve"])
        restarts = crawl(place, server, short=options.smoke)
        log = server.log()
    groups = [judge(name, log, restarts, options.delay) for name in ("paper", "crawl-delay", "retry-429", "retry-503")]
    forbidden = sum(not request.allowed for request in log)
    passed = all(group.kept for group in groups) and not forbidden
    if options.json:
        print(json.dumps({"passed": passed, "forbidden": forbidden, "groups": [asdict(group) for group in groups]}, indent=1))
    else:
        show(groups, forbidden, len(restarts))
        print("PASSED" if passed else "FAILED")
    return 0 if passed else 1


def crawl(place: Folder, server: Loopback, *, short: bool) -> list[float]:
    """Crawl to the end with two kills in between, or with one and for another 15 seconds; return when these were."""
    process = place.start("crawl", "--quiet")
    when(process, lambda: sum(request.status in {429, 503} for request in server.log()) >= 2)
    time.sleep(1)
    kills = [kill(process)]
    if not short:
        process, known = place.start("crawl", "--quiet"), slow_requests(server)
        when(process, lambda: slow_requests(server) > known + 1)
        kills.append(kill(process))
    process = place.start("crawl", "--quiet", *(("--for", "15s") if short else ()))
    if process.wait(PATIENCE):
        sys.exit(f"the crawl failed:\n{place.log.read_text()[-2000:]}")
    return kills


def slow_requests(server: Loopback) -> int:
    """How often the paper with a Crawl-delay was asked."""
    return sum(request.host.startswith("crawl-delay") for request in server.log())


def when(process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
    """Wait for something the server sees; ends the program if the crawl is over before."""
    while not condition():
        if process.poll() is not None:
            sys.exit("the crawl ended before it could be killed")
        time.sleep(0.02)


def kill(process: subprocess.Popen[bytes]) -> float:
    """Kill -9 a command and all its processes; return the moment."""
    for pid in tree(process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    return time.monotonic()


def judge(name: str, log: Sequence[Request], restarts: Sequence[float], delay: float) -> Group:
    """What the log says of the hosts whose names begin so."""
    by_host: dict[str, list[Request]] = defaultdict(list)
    for request in sorted(log, key=lambda each: each.at):
        if request.host.startswith(name):
            by_host[request.host].append(request)
    wish = max(delay, CRAWL_DELAY) if name == "crawl-delay" else delay
    # What robots.txt wishes is not known before it has been read.
    pairs = [pair for requests in by_host.values() for pair in itertools.pairwise(requests) if pair[0].kind != "robots"]
    silenced = [pair for pair in pairs if pair[0].status in {429, 503}]
    usual = [
        after.at - before.answered - wish
        for before, after in pairs
        if (before, after) not in silenced and not any(before.at <= moment <= after.at for moment in restarts)
    ]
    return Group(
        name,
        len(by_host),
        sum(map(len, by_host.values())),
        wish,
        min(after.at - before.at for before, after in pairs),
        statistics.median(usual) if usual else 0.0,
        sorted(usual)[int(0.95 * len(usual))] if usual else 0.0,
        min((after.at - before.answered - RETRY_AFTER for before, after in silenced), default=None),
    )


def show(groups: Sequence[Group], forbidden: int, restarts: int) -> None:
    """Print the table."""
    names = ("", "requests", "wish s", "shortest gap s", "late: median s", "p95 s", "after Retry-After s")
    print(f"{'hosts':14}" + "".join(f"{name:>{width}}" for name, width in zip(names, WIDTHS, strict=True)))
    for each in groups:
        retry = "" if each.retry_late is None else f"{each.retry_late:+.2f}"
        seconds = (f"{value:.3f}" for value in (each.wish, each.shortest, each.median_late, each.p95_late))
        cells = (each.hosts, each.requests, *seconds, retry)
        line = "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
        print(f"{each.name:14}{line}{'' if each.kept else '  TOO EARLY'}")
    print(f"\n{restarts} kills in between; requests that robots.txt forbids: {forbidden}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, help="papers without a wish of their own (default 40; with --smoke 10)")
    parser.add_argument("--pages", type=int, help="articles a paper (default 20; with --smoke 5)")
    parser.add_argument("--delay", type=float, default=0.5, help="their delay in seconds (default 0.5)")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--smoke", action="store_true", help="fewer papers and pages")
    options = parser.parse_args()
    options.hosts = options.hosts or (10 if options.smoke else 40)
    options.pages = options.pages or (5 if options.smoke else 20)
    return options


if __name__ == "__main__":
    raise SystemExit(main())
