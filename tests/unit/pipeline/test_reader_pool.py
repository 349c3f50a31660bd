"""Worker processes: what hangs, dies or is orphaned ends alone, and the other pages are read all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from db.readings import Article, PageToRead, ReadingHints, Rejected
from db.vocabulary import PageReason
from pipeline.reader_pool import ReaderPool

HINTS = ReadingHints(source="journal", title="Le Journal")
STRANGE_READER = """
import ctypes, os, re, time
from pathlib import Path
from db.readings import Rejected
from db.vocabulary import PageReason

def read(page, hints):
    kind = page.body.decode()
    if kind == "exit":
        os._exit(3)
    if kind == "segfault":
        ctypes.string_at(0)
    if kind == "sleep":
        time.sleep(600)
    if kind == "regex":
        re.match(r"(a+)+b", "a" * 60)
    if kind == "memory":
        raise MemoryError
    if kind.startswith("once:"):
        mark = Path(kind[5:])
        if not mark.exists():
            mark.touch()
            os._exit(4)
    return Rejected(page.url, PageReason.EMPTY, f"read by {os.getpid()}", 1)
"""


def article_page(n: int) -> PageToRead:
    body = f"<html><head><title>Le port {n} rouvre</title></head><body><article><h1>Le port {n} rouvre</h1>"
    body += "".join(
        f"<p>Le quai numéro {i} du port {n} accueille de nouveau les bateaux de pêche après des mois de travaux.</p>" for i in range(8)
    )
    return PageToRead(f"https://journal.example/2024/05/le-port-{n}-rouvre.html", (body + "</article></body></html>").encode())


def collect(pool: ReaderPool, seconds: float = 60) -> dict[object, Article | Rejected]:
    found: dict[object, Article | Rejected] = {}
    end = time.monotonic() + seconds
    while pool.pending and time.monotonic() < end:
        found.update(pool.results(1.0))
    return found


@pytest.fixture
def strange(tmp_path, monkeypatch):
    (tmp_path / "strange_reader.py").write_text(STRANGE_READER)
    monkeypatch.syspath_prepend(str(tmp_path))
    import strange_reader

    pools: list[ReaderPool] = []

    def make(workers: int = 1, page_timeout: float = 30.0, **more) -> ReaderPool:
        pools.append(ReaderPool(workers, page_timeout, read=strange_reader.read, **more))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
    sys.modules.pop("strange_reader")


def page(kind: str) -> PageToRead:
    return PageToRead(f"https://journal.example/{kind[:8]}", kind.encode())


def test_pages_are_read_by_two_workers_and_every_token_comes_back_once():
    pool = ReaderPool(2, 60)
    try:
        for n in range(12):
            pool.submit(n, article_page(n), HINTS)
        assert pool.pending == 12
        found = collect(pool)
        assert sorted(found) == list(range(12))
        assert all(isinstance(result, Article) and result.title == f"Le port {n} rouvre" for n, result in found.items())
        assert pool.pending == 0
        assert pool.results(0.01) == []
    finally:
        pool.close()


def test_torture_67_a_page_that_takes_too_long_is_too_complex_and_the_run_goes_on(strange):
    pool = strange(page_timeout=1.0)
    pool.submit("late", page("sleep"), HINTS)
    pool.submit("fine", page("plain"), HINTS)
    found = collect(pool)
    assert found["late"].reason is PageReason.TOO_COMPLEX
    assert "1 second" in found["late"].detail
    assert found["fine"].reason is PageReason.EMPTY


def test_torture_69_a_regex_that_never_ends_holds_the_interpreter_but_not_the_pool(strange):
    pool = strange(page_timeout=1.0)
    pool.submit("regex", page("regex"), HINTS)
    pool.submit("fine", page("plain"), HINTS)
    found = collect(pool)
    assert found["regex"].reason is PageReason.TOO_COMPLEX
    assert found["fine"].reason is PageReason.EMPTY


@pytest.mark.parametrize("kind", ["exit", "segfault"])
def test_torture_69_a_page_that_kills_its_worker_twice_is_crashed_and_kills_nobody_else(strange, kind):
    pool = strange()
    pool.submit("killer", page(kind), HINTS)
    for n in range(3):
        pool.submit(n, page("plain"), HINTS)
    found = collect(pool)
    assert found["killer"].reason is PageReason.CRASHED
    assert {found[n].reason for n in range(3)} == {PageReason.EMPTY}


def test_torture_69_a_page_whose_worker_died_by_chance_is_read_by_the_next(strange, tmp_path):
    pool = strange()
    pool.submit("unlucky", page(f"once:{tmp_path / 'mark'}"), HINTS)
    assert collect(pool)["unlucky"].detail.startswith("read by")


def test_torture_68_a_worker_without_memory_dies_alone(strange):
    pool = strange()
    pool.submit("hungry", page("memory"), HINTS)
    pool.submit("fine", page("plain"), HINTS)
    found = collect(pool)
    assert found["hungry"].reason is PageReason.CRASHED
    assert found["fine"].reason is PageReason.EMPTY


def test_a_worn_worker_is_replaced(strange):
    pool = strange(pages_a_worker=2)
    for n in range(5):
        pool.submit(n, page("plain"), HINTS)
    assert len({result.detail for result in collect(pool).values()}) == 3


def test_close_ends_busy_workers_and_may_be_called_twice(strange):
    pool = strange(workers=2, page_timeout=600)
    pool.submit("busy", page("plain"), HINTS)
    worker = int(collect(pool)["busy"].detail.split()[-1])
    pool.submit("asleep", page("sleep"), HINTS)
    pool.close()
    pool.close()
    assert not Path(f"/proc/{worker}").exists()
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit("more", page("plain"), HINTS)


def test_a_pool_that_is_dropped_without_being_closed_ends_by_itself():
    pool = ReaderPool(1, 20)
    thread = pool._thread
    del pool
    thread.join(20)
    assert not thread.is_alive(), "and without an exception: pytest makes one of a thread an error"


def test_workers_do_not_hear_an_interrupt(strange):
    pool = strange()
    pool.submit(1, page("plain"), HINTS)
    worker = int(collect(pool)[1].detail.split()[-1])
    os.kill(worker, signal.SIGINT)
    pool.submit(2, page("plain"), HINTS)
    assert collect(pool)[2].detail == f"read by {worker}"


@pytest.mark.parametrize("kind", ["plain", "regex"])
def test_workers_end_when_their_parent_is_killed(tmp_path, kind):
    """An idle worker sees its pipe end; one that hangs in C code is ended by the kernel's alarm."""
    (tmp_path / "strange_reader.py").write_text(STRANGE_READER)
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import strange_reader\n"
        "from db.readings import PageToRead, ReadingHints\n"
        "from pipeline.reader_pool import ReaderPool\n"
        "if __name__ == '__main__':\n"
        "    pool = ReaderPool(1, 2.0, read=strange_reader.read)\n"
        "    pool.submit(1, PageToRead('https://journal.example/', b'plain'), ReadingHints())\n"
        "    print(pool.results(60)[0][1].detail.split()[-1], flush=True)\n"
        f"    pool.submit(2, PageToRead('https://journal.example/', {kind.encode()!r}), ReadingHints())\n"
        "    time.sleep(0.3)\n"
        "    print('busy', flush=True)\n"
        "    time.sleep(600)\n"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, str(script)], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert parent.stdout.readline() == "busy\n"
        parent.kill()
    assert ends_within(worker, 20)


def ends_within(process: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not Path(f"/proc/{process}").exists() or "State:\tZ" in Path(f"/proc/{process}/status").read_text():
            return True
        time.sleep(0.05)
    return False
