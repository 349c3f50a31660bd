"""Where in a numbered section a range begins: leapt to, never past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.discovery.scope import Scope
from crawlers.discovery.seek import Seek, after_old_enough, after_too_new, is_too_new, number_in, with_number

YEAR = Scope(date(2014, 1, 1), date(2015, 1, 1))
NEW, IN, OLD = date(2020, 5, 1), date(2014, 5, 1), date(2010, 5, 1)


@pytest.mark.parametrize(
    ("days", "scope", "expected"),
    [
        ([NEW, NEW, NEW], YEAR, True),
        ([NEW, NEW, IN], YEAR, False),
        ([OLD, NEW, NEW], YEAR, False),
        ([NEW, NEW], YEAR, False),
        ([date(2015, 1, 1)] * 3, YEAR, True),
        ([NEW, NEW, NEW], Scope(date(2014, 1, 1), None), False),
    ],
    ids=["all newer", "the range begins here", "an old one is pinned", "too few to be believed", "the first day after", "no end"],
)
def test_a_page_that_lies_wholly_after_the_range(days, scope, expected):
    assert is_too_new(days, scope) is expected


@pytest.mark.parametrize(
    ("url", "number", "other"),
    [
        ("https://a.test/section/page/2/", 2, "https://a.test/section/page/70/"),
        ("https://a.test/section?page=2", 2, "https://a.test/section?page=70"),
        ("https://a.test/spip.php?rubrique3&debut_articles=20#x", 20, "https://a.test/spip.php?rubrique3&debut_articles=70#x"),
        ("https://a.test/2014/page-3.html", 3, "https://a.test/2014/page-70.html"),
    ],
)
def test_the_number_of_a_page(url, number, other):
    assert number_in(url)[0] == number
    assert with_number(url, 70) == other


def test_an_address_without_a_number():
    assert number_in("https://a.test/2014/section/") is None
    with pytest.raises(ValueError, match="no page number"):
        with_number("https://a.test/section/", 2)


def walk(pages: list[bool], step: int) -> tuple[list[int], int]:
    """Seek through pages that are too new or not, beyond the last of which there is nothing; the numbers asked for, the first walked."""
    asked: list[int] = []
    at, known = 0, Seek(0, 0, step)
    following = after_too_new(known, at) if pages[0] else None
    first = 0
    while following is not None:
        at, known = following
        assert at not in asked, "no page is asked for twice"
        asked.append(at)
        index = at // step
        if index < len(pages) and pages[index]:
            at, known = after_too_new(known, at) if known.high == 0 or known.high - at > known.step else (0, known)
            if at == 0:
                break
            following = at, known
        else:
            first = at
            following = after_old_enough(known, at)
    return asked, first


@given(st.integers(1, 3000), st.integers(1, 40), st.sampled_from([1, 10, 20]))
def test_the_first_page_of_the_range_is_found_in_few_requests(newer, others, step):
    asked, first = walk([True] * newer + [False] * others, step)
    assert first == newer * step
    assert len(asked) <= 2 * newer.bit_length() + 3


def test_days_are_only_compared():
    assert not is_too_new([date(2015, 1, 1) - timedelta(days=1)] * 5, YEAR)
