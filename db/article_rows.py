"""How an article lies in rows, and how rows become an article again. Which article a reading belongs to is decided elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select

from db.engine import Transaction
from db.folding import fold
from db.models import addresses, articles, revisions, sources, stories
from db.readings import Article, Image, StoredArticle
from db.vocabulary import ArticleStatus, DateEvidence, Fate, Precision

LABEL_LENGTH = 200
"""Characters of a folded label that count when one is searched for."""


def metadata_of(article: Article) -> dict[str, Any]:
    """Return everything of a reading but its text and links, as JSON values: a revision tells the whole of what was read."""
    published = article.published
    plain: dict[str, Any] = storable(
        {
            "title": article.title,
            "standfirst": article.standfirst,
            "authors": list(article.authors),
            "byline": list(article.byline),
            "agency": article.agency,
            "publisher": article.publisher,
            "contributors": list(article.contributors),
            "section": article.section,
            "tags": list(article.tags),
            "published": published
            and {
                "on": published.on.isoformat(),
                "at": _instant(published.at),
                "precision": published.precision,
                "from": published.evidence,
            },
            "modified_at": _instant(article.modified_at),
            "image": article.image and asdict(article.image),
            "edition": article.edition,
            "translations": sorted([language, url] for language, url in article.translations),
            "canonical_url": article.canonical_url,
            "language": article.language,
            "language_confidence": article.language_confidence,
            "languages": [[language, share] for language, share in article.languages],
            "status": article.status,
            "text_digest": article.text_digest,
        }
    )
    return plain


def storable(value: Any) -> Any:
    """Return JSON values without what PostgreSQL refuses in text: NUL and lone surrogates."""
    if isinstance(value, str):
        return str(value).replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, list):
        return [storable(item) for item in value]
    return {key: storable(item) for key, item in value.items()} if isinstance(value, dict) else value


def columns_of(metadata: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the columns of `articles` that repeat the current revision, so that questions need not open its metadata."""
    published = metadata["published"] or {}
    return {
        "edition": metadata["edition"] and metadata["edition"][:64],
        "title": metadata["title"],
        "language": metadata["language"][:8],
        "language_confidence": metadata["language_confidence"],
        "published_at": _parsed(published.get("at")),
        "published_on": datetime.fromisoformat(published["on"]).date() if published else None,
        "published_precision": published.get("precision"),
        "published_from": published.get("from"),
        "modified_at": _parsed(metadata["modified_at"]),
        "text_digest": metadata["text_digest"],
        "text_length": len(text),
        "status": metadata["status"],
    }


def claim_label(key: str) -> str:
    """Return how a canonical address is kept among the labels, which are short: as its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()


def labels_of(article_id: int, metadata: dict[str, Any], claim: str | None) -> list[dict[str, Any]]:
    """Return the rows of `labels`: authors, tags and the section, each folded form once, and the key of the canonical address."""
    section = metadata["section"]
    named = {"author": metadata["authors"], "tag": metadata["tags"], "section": [section] if section else []}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, names in named.items():
        for name in names:
            folded = fold(name)[:LABEL_LENGTH]
            if folded:
                rows.setdefault((kind, folded), {"article_id": article_id, "kind": kind, "folded": folded, "label": name})
    if claim:
        rows["claim", ""] = {"article_id": article_id, "kind": "claim", "folded": claim_label(claim), "label": claim}
    return list(rows.values())


# ---------------------------------------------------------------- reading back

_original = articles.alias("original")


def stored_articles() -> Select[Any]:
    """Return the SELECT whose rows `to_articles` understands; callers add WHERE, ORDER BY and LIMIT."""
    return (
        select(
            articles,
            sources.c.name.label("source"),
            sources.c.country,
            revisions.c.text,
            revisions.c.metadata,
            revisions.c.reading_version,
            _original.c.uid.label("original_uid"),
            _original.c.url.label("original_url"),
            stories.c.uid.label("story"),
        )
        .join(sources, sources.c.id == articles.c.source_id)
        .join(revisions, (revisions.c.article_id == articles.c.id) & (revisions.c.n == articles.c.revision))
        .outerjoin(_original, _original.c.id == articles.c.duplicate_of)
        .outerjoin(stories, stories.c.id == articles.c.story_id)
    )


def to_articles(tx: Transaction, rows: Sequence[Any]) -> list[StoredArticle]:
    """Turn rows of `stored_articles` into articles, their addresses fetched with one more statement."""
    urls = _addresses(tx, [row.id for row in rows])
    return [_to_article(row, urls.get(row.id, [])) for row in rows]


def _addresses(tx: Transaction, ids: Iterable[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    query = select(addresses.c.article_id, addresses.c.url, addresses.c.url_key).where(addresses.c.article_id.in_(list(ids)))
    for row in tx.execute(query):
        found.setdefault(row.article_id, []).append(row)
    return found


def _to_article(row: Any, known: list[Any]) -> StoredArticle:
    meta: dict[str, Any] = row.metadata
    return StoredArticle(
        uid=row.uid,
        url=row.url,
        urls=(row.url, *sorted(address.url for address in known if address.url_key != row.url_key)),
        source=row.source,
        country=row.country,
        edition=meta["edition"],
        title=row.title,
        standfirst=meta["standfirst"],
        text=row.text,
        authors=tuple(meta["authors"]),
        byline=tuple(meta.get("byline", ())),  # not kept by the first readings
        agency=meta["agency"],
        publisher=meta["publisher"],
        contributors=tuple(meta["contributors"]),
        section=meta["section"],
        tags=tuple(meta["tags"]),
        published_at=row.published_at,
        published_on=row.published_on,
        published_precision=row.published_precision and Precision(row.published_precision),
        published_from=row.published_from and DateEvidence(row.published_from),
        modified_at=row.modified_at,
        language=row.language,
        language_confidence=row.language_confidence,
        languages=tuple((language, share) for language, share in meta.get("languages", ())),
        image=Image(**meta["image"]) if meta["image"] else None,
        translations=tuple((language, url) for language, url in meta["translations"]),
        status=ArticleStatus(row.status),
        fate=Fate(row.fate),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        duplicate_of=row.original_uid,
        duplicate_of_url=row.original_url,
        story=row.story,
        revision=row.revision,
        change=row.change,
        reading_version=row.reading_version,
    )


def _instant(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat() if value else None


def _parsed(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
