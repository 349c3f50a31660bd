"""A run that brings nothing says why, in words a person can act on."""

from __future__ import annotations

import pytest

from db.vocabulary import FailureClass, PageReason
from pipeline.advice import ADVICE, OF_ARCHIVE
from pipeline.report import why_nothing


def test_a_run_that_brought_an_article_needs_no_excuse():
    assert why_nothing({"fetched": 9, "new": 1, "blocked": 8}) is None


@pytest.mark.parametrize("word", sorted(ADVICE))
def test_every_piece_of_advice_is_given_when_its_reason_is_the_commonest(word: str):
    assert ADVICE[word] in str(why_nothing({"fetched": 3, word: 3, "other": 1}))


def test_all_troubles_are_counted_the_commonest_first():
    note = why_nothing({FailureClass.DNS: 1, FailureClass.TIMEOUT: 4, PageReason.LISTING: 2})
    assert note is not None
    assert note.startswith("no article: 4 timeout, 2 listing, 1 dns; it does not answer in time")


def test_nothing_new_is_told_from_nothing_found():
    assert "not changed" in str(why_nothing({}))
    assert "known already" in str(why_nothing({"fetched": 2, "parsed": 2}))
    assert "wait for the next run" in str(why_nothing({"fetched": 2, "parsed": 2, "left": 7}))


@pytest.mark.parametrize("word", sorted(OF_ARCHIVE))
def test_where_a_web_archive_was_asked_the_advice_names_it(word: str):
    note = str(why_nothing({word: 3}, archive="https://archive.test/press"))
    assert note == f"no article: 3 {word}; {OF_ARCHIVE[word].format('the web archive https://archive.test/press')}"
    assert "`home`" not in note


def test_what_captured_pages_hold_is_no_matter_of_the_archive():
    assert ADVICE[PageReason.PAYWALL] in str(why_nothing({"fetched": 3, PageReason.PAYWALL: 3}, archive="https://archive.test/press"))
