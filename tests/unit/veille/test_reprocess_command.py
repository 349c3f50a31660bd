"""`veille reprocess`: says first what would change, asks or needs --yes, and refuses what is no condition."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from db.engine import Database
from db.models import pages


@pytest.fixture
def older(press):
    """The filled database, read by an older reader."""
    database = Database.open(press.url)
    database.transact(lambda tx: tx.execute(update(pages).where(pages.c.reading_version.is_not(None)).values(reading_version=0)))
    database.close()
    return press


def test_nothing_to_read_again_is_said(veille, press):
    outcome = veille("reprocess", *press.flags)
    assert outcome.code == 0
    assert (
        outcome.out
        == "no kept page is to be read again; after a change of a source file, --where 'reading_version >= 0' takes all of them\n"
    )
    outcome = veille("reprocess", *press.flags, "--where", "reading_version > 90")
    assert (outcome.code, outcome.out) == (0, "no kept page is to be read again\n")


def test_one_page_is_not_many(veille, older):
    database = Database.open(older.url)
    with database.read() as tx:
        newest = tx.scalar(select(func.max(pages.c.id)).where(pages.c.reading_version.is_not(None)))
    database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id != newest).values(reading_version=10**6)))
    database.close()
    assert veille("reprocess", *older.flags, "--dry-run", "--sample", "0").out == "1 kept page of 1 source would be read again\n"


def test_ctrl_c_says_how_it_goes_on(veille, older, monkeypatch):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.reprocess.reprocess", interrupted)
    outcome = veille("reprocess", *older.flags, "--yes", "--sample", "0")
    assert outcome.code == 130
    assert "what was read so far is stored; the same command goes on where it was" in outcome.err


def test_the_dry_run_shows_what_would_change_and_stores_nothing(veille, older):
    outcome = veille("reprocess", *older.flags, "--dry-run")
    assert outcome.code == 0
    assert "4 kept pages of 2 sources would be read again; of 4 that were looked at:" in outcome.out
    found = veille("reprocess", *older.flags, "--dry-run", "--json", "--sample", "2").json
    assert found["chosen"] == {"almina": 2, "lerivage": 2}
    assert found["sample"]["pages"] == 2
    assert "reprocess" not in {run["kind"] for run in veille("status", *older.flags, "--json").json["open_runs"]}


def test_a_sample_of_none_looks_at_nothing(veille, older, monkeypatch):
    monkeypatch.setattr("pipeline.reprocess.ReaderPool", lambda *_: pytest.fail("a page would be read"))
    outcome = veille("reprocess", *older.flags, "--dry-run", "--sample", "0")
    assert (outcome.code, outcome.out) == (0, "4 kept pages of 2 sources would be read again\n")
    assert veille("reprocess", *older.flags, "--dry-run", "--sample", "0", "--json").json["sample"]["pages"] == 0


def test_without_a_person_it_needs_yes_and_says_so_before_it_reads_anything(veille, older, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.reprocess.ReaderPool", lambda *_: pytest.fail("a page would be read"))
        outcome = veille("reprocess", *older.flags, "lerivage")
    assert (outcome.code, outcome.out) == (2, "")
    assert "2 kept pages of 1 source would be read again, but nobody can be asked here: --yes goes on without asking" in outcome.err
    done = veille("reprocess", *older.flags, "lerivage", "--yes", "--sample", "1", "--json")
    assert done.code == 0
    assert [(run["source"], run["state"], run["counts"]["chosen"]) for run in done.json["runs"]] == [("lerivage", "done", 2)]
    assert veille("reprocess", *older.flags, "lerivage", "--yes").out.startswith("no kept page is to be read again")
    assert veille("reprocess", *older.flags, "--dry-run", "--json").json["chosen"] == {"almina": 2}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--where", "1 = 1"], "no field that pages are chosen by"),
        (["--since", "2020", "--until", "2020"], "is not before"),
        (["nobody"], "nobody"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(veille, press, arguments, said):
    outcome = veille("reprocess", *press.flags, *arguments)
    assert outcome.code == 2
    assert said in outcome.err
