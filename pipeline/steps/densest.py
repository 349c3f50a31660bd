"""The last resort for a text: the container with most of the page's prose, for pages the engine finds nothing in or glues together."""

from __future__ import annotations

from collections import Counter, defaultdict

from lxml.html import HtmlElement

from pipeline.steps.tree import ancestors_and_self, stands_aside, text_of, unlinked_length

_PROSE = 60
"""Characters from which on a paragraph tells where the text is."""
_VERY_LONG = 5_000
"""Characters of prose from which on most of it is the body, even if the engine found nothing there."""
_LONG_BODY = 1_500
"""Characters of prose from which on a page is looked at as one whose body may stand in several containers."""
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


def spread(tree: HtmlElement, answer: frozenset[str]) -> tuple[list[HtmlElement], int]:
    """The containers, in order, of a body that stands in several, and how many characters of prose are in them.

    Containers of one kind (tag and classes) belong together; of all kinds those are taken that hold lines of the engine's `answer`,
    or half of the prose. Prose are paragraphs and list items that are mostly no links; what stands aside, or right below a linked
    title, is about other articles.
    """
    paragraphs = [(one, length) for one in tree.iter("p", "li") if (length := unlinked_length(one)) >= _PROSE]
    own = {around for one, _ in paragraphs if text_of(one) in answer for around in one.iterancestors()}
    own |= {around for heading in tree.iter("h1") for around in heading.iterancestors()}
    kinds: defaultdict[tuple[str, ...], list[HtmlElement]] = defaultdict(list)
    weights: Counter[tuple[str, ...]] = Counter()
    answered: set[tuple[str, ...]] = set()
    for one, length in paragraphs:
        container = _container(one)
        text = text_of(one)
        if (
            2 * length <= len(text)
            or has_linked_title(container)
            or any(around not in own and stands_aside(around) for around in one.iterancestors())
        ):
            continue
        kind = (container.tag, *sorted((container.get("class") or "").split()))
        if not kinds[kind] or kinds[kind][-1] is not container:
            kinds[kind].append(container)
        weights[kind] += length
        if text in answer:
            answered.add(kind)
    total = weights.total()
    if total < _LONG_BODY:
        return [], 0
    chosen = {kind for kind, weight in weights.items() if kind in answered or (2 * weight >= total >= _VERY_LONG)}
    found = {container for kind in chosen for container in kinds[kind]}
    outermost = [one for one in tree.iter() if one in found and found.isdisjoint(one.iterancestors())]
    return outermost, sum(weights[kind] for kind in chosen)


def _container(paragraph: HtmlElement) -> HtmlElement:
    """What a paragraph stands in, lists aside."""
    return next((one for one in paragraph.iterancestors() if one.tag not in {"ul", "ol", "li", "p"}), paragraph)


def has_linked_title(container: HtmlElement) -> bool:
    """Whether a heading right below the container is a link."""
    for heading in container.iterchildren("h2", "h3", "h4", "h5"):
        link = next(heading.iter("a"), None)
        if link is not None and 2 * len(text_of(link)) > len(text_of(heading)):
            return True
    return False


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
