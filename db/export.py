"""Articles as records for other programs: JSON lines, a table for spreadsheets, and a canonical form to compare databases by."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, TextIO

from db.readings import StoredArticle

FIELDS = (
    "uid", "url", "urls", "source", "country", "edition", "title", "standfirst", "text", "authors", "byline", "agency", "publisher",
    "contributors", "section", "tags", "published_at", "published_on", "published_precision", "published_from", "published_confidence",
    "modified_at", "language",
    "language_confidence", "languages", "image", "translations", "status", "fate", "first_seen", "last_seen", "duplicate_of", "story",
    "revision", "reading_version", "change",
)  # fmt: skip
"""Keys of a record and columns of the table, in this order."""

PAIRS = {"languages": ("language", "share"), "translations": ("language", "url")}
"""Keys whose values are lists of pairs, with the names of the two."""

NOT_CANONICAL = frozenset({"uid", "first_seen", "last_seen", "change", "story"})
"""What differs between two databases that hold the same articles."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Cells that begin so are run as formulas by spreadsheets (OWASP, CSV Injection): they get an apostrophe in front."""

LINE_BREAKS = {ord(character): f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}
"""Characters that JSON allows in a string and some readers take for the end of a line: written as escapes."""


def record(article: StoredArticle) -> dict[str, Any]:
    """Return an article as JSON values under `FIELDS`.

    Instants are RFC 3339 in UTC, days ISO 8601, `image` an object or null, `languages` a list of {language, share}, `translations` one of
    {language, url},
    `duplicate_of` the uid of the original.
    """
    return {name: _plain(name, getattr(article, name)) for name in FIELDS}


def canonical(article: StoredArticle) -> dict[str, Any]:
    """Return what two databases that read the same pages agree on, whatever the order: no ids and no times of seeing.

    `urls` after the first are sorted, and `duplicate_of` is the original's address.
    """
    plain = {name: value for name, value in record(article).items() if name not in NOT_CANONICAL}
    plain["urls"] = [article.url, *sorted(set(article.urls) - {article.url})]
    plain["duplicate_of"] = article.duplicate_of_url
    return plain


def write_jsonl(articles: Iterable[StoredArticle], stream: TextIO, *, canonically: bool = False) -> int:
    """Write one record a line as they come, and return how many.

    `canonically`: in canonical form and sorted by address and source, for which all lines are held in memory.
    """
    count = 0
    if canonically:
        forms = sorted(map(canonical, articles), key=lambda form: (form["url"], form["source"]))
        return sum(_write_line(form, stream) for form in forms)
    for article in articles:
        count += _write_line(record(article), stream)
    return count


def write_csv(articles: Iterable[StoredArticle], stream: TextIO) -> int:
    """Write a table with a header (RFC 4180) and return how many articles; open the stream with `newline=""`.

    Lists become lines of one cell. Cells that a spreadsheet would run as a formula begin with an apostrophe.
    """
    writer = csv.writer(stream)
    writer.writerow(FIELDS)
    count = 0
    for article in articles:
        writer.writerow([_cell(value) for value in record(article).values()])
        count += 1
    return count


def _write_line(form: dict[str, Any], stream: TextIO) -> int:
    line = json.dumps(form, ensure_ascii=False).translate(LINE_BREAKS)
    stream.write(line + "\n")
    return 1


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if name == "image":
        return asdict(value) if value else None
    if name in PAIRS:
        return [dict(zip(PAIRS[name], pair, strict=True)) for pair in value]
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, str) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        text = "\n".join(item if isinstance(item, str) else " ".join(map(str, item.values())) for item in value)
    else:
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    text = text.replace("\x00", "")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
