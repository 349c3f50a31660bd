"""Where an article is filed: its section and its tags, and which of the page's lists are believed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from lxml.html import HtmlElement

from pipeline.steps import bylines
from pipeline.steps.headline import Surroundings, likeness
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import pattern, plain
from pipeline.steps.structured import Statements, text_value, types_of
from pipeline.steps.tree import has_word, stands_aside, text_of

_CRUMB_CLASS = re.compile(r"bread-?crumb|fil-?ariane|ariane|hierarchie|crumbs", re.IGNORECASE)
_TAG_CLASS = re.compile(
    r"(?:^|[\s_-])(?:tags?|mots|mots-?cles|keywords|etiquetas|topics|sujets|tags-links)(?:$|[\s_-](?:list|links|container|wrapper|article)?(?:$|\s))",
    re.IGNORECASE,
)
_TAG_CLOUD = re.compile(r"cloud|widget|sidebar|trending|menu|nav", re.IGNORECASE)
_HOME = frozenset(("accueil", "acceuil", "home", "inicio", "portada", "الرئيسية", "startseite", "homepage", "news", "start"))
_NOT_SECTIONS = frozenset(
    ("article", "articles", "actualite", "news", "uncategorized", "non classe", "sin categoria", "غير مصنف", "home", "story")
)
_MOST_TAGS = 30


def section(tree: HtmlElement, stated: Statements, lines: Surroundings, headline: str, journal: Journal) -> str | None:
    """The section: JSON-LD, meta, breadcrumbs, then a short word in the line of day and byline."""
    crumbs = _crumbs(stated) or _crumb_elements(tree)
    candidates = (
        (text_value(stated.article.get("articleSection")), "JSON-LD articleSection"),
        (
            stated.first_meta("article:section", "og:article:section", "section", "cxenseparse:recs:category", "parsely-section") or "",
            "meta section",
        ),
        (_last_section(crumbs, headline), "breadcrumbs"),
        (_section_in_lines(lines), "line around the headline"),
    )
    for value, why in candidates:
        if value and "://" not in value and plain(value) not in _NOT_SECTIONS and len(value) <= 80:
            journal.note("metadata", "section", value, why)
            return value
    return None


def _crumbs(stated: Statements) -> list[str]:
    for node in stated.nodes:
        if "breadcrumblist" in types_of(node):
            items = [item for item in stated.resolved(node.get("itemListElement")) if isinstance(item, dict)]
            names = [text_value(item.get("name")) or text_value(item.get("item")) for item in items]
            if any(names):
                return [name for name in names if name]
    return []


def _crumb_elements(tree: HtmlElement) -> list[str]:
    for element in tree.iter("nav", "div", "ul", "ol", "p", "span"):
        if has_word(element, _CRUMB_CLASS) or "breadcrumb" in (element.get("aria-label") or "").lower():
            names = [text_of(link) for link in element.iter("a")] or re.split(r"\s*[›»>/|]\s*", text_of(element))
            return [name for name in names if name]
    return []


def _last_section(crumbs: list[str], headline: str) -> str:
    names = [crumb for crumb in crumbs if plain(crumb).strip(" ›»>/") not in _HOME and likeness(crumb, headline) < 0.7 and len(crumb) < 50]
    return names[-1] if names and len(crumbs) <= 8 else ""


def _section_in_lines(lines: Surroundings) -> str:
    """Of "8 août 2014 - 21h44 - Monde - Ecrit par : X" the part that is neither day, hour nor byline, if the line has such parts."""
    from_zone = re.compile(r"\d")
    for line in (*lines.after, *lines.before):
        parts = re.split(r"\s+[-–|•·]\s+", line.text)
        if len(parts) < 2 or not any(from_zone.search(part) for part in parts):
            continue
        words = [
            part
            for part in parts
            if not from_zone.search(part) and not bylines.in_line(part) and 0 < len(part.split()) <= 3 and len(part) <= 30
        ]
        if words:
            return words[0]
    return ""


@dataclass(frozen=True, slots=True)
class Labels:
    """Tags of one origin."""

    names: tuple[str, ...]
    why: str
    weak: bool = False
    """True for plain keywords, which are written for search engines: a line of tags in the text is better."""


def labels(tree: HtmlElement, stated: Statements, written: tuple[str, ...] = ()) -> tuple[Labels, ...]:
    """Every list of tags the page holds, best first; `written` comes from the source's layout."""
    keywords = [one for value in stated.resolved(stated.article.get("keywords")) for one in _parted(text_value(value))]
    linked = [text_of(link) for link in tree.xpath("//a[contains(concat(' ', @rel, ' '), ' tag ')]")[:_MOST_TAGS]]
    found = (
        (written, "layout of the source", False),
        (keywords, "JSON-LD keywords", False),
        ([one for value in stated.all_meta("article:tag", "og:article:tag") for one in _parted(value)], "meta article:tag", False),
        (_parted(stated.first_meta("news_keywords") or ""), "meta news_keywords", False),
        (linked, "rel=tag", False),
        (_marked_tags(tree), "list of tags on the page", False),
        (_parted(stated.first_meta("keywords") or ""), "meta keywords", True),
    )
    return tuple(Labels(tuple(names), why, weak) for names, why, weak in found if names)


def tags(stated_labels: tuple[Labels, ...], in_text: Iterable[str], journal: Journal) -> tuple[str, ...]:
    """The best list of tags: what is stated, then a line of tags in the text, then plain keywords."""
    strong = [one for one in stated_labels if not one.weak]
    weak = [one for one in stated_labels if one.weak]
    for one in (*strong, Labels(tuple(in_text), "line of tags in the text"), *weak):
        names = {plain(tag): tag for tag in (name.strip(" #,;") for name in one.names) if tag and len(tag) <= 80}
        if names:
            chosen = tuple(names.values())[:_MOST_TAGS]
            journal.note("metadata", "tags", ", ".join(chosen), one.why)
            return chosen
    return ()


def _marked_tags(tree: HtmlElement) -> list[str]:
    """Tags in an element whose class or first words say that it lists them ("Mots-clés : …"); clouds of a whole site are no tags."""
    for element in tree.iter("div", "p", "ul", "span", "section", "li", "footer"):
        said = element.text and ":" in element.text and len(element.text) < 400 and _tag_words().match(plain(element.text))
        if not said and not (element.get("class") and has_word(element, _TAG_CLASS)):
            continue
        text = text_of(element)
        if not 2 < len(text) < 400 or any(stands_aside(one) or has_word(one, _TAG_CLOUD) for one in (element, *element.iterancestors())):
            continue
        names = [text_of(link) for link in element.iter("a")] or re.split(r"\s+[-–|•·]\s+|\s*[,،;]\s*|\s+(?=#)", text.partition(":")[2])
        names = [name for name in names if name and len(name) <= 60]
        if names and len(names) <= _MOST_TAGS:
            return names
    return []


@cache
def _tag_words() -> re.Pattern[str]:
    return re.compile(rf"{pattern('clutter', 'tag_lines')}\s*:")


def _parted(text: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"\s*[,;،]\s*", text)]
    return [part for part in parts if part and not part.lower().startswith(("type:", "id:", "uuid:"))]
