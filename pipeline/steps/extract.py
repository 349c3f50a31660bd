"""The article's text: trafilatura over the shared tree, its answer as paragraphs, and what to do when it finds too little."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml.etree import _Element
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from pipeline.steps.characters import one_line, tidy
from pipeline.steps.densest import densest, is_glued, spread
from pipeline.steps.journal import Journal
from pipeline.steps.structured import Statements, text_value
from pipeline.steps.tree import text_of, unlinked_length

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its warnings about odd pages are no business of our users
MODES: dict[str, dict[str, Any]] = {
    "default": {},
    "precision": {"favor_precision": True},
    "recall": {"favor_recall": True},
    "no_tables": {"include_tables": False},
}
"""The engine's modes: which one suits is a matter of the source."""
_ENOUGH = 250
"""Characters below which an extraction is looked at twice."""
_NOTHING = 100
"""Characters below which the engine found a heading or a notice, and no text."""
_FEW = 2
"""Lines up to which an answer may be a page in one lump."""
_DENSER = 1.8
"""How many times the engine's text the densest container must hold to be preferred."""
_LONGEST_DENSE = 16_000
"""Characters beyond which a container holds tests, tables and lists beside the article: there the engine's choice stands."""
_HALF = 0.6
"""Share of the page's prose below which the answer may be one container of several."""
_KEPT = 0.7
"""Share of the answer that must be in what replaces it."""
_SHARE = 0.3
"""Share of the page's unlinked characters below which the engine is asked for its second opinions: with 0.5 they win one page in a
thousand more, for a tenth of the CPU."""
_LUMP = 700
"""Characters of a mean line from which on paragraphs are glued together."""
_STRAYS = (
    "aside", "audio", "button", "fieldset", "figure", "footer", "form", "iframe", "input", "label", "nav",
    "noscript", "object", "option", "select", "source", "svg", "time",
)  # fmt: skip
"""Elements the engine's answer should no longer hold; where it does, it asks its second opinions."""
_BREAK = "\u2029"
"""Stands for a line break of the page until paragraphs are cut; `tidy` makes it a newline."""
_TAGS = re.compile(r"<[^<>]{1,300}>")
_PARAGRAPH_TAGS = (
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "td", "div", "section", "article", "main", "body",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extraction:
    """The lines of a text, one paragraph, sub-heading or list item each, and what found them."""

    lines: tuple[str, ...]
    by: str


def extract(tree: HtmlElement, url: str, stated: Statements, journal: Journal, mode: str = "default") -> Extraction:
    """The text of a page whose clutter blocks are already cut. Empty `lines` if there is none. `mode` is a key of `MODES`."""
    most = unlinked_length(tree)
    lines = tuple(_engine(tree, url, most, MODES[mode]))
    length = sum(map(len, lines))
    by = "trafilatura"
    body = tuple(stated_body(stated)) if length < _ENOUGH or len(lines) <= _FEW else ()
    if (length < _ENOUGH and sum(map(len, body)) > max(3 * length, _ENOUGH)) or _is_lump_of(lines, body):
        lines, by = body, "JSON-LD articleBody"
    paragraphs = _paragraphs(tree, lines, most)
    if paragraphs:
        lines, by = paragraphs, "the container with most prose"
    scattered = _scattered(tree, lines, most)
    if scattered:
        lines, by = scattered, "all containers with prose"
    journal.note("extract", "text", f"{len(lines)} lines, {sum(map(len, lines))} characters", by)
    return Extraction(lines, by)


def _is_lump_of(lines: tuple[str, ...], body: tuple[str, ...]) -> bool:
    """Whether an answer is the stated body without its paragraphs: the engine's own last resort reads the same statement, on one line."""
    return 0 < len(lines) < len(body) and "".join("".join(lines).split()) == "".join("".join(body).split())


def _paragraphs(tree: HtmlElement, lines: tuple[str, ...], most: int) -> tuple[str, ...]:
    """The lines of the page's densest container, if the engine left most of it out or glued it to what stands around; else none."""
    length = sum(map(len, lines))
    if len(lines) > _FEW and _DENSER * length >= most:
        return ()
    prose = densest(tree, anywhere=_without_headline(tree, lines) < _NOTHING)
    paragraphs = lines_below(prose) if prose is not None else ()
    found = sum(map(len, paragraphs))
    left_out = max(_DENSER * length, _ENOUGH) < found <= _LONGEST_DENSE
    return paragraphs if left_out or is_glued(lines, paragraphs) else ()


def _without_headline(tree: HtmlElement, lines: tuple[str, ...]) -> int:
    """Characters of an answer besides the page's own headlines, which may be long: with nothing else in it, it is none."""
    headlines = [text_of(one) for one in tree.iter("h1")]
    length = sum(map(len, lines))
    return length - sum(len(headline) for headline in headlines if any(headline in line for line in lines))


def _scattered(tree: HtmlElement, lines: tuple[str, ...], most: int) -> tuple[str, ...]:
    """The lines of a body that stands in several containers, of which the answer holds one; else none."""
    length = sum(map(len, lines))
    if length >= _HALF * most:
        return ()
    containers, prose = spread(tree, frozenset(lines))
    if length >= _HALF * prose:
        return ()
    scattered = tuple(line for container in containers for line in lines_below(container))
    known = set(scattered)
    return scattered if sum(len(line) for line in lines if line in known) >= _KEPT * length else ()


def lines_below(element: HtmlElement) -> tuple[str, ...]:
    """The text below one element, block by block, where a source says which element is the body."""
    lines: list[str] = []
    for block in element.iter(*_PARAGRAPH_TAGS):
        if any(child.tag in _PARAGRAPH_TAGS or child.tag in {"ul", "ol", "table"} for child in block):
            lines.extend(_cut(_loose_text(block)))
        elif not any(ancestor.tag in {"p", "li", "td", "blockquote"} for ancestor in _up_to(block, element)):
            lines.extend(_cut(_flat_text(block)))
    return tuple(lines) or tuple(_cut(text_of(element)))


def _up_to(block: HtmlElement, top: HtmlElement) -> Iterator[HtmlElement]:
    for ancestor in block.iterancestors():
        if ancestor is top:
            return
        yield ancestor


def _engine(tree: HtmlElement, url: str, most: int, options: dict[str, Any]) -> list[str]:
    """The engine's own rules first; with its second opinions, a third of the cost, only on doubt; `most`: the page's characters."""
    body = _asked(tree, url, fast=True, **options)
    lines = _lines_of(body)
    if body is None or _is_doubtful(body, lines, most):
        lines = _lines_of(_asked(tree, url, fast=False, **options))
    return lines


def _asked(tree: HtmlElement, url: str, **options: Any) -> _Element | None:
    try:
        document: Any = bare_extraction(tree, url=url, include_comments=False, with_metadata=False, **options)
    except Exception:  # noqa: BLE001 - the engine raises many kinds of errors on odd trees; the page then has no text and is judged so
        return None
    return document.body if document is not None else None


def _lines_of(body: _Element | None) -> list[str]:
    return [line for element in body for line in _blocks(element)] if body is not None else []


def _is_doubtful(body: _Element, lines: list[str], most: int) -> bool:
    """Whether the engine's second opinions could win: little text for the page, no paragraphs, all in one lump, or stray elements."""
    length = sum(map(len, lines))
    if length < max(_ENOUGH, _SHARE * most) or length > _LUMP * len(lines) or next(body.iter(*_STRAYS), None) is not None:
        return True
    paragraphs = sum(1 for _ in body.iter("p"))
    return paragraphs == 0 or sum(1 for _ in body.iter("table")) > paragraphs


def _blocks(element: _Element) -> Iterator[str]:
    """The lines of one block of the engine's answer: its list items and table rows are lines of their own."""
    if element.tag == "list":
        for item in element.iter("item"):
            yield from _cut(_words_of(item))
    elif element.tag not in {"p", "head", "item"} and next(element.iterdescendants("p", "head", "list", "quote"), None) is not None:
        yield from _cut(element.text or "")  # a table, or what is left of one, that lays out the page
        for child in element:
            yield from _blocks(child)
            yield from _cut(child.tail or "")
    elif element.tag == "table":
        for row in element.iter("row"):
            cells = [one_line(_words_of(cell)) for cell in row.iter("cell")]
            yield from _cut(" | ".join(filter(None, cells)))
    else:
        yield from _cut(_words_of(element))


def _words_of(element: _Element) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == "lb":
            parts.append(_BREAK)
        elif child.tag == "list" and element.tag == "item":
            parts.append(_BREAK)  # its items are lines of their own
        else:
            parts.append(_words_of(child))
            if child.tag in {"p", "head", "list", "item", "quote", "table", "row", "cell"}:
                parts.append(_BREAK)
        parts.append(child.tail or "")
    return "".join(parts)


def _flat_text(block: HtmlElement) -> str:
    parts = [block.text or ""]
    for child in block:
        if child.tag == "br":
            parts.append(_BREAK)
        elif child.tag not in {"script", "style"}:
            parts.append(_flat_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _loose_text(block: HtmlElement) -> str:
    """Words that stand in a container beside its blocks, parted by line breaks only."""
    parts = [block.text or ""]
    for child in block:
        inline = child.tag not in {*_PARAGRAPH_TAGS, "ul", "ol", "table", "figure", "script", "style", "aside", "br", "hr"}
        parts.append(_flat_text(child) if inline else _BREAK)
        parts.append(child.tail or "")
    return "".join(parts)


def _cut(text: str) -> Iterator[str]:
    """Paragraphs of a text: at blank lines between breaks, and at a single break after a finished sentence."""
    pieces = [" ".join(piece.split()) for piece in tidy(text.replace("\n", " ")).split("\n")]
    held = ""
    for piece in pieces:
        if not piece:
            if held:
                yield held
            held = ""
        elif held and (held[-1] in '.!?؟…»”":' or len(held) > 120 or len(piece) > 120):
            yield held
            held = piece
        else:
            held = f"{held} {piece}" if held else piece
    if held:
        yield held


def stated_body(stated: Statements) -> Iterator[str]:
    """The lines of the text a page states for machines (JSON-LD articleBody)."""
    raw = stated.article.get("articleBody")
    text = raw if isinstance(raw, str) else text_value(raw)
    for piece in re.split(r"\n\s*\n|\r\n|\n|<br\s*/?>|</p>", text):
        line = one_line(_TAGS.sub(" ", piece))
        if line:
            yield line
