"""`Watch`: a database of articles, opened for asking. What is asked and stored is `db`'s business; this is its face in Python."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from db.archive import ArchiveReader
from db.articles import ArticleStore
from db.engine import Database, Transaction
from db.errors import SettingError, UnknownName
from db.export import write_csv, write_jsonl
from db.pages import PageStore
from db.query import ArticleQuery
from db.readings import Hit, StoredArticle
from db.records import StoredPage
from veille.filters import ALL, Filters, as_day
from veille.settings import load

SQLITE = "sqlite:///"
SHORT_UID = "[0-9a-f-]{8,36}"
"""What a uid, whole or shortened, looks like."""


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page as it was fetched: its row, and the bytes of its body (decoded of transfer and content encodings)."""

    stored: StoredPage
    body: bytes = field(repr=False)


def open_watch(database: str | os.PathLike[str] | None = None) -> Watch:
    """Open a database of articles: a path, a database URL, or None for the one the settings name.

    `veille.toml` of the working folder and `VEILLE_*` variables count as for the command. Raises SettingError if there is
    no such database, Unavailable if it cannot be reached, SchemaError if it belongs to another version.
    """
    flags = {} if database is None else {"database": os.fspath(database)}
    settings = load(flags, environment=os.environ, folder=Path.cwd())
    return Watch.open(settings.database, archive=settings.archive_folder)


class Watch:
    """A database of articles opened for asking; a context manager. Not for use by several threads at once."""

    def __init__(self, database: Database, archive: Path) -> None:
        self._database: Database | None = database
        self.archive = archive

    @property
    def database(self) -> Database:
        """The database asked. Raises ValueError once the watch is closed."""
        if self._database is None:
            raise ValueError("this watch is closed; open the database again with veille.open")
        return self._database

    @classmethod
    def open(cls, url: str, *, archive: Path) -> Self:
        """Open the database at `url`; a SQLite file has to exist. Raises SettingError, Unavailable, SchemaError."""
        path = Path(url.removeprefix(SQLITE))
        if url.startswith(SQLITE) and not path.exists():
            raise SettingError(f"{path}: there is no database yet; `veille init` makes one here, --database names another")
        if url.startswith(SQLITE) and path.is_file() and path.stat().st_size == 0:
            raise SettingError(f"{path}: is an empty file, no database; `veille init` makes it one, --database names another")
        return cls(Database.open(url), archive)

    def close(self) -> None:
        """Give the connection back; what is asked afterwards raises ValueError. Closing twice is no error."""
        if self._database is not None:
            self._database.close()
        self._database = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def search(
        self,
        text: str = "",
        *,
        language: str | None = None,
        source: str | None = None,
        country: str | None = None,
        tag: str | None = None,
        author: str | None = None,
        after: date | str | None = None,
        before: date | str | None = None,
        limit: int = 20,
    ) -> list[Hit]:
        """Return the best `limit` articles: words (all of them), "phrases", OR, NOT or -word, prefix*; filters: `Filters`.

        `after` and `before` are days, or their ISO 8601 text. Raises QueryError for an expression without anything to look
        for, ValueError for a day that is none or a `limit` below 1.
        """
        return self.hits(text, Filters(language, source, country, tag, author, as_day(after), as_day(before)), limit=limit)

    def hits(self, text: str, filters: Filters, *, limit: int) -> list[Hit]:
        """Return the best `limit` articles that `filters` let through, or the newest if `text` is empty.

        Raises ValueError if `limit` is below 1.
        """
        if limit < 1:
            raise ValueError(f"limit {limit}: ask for one article at least")
        with self.database.read() as tx:
            return list(_query(tx, text, filters).hits(limit=limit))

    def count(self, text: str = "", filters: Filters = ALL) -> int:
        """Return how many articles match in all."""
        with self.database.read() as tx:
            return _query(tx, text, filters).count()

    def articles(self, text: str = "", filters: Filters = ALL) -> Iterator[StoredArticle]:
        """Yield every matching article in the order they came in, in flat memory however many they are."""
        with self.database.read() as tx:
            yield from _query(tx, text, filters).articles()

    def get(self, uid: str) -> StoredArticle | None:
        """Return the article of that uid, or, if it is an address, the article read from there.

        A uid may be written in capitals, and shortened to its first 8 characters or more. Raises UnknownName if several
        articles' uids begin so.
        """
        with self.database.read() as tx:
            store = ArticleStore(tx)
            if "://" in uid:
                return store.by_url(uid)
            written = uid.strip().lower()
            near = store.uids_beginning(written) if re.fullmatch(SHORT_UID, written) else []
            if len(near) > 1:
                raise UnknownName(f"several articles' uids begin with {uid}: write more of it")
            return store.get(near[0] if near else uid)

    def page(self, url: str, *, source: str | None = None) -> KeptPage | None:
        """Return the page last kept for an address.

        Raises UnknownName for what is no address, ArchiveError if the bytes are not where the page's row says.
        """
        database = self.database
        try:
            with database.read() as tx:
                stored = PageStore(tx).latest(url, source)
        except ValueError as error:
            raise UnknownName(f"{url!r} is no web address; write it as https://www.example.org/a,12.html") from error
        if stored is None:
            return None
        return KeptPage(stored, ArchiveReader(self.archive).read(stored.location).body)

    def export(
        self,
        stream: TextIO,
        *,
        file_format: str = "jsonl",
        canonical: bool = False,
        filters: Filters = ALL,
    ) -> int:
        """Write every matching article to a text stream as `jsonl` or `csv` and return how many.

        `canonical` (of `jsonl` only) leaves out what depends on when and in which order pages were fetched, and sorts by
        address. Raises ValueError for another format. A file for `csv` has to be opened with `newline=""`.
        """
        if file_format not in {"jsonl", "csv"} or (canonical and file_format != "jsonl"):
            raise ValueError(f"no {'canonical ' if canonical else ''}export as {file_format!r}: there are jsonl, jsonl canonical, and csv")
        articles = self.articles(filters=filters)
        return write_csv(articles, stream) if file_format == "csv" else write_jsonl(articles, stream, canonically=canonical)


def _query(tx: Transaction, text: str, filters: Filters) -> ArticleQuery:
    query = ArticleQuery(tx)
    if text.strip():
        query = query.matching(text)
    narrow: tuple[tuple[Callable[[ArticleQuery, Any], ArticleQuery], Any], ...] = (
        (ArticleQuery.in_language, filters.language),
        (ArticleQuery.from_source, filters.source),
        (ArticleQuery.from_country, filters.country),
        (ArticleQuery.tagged, filters.tag),
        (ArticleQuery.by_author, filters.author),
        (ArticleQuery.after, filters.after),
        (ArticleQuery.before, filters.before),
        (ArticleQuery.changed_after, filters.changed_after),
    )
    for step, value in narrow:
        if value is not None:
            query = step(query, value)
    return query.originals_only() if filters.originals_only else query
