"""The last resorts for a day: places the page marks as dates, then htmldate over a copy without its frame, distrusted where it guesses.

htmldate runs in its fast mode: the extensive one asks dateparser, whose first miss costs 2.4 CPU seconds a process.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta

from htmldate import find_date as search_page
from lxml.html import HtmlElement

from pipeline.steps.date_phrases import Phrase
from pipeline.steps.tree import ancestors_and_self, drop, has_word, text_of

logging.getLogger("htmldate").setLevel(logging.CRITICAL)  # its warnings about odd pages are no business of our users
_MARKED = re.compile(
    r"date|datum|fecha|publi|posted|time(?:stamp)?\b|entry-meta|post-meta|article-?(?:meta|info)|created|dateline", re.IGNORECASE
)
_NOT_ITS_OWN = re.compile(
    r"sidebar|widget|footer|comment|related|teaser|latest|popular|menu|top-?bar|masthead|clock|horloge|today|current|date-?du-?jour|header-?date|ticker|update",
    re.IGNORECASE,
)
_FRAME = ("nav", "header", "footer", "aside", "script", "style")


def marked_phrase(tree: HtmlElement, read: Callable[[str], Phrase | None], fetched_at: datetime | None) -> Phrase | None:
    """The first date `read` finds in an element that says by class, id or tag that it is one, outside the page's frame."""
    for element in tree.iter("time", "span", "div", "p", "li", "small", "em", "td", "abbr", "dd"):
        if element.tag != "time" and not has_word(element, _MARKED):
            continue
        text = element.get("datetime") or text_of(element)
        if not 6 <= len(text) <= 120 or any(_is_frame(one) for one in ancestors_and_self(element)):
            continue
        phrase = read(text)
        if phrase and (not is_fetch_day(phrase.on, fetched_at) or any(one.tag in {"article", "main"} for one in element.iterancestors())):
            return phrase
    return None


def is_fetch_day(day: date, fetched_at: datetime | None) -> bool:
    """Whether a day is that of the visit, give or take one: what a clock shows."""
    return fetched_at is not None and abs(day - fetched_at.date()) <= timedelta(days=1)


def _is_frame(element: HtmlElement) -> bool:
    return element.tag in _FRAME or (element.tag not in {"body", "html"} and has_word(element, _NOT_ITS_OWN))


def guess_day(tree: HtmlElement, url: str, fetched_at: datetime | None) -> date | None:
    """A day htmldate finds in the page; the first of January only if the page writes that day."""
    page = deepcopy(tree)
    for element in list(page.iter(*_FRAME)):
        drop(element)
    latest = (fetched_at + timedelta(days=1)).strftime("%Y-%m-%d") if fetched_at else None
    try:
        found = search_page(page, extensive_search=False, original_date=True, url=url, max_date=latest)
    except Exception:  # noqa: BLE001 - htmldate raises many kinds of errors on odd pages; without it the day stays unknown
        return None
    day = date.fromisoformat(found) if found else None
    if day and is_fetch_day(day, fetched_at):
        return None  # htmldate cannot tell a clock in the masthead from the day of an article
    if day and (day.month, day.day) == (1, 1) and not _writes_new_year(text_of(page), day):
        return None
    return day


def _writes_new_year(text: str, day: date) -> bool:
    spelled = (
        f"{day.year}-01-01",
        f"01/01/{day.year}",
        f"1/1/{day.year}",
        f"01.01.{day.year}",
        f"1er janvier {day.year}",
        f"January 1, {day.year}",
    )
    return any(form in text for form in (*spelled, f"1 January {day.year}", f"1 de enero de {day.year}", f"1 يناير {day.year}"))
