"""What articles are asked for beside words: the filters of a search or an export, checked when they are made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from db.errors import QueryError


@dataclass(frozen=True, slots=True)
class Filters:
    """What articles are asked for; None means any. Days are those of publication: `after` ≤ day < `before`.

    Raises QueryError for a country that is not two letters (ISO 3166-1) and for days between which nothing lies.
    """

    language: str | None = None
    source: str | None = None
    country: str | None = None
    tag: str | None = None
    author: str | None = None
    after: date | None = None
    before: date | None = None
    changed_after: int | None = None
    originals_only: bool = False

    def __post_init__(self) -> None:
        """Refuse what could never match."""
        if self.country is not None and not re.fullmatch("[A-Za-z]{2}", self.country):
            raise QueryError(f"{self.country[:40]!r} is no country: name it by its two letters, as in MA, DZ, FR")
        if self.after is not None and self.before is not None and self.after >= self.before:
            raise QueryError(f"nothing lies after {self.after} and before {self.before}: the first day has to be the earlier one")


ALL = Filters()
"""Every article."""


def as_day(value: date | str | None) -> date | None:
    """A day, an instant's own day, or ISO 8601 text as a day. Raises ValueError for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a day; give a datetime.date, or text as 2020-03-01") from None
