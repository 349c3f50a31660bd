"""Bytes that are no page, however they are called, and odd pages that still are."""

from __future__ import annotations

import random
import sqlite3

import pytest

from db.readings import PageToRead, ReadingHints, Rejected
from db.vocabulary import PageReason
from pipeline.reading import process_page
from pipeline.steps.sniff import what_else

PAGE = "<html><head><title>Été à Séville</title></head><body><p>Les étés y sont longs.</p></body></html>"
DECLARED = [(), (("Content-Type", "text/html; charset=utf-8"),), (("Content-Type", "application/xhtml+xml"),)]


def database(tmp_path) -> bytes:
    """A database full of markup, as that of a paper's own archive would be."""
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        connection.execute("CREATE TABLE articles (title, text)")
        connection.executemany("INSERT INTO articles VALUES (?, ?)", [(f"Title {n}", f"<p>{PAGE * 3} {n}</p>") for n in range(300)])
    connection.close()
    return (tmp_path / "archive.db").read_bytes()


@pytest.mark.parametrize("headers", DECLARED)
def test_a_database_is_no_page(tmp_path, headers):
    result = process_page(PageToRead("https://paper.example/archive", database(tmp_path), headers), ReadingHints())
    assert isinstance(result, Rejected)
    assert (result.reason, result.detail) == (PageReason.NOT_HTML, "the bytes are an SQLite database")


NOISE = random.Random(3).randbytes(60_000)


@pytest.mark.parametrize("headers", DECLARED)
@pytest.mark.parametrize(
    "body",
    [
        NOISE,
        PAGE.encode() + NOISE,
        NOISE + PAGE.encode(),
        b"<html><p>" + b"\0" * 500,
        b"\0" * 400 + PAGE.encode(),
        b"\xff\xfe" + PAGE.encode("utf-16-le") + NOISE,
        PAGE.encode("utf-16-le") + NOISE,
        PAGE.encode("utf-16-be") + NOISE,
    ],
)
def test_binary_data_is_told_by_its_bytes(body, headers):
    assert what_else(body, headers) == "binary data"


@pytest.mark.parametrize("magic", [b"BZh91AY", b"\xfd7zXZ\0", b"II*\0", b"\x1aE\xdf\xa3", b"fLaC", b"%!PS-Adobe", b"PAR1", b"\x89HDF\r\n"])
def test_known_beginnings_win_over_markup_behind_them(magic):
    assert what_else(magic + PAGE.encode(), DECLARED[1]) not in {None, "binary data"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso8859-15"])
def test_a_page_is_a_page_in_every_encoding(encoding):
    assert what_else((PAGE * 20).encode(encoding), ()) is None


@pytest.mark.parametrize(
    ("encoding", "text"), [("iso2022_jp", "夏は長い。"), ("cp1256", "الصيف طويل هنا"), ("gb18030", "夏天很长"), ("koi8-r", "Лето долгое")]
)
def test_a_page_in_other_scripts_is_a_page(encoding, text):
    assert what_else(f"<html><body>{f'<p>{text}</p>' * 20}</body></html>".encode(encoding), ()) is None


def test_a_few_stray_controls_do_not_make_a_page_binary():
    assert what_else((PAGE * 3).replace("Les", "L\0e\x0bs").encode(), ()) is None
