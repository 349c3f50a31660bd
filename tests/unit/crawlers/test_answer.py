"""What HTTP answers mean, where redirects lead, what failures are, and what is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectionLost, NoRouteError
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from crawlers.answer import Hop, Meaning, classify_hop, judge, looks_like_html, redirect_target
from crawlers.compression import BrokenEncoding, TooLarge
from crawlers.failures import failure_class, is_expected
from crawlers.retries import MAX_ATTEMPTS, retry_at
from db.identity import url_key
from db.vocabulary import FailureClass, PageKind, PageReason, PageState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAGE = b"<!doctype html><html><body><p>text</p></body></html>"


def test_a_page_of_an_article_is_the_readers_work():
    verdict = judge(PageKind.ARTICLE, 200, {"content-type": "text/html"}, PAGE)
    assert (verdict.meaning, verdict.state, verdict.failure) == (Meaning.KEEP, PageState.UNREAD, None)


@pytest.mark.parametrize("kind", [PageKind.FEED, PageKind.SITEMAP, PageKind.LISTING])
def test_pages_for_discovery_are_parsed_on_arrival(kind):
    assert judge(kind, 200, {}, b"x").meaning is Meaning.PARSE


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (404, FailureClass.GONE),
        (410, FailureClass.GONE),
        (401, FailureClass.BLOCKED),
        (403, FailureClass.BLOCKED),
        (407, FailureClass.BLOCKED),
        (429, FailureClass.BLOCKED),
        (451, FailureClass.BLOCKED),
        (400, FailureClass.HTTP_4XX),
        (418, FailureClass.HTTP_4XX),
        (500, FailureClass.HTTP_5XX),
        (503, FailureClass.HTTP_5XX),
        (999, FailureClass.HTTP_5XX),
        (302, FailureClass.REDIRECT),
    ],
)
def test_error_answers_are_kept_as_evidence(status, failure):
    verdict = judge(PageKind.ARTICLE, status, {}, PAGE)
    assert (verdict.meaning, verdict.state, verdict.failure) == (Meaning.FAILED, PageState.FAILED, failure)


def test_torture_20_not_modified_is_no_page():
    assert judge(PageKind.FEED, 304, {}, b"").meaning is Meaning.NOTHING_NEW


def test_a_redirect_needs_a_target():
    assert judge(PageKind.ARTICLE, 301, {"location": "/x"}, b"").meaning is Meaning.REDIRECT


@pytest.mark.parametrize("body", [b"", b"  \n\t "])
def test_a_page_of_zero_bytes_is_empty(body):
    verdict = judge(PageKind.ARTICLE, 200, {"content-type": "text/html"}, body)
    assert (verdict.state, verdict.reason) == (PageState.REJECTED, PageReason.EMPTY)


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0JFIF",
        b"GIF89a",
        b"PK\x03\x04zip",
        b"\x00\x00\x00\x18ftypmp42",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"\n\n%PDF-1.4",
    ],
)
def test_torture_78_binary_files_served_as_html(body):
    verdict = judge(PageKind.ARTICLE, 200, {"content-type": "text/html"}, body)
    assert (verdict.state, verdict.reason) == (PageState.REJECTED, PageReason.NOT_HTML)


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/html; charset=utf-8", b"just words", True),
        ("TEXT/HTML", b"x", True),
        ("", b"x", True),
        ("application/xhtml+xml", b"<?xml version='1.0'?>", True),
        ("text/plain", PAGE, True),
        ("text/plain", b"just words", False),
        ("application/json", b'{"a": 1}', False),
        ("application/octet-stream", PAGE, True),
        ("text/html", b"\xef\xbb\xbf" + PAGE, True),
    ],
)
def test_html_by_type_or_by_its_first_bytes(content_type, body, expected):
    assert looks_like_html(content_type, body) is expected


@given(st.sampled_from(PageKind), st.integers(100, 999), st.binary(max_size=50), st.text(max_size=20))
def test_every_answer_has_a_meaning(kind, status, body, content_type):
    verdict = judge(kind, status, {"content-type": content_type}, body)
    assert (verdict.failure is None) == (verdict.meaning is not Meaning.FAILED)


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "http://a.test/b"),
        ("b#part", "http://a.test/x/b"),
        ("https://www.b.test/c", "https://www.b.test/c"),
        ("//b.test/c", "http://b.test/c"),
        (" /b ", "http://a.test/b"),
        ("file:///etc/passwd", None),
        ("ftp://a.test/x", None),
        ("data:text/html,x", None),
        ("gopher://a.test/", None),
        ("http://[bad/", None),
    ],
)
def test_torture_12_where_a_redirect_leads(location, target):
    assert redirect_target("http://a.test/x/y", location) == target


@pytest.mark.parametrize(
    ("target", "on_site", "hop"),
    [
        (None, True, Hop.NOWHERE),
        ("http://a.test/x", True, Hop.NOWHERE),
        ("https://www.a.test/x/", True, Hop.SAME),
        ("http://a.test/y", True, Hop.ON_SITE),
        ("http://b.test/x", False, Hop.OFF_SITE),
    ],
)
def test_torture_10_11_13_what_a_hop_means(target, on_site, hop):
    assert classify_hop("http://a.test/x", url_key("http://a.test/x"), target, on_site=on_site) is hop


# ---------------------------------------------------------------- failures


def failed(*causes):
    error = DownloadFailedError()
    error.__cause__ = ResponseFailed([Failure(cause) for cause in causes])
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (CannotResolveHostError(), FailureClass.DNS),
        (DownloadConnectionRefusedError(), FailureClass.CONNECT),
        (NoRouteError(), FailureClass.CONNECT),
        (failed(ConnectionLost()), FailureClass.CONNECT),
        (DownloadTimeoutError(), FailureClass.TIMEOUT),
        (DownloadCancelledError(), FailureClass.TOO_LARGE),
        (TooLarge(), FailureClass.TOO_LARGE),
        (BrokenEncoding(), FailureClass.DECODE),
        (ResponseDataLossError(), FailureClass.DECODE),
        (UnsupportedURLSchemeError(), FailureClass.REFUSED),
        (KeyError("a bug"), FailureClass.OTHER),
    ],
)
def test_every_exception_has_a_class(error, expected):
    assert failure_class(error) is expected
    assert is_expected(error) is (expected is not FailureClass.OTHER)


def test_a_broken_handshake_is_tls():
    from OpenSSL.SSL import Error

    assert failure_class(failed(Error([("SSL routines", "", "certificate verify failed")]))) is FailureClass.TLS


# ---------------------------------------------------------------- retries


def test_waits_grow_and_end():
    waits = [retry_at(FailureClass.TIMEOUT, attempt, NOW, 0.0) for attempt in range(1, MAX_ATTEMPTS + 1)]
    assert waits == [NOW + timedelta(seconds=1), NOW + timedelta(seconds=3), None]


def test_a_slow_hosts_delay_is_the_least_wait():
    assert retry_at(FailureClass.CONNECT, 2, NOW, 5.0) == NOW + timedelta(seconds=15)


@pytest.mark.parametrize(
    "failure", [FailureClass.GONE, FailureClass.ROBOTS, FailureClass.TOO_LARGE, FailureClass.BLOCKED, FailureClass.REFUSED]
)
def test_what_is_settled_is_not_tried_again(failure):
    assert retry_at(failure, 1, NOW, 0.0) is None
