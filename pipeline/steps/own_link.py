"""The day in a link that leads to the page itself: the permanent link of a blog, or the page's own card in a list of the newest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from pipeline.steps.date_phrases import COARSE, Phrase
from pipeline.steps.page_date import in_comment
from pipeline.steps.tree import text_of

_LONGEST = 60
_DIGIT = re.compile(r"\d")
_PARTS = ("time", "abbr", "span", "div", "p", "small", "li", "em", "i")


def own_link_phrase(tree: HtmlElement, url: str, read: Callable[[str], Phrase | None]) -> Phrase | None:
    """The only day that links to `url` itself hold; None if they hold none or several. Links to a place in the page are not asked."""
    own = _place(url)
    if own[1] in {"", "/"}:
        return None
    found: list[Phrase] = []
    for link in tree.iter("a"):
        if not _leads_to(link.get("href") or "", own) or in_comment(link):
            continue
        phrase = next((phrase for text in _texts(link) if (phrase := read(text)) and not phrase.relative), None)
        if phrase and phrase.precision not in COARSE:
            found.append(phrase)
    return found[0] if len({phrase.on for phrase in found}) == 1 else None


def _texts(link: HtmlElement) -> Iterator[str]:
    """The short texts of a link that hold a figure, those for machines first."""
    for part in link.iter(*_PARTS):
        yield from (value for value in (part.get("datetime"), part.get("title")) if value and _DIGIT.search(value))
    for part in (link, *link.iter(*_PARTS)):
        text = text_of(part)
        if 6 <= len(text) <= _LONGEST and _DIGIT.search(text):
            yield text


def _leads_to(href: str, own: tuple[str, str, str]) -> bool:
    if not href or "#" in href or own[1].rpartition("/")[2] not in href:
        return False
    try:
        host, path, query = _place(href)
    except ValueError:
        return False
    return (path, query) == own[1:] and host in {"", own[0]}


def _place(address: str) -> tuple[str, str, str]:
    parts = urlsplit(address)
    return parts.netloc.removeprefix("www."), parts.path.rstrip("/"), parts.query
