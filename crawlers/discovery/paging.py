"""Which link of a listing leads to its following page: by the source's rule, `rel`, the usual page numbers, or the link's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawlers.pagination import AUTO, Pagination
from crawlers.source import Source
from db.identity import fold, url_key

IN_PATH = re.compile(r"(?:/(?:page|pagina|p)/|[/_-]page[-_]?|/p)(\d{1,6})(?=(?:\.html?|\.php)?/?$)", re.IGNORECASE)
IN_QUERY = re.compile(r"page|paged|pg|start|offset|limitstart|pagina|debut_\w+")
NEXT_WORDS = re.compile(
    r"(?:page |pages |articles? |posts? |entrees? |>|»|›|→|←|«|\s)*"
    r"(?:suivante?s?|next|siguientes?|older|(?:plus )?anciens|anteriores|precedents"
    r"|التالي|التاليه|الصفحه التاليه|الاقدم)(?: page| pages| articles| posts| entries| entradas|>|»|›|→|←|«|\s|\.)*"
)
NOT_THE_LISTING = re.compile(r"articles? (?:suivant|precedent)")
ARROWS = re.compile(r"[>»›→←«‹<\s]+")


@dataclass(frozen=True, slots=True)
class Mark:
    """A link that could lead to the following page: absolute address, `rel`, words."""

    url: str
    rel: str
    text: str


def next_pages(url: str, marks: list[Mark], source: Source) -> list[str]:
    """The page after `url`: one address, or none."""
    rule = rule_of(url, source)
    if rule.way in {"path", "query"}:
        following = rule.following(url)
        return [following] if following else []
    if rule.way == "none":
        return []
    related = [mark.url for mark in marks if "next" in mark.rel.split()]
    if related or rule.way == "rel":
        return related[:1]
    numbered = _following_number(url, marks)
    if numbered:
        return [numbered]
    return [mark.url for mark in marks if _says_next(mark)][:1]


def rule_of(url: str, source: Source) -> Pagination:
    """The pagination of the source's listing that `url` is a page of; the automatic rule if it is of none."""
    try:
        key = url_key(url)
    except ValueError:
        return AUTO
    for listing in source.listings:
        if url_key(listing.pagination.first_page(url)) == url_key(listing.url):
            return listing.pagination
    below = [listing for listing in source.listings if listing.pagination.way in {"rel", "none"} and key.startswith(url_key(listing.url))]
    return max(below, key=lambda listing: len(listing.url)).pagination if below else AUTO


def number_of(url: str) -> tuple[str, int] | None:
    """What a later page's address is without its number, and the number (or offset); None for other addresses."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors="replace")
    for name, value in pairs:
        if IN_QUERY.fullmatch(name) and re.fullmatch(r"[0-9]{1,7}", value):
            others = urlencode([pair for pair in pairs if pair != (name, value)])
            return _stem(f"{parts.scheme}://{parts.netloc}{parts.path}", others), int(value)
    found = IN_PATH.search(parts.path)
    if found is None:
        return None
    path = parts.path[: found.start()] + parts.path[found.end() :]
    return _stem(f"{parts.scheme}://{parts.netloc}{path}", parts.query), int(found[1])


def _stem(address: str, query: str) -> str:
    try:
        return url_key(f"{address}?{query}" if query else address)
    except ValueError:
        return address


def _following_number(url: str, marks: list[Mark]) -> str | None:
    """The link with the smallest number above this page's own, among the pages of the same listing."""
    own = number_of(url)
    stem, at = own or (_stem(url, ""), 0)
    later = [(found[1], mark.url) for mark in marks if (found := number_of(mark.url)) and found[0] == stem and found[1] > at]
    if own is None:  # this is the first page, which many systems also link to by its number
        later = [(number, target) for number, target in later if number != 1 or not any(other == 2 for other, _ in later)]
    return min(later)[1] if later else None


def _says_next(mark: Mark) -> bool:
    words = fold(mark.text)
    if not words or len(words) > 40 or NOT_THE_LISTING.search(words):
        return False
    return NEXT_WORDS.fullmatch(words) is not None or (ARROWS.fullmatch(words) is not None and number_of(mark.url) is not None)
