"""The day of publication that a page's scripts name."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps.script_date import script_phrase
from pipeline.steps.tree import parse

DAY = date(2020, 1, 28)


def named(*scripts: str, kind: str = "text/javascript"):
    held = "".join(f"<script type='{kind}'>{script}</script>" for script in scripts)
    return script_phrase(parse(f"<html><body>{held}<p>text</p></body></html>"), UTC)


@pytest.mark.parametrize(
    "script",
    [
        'var layer = {"last-updated":"2020-01-29 15:49","first-publication":"2020-01-28 15:28"};',
        'window.state = {"article":{"publishedFirst":"28.01.2020 15:28"}};',
        "dataLayer.push({'publishdate': '2020-01-28', 'author': 'Ada'});",
        'utag_data = {article_publish_date: "28/01/2020"};',
        'x = "{\\"first_publication_date\\":\\"2020-01-28T11:55:39+0000\\"}";',
        '{"datePublished":"2020-01-28","datePublished":"2020-01-28T08:00:00Z"}',
        'pubDate = "January 28, 2020";',
        '{"postedAt":"2020-01-28T22:37:57.570Z"}',
    ],
)
def test_the_only_day_that_is_named(script):
    assert named(script).on == DAY


def test_its_time_is_kept():
    assert named('{"publicationDate":"2020-01-28T14:27:32+01:00"}').at == datetime(2020, 1, 28, 13, 27, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    "script",
    [
        '{"publishedAt":"2020-01-28"},{"publishedAt":"2020-01-27"}',
        '{"dateModified":"2020-01-28","lastUpdate":"2020-01-28","createdAt":"2020-01-28"}',
        '{"PublishDate":"01/01/2004"}',
        '{"publishDate":"January 2020"}',
        '{"publishDate":"soon, we hope"}',
        '{"unpublishedDate":"2020-01-28"}',
        ",".join(f'{{"publishedAt":"2020-01-28T08:00:{n % 60:02d}Z"}}' for n in range(80)),
    ],
)
def test_several_days_other_days_and_defaults_are_none(script):
    assert named(script) is None


def test_several_scripts_must_agree():
    assert named('{"publishedAt":"2020-01-28"}', '{"publishedAt":"2020-01-27"}') is None
    assert named('{"publishedAt":"2020-01-28"}', '{"publishedAt":"2020-01-28"}').on == DAY


def test_linked_data_are_read_elsewhere():
    assert named('{"datePublished":"2020-01-28"}', kind="application/ld+json") is None


@given(st.text(max_size=300))
def test_no_script_raises(text):
    named(text.replace("<", ""), f'{{"publishedAt":"{text[:40]}"}}'.replace("<", ""))
