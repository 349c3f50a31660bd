"""What it costs to look at papers where nothing has changed: requests, CPU and memory a source, beside a plain Scrapy project.

    python benchmarks/nothing_new.py                          1,000 papers and the five demo newspapers
    python benchmarks/nothing_new.py --sources 200 --hours 26 with robots.txt and sitemaps grown old
    python benchmarks/nothing_new.py --sources 100 --json
    python benchmarks/nothing_new.py --smoke                  a few papers; exit code 1 if a bound is broken

Every paper has robots.txt, a feed of 20 items, a sitemap and a home page, all with ETag and Last-Modified, on one loopback server.
`veille crawl` visits all of them; then `veille run` is started with its clock some hours later, idles until their cron time
comes, and visits them again, all at once. Its CPU is counted from just before that moment to the end of the last visit, all its
processes together: a service at work, not its start. All but `--articles` articles a paper are marked as fetched beforehand.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from command import Folder, stop
from loopback import Loopback, Request
from revisiting.papers import mark_fetched, write_sources
from revisiting.watching import Visited, ended_runs
from usage import PeakMemory, cpu_seconds

HERE = Path(__file__).parent
FIRST = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ON_THE_HOUR = "0 * * * *"
SETTLED = 4.0
"""Seconds before the hour at which the service counts as idle; from there on its CPU is counted."""
MOST_REQUESTS, MOST_CPU_MS, MOST_CPU_MS_OF_FEW = 3.0, 25.0, 75.0
"""The bounds a source; with few sources what every visit costs once weighs more."""
ITEMS = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """What one contender needed for its second visit."""

    name: str
    sources: int
    requests: dict[str, int]
    unchanged: int
    conditional: int
    cpu_ms: float
    """CPU milliseconds a source."""
    seconds: float
    peak_mb: float = 0.0
    idle_cpu_ms: float | None = None
    """CPU milliseconds a second while nothing was due."""

    @property
    def asked(self) -> float:
        """Requests a source, robots.txt left out."""
        return (sum(self.requests.values()) - self.requests.get("robots", 0)) / self.sources

    @property
    def unchanged_share(self) -> float:
        """Share of requests answered 304."""
        return self.unchanged / max(1, sum(self.requests.values()) - self.requests.get("robots", 0))

    @classmethod
    def of(cls, visited: Visited, log: list[Request]) -> Figure:
        """Add up a log."""
        kinds = Counter(request.kind for request in log)
        unchanged = sum(request.status == 304 and request.kind != "robots" for request in log)
        return cls(
            visited.name,
            visited.sources,
            dict(kinds),
            unchanged,
            sum(request.conditional for request in log),
            1000 * visited.cpu / visited.sources,
            visited.seconds,
            visited.peak_mb,
            visited.idle_cpu_ms,
        )


def main() -> int:
    """Visit twice, print, judge."""
    options = _options()
    figures = []
    with tempfile.TemporaryDirectory(prefix="veille-nothing-new-") as name:
        folder = Path(name)
        with Loopback("press_server.py", "papers", "--hosts", options.sources, "--pages", ITEMS) as server:
            figures.append(ours(server, folder, options))
            figures.append(peer(server, folder, options.peer))
        if not options.smoke:
            figures.append(demo(folder, options.hours))
    limit = MOST_CPU_MS_OF_FEW if options.smoke else MOST_CPU_MS
    passed = judge(figures[0], limit)
    if options.json:
        print(json.dumps({"passed": passed, "figures": [asdict(each) for each in figures]}, indent=1))
    else:
        show(figures)
        print("PASSED" if passed else "FAILED", f"(bounds: {MOST_REQUESTS:g} requests, all 304, no article page, {limit:g} CPU ms)")
    return 0 if passed else 1


def ours(server: Loopback, folder: Path, options: argparse.Namespace) -> Figure:
    """Both visits of the invented papers."""
    place, sources = Folder(folder / "ours"), folder / "sources"
    write_sources(sources, server.told["hosts"], ON_THE_HOUR)
    url = f"sqlite:///{place.path / 'veille.db'}"
    place.configure(url, sources, server.told["resolve"], contact="benchmark@press.test")
    mark_fetched(url, sources, [f"/news/2026/03/02/{n:05}-a-page-of-the-benchmark.html" for n in range(options.articles, ITEMS)], FIRST)
    settled = 1.0 if options.smoke else SETTLED  # what an idle service costs is told, not judged
    return visit_again(Visit(f"veille, {options.sources} papers", options.sources, place, url, FIRST, options.hours, settled), server)


def demo(folder: Path, hours: int) -> Figure:
    """Both visits of the five demo newspapers."""
    with Loopback("newsroom_server.py") as server:
        told, place, sources = server.told, Folder(folder / "demo"), folder / "demo-sources"
        shutil.copytree(told["sources"], sources)
        for path in sources.glob("*.toml"):
            path.write_text(path.read_text().replace('every = "15m"', f'cron = "{ON_THE_HOUR}"'))
        url = f"sqlite:///{place.path / 'veille.db'}"
        place.configure(url, sources, told["resolve"], ca_file=told["ca_file"])
        return visit_again(Visit("veille, 5 demo newspapers", 5, place, url, datetime.fromisoformat(told["now"]), hours), server)


@dataclass(frozen=True, slots=True)
class Visit:
    """What is visited, from where, and when."""

    name: str
    sources: int
    place: Folder
    url: str
    """Of the database."""
    first: datetime
    hours: int
    """Between the first visit and the second."""
    settled: float = SETTLED
    """Seconds that the service is watched while nothing is due."""

    @property
    def due(self) -> datetime:
        """When the second visit is due."""
        return (self.first + timedelta(hours=self.hours)).replace(minute=0, second=0)

    @property
    def lead(self) -> float:
        """Seconds before that at which the service is started: it reads its source files and gets its processes ready."""
        return 12 + 2 * self.settled + self.sources / 50


def visit_again(visit: Visit, server: Loopback) -> Figure:
    """Crawl once, then let the service do it again; the second visit is what counts."""
    name, sources, place, url, settled = visit.name, visit.sources, visit.place, visit.url, visit.settled
    if place.run("crawl", "--quiet", clock=visit.first):
        sys.exit(f"the first visit failed:\n{place.log.read_text()[-2000:]}")
    before = server.count()
    known = ended_runs(url)
    started = time.monotonic()
    process = place.start("run", "--quiet", clock=visit.due - timedelta(seconds=visit.lead))
    try:
        time.sleep(visit.lead - 2 * settled)
        earlier = cpu_seconds(process.pid)
        time.sleep(settled)
        spent, at = cpu_seconds(process.pid), time.monotonic()
        with PeakMemory(process.pid) as peak:
            while ended_runs(url) < known + sources:
                if process.poll() is not None or time.monotonic() - at > 600 + sources:
                    sys.exit(f"the second visit did not end: {ended_runs(url) - known} of {sources}\n{place.log.read_text()[-2000:]}")
                time.sleep(0.3)
            cpu = cpu_seconds(process.pid) - spent
        seconds = time.monotonic() - started - visit.lead
    finally:
        stop(process)
    visited = Visited(name, sources, cpu, seconds, peak.megabytes, 1000 * (spent - earlier) / settled)
    return Figure.of(visited, server.log(before))


def peer(server: Loopback, folder: Path, sources: int) -> Figure:
    """The plain project's second visit, to fewer papers: what it needs grows with their number alone."""
    hosts = folder / "hosts"
    hosts.write_text("\n".join(server.told["hosts"][:sources]))
    command = [sys.executable, str(HERE / "plain_revisit.py"), str(hosts), str(folder / "plain.db")]
    environment = {**os.environ, "http_proxy": f"http://{server.told['where']}"}
    for _ in range(2):
        before, started = server.count(), time.monotonic()
        said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    sources = min(sources, len(server.told["hosts"]))
    visited = Visited(f"plain Scrapy project, {sources} papers", sources, json.loads(said)["cpu_ms"] / 1000, time.monotonic() - started)
    return Figure.of(visited, server.log(before))


def judge(figure: Figure, limit: float) -> bool:
    """Whether the second visit cost no more than it may."""
    bounded = figure.asked <= MOST_REQUESTS and figure.cpu_ms <= limit
    return bounded and figure.unchanged_share == 1 and not figure.requests.get("article")


def show(figures: list[Figure]) -> None:
    """Print the table and the ratios."""
    kinds = ("robots", "feed", "sitemap", "listing", "article")
    print(f"{'a source':32}" + "".join(f"{kind:>9}" for kind in kinds) + f"{'304':>8}{'CPU ms':>9}{'seconds':>9}{'peak MB':>9}")
    for each in figures:
        counts = "".join(f"{each.requests.get(kind, 0) / each.sources:9.2f}" for kind in kinds)
        peak = f"{each.peak_mb:9.0f}" if each.peak_mb else f"{'':9}"
        print(f"{each.name:32}{counts}{each.unchanged_share:8.1%}{each.cpu_ms:9.1f}{each.seconds:9.1f}{peak}")
    ours_, theirs = figures[:2]
    ratio, asked = ours_.cpu_ms / theirs.cpu_ms, ours_.asked / theirs.asked
    print(f"\nveille needs {asked:.2f} x the requests and {ratio:.3f} x the CPU of the plain project")
    print(f"a running service with nothing due: {ours_.idle_cpu_ms:.0f} CPU ms a second")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, help="papers (default 1000; with --smoke 40)")
    parser.add_argument("--articles", type=int, default=1, help="articles a paper that the first visit really fetches (default 1)")
    parser.add_argument("--hours", type=int, default=2, help="between the two visits (default 2)")
    parser.add_argument("--peer", type=int, help="papers that the plain project visits (default 50; with --smoke 2)")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--smoke", action="store_true", help="few papers; end with exit code 1 if a bound is broken")
    options = parser.parse_args()
    options.sources = options.sources or (40 if options.smoke else 1000)
    options.peer = options.peer or (2 if options.smoke else 50)
    return options


if __name__ == "__main__":
    raise SystemExit(main())
