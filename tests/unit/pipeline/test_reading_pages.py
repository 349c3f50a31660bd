"""Whole pages written for these tests, each with the record it must be read as (`tests/pages/<name>.html` and `.json`)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from db.readings import Article, PageToRead, ReadingHints, Rejected
from pipeline.reading import process_page

PAGES = Path(__file__).parents[2] / "pages"
TRUTHS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(PAGES.glob("*.json"))}
ARTICLES = sorted(name for name, truth in TRUTHS.items() if "expected" in truth)
OTHERS = sorted(name for name, truth in TRUTHS.items() if "rejected" in truth)


def read(name: str) -> Article | Rejected:
    truth = TRUTHS[name]
    hints = {
        key: tuple(map(tuple, value)) if key == "editions" else tuple(value) if isinstance(value, list) else value
        for key, value in truth["hints"].items()
    }
    body = (PAGES / f"{name}.html").read_bytes()
    page = PageToRead(truth["url"], body, (("Content-Type", "text/html"),), datetime.fromisoformat(truth["fetched_at"]))
    return process_page(page, ReadingHints(**hints))


@pytest.mark.parametrize("name", ARTICLES)
def test_the_text_is_the_article_and_nothing_else(name):
    article, expected = read(name), TRUTHS[name]["expected"]
    assert isinstance(article, Article)
    assert article.text.split("\n\n") == expected["text"]
    assert [word for word in expected["absent"] if word in article.text] == []
    assert [word for word in expected.get("present", []) if word not in article.text] == []


@pytest.mark.parametrize("name", ARTICLES)
def test_the_fields_hold_what_the_page_says(name):
    article, expected = read(name), TRUTHS[name]["expected"]
    assert isinstance(article, Article)
    assert article.title == expected["title"]
    assert list(article.authors) == expected["authors"]
    assert article.language == expected["language"]
    assert article.status == expected["status"]
    for field in ("publisher", "section", "standfirst", "edition", "canonical_url"):
        if field in expected:
            assert getattr(article, field) == expected[field]
    for field in ("tags", "contributors", "translations"):
        if field in expected:
            assert [list(one) if isinstance(one, tuple) else one for one in getattr(article, field)] == expected[field]
    if "image" in expected:
        assert [article.image.url, article.image.caption, article.image.credit] == expected["image"]


@pytest.mark.parametrize("name", ARTICLES)
def test_the_day_is_the_papers_own(name):
    article, expected = read(name), TRUTHS[name]["expected"]
    assert isinstance(article, Article)
    published = article.published
    assert published is not None
    assert published.on.isoformat() == expected["published_on"]
    assert (published.at.isoformat() if published.at else None) == expected["published_at"]
    assert published.precision == expected["precision"]
    assert published.evidence == expected["evidence"]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_article_is_rejected_with_its_reason(name):
    result = read(name)
    assert isinstance(result, Rejected)
    assert result.reason == TRUTHS[name]["rejected"]
    assert result.detail


def test_every_page_has_its_truth():
    assert {path.stem for path in PAGES.glob("*.html")} == set(TRUTHS)
