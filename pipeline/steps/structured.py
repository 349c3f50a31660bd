"""What a page says of itself for machines: JSON-LD (broken, nested, with references), meta elements and link elements."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml.html import HtmlElement

from pipeline.steps.characters import one_line

Node = dict[str, Any]
_ARTICLE_TYPES = frozenset(
    [
        "article",
        "newsarticle",
        "blogposting",
        "reportagenewsarticle",
        "analysisnewsarticle",
        "opinionnewsarticle",
        "backgroundnewsarticle",
        "reviewnewsarticle",
        "liveblogposting",
        "advertisercontentarticle",
        "satiricalarticle",
        "scholarlyarticle",
        "techarticle",
        "report",
        "review",
        "socialmediaposting",
        "discussionforumposting",
        "askpublicnewsarticle",
    ]
)
_LONGEST_SCRIPT = 1_000_000
_MOST_NODES = 4_000
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)


@dataclass(frozen=True, slots=True)
class Statements:
    """Machine-readable statements: `article` is the JSON-LD node of the article ({} if none), `nodes` all nodes, `meta` name → contents."""

    article: Node = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    by_id: dict[str, Node] = field(default_factory=dict)
    meta: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def first_meta(self, *names: str) -> str | None:
        """The first non-empty content of the first of these meta names the page has."""
        return next((value for name in names for value in self.meta.get(name, ()) if value), None)

    def all_meta(self, *names: str) -> tuple[str, ...]:
        """All contents of these meta names, in order."""
        return tuple(value for name in names for value in self.meta.get(name, ()) if value)

    def types(self) -> frozenset[str]:
        """Lower-case JSON-LD types of the whole page."""
        return frozenset(name for node in self.nodes for name in types_of(node))

    def resolve(self, value: object) -> object:
        """A reference (`{"@id": …}` alone) as the node it names; anything else as it is."""
        if isinstance(value, dict) and set(value) <= {"@id", "@type"}:
            return self.by_id.get(str(value.get("@id")), value)
        return value

    def resolved(self, value: object) -> list[object]:
        """A value that may be single, a list or a reference, as a list of resolved values."""
        values = value if isinstance(value, list) else [value]
        return [self.resolve(one) for one in values[:50] if one is not None]


def gather(tree: HtmlElement) -> Statements:
    """Read the statements of a page; whatever cannot be read is left out."""
    nodes = tuple(_nodes(tree))
    by_id: dict[str, Node] = {}
    for node in nodes:
        if "@id" in node and len(node) > len(by_id.get(str(node["@id"]), {})):
            by_id[str(node["@id"])] = node
    return Statements(_article(nodes), nodes, by_id, _meta(tree))


def types_of(node: Node) -> list[str]:
    """Lower-case `@type` names of a node, without a schema.org prefix."""
    value = node.get("@type")
    names = value if isinstance(value, list) else [value]
    return [name.rpartition("/")[2].lower() for name in names if isinstance(name, str)]


def text_value(value: object) -> str:
    """The text of a JSON-LD value: a string, the `name` of a node, or the first of a list; entities undone."""
    if isinstance(value, list):
        return next((text for text in map(text_value, value) if text), "")
    if isinstance(value, dict):
        return text_value(value.get("name") or value.get("@value") or value.get("headline"))
    return one_line(html.unescape(value)) if isinstance(value, str) else ""


def _article(nodes: tuple[Node, ...]) -> Node:
    """The article's own node: the one that says most among those of an article type."""
    wanted = ("headline", "datePublished", "author", "articleBody", "mainEntityOfPage", "dateModified", "articleSection")
    articles = [node for node in nodes if _ARTICLE_TYPES.intersection(types_of(node))]
    return max(articles, key=lambda node: sum(key in node for key in wanted), default={})


def _nodes(tree: HtmlElement) -> Iterator[Node]:
    left = _MOST_NODES
    for text in _json_texts(tree):
        waiting: list[Any] = [_loads(text)]
        while waiting and left:
            value = waiting.pop()
            left -= 1
            if isinstance(value, dict):
                yield value
                held = [inner for key, inner in value.items() if not _is_readers(key, inner)]
                waiting.extend(reversed([inner for inner in held if isinstance(inner, dict | list)]))
            elif isinstance(value, list):
                waiting.extend(reversed([inner for inner in value if isinstance(inner, dict | list)]))


def _json_texts(tree: HtmlElement) -> Iterator[str]:
    """What may be JSON-LD: scripts of that type, and what one popular framework makes of them, a meta element named so."""
    for script in tree.iter("script"):
        if script.text and "ld+json" in (script.get("type") or "").lower():
            yield script.text
    for meta in tree.iter("meta"):
        if meta.get("name") == "script:ld+json":
            yield meta.get("content") or ""


def _is_readers(key: str, value: object) -> bool:
    """Whether a value holds what readers wrote below the page; a single review may be the page's own."""
    return key in {"reviews", "comment", "comments"} or (key == "review" and isinstance(value, list) and len(value) > 1)


def _loads(text: str) -> Any:
    """JSON as publishers write it: in comments, with raw line breaks, trailing commas, escaped as HTML; None if beyond repair."""
    if len(text) > _LONGEST_SCRIPT:
        return None
    bare = _WRAPPING.sub("", text).strip().rstrip(";")
    for attempt in (bare, _TRAILING_COMMA.sub(r"\1", bare), html.unescape(bare)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _meta(tree: HtmlElement) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = one_line(element.get("content"))
        if not content:
            continue
        names = {element.get(kind, "").strip().lower() for kind in ("property", "name", "itemprop", "http-equiv")} - {""}
        for name in names:
            found.setdefault(name, []).append(content)
    return {name: tuple(values) for name, values in found.items()}
