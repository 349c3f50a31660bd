"""`veille tidy`: the chores by hand; and what `veille doctor` finds of them, of the schedule, and of what kills leave."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update

from db.archive import ArchiveWriter
from db.chores import ChoreStore
from db.engine import Database
from db.models import pages, services, sources
from db.records import ArchiveEntry
from db.runs import RunStore
from db.vocabulary import RunKind, RunState

NOW = datetime(2026, 2, 15, 8, tzinfo=UTC)


def test_what_there_is_to_do_is_said_and_nothing_done(veille, press):
    found = veille("tidy", *press.flags, "--set", "keep_pages=read", "--dry-run", "--json")
    assert found.code == 0
    assert (found.json["pages"], found.json["archive_files"], found.json["done"]) == (0, 0, {})
    assert "keep_pages = read" in veille("tidy", *press.flags, "--set", "keep_pages=read", "--dry-run").out


def test_the_chores_are_done_and_told(veille, press):
    done = veille("tidy", *press.flags, "--json")
    assert done.code == 0
    assert [(step["chore"], step["finished"]) for step in done.json] == [("pages", True), ("archive", True), ("database", True)]
    assert "every page is kept" in veille("tidy", *press.flags, "pages").out
    said = veille("tidy", *press.flags, "verify").out
    assert "5 of 5 pages read in this round, 0 not as they were kept" in said
    assert "verify" in veille("tidy", *press.flags, "--dry-run").out


def test_no_such_chore_or_retention(veille, press):
    outcome = veille("tidy", *press.flags, "dust")
    assert outcome.code == 2
    assert "there are pages, archive, database, verify, learn" in outcome.err
    outcome = veille("tidy", *press.flags, "--set", "keep_pages=some")
    assert outcome.code == 2
    assert "keep_pages" in outcome.err


# ---------------------------------------------------------------- doctor


def orphan(press) -> None:
    """A file with a record that has no row, as a kill leaves it hours ago."""
    writer = ArchiveWriter(press.archive)
    writer.append([ArchiveEntry("https://www.lerivage.test/lost", NOW, 200, (), b"lost")])
    writer.close()
    for path in press.archive.glob("*"):
        os.utime(path, (time.time() - 7_200,) * 2)


def test_the_doctor_reclaims_what_kills_left(veille, press):
    orphan(press)
    assert "1 records without a row" in veille("doctor", *press.flags).out
    repaired = veille("doctor", *press.flags, "--repair")
    assert repaired.code == 0
    assert "rewritten without what has no row" in repaired.err
    assert "every record has its row" in repaired.out
    assert len(list(press.archive.glob("*.zst"))) == 1


def test_a_torn_file_is_named_and_mended(veille, press):
    (path,) = press.archive.glob("*.zst")
    path.chmod(0o644)
    with path.open("ab") as file:
        file.write(b"\x28\xb5\x2f\xfdhalf a record")
    assert "left open by a writer that was killed" in veille("doctor", *press.flags).out
    assert "half a record at its end is cut" in veille("doctor", *press.flags, "--repair").err
    assert "left open" not in veille("doctor", *press.flags).out


def test_an_altered_body_is_found_by_its_digest(veille, press):
    database = Database.open(press.url)
    database.transact(lambda tx: tx.execute(update(pages).where(pages.c.id == 1).values(body_digest="0" * 64)))
    database.close()
    outcome = veille("doctor", *press.flags, "--full")
    assert outcome.code == 1
    assert "is not the one that was kept" in outcome.out
    assert "1 not as they were kept" in veille("tidy", *press.flags, "verify").out
    assert "PROBLEM  upkeep" in veille("doctor", *press.flags).out


def test_the_doctor_looks_at_service_and_schedule(veille, press):
    said = veille("doctor", *press.flags).out
    assert "no service has run" in said
    assert "crawl of almina, begun 2026-02-15 08:00 UTC, is worked on by nobody" in said
    database = Database.open(press.url)

    def work(tx) -> None:
        row = {"name": "timetable", "seen_at": NOW, "said": {}, "lease_owner": "elsewhere/1:7:1:1", "lease_until": NOW}
        tx.execute(insert(services).values(row))
        tx.execute(update(sources).where(sources.c.name == "almina").values(due_at=NOW - timedelta(days=2)))

    database.transact(work)
    database.close()
    at_work = veille("doctor", *press.flags, "--set", f"clock={NOW.isoformat()}")
    assert at_work.code == 1
    assert "the service is at work (process 7 on elsewhere)" in at_work.out
    assert "almina was due at 2026-02-13 08:00 UTC" in at_work.out
    silent = veille("doctor", *press.flags)
    assert "did not end in order" in silent.out
    assert "1 sources are past their time" in silent.out


def test_the_doctor_says_what_reading_again_would_serve(veille, press):
    database = Database.open(press.url)
    database.transact(lambda tx: tx.execute(update(pages).where(pages.c.state == "read").values(reading_version=0)))
    database.close()
    outcome = veille("doctor", *press.flags)
    assert outcome.code == 0
    assert "almina 2, lerivage 2; `veille reprocess --dry-run`" in outcome.out


def test_the_status_says_where_reading_again_would_serve(veille, press):
    database = Database.open(press.url)
    database.transact(lambda tx: ChoreStore(tx).put("learn", NOW, {"better": {"lerivage": 2, "almina": 0}}))
    assert "lerivage: 2 kept pages were read before" in veille("status", *press.flags).out
    assert veille("status", *press.flags, "--json").json["to_read_again"] == {"lerivage": 2}

    def work(tx) -> None:
        run, _ = RunStore(tx).request("lerivage", RunKind.REPROCESS, now=NOW)
        held = RunStore(tx).lease(run.id, "me", NOW, NOW + timedelta(hours=1))
        RunStore(tx).finish(held, RunState.DONE, {}, None, NOW + timedelta(minutes=1))

    database.transact(work)
    database.close()
    assert veille("status", *press.flags, "--json").json["to_read_again"] == {}
