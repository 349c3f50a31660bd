"""Whether the fetching process grows: its memory while it fetches many small pages, and what a decompression bomb adds.

    python benchmarks/memory.py                               20,000 pages
    python benchmarks/memory.py --pages 100000 --hosts 50 --json
    python benchmarks/memory.py --smoke                       2,000 pages; exit code 1 if a bound is broken

The engine is driven alone, without readers and without being replaced (`engine_pages` out of reach): pages are fetched, archived and
settled, and stay unread. One loopback server makes up the pages of all papers, which may be fetched without delay. Every thousand
pages the engine's resident memory is looked at; at the end it fetches a page of 522 kB gzip that holds 512 MiB.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from loopback import Loopback
from revisiting.papers import write_sources
from sqlalchemy import text
from usage import forget_peak, peak_resident, resident

from crawlers.clock import Clock
from crawlers.engine import Engine
from crawlers.registry import Registry
from crawlers.runs import open_run
from crawlers.spec import EngineSpec
from db.engine import Database, Transaction
from db.leases import owner_name
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind
from pipeline.session import RUN_LEASE

EVERY = 1000
GROWTH, BOMB_MB = 0.15, 50.0
"""The bounds: growth from the first thousand pages on, and megabytes that the bomb may add."""
BOMB = "bomb"
NEVER = 10**9
DISCOVERY = "follow_links = false\nmax_pages = 1000000"
STALLED = 120.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Resident memory of the engine after so many pages."""

    pages: int
    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Bomb:
    """What fetching the bomb did: memory before, the most meanwhile, and how the address was settled."""

    before_mb: float
    peak_mb: float
    settled: str

    @property
    def added(self) -> float:
        """Megabytes."""
        return self.peak_mb - self.before_mb


class Bench:
    """A database with the papers as sources, and an engine that works for runs leased to this process."""

    def __init__(self, server: Loopback, folder: Path) -> None:
        sources = folder / "sources"
        write_sources(sources, server.told["hosts"], "0 * * * *", concurrency=4, discovery=DISCOVERY)
        self.registry, self.clock, self.owner = Registry([sources], bundled=False), Clock(), owner_name()
        self.spec = EngineSpec(
            database_url=f"sqlite:///{folder / 'veille.db'}",
            archive=folder / "archive",
            source_folders=(sources,),
            bundled_sources=False,
            owner=self.owner,
            resolve=server.told["resolve"],
            recycle_after=NEVER,
            log_file=folder / "engine.log",
            log_level="WARNING",
        )
        self.database = Database.open(self.spec.database_url)
        self.database.transact(lambda tx: SourceStore(tx).sync(self.registry.entries(), self.clock()))
        self.engine = Engine(self.spec)
        self._fetched: dict[int, int] = {}

    def want(self, names: Sequence[str]) -> None:
        """Open a run for each source and lease it for the engine, which renews the leases itself."""

        def work(tx: Transaction) -> None:
            now = self.clock()
            for name in names:
                run = open_run(tx, self.registry.get(name), RunKind.CRAWL, slot=None, params={}, now=now)
                RunStore(tx).lease(run.id, self.owner, now, now + RUN_LEASE)

        self.database.transact(work)

    def fetched(self) -> int:
        """Article pages so far, as the engine reports them."""
        for event in self.engine.events():
            if event.run_id is not None:
                self._fetched[event.run_id] = event.counts.get("articles", 0)
        if not self.engine.alive:
            sys.exit(f"the engine has died: {self.engine.last_words}")
        return sum(self._fetched.values())

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it holds; ends the program if nothing is fetched for too long."""
        seen, since = self.fetched(), time.monotonic()
        while not condition():
            time.sleep(0.05)
            now = self.fetched()
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > STALLED:
                sys.exit(f"nothing was fetched for {STALLED:g} s, after {now} pages")

    def answer(self, query: str) -> str | None:
        """The first value of a query."""
        with self.database.read() as tx:
            found = tx.execute(text(query)).scalar()
        return None if found is None else str(found)


def grow(bench: Bench, pages: int) -> list[Sample]:
    """Fetch the pages, looking at the memory every thousand."""
    bench.want([name for name in bench.registry.names() if name != BOMB])
    bench.engine.start()
    started, samples = time.monotonic(), []
    for mark in range(EVERY, pages + 1, EVERY):
        bench.wait(lambda mark=mark: bench.fetched() >= mark)  # type: ignore[misc]
        assert bench.engine.pid is not None
        samples.append(Sample(bench.fetched(), time.monotonic() - started, resident(bench.engine.pid)))
    return samples


def explode(bench: Bench) -> Bomb:
    """Fetch the bomb and see what it did."""
    pid = bench.engine.pid
    assert pid is not None
    forget_peak(pid)
    before = resident(pid)
    bench.want([BOMB])
    query = "SELECT coalesce(last_failure, 'fetched') FROM frontier WHERE host = 'bomb.press.test' AND kind = 'article' AND due_at IS NULL"
    bench.wait(lambda: bench.answer(query) is not None)
    return Bomb(before, peak_resident(pid), bench.answer(query) or "")


def main() -> int:
    """Fetch, print, judge."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="veille-memory-") as folder:
        a_host = -(-options.pages // options.hosts)
        with Loopback("press_server.py", "endless", "--hosts", options.hosts, "--pages", a_host) as server:
            bench = Bench(server, Path(folder))
            try:
                samples, bomb = grow(bench, options.pages), explode(bench)
            finally:
                bench.engine.stop()
                bench.database.close()
    growth = max(each.megabytes for each in samples) / samples[0].megabytes - 1
    passed = growth <= GROWTH and bomb.added < BOMB_MB and bomb.settled == "too_large"
    if options.json:
        told = {"passed": passed, "growth": growth, "samples": [asdict(each) for each in samples], "bomb": asdict(bomb)}
        print(json.dumps(told, indent=1))
    else:
        show(samples, growth, bomb)
        print("PASSED" if passed else "FAILED")
    return 0 if passed else 1


def show(samples: list[Sample], growth: float, bomb: Bomb) -> None:
    """Print the table."""
    print("the engine alone, without readers\n")
    print(f"{'pages':>8}{'seconds':>9}{'MB':>8}")
    for each in samples:
        print(f"{each.pages:8}{each.seconds:9.1f}{each.megabytes:8.1f}")
    last = samples[-1]
    print(f"\ngrowth from page {samples[0].pages} on: {growth:+.1%} at most (bound {GROWTH:.0%}); {last.pages / last.seconds:.0f} pages/s")
    print(f"bomb of 512 MiB: {bomb.added:+.1f} MB at most (bound {BOMB_MB:g}), settled as {bomb.settled}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, help="pages to fetch (default 20000; with --smoke 2000)")
    parser.add_argument("--hosts", type=int, default=20, help="papers they are spread over (default 20)")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--smoke", action="store_true", help="fewer pages")
    options = parser.parse_args()
    options.pages = max(EVERY, options.pages or (2000 if options.smoke else 20_000))
    return options


if __name__ == "__main__":
    raise SystemExit(main())
