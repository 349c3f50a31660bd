"""Where an article is filed: its section and its tags, and which of the page's lists are believed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from lxml.html import HtmlElement

from pipeline.steps import bylines
from pipeline.steps.headline import Surroundings, likeness
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import pattern, plain
from pipeline.steps.structured import Statements, text_value, types_of
from pipeline.steps.tag_names import names_for_readers
from pipeline.steps.tree import Names, has_word, stands_aside, text_of

_CRUMB_CLASS = re.compile(r"bread-?crumb|fil-?ariane|ariane|hierarchie|crumbs", re.IGNORECASE)
_TAG_CLASS = re.compile(
    r"(?:^|[\s_-])(?:tags?|mots|mots-?cles|keywords|etiquetas|topics|sujets|tags-links)(?:$|[\s_-](?:list|links|container|wrapper|article)?(?:$|\s))",
    re.IGNORECASE,
)
_TAGS_IN_CLASS = re.compile(  # a part of a longer name that says the same: `article-tags`, `tags__list`, `singleTagList`
    r"[TtKk](?<![^\s_a-z-].)(?:ags|(?<=T)ag(?=List|Links)|opics|eywords)(?=$|[\s_A-Z-])"  # letter first: names are passed over by it
)
_MOST_ALIKE = 2
"""Lists of one class that may be the article's own, above and below it."""
_SECTION_CLASS = re.compile(
    r"(?:^|[\s_-])(?:cat|category|categorie|categoria|rubrique|rubric|rubrik|seccion|section|kicker|surtitre)(?:[_-](?:name|label|link|title))?(?:\s|$)",
    re.IGNORECASE,
)
_NOWHERE = re.compile(r"^(?:https?://[^/]+)?/?(?:#.*)?$")
_TAG_CLOUD = re.compile(r"cloud|widget|sidebar|trending|menu|nav", re.IGNORECASE)
_HOME = frozenset(map(plain, ("accueil", "acceuil", "home", "inicio", "portada", "الرئيسية", "startseite", "homepage", "news", "start")))
_NOT_SECTIONS = frozenset(
    map(plain, ("article", "articles", "actualite", "news", "uncategorized", "non classe", "sin categoria", "غير مصنف", "home", "story"))
)
_MOST_TAGS = 30
_WORDS_OF_A_TAG = 5
"""Words a tag has on average at most; a list of longer lines holds headlines."""


def section(marked: Names, stated: Statements, lines: Surroundings, headline: str, journal: Journal) -> str | None:
    """The section: JSON-LD, meta, breadcrumbs, a category link, a short word in the line of day and byline, an entry of the menu there."""
    for value, why in _sections(marked, stated, lines, headline):
        if value and "://" not in value and plain(value) not in _NOT_SECTIONS and len(value) <= 80:
            journal.note("metadata", "section", value, why)
            return value
    return None


def _sections(marked: Names, stated: Statements, lines: Surroundings, headline: str) -> Iterator[tuple[str, str]]:
    yield text_value(stated.article.get("articleSection")), "JSON-LD articleSection"
    names = ("article:section", "og:article:section", "section", "cxenseparse:recs:category", "parsely-section")
    yield stated.first_meta(*names) or "", "meta section"
    yield _last_section(_crumbs(stated) or _crumb_elements(marked), headline), "breadcrumbs"
    yield _category_link(marked.root), "rel=category"
    yield _section_in_lines(lines), "line around the headline"
    yield _named_section(marked, lines.element), "class of an element beside the headline"
    yield _entry_of_menu(marked.root, lines), "a line beside the headline that is an entry of the menu"


def _category_link(tree: HtmlElement) -> str:
    for link in tree.iter("a"):
        if "category" in (link.get("rel") or "").split() and not any(stands_aside(one) for one in link.iterancestors()):
            return text_of(link)
    return ""


def _named_section(marked: Names, headline: HtmlElement | None) -> str:
    """A few words beside the headline in an element whose class says that they are the section."""
    block = next((one for one in headline.iterancestors() if one.tag != "header"), None) if headline is not None else None
    for element in marked.matching(_SECTION_CLASS) if block is not None and block.tag not in {"body", "html"} else ():
        chain = (element, *element.iterancestors())
        text = text_of(element)
        if 0 < len(text) <= 30 and len(text.split()) <= 4 and block in chain[1:] and not any(stands_aside(one) for one in chain):
            return text
    return ""


def _entry_of_menu(tree: HtmlElement, lines: Surroundings) -> str:
    """The short line above the headline, in its own container, that the navigation leads to as well; the front page is none."""
    short = [line.text for line in lines.before if line.near and len(line.text) <= 30 and len(line.text.split()) <= 4]
    if not short:
        return ""
    entries = [link for frame in tree.iter("nav") for link in frame.iter("a") if not _NOWHERE.search(link.get("href") or "")]
    menu = {plain(text_of(link)) for link in entries} - _HOME
    return next((text for text in short if plain(text) in menu), "")


def _crumbs(stated: Statements) -> list[str]:
    for node in stated.nodes:
        if "breadcrumblist" in types_of(node):
            items = [item for item in stated.resolved(node.get("itemListElement")) if isinstance(item, dict)]
            names = [text_value(item.get("name")) or text_value(item.get("item")) for item in items]
            if any(names):
                return [name for name in names if name]
    return []


def _crumb_elements(marked: Names) -> list[str]:
    for element in marked.in_order(marked.matching(_CRUMB_CLASS), marked.labelled("breadcrumb")):
        if element.tag in {"nav", "div", "ul", "ol", "p", "span"}:
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


def labels(marked: Names, stated: Statements, written: tuple[str, ...] = ()) -> tuple[Labels, ...]:
    """Every list of tags the page holds, best first; `written` comes from the source's layout."""
    keywords = [one for value in stated.resolved(stated.article.get("keywords")) for one in _parted(text_value(value))]
    linked = [text_of(link) for link in marked.root.iter("a") if _is_tag(link)][:_MOST_TAGS]
    found = (
        (written, "layout of the source", False),
        (keywords, "JSON-LD keywords", False),
        ([one for value in stated.all_meta("article:tag", "og:article:tag") for one in _parted(value)], "meta article:tag", False),
        (_parted(stated.first_meta("news_keywords") or ""), "meta news_keywords", False),
        (linked, "rel=tag", False),
        (_marked_tags(marked), "list of tags on the page", False),
        (_parted(stated.first_meta("keywords") or ""), "meta keywords", True),
    )
    return tuple(Labels(tuple(names), why, weak) for names, why, weak in found if names)


def tags(stated_labels: tuple[Labels, ...], in_text: Iterable[str], journal: Journal) -> tuple[str, ...]:
    """The best list of tags: the one that most origins agree on; else what is stated, then a line of tags in the text, then plain keywords.

    Where origins differ, the odd one often holds what the publisher's system adds for itself; two that agree are the paper's own choice.
    """
    strong = [one for one in stated_labels if not one.weak]
    weak = [one for one in stated_labels if one.weak]
    named = [(names_for_readers(one.names), one) for one in (*strong, Labels(tuple(in_text), "line of tags in the text"), *weak)]
    ranked = [(names, one) for names, one in named if names]
    if not ranked:
        return ()
    agreeing = Counter(frozenset(map(plain, names)) for names, _ in ranked)
    names, one = max(ranked, key=lambda pair: agreeing[frozenset(map(plain, pair[0]))])  # the first of equals
    journal.note("metadata", "tags", ", ".join(names[:_MOST_TAGS]), one.why)
    return names[:_MOST_TAGS]


def _marked_tags(marked: Names) -> list[str]:
    """Tags in an element whose class or first words say that it lists them ("Mots-clés : …"); clouds of a whole site are no tags."""
    places = ("div", "p", "ul", "span", "section", "li", "footer")
    saying = [element for element in marked.root.iter(*places) if _says_tags(element.text)]
    for element in marked.in_order(saying, _named_for_tags(marked, places)):
        text = text_of(element)
        if not 2 < len(text) < 400 or any(stands_aside(one) or has_word(one, _TAG_CLOUD) for one in (element, *element.iterancestors())):
            continue
        names = [text_of(link) for link in element.iter("a")] or re.split(r"\s+[-–|•·]\s+|\s*[,،;]\s*|\s+(?=#)", text.partition(":")[2])
        names = [name for name in names if name and len(name) <= 60]
        if names and len(names) <= _MOST_TAGS and len(" ".join(names).split()) <= _WORDS_OF_A_TAG * len(names):
            return names
    return []


def _named_for_tags(marked: Names, places: tuple[str, ...]) -> list[HtmlElement]:
    """Elements whose class says that they list tags; the lists of teasers, which come once a teaser, are none."""
    alike: dict[str, list[HtmlElement]] = {}
    for element in marked.in_order(marked.matching(_TAG_CLASS), marked.matching(_TAGS_IN_CLASS)):
        name = element.get("class") or ""
        exact = _TAG_CLASS.search(name)
        if element.tag in places and (exact or (_TAGS_IN_CLASS.search(name) and next(element.iter("a"), None) is not None)):
            alike.setdefault(name, []).append(element)
    return marked.in_order(*(group for group in alike.values() if len(group) <= _MOST_ALIKE))


def _is_tag(link: HtmlElement) -> bool:
    """WordPress marks the links to an article's sections as `rel="category tag"`: those are no tags."""
    words = (link.get("rel") or "").split()
    return "tag" in words and "category" not in words


def _says_tags(text: str | None) -> bool:
    return text is not None and ":" in text and len(text) < 400 and _tag_words().match(plain(text)) is not None


@cache
def _tag_words() -> re.Pattern[str]:
    return re.compile(rf"{pattern('clutter', 'tag_lines')}\s*:")


def _parted(text: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"\s*[,;،]\s*", text)]
    return [part for part in parts if part and not part.lower().startswith(("type:", "id:", "uuid:"))]
