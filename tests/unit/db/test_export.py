"""Records, the canonical form and the spreadsheet: exact where they must be, harmless where others open them."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.export import FIELDS, FORMULA_STARTS, canonical, record, write_csv, write_jsonl
from db.readings import Image, StoredArticle
from db.vocabulary import ArticleStatus, DateEvidence, Fate, Precision

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def article(**fields) -> StoredArticle:
    values = {
        "uid": "u1",
        "url": "https://bladi.example/1",
        "urls": ("https://bladi.example/1", "https://bladi.example/z", "https://bladi.example/a"),
        "source": "bladi",
        "country": "ma",
        "edition": None,
        "title": "L'été",
        "standfirst": None,
        "text": 'Un.\n\nDeux ; "trois", أربعة\u2028',
        "authors": ("A", "B"),
        "byline": ("A", "B", "AFP"),
        "agency": "AFP",
        "publisher": None,
        "contributors": (),
        "section": "Sport",
        "tags": ("x", "y"),
        "published_at": NOON,
        "published_on": date(2024, 5, 1),
        "published_precision": Precision.MINUTE,
        "published_from": DateEvidence.JSON_LD,
        "modified_at": None,
        "language": "fr",
        "language_confidence": 0.99,
        "languages": (("fr", 0.8), ("ar", 0.2)),
        "image": Image("https://bladi.example/i.jpg", "Une vue", None),
        "translations": (("ar", "https://bladi.example/ar"),),
        "status": ArticleStatus.COMPLETE,
        "fate": Fate.PRESENT,
        "first_seen": NOON,
        "last_seen": NOON,
        "duplicate_of": "u0",
        "duplicate_of_url": "https://le360.example/0",
        "story": None,
        "revision": 2,
        "change": 7,
        "reading_version": 1,
    }
    return StoredArticle(**(values | fields))


def table(*articles: StoredArticle) -> list[dict[str, str]]:
    stream = io.StringIO(newline="")
    assert write_csv(articles, stream) == len(articles)
    return list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))


def test_a_record_holds_every_field_in_its_order() -> None:
    kept = record(article())
    assert tuple(kept) == FIELDS
    promised = """uid url urls source edition title standfirst text authors byline section tags published_at published_on published_precision
        modified_at language language_confidence image status fate first_seen last_seen duplicate_of story revision"""
    assert set(promised.split()) <= set(kept)
    assert kept["published_at"] == "2024-05-01T12:00:00Z"
    assert kept["published_on"] == "2024-05-01"
    assert kept["image"] == {"url": "https://bladi.example/i.jpg", "caption": "Une vue", "credit": None}
    assert kept["translations"] == [{"language": "ar", "url": "https://bladi.example/ar"}]
    assert kept["duplicate_of"] == "u0"
    assert type(kept["status"]) is str
    assert record(article(image=None, published_at=None, published_on=None))["published_on"] is None


def test_the_canonical_form_leaves_out_what_differs_between_databases() -> None:
    one = canonical(article())
    other = canonical(article(uid="u9", change=99, last_seen=datetime(2025, 1, 1, tzinfo=UTC), duplicate_of="u8", story="s1"))
    assert one == other
    assert one["duplicate_of"] == "https://le360.example/0"
    assert one["urls"] == ["https://bladi.example/1", "https://bladi.example/a", "https://bladi.example/z"]
    assert canonical(article(revision=3)) != one
    assert canonical(article(text="x")) != one


def test_json_lines_are_one_line_each_and_come_back_exactly() -> None:
    stream = io.StringIO()
    assert write_jsonl([article(), article(uid="u2", title="=1+1\n")], stream) == 2
    lines = stream.getvalue().split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [record(article()), record(article(uid="u2", title="=1+1\n"))]
    assert lines[-1] == ""


def test_the_canonical_export_is_sorted_by_address_and_source() -> None:
    stream = io.StringIO()
    articles = [
        article(url="https://b.example/"),
        article(url="https://a.example/", source="z"),
        article(url="https://a.example/", source="a"),
    ]
    assert write_jsonl(articles, stream, canonically=True) == 3
    keys = [(form["url"], form["source"]) for form in map(json.loads, stream.getvalue().splitlines())]
    assert keys == [("https://a.example/", "a"), ("https://a.example/", "z"), ("https://b.example/", "bladi")]


def test_an_empty_export() -> None:
    stream = io.StringIO()
    assert write_jsonl([], stream, canonically=True) == 0
    assert stream.getvalue() == ""
    assert table() == []


def test_the_table_has_a_cell_for_everything() -> None:
    [row] = table(article())
    assert tuple(row) == FIELDS
    assert row["text"] == article().text
    assert row["authors"] == "A\nB"
    assert row["standfirst"] == ""
    assert json.loads(row["image"])["caption"] == "Une vue"
    assert row["translations"] == "ar https://bladi.example/ar"


@pytest.mark.parametrize("cell", ['=HYPERLINK("http://x")', "+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_torture_97_cells_are_never_formulas(cell) -> None:
    [row] = table(article(title=cell, authors=(cell, "B"), section=cell))
    assert row["title"] == f"'{cell}"
    assert row["authors"] == f"'{cell}\nB"
    assert row["section"] == f"'{cell}"


@given(st.text(st.characters(codec="utf-8")))
def test_torture_97_text_survives_the_round_trip(text) -> None:
    [row] = table(article(text=text))
    clean = text.replace("\x00", "")
    assert row["text"] == (f"'{clean}" if clean.startswith(FORMULA_STARTS) else clean)
    stream = io.StringIO()
    write_jsonl([article(text=text)], stream)
    assert json.loads(stream.getvalue())["text"] == text


def test_what_is_stored_is_what_is_exported(newsroom, texts) -> None:
    newsroom.save(newsroom.reading("https://bladi.example/1", texts(1), on=date(2024, 5, 1)))
    [kept] = newsroom.all()
    stream = io.StringIO()
    write_jsonl([kept], stream)
    assert json.loads(stream.getvalue()) == record(kept)
