"""Article numbers that count up with the days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.discovery.numbers import Numbers, find_numbers, number_of
from crawlers.discovery.scope import Scope

START = date(2010, 1, 1)


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://a.test/slug-3099.html", 3099),
        ("https://a.test/le-titre,12.html", 12),
        ("https://a.test/?p=123", 123),
        ("https://a.test/2014/08/slug", None),
        ("https://a.test/articulo/slug/20150609060900000007.html", None),
        ("https://a.test/spip.php?article77", 77),
    ],
)
def test_the_number_of_an_article(url, number):
    assert number_of(url) == number


def paper(days: list[date]) -> dict[str, date]:
    """Articles numbered from 100 on, in the order of these days."""
    return {f"https://a.test/x-{100 + k}.html": day for k, day in enumerate(days)}


def look(articles):
    asked = []

    def days_of(urls):
        asked.extend(urls)
        return {url: articles[url] for url in urls}

    return asked, days_of


@given(st.lists(st.integers(0, 9), min_size=60, max_size=600), st.integers(0, 3000), st.integers(1, 800))
def test_every_article_of_the_range_has_one_of_the_numbers(gaps, first, length):
    days, day = [], START
    for gap in gaps:
        day += timedelta(days=gap)
        days.append(day)
    articles = paper(days)
    scope = Scope(START + timedelta(days=first), START + timedelta(days=first + length))
    asked, days_of = look(articles)
    numbers = find_numbers(articles, scope, days_of)
    wanted = [url for url, day in articles.items() if scope.holds(day)]
    assert len(asked) == len(set(asked)), "nothing is looked at twice"
    assert all(numbers is not None and numbers.holds(url) for url in wanted)


def test_few_are_looked_at_and_few_taken_besides():
    articles = paper([START + timedelta(days=k) for k in range(4000)])
    asked, days_of = look(articles)
    numbers = find_numbers(articles, Scope(date(2014, 1, 1), date(2015, 1, 1)), days_of)
    assert len(asked) <= 40
    taken = sum(numbers.holds(url) for url in articles)
    assert 365 <= taken <= 365 + 2 * 45


def test_numbers_without_order_are_not_believed():
    days = [START + timedelta(days=(k * 7919) % 4000) for k in range(400)]
    articles = paper(days)
    assert find_numbers(articles, Scope(date(2014, 1, 1), date(2015, 1, 1)), look(articles)[1]) is None


@pytest.mark.parametrize("urls", [["https://a.test/x-1.html"], [f"https://a.test/{'x' * k}/titre" for k in range(60)]])
def test_too_few_or_no_numbers(urls):
    assert find_numbers(urls, Scope(date(2014, 1, 1), date(2015, 1, 1)), lambda _: {}) is None


def test_pages_that_do_not_tell_their_day():
    articles = paper([START + timedelta(days=k) for k in range(400)])
    assert find_numbers(articles, Scope(date(2010, 3, 1), date(2010, 4, 1)), dict.fromkeys) is None


def test_an_address_without_a_number_is_kept():
    assert Numbers(5, 9).holds("https://a.test/titre")
    assert not Numbers(500, 900).holds("https://a.test/titre-44.html")


def test_the_ends_of_the_range_are_found_closely():
    articles = paper([START + timedelta(days=365 * k // 240) for k in range(240 * 16)])
    scope = Scope(date(2014, 1, 1), date(2015, 1, 1))
    asked, days_of = look(articles)
    numbers = find_numbers(articles, scope, days_of)
    wanted = [url for url, day in articles.items() if scope.holds(day)]
    assert numbers is not None
    held = [url for url in articles if numbers.holds(url)]
    assert (len(held), len({*held, *asked})) <= (len(wanted) + 8, len(wanted) * 1.1)
    assert {*wanted} <= {*held}
