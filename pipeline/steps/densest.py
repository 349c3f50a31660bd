"""The last resort for a text: the container with most of the page's prose, for pages the engine finds nothing in or glues together."""

from __future__ import annotations

from collections import Counter

from lxml.html import HtmlElement

from pipeline.steps.tree import ancestors_and_self, stands_aside, text_of, unlinked_length

_PROSE = 60
"""Characters from which on a paragraph tells where the text is."""
_GLUED = 2
"""Lines of an answer that may be a whole page in one lump."""
_LONGEST_LUMP = 1_500


def densest(tree: HtmlElement, *, anywhere: bool = False) -> HtmlElement | None:
    """The element whose own paragraphs, or words of its own between line breaks, hold most characters that are no links.

    None if the page has no prose. What stands aside is no candidate, unless `anywhere`: some pages never close the popup they begin with.
    """
    weights: Counter[HtmlElement] = Counter()
    for paragraph in tree.iter("p"):
        parent = paragraph.getparent()
        length = unlinked_length(paragraph)
        if parent is not None and length >= _PROSE and 2 * length > len(text_of(paragraph)):
            weights[parent] += length
    for container in tree.iter("div", "section", "article", "main", "td", "body"):
        loose = _loose_length(container)
        if loose >= _PROSE:
            weights[container] += loose
    for element, _ in weights.most_common(5):
        if anywhere or not any(stands_aside(one) for one in ancestors_and_self(element)):
            return element
    return None


def _loose_length(container: HtmlElement) -> int:
    """Characters that stand in the container itself, in no element of its own, white space at both ends of each run aside."""
    return len((container.text or "").strip()) + sum(len((child.tail or "").strip()) for child in container)


def is_glued(found: tuple[str, ...], paragraphs: tuple[str, ...]) -> bool:
    """Whether a short answer is the paragraphs in one lump, with what stands around them or not: they are most of it, word for word."""
    if not 0 < len(found) <= _GLUED or not paragraphs or sum(map(len, found)) > _LONGEST_LUMP:
        return False
    lump = "".join("".join(found).split())
    bare = ["".join(paragraph.split()) for paragraph in paragraphs]
    length = sum(map(len, bare))
    clearer = length < len(lump) or len(bare) > len(found)
    return clearer and len(lump) / 2 <= length <= len(lump) and all(paragraph in lump for paragraph in bare)
