"""What leads away from an article and is known by links and forms, cut before the engine sees it: pointers, teaser cards, sign-up boxes.

Words alone are judged elsewhere (`clutter` by headings, `lines` by lines); here a link or a form must say the same.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import SplitResult, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from pipeline.steps.densest import has_linked_title
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import pattern, plain, words
from pipeline.steps.tree import drop, text_of, unlinked_length

_LONGEST_POINTER = 260
_SHORTEST_TITLE = 15
_LONGEST_CARD = 500
_LONGEST_BOX = 400
_SHARE = 0.25
"""Share of a page's words that are no links up to which cards are teasers beside an article."""
_PROSE = 200
"""Characters of a paragraph from which on a box is no box."""
_LINKED = 0.95
"""Share of what follows the pointing words that must be links."""
_LINES = frozenset(("p", "div", "li", "h2", "h3", "h4", "h5", "h6", "aside", "blockquote", "td"))
_INNER = ("p", "div", "ul", "ol", "table", "li")
_FEWEST_WORDS = 4
"""Of a title."""
_LONG = 100
"""Characters of a paragraph beside a linked title from which on it is prose."""
_SENTENCE_END = re.compile(r"[.!?…:;)»؟。]\W*$")
_LABEL = re.compile(r"(\w+(?:[ '’-]\w+){1,5})\s*[|:>»›–—-]\s*")
_MOST_FIELDS, _MOST_ELEMENTS = 40, 200
_CARDS = ("div", "article", "li", "section", "td")
_UNFINISHED = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\W*$")
_CHARACTERS: Any = etree.XPath("string-length(normalize-space(.))")
_MAIL = re.compile(r"e-?mail|courriel|correo", re.IGNORECASE)


def cut_pointers(tree: HtmlElement, url: str, title: str, journal: Journal) -> None:
    """Cut them in place. `url` and `title` are the article's own."""
    for element, why in [*_pointing(tree), *_lone_links(tree, url), *_cards(tree, url, plain(title)), *_boxes(tree)]:
        if element.getroottree().getroot() is tree and element is not tree:
            journal.note("extract", "cut", text_of(element)[:120], why)
            drop(element)


def _pointing(tree: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """Short lines of pointing words and a link: "Lire aussi <a>…</a>"."""
    found: dict[HtmlElement, str] = {}
    seen: set[HtmlElement] = set()
    for link in tree.iter("a"):
        if len(link.text or "") < _SHORTEST_TITLE and (not len(link) or _CHARACTERS(link) < _SHORTEST_TITLE):
            continue  # menus
        line = next((one for one in link.iterancestors() if one.tag in _LINES), None)
        if line is None or line in seen:
            continue
        seen.add(line)
        if _CHARACTERS(line) > _LONGEST_POINTER or next(line.iterdescendants(*_INNER), None) is not None:
            continue
        folded = plain(text_of(line))
        match = _pointing_words().match(folded)
        if match and _leads(line, folded, match.end(), parted=match[1] is not None):
            found[line] = "points to another article"
    return list(found.items())


def _lone_links(tree: HtmlElement, url: str) -> list[tuple[HtmlElement, str]]:
    """What short paragraphs with one link, to another page of the site, are pointers by the link alone."""
    lines: list[tuple[HtmlElement, str, str]] = []
    for line in tree.iter("p"):
        link = next(line.iter("a"), None) if len(line) else None
        if link is None or line.getparent() is None or _CHARACTERS(line) > _LONGEST_POINTER or len(list(line.iter("a"))) > 1:
            continue
        linked = text_of(link)
        if len(linked) >= _SHORTEST_TITLE and _leads_elsewhere(link, url):
            lines.append((line, text_of(line), linked))
    return [*_titles(lines), *_labelled(lines)] if lines else []


def _titles(lines: list[tuple[HtmlElement, str, str]]) -> list[tuple[HtmlElement, str]]:
    """Those of nothing but a title: in capitals, or below prose with none behind it.

    With prose on both sides it may be the heading of an item of a digest. Where most of what stands there is such, it is a list.
    """
    beside: dict[HtmlElement, list[HtmlElement]] = {}
    for line, text, linked in lines:
        if len(linked) >= _LINKED * len(text) and _is_title(text):
            beside.setdefault(line.getparent(), []).append(line)
    found = [titles for container, titles in beside.items() if len(titles) < sum(map(_is_prose, container.iterchildren("p")))]
    return [(line, "a title linked to another article") for titles in found for line in titles if _points_away(line)]


def _is_title(text: str) -> bool:
    return len(text.split()) >= _FEWEST_WORDS and text[0].isalnum() and (text.isupper() or not _SENTENCE_END.search(text))


def _points_away(line: HtmlElement) -> bool:
    above, below = _beside(line, -1), _beside(line, 1)
    return text_of(line).isupper() or (above is not None and _is_prose(above) and (below is None or not _is_prose(below)))


def _beside(line: HtmlElement, step: int) -> HtmlElement | None:
    """The next element with words in it, above (-1) or below (1)."""
    return next((one for one in line.itersiblings(preceding=step < 0) if isinstance(one.tag, str) and text_of(one)), None)


def _is_prose(element: HtmlElement) -> bool:
    return element.tag == "p" and unlinked_length(element) >= _LONG


def _leads_elsewhere(link: HtmlElement, url: str) -> bool:
    """Whether a link leads to another page of the same site than the article and the home page."""
    to, own = _address(link.get("href") or ""), _address(url)
    return _stays(link, url) and to.path not in {"", "/", own.path} and to.scheme in {"", "http", "https"}


def _labelled(lines: list[tuple[HtmlElement, str, str]]) -> list[tuple[HtmlElement, str]]:
    """Those of the same words in capitals and a linked title, twice or more: "READ THIS TOO | <a>…</a>", in whatever language."""
    found: dict[str, list[HtmlElement]] = {}
    for line, text, linked in lines:
        label = _LABEL.match(text)
        if label and label[1].isupper() and text[label.end() :] == linked:
            found.setdefault(label[1], []).append(line)
    return [(line, "points to another article") for same in found.values() if len(same) > 1 for line in same]


def _length(element: HtmlElement, enough: int) -> int:
    """Characters of an element; more than `enough` if it holds more, or more elements than a box does."""
    length = 0
    for count, one in enumerate(element.iter("*")):
        length += len((one.text or "").strip()) + (len((one.tail or "").strip()) if count else 0)
        if length > enough or count > _MOST_ELEMENTS:
            return enough + 1
    return length


def _leads(line: HtmlElement, folded: str, end: int, *, parted: bool) -> bool:
    """Whether all behind the pointing words, which end at `end`, is a link; words that no colon parts from it must not be in that link."""
    rest, links = len(folded) - end, [plain(text_of(link)) for link in line.iter("a")]
    linked = sum(map(len, links))
    return rest > 0 and linked >= _LINKED * rest and (parted or linked <= rest)


def _cards(tree: HtmlElement, url: str, title: str) -> list[tuple[HtmlElement, str]]:
    """Containers of a title linked to the same site and a text that breaks off, or that end in "Read more".

    None where they are much of the page: there they are what the article is about, the events or things it lists.
    """
    found: list[tuple[HtmlElement, str]] = []
    seen: set[HtmlElement] = set()
    for heading in tree.iter("h2", "h3", "h4", "h5"):
        card, link = heading.getparent(), next(heading.iter("a"), None)
        if card is None or link is None or card in seen or card.tag not in _CARDS:
            continue
        seen.add(card)
        if _CHARACTERS(card) > _LONGEST_CARD:
            continue
        text, own = text_of(card), text_of(heading)
        if not has_linked_title(card) or len(own) >= len(text) or plain(own) == title or not _stays(link, url):
            continue
        if _UNFINISHED.search(text) or _ends_in_read_more(card):
            found.append((card, "teaser of another article"))
    length = sum(unlinked_length(card) for card, _ in found)
    return found if found and length <= _SHARE * unlinked_length(tree) else []


def _stays(link: HtmlElement, url: str) -> bool:
    """Whether a link leads to another page of the same site."""
    host, own = _address(link.get("href") or "").netloc, _address(url).netloc
    return not host or host.removeprefix("www.") == own.removeprefix("www.")


def _address(written: str) -> SplitResult:
    """An address in its parts; one that cannot be understood leads to no page."""
    try:
        return urlsplit(written)
    except ValueError:
        return SplitResult("", "nowhere.invalid", "", "", "")


def _ends_in_read_more(card: HtmlElement) -> bool:
    links = [link for link in card.iter("a") if text_of(link)]
    return len(links) > 1 and plain(text_of(links[-1])).strip(" .…»›>→:") in _read_more()


def _boxes(tree: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """Small containers around a field for a mail address."""
    found: dict[HtmlElement, str] = {}
    for field in islice(tree.iter("input"), _MOST_FIELDS):
        if field.get("type") == "email" or _MAIL.search(f"{field.get('name') or ''} {field.get('placeholder') or ''}"):
            box = _box_around(field)
            if box is not None:
                found[box] = "asks for a mail address"
    return list(found.items())


def _box_around(field: HtmlElement) -> HtmlElement | None:
    box = None
    for one in field.iterancestors():
        if (
            one.tag in {"body", "main", "article", "html"}
            or _length(one, _LONGEST_BOX) > _LONGEST_BOX
            or next(one.iter("h1"), None) is not None
        ):
            break
        if any(_length(paragraph, _PROSE) >= _PROSE for paragraph in one.iter("p")):
            break
        box = one
    return box


@cache
def _pointing_words() -> re.Pattern[str]:
    return re.compile(rf"[\s>»›•*+\-–—→]*{pattern('clutter', 'pointers', 'block_headings')}(?!\w)\s*([:>»›|–\-←→…]+)?\s*")


@cache
def _read_more() -> frozenset[str]:
    return frozenset((*words("clutter", "whole_lines"), *words("clutter", "pointers")))
