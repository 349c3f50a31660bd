"""`tests/torture.md` and the tests agree: every case listed has a test named for its number, and no number is tested that is not listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
LIST = (TESTS / "torture.md").read_text(encoding="utf-8")
LISTED = [int(number) for number in re.findall(r"^- \*\*(\d+)\*\*", LIST, re.MULTILINE)]
TESTED = {
    int(number)
    for path in TESTS.rglob("test_*.py")
    for numbers in re.findall(r"^ *def test_torture_((?:\d+_)+(?:and_\d+_|to_\d+_)*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    for number in re.findall(r"\d+", numbers)
}


def test_each_case_is_listed_once_in_order():
    assert sorted(set(LISTED)) == LISTED
    assert len(LISTED) > 60


@pytest.mark.parametrize("number", LISTED)
def test_a_case_that_is_listed_has_a_test(number: int):
    assert number in TESTED


def test_a_case_that_is_tested_is_listed():
    assert TESTED - set(LISTED) == set()


@pytest.mark.parametrize("number", [*range(1, 82), *range(86, 91), 94, 95])
def test_network_pages_storage_and_signals_are_covered(number: int):
    assert number in LISTED


def test_every_case_is_a_sentence_of_its_own():
    lines = [line for line in LIST.splitlines() if line.startswith("- **")]
    assert all(" → " in line and line.endswith(".") for line in lines), "what happens → what is right"
