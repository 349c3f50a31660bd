"""`veille demo`: the whole program on its own newspapers, as a stranger starts it; what it finds is counted in `test_wheel.py`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def veille(tmp_path: Path, command_in):
    return command_in(tmp_path)


def test_the_demonstration_as_a_person_sees_it_can_be_looked_at_afterwards(veille):
    told = veille.run("demo", "--keep", "try-it")
    for number in ("1. The timetable", "2. 10 days later", "3. A backfill", "4. Questions"):
        assert number in told
    assert "not modified" in told
    kept = veille.folder / "try-it"
    found = json.loads(veille.run("--database", str(kept / "veille.db"), "search", "مدرسة", "--lang", "ar", "--json"))
    assert found
    assert (kept / "archive").is_dir()


def test_a_folder_that_holds_something_is_not_written_over(veille):
    kept = veille.folder / "kept"
    kept.mkdir()
    (kept / "veille.db").write_text("mine")
    veille.run("demo", "--keep", "kept", code=2)
    assert [path.name for path in kept.iterdir()] == ["veille.db"]
    assert (kept / "veille.db").read_text() == "mine"


def test_a_database_that_was_crawled_into_is_not_mixed_with_the_demonstration(veille):
    """Nothing would be due in it a second time, and nobody wants invented papers among real ones."""
    (veille.folder / "one.toml").write_text('home = "http://one.invalid/"')
    veille.run("--database", "mine.db", "init")
    veille.run("--database", "mine.db", "--sources", ".", "crawl", "one", "--for", "1s")
    process = veille.start("demo", "--database", "mine.db")
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "needs an empty database" in err) == (2, True)
