"""The rules of sameness, on values alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.identity import text_digest, url_key
from db.same import Member, Version, alike, better_spelling, is_preferred, is_revision, is_suspect, original, plausible_claim, same_text

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PAGE = "https://bladi.example/accord,1.html"
LONG = " ".join(f"mot{i}" for i in range(80))


def version(text: str = LONG, url: str = PAGE, canonical: str | None = None, **metadata) -> Version:
    fields = {
        "title": "T",
        "standfirst": None,
        "authors": [],
        "published": None,
        "canonical_url": canonical,
        "text_digest": text_digest(text),
    }
    return Version(1, url_key(url), url, NOON, 1, text, fields | metadata)


@pytest.mark.parametrize(
    ("canonical", "claim"),
    [
        (None, None),
        ("", None),
        ("pas une adresse", None),
        (PAGE, None),
        ("http://www.bladi.example/accord,1.html?utm_source=x", None),
        ("https://bladi.example/", None),
        ("https://ailleurs.example/accord", None),
        ("https://bladi.example/autre", "http://bladi.example/autre"),
        ("https://www.bladi.example/autre/", "http://bladi.example/autre"),
        ("https://bladi.example/?q=" + "+" * 2_000, None),
    ],
)
def test_plausible_claims(canonical, claim) -> None:
    assert plausible_claim(PAGE, canonical) == claim
    assert version(canonical=canonical).claim == claim


def test_a_page_may_name_itself() -> None:
    assert version(canonical="http://bladi.example/accord,1.html/").names_itself
    assert not version(canonical="https://bladi.example/autre").names_itself
    assert not version().names_itself


def test_likeness() -> None:
    assert alike(version(), version(LONG.upper()))
    assert alike(version(), version(LONG + " et une fin ajoutée"))
    assert alike(version(), version(LONG[:200]))
    assert not alike(version(), version(" ".join(f"autre{i}" for i in range(80))))
    assert not alike(version(), version(""))
    assert not alike(version(), version(" ".join(reversed(LONG.split()))))
    assert alike(version("Court."), version("court"))


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_mutual(one, other) -> None:
    assert alike(version(one), version(other)) == alike(version(other), version(one))
    assert alike(version(one), version(one))


def test_the_same_text() -> None:
    assert same_text(version(title="A"), version(title="B"))
    assert not same_text(version("Court.", title="A"), version("Court.", title="B"))
    assert same_text(version("Court.", title="Été"), version("Court", title="ete"))
    assert not same_text(version(), version(LONG + " x"))


def test_who_speaks_for_an_article() -> None:
    nobody: frozenset[str] = frozenset()
    short, long = version(url="https://bladi.example/1"), version(url="https://bladi.example/beaucoup-plus-long")
    assert is_preferred(short, long, nobody)
    assert not is_preferred(long, short, nobody)
    own = version(url="https://bladi.example/beaucoup-plus-long", canonical="https://bladi.example/beaucoup-plus-long")
    assert is_preferred(own, short, nobody)
    assert not is_preferred(short, own, nobody)
    assert is_preferred(long, short, frozenset({short.page_key}))
    assert not is_preferred(version(LONG[:100], url="https://bladi.example/1"), long, nobody)
    assert is_preferred(long, version(LONG[:100], url="https://bladi.example/1"), nobody)


@given(st.lists(st.sampled_from(["/1", "/22", "/33", "/longue"]), min_size=2, max_size=2, unique=True), st.booleans())
def test_of_two_exactly_one_is_preferred(paths, own) -> None:
    urls = [f"https://bladi.example{path}" for path in paths]
    one, other = (version(url=url, canonical=url if own else None) for url in urls)
    assert is_preferred(one, other, frozenset()) != is_preferred(other, one, frozenset())


def test_suspects_and_revisions() -> None:
    assert is_suspect(version(LONG[:100]), version())
    assert not is_suspect(version(LONG[: len(LONG) // 2 + 1]), version())
    assert not is_suspect(version(""), version("court"))
    assert is_revision(version(LONG + " x"), version())
    assert is_revision(version(authors=["x"]), version())
    assert not is_revision(version(tags=["x"]), version())
    assert not is_revision(version(LONG.upper()), version())


@given(
    st.sampled_from(["http://a.example/x", "https://a.example/x", "https://www.a.example/x", "https://a.example/x?utm_id=1"]),
    st.sampled_from(["http://a.example/x/", "https://b.example/x"]),
)
def test_the_better_spelling_does_not_depend_on_order(one, other) -> None:
    assert better_spelling(one, other) == better_spelling(other, one) in {one, other}
    assert better_spelling("http://a.example/", "https://a.example/") == "https://a.example/"


def member(number: int, on: date | None = None, at: datetime | None = None, source: str = "s", key: str = "k") -> Member:
    return Member(number, None, on, at, source, key)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (member(2, date(2024, 5, 1)), member(1, date(2024, 5, 2))),
        (member(2, date(2024, 5, 1)), member(1)),
        (member(2, date(2024, 5, 1), NOON), member(1, date(2024, 5, 1))),
        (member(2, date(2024, 5, 1), NOON, "a"), member(1, date(2024, 5, 1), NOON, "b")),
        (member(2, key="a"), member(1, key="b")),
    ],
)
def test_the_original_is_the_first_published(first, second) -> None:
    assert original([first, second]) is first
    assert original([second, first]) is first
