"""noindex in headers and metas: for everybody, for us by name, or for others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.robots_tag import is_noindex


@pytest.mark.parametrize(
    ("value", "noindex"),
    [
        ("noindex", True),
        ("noarchive, NOINDEX", True),
        ("none", True),
        ("veille: noindex", True),
        ("otherbot: noindex", False),
        ("nofollow, noarchive", False),
        ("max-snippet:-1, noindex", True),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST", False),
        ("", False),
    ],
)
def test_torture_37_what_a_header_says(value: str, noindex: bool):
    assert is_noindex([("Content-Type", "text/html"), ("X-Robots-Tag", value)], b"") is noindex


@pytest.mark.parametrize(
    ("head", "noindex"),
    [
        (b'<meta name="robots" content="noindex">', True),
        (b"<META content='NOARCHIVE, NoIndex' NAME='Robots'/>", True),
        (b"<meta name=veille content=none>", True),
        (b'<meta name="googlebot" content="noindex">', False),
        (b'<meta name="robots" content="index, follow, max-image-preview:large">', False),
        (b'<meta name="description" content="noindex">', False),
        (b"<meta name=robots>", False),
    ],
)
def test_torture_37_what_a_meta_says(head: bytes, noindex: bool):
    assert is_noindex([], b"<html><head>" + head + b"</head>") is noindex


def test_what_stands_far_down_the_page_is_not_its_head():
    assert not is_noindex([], b" " * (1 << 16) + b'<meta name="robots" content="noindex">')


@given(st.text(max_size=80), st.binary(max_size=200))
def test_nothing_raises(value: str, body: bytes):
    is_noindex([("x-robots-tag", value)], b"<meta " + body)
