"""What an HTTP answer means before anybody reads it: article, page for discovery, redirect, or failure. Pure: status, headers, bytes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urljoin

from crawlers.challenge import is_consent_page, wall_of
from db.identity import clean_url, url_key
from db.vocabulary import FailureClass, PageKind, PageReason, PageState

BLOCKED = frozenset({401, 403, 407, 429, 451})
GONE = frozenset({404, 410})
PAUSING = frozenset({429, 503})
"""Statuses whose Retry-After silences the whole host."""
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", ""})
BINARY_MARKS = (
    b"%PDF-",
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"OggS",
    b"ID3",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x00\x00\x01\x00",
    b"\x1aE\xdf\xa3",
    b"wOF",
)
HTML_MARKS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<article", b"<p>", b"<p ", b"<div", b"<h1")


class Meaning(Enum):
    """What is to be done with an answer."""

    KEEP = auto()  # the page is kept as `state` says
    PARSE = auto()  # kept, and its content leads to other addresses
    REDIRECT = auto()
    NOTHING_NEW = auto()  # 304
    FAILED = auto()
    WALL = auto()  # something stands in front of the page: it says nothing about the page


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an answer is settled: `state` and `reason` for the page, `failure` for the address."""

    meaning: Meaning
    state: PageState
    reason: PageReason | None = None
    failure: FailureClass | None = None
    detail: str | None = None
    """The wall's name, for a person."""


def judge(  # noqa: PLR0911 - a table of cases reads best as one
    kind: PageKind, status: int, headers: Mapping[str, str], body: bytes
) -> Verdict:
    """The meaning of an answer to a request for a page of this kind; header names in lower case."""
    if status == 304:
        return Verdict(Meaning.NOTHING_NEW, PageState.UNCHANGED)
    if 300 <= status < 400:
        if "location" in headers:
            return Verdict(Meaning.REDIRECT, PageState.PARSED)
        return Verdict(Meaning.FAILED, PageState.FAILED, failure=FailureClass.REDIRECT)
    wall = wall_of(status, headers, body)
    if wall is not None:
        return Verdict(Meaning.WALL, PageState.FAILED, PageReason.BLOCKED, FailureClass.BLOCKED, wall)
    if not 200 <= status < 300:
        failure = _status_failure(status)
        reason = PageReason.BLOCKED if failure is FailureClass.BLOCKED else None
        return Verdict(Meaning.FAILED, PageState.FAILED, reason, failure)
    if is_consent_page(body):
        return Verdict(Meaning.WALL, PageState.REJECTED, PageReason.CONSENT)
    if kind is not PageKind.ARTICLE:
        return Verdict(Meaning.PARSE, PageState.PARSED)
    if not body.strip():
        return Verdict(Meaning.KEEP, PageState.REJECTED, PageReason.EMPTY)
    if not looks_like_html(headers.get("content-type", ""), body):
        return Verdict(Meaning.KEEP, PageState.REJECTED, PageReason.NOT_HTML)
    return Verdict(Meaning.KEEP, PageState.UNREAD)


def _status_failure(status: int) -> FailureClass:
    if status in GONE:
        return FailureClass.GONE
    if status in BLOCKED:
        return FailureClass.BLOCKED
    return FailureClass.HTTP_5XX if status >= 500 or status < 200 else FailureClass.HTTP_4XX


def looks_like_html(content_type: str, body: bytes) -> bool:
    """Whether a body can be an HTML page: its first bytes decide against it whatever its type says, for it only if the type is unusual."""
    head = body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(BINARY_MARKS) or head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] in {b"WEBP", b"WAVE", b"AVI "}):
        return False
    if content_type.partition(";")[0].strip().lower() in HTML_TYPES:
        return True
    lowered = head.lower()
    return any(mark in lowered for mark in HTML_MARKS)


class Hop(Enum):
    """Where a redirect leads."""

    SAME = auto()  # another spelling of the same address
    ON_SITE = auto()
    OFF_SITE = auto()
    NOWHERE = auto()  # back to itself, or to what is never fetched


def redirect_target(url: str, location: str) -> str | None:
    """The absolute address a Location header (RFC 9110 §10.2.2) names, None if it may not be followed."""
    try:
        return clean_url(urljoin(url, location.strip()))
    except ValueError:
        return None


def classify_hop(url: str, key: str, target: str | None, *, on_site: bool) -> Hop:
    """What a redirect of the address `url` with identity `key` to `target` means."""
    if target is None or target == url:
        return Hop.NOWHERE
    try:
        if url_key(target) == key:
            return Hop.SAME
    except ValueError:
        return Hop.NOWHERE
    return Hop.ON_SITE if on_site else Hop.OFF_SITE
