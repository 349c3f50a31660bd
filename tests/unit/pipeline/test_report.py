"""A run that brings nothing says why, in words a person can act on."""

from __future__ import annotations

import pytest

from db.vocabulary import FailureClass, PageReason
from pipeline.report import ADVICE, why_nothing


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
