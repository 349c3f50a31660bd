"""What several finders say of one address, merged into one offer: the same whatever the order in which they speak.

Pure functions on values; the rows are `db.offer_rows`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from db.identity import clean_url, host_of, url_key
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FoundBy, PageKind

TRUSTED = (
    FoundBy.SEED,
    FoundBy.CANONICAL,
    FoundBy.FEED,
    FoundBy.SITEMAP,
    FoundBy.LISTING,
    FoundBy.PAGINATION,
    FoundBy.EDITION,
    FoundBy.LINK,
    FoundBy.REDIRECT,
    FoundBy.ROBOTS,
    FoundBy.CAPTURE,
    FoundBy.GUESS,
)
"""Whose spelling and title of an address is preferred, best first."""
KINDS = tuple(PageKind)
EVIDENCE = tuple(DateEvidence)


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that was said of one address."""

    url_key: str
    url: str
    kind: PageKind
    found_by: FoundBy
    hints: Mapping[str, Any]
    """As the row keeps them (see `hints_to_json`)."""
    aliases: frozenset[str]
    priority: int
    refetch_before: datetime | None = None

    @property
    def host(self) -> str:
        """The host that will be asked."""
        return host_of(self.url)


def offer_of(candidate: Candidate) -> Offer | None:
    """Turn a candidate into an offer; None if its address cannot be fetched."""
    url = clean_url(candidate.url)
    if url is None:
        return None
    try:
        key = url_key(url)
    except ValueError:
        return None
    return Offer(
        url_key=key,
        url=url,
        kind=candidate.kind,
        found_by=candidate.found_by,
        hints=hints_to_json(candidate.hints, candidate.found_by),
        aliases=frozenset(filter(None, map(clean_url, candidate.aliases))) - {url},
        priority=candidate.priority,
        refetch_before=candidate.refetch_before,
    )


def merged(one: Offer, other: Offer) -> Offer:
    """Merge two offers of one address: commutative, associative and idempotent, each part being the best by a total order."""
    best = min(one, other, key=_spelling_order)
    befores = [offer.refetch_before for offer in (one, other) if offer.refetch_before]
    return replace(
        best,
        kind=min(one.kind, other.kind, key=KINDS.index),
        hints=merged_hints(one.hints, other.hints),
        aliases=one.aliases | other.aliases,
        priority=max(one.priority, other.priority),
        refetch_before=max(befores, default=None),
    )


def _spelling_order(offer: Offer) -> tuple[int, bool, int, str]:
    return TRUSTED.index(offer.found_by), not offer.url.startswith("https:"), len(offer.url), offer.url


# ---------------------------------------------------------------- hints


def hints_to_json(hints: Hints, found_by: FoundBy) -> dict[str, Any]:
    """Return hints as the frontier keeps them: only what is known, and beside a title who gave it."""
    said = {
        "title": hints.title,
        "title_from": found_by.value if hints.title else None,
        "published_at": _instant(hints.published_at),
        "published_on": hints.published_on.isoformat() if hints.published_on else None,
        "evidence": hints.evidence.value if hints.evidence else None,
        "lastmod": _instant(hints.lastmod),
        "depth": hints.depth,
        "seek": list(hints.seek) if hints.seek else None,
        "part": list(hints.part) if hints.part else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def hints_from_json(said: Mapping[str, Any] | None) -> Hints:
    """Return the hints of a row; empty ones where there is no row."""
    if not said:
        return Hints()
    return Hints(
        title=said.get("title"),
        published_at=datetime.fromisoformat(said["published_at"]) if "published_at" in said else None,
        published_on=date.fromisoformat(said["published_on"]) if "published_on" in said else None,
        evidence=DateEvidence(said["evidence"]) if "evidence" in said else None,
        lastmod=datetime.fromisoformat(said["lastmod"]) if "lastmod" in said else None,
        depth=said.get("depth", 0),
        seek=tuple(said["seek"]) if "seek" in said else None,
        part=tuple(said["part"]) if "part" in said else None,
    )


def merged_hints(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two sets of hints: title and date whole from their best witness, the latest lastmod, the least depth, one seek, one part."""
    best = min(one, other, key=_title_order)
    result = {name: best[name] for name in ("title", "title_from") if name in best}
    best = min(one, other, key=_date_order)
    result |= {name: best[name] for name in ("published_at", "published_on", "evidence") if name in best}
    modified = [said["lastmod"] for said in (one, other) if "lastmod" in said]
    if modified:
        result["lastmod"] = max(modified)
    for name in ("seek", "part"):
        if found := [said[name] for said in (one, other) if name in said]:
            result[name] = max(found)
    return {**result, "depth": min(one.get("depth", 0), other.get("depth", 0))}


def _title_order(said: Mapping[str, Any]) -> tuple[bool, int, int, str]:
    """Order titles: the best finder's, then the longer one (links cut theirs short)."""
    title = said.get("title", "")
    finder = TRUSTED.index(FoundBy(said["title_from"])) if "title_from" in said else 0
    return not title, finder, -len(title), title


def _date_order(said: Mapping[str, Any]) -> tuple[bool, int, bool, bool, str, str]:
    """Order dates: the best evidence, then the more exact one, then the earlier one."""
    at, on = said.get("published_at"), said.get("published_on")
    evidence = EVIDENCE.index(DateEvidence(said["evidence"])) if "evidence" in said else len(EVIDENCE)
    return not (at or on), evidence, at is None, on is None, at or "", on or ""


def _instant(instant: datetime | None) -> str | None:
    """Return an instant as text whose order is that of time."""
    return None if instant is None else instant.astimezone(UTC).isoformat(timespec="microseconds")
