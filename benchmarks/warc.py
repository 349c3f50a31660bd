"""How fast pages come out of a WARC file, beside the readers alone with pages in memory, and beside a loop of fastwarc and trafilatura.

    python benchmarks/warc.py --corpus DIR                    every page of a folder of *.html and *.html.gz
    python benchmarks/warc.py --corpus DIR --form warc.zst --postgres --json
    python benchmarks/warc.py --smoke                         120 pages of our own; exit code 1 if one is not stored

One file is packed, record by record. Then, in turn and after a warm-up each: `memory`, the reading workers with the file's pages in
memory, nothing stored; `veille`, the file read into a fresh database, articles, index and all; `peer`, as many processes as workers, each
with its share of the file, in a loop of fastwarc and `trafilatura.extract`, nothing stored.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from databases import Fresh, databases
from page_server import corpus_page, own_page
from usage import cpu_seconds

from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db.engine import Database
from db.query import ArticleQuery
from db.readings import PageToRead, ReadingHints
from db.vocabulary import Way
from pipeline import backfill
from pipeline.backfill import Wanted
from pipeline.reader_pool import ReaderPool
from pipeline.session import Session, SessionSpec
from pipeline.slices import open_next

HOST = "http://warc-benchmark.example"
SOURCE = f'home = "{HOST}/"\n[articles]\nallow = ["^/news/"]\n'
CAPTURED = datetime(2024, 5, 1, 12, tzinfo=UTC)
DAYS = date(1990, 1, 1), date(2100, 1, 1)
"""Every day, so that no page is passed over."""
WARM_UP = 8
"""Pages read before the clock is started."""
AHEAD = 34
"""Pages handed to the pool at once, as `pipeline.read_loop` does for two workers."""
LEAST = 0.9
"""What of the rate of the readers alone the whole way is to reach."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one contender did with all pages."""

    name: str
    pages: int
    seconds: float
    cpu_ms: float
    """A page, all processes."""

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds


class Bodies(Sequence[bytes]):
    """The pages: of a folder, or our own."""

    def __init__(self, corpus: Path | None, pages: int) -> None:
        files = sorted([*corpus.rglob("*.html"), *corpus.rglob("*.html.gz")]) if corpus else []
        self._pages = [corpus_page(files, n) if files else own_page(n) for n in range(pages or len(files) or 400)]

    def __getitem__(self, number: int) -> bytes:
        return self._pages[number]

    def __len__(self) -> int:
        return len(self._pages)


def address(number: int) -> str:
    return f"{HOST}/news/{number}-page-of-the-benchmark.html"


def pack(path: Path, bodies: Sequence[bytes], first: int = 0) -> None:
    """Write the file as crawlers do: a response record a page, each compressed by itself."""
    from fastwarc.stream_io import GzipWriter, ZstdWriter
    from fastwarc.warc import WarcRecord, WarcRecordType

    with path.open("wb") as file:
        packed = ZstdWriter(file) if path.suffix == ".zst" else GzipWriter(file, 6) if path.suffix == ".gz" else file
        for number, body in enumerate(bodies, first):
            record = WarcRecord()
            record.init_headers(WarcRecordType.response)
            record.headers["WARC-Target-URI"] = address(number)
            record.headers["WARC-Date"] = f"{CAPTURED:%Y-%m-%dT%H:%M:%SZ}"
            record.headers["Content-Type"] = "application/http; msgtype=response"
            record.set_bytes_content(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            record.write(packed, checksum_data=True)
            if packed is not file:
                packed.finish()


# ---------------------------------------------------------------- contenders


def measured(name: str, pages: int, work: Callable[[], None]) -> Figure:
    """Do the work and see what it takes."""
    before, started = cpu_seconds(os.getpid()), time.monotonic()
    work()
    seconds = time.monotonic() - started
    return Figure(name, pages, seconds, (cpu_seconds(os.getpid()) - before) * 1000 / pages)


def in_memory(bodies: Sequence[bytes], readers: int) -> Figure:
    pool = ReaderPool(readers, 30.0)
    hints = ReadingHints(source="benchmark", title="Benchmark", home=f"{HOST}/")

    def read(numbers: Iterator[int]) -> None:
        for number in islice(numbers, AHEAD):
            pool.submit(number, PageToRead(address(number), bodies[number], (), CAPTURED), hints)
        while pool.pending:
            for _ in pool.results(1.0):
                for number in islice(numbers, 1):
                    pool.submit(number, PageToRead(address(number), bodies[number], (), CAPTURED), hints)

    try:
        for _ in range(2):
            read(iter(range(min(WARM_UP, len(bodies)))))
        return measured("memory", len(bodies), lambda: read(iter(range(len(bodies)))))
    finally:
        pool.close()


def through_veille(file: Path, warm: Path, pages: int, readers: int, fresh: Fresh) -> tuple[Figure, int]:
    """Also returns the articles stored."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sources").mkdir()
        (folder / "sources" / "benchmark.toml").write_text(SOURCE)
        registry = Registry([folder / "sources"], bundled=False)
        engine = EngineSpec(fresh(folder), folder / "archive", (folder / "sources",), bundled_sources=False, log_file=folder / "log")
        database = Database.open(engine.database_url)
        try:
            spec = SessionSpec(engine, readers=readers)
            with Session(spec, database, registry) as session:
                _replay(session, database, registry, warm, spec)
                before = _stored(database)
                figure = measured("veille", pages, lambda: _replay(session, database, registry, file, spec))
            return figure, _stored(database) - before
        finally:
            database.close()


def _replay(session: Session, database: Database, registry: Registry, file: Path, spec: SessionSpec) -> None:
    wanted = Wanted("benchmark", *DAYS, (Way.WARC,), {Way.WARC: [str(file)], "copy": False})
    kept = backfill.request(spec, database, registry, wanted)
    while runs := database.transact(lambda tx: open_next(tx, kept.id, registry, session.clock())):
        for run in runs:
            session.add(run.id)
        while session.open_runs:
            session.turn()


def _stored(database: Database) -> int:
    with database.read() as tx:
        return ArticleQuery(tx).count()


def through_peer(file: Path, warm: Path, pages: int, readers: int) -> Figure:
    context = multiprocessing.get_context("spawn")
    with context.Pool(readers) as pool:
        pool.map(loop, [(warm, 0, 1)] * readers * 2, chunksize=1)
        return measured("peer", pages, lambda: print(end="" if sum(pool.map(loop, shares(file, readers), chunksize=1)) else "?"))


def shares(file: Path, parts: int) -> list[tuple[Path, int, int]]:
    return [(file, part, parts) for part in range(parts)]


def loop(share: tuple[Path, int, int]) -> int:
    """The peer: every `parts`-th record, extracted with its metadata; returns how many gave a text."""
    import trafilatura
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    logging.disable(logging.CRITICAL)
    file, part, parts = share
    found = 0
    for number, record in enumerate(ArchiveIterator(str(file), record_types=WarcRecordType.response, parse_http=True)):
        if number % parts == part:
            text = trafilatura.extract(
                record.reader.read(), url=record.headers["WARC-Target-URI"], output_format="json", with_metadata=True
            )
            found += text is not None
    return found


# ---------------------------------------------------------------- the whole


def main() -> int:
    chosen = _options()
    bodies = Bodies(chosen.corpus, 120 if chosen.smoke else chosen.pages)
    rounds: list[list[Figure]] = []
    stored = 0
    url = chosen.database
    with tempfile.TemporaryDirectory() as name, databases(url, postgres=chosen.postgres) as fresh:
        file, warm = Path(name) / f"pages.{chosen.form}", Path(name) / f"warm.{chosen.form}"
        pack(file, bodies)
        pack(warm, [own_page(10**6 + number) for number in range(WARM_UP)], 10**6)
        for _ in range(chosen.times):
            ours, stored = through_veille(file, warm, len(bodies), chosen.readers, fresh)
            rounds.append([in_memory(bodies, chosen.readers), ours, through_peer(file, warm, len(bodies), chosen.readers)])
        size = file.stat().st_size / 2**20
    ratios = {
        "veille to memory": [ours.rate / memory.rate for memory, ours, _ in rounds],
        "veille to memory, CPU": [ours.cpu_ms / memory.cpu_ms for memory, ours, _ in rounds],
        "veille to peer": [ours.rate / peer.rate for _, ours, peer in rounds],
    }
    if chosen.json:
        print(
            json.dumps({"rounds": [[asdict(each) | {"rate": each.rate} for each in turn] for turn in rounds], "ratios": ratios}, indent=2)
        )
    else:
        print(f"{len(bodies)} pages, {size:.1f} MiB {chosen.form}, {chosen.readers} readers; {stored} articles stored")
        print(f"{'':10} {'pages/s':>8} {'CPU ms/page':>12}")
        for each in (figure for turn in rounds for figure in turn):
            print(f"{each.name:10} {each.rate:8.1f} {each.cpu_ms:12.1f}")
        for words, values in ratios.items():
            print(f"{words}: {statistics.median(values):.2f} (" + ", ".join(f"{value:.2f}" for value in values) + ")")
    if chosen.smoke:
        return stored != len(bodies)
    return statistics.median(ratios["veille to memory"]) < LEAST


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a folder of *.html or *.html.gz pages instead of our own")
    parser.add_argument("--pages", type=int, default=0, help="how many; default: all of the folder, or 400")
    parser.add_argument("--form", choices=("warc.gz", "warc.zst", "warc"), default="warc.gz", help="how the file is compressed")
    parser.add_argument("--readers", type=int, default=2, help="reading workers, and processes of the peer")
    parser.add_argument("--times", type=int, default=1, help="rounds; ratios are given as medians")
    parser.add_argument("--database", default="sqlite", metavar="URL", help="a PostgreSQL server where databases may be made")
    parser.add_argument("--postgres", action="store_true", help="start a PostgreSQL server of its own")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--smoke", action="store_true", help="120 pages; exit code 1 unless each is stored")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
