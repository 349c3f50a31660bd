"""What a reading would change of what stands: one value a page, and their sum as a report. Values in, values out; nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from db import parts
from db.article_rows import metadata_of, storable
from db.readings import Article, Rejected, Standing
from db.records import StoredPage
from db.same import COPY_LENGTH, SUSPECT_RATIO, Version
from db.vocabulary import PageState

UNCHANGED = "unchanged"
ELSEWHERE = "another_address"
"""The article rests on a page of another address: this one changes nothing."""
ACCEPTED, REJECTED, SUSPECT, UNREADABLE = "accepted", "rejected", "suspect", "unreadable"
GREW, SHRANK, REWORDED = "text_grew", "text_shrank", "text_reworded"
FIELDS = ("title", "standfirst", "authors", "published", "language", "status", "section", "tags", "canonical_url")
"""Fields of a reading that are compared one by one."""
WORST = 10
EXCERPT = 160
"""Characters of a value that are shown."""
_WEIGHT: Mapping[str, int] = {REJECTED: 60, SUSPECT: 50, SHRANK: 20, "published": 15, "language": 12, "status": 10, "title": 8}
"""How much a change has to be looked at; others weigh 1."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value as it stands and as it would be."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What reading one page again would change."""

    page_id: int
    source: str
    url: str
    words: tuple[str, ...]
    """What kind of changes: the words above, names of fields; `unchanged` alone if there are none."""
    reason: str = ""
    """Of a page that holds no article any more: why."""
    changes: tuple[Change, ...] = ()
    weight: float = 0.0
    """Higher is more worth looking at."""


@dataclass(frozen=True, slots=True)
class Differences:
    """The report over a sample."""

    pages: int
    counts: dict[str, int]
    """Pages by kind of change; a page may count for several."""
    reasons: dict[str, int]
    """Pages that would be rejected, by reason."""
    characters: tuple[int, int]
    """Of all texts that stand, and of the same as they would be."""
    worst: tuple[Difference, ...]


def compare(page: StoredPage, standing: Standing | None, reading: Article | Rejected | None) -> Difference:
    """Compare what stands for a page with what it gives now; `reading` is None if its record cannot be read."""
    if reading is None:
        return _difference(page, (UNREADABLE,), weight=70)
    if isinstance(reading, Rejected):
        return _rejected(page, standing, reading)
    if page.state is PageState.REJECTED or standing is None:
        change = Change("text", "", _excerpt(reading.text))
        return _difference(page, (ACCEPTED,), (Change("title", "", reading.title), change), weight=5)
    if page.id not in {standing.page_id, *parts.page_ids(standing.metadata)}:
        return _difference(page, (ELSEWHERE,))
    return _altered(page, standing, reading)


def as_saved(page: StoredPage, standing: Standing, article: Article) -> Version:
    """Return the article with what was read of this page, be it one of several."""
    of_page = (page.url_key, page.url, page.fetched_at, article.reading_version)
    current = Version(standing.page_id or page.id, *of_page, standing.text, standing.metadata)
    new = parts.with_parts(Version(page.id, *of_page, str(storable(article.text)), metadata_of(article)), article)
    if parts.is_joined(current):
        return parts.joined(current, new)
    return parts.by_itself(new) if article.part.first else new


def summed(differences: Iterable[Difference], characters: tuple[int, int] = (0, 0)) -> Differences:
    """Return the report of these differences."""
    found = list(differences)
    counts = Counter(word for one in found for word in one.words)
    reasons = Counter(one.reason for one in found if REJECTED in one.words)
    worst = sorted((one for one in found if one.weight), key=lambda one: (-one.weight, one.page_id))[:WORST]
    return Differences(len(found), dict(counts.most_common()), dict(reasons.most_common()), characters, tuple(worst))


def _rejected(page: StoredPage, standing: Standing | None, reading: Rejected) -> Difference:
    if page.state is PageState.REJECTED:
        if page.reason == reading.reason:
            return _difference(page, (UNCHANGED,))
        return _difference(page, ("reason",), (Change("reason", str(page.reason or ""), str(reading.reason)),), weight=1)
    before = _excerpt(standing.text) if standing else ""
    found = _difference(page, (REJECTED,), (Change("text", before, f"{reading.reason}: {reading.detail}"),), weight=_WEIGHT[REJECTED])
    return Difference(found.page_id, found.source, found.url, found.words, str(reading.reason), found.changes, found.weight)


def _altered(page: StoredPage, standing: Standing, article: Article) -> Difference:
    saved = as_saved(page, standing, article)
    new, text = saved.metadata, saved.text
    changes = [
        Change(name, _shown(standing.metadata.get(name)), _shown(new[name])) for name in FIELDS if standing.metadata.get(name) != new[name]
    ]
    words = [change.field for change in changes]
    if text != standing.text:
        words.insert(0, _text_word(standing.text, text))
        changes.insert(0, Change("text", *_where_they_part(standing.text, text)))
    if not words:
        other = "details" if any((standing.metadata.get(name) or None) != (said or None) for name, said in new.items()) else UNCHANGED
        return _difference(page, (other,))
    if len(standing.text) >= COPY_LENGTH and len(text) * SUSPECT_RATIO < len(standing.text):
        words.insert(0, SUSPECT)
    lost = max(0.0, 1 - len(text) / len(standing.text)) if standing.text else 0.0
    return _difference(page, tuple(words), tuple(changes), weight=sum(_WEIGHT.get(word, 1) for word in words) + 40 * lost)


def _difference(page: StoredPage, words: tuple[str, ...], changes: tuple[Change, ...] = (), weight: float = 0.0) -> Difference:
    return Difference(page.id, page.source, page.url, words, "", changes, weight)


def _text_word(before: str, after: str) -> str:
    if len(before) == len(after):
        return REWORDED
    return GREW if len(after) > len(before) else SHRANK


def _where_they_part(before: str, after: str) -> tuple[str, str]:
    """Both texts from a little before the first letter in which they differ."""
    at = next((i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), min(len(before), len(after)))
    start = max(0, at - 30)
    return tuple(f"{len(text)} characters: {'…' if start else ''}{_excerpt(text[start:])}" for text in (before, after))  # type: ignore[return-value]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("at") or value.get("on") or value
    return _excerpt(", ".join(map(str, value)) if isinstance(value, list) else str("" if value is None else value))


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= EXCERPT else words[: EXCERPT - 1] + "…"
