"""The charset of a listing, simply: byte order mark, HTTP, `<meta>`, else what the bytes allow. Articles get more care by the reader."""

from __future__ import annotations

import codecs
import re

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,30})", re.IGNORECASE)
KNOWN = re.compile(r"(?:utf|iso|windows|cp|latin|mac|x-mac|koi|gb|big5|euc|shift|tis)[a-z0-9_.:-]*")
"""Names of charsets; Python's other codecs (idna, unicode_escape) are no charsets of pages."""
ALIASES = dict.fromkeys(("iso-8859-1", "latin-1", "latin1"), "windows-1252")
"""Browsers read Latin-1 as Windows-1252 (WHATWG Encoding Standard), and so must who wants their letters."""


def decoded(body: bytes, content_type: str | None = None) -> str:
    """The text of an HTML page; never raises, unreadable bytes become U+FFFD."""
    for mark, name in MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace").removeprefix("\ufeff")
    for name in _named(body, content_type):
        try:
            return body.decode(name)
        except (UnicodeError, LookupError):
            continue
    return body.decode("windows-1252", "replace")


def _named(body: bytes, content_type: str | None) -> list[str]:
    http = DECLARED.search((content_type or "").encode("ascii", "ignore"))
    meta = DECLARED.search(body[:4096])
    names = [found[1].decode().lower() for found in (http, meta) if found]
    return [ALIASES.get(name, name) for name in names if KNOWN.fullmatch(name)] + ["utf-8"]
