"""The one parsed tree of a page: parsing (however deep it is nested), its links, and the text of its elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from operator import itemgetter
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from pipeline.steps.characters import one_line

MAX_ELEMENTS = 40_000
"""The engine's time grows faster than a page does (12,500 paragraphs 0.6 s, 50,000 7.6 s): beyond this a page is not an article."""
MOST_ATTRIBUTES = 200
"""No element that a person wrote has more."""
_NAMES_KEPT = 4096
"""Classes and ids whose verdicts a process remembers for a pattern: a paper's pages share their names, and one page repeats them."""
_ADDRESS = re.compile(r"https?://[^/?#\s\\]+", re.IGNORECASE)
_ASIDE = re.compile(r"comment|related|sidebar|footer|widget|teaser|recommend|bio|popular|latest|most", re.IGNORECASE)
_CAPITAL = re.compile(r"(?<!\\)[A-Z]")
_TEXTS: Any = etree.XPath("//text()", smart_strings=False)
_ALL_ALIKE = etree.ElementDefaultClassLookup(element=HtmlElement)
"""lxml's own lookup asks Python for each element whether it is one of a form; nothing here wants to know."""
_LONG_TAG = 4_000
"""Characters below which a tag costs nothing, whatever it holds."""
_ATTRIBUTE = r"""(?:\s+[^\s"'<>=/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?)"""
_SWARM = re.compile(rf"([a-zA-Z][\w:-]*{_ATTRIBUTE}{{0,100}}+){_ATTRIBUTE}{{100,}}+")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
_WRAPPER = re.compile(
    r"</?(?:div|span|font|section|center|table|tbody|tr|td|blockquote|b|i|em|strong|ul|ol|li|dl|dd|main|article)\b[^<>]*>", re.IGNORECASE
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_UNSEEN = frozenset(("script", "style", "noscript", "template", "head", "svg", "iframe", "object", "select", "textarea", "button"))


def parse(text: str) -> HtmlElement | None:
    """The tree of a page, None if there is no element in it.

    libxml2 drops what lies deeper than 256 elements; such pages are parsed again after their nameless wrappers have become line breaks.
    """
    source = _without_swarms(_XML_DECLARATION.sub("", text, count=1))
    tree, too_deep = _parse(source)
    if too_deep:
        tree, _ = _parse(_WRAPPER.sub("<br>", source), huge=True)
    return tree


def _without_swarms(text: str) -> str:
    """A page whose tags have at most about a hundred attributes: libxml2 compares each with all before it, 9 seconds for 100,000."""
    pieces = text.split("<")
    swarms = [(number, _SWARM.match(piece)) for number, piece in enumerate(pieces) if len(piece) > _LONG_TAG]
    for number, swarm in swarms:
        if swarm:
            pieces[number] = swarm[1] + swarm.string[swarm.end() :]
    return "<".join(pieces) if any(swarm for _, swarm in swarms) else text


def _parse(source: str, *, huge: bool = False) -> tuple[HtmlElement | None, bool]:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=huge)
    parser.set_element_class_lookup(_ALL_ALIKE)
    try:
        tree = etree.fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        tree = None
    too_deep = any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)
    if tree is not None and tree.tag != "html":
        root = parser.makeelement("html")
        root.append(tree)
        tree = root
    return tree, too_deep


def elements(tree: HtmlElement) -> list[HtmlElement]:
    """Every element of the page. Whoever keeps the list makes walking the tree cheaper: lxml makes no object twice while one is held."""
    return list(tree.iter("*"))


def strip_swarms(held: list[HtmlElement]) -> None:
    """Take the attributes off elements that have hundreds: the engine handles them one by one, in time that grows with their square."""
    for element in held:
        if len(element.attrib) > MOST_ATTRIBUTES:
            element.attrib.clear()


def silence(tree: HtmlElement) -> None:
    """Empty scripts and styles, but for JSON-LD: they are no text of anything, and each copy and each count would go through them."""
    for element in tree.iter("script", "style"):
        if "ld+json" not in (element.get("type") or "").lower():
            element.text = None


def base_url(tree: HtmlElement, url: str) -> str:
    """What relative addresses of the page are relative to: `<base href>` or the page's own address."""
    base = tree.find(".//base[@href]")
    return absolute(url, base.get("href")) or url if base is not None else url


def is_address(url: str) -> bool:
    """Whether an address can be taken apart at all (an unclosed bracket or an impossible port cannot)."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


def absolute(base: str, href: str | None) -> str | None:
    """An absolute http(s) address without fragment, or None for anything else (javascript:, mailto:, malformed)."""
    if not href or href.startswith("#"):
        return None
    try:
        address = _join(base, "".join(href.split()).partition("#")[0])
        if "[" in address:
            urlsplit(address)
    except ValueError:
        return None
    if not _ADDRESS.match(address) or len(address) > 2048:
        return None
    return address if address.isascii() else one_line(address)


def _join(base: str, href: str) -> str:
    """`urljoin`, with the two spellings nearly every link has done by hand: that halves what a page's links cost."""
    if href.startswith("/") and not href.startswith("//") and "/." not in href:
        scheme, _, rest = base.partition("://")
        return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}{href}"
    return href if href.startswith(("https://", "http://")) else urljoin(base, href)


def links(tree: HtmlElement, base: str) -> tuple[str, ...]:
    """Every absolute http(s) address that `<a>` and `<area>` elements lead to, in order, each once, the page itself left out."""
    found: dict[str, None] = {}
    for element in tree.iter("a", "area"):
        address = absolute(base, element.get("href"))
        if address:
            found[address] = None
    found.pop(base.partition("#")[0], None)
    return tuple(found)


def text_of(element: HtmlElement) -> str:
    """The visible text below an element on one line: blocks and line breaks part words, scripts and styles are not text."""
    if not len(element):
        return one_line(element.text)
    return one_line("".join(_pieces(element)))


def words_of(tree: HtmlElement) -> str:
    """All words of a page that are no script or style, blanks between them: where phrases are looked for, and nothing is quoted."""
    inert = {element.text for element in tree.iter("script", "style")}
    return " ".join(text for text in _TEXTS(tree) if text not in inert)


def _pieces(element: HtmlElement) -> list[str]:
    pieces: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        tag, is_inside = node.tag, node is not element
        if tag in _BLOCKS:
            pieces.append(" ")
        if event == "end":
            if is_inside and node.tail:
                pieces.append(node.tail)
        elif tag in _UNSEEN and is_inside:
            walk.skip_subtree()
        elif node.text:
            pieces.append(node.text)
    return pieces


def unlinked_length(element: HtmlElement) -> int:
    """Characters below an element that are neither links nor scripts, whatever tags they stand in."""
    text = sum(map(len, map(str.strip, element.itertext())))
    inert = sum(sum(map(len, map(str.strip, other.itertext()))) for other in element.iter("a", "script", "style", "noscript"))
    return max(0, text - inert)


class Names:
    """A page's elements by what their class and id say, so that a question about names is asked once a name, not once an element."""

    def __init__(self, held: list[HtmlElement]) -> None:
        """`held`: the elements of the page in document order, the root first."""
        self.root = held[0]
        self._held = held
        self._elements: dict[str, list[tuple[int, HtmlElement]]] = {}
        for position, element in enumerate(held):
            names = f"{element.get('class') or ''} {element.get('id') or ''}"
            if names != " ":
                self._elements.setdefault(names, []).append((position, element))

    def matching(self, words: re.Pattern[str]) -> list[HtmlElement]:
        """The elements for which `has_word` holds, in document order."""
        says = _verdicts(words)
        found = [one for names, elements in self._elements.items() if says[names] for one in elements]
        return [element for _, element in sorted(found, key=itemgetter(0))]

    def labelled(self, word: str) -> list[HtmlElement]:
        """The elements whose `aria-label` holds a word (lower case)."""
        return [element for element in self.root.xpath("//*[@aria-label]") if word in element.get("aria-label").lower()]

    def in_order(self, *groups: list[HtmlElement]) -> list[HtmlElement]:
        """The elements of these groups, each of them in document order, as one: no element twice, in document order."""
        filled = [group for group in groups if group]
        if len(filled) < 2:
            return filled[0] if filled else []
        wanted = {element for group in filled for element in group}
        return [element for element in self._held if element in wanted]


def has_word(element: HtmlElement, words: re.Pattern[str]) -> bool:
    """Whether class or id of an element match."""
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return names != " " and _verdicts(words)[names]


class _Verdicts(dict[str, bool]):
    """Names of elements → whether a pattern is found in them."""

    def __init__(self, words: re.Pattern[str]) -> None:
        """A pattern in small letters is searched in lowered names: ten times faster than letting it ignore case."""
        super().__init__()
        self._lowers = bool(words.flags & re.IGNORECASE) and _CAPITAL.search(words.pattern) is None
        self._search = (re.compile(words.pattern, words.flags & ~re.IGNORECASE) if self._lowers else words).search

    def __missing__(self, names: str) -> bool:
        if len(self) >= _NAMES_KEPT:
            self.clear()
        self[names] = found = self._search(names.lower() if self._lowers else names) is not None
        return found


_verdicts = cache(_Verdicts)


def stands_aside(element: HtmlElement) -> bool:
    """Whether an element is, by its tag or its names, a part of the page that is about other articles or other people."""
    return element.tag in {"footer", "aside", "nav"} or (element.tag not in {"body", "html"} and has_word(element, _ASIDE))


def ancestors_and_self(element: HtmlElement) -> Iterator[HtmlElement]:
    """The element and what contains it, inside out."""
    yield element
    yield from element.iterancestors()


def drop(element: HtmlElement) -> None:
    """Take an element out of the tree, keeping the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + " " + element.tail
        else:
            before.tail = (before.tail or "") + " " + element.tail
    parent.remove(element)
