"""The line of a robots.txt that decided: found by asking Protego, and never against its verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from crawlers.robots_rules import Rule, decide, group_of
from crawlers.spec import PRODUCT

HOST = "http://a.test"
PATHS = st.text(alphabet="ab/", min_size=1, max_size=5).map(lambda text: "/" + text)
PATTERNS = st.text(alphabet="ab/*$%م ", max_size=5).map(lambda text: "/" + text)
LINES = st.one_of(
    st.builds("{}: {}".format, st.sampled_from(["Allow", "Disallow", "disalow", "ALLOW"]), PATTERNS),
    st.builds("{} {}".format, st.sampled_from(["Allow", "Disallow"]), PATTERNS),
    st.sampled_from(["User-agent: *", "User-agent: veille", "user agent veille*", "User-agent: other", "Useragent: Veil", "", "# x"]),
    st.sampled_from(
        ["Crawl-delay: 2", "Sitemap: http://a.test/s.xml", "Disallow:", "Allow: /index.html # why", "Disallow /a: b", "nonsense"]
    ),
    st.text(max_size=12),
)
FILES = st.lists(LINES, max_size=14).map("\n".join)


@pytest.mark.parametrize(
    ("text", "path", "allowed", "group", "line"),
    [
        ("", "/x", True, None, None),
        ("User-agent: other\nDisallow: /", "/x", True, None, None),
        ("User-agent: *\nDisallow: /private", "/x", True, "*", None),
        ("User-agent: *\nDisallow: /private", "/private/x", False, "*", "2 Disallow: /private"),
        ("User-agent: *\nDisallow: / # all\nAllow: /news", "/news/1", True, "*", "3 Allow: /news"),
        ("User-agent: *\nDisallow: / # all\nAllow: /news", "/x", False, "*", "2 Disallow: /"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Veille\nAllow: /x", "/x/y", True, "Veille", "5 Allow: /x"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Veille\nAllow: /x", "/y", True, "Veille", None),
        ("User-agent: a\nUser-agent: *\nDisallow: /a\nDisallow: /ab", "/abc", False, "*", "4 Disallow: /ab"),
        ("User-agent: *\nDisallow: /page\nAllow: /page", "/page", True, "*", "3 Allow: /page"),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False, "*", "2 Disallow: /*.pdf$"),
        ("User-agent: *\nAllow: /index.html\nDisallow: /", "/", True, "*", "2 Allow: /index.html"),
        ("User-agent: *\nDisallow: /مقال\nAllow: /%D9%85", "/%D9%85%D9%82%D8%A7%D9%84/1", False, "*", "2 Disallow: /مقال"),
        ("User-agent: *\nDisallow: /", "/robots.txt", True, "*", None),
        (
            "User-agent: veille\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: veille\nDisallow: /c",
            "/c",
            False,
            "veille",
            "6 Disallow: /c",
        ),
    ],
)
def test_the_group_and_the_line_that_decide(text, path, allowed, group, line):
    found = decide(text, HOST + path)
    assert (found.allowed, found.group) == (allowed, group)
    assert (f"{found.rule.line} {found.rule.text}" if found.rule else None) == line


@given(FILES, PATHS)
def test_torture_33_the_line_bears_protegos_verdict_out(text, path):
    found = decide(text, HOST + path)
    assert found.allowed is Protego.parse(text).can_fetch(HOST + path, PRODUCT)
    if found.rule is None:
        assert found.allowed, "what is forbidden is forbidden by a line"
        return
    assert found.rule.allows is found.allowed
    assert found.group is not None
    assert text.splitlines()[found.rule.line - 1].partition("#")[0].strip() == found.rule.text
    alone = f"User-agent: *\nDisallow: /\n{found.rule.text}" if found.allowed else f"User-agent: *\n{found.rule.text}"
    assert Protego.parse(alone).can_fetch(HOST + path, PRODUCT) is found.allowed


@given(FILES, PATHS)
def test_without_that_line_less_is_said(text, path):
    """Taking the deciding line out, and whatever repeats it, leaves a verdict that rests on another line or on none."""
    found = decide(text, HOST + path)
    if found.rule is not None:
        lines = text.splitlines()
        lines[found.rule.line - 1] = "Disallow:"  # says nothing, but ends a row of user agents as the rule did
        after = decide("\n".join(lines), HOST + path)
        assert after.rule is None or after.rule.line != found.rule.line
        assert after.group == found.group


@given(st.lists(st.tuples(st.booleans(), st.text(alphabet="ab", max_size=4)), max_size=8), PATHS)
def test_of_plain_rules_the_longest_decides_and_allow_wins_a_draw(rules, path):
    text = "\n".join(["User-agent: *", *(f"{'Allow' if allows else 'Disallow'}: /{prefix}" for allows, prefix in rules)])
    matching = [(len(prefix), allows) for allows, prefix in rules if path.startswith(f"/{prefix}")]
    found = decide(text, HOST + path).rule
    assert ((len(found.value) - 1, found.allows) if found else None) == max(matching, default=None)


@given(FILES)
def test_the_group_is_the_one_whose_delay_counts(text):
    name = group_of(text)
    told = Protego.parse(text + "\n").crawl_delay(PRODUCT)
    assert told is None or name is not None


def test_a_long_file_of_matching_lines_is_bearable():
    text = "User-agent: *\n" + "Disallow: /a\n" * 15_000 + "Allow: /ab\n" * 15_000
    assert decide(text, f"{HOST}/abc").rule == Rule(15_002, "Allow: /ab", True, "/ab")
