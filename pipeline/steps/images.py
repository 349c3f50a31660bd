"""The lead image: its address, and its caption and credit told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from lxml.html import HtmlElement

from db.readings import Image
from pipeline.steps.lexicon import pattern, plain, words
from pipeline.steps.structured import Statements
from pipeline.steps.tree import Names, absolute, has_word, text_of

_CAPTION_CLASS = re.compile(r"caption|legend|pie-?foto|photo-?credit|image-?credit|credit", re.IGNORECASE)
_SOURCES = ("src", "data-src", "data-lazy-src", "data-original")
_AGENCY_FIRST = re.compile(r"^((?:PHOTO|FOTO|IMAGE|AFP|AP|REUTERS|EFE|EPA)\s?/\s?[\w .&-]{2,40}?)\s+[-–—:]\s+(.+)$")
_TRAILING = re.compile(r"^(.+?)[\s.]*(?:©|\(c\)|\|)\s*([^|©]{2,80})$|^(.+?)\s*[(\[]([^()\[\]]{2,60})[)\]]\s*$", re.IGNORECASE)


def lead_image(tree: HtmlElement, stated: Statements, base: str) -> Image | None:
    """The image the page states for machines, with the caption of the figure that shows it (else of the first figure)."""
    address = absolute(base, next(_addresses(stated), None))
    figure = _figure(tree, address)
    if address is None and figure is not None:
        picture = next(figure.iter("img"), None)
        address = absolute(base, next((picture.get(name) for name in _SOURCES if picture.get(name)), None)) if picture is not None else None
    if address is None:
        return None
    caption, credit = split_caption(_caption_text(figure)) if figure is not None else (None, None)
    return Image(address, caption, credit)


def captions(tree: HtmlElement, marked: Names) -> frozenset[str]:
    """The folded text of every caption and credit of the page, so that none of them is taken for a line of the article."""
    found = [*tree.iter("figcaption"), *marked.matching(_CAPTION_CLASS)]
    return frozenset(text for text in (plain(text_of(element)) for element in found[:80]) if 3 < len(text) < 600)


def split_caption(text: str) -> tuple[str | None, str | None]:
    """("Drapeaux", "PHOTO/AP") of "photo_camera PHOTO/AP - Drapeaux": caption and credit, either may be missing."""
    text = _icons().sub("", text).strip(" -–—|")
    if not text:
        return None, None
    match = _AGENCY_FIRST.match(text)
    if match:
        return match[2], match[1]
    match = _labelled().search(text)
    if match and len(text) - match.start() <= 90:
        return text[: match.start()].strip(" -–—|.,(") or None, text[match.end() :].strip(" :/-)") or None
    match = _TRAILING.match(text)
    if match:
        return match[1] or match[3], match[2] or match[4]
    if text.startswith("©"):
        return None, text.strip("© ")
    return text, None


def _addresses(stated: Statements) -> Iterator[str]:
    for value in stated.resolved(stated.article.get("image")):
        node = stated.resolve(value)
        if isinstance(node, dict):
            node = node.get("url") or node.get("contentUrl") or node.get("@id")
        if isinstance(node, list):
            node = next((one for one in node if isinstance(one, str)), None)
        if isinstance(node, str) and node:
            yield node
    yield from stated.all_meta("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")


def _figure(tree: HtmlElement, address: str | None) -> HtmlElement | None:
    figures = [figure for figure in tree.iter("figure") if next(figure.iter("img", "picture"), None) is not None][:20]
    name = _file_name(address) if address else ""
    for figure in figures:
        if name and any(
            name in (picture.get(source) or "") for picture in figure.iter("img", "source") for source in (*_SOURCES, "srcset")
        ):
            return figure
    return next((figure for figure in figures if next(figure.iter("figcaption"), None) is not None), figures[0] if figures else None)


def _file_name(address: str) -> str:
    return re.sub(r"(?:-\d+x\d+)?\.\w{3,4}$", "", address.partition("?")[0].rpartition("/")[2])


def _caption_text(figure: HtmlElement) -> str:
    caption = next(figure.iter("figcaption"), None)
    if caption is None:
        caption = next((element for element in figure.iter("p", "span", "div", "small") if has_word(element, _CAPTION_CLASS)), None)
    return text_of(caption)[:600] if caption is not None else ""


@cache
def _icons() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in words("clutter", "icons") if "_" in word), re.IGNORECASE)


@cache
def _labelled() -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s(\[.|/–-]){pattern('clutter', 'credits')}\s*(?::|©)\s*", re.IGNORECASE)
