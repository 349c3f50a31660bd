"""Small repairs of what feeds, sitemaps and listings give: titles made plain, ampersands made XML."""

from __future__ import annotations

import html
import re

MAX_TITLE = 500
"""Characters of a title that are kept."""


def plain_title(text: str | None) -> str | None:
    """A title without markup, entities, control characters and surplus space; None if nothing is left."""
    if not text:
        return None
    bare = html.unescape(re.sub(r"<[/a-zA-Z!][^<>]{0,1000}>", " ", html.unescape(text[: MAX_TITLE * 10])))
    printable = "".join(" " if character < " " or character == "\x7f" else character for character in bare)
    words = " ".join(printable.encode("utf-8", "ignore").decode().split())
    return words[:MAX_TITLE].rstrip() or None


BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")


def escape_ampersands(xml: bytes) -> bytes:
    """Escape the ampersands that begin none of XML's own entities: sites forget them in addresses, or write HTML's."""
    return BARE_AMPERSAND.sub(b"&amp;", xml)
