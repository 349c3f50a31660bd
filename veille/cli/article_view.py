"""An article as a person reads it: title, what is known of it in one line each, then the text."""

from __future__ import annotations

from datetime import date, datetime

from db.readings import Article, Image, StoredArticle
from db.vocabulary import DateEvidence, Precision
from veille.cli.output import isolated, line, paragraphs, say

Fact = tuple[str, str]
FINER_THAN_DAY = frozenset({Precision.HOUR, Precision.MINUTE, Precision.SECOND})


def print_stored(article: StoredArticle) -> None:
    """Print an article of the database."""
    facts = [
        ("uid", article.uid),
        ("url", article.url),
        *(("also at", url) for url in article.urls if url != article.url),
        ("source", _joined(article.source, article.country, article.edition)),
        ("published", _published(article.published_on, article.published_at, article.published_precision, article.published_from)),
        *_persons(article),
        *_about(article),
        ("status", _joined(article.status, article.fate, f"revision {article.revision}")),
        ("copy of", _joined(article.duplicate_of, article.duplicate_of_url)),
        ("seen", f"{line(article.first_seen)} to {line(article.last_seen)}"),
    ]
    _print(article.title, article.standfirst, facts, article.text)


def print_read(article: Article) -> None:
    """Print an article read on the spot."""
    when = article.published
    facts = [
        ("url", article.canonical_url or article.url),
        ("edition", line(article.edition)),
        ("published", _published(when.on, when.at, when.precision, when.evidence) if when else "unknown"),
        *_persons(article),
        *_about(article),
        ("status", line(article.status)),
        ("page", f"{article.part.number} of several, after {article.part.first}" if article.part.first else ""),
        ("goes on at", article.part.following or ""),
    ]
    _print(article.title, article.standfirst, facts, article.text)


def _print(title: str, standfirst: str | None, facts: list[Fact], text: str) -> None:
    say(line(title))
    if standfirst:
        say(line(standfirst))
    say()
    known = [(label, value) for label, value in facts if value]
    width = max(len(label) for label, _ in known)
    for label, value in known:
        say(f"{label.ljust(width)}  {isolated(line(value))}")
    say()
    say(paragraphs(text))


def _persons(article: Article | StoredArticle) -> list[Fact]:
    return [
        ("authors", line(article.authors)),
        ("byline", line(article.byline) if article.byline != article.authors else ""),
        ("with", line(article.contributors)),
        ("agency", line(article.agency)),
        ("publisher", line(article.publisher)),
    ]


def _about(article: Article | StoredArticle) -> list[Fact]:
    return [
        ("modified", line(article.modified_at)),
        ("section", line(article.section)),
        ("tags", line(article.tags)),
        ("language", f"{article.language} ({article.language_confidence:.2f})"),
        ("languages", ", ".join(f"{tag} {share:.0%}" for tag, share in article.languages) if len(article.languages) > 1 else ""),
        ("image", _image(article.image)),
        *(("translation", f"{language} {url}") for language, url in article.translations),
    ]


def _published(day: date | None, at: datetime | None, precision: Precision | None, evidence: DateEvidence | None) -> str:
    """The day or instant with how exactly it is known and from what."""
    if day is None:
        return "unknown"
    when = f"{day} ({line(at)})" if at is not None and precision in FINER_THAN_DAY else str(day)
    return f"{when}, to the {precision}, from {line(evidence).replace('_', ' ')}"


def _image(image: Image | None) -> str:
    return _joined(image.url, image.caption, image.credit) if image else ""


def _joined(*parts: object) -> str:
    return " · ".join(line(part) for part in parts if part)
