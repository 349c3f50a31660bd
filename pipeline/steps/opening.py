"""The dateline that opens a text: the place at most, the day, and a sign that parts both from the first sentence."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipeline.steps.tree import ancestors_and_self, has_word, text_of

_LETTERS = r"[^\W\d_](?:[^\W\d_]|[’'., /&-])"
_DAY = (
    r"(?:\d{1,2}(?:er|st|nd|rd|th|º)?[\s./-]{1,2}(?:de\s)?[^\W_]{1,12}\.?[\s./-]{1,2}(?:de\s)?(?:19|20)\d\d"
    r"|[^\W\d_]{3,10}\.?\s\d{1,2},?\s(?:19|20)\d\d)"
)
_DATELINE = re.compile(
    rf"((?:{_LETTERS}{{1,24}},?\s*)?\((?:[^\W\d_]{{2,8}},\s*)?{_DAY}\))"
    rf"|((?:{_LETTERS}{{1,45}}?(?:,|\s[-–—])\s*(?:le\s|den\s|am\s|a\s)?)?{_DAY})\s*[-–—:|(„“\"«/]"
)
"""A day, with the place at most before it, that opens the first paragraph and is parted from it: "Rabat, 3 mars 2024 (MAP) - …",
"NEW YORK, March 3, 2024 /Wire/ -- …"; or in brackets: "Rabat (3.3.2024). …"."""
_SHORTEST = 120
_MOST = 3
_FRAME = frozenset(("nav", "header", "footer", "aside", "form", "blockquote", "figure"))
_ELSEWHERE = re.compile(r"comment|kommentar|teaser|related|sidebar|widget|cookie|consent|banner|footer", re.IGNORECASE)


def dateline_of(text: str) -> str | None:
    """Place and day that open a paragraph, None if nothing does."""
    match = _DATELINE.match(text)
    return (match[1] or match[2]) if match else None


def opening_dateline(tree: HtmlElement) -> str | None:
    """The dateline of the first paragraphs of a page, wherever they stand outside of what surrounds articles."""
    seen = 0
    for paragraph in tree.iter("p"):
        text = text_of(paragraph)
        if len(text) < _SHORTEST or any(
            one.tag in _FRAME or has_word(one, _ELSEWHERE) for one in ancestors_and_self(paragraph) if one.tag not in {"body", "html"}
        ):
            continue
        seen += 1
        dateline = dateline_of(text)
        if dateline or seen == _MOST:
            return dateline
    return None
