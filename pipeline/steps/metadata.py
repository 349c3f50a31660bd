"""Title, people, section, tags, standfirst and addresses of an article: which of the page's statements each field believes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from db.identity import clean_url, site_of, url_key
from db.records import ReadingHints
from pipeline.steps import bylines
from pipeline.steps.bylines import Byline
from pipeline.steps.headline import Surroundings, likeness
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import pattern, plain
from pipeline.steps.structured import Statements, text_value, types_of
from pipeline.steps.tree import absolute, has_word, text_of

_SEPARATOR = re.compile(r"\s+[|•·–—\-:»›/]+\s+|\s*[|»›]\s*")
_AUTHOR_META = (
    "author",
    "article:author",
    "dc.creator",
    "dcterms.creator",
    "parsely-author",
    "sailthru.author",
    "byl",
    "citation_author",
    "article:author_name",
    "cxenseparse:author",
    "og:article:author",
    "article.author",
    "twitter:data1",
)
_BYLINE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:author|authors|byline|by-line|auteur|auteurs|autor|autores|autoria|firma|signature|writer|writers|journalist)(?:$|[\s_-]|name|link)",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"comment|related|sidebar|footer|widget|teaser|recommend|bio|popular|latest|most", re.IGNORECASE)
_CRUMB_CLASS = re.compile(r"bread-?crumb|fil-?ariane|ariane|hierarchie|crumbs", re.IGNORECASE)
_STANDFIRST_CLASS = re.compile(
    r"(?:^|[\s_-])(?:chapo|chapeau|standfirst|sapo|entradilla|subheadline|sub-headline|subtitle|sub-title|sous-titre|deck|dek|lead-?text|article-?lead|intro-?text)(?:$|[\s_-])",
    re.IGNORECASE,
)
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


@dataclass(frozen=True, slots=True)
class People:
    """Who stands behind an article."""

    authors: tuple[str, ...]
    agency: str | None
    publisher: str | None


def stated_titles(tree: HtmlElement, stated: Statements) -> tuple[str, ...]:
    """The titles a page states, best first: JSON-LD headline, og:title and its kin, `<title>`."""
    head = tree.find(".//head/title")
    found = (
        text_value(stated.article.get("headline")),
        stated.first_meta("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title", "title"),
        text_of(head) if head is not None else "",
    )
    return tuple(dict.fromkeys(title for title in found if title))


def site_names(stated: Statements, hints: ReadingHints) -> tuple[str, ...]:
    """Every name the paper goes by: configured, og:site_name, JSON-LD publisher and site nodes, its host."""
    publishers = [text_value(stated.resolve(node.get("publisher"))) for node in stated.nodes if "publisher" in node]
    sites = [text_value(node.get("name")) for node in stated.nodes if {"website", "newsmediaorganization"} & set(types_of(node))]
    host = urlsplit(hints.home).hostname or ""
    names = (hints.title, hints.source, stated.first_meta("og:site_name", "application-name") or "", host, *publishers[:5], *sites[:5])
    return tuple(dict.fromkeys(name for name in names if name))


def title(stated: tuple[str, ...], lines: Surroundings, names: Iterable[str], journal: Journal) -> str:
    """The h1 that a stated title confirms, else the headline stated for machines without the site's name, else any h1."""
    cleaned = [without_site(text, names) for text in stated]
    confirmed = max((likeness(lines.text, text) for text in (*cleaned, *stated)), default=0.0) if lines.text else 0.0
    if lines.text and confirmed >= 0.6 and len(lines.text) <= 400:
        journal.note("metadata", "title", lines.text, f"h1, confirmed at {confirmed:.0%}")
        return lines.text
    chosen = next((text for text in cleaned if text), "") or lines.text
    journal.note("metadata", "title", chosen, "stated for machines" if chosen != lines.text else "the only heading")
    return chosen


def without_site(text: str, names: Iterable[str]) -> str:
    """A page title without the paper's name, and without what stands beyond it."""
    squeezed = {bylines.squeeze(name) for name in names} - {""}
    parts = [(match.start(), match.end()) for match in _SEPARATOR.finditer(text)]
    for start, end in reversed(parts):
        if bylines.squeeze(text[end:]) in squeezed:
            return without_site(text[:start].strip(), names) or text
    for start, end in parts:
        if bylines.squeeze(text[:start]) in squeezed:
            return text[end:].strip() or text
    return text


def people(
    tree: HtmlElement, stated: Statements, lines: Surroundings, names: tuple[str, ...], written: tuple[str, ...], journal: Journal
) -> People:
    """Authors by the first evidence that names a person; agency and publisher from whatever names them. `written` comes from the source's layout."""
    agency = publisher = None
    for found, why in (
        (written, "layout of the source"),
        (tuple(_stated_authors(stated)), "JSON-LD author"),
        (tuple(_meta_authors(stated)), "meta author"),
        (tuple(_marked_authors(tree)), "marked as author"),
        (tuple(_bylines(lines)), "byline near the headline"),
    ):
        byline: Byline = bylines.take_apart(found, names)
        agency, publisher = agency or byline.agency, publisher or byline.publisher
        if byline.authors:
            journal.note("metadata", "authors", ", ".join(byline.authors), why)
            return People(byline.authors, agency, publisher or _publisher(stated))
        for word, value in (("agency", byline.agency), ("publisher", byline.publisher), ("desk", byline.desk)):
            if value:
                journal.note("metadata", word, value, f"{why}: not a person")
    return People((), agency, publisher or _publisher(stated))


def _publisher(stated: Statements) -> str | None:
    return text_value(stated.resolve(stated.article.get("publisher"))) or stated.first_meta("og:site_name", "dc.publisher") or None


def _stated_authors(stated: Statements) -> Iterable[str]:
    for author in stated.resolved(stated.article.get("author")):
        for one in author if isinstance(author, list) else [author]:
            name = text_value(stated.resolve(one))
            if name:
                yield name


def _meta_authors(stated: Statements) -> Iterable[str]:
    for name in _AUTHOR_META:
        values = [value for value in stated.meta.get(name, ()) if "://" not in value]
        if values:
            yield from values[:10]
            return


def _marked_authors(tree: HtmlElement) -> Iterable[str]:
    marked = tree.xpath(
        "//*[@rel='author' or @itemprop='author' or contains(@class,'author') or contains(@class,'byline') or contains(@class,'auteur') or contains(@class,'autor') or contains(@class,'firma') or contains(@class,'journalist')]"
    )
    taken: list[HtmlElement] = []
    for element in marked[:60]:
        explicit = element.get("rel") == "author" or element.get("itemprop") == "author"
        if not explicit and not has_word(element, _BYLINE_CLASS):
            continue
        if any(ancestor in taken for ancestor in element.iterancestors()) or any(
            _is_elsewhere(one) for one in (element, *element.iterancestors())
        ):
            continue
        named = element.find(".//*[@itemprop='name']") if element.get("itemprop") == "author" else None
        text = text_of(named if named is not None else element)
        if 2 < len(text) < 120:
            taken.append(element)
            yield text
        if len(taken) >= 4:
            return


def _is_elsewhere(element: HtmlElement) -> bool:
    return element.tag in {"footer", "aside", "nav"} or (element.tag not in {"body", "html"} and has_word(element, _ELSEWHERE))


def _bylines(lines: Surroundings) -> Iterable[str]:
    for line in (*lines.after, *lines.before[:3]):
        names = bylines.in_line(line.text)
        if names:
            yield names
            return


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
    """ "8 août 2014 - 21h44 - Monde - Ecrit par : X": the part that is neither day, hour nor byline, if the line has such parts."""
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
        if not 2 < len(text) < 400 or any(_is_elsewhere(one) or has_word(one, _TAG_CLOUD) for one in (element, *element.iterancestors())):
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


def standfirst(marked: str | None, stated: Statements, headline: str, body: str, journal: Journal) -> str | None:
    """The paragraph set between headline and text (`marked`), else the description, unless that only repeats the title or the first words."""
    if marked:
        journal.note("metadata", "standfirst", marked, "set under the headline")
        return marked
    text = text_value(stated.article.get("description")) or stated.first_meta("og:description", "description", "twitter:description") or ""
    if len(text) < 20 or likeness(text, headline) > 0.8:
        return None
    start = plain(text).rstrip(".… ")[:80]
    if start and plain(body[: len(text) + 200]).startswith(start) and text.rstrip().endswith(("…", "...", "[…]", "[...]")):
        return None
    journal.note("metadata", "standfirst", text, "description of the page")
    return text


def marked_standfirst(headline: HtmlElement | None) -> str | None:
    """The text of an element near the headline whose class says that it is the standfirst."""
    if headline is None:
        return None
    node: HtmlElement | None = headline
    for _ in range(3):
        for sibling in node.itersiblings() if node is not None else ():
            for element in (sibling, *sibling.iter("p", "h2", "div", "section")):
                if has_word(element, _STANDFIRST_CLASS):
                    text = text_of(element)
                    if 20 <= len(text) <= 1200:
                        return text
        node = node.getparent() if node is not None else None
    return None


def canonical(tree: HtmlElement, page_url: str, base: str) -> str | None:
    """The declared canonical address, if it can be one: same site, and not the home page of an article."""
    href = next((link.get("href") for link in tree.iter("link") if "canonical" in (link.get("rel") or "").lower().split()), None)
    address = absolute(base, href)
    cleaned = clean_url(address) if address else None
    if not cleaned:
        return None
    try:
        same_site = site_of(cleaned) == site_of(page_url)
        to_home = urlsplit(cleaned).path in {"", "/"} and not urlsplit(cleaned).query and urlsplit(page_url).path not in {"", "/"}
    except ValueError:
        return None
    return cleaned if same_site and not to_home else None


def translations(tree: HtmlElement, page_url: str, canonical_url: str | None, base: str) -> tuple[tuple[str, str], ...]:
    """(language, address) pairs of hreflang links, without the page itself and without `x-default`."""
    own = {_key(page_url), _key(canonical_url or page_url)}
    found: dict[str, str] = {}
    for link in tree.iter("link"):
        language = (link.get("hreflang") or "").strip().lower()
        address = absolute(base, link.get("href")) if language and "alternate" in (link.get("rel") or "").lower() else None
        if address and language != "x-default" and re.fullmatch(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", language) and _key(address) not in own:
            found.setdefault(language, address)
    return tuple(found.items())


def _key(url: str) -> str:
    try:
        return url_key(url)
    except ValueError:
        return url


def edition(hints: ReadingHints, url: str, journal: Journal) -> str | None:
    """The edition of the first pattern that matches the start of the address's path."""
    path = urlsplit(url).path
    for expression, name in hints.editions:
        if re.match(expression, path):
            journal.note("metadata", "edition", name, f"path matches {expression}")
            return name
    return None
