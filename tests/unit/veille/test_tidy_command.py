"""`veille tidy`: the chores by hand, what there is to do, and what is no chore."""

from __future__ import annotations


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
