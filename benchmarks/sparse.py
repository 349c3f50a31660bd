"""What a year costs of newspapers that published little: requests an article, by what was asked for.

    python benchmarks/sparse.py                      the year 2014 of each of the five demo newspapers
    python benchmarks/sparse.py --since 2012 --until 2016 --via listing --paper lefildumatin --log

Each paper's days are brought back by `veille backfill` into a fresh database. The server's log is the witness of what was asked; the
papers' own truth tells what there was to be found. Exit code 1 if an article that the paper lists somewhere is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from command import Folder
from databases import Fresh, databases
from killing.holdings import Holdings
from loopback import Loopback, Request

from crawlers.demo.newspapers import all_papers
from crawlers.demo.paper import Paper
from db.identity import url_key

KINDS = ("robots", "front page", "sitemap", "month", "listing", "feed", "article")


@dataclass(frozen=True, slots=True)
class Cost:
    """One paper's days."""

    paper: str
    articles: int
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]
    """Missing, too, but named by no list of the paper's: only other articles or nothing lead there."""
    requests: dict[str, int]
    repeated: int
    """Requests for an address that had been asked for."""

    @property
    def ratio(self) -> float:
        """Requests an article."""
        return sum(self.requests.values()) / max(1, self.articles)


def bring(paper: Paper, server: Loopback, fresh: Fresh, folder: Path, options: argparse.Namespace) -> Cost:
    """Bring its days back and see what it took."""
    place = Folder(folder)
    url = fresh(folder)
    place.configure(url, Path(server.told["sources"]), server.told["resolve"], ca_file=server.told["ca_file"])
    now, first = datetime.fromisoformat(server.told["now"]), server.count()
    via = ("--via", options.via) if options.via else ()
    place.run("backfill", paper.name, "--since", options.since, "--until", options.until, *via, "--quiet", clock=now)
    log = server.log(first)
    if options.log:
        print("\n".join(f"  {request.host}{request.path} {request.status}" for request in log))
    return _judged(paper, log, {key for _, key in Holdings.of(url).texts}, options, now)


def _judged(paper: Paper, log: Sequence[Request], stored: set[str], options: argparse.Namespace, now: datetime) -> Cost:
    since, until = (date.fromisoformat(f"{day}-01-01"[:10]) for day in (options.since, options.until))
    wanted = [each for each in paper.truth(now) if each.allowed and since <= each.published_on < until]
    missing = [each.url for each in wanted if not {url_key(url) for url in each.urls} & stored]
    listed = {paper.origin + article.address(now) for article in paper.listed(now)}
    asked = Counter(request.path for request in log)
    return Cost(
        paper=paper.name,
        articles=len(wanted),
        missing=tuple(url for url in missing if url in listed),
        unlisted=tuple(url for url in missing if url not in listed),
        requests={kind: number for kind in KINDS if (number := sum(kind_of(request) == kind for request in log))},
        repeated=sum(asked.values()) - len(asked),
    )


def kind_of(request: Request) -> str:
    """What was asked for."""
    parts = [part for part in request.path.partition("?")[0].split("/") if part]
    if request.path == "/":
        return "front page"
    if parts and all(part.isdecimal() for part in parts):
        return "month"
    return "listing" if "debut_articles" in request.path else request.kind


def main() -> int:
    """Bring back, count, print."""
    options = _options()
    papers = [paper for paper in all_papers() if options.paper in {None, paper.name}]
    with (
        tempfile.TemporaryDirectory(prefix="veille-sparse-") as folder,
        databases(options.database, postgres=options.postgres) as fresh,
        Loopback("newsroom_server.py") as server,
    ):
        rows = []
        for paper in papers:
            (Path(folder) / paper.name).mkdir()
            rows.append(bring(paper, server, fresh, Path(folder) / paper.name, options))
    if options.json:
        print(json.dumps([asdict(row) | {"ratio": row.ratio} for row in rows], indent=1))
        return 1 if any(row.missing for row in rows) else 0
    print(f"{'paper':22}{'articles':>9}{'missing':>9}{'unlisted':>9}{'requests':>9}{'an article':>11}{'repeated':>9}  by kind")
    for row in rows:
        numbers = f"{row.articles:9}{len(row.missing):9}{len(row.unlisted):9}{sum(row.requests.values()):9}{row.ratio:11.2f}"
        print(f"{row.paper:22}{numbers}{row.repeated:9}  {', '.join(f'{number} {kind}' for kind, number in row.requests.items())}")
        for url in (*row.missing, *row.unlisted):
            print(f"    not found: {url}")
    return 1 if any(row.missing for row in rows) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", default="2014", help="first year (default 2014)")
    parser.add_argument("--until", default="2015", help="the year after the last (default 2015)")
    parser.add_argument("--via", help="ways, as `veille backfill` takes them (default: what is there)")
    parser.add_argument("--paper", help="one newspaper only")
    parser.add_argument("--log", action="store_true", help="print every request")
    parser.add_argument("--database", default="sqlite", metavar="URL", help="a PostgreSQL server where databases may be made")
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL server of its own")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
