"""Addresses a page declares for its article: the canonical one, its translations, and the edition a path belongs to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from db.identity import clean_url, site_of, url_key
from db.readings import ReadingHints
from pipeline.steps.journal import Journal
from pipeline.steps.tree import absolute


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
