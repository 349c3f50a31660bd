"""Who stands behind an article: which of the page's bylines is believed, and who in it is a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from pipeline.steps import bylines
from pipeline.steps.bylines import Byline
from pipeline.steps.headline import Surroundings
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import plain, words
from pipeline.steps.structured import Statements, text_value
from pipeline.steps.tree import Names, stands_aside, text_of

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

_AUTHOR_LIST = re.compile("[Aa]uthorList")
_MARKED_AUTHORS: Any = etree.XPath("//@rel[. = 'author']/.. | //@itemprop[. = 'author']/..")
_FACTS = 400
"""Characters up to which an aside of the article states facts of it: its author, his links, the day."""


_BYLINE = "byline near the headline"


@dataclass(frozen=True, slots=True)
class People:
    """Who stands behind an article."""

    authors: tuple[str, ...]
    agency: str | None
    publisher: str | None
    byline: tuple[str, ...] = ()
    """Whom the page credits, as it writes them: people, agencies, desks, the paper itself."""


def people(
    marked: Names,
    stated: Statements,
    lines: Surroundings,
    journal: Journal,
    *,
    names: tuple[str, ...],
    written: tuple[str, ...],
    title_names: tuple[str, ...] = (),
) -> People:
    """Authors by the first evidence that names a person; agency and publisher by whatever names them. `written` comes from a layout.

    `names` are the paper's, `title_names` what its page titles call it: enough to know it by in a line, not against a stated person.
    """
    agency = publisher = None
    credited: tuple[str, ...] = ()
    people_stated, organisations = _stated_authors(stated)
    beside = _agency_beside(lines)
    for found, bodies, why in (
        (written, [], "layout of the source"),
        (people_stated, organisations, "JSON-LD author"),
        (tuple(_meta_authors(stated)), [], "meta author"),
        (tuple(_marked_authors(marked)), [], "marked as author"),
        (tuple(_bylines(lines)), [], _BYLINE),
    ):
        known = names if people_stated or why != _BYLINE else (*names, *title_names)
        byline: Byline = bylines.take_apart(found, known, bodies)
        agency, publisher = agency or byline.agency, publisher or byline.publisher
        if byline.authors:
            agency = agency or beside
            journal.note("metadata", "authors", ", ".join(byline.authors), why)
            return People(byline.authors, agency, publisher or _publisher(stated), byline.credited)
        credited = credited or byline.credited
        for word, value in (("agency", byline.agency), ("publisher", byline.publisher), ("desk", byline.desk)):
            if value:
                journal.note("metadata", word, value, f"{why}: not a person")
    if beside and not agency:
        journal.note("metadata", "agency", beside, "a line near the headline names it")
    return People((), agency or beside, publisher or _publisher(stated), credited or ((beside,) if beside else ()))


def with_foot(by: People, signed: tuple[str, ...], agency: str | None, journal: Journal) -> People:
    """What the lines below the text add: people where nobody is named above, the agency where none is."""
    authors = by.authors or signed
    if authors == by.authors and (by.agency or not agency):
        return by
    for field, value in (("authors", ", ".join(authors[len(by.authors) :])), ("agency", "" if by.agency else agency)):
        if value:
            journal.note("metadata", field, value, "a line below the text")
    byline = by.byline or (*signed, *((agency,) if agency else ()))
    return replace(by, authors=authors, agency=by.agency or agency, byline=byline)


def _publisher(stated: Statements) -> str | None:
    return text_value(stated.resolve(stated.article.get("publisher"))) or stated.first_meta("og:site_name", "dc.publisher") or None


def _stated_authors(stated: Statements) -> tuple[list[str], list[str]]:
    """The names of authors, and of those that are stated to be organisations (schema.org/author takes a Person or an Organization)."""
    people: list[str] = []
    organisations: list[str] = []
    for author in stated.resolved(stated.article.get("author")):
        for one in map(stated.resolve, author if isinstance(author, list) else [author]):
            name = text_value(one)
            if name:
                (organisations if "Organization" in _kind(one) else people).append(name)
    return people, organisations


def _kind(stated: object) -> str:
    return str(stated.get("@type")) if isinstance(stated, dict) else ""


def _meta_authors(stated: Statements) -> Iterable[str]:
    for name in _AUTHOR_META:
        values = [value for value in stated.meta.get(name, ()) if "://" not in value]
        if values:
            yield from (bylines.turned(value) if name == "citation_author" else value for value in values[:10])
            return


def _marked_authors(marked: Names) -> Iterable[str]:
    listed = [element for element in marked.matching(_AUTHOR_LIST) if _AUTHOR_LIST.search(element.get("class") or "")]
    explicit = marked.in_order(_MARKED_AUTHORS(marked.root), listed)
    named = [element for element in marked.matching(_BYLINE_CLASS) if _BYLINE_CLASS.search(element.get("class") or "")]
    taken: list[HtmlElement] = []
    for element in marked.in_order(explicit[:60], named[:60]):
        if any(ancestor in taken for ancestor in element.iterancestors()) or _stands_elsewhere(element):
            continue
        name = element.find(".//*[@itemprop='name']") if element.get("itemprop") == "author" else None
        single = _names_side_by_side(element)
        text = ", ".join(single) or (text_of(name) if name is not None else _signed(element))
        if 2 < len(text) < 120 and any(map(bylines.is_name, bylines.split(text))):
            taken.append(element)
            yield text
        if len(taken) >= 4:
            return


def _stands_elsewhere(element: HtmlElement) -> bool:
    """Whether an element stands among other things than the article; a link to the author may stand in a short aside of it."""
    asides = [one for one in (element, *element.iterancestors()) if stands_aside(one)]
    if len(asides) == 1 and asides[0].tag == "aside" and "sidebar" not in (asides[0].get("class") or ""):
        own = next((one for one in asides[0].iterancestors() if one.tag in {"article", "main"}), None)
        return own is None or (element.get("rel") or "") != "author" or len(text_of(asides[0])) > _FACTS
    return bool(asides)


def _signed(element: HtmlElement) -> str:
    """The text of an element that is marked as author; of its one linked name where a role or a day stands beside that."""
    whole = text_of(element)
    links = [text_of(link) for link in element.iter("a") if link is not element and text_of(link)]
    if len(links) != 1 or not bylines.is_full_name(bylines.strip_prefix(links[0])):
        return whole
    beside = bylines.strip_prefix(whole.replace(links[0], " ", 1)).strip(" ,|·•⋅-–—:")
    is_joint = plain(beside.partition(" ")[0]) in words("bylines", "joiners")
    return links[0] if bylines.is_role(beside) or (beside[:1].islower() and not is_joint) else whole


def _names_side_by_side(element: HtmlElement) -> list[str]:
    """Names that an element holds in an element each, after a label or not; none if it holds anything else."""
    names = [text_of(one) for one in element.iter("a", "span", "li") if len(one) == 0 and text_of(one)]
    whole = "".join(text_of(element).split())
    if "".join("".join(names).split()) != whole:
        return []
    is_labelled = len(names) > 1 and bylines.is_prefix(names[0])
    names = names[1:] if is_labelled else names
    return names if (is_labelled or len(names) > 1) and all(map(bylines.is_name, names)) else []


def _bylines(lines: Surroundings) -> Iterable[str]:
    for n, line in enumerate(lines.after):
        below = lines.after[n + 1].text if n + 1 < len(lines.after) else ""
        names = bylines.in_line(line.text) or (below if bylines.is_prefix(line.text) and bylines.is_full_name(below) else None)
        if names:
            yield names
            return
    for line in lines.before[:3]:
        names = bylines.in_line(line.text)
        if names:
            yield names
            return


def _agency_beside(lines: Surroundings) -> str | None:
    """The agency that a line of the headline's own container is about ("EFE | Madrid"), for wire copy has often no other byline."""
    found = (bylines.agency_alone(line.text) for line in (*lines.after, *lines.before[:3]) if line.near)
    return next(filter(None, found), None)
