"""Which characters may stand in a page and in a stored value: the rule for controls, zero-width marks and broken code points.

- NUL and the other C0 controls, lone surrogates, noncharacters (U+FFFE…), byte order marks: dropped.
- C1 controls written as numeric references (`&#146;`) are Windows-1252, as the HTML standard reads them.
- Bidirectional controls, soft hyphens, zero-width spaces and word joiners: dropped. The zero-width joiners stay between letters of
  scripts that spell with them (Arabic, Indic), elsewhere they are dropped.
- No-break and typographic spaces become plain blanks; the result is NFC.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_NOWHERE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufeff"
_INVALID = re.compile(f"[{_NOWHERE}]")
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0D})
_SURROGATES, _LAST = b"\xed", b"\xef"
_MARKS = (b"\xef\xb7", b"\xef\xbb\xbf", b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""How the rest of `_INVALID` begins in UTF-8: whole pages are searched for it, much faster than by the expression, bytes before pairs."""
_INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufff9\ufffa\ufffb"
)
_LINE_BREAKS = "\x85\u2028\u2029"
_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_JOINER = re.compile("(?<![\u0600-\u06ff\u0900-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u06ff\u0900-\u0dff])")
_SUSPICIOUS = re.compile(f"[{_NOWHERE}{_INVISIBLE}{_LINE_BREAKS}{_BLANKS}\u200c\u200d\x80-\x9f]")


@cache
def _translation() -> dict[int, str | None]:
    table: dict[int, str | None] = dict.fromkeys(map(ord, _INVISIBLE))
    for code in range(0x80, 0xA0):
        table[code] = bytes([code]).decode("cp1252", "ignore") or None
    table.update(dict.fromkeys(map(ord, _LINE_BREAKS), "\n"))
    table.update(dict.fromkeys(map(ord, _BLANKS), " "))
    return table


def valid_source(text: str) -> str:
    """`text` without the code points no parser and no database takes; everything a reader could see is kept."""
    encoded = text.encode("utf-8", "surrogatepass")
    is_odd = _SURROGATES in encoded or (_LAST in encoded and any(mark in encoded for mark in _MARKS))
    if not is_odd and len(encoded.translate(None, _CONTROLS)) == len(encoded):
        return text
    return _INVALID.sub("", text)


def tidy(text: str) -> str:
    """`text` as it may be stored: the rule of this module applied, NFC, line structure kept."""
    if text.isascii() and text.isprintable():
        return text
    if _SUSPICIOUS.search(text):
        text = _INVALID.sub("", text).translate(_translation())
        if "\u200c" in text or "\u200d" in text:
            text = _JOINER.sub("", text)
    return unicodedata.normalize("NFC", text)


def one_line(text: str | None) -> str:
    """`tidy` text on one line with single blanks; empty for None."""
    return " ".join(tidy(text).split()) if text else ""
