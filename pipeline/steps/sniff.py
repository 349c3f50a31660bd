"""What bytes are, before anybody reads them: things that are no HTML page, whatever their address or header says."""

from __future__ import annotations

import re
from unicodedata import category

from pipeline.steps.decode import wide_encoding

_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"RIFF", "an image or sound file"),
    (b"ID3", "a sound file"),
    (b"\x7fELF", "a program"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"OggS", "a sound file"),
    (b"wOF", "a font"),
    (b"BM", "a bitmap"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\x1aE\xdf\xa3", "a film"),
    (b"FLV\x01", "a film"),
    (b"fLaC", "a sound file"),
    (b"\0asm", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"%!PS", "a PostScript document"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF", "an HDF5 file"),
)
_FILMS = re.compile(rb"^.{4}ftyp", re.DOTALL)
_FEED = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|urlset|sitemapindex|rdf:RDF)\b", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|meta|title|div|p|h1|article|section|table|span|a|br|script|main)\b", re.IGNORECASE)
_TYPES = re.compile(
    r"^(?:image|audio|video|font)/|^application/(?:pdf|zip|octet-stream|json|msword|vnd\.|x-)|^text/(?:css|javascript|calendar|csv)",
    re.IGNORECASE,
)
_WITHIN = 65_536
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0C, 0x0D, 0x1B})  # ISO 2022 encodings switch their sets with 0x1B
_NO_LETTERS, _BLANKS = frozenset(("Cc", "Cn", "Co", "Cs")), "\t\n\f\r"
_MOST_CONTROLS = 0.02
"""Share of bytes; random ones have a tenth, pages with a few strays hardly any."""


def what_else(body: bytes, headers: tuple[tuple[str, str], ...]) -> str | None:
    """What a body is if it is not HTML ("a PDF"), None if it may be read. The bytes decide; the header only where they say nothing."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:512]
    has_markup = _MARKUP.search(body[:_WITHIN].replace(b"\0", b"")) is not None
    known = next((name for magic, name in _MAGIC if start.startswith(magic) and not (magic == b"BM" and has_markup)), None)
    if known or _FILMS.match(start):
        return known or "a film"
    if _is_binary(body):
        return "binary data"
    if _FEED.match(start):
        return "a feed or sitemap"
    return None if has_markup else _without_markup(body, start, headers)


def _is_binary(body: bytes) -> bool:
    """Whether too much of a body is what no text holds: NUL and other controls, or, in wide encodings, code points of no character."""
    wide = wide_encoding(body)
    if wide is None:
        return len(body) - len(body.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(body)
    middle = len(body) // 8 * 4
    sample = body[:_WITHIN].decode(wide, "replace") + body[middle : middle + _WITHIN].decode(wide, "replace")
    return sum(category(letter) in _NO_LETTERS and letter not in _BLANKS for letter in sample) > _MOST_CONTROLS * len(sample)


def _without_markup(body: bytes, start: bytes, headers: tuple[tuple[str, str], ...]) -> str | None:
    if start[:1] in {b"{", b"["}:
        return "JSON"
    declared = next((value for name, value in headers if name.lower() == "content-type"), "").strip()
    if _TYPES.match(declared):
        return declared.partition(";")[0].strip().lower()
    return "no markup at all" if b"<" not in body[:_WITHIN].replace(b"\0", b"") else None
