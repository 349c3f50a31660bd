"""The template table: what was learned of each source, one row a source, replaced whole when it is learned again."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select

from db.engine import Transaction, upsert
from db.models import articles, sources, templates
from db.readings import Template
from db.sources import SourceStore


@dataclass(frozen=True, slots=True)
class Material:
    """How many articles of a source are stored, and from how many its template was learned, when and in which way; None: it has none."""

    source: str
    articles: int
    version: int | None
    pages: int | None
    learned_at: datetime | None


class TemplateStore:
    """Templates, by the name of their source, inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def put(self, source: str, template: Template, now: datetime) -> None:
        """Keep what was learned, in place of what was known before. What was known already keeps its date. Raises UnknownName."""
        learned = asdict(template)
        row = {"version": learned.pop("version"), "pages": learned.pop("pages"), "learned": learned, "learned_at": now}
        source_id = SourceStore(self._tx).ids([source])[source]
        before = self._tx.execute(select(templates).where(templates.c.source_id == source_id)).one_or_none()
        if before and (before.version, before.learned) == (template.version, json.loads(json.dumps(learned))):
            row["learned_at"] = before.learned_at
        insert = upsert(self._tx, templates).values(source_id=source_id, **row)
        self._tx.execute(insert.on_conflict_do_update(index_elements=["source_id"], set_=row))

    def forget(self, source: str) -> bool:
        """Delete what is known of a source; return whether anything was."""
        own = templates.c.source_id.in_(select(sources.c.id).where(sources.c.name == source))
        return self._tx.execute(delete(templates).where(own)).rowcount > 0

    def of(self, names: Collection[str], version: int) -> dict[str, Template]:
        """Return the templates of those of these sources that have one which this version of the learning made."""
        query = select(sources.c.name, templates).join(sources, sources.c.id == templates.c.source_id)
        rows = self._tx.execute(query.where(sources.c.name.in_(names), templates.c.version == version))
        return {row.name: _template(row) for row in rows}

    def material(self) -> list[Material]:
        """Return what could be learned from, and what was, of every source that has articles."""
        counted = select(articles.c.source_id, func.count().label("articles")).group_by(articles.c.source_id).subquery()
        query = select(sources.c.name, counted.c.articles, templates.c.version, templates.c.pages, templates.c.learned_at)
        query = query.join(counted, counted.c.source_id == sources.c.id).outerjoin(templates, templates.c.source_id == sources.c.id)
        return [Material(*row) for row in self._tx.execute(query.order_by(sources.c.name))]

    def learned_at(self, version: int) -> dict[str, datetime]:
        """Return when the template of each source was learned, of those that this version of the learning made."""
        query = select(sources.c.name, templates.c.learned_at).join(sources, sources.c.id == templates.c.source_id)
        return {row.name: row.learned_at for row in self._tx.execute(query.where(templates.c.version == version))}

    def outdated(self, version: int) -> list[str]:
        """Return the names of the sources whose template another version of the learning made."""
        query = select(sources.c.name).join(templates, sources.c.id == templates.c.source_id)
        return list(self._tx.scalars(query.where(templates.c.version != version).order_by(sources.c.name)))


def _template(row: Row[Any]) -> Template:
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.learned.items()}
    return Template(version=row.version, pages=row.pages, **lists)
