"""How WARC files are cut into slices, and which run goes through one; files behind an address are fetched once, and resumed."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawlers import warc_spool
from crawlers.registry import Registry
from crawlers.source import Source
from crawlers.spec import EngineSpec
from crawlers.warc_scan import PAGES, ScanTask, Told, scan
from crawlers.warc_spool import size_of, spool_path, spooled
from db.errors import ArchiveError, Unavailable
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import RunKind, Way
from pipeline.slices import open_next
from pipeline.warc_replay import plan_warc

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SINCE, UNTIL = date(2024, 1, 1), date(2025, 1, 1)
PAGE = b"<html><body><article><p>Le conseil.</p></article></body></html>"


@pytest.fixture
def file(warc, tmp_path):
    return warc.pack(tmp_path / "a b.warc.gz", [warc.record(f"http://paper.test/article/{n}", PAGE) for n in range(50)])


@pytest.fixture
def spec(tmp_path):
    return EngineSpec(archive=tmp_path / "archive", allow_networks=("127.0.0.1",), timeout=5)


def test_slices_adjoin_and_cover_the_file(file, spec):
    size = file.stat().st_size
    plans = plan_warc([str(file), str(file)], SINCE, UNTIL, spec, copy=True, slice_bytes=size // 4)
    assert [(plan.way, plan.since, plan.until) for plan in plans] == [(Way.WARC, SINCE, UNTIL)] * 4
    edges = [(plan.params["start"], plan.params["end"]) for plan in plans]
    assert edges[0][0] == 0
    assert edges[-1][1] == size
    assert all(one[1] == two[0] for one, two in itertools.pairwise(edges))
    assert {plan.params["file"] for plan in plans} == {str(file)}
    assert plans[1].label == "a b.warc.gz 0–0 MiB"
    [whole] = plan_warc([str(file)], None, None, spec)
    assert whole.label == "a b.warc.gz"
    assert whole.params == {"way": "warc", "starts": [], "file": str(file), "copy": False, "start": 0, "end": size}


def test_each_slice_has_a_run_that_knows_file_range_and_days(database, file, spec):
    registry = Registry.of([Source.from_home("http://paper.test/", "paper")])
    plans = plan_warc([str(file)], SINCE, UNTIL, spec, slice_bytes=file.stat().st_size // 2)

    def work(tx):
        SourceStore(tx).sync(registry.entries(), NOW)
        kept = BackfillStore(tx).open("paper", SINCE, UNTIL, [Way.WARC], params={}, plans=plans, now=NOW)
        return open_next(tx, kept.id, registry, NOW)

    runs = database.transact(work)
    assert [run.kind for run in runs] == [RunKind.REPLAY] * 2
    days = {"since": "2024-01-01", "until": "2025-01-01"}
    assert [{word: value for word, value in run.params.items() if word != "slice"} for run in runs] == [
        {**days, **plan.params} for plan in plans
    ]


def test_what_is_found_is_told_as_it_was_meant(file, spec):
    source = Source.from_home("http://paper.test/", "paper")
    told = list(scan(ScanTask(source, str(file), 0, None, SINCE, UNTIL, spec)))
    assert [Told.from_line(each.to_line()) for each in told] == told
    assert [each.over for each in told] == [False] * (len(told) - 1) + [True]
    captures = [capture for each in told for capture in each.captures]
    assert sum(each.counts.get("records", 0) for each in told) == len(captures) == 50
    assert max(len(each.captures) for each in told) <= PAGES
    assert all(each.offset > capture.offset for each in told for capture in each.captures)
    [rest] = scan(ScanTask(source, str(file), told[-2].offset, None, date(2030, 1, 1), None, spec))
    assert rest.counts.get("records", 0) == told[-1].counts.get("records", 0)


# ---------------------------------------------------------------- behind an address


class Store:
    """Serves one file; cuts connections, forgets ranges, answers with a status or leads elsewhere as it is told."""

    def __init__(self, content: bytes) -> None:
        self.content, self.cuts, self.ranges, self.status, self.target = content, 0, True, 200, ""
        self.asked: list[str] = []
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                store.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/news/some.warc.gz?key=1"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers["Range"] or "bytes=0-"
        self.asked.append(wanted)
        self.cuts -= 1
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if self.ranges else 0
        if self.target or self.status != 200:
            handler.send_response(302 if self.target else self.status)
            handler.send_header("Location", self.target)
            handler.end_headers()
            return
        body = self.content[start:]
        handler.send_response(206 if self.ranges else 200)
        handler.send_header("Content-Length", str(len(body)))
        if self.ranges:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        handler.end_headers()
        handler.wfile.write(body if self.cuts < 0 else body[: len(body) // 2])


@pytest.fixture
def store(file, monkeypatch):
    monkeypatch.setattr(warc_spool, "PAUSE", 0)
    made = Store(file.read_bytes() * 20)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_fetch_goes_on_where_it_broke_off(store, spec, ranges):
    store.ranges = ranges
    assert size_of(store.url, spec) == len(store.content)
    store.asked.clear()
    store.cuts = 2
    seen = []
    path = spooled(store.url, spec, lambda got, of: seen.append((got, of)))
    assert path == spool_path(store.url, spec.archive)
    assert path.read_bytes() == store.content
    assert path.name.endswith("-some.warc.gz")
    assert seen[-1] == (len(store.content), len(store.content))
    half = len(store.content) // 2
    assert store.asked[:2] == ["bytes=0-", f"bytes={half}-"]
    assert len(store.asked) == 3
    assert spooled(store.url, spec) == path
    assert len(store.asked) == 3  # it is there
    assert list(path.parent.iterdir()) == [path]
    [plan] = plan_warc([store.url], None, None, spec)
    assert (plan.params["file"], plan.label) == (store.url, "some.warc.gz?key=1")


def test_a_server_that_does_not_give_the_file_is_told_of(store, spec, monkeypatch):
    store.status = 404
    with pytest.raises(ArchiveError, match="its server answers 404"):
        spooled(store.url, spec)
    store.status = 503
    monkeypatch.setattr(warc_spool, "TRIES", 2)
    with pytest.raises(Unavailable, match=r"its server answers 503.*what has come is kept"):
        spooled(store.url, spec)
    assert len(store.asked) == 3


@pytest.mark.parametrize("target", ["http://localhost:{port}/", "http://[::1]:{port}/", "http://0.0.0.0:{port}/", "file:///etc/passwd"])
def test_private_addresses_are_refused_also_behind_a_redirect(store, spec, target):
    store.target = target.format(port=store.server.server_address[1])
    private = EngineSpec(archive=spec.archive, timeout=5)
    with pytest.raises(ArchiveError, match="which is loopback"):
        spooled(store.url, private)
    assert store.asked == []
    narrow = EngineSpec(archive=spec.archive, timeout=5, resolve={"files.test": store.url.split("/")[2]})
    with pytest.raises(ArchiveError, match=r"which is|only http and https"):
        spooled("http://files.test/some.warc.gz", narrow)
    assert len(store.asked) == 1
