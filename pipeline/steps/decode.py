"""Bytes to text: which encoding a page really has, whatever it declares."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.steps.characters import valid_source
from pipeline.steps.plausibility import likeliest_legacy

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"))
_BOMS_16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"""<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,30})""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,30})""", re.IGNORECASE)
_META_WITHIN = 8192
_ALLOWED = re.compile(
    r"(?:utf-?(?:8|16|32)|iso|windows|cp\d|koi8|gb|hz|big5|euc|shift|x-sjis|ks_c|tis|mac|latin|us-ascii|ascii)", re.IGNORECASE
)
_ALIASES = {  # what browsers understand by a label (WHATWG Encoding Standard, section 4.2), where Python differs
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-6": "cp1256",
    "utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8",
}  # fmt: skip
_SEVEN_BIT = {"iso2022_jp", "hz", "iso2022_kr"}
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]+")
_TWICE_LETTERS = ("Ã", "Â", "Ø", "Ù")
_TWICE_MARKS = (*_TWICE_LETTERS, "â€")
_TWICE = re.compile("[ÃÂØÙ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page as text, the encoding it was read in (Python's name) and why that one."""

    text: str
    encoding: str
    why: str


def decode(body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Decoded:
    """Read `body` in the encoding its bytes speak for; never raises.

    A byte order mark decides; bytes that are valid UTF-8 with letters beyond ASCII are UTF-8 whatever is declared, since other
    encodings do not form such sequences by accident; otherwise the declaration (HTTP before meta) holds if its letters make sense,
    else the likeliest legacy encoding.
    """
    text, encoding, why = _decode(body, tuple(_declared(body, headers)))
    return Decoded(valid_source(_read_twice(text)), encoding, why)


def _decode(body: bytes, declared: tuple[str, ...]) -> tuple[str, str, str]:
    marked = _by_mark(body)
    if marked:
        return marked
    if body.isascii() and not _wide_pattern(body):
        seven_bit = next((name for name in declared if name in _SEVEN_BIT), None)
        if seven_bit:
            return body.decode(seven_bit, "replace"), seven_bit, "declared, seven-bit"
        return body.decode("ascii"), "utf-8", "nothing beyond ASCII"
    wide = _wide_pattern(body)
    if wide:
        return body.decode(wide, "replace"), wide, "every other byte is zero"
    try:
        return body.decode("utf-8"), "utf-8", "valid UTF-8 throughout"
    except UnicodeDecodeError:
        return _not_clean_utf8(body, declared)


def _by_mark(body: bytes) -> tuple[str, str, str] | None:
    for mark, name in (*_BOMS, *_BOMS_16):
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), name, "byte order mark"
    return None


def wide_encoding(body: bytes) -> str | None:
    """The UTF-16 or UTF-32 a body is in, by its mark or its pattern of zeros; None for encodings without zero bytes."""
    marked = next((name for mark, name in (*_BOMS, *_BOMS_16) if body.startswith(mark)), None)
    return None if marked == "utf-8" else marked or _wide_pattern(body)


def _wide_pattern(body: bytes) -> str | None:
    """UTF-16 without a mark: markup is ASCII, so every other byte of the beginning is zero."""
    head = body[:64]
    even, odd = head[0::2], head[1::2]
    if len(head) < 20:
        return None
    if odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def _not_clean_utf8(body: bytes, declared: tuple[str, ...]) -> tuple[str, str, str]:
    rest, sequences = _MULTIBYTE.subn(b"", body)
    broken = sum(len(run.group()) for run in _HIGH.finditer(rest))
    if sequences >= broken and (sequences > 3 * broken or "utf-8" in declared or not declared):
        return _utf8_with_strays(body), "utf-8", f"UTF-8 with {broken} stray bytes of Windows-1252"
    guess = likeliest_legacy(body)
    for name in declared:
        if name in {"utf-8", *_SEVEN_BIT} or name.startswith("utf-"):
            continue
        if name == "cp1252" and guess != "cp1252":
            return body.decode(guess, "replace"), guess, "declared Latin-1, but its letters make no Latin words"
        text = _strictly(body, name)
        if text is not None:
            return text, name, "declared"
    return (
        body.decode(guess, "replace"),
        guess,
        "not valid as declared; likeliest by its letters" if declared else "undeclared; likeliest by its letters",
    )


def _strictly(body: bytes, name: str) -> str | None:
    try:
        text = body.decode(name, "replace")
    except (LookupError, UnicodeError):
        return None
    return text if text.count("\ufffd") <= len(text) // 500 else None


def _utf8_with_strays(body: bytes) -> str:
    """UTF-8 in which single bytes of another hand were pasted: those are read as Windows-1252."""
    parts: list[str] = []
    position = 0
    while position < len(body):
        try:
            parts.append(body[position:].decode("utf-8"))
            break
        except UnicodeDecodeError as error:
            parts.append(body[position : position + error.start].decode("utf-8"))
            stray = body[position + error.start : position + error.end]
            parts.append(stray.decode("cp1252", "replace"))
            position += error.end
            if len(parts) > 2000:  # quadratic from here on, and no longer a page with a few strays
                parts.append(body[position:].decode("utf-8", "replace"))
                break
    return "".join(parts)


def _declared(body: bytes, headers: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, value in headers:
        if name.lower() == "content-type":
            match = _HEADER.search(value)
            if match:
                yield from _codec(match[1])
    meta = _META.search(body[:_META_WITHIN])
    if meta:
        yield from _codec(meta[1].decode("ascii"))


def _codec(label: str) -> Iterator[str]:
    if not _ALLOWED.match(label):
        return
    try:
        name = codecs.lookup("cp949" if label.lower().startswith("ks_c") else label).name
    except LookupError:
        return
    yield _ALIASES.get(name, name)


def _read_twice(text: str) -> str:
    """Undo a publisher's own double encoding (`Ã©` for `é`), if the whole text can be read back without a loss."""
    if not any(mark in text for mark in (_TWICE_MARKS if "€" in text else _TWICE_LETTERS)):
        return text
    found = len(_TWICE.findall(text))
    if found < 3 or found < 0.5 * sum(1 for character in text if character > "\x7f") / 2:
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text
