"""Addresses that lead a crawler round in circles: repeating paths, calendars, numbers of visits, filtered lists, endless depth.

Only addresses are looked at, and only one at a time; archives that go back page by page for years are no traps. Which links are
articles or sections is `crawlers.discovery.links`'s business, and whether a listing shows the same page again `crawlers.leads`'s.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from crawlers.discovery import link_words as words
from crawlers.discovery.scope import period_of
from db.vocabulary import Trap

REPETITIONS = 3
"""A segment that stands so often in a path was put there by a relative link on a page that answers every path."""
DEEP = 10
"""Segments of a path beyond which nothing is followed unless the source's own patterns say so."""
BOTTOMLESS = 16
"""And beyond which nothing is followed at all."""
SESSION_NAME = re.compile(
    r"(?:(?:php|asp|aspx|jsp|cf|user|my|web|login|s)?[_-]?(?:s|sess|session|visit|visitor)[_-]?(?:id|key|hash|token|no)|session|sess)$"
)
SESSION_SEGMENT = re.compile(r"[;(]?(?:(?:php|j|asp)?sess(?:ion)?(?:_?id)?|sid)[-_=:.(]([0-9a-z]{16,})\)*$")
OPAQUE = re.compile(r"(?=.*\d)(?=.*[a-z])[0-9a-z_-]{16,}$|\d{12,}$")
"""What no person would write: a long number, or letters and digits mixed."""
TOKEN = re.compile(r"(?=.*\d)(?=.*[a-z])[0-9a-z]{16,}$")
"""The same in a path, where words are joined by hyphens."""
MONTH = re.compile(r"(?:19|20)\d\d(?:[-/](?:0?[1-9]|1[0-2])|(?:0[1-9]|1[0-2]))(?!\d{3})")
FULL_DATE = re.compile(r"/(?:19|20)\d\d/(?:0?[1-9]|1[0-2])(?:/\d{1,2})?/?$")
QUERY_MONTH = re.compile(r"(?:^|&)(?:m|archive|mois|month|date)=((?:19|20)\d\d)-?(0[1-9]|1[0-2])")
AHEAD = timedelta(days=2)
"""A server's day may be ahead of ours, but not by more."""


def endless(segments: Sequence[str], query: Sequence[tuple[str, str]]) -> Trap | None:
    """The trap that an address is, whatever its source's patterns say; segments and parameters folded, without tracking."""
    if len(segments) > BOTTOMLESS:
        return Trap.DEPTH
    if any(count >= REPETITIONS + (segment.isdigit() and len(segment) <= 2) for segment, count in Counter(segments).items()):
        return Trap.REPEATS  # /12/12/12/ may be a day
    visit = any(SESSION_NAME.match(name) and OPAQUE.match(value.lower()) for name, value in query)
    in_path = any((found := SESSION_SEGMENT.match(segment)) and TOKEN.match(found[1]) for segment in segments)
    return Trap.SESSION if visit or in_path or _names_visit(segments) else None


def _names_visit(segments: Sequence[str]) -> bool:
    """`/sid/4f2a…/`."""
    return any(SESSION_NAME.match(name) and TOKEN.match(value) for name, value in pairwise(segments))


def is_deep(segments: Sequence[str]) -> bool:
    """Whether a path has more segments than sites have."""
    return len(segments) > DEEP


def is_faceted(names: set[str]) -> bool:
    """Whether parameters sort a list, or filter it by several things at once: every article of it stands in the plain list too."""
    plain = {re.sub(r"\[.*", "", name) for name in names}
    filters = {name for name in names if re.sub(r"\[.*", "", name) in words.FILTER_PARAMETERS or name.startswith(words.FILTER_PREFIXES)}
    return bool(plain & words.ORDER_PARAMETERS) or len(filters) >= 2


def names_month(segments: Sequence[str], query: Sequence[tuple[str, str]]) -> bool:
    """Whether a month or a day stands in an address: in a calendar's it makes one page of many."""
    return MONTH.search("/".join([*segments, *(value for _, value in query)])) is not None


def lies_ahead(url: str, today: date) -> bool:
    """Whether an address is that of a month or a day still to come: a calendar goes on for ever. Sections may be named after a year."""
    parts = urlsplit(url)
    period = period_of(url) if FULL_DATE.search(parts.path) or "=" in parts.query else None
    month = QUERY_MONTH.search(parts.query)
    if month is not None:
        return date(int(month[1]), int(month[2]), 1) > today + AHEAD
    return period is not None and (period[1] - period[0]).days <= 31 and period[0] > today + AHEAD


def said(counts: Mapping[Trap, int]) -> str | None:
    """How many links were left out, in the words that a page's row keeps; None if none were."""
    return ", ".join(f"{counts[trap]} {trap}" for trap in Trap if counts.get(trap)) or None


def counted(detail: str | None) -> dict[str, int]:
    """What `said` has put into words, as counts; nothing for any other sentence."""
    found = re.findall(r"(\d+) (trap_\w+)", detail or "")
    return {word: int(number) for number, word in found if word in set(Trap)}
