"""A source's own layouts: CSS selectors that hold at the page's date, tried before the general rules."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.etree import XPathError
from lxml.html import HtmlElement

from db.readings import Layout
from pipeline.steps.journal import Journal
from pipeline.steps.tree import drop, text_of


def valid_layout(layouts: tuple[Layout, ...], day: date | None, tree: HtmlElement) -> Layout | None:
    """The layout whose period holds `day`; without a day, the first whose body (or title) selector finds something."""
    if day is not None:
        return next((one for one in layouts if (one.since is None or one.since <= day) and (one.until is None or day < one.until)), None)
    return next((one for one in layouts if select(tree, one.body or one.title)), None)


def select(tree: HtmlElement, selector: str | None) -> list[HtmlElement]:
    """The elements a selector finds; none for a selector that is missing or cannot be understood."""
    compiled = _compiled(selector) if selector else None
    try:
        found: Any = compiled(tree) if compiled else []
    except XPathError:  # a prefix of a namespace: the file's own check names it
        return []
    return list(found)


def bodies(tree: HtmlElement, selector: str | None) -> list[HtmlElement]:
    """The elements that hold the text, in order, without those that stand inside another: their text would count twice."""
    found = select(tree, selector)
    own = set(found)
    return [one for one in found if own.isdisjoint(one.iterancestors())]


def first_text(tree: HtmlElement, selector: str | None) -> str:
    """The text of the first element a selector finds, empty if none."""
    found = select(tree, selector)
    return text_of(found[0]) if found else ""


def all_texts(tree: HtmlElement, selector: str | None) -> tuple[str, ...]:
    """The texts of all elements a selector finds."""
    return tuple(filter(None, map(text_of, select(tree, selector))))


def remove(tree: HtmlElement, layout: Layout, journal: Journal) -> None:
    """Cut what the source says is never the article, in place."""
    for selector in layout.remove:
        for element in select(tree, selector):
            drop(element)
            journal.note("layout", "cut", selector, "the source says so")


def unreadable_selectors(layout: Layout) -> list[tuple[str, str, str]]:
    """Return (key, selector, reason) of every selector that cannot be understood."""
    keys = ("body", "title", "date", "authors", "section", "tags")
    given = [(key, selector) for key in keys if (selector := getattr(layout, key))] + [("remove", selector) for selector in layout.remove]
    found = []
    for key, selector in given:
        try:
            CSSSelector(selector, translator="html")(HtmlElement())
        except (SelectorError, XPathError) as error:
            found.append((key, selector, str(error)))
    return found


@lru_cache(maxsize=512)
def _compiled(selector: str) -> CSSSelector | None:
    try:
        return CSSSelector(selector, translator="html")
    except SelectorError:
        return None
