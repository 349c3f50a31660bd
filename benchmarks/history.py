"""Whether a long history makes the pages slow that look at it: `veille status`, `veille schedule next` and `history` after 300,000 runs.

    python benchmarks/history.py
    python benchmarks/history.py --runs 1000000 --sources 500
    python benchmarks/history.py --json
    python benchmarks/history.py --smoke        20,000 runs; exit code 1 if a question takes longer than after FEW

The runs are written straight into a fresh SQLite database: hourly slots of all sources, back from now, every hundredth failed. Each
question is asked three times inside one process, after one that is not counted; the best counts. The same is done with FEW runs: what a
page costs may depend on the number of sources, but not on what they have behind them. Beside them the whole command, from its start.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sqlalchemy import text

from crawlers.registry import Registry
from db.engine import Database, Transaction
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind
from pipeline.due import look
from veille.overview import overview
from veille.timeplan import future, past
from veille.watch import Watch

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
COMMANDS = ("status", "schedule next", "schedule history")
FEW = 2_000
SLOWER, SLACK = 2.0, 0.2
"""After a long history a question may take so many times as long as after a short one, and so many seconds more."""
TIMES = 3
BATCH = 20_000


def main() -> int:
    """Fill, measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=300_000)
    parser.add_argument("--sources", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="20,000 runs; exit code 1 if a question takes longer than after 2,000")
    given = parser.parse_args()
    runs = 20_000 if given.smoke else given.runs
    short, long = (measured(number, given.sources, COMMANDS if not given.smoke else ()) for number in (FEW, runs))
    if given.json:
        print(json.dumps({"runs": runs, "sources": given.sources, "seconds": long, "seconds_of_few": short}, indent=2))
    else:
        print(f"{'':24}{FEW:9} runs{runs:12} runs")
        for name, seconds in long.items():
            print(f"{name:24}{short[name] * 1000:11.1f} ms{seconds * 1000:14.1f} ms")
    slow = [name for name, seconds in long.items() if seconds > SLOWER * short[name] + SLACK and not name.startswith("veille ")]
    return 1 if given.smoke and slow else 0


def measured(runs: int, sources: int, commands: Sequence[str]) -> dict[str, float]:
    """Seconds a question after so many runs, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), runs, sources, commands)


def measure(folder: Path, runs: int, sources: int, commands: Sequence[str]) -> dict[str, float]:
    """Seconds a question, by its name."""
    papers = folder / "papers"
    papers.mkdir()
    for n in range(sources):
        rule = ('every = "1h"', 'cron = "0 * * * *"', "")[n % 3]
        (papers / f"paper{n:04}.toml").write_text(f'home = "https://paper{n}.example/"\ntime_zone = "UTC"\n[timetable]\n{rule}\n')
    registry = Registry([papers], bundled=False)
    url = f"sqlite:///{folder / 'veille.db'}"
    with Watch(Database.open(url), folder / "archive") as watch:
        database, listed = watch.database, list(registry.all())
        database.transact(lambda tx: SourceStore(tx).sync(registry.entries(), NOW))
        fill(database, runs, sources)
        asked: dict[str, Callable[[], object]] = {
            "status": lambda: overview(watch, now=NOW),
            "schedule next": lambda: future(database, listed, NOW, 20),
            "schedule history": lambda: past(database, None, 20),
            "history of one source": lambda: past(database, "paper0001", 20),
            "what is due": lambda: database.transact(lambda tx: look(tx, listed, NOW, NOW)),
            "last slots": lambda: database.transact(lambda tx: RunStore(tx).last_slots(RunKind.CRAWL)),
        }
        figures = {name: best(question) for name, question in asked.items()}
    words = [sys.executable, "-m", "veille", "--database", url, "--sources", str(papers), "--set", "bundled_sources=false"]
    for command in commands:
        figures[f"veille {command}"] = best(partial(subprocess.run, [*words, *command.split()], capture_output=True, check=True))
    return figures


def fill(database: Database, runs: int, sources: int) -> None:
    """Write runs of hourly slots, oldest first."""
    insert = text(
        "INSERT INTO runs (source_id, kind, slot, state, params, counts, note, requested_at, started_at, ended_at)"
        " VALUES (:source, 'crawl', :slot, :state, '{}', :counts, :note, :at, :at, :ended)"
    )
    hours = -(-runs // sources)

    def row(number: int) -> dict[str, object]:
        at = NOW.replace(minute=0) - timedelta(hours=hours - number // sources)
        failed = number % 100 == 0
        return {
            "source": number % sources + 1,
            "slot": at.strftime("%Y-%m-%dT%H:%M:%S"),
            "state": "failed" if failed else "done",
            "counts": '{"timeout": 3}' if failed else '{"fetched": 4, "new": 3, "same": 1, "lists_answered": 2}',
            "note": "no article: 3 timeout; it does not answer in time" if failed else None,
            "at": at.strftime("%Y-%m-%d %H:%M:%S.000000"),
            "ended": (at + timedelta(minutes=2)).strftime("%Y-%m-%d %H:%M:%S.000000"),
        }

    for start in range(0, runs, BATCH):
        rows = [row(number) for number in range(start, min(runs, start + BATCH))]
        database.transact(lambda tx, rows=rows: write(tx, insert, rows))


def write(tx: Transaction, insert: object, rows: list[dict[str, object]]) -> None:
    """One batch."""
    tx.execute(insert, rows)  # type: ignore[call-overload]


def best(question: Callable[[], object]) -> float:
    """Seconds of the quickest of TIMES answers, after one that is not counted."""
    question()
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        question()
        taken.append(time.perf_counter() - began)
    return min(taken)


if __name__ == "__main__":
    raise SystemExit(main())
