"""Which readings are of one article, and which of two readings speaks for it: rules on values, free of the order of reading.

`db.saving` applies them to what is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from db.folding import fold, fold_letters
from db.identity import clean_url, is_home, url_key
from db.vocabulary import DateEvidence

COPY_LENGTH = 200
"""Characters from which the same text alone makes a copy; shorter texts need the same title, and the same source."""
SUSPECT_RATIO = 2
"""A reading less than half as long as the one it would replace is kept aside."""
SHINGLE = 4
"""Words that must stand in the same order to count as shared."""
ALIKE = 0.5
"""Share of the shorter text's shingles that two readings of one article have in common at least."""
MAJOR = ("title", "standfirst", "authors", "published")
"""Fields whose change makes a revision; the others (tags, section, image…) are corrected in place."""

_STATED = (DateEvidence.JSON_LD, DateEvidence.META, DateEvidence.MICRODATA)


@dataclass(frozen=True, slots=True)
class Version:
    """One reading as the rules see it."""

    page_id: int
    page_key: str
    page_url: str
    fetched_at: datetime
    reading_version: int
    text: str
    metadata: dict[str, Any]
    """As a row of `revisions` keeps it."""

    @property
    def digest(self) -> str:
        """Folded digest of the text."""
        return str(self.metadata["text_digest"])

    @property
    def claim(self) -> str | None:
        """Key of the other address that the page declares canonical, where that is plausible."""
        return plausible_claim(self.page_url, self.metadata["canonical_url"])

    @property
    def names_itself(self) -> bool:
        """The page declares its own address canonical."""
        canonical = clean_url(self.metadata["canonical_url"] or "")
        return canonical is not None and key_or_none(canonical) == self.page_key


def plausible_claim(page_url: str, canonical: str | None) -> str | None:
    """Return the key of a canonical address worth believing: another one, on the page's own host, not its front page."""
    address = clean_url(canonical or "")
    key = key_or_none(address) if address else None
    if address is None or key is None or is_home(address):
        return None
    own = url_key(page_url)
    return key if key != own and urlsplit(key).netloc == urlsplit(own).netloc else None


def key_or_none(url: str) -> str | None:
    """Return the key of an address; None if it is none, or too long when folded."""
    try:
        return url_key(url)
    except ValueError:
        return None


def same_text(one: Version, other: Version) -> bool:
    """Tell whether two readings of one source are the same article by their text alone."""
    if one.digest != other.digest:
        return False
    return len(one.text) >= COPY_LENGTH or fold(one.metadata["title"]) == fold(other.metadata["title"])


def alike(one: Version, other: Version) -> bool:
    """Tell whether two readings share so much text that they are one article read at two addresses."""
    if one.digest == other.digest:
        return True
    left, right = _shingles(one.text), _shingles(other.text)
    return bool(left and right) and len(left & right) >= ALIKE * min(len(left), len(right))


def is_preferred(new: Version, current: Version, aliases: frozenset[str]) -> bool:
    """Tell whether a reading at another address speaks for the article instead of the current one.

    A teaser never replaces a text; an address that now redirects here (`aliases`) gives way; then the address its own page
    calls canonical, the shorter, the first by key: an order that does not depend on which page was read first.
    """
    if len(new.text) * SUSPECT_RATIO < len(current.text):
        return False
    if len(current.text) * SUSPECT_RATIO < len(new.text) or current.page_key in aliases:
        return True
    return _rank(new) < _rank(current)


def is_suspect(new: Version, current: Version) -> bool:
    """Tell whether a reading is so much shorter than the current one that more likely the page or the reader failed."""
    return len(current.text) >= COPY_LENGTH and len(new.text) * SUSPECT_RATIO < len(current.text)


def is_revision(new: Version, current: Version) -> bool:
    """Tell whether text, title, standfirst, authors or publication date differ."""
    return new.digest != current.digest or any(new.metadata[name] != current.metadata[name] for name in MAJOR)


def of_other_days(one: Version, other: Version) -> bool:
    """Tell whether two pages state by the same means that they were published on different days: one of them is no page of the other."""
    said, also = one.metadata["published"], other.metadata["published"]
    if not said or not also or said["from"] != also["from"] or said["from"] not in _STATED:
        return False
    return bool(said["on"] != also["on"])


def better_spelling(one: str, other: str) -> str:
    """Return the spelling of an address to show: https, then the shorter, then the first; the same whichever came first."""
    return min(one, other, key=lambda url: (not url.startswith("https:"), len(url), url))


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a group with the same text."""

    id: int
    duplicate_of: int | None
    published_on: date | None
    published_at: datetime | None
    source: str
    url_key: str


def original(group: Sequence[Member]) -> Member:
    """Return the first published of a group: by day, instant (unknown: the end of the day), source name and address."""
    end = time.max.replace(tzinfo=UTC)
    return min(
        group,
        key=lambda m: (
            m.published_on or date.max,
            m.published_at or datetime.combine(m.published_on or date.max, end),
            m.source,
            m.url_key,
        ),
    )


def _rank(version: Version) -> tuple[bool, int, str]:
    return not version.names_itself, len(version.page_url), version.page_key


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = fold_letters(text).split()
    return {tuple(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1))} if words else set()
