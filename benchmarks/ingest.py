"""How fast, and with how much memory, N pages become searchable articles: veille beside a plain Scrapy project, in the same run.

    python benchmarks/ingest.py [--pages 400] [--corpus DIR] [--grow 2000] [--smoke]

Both fetch the same pages from the same loopback server, in turn. veille also archives every page and keeps a full-text index; the plain
project does neither. Prints articles a second, CPU a stored article (every process of the contender), and peak memory (the sum
of proportional set sizes, so that pages shared between processes count once). `--grow` repeats veille with more pages and prints
how its peak grew. `--smoke` only checks that both store every page.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from usage import PeakMemory

HERE = Path(__file__).parent
SOURCE = """
home = "http://127.0.0.1:{port}/"
title = "Benchmark"
time_zone = "UTC"

[discovery]
feeds = []
sitemaps = ["http://127.0.0.1:{port}/sitemap.xml"]
follow_links = false
max_pages = 1000000

[politeness]
delay = 0
concurrency = 16
"""


@dataclass(frozen=True)
class Figure:
    """What one contender needed."""

    name: str
    pages: int
    stored: int
    seconds: float
    cpu_ms: float
    """CPU milliseconds a stored article, all processes."""
    peak_mb: float

    @property
    def rate(self) -> float:
        """Articles a second."""
        return self.stored / self.seconds


def measure(name: str, pages: int, command: list[str], database: Path, folder: Path) -> Figure:
    """Run one contender to its end and count what it stored."""
    started = time.monotonic()
    with (folder / f"{name.split(maxsplit=1)[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        with PeakMemory(process.pid) as peak:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.monotonic() - started
    if process.returncode:
        sys.exit(f"{name} ended with {process.returncode}:\n" + (folder / f"{name.split(maxsplit=1)[0]}.log").read_text()[-3000:])
    with sqlite3.connect(database) as connection:
        stored = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    cpu = (usage.ru_utime + usage.ru_stime) * 1000 / max(stored, 1)
    return Figure(name, pages, stored, seconds, cpu, peak.megabytes)


def veille(pages: int, port: int, folder: Path) -> Figure:
    """Crawl the server with the installed command line."""
    sources = folder / f"sources-{pages}"
    sources.mkdir()
    (sources / "benchmark.toml").write_text(SOURCE.format(port=port))
    database = folder / f"veille-{pages}.db"
    command = [
        sys.executable, "-m", "veille", "--database", str(database), "--sources", str(sources),
        "crawl", "benchmark", "--set", "allow_networks=127.0.0.1",
    ]  # fmt: skip
    return measure(f"veille ({pages} pages)", pages, command, database, folder)


def plain(pages: int, port: int, folder: Path) -> Figure:
    """Crawl the server with the hand-written project."""
    database = folder / "plain.db"
    command = [sys.executable, str(HERE / "plain_scrapy.py"), f"http://127.0.0.1:{port}/sitemap.xml", str(database)]
    return measure("plain Scrapy project", pages, command, database, folder)


def serve(pages: int, corpus: Path | None) -> tuple[subprocess.Popen[str], int]:
    """Start the page server; return it and its port."""
    command = [sys.executable, str(HERE / "page_server.py"), "--pages", str(pages)]
    server = subprocess.Popen(
        [*command, *(["--corpus", str(corpus)] if corpus else [])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    return server, int(server.stdout.readline())


def show(figures: list[Figure]) -> None:
    """Print the table."""
    print(f"{'':28} {'stored':>8} {'seconds':>8} {'articles/s':>11} {'CPU ms/article':>15} {'peak MB':>8}")
    for each in figures:
        print(f"{each.name:28} {each.stored:8} {each.seconds:8.1f} {each.rate:11.1f} {each.cpu_ms:15.1f} {each.peak_mb:8.0f}")


def main() -> None:
    """Run the contenders and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=400, help="pages served (default 400)")
    parser.add_argument("--corpus", type=Path, help="a folder of *.html or *.html.gz pages instead of our own")
    parser.add_argument("--grow", type=int, default=0, metavar="N", help="run veille again with N pages and compare its peak memory")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--smoke", action="store_true", help="fail unless both contenders store every page of ours")
    chosen = parser.parse_args()
    figures = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for pages, contenders in [(chosen.pages, (plain, veille)), *([(chosen.grow, (veille,))] if chosen.grow else [])]:
            server, port = serve(pages, chosen.corpus)
            try:
                figures += [contender(pages, port, folder) for contender in contenders]
            finally:
                server.communicate("")
    peer, ours = figures[:2]
    if chosen.json:
        print(json.dumps([asdict(each) | {"rate": each.rate} for each in figures], indent=2))
    else:
        show(figures)
        print(f"articles/s: {ours.rate / peer.rate:.2f} x the plain project; CPU an article: {ours.cpu_ms / peer.cpu_ms:.2f} x")
        if chosen.grow:
            print(f"peak memory at {chosen.grow} pages: {figures[2].peak_mb / ours.peak_mb:.2f} x that at {chosen.pages}")
    if chosen.smoke and not (peer.stored == ours.stored == chosen.pages):
        sys.exit(f"stored {peer.stored} and {ours.stored} of {chosen.pages} pages")


if __name__ == "__main__":
    main()
