"""A newsroom for store tests: sources, pages and readings in a few words, saved into the `database` at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert

from db.articles import ArticleStore
from db.engine import Database
from db.identity import text_digest, url_key
from db.models import frontier, pages, sources
from db.query import ArticleQuery
from db.readings import Article, PublicationDate, Reading, Saved, StoredArticle
from db.records import ArchiveLocation, Hints, StoredPage
from db.vocabulary import ArticleStatus, DateEvidence, PageKind, PageState, Precision, SaveOutcome

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

WORDS = [
    "le",
    "gouvernement",
    "a",
    "annoncé",
    "hier",
    "une",
    "réforme",
    "du",
    "port",
    "de",
    "pêche",
    "que",
    "les",
    "marins",
    "attendent",
    "depuis",
    "dix",
    "ans",
    "malgré",
    "les",
    "promesses",
    "répétées",
]


def prose(seed: int, words: int = 60) -> str:
    """Return a text of its own for each seed: two of them share no four words in a row."""
    return " ".join(f"{WORDS[(seed + i * (seed % 7 + 1)) % len(WORDS)]}{seed if i % 3 == 0 else ''}" for i in range(words)) + "."


class Newsroom:
    """Makes readings and saves them. Ids of pages grow with every reading made."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._numbers = count(1)
        self._sources: dict[str, int] = {}

    def source(self, name: str, country: str | None = None) -> int:
        if name not in self._sources:
            row = {
                "name": name,
                "title": name,
                "home": f"https://{name}.example/",
                "country": country,
                "tags": [],
                "time_zone": "UTC",
                "definition_digest": "",
                "seen_at": NOON,
            }
            self._sources[name] = self.database.transact(
                lambda tx: tx.execute(insert(sources).values(row).returning(sources.c.id)).scalar_one()
            )
        return self._sources[name]

    def redirects(self, source: str, url: str, aliases: list[str]) -> None:
        row = {
            "source_id": self.source(source),
            "url_key": url_key(url),
            "url": url,
            "host": "x",
            "kind": "article",
            "found_by": "link",
            "hints": {},
            "aliases": aliases,
            "offered_at": NOON,
        }
        self.database.transact(lambda tx: tx.execute(insert(frontier).values(row)))

    def reading(
        self, url: str, text: str = "", *, source: str = "bladi", hours: float = 0, on: date | None = None, **fields: Any
    ) -> Reading:
        """Return a reading of `url` fetched `hours` after noon; a page row is made for it. `fields` are those of `Article`."""
        number, fetched_at = next(self._numbers), NOON + timedelta(hours=hours)
        row = {
            "source_id": self.source(source),
            "url_key": url_key(url),
            "url": url,
            "kind": "article",
            "fetched_at": fetched_at,
            "status": 200,
            "headers": [],
            "body_digest": "",
            "archive_file": "a",
            "archive_offset": number,
            "archive_length": 1,
            "state": "unread",
        }
        page_id = self.database.transact(lambda tx: tx.execute(insert(pages).values(row).returning(pages.c.id)).scalar_one())
        page = StoredPage(
            page_id, source, None, url, url_key(url), PageKind.ARTICLE, fetched_at, 200, (), "", ArchiveLocation("a", number, 1),
            PageState.UNREAD, None, None, 0, 0, Hints(),
        )  # fmt: skip
        values: dict[str, Any] = {"title": "Un titre", "language": "fr", "language_confidence": 0.99, "status": ArticleStatus.COMPLETE}
        values |= {"reading_version": 1, "published": on and PublicationDate(on, Precision.DAY, DateEvidence.META)}
        return Reading(page, Article(url=url, text=text, text_digest=text_digest(text), **(values | fields)))

    def save(self, *readings: Reading) -> list[Saved]:
        return self.database.transact(lambda tx: ArticleStore(tx).save(readings, now=NOON + timedelta(days=365)))

    def outcome(self, *readings: Reading) -> list[SaveOutcome]:
        return [saved.outcome for saved in self.save(*readings)]

    def article(self, url: str) -> StoredArticle:
        with self.database.read() as tx:
            found = ArticleStore(tx).by_url(url)
        assert found is not None
        return found

    def revisions(self, url: str) -> list[dict[str, Any]]:
        uid = self.article(url).uid
        with self.database.read() as tx:
            return ArticleStore(tx).revisions(uid)

    def all(self) -> list[StoredArticle]:
        return self.ask(lambda query: list(query.articles()))

    def ask(self, question: Callable[[ArticleQuery], Any]) -> Any:
        with self.database.read() as tx:
            return question(ArticleQuery(tx))


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    return Newsroom(database)


@pytest.fixture
def texts() -> Callable[..., str]:
    """`texts(seed, words)`: unlike texts, the same each time."""
    return prose


@pytest.fixture
def again() -> Callable[..., Reading]:
    """`again(reading, text=…, title=…)`: the same page read otherwise."""

    def change(reading: Reading, **fields: Any) -> Reading:
        if "text" in fields:
            fields["text_digest"] = text_digest(fields["text"])
        return replace(reading, article=replace(reading.article, **fields))

    return change
