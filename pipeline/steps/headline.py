"""Where the headline stands, and the short lines around it: the place where papers put the day, the byline and the section."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipeline.steps.lexicon import plain
from pipeline.steps.opening import dateline_of
from pipeline.steps.tree import ancestors_and_self, has_word, text_of

LONG_PARAGRAPH = 180
"""Characters from which on a line is the article itself and the lines around the headline end."""
_LONGEST_LINE = 150
_LINES_BEFORE, _LINES_AFTER = 6, 14
_LONGEST_LABEL = 40
_LINE_TAGS = frozenset(
    [
        "p",
        "div",
        "span",
        "time",
        "li",
        "td",
        "small",
        "address",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "b",
        "strong",
        "em",
        "i",
        "font",
        "a",
        "dd",
        "dt",
        "header",
        "section",
        "center",
        "figcaption",
        "label",
    ]
)
_CONTAINERS = [
    "p",
    "div",
    "ul",
    "ol",
    "table",
    "section",
    "article",
    "header",
    "h1",
    "h2",
    "h3",
    "h4",
    "figure",
    "blockquote",
    "nav",
    "aside",
    "form",
    "main",
    "footer",
    "dl",
]
_MASTHEAD = re.compile(
    r"masthead|top-?bar|top-?nav|site-?header|header-?date|current-?date|today|clock|horloge|breaking|ticker|td-header|date-?du-?jour|menu|sidebar|widget|wm-ipp",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"related|sidebar|widget|comment|footer|most-?read|popular|newsletter|share|social|recommend|teaser|more-?news", re.IGNORECASE
)
_BYLINE = re.compile("meta|byline|author|dateline", re.IGNORECASE)
"""Names of what stands right below a headline and is its own, even in templates that call articles teasers."""
_INLINE = frozenset(("time", "span", "b", "strong", "em", "i", "font", "a", "small", "abbr"))
_MARKED_DATE = re.compile(r"dat(?:e|um)|fecha|publi|posted|time", re.IGNORECASE)
_CHANGED, _PUBLISHED = re.compile("updated|modified", re.IGNORECASE), re.compile("publish", re.IGNORECASE)
"""What microformats call the times of the last change and of publication; one that was never changed has both names."""
_WORD = re.compile(r"\w+")
_GLUED_LABEL = re.compile(r"(?<=[^\W\d]):(?=\d)")
"""The colon of a label that stands in an element of its own, right before the day."""


@dataclass(frozen=True, slots=True)
class Line:
    """A short line near the headline; `at` is a `datetime` attribute it carries, `near` whether it shares the headline's own container.

    `within` is the text of the paragraph an unmarked inline element is a part of.
    """

    text: str
    at: str | None = None
    near: bool = False
    linked: bool = False
    within: str = ""
    label: str = ""
    """What stands right before it, in another element."""
    in_figure: bool = False
    """Whether it is part of a figure: a day there is that of the image."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The headline's element and the lines around it: `before` nearest first, `after` in reading order."""

    element: HtmlElement | None = None
    text: str = ""
    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()


def find_headline(tree: HtmlElement, stated: tuple[str, ...]) -> HtmlElement | None:
    """The h1 that one of the `stated` titles confirms, else the only h1 with text, else a heading that equals a stated title."""
    headings = [heading for heading in tree.iter("h1") if not has_word(heading, _ELSEWHERE)][:20]
    texts = [(heading, heading_text(heading)) for heading in headings]
    texts = [(heading, text) for heading, text in texts if text]
    best, score = None, 0.0
    for heading, text in texts:
        agreement = max((likeness(text, title) for title in stated), default=0.0)
        if agreement > score:
            best, score = heading, agreement
    if best is not None and score >= 0.6:
        return best
    for heading in (heading for tag in ("h2", "h3") for heading in tree.iter(tag)):
        if any(likeness(text_of(heading), title) >= 0.9 for title in stated):
            return heading
    return texts[0][0] if len(texts) == 1 else best


def heading_text(heading: HtmlElement) -> str:
    """The words of a heading; of one that was never closed, those before the first block it holds."""
    block = next(heading.iter("p", "ul", "article", "h2", "h3", "h4", "h5", "h6"), None)
    if block is None:
        return text_of(heading)
    before: list[str] = []
    for event, element in etree.iterwalk(heading, events=("start", "end")):
        if element is block:
            break
        before.append((element.text if event == "start" else element.tail if element is not heading else "") or "")
    return " ".join("".join(before).split()) or text_of(heading)


def likeness(one: str, other: str) -> float:
    """0…1: how far two titles are the same words; a title with the site's name added still counts as the same."""
    left, right = plain(one), plain(other)
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    short, long = sorted((left, right), key=len)
    if len(short) >= 12 and (long.startswith(short) or long.endswith(short)):
        return 0.95
    mine, yours = _WORD.findall(left)[:60], _WORD.findall(right)[:60]
    return SequenceMatcher(None, mine, yours, autojunk=False).ratio()


def surroundings(tree: HtmlElement, headline: HtmlElement | None) -> Surroundings:
    """The short lines before and after the headline, up to the first long paragraph; site chrome is left out."""
    if headline is None:
        return Surroundings(after=tuple(_from_top(tree)))
    near = _own_container(headline)
    around = frozenset([*headline.iterancestors(), *(below for below in islice(headline.itersiblings(), 1) if has_word(below, _BYLINE))])
    after: list[Line] = []
    before: list[Line] = []
    for element in following(headline):
        if element.tag in {"p", "div"} and len(element) < 12 and len(text := _own_text(element)) >= LONG_PARAGRAPH:
            dateline = dateline_of(text)
            if dateline:
                after.append(Line(dateline))  # not near: a dispatch may be older than the article
            break
        line = _line(element, near, around)
        if line and not (after and after[-1].text.endswith(line.text) and not line.at):
            after.append(line)
        if len(after) >= _LINES_AFTER:
            break
    for element in ancestors_and_self(headline):
        if element.tag == "body":
            break
        for sibling in element.itersiblings(preceding=True):
            _collect_before(sibling, near, before)
    return Surroundings(headline, heading_text(headline), tuple(before[:_LINES_BEFORE]), tuple(after))


def following(headline: HtmlElement) -> list[HtmlElement]:
    """Up to 120 elements after the headline in document order."""
    found = list(headline.iter("time", "small", "h2", "h3", "h4", "h5", "h6"))[:120]
    node = headline
    while node is not None and node.tag != "body" and len(found) < 120:
        for sibling in node.itersiblings():
            for element in sibling.iter("*"):
                found.append(element)
                if len(found) >= 120:
                    return found
        node = node.getparent()
    return found


def _from_top(tree: HtmlElement) -> list[Line]:
    """Without a headline: the short lines of the first elements of the body."""
    lines: list[Line] = []
    for element in tree.iter("*"):
        line = _line(element, None)
        if line:
            lines.append(line)
        if len(lines) >= 2 * _LINES_AFTER:
            break
    return lines


def _collect_before(element: HtmlElement, near: HtmlElement | None, lines: list[Line]) -> None:
    if len(lines) >= _LINES_BEFORE or element.tag in {"script", "style", "nav"}:
        return
    inner = [line for line in (_line(one, near) for one in list(element.iter("*"))[:60]) if line]
    lines.extend(reversed(inner[-_LINES_BEFORE:]))


def _own_container(headline: HtmlElement) -> HtmlElement | None:
    """The nearest ancestor that holds more than the headline alone, unless that is the whole page."""
    for element in list(headline.iterancestors())[:3]:
        if element.tag in {"body", "html"}:
            return None
        if len(element) > 1:
            return element
    return None


def _own_text(element: HtmlElement) -> str:
    """Text of a paragraph: its own words and those of its inline children."""
    return text_of(element) if not any(child.tag in _CONTAINERS for child in element) else " ".join((element.text or "").split())


def _line(element: HtmlElement, near: HtmlElement | None, around: frozenset[HtmlElement] = frozenset()) -> Line | None:
    """The element as a line, None if it is none or stands elsewhere; elements of `around` belong to the headline, whatever their names."""
    if element.tag not in _LINE_TAGS or (element.tag == "time" and has_word(element, _CHANGED) and not has_word(element, _PUBLISHED)):
        return None
    if any(child.tag in _CONTAINERS for child in element) and not (element.text or "").strip():
        return None
    if element.tag != "time" and _inside_line(element):
        return None
    text = date_text(element)
    at = element.get("datetime") or next((time.get("datetime") for time in element.iter("time") if time.get("datetime")), None)
    if (not text and not at) or len(text) > _LONGEST_LINE:
        return None
    ancestry = [element, *list(element.iterancestors())[:8]]
    if any(
        one.tag in {"nav", "footer", "aside", "blockquote"} or has_word(one, _MASTHEAD) or has_word(one, _ELSEWHERE)
        for one in ancestry
        if one.tag not in {"body", "html"} and one not in around
    ):
        return None
    text = _GLUED_LABEL.sub(": ", text)
    shares = near is not None and any(one is near for one in ancestry)
    linked = element.tag == "a" or (len(element) == 1 and element[0].tag == "a" and not (element.text or "").strip())
    in_figure = any(one.tag in {"figure", "figcaption"} for one in ancestry)
    return Line(text, at, shares, linked, enclosing(element), said_before(element), in_figure)


def date_text(element: HtmlElement) -> str:
    """The text of an element, its parts apart where the element says that it is a date: day, month and year may stand in one each."""
    if len(element) > 1 and has_word(element, _MARKED_DATE) and not any(child.tail and child.tail.strip() for child in element):
        return " ".join(filter(None, (element.text and " ".join(element.text.split()), *map(text_of, element))))
    return text_of(element)


def said_before(element: HtmlElement) -> str:
    """The last words before an element in the container around it, or in the next one if it is the first there."""
    for one in islice(ancestors_and_self(element), 2):
        around = one.getparent()
        if around is None or around.tag == "body":
            break
        pieces = [around.text or ""]
        for sibling in islice(one.itersiblings(preceding=True), 2):
            pieces.insert(1, f"{text_of(sibling)[-_LONGEST_LABEL:]} {sibling.tail or ''}")
        said = " ".join(" ".join(pieces).split())
        if said:
            return said[-_LONGEST_LABEL:]
    return ""


def enclosing(element: HtmlElement) -> str:
    """The text of the paragraph in which `element` stands among words, "" if it stands alone or its class says that it is a date."""
    if element.tag not in _INLINE or has_word(element, _MARKED_DATE):
        return ""
    parent = element.getparent()
    while parent is not None and parent.tag in _INLINE:
        parent = parent.getparent()
    if parent is None or parent.tag == "body" or any(child.tag in _CONTAINERS for child in parent):
        return ""
    return text_of(parent)


def _inside_line(element: HtmlElement) -> bool:
    """Whether the parent is itself a line that this element is only a part of."""
    parent = element.getparent()
    return (
        parent is not None
        and parent.tag in {"p", "span", "li", "small", "address", "td", "time", "h2", "h3"}
        and bool((parent.text or "").strip() or any((child.tail or "").strip() for child in parent))
    )
