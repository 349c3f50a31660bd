"""robots.txt: what it says, how long it counts, and what its silence means (RFC 9309)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import CannotResolveHostError, DownloadTimeoutError
from scrapy.http import Response

from crawlers.robots import FRESH, MAX_BYTES, Rules, Unreachable, decode_robots, fetch_robots, robots_url
from db.records import RobotsCopy
from db.vocabulary import FailureClass

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rules(text):
    return Rules(RobotsCopy(NOW, 200, text))


def ask(answers, url="http://a.test/article"):
    """Run `fetch_robots` against canned answers: address → Response or exception."""
    asked = []

    async def download(request):
        asked.append(request.url)
        answer = answers[request.url]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return asyncio.run(fetch_robots(download, url, NOW, 5.0)), asked


def response(status, body=b"", url="http://a.test/robots.txt", **headers):
    return Response(url, status=status, body=body, headers=headers)


# ---------------------------------------------------------------- rules


def test_without_rules_everything_is_allowed():
    assert rules(None).allows("http://a.test/x")
    assert rules("").allows("http://a.test/x")
    assert rules(None).crawl_delay is None
    assert rules(None).sitemaps == ()


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private", "/private/x", False),
        ("User-agent: *\nDisallow: /private", "/public", True),
        ("User-agent: veille\nAllow: /\nUser-agent: *\nDisallow: /", "/x", True),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: Veille\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf?y", True),
        ("User-agent: *\nDisallow: /page\nAllow: /page", "/page", True),
        ("User-agent: *\nDisallow: /مقال", "/%D9%85%D9%82%D8%A7%D9%84/1", False),
        ("User-agent: *\nDisallow:", "/x", True),
        ("<html><body>Not found</body></html>", "/x", True),
    ],
)
def test_torture_33_groups_and_longest_match(text, path, allowed):
    assert rules(text).allows(f"http://a.test{path}") is allowed


@pytest.mark.parametrize(("stated", "delay"), [("0.5", 0.5), ("30", 30.0), ("100000", 100_000.0), ("-1", None), ("abc", None)])
def test_torture_34_crawl_delay_garbage_is_ignored(stated, delay):
    assert rules(f"User-agent: *\nCrawl-delay: {stated}").crawl_delay == delay


def test_sitemap_lines_are_absolute_addresses_each_once():
    text = "Sitemap: http://a.test/s.xml\nSitemap: /relative.xml\nsitemap: http://a.test/s.xml\nSitemap: file:///etc/passwd\n"
    assert rules(text).sitemaps == ("http://a.test/s.xml",)


def test_torture_35_a_copy_counts_for_a_day():
    copy = rules("")
    assert copy.is_fresh(NOW)
    assert copy.is_fresh(NOW + FRESH - timedelta(seconds=1))
    assert not copy.is_fresh(NOW + FRESH)
    assert not copy.is_fresh(NOW - timedelta(hours=1)), "a copy from the future is asked for again"


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"\xef\xbb\xbfUser-agent: *", "User-agent: *"),
        ("User-agent: *".encode("utf-16"), "User-agent: *"),
        (b"a\r\nb\rc\nd", "a\nb\nc\nd"),
        (b"a\0b", "ab"),
        (b"\xff\xfe\xfd", decode_robots(b"\xff\xfe\xfd")),
    ],
)
def test_torture_32_marks_line_ends_and_nul(body, text):
    assert decode_robots(body) == text


def test_torture_31_only_the_first_half_mebibyte_is_read():
    body = b"User-agent: *\nDisallow: /a\n" + b"#" * MAX_BYTES + b"\nDisallow: /b\n"
    assert len(decode_robots(body)) <= MAX_BYTES
    assert not rules(decode_robots(body)).allows("http://a.test/a")


@given(st.binary(max_size=400))
def test_any_bytes_make_rules(body):
    text = decode_robots(body)
    assert "\0" not in text
    assert rules(text).allows("http://a.test/x") in {True, False}


# ---------------------------------------------------------------- fetching


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.test/x/y?z", "http://a.test/robots.txt"),
        ("https://a.test:8443/x", "https://a.test:8443/robots.txt"),
        ("http://user:word@a.test/x", "http://a.test/robots.txt"),
    ],
)
def test_where_rules_lie(url, expected):
    assert robots_url(url) == expected


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_torture_27_client_errors_allow(status):
    copy, _ = ask({"http://a.test/robots.txt": response(status, b"User-agent: *\nDisallow: /")})
    assert copy == RobotsCopy(NOW, status, None)
    assert Rules(copy).allows("http://a.test/x")


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_torture_28_server_errors_forbid_whatever_their_body(status):
    copy, _ = ask({"http://a.test/robots.txt": response(status, b"User-agent: *\nAllow: /")})
    assert copy == Unreachable(FailureClass.HTTP_5XX, status)


def test_being_asked_to_wait_is_no_permission():
    assert ask({"http://a.test/robots.txt": response(429)})[0] == Unreachable(FailureClass.BLOCKED, 429)


@pytest.mark.parametrize(
    ("error", "failure"), [(DownloadTimeoutError(), FailureClass.TIMEOUT), (CannotResolveHostError(), FailureClass.DNS)]
)
def test_torture_29_silence_forbids(error, failure):
    assert ask({"http://a.test/robots.txt": error})[0] == Unreachable(failure)


def test_redirects_are_followed_even_to_another_host():
    copy, asked = ask(
        {
            "http://a.test/robots.txt": response(301, Location="https://www.b.test/rules.txt"),
            "https://www.b.test/rules.txt": response(200, b"User-agent: *\nDisallow: /x"),
        }
    )
    assert not Rules(copy).allows("http://a.test/x")
    assert asked == ["http://a.test/robots.txt", "https://www.b.test/rules.txt"]


def test_torture_30_more_than_five_redirects_are_no_rules():
    answers = {f"http://a.test/r{n}": response(302, Location=f"/r{n + 1}") for n in range(20)}
    copy, asked = ask({"http://a.test/robots.txt": response(302, Location="/r0"), **answers})
    assert copy == RobotsCopy(NOW, 302, None)
    assert len(asked) == 6


def test_torture_12_a_redirect_to_a_file_is_not_followed():
    copy, asked = ask({"http://a.test/robots.txt": response(302, Location="file:///etc/passwd")})
    assert copy == RobotsCopy(NOW, 302, None)
    assert len(asked) == 1
