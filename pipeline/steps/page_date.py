"""The last resort for a day: htmldate over a copy of the page without its frame, distrusted where it is known to guess."""

from __future__ import annotations

import logging
from copy import deepcopy
from datetime import date, datetime, timedelta

from htmldate import find_date as search_page
from lxml.html import HtmlElement

from pipeline.steps.tree import drop, text_of

logging.getLogger("htmldate").setLevel(logging.CRITICAL)  # its warnings about odd pages are no business of our users
_FRAME = ("nav", "header", "footer", "aside", "script", "style")


def guess_day(tree: HtmlElement, url: str, fetched_at: datetime | None) -> date | None:
    """A day htmldate finds in the page; the first of January only if the page writes that day."""
    page = deepcopy(tree)
    for element in list(page.iter(*_FRAME)):
        drop(element)
    latest = (fetched_at + timedelta(days=1)).strftime("%Y-%m-%d") if fetched_at else None
    try:
        found = search_page(page, extensive_search=True, original_date=True, url=url, max_date=latest)
    except Exception:  # noqa: BLE001 - htmldate raises many kinds of errors on odd pages; without it the day stays unknown
        return None
    day = date.fromisoformat(found) if found else None
    if day and (day.month, day.day) == (1, 1) and not _writes_new_year(text_of(page), day):
        return None
    return day


def _writes_new_year(text: str, day: date) -> bool:
    spelled = (f"{day.year}-01-01", f"01/01/{day.year}", f"1/1/{day.year}", f"01.01.{day.year}", f"1er janvier {day.year}", f"January 1, {day.year}")
    return any(form in text for form in (*spelled, f"1 January {day.year}", f"1 de enero de {day.year}", f"1 يناير {day.year}"))
