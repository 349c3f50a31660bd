"""What the index of a web archive answers: the Wayback Machine's JSON, pywb's lines, and what is neither."""

from __future__ import annotations

import dataclasses
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.captures import WebArchive
from crawlers.discovery.captures import EMPTY_PAGES, Capture, Captures, candidates, following, parse_captures, says_none
from crawlers.discovery.scope import Scope
from crawlers.source import Source
from db.vocabulary import FoundBy, PageKind, Trap

ARCHIVE = WebArchive("https://web.archive.org")
ASKED = ARCHIVE.query("domain", "paper.test", date(2014, 2, 1))
PYWB = WebArchive("http://pywb.test/press").query("domain", "paper.test", date(2014, 2, 1))
SOURCE = dataclasses.replace(Source.from_home("http://paper.test/", "paper"), allow=("^/article/",))
WINDOW = ("20140101", "20140201")
HEAD = ["timestamp", "original", "mimetype", "statuscode"]


def array(*rows, resume=None):
    values = [HEAD, *([stamp, url, "text/html", "200"] for stamp, url in rows)]
    return json.dumps([*values, *([[], [resume]] if resume else [])]).encode()


def lines(*rows):
    return "\n".join(
        json.dumps({"timestamp": stamp, "url": url, "mime": "text/html", "status": "200", "urlkey": "x"}) for stamp, url in rows
    ).encode()


ROWS = (("20140105120000", "http://paper.test/article/1"), ("20140106120000", "http://paper.test/article/2"))


@pytest.mark.parametrize(("body", "url"), [(array(*ROWS), ASKED), (lines(*ROWS), PYWB)])
def test_both_kinds_of_answers_give_the_same(body, url):
    assert parse_captures(body, url) == Captures(tuple(Capture(*row) for row in ROWS))


def test_the_key_to_go_on_with_stands_after_an_empty_row():
    found = parse_captures(array(*ROWS, resume="test%2Cpaper%29%2F+20140106120000%21"), ASKED)
    assert found.rows == tuple(Capture(*row) for row in ROWS)
    assert following(found, ASKED) == f"{ASKED}&resumeKey=test%2Cpaper%29%2F+20140106120000%21"
    again = parse_captures(array(*ROWS, resume="k%2F2"), ASKED)
    assert following(again, following(found, ASKED)) == f"{ASKED}&resumeKey=k%2F2", "one key replaces the other"
    assert following(parse_captures(array(*ROWS, resume="é k"), ASKED), ASKED) == f"{ASKED}&resumeKey=%C3%A9%20k"


def test_pywb_is_asked_page_by_page_until_several_are_empty():
    second = following(parse_captures(lines(*ROWS), PYWB), PYWB)
    assert second == PYWB.replace("page=0", "page=1&empty=0")
    url, asked = second, 0
    while url is not None:
        url, asked = following(Captures(), url), asked + 1
    assert asked == EMPTY_PAGES, "filters may leave nothing of a page in the middle"
    assert following(parse_captures(lines(*ROWS), PYWB), following(Captures(), second)).endswith("&page=3&empty=0")
    assert following(parse_captures(array(*ROWS), ASKED), ASKED) is None


@pytest.mark.parametrize(
    ("status", "body", "none"),
    [
        (404, b'{"message": "No Captures found for: paper.test"}', True),
        (400, b'{"message": "Page 1 invalid: First Page is 0, Last Page is 0"}', True),
        (404, b"<h1>Not Found</h1>", False),
        (200, b"No Captures found", False),
        (500, b"No Captures found", False),
    ],
)
def test_pywb_says_by_an_error_that_there_is_nothing(status, body, none):
    assert says_none(status, body) is none


@pytest.mark.parametrize(("body", "url"), [(b"[]", ASKED), (b"[]\n", ASKED), (array(), ASKED), (b"", PYWB), (b" \n", PYWB)])
def test_no_captures_are_an_answer(body, url):
    assert parse_captures(body, url) == Captures()


@pytest.mark.parametrize(
    "body",
    [
        array(*ROWS)[:-9],  # cut off
        b"",
        b"<html>502 Bad Gateway</html>",
        b'{"error": "x"}',
        lines(*ROWS) + b'\n{"timestamp": "2014',
        b"[1, 2]",
        b'[["urlkey", "x"], ["a", "b"]]',
        b"[" * 100_000,
        b"com,paper)/ 20140105120000 http://paper.test/ text/html 200",
        b'"timestamp"',
    ],
)
def test_what_is_cut_off_or_something_else_is_no_answer(body):
    assert parse_captures(body, ASKED) is None


def test_rows_of_no_use_are_left_out():
    rows = [HEAD, ["2014", "http://paper.test/a", "text/html", "200"], ["20140105120000"], [], [1, 2, 3, 4]]
    rows += [["20140105120000", "http://paper.test/a", "text/html", "404"], ["20140105120000", "http://paper.test/a", "image/png", "200"]]
    rows += [["20140105120000", "http://paper.test/b", "text/html", "200"]]
    assert parse_captures(json.dumps(rows).encode(), ASKED).rows == (Capture("20140105120000", "http://paper.test/b"),)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_bytes_are_too_strange(body):
    for url in (ASKED, PYWB):
        found = parse_captures(body, url)
        assert found is None or isinstance(following(found, url), str | None)
    says_none(404, body)


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=4))
odd_rows = st.lists(st.lists(json_values, max_size=5), max_size=6)


@settings(max_examples=40)
@given(odd_rows, st.lists(st.dictionaries(st.sampled_from(["timestamp", "url", "status", "mime"]), json_values), max_size=5))
def test_no_json_is_too_strange(values, objects):
    for body in (json.dumps([HEAD, *values]), json.dumps(values), "\n".join(map(json.dumps, objects))):
        found = parse_captures(body.encode(), ASKED)
        if found is not None:
            candidates(found, SOURCE, Scope(), WINDOW, ARCHIVE)
            following(found, ASKED)


# ---------------------------------------------------------------- what is wanted


def wanted(*rows, scope=Scope(), source=SOURCE):  # noqa: B008 - frozen
    found, trapped = candidates(Captures(tuple(Capture(*row) for row in rows)), source, scope, WINDOW, ARCHIVE)
    return [each.url.removeprefix("https://web.archive.org/web/") for each in found], trapped


def test_an_article_is_asked_for_as_it_was_captured_first():
    found, _ = candidates(Captures((Capture("20140105120000", "http://paper.test:80/article/1"),)), SOURCE, Scope(), WINDOW, ARCHIVE)
    [each] = found
    assert each.url == "https://web.archive.org/web/20140105120000id_/http://paper.test/article/1"
    assert (each.kind, each.found_by, each.priority) == (PageKind.ARTICLE, FoundBy.CAPTURE, 50)


def test_what_was_captured_before_the_window_was_published_before_it():
    early, late = ("20131230000000", "http://paper.test/article/1"), ("20140105120000", "http://www.paper.test/article/1/")
    assert wanted(early, late) == ([], {}), "pywb lists every capture"
    assert wanted(late, early) == ([], {})
    assert wanted(late) == (["20140105120000id_/http://www.paper.test/article/1/"], {})
    assert wanted(("20140201000000", "http://paper.test/article/1")) == ([], {}), "the slice after this one's"


def test_one_address_in_several_spellings_is_wanted_once():
    rows = [(f"2014010{n}120000", f"http://paper.test/article/1{more}") for n, more in enumerate(("?utm_source=x", "", "?fbclid=y"), 1)]
    assert wanted(*rows) == (["20140102120000id_/http://paper.test/article/1"], {}), "the shortest"
    assert wanted(("20131201120000", "http://paper.test/article/1?utm_source=x"), *rows) == ([], {}), "the first of them all decides"


@pytest.mark.parametrize(
    "url",
    ["http://paper.test/rubrique/sport/", "http://other.test/article/1", "http://paper.test/", "mailto:x@paper.test", "http://[/article/"],
)
def test_what_is_no_article_of_the_source_is_left_out(url):
    assert wanted(("20140105120000", url))[0] == []


def test_addresses_that_name_another_day_are_left_out():
    scope = Scope(date(2014, 1, 1), date(2014, 2, 1))
    rows = [("20140105120000", f"http://paper.test/article/{day}/slug") for day in ("2011/05/04", "2014/01/04", "x")]
    assert wanted(*rows, scope=scope)[0] == [f"20140105120000id_/{rows[1][1]}", f"20140105120000id_/{rows[2][1]}"]


def test_traps_are_counted():
    assert wanted(("20140105120000", "http://paper.test/article/a/a/a/a/b/c")) == ([], {Trap.REPEATS: 1})
