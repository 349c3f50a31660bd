"""What stands around articles, cut from the tree before the engine sees it: related, comment and follow blocks from their heading on.

Every cut is guarded: text that may be the article's own is never cut on the word of a heading alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from lxml.html import HtmlElement

from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import pattern, plain, words
from pipeline.steps.tree import drop, text_of, unlinked_length

_HEADING_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "span", "strong", "b", "legend", "label", "summary")
_TITLE_TAGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LONGEST_HEADING = 70
_LONG = 120
"""Characters from which on a paragraph counts as prose."""
_BEFORE_ENOUGH = 600
"""Characters of prose that must stand before a heading for everything after it to be cut without a look at how much that is."""
_ARTICLE_STARTED = 200
"""Characters of prose that must stand before a heading that counts readers' comments: the same count often stands under the headline."""
_BOX = 300
"""Characters of prose that may go with the heading of a small box."""
_TAIL = " :!…»›>.*"
_LINES_KEPT = 4096
"""Short lines whose verdicts a process remembers: menus and boxes are the same on all pages of a paper."""
_MOST_HEADINGS = 60
"""Headings looked at: each may need a look at all that follows it, and no page of a paper has as many."""
_CONTINUED = 6
"""Words of a heading that starts like a clutter heading and goes on with a name ("More from Politics")."""


@dataclass(slots=True)
class _Heading:
    element: HtmlElement
    text: str
    prose_before: int


def is_block_heading(text: str) -> bool:
    """Whether a line is the heading of something that is not the article."""
    return bool(text) and len(text) <= _LONGEST_HEADING and _is_box_heading(text)


@lru_cache(maxsize=_LINES_KEPT)
def _is_box_heading(text: str) -> bool:
    return _bare(text) in _box_headings() or ends_text(text)


def ends_text(text: str) -> bool:
    """Whether a line, in a text whose blocks are no longer known, is a heading after which the article does not go on."""
    if len(text) > 2 * _LONGEST_HEADING:
        return False
    folded = _bare(text)
    if folded in _headings() or counts_comments(text):
        return True
    is_short = len(text) <= _LONGEST_HEADING and len(folded.split()) <= _CONTINUED
    if not is_short or text.rstrip().endswith((".", "?", "…")):
        return False
    return folded.startswith(_starts()) or _goes_on_with_name(text, folded)


def _goes_on_with_name(text: str, folded: str) -> bool:
    """Whether two words that begin sentences too ("Plus de") are followed by a name: "Plus de Politique", not "Plus de moyens"."""
    after = text.split()[2:3]
    return folded.startswith(_named_starts()) and bool(after) and after[0][0].isupper()


def counts_comments(text: str) -> bool:
    """Whether a line counts what readers wrote: "2 Comments", "Commentaires (2)", "3 thoughts on “The port”"."""
    return len(text) <= 2 * _LONGEST_HEADING and _comment_count().match(plain(text)) is not None


def _is_sure_heading(text: str) -> bool:
    return _bare(text) in _headings() or counts_comments(text)


def _bare(text: str) -> str:
    """A heading as the word lists hold it: folded, without what closes it."""
    return plain(text).strip(_TAIL)


def cut_blocks(tree: HtmlElement, journal: Journal) -> None:
    """Cut clutter blocks from their headings on, in place."""
    headings = _survey(tree)
    total = unlinked_length(tree) if headings else 0
    lengths: dict[HtmlElement, int] = {}
    for heading in headings:
        if heading.element.getroottree().getroot() is not tree:
            continue  # went with a block cut before
        doomed = _block(heading.element)
        lengths |= {element: unlinked_length(element) for element in doomed if element not in lengths}
        prose = sum(lengths[element] for element in doomed) - len(heading.text)
        if not _may_go(heading, prose, total):
            journal.note("extract", "kept", heading.text, "a clutter heading, but what follows may be the article")
            continue
        for element in doomed:
            drop(element)
        journal.note("extract", "cut", heading.text, "block cut from its heading on")


def cut_captions(tree: HtmlElement) -> None:
    """Captions belong to images: cut in place, unless they are long enough to be text somebody put into a figure."""
    for caption in list(tree.iter("figcaption")):
        if len(text_of(caption)) < 500:
            drop(caption)


def _may_go(heading: _Heading, prose: int, total: int) -> bool:
    """The guard: `prose` characters would be cut, of `total` on the page."""
    if _is_about_comments(heading.text) and heading.prose_before >= _BEFORE_ENOUGH:
        return True
    if counts_comments(heading.text):
        return heading.prose_before >= _ARTICLE_STARTED
    if not _is_sure_heading(heading.text):
        return prose <= _BOX
    return prose <= 0.3 * total or (heading.prose_before >= _BEFORE_ENOUGH and prose <= 2 * heading.prose_before)


def _survey(tree: HtmlElement) -> list[_Heading]:
    """The page's clutter headings, with how much prose stands before each."""
    total = 0
    headings: list[_Heading] = []
    short: set[HtmlElement] = set()
    for element in tree.iter(*_HEADING_TAGS):
        if element.tag == "p":
            total += _paragraph_length(element)
        if element.getparent() in short:
            short.add(element)
        elif len(element) <= 3 and _is_short(element):
            short.add(element)
            text = text_of(element)
            if is_block_heading(text):
                headings.append(_Heading(element, text, total))
        if len(headings) >= _MOST_HEADINGS:
            break
    return headings


def _is_short(element: HtmlElement) -> bool:
    if not len(element):
        return 0 < len((element.text or "").strip()) <= _LONGEST_HEADING
    length = 0
    for text in element.itertext():
        length += len(text.strip())
        if length > _LONGEST_HEADING:
            return False
    return length > 0


def _block(heading: HtmlElement) -> list[HtmlElement]:
    """The heading, as far up as it stands alone, and what follows it in its container up to where the article resumes."""
    top = heading
    parent = top.getparent()
    while parent is not None and parent.tag not in {"body", "html", "main", "article"} and _holds_only(parent, top):
        top, parent = parent, parent.getparent()
    block = [top]
    goes_on = not (heading.tag in _TITLE_TAGS and counts_comments(text_of(heading)))
    for sibling in top.itersiblings():
        if goes_on and _resumes(sibling):
            break
        block.append(sibling)
    if parent is not None and parent.tag == "body" and len(block) > 1 and heading.tag not in {"h2", "h3", "h4"}:
        return [top]
    return block


def _holds_only(parent: HtmlElement, child: HtmlElement) -> bool:
    if (parent.text or "").strip() or (child.tail or "").strip():
        return False
    return all(other is child or (not "".join(other.itertext()).strip() and not (other.tail or "").strip()) for other in parent)


def _resumes(element: HtmlElement) -> bool:
    """A long paragraph right below the container that no linked title announces: the article goes on."""
    if element.tag != "p" or _paragraph_length(element) < _LONG:
        return False
    before = element.getprevious()
    while before is not None and not text_of(before):
        before = before.getprevious()
    return before is None or not _is_linked_title(before)


def _is_linked_title(element: HtmlElement) -> bool:
    text = text_of(element)
    linked = sum(len(text_of(link)) for link in element.iter("a"))
    return element.tag not in {"ul", "ol", "table"} and 0 < len(text) < 220 and linked >= 0.7 * len(text)


def _paragraph_length(element: HtmlElement) -> int:
    """Characters of a paragraph that are not links, 0 for a short one."""
    length = sum(map(len, map(str.strip, element.itertext())))
    if length < _LONG // 2:
        return 0
    linked = sum(len(text) for link in element.iter("a") for text in link.itertext())
    return length if linked < 0.5 * length else 0


def _is_about_comments(text: str) -> bool:
    """Readers may write more than the journalist: below their heading, length proves nothing."""
    return "comment" in plain(text) or "تعليق" in text or counts_comments(text)


@cache
def _headings() -> frozenset[str]:
    return frozenset(word.strip(_TAIL) for word in words("clutter", "block_headings"))


@cache
def _box_headings() -> frozenset[str]:
    return frozenset(word.strip(_TAIL) for word in words("clutter", "box_headings"))


@cache
def _starts() -> tuple[str, ...]:
    return tuple(f"{word} " for word in words("clutter", "block_heading_starts"))


@cache
def _named_starts() -> tuple[str, ...]:
    return tuple(f"{word} " for word in words("clutter", "named_heading_starts"))


@cache
def _comment_count() -> re.Pattern[str]:
    readers = pattern("clutter", "reader_words")
    about = r"(?:\s*$|\s+(?:on|to|sur|a|au|en|em|su|per|zu|auf|op|pe|til|till|علي)\s|\s*[\"'“”«»„:])"
    return re.compile(
        rf"\W*(?:\d{{1,3}}(?:[.,\s]?\d{{3}})?|one|un|une|uno|um|ein|een)\s+{readers}(?!\w){about}|{readers}\s*[(\[:]\s*\d+\s*[)\]]?\W*$"
    )
