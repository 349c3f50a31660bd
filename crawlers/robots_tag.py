"""What a page says to crawlers about itself: `X-Robots-Tag` headers and `<meta name="robots">`. Pure; whether it is obeyed is a setting.

Both are a convention of the search engines (there is no RFC): `noindex`, `nofollow`, `none` for the two, each for everybody or after
the name of one crawler.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crawlers.spec import PRODUCT

HEAD = 1 << 16
"""Bytes of a page that are looked at for its head."""
META = re.compile(rb"<meta\b[^>]{0,500}>", re.IGNORECASE)
ATTRIBUTE = re.compile(rb"""([a-z-]{4,10})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
AGENT = re.compile(r"\s*([A-Za-z0-9_-]+)\s*:(?!\s*\d{1,2}:)(.*)", re.DOTALL)


def is_noindex(headers: Iterable[tuple[str, str]], body: bytes) -> bool:
    """Whether a page asks everybody, or us by name, not to be indexed."""
    said = [value for name, value in headers if name.lower() == "x-robots-tag"]
    return any("noindex" in words or "none" in words for words in (*map(_of_header, said), *_of_metas(body[:HEAD])))


def _of_header(value: str) -> set[str]:
    """The directives of one header that are meant for us."""
    named = AGENT.fullmatch(value)
    if named and named[1].lower() not in {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}:
        return _words(named[2]) if named[1].lower() == PRODUCT else set()
    return _words(value)


def _of_metas(head: bytes) -> list[set[str]]:
    found = []
    for tag in META.finditer(head):
        said = {key.lower(): b"".join(values) for key, *values in ATTRIBUTE.findall(tag[0])}
        if said.get(b"name", b"").strip().lower() in {b"robots", PRODUCT.encode()}:
            found.append(_words(said.get(b"content", b"").decode("latin-1")))
    return found


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}
