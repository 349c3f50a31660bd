"""The small language in which a person chooses kept pages: `FIELD OP VALUE`, joined by `and`. It is no SQL and cannot become any."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from db.errors import QueryError
from db.readings import Condition
from db.vocabulary import ArticleStatus, DateEvidence, PageReason, PageState

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "state": (PageState.READ.value, PageState.REJECTED.value),
    "reason": tuple(PageReason),
    "status": tuple(ArticleStatus),
    "published_from": tuple(DateEvidence),
}
"""Fields whose values are words of ours."""
NUMBERS: Final = ("reading_version",)
FIELDS: Final = (*NUMBERS, *WORDS, "language")
ORDERS: Final = ("<", "<=", ">", ">=")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_CONDITION = re.compile(r"\s*(?P<field>\w+)\s*(?P<op><=|>=|!=|==|<>|=|<|>)\s*(?P<quote>['\"]?)(?P<value>[\w-]+)(?P=quote)\s*")
_LANGUAGE = re.compile(r"[a-z]{2,8}")
_SPELLINGS: Final = {"==": "=", "<>": "!="}


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Return the conditions written in `text`. Raises QueryError naming the part that is none and the way out."""
    return tuple(_condition(part) for part in _AND.split(text))


def _condition(part: str) -> Condition:
    found = _CONDITION.fullmatch(part)
    if found is None:
        raise QueryError(f"{part.strip()!r} is no condition: write FIELD OP VALUE, as in 'reading_version < 3 and language = fr'")
    field, op, value = found["field"].lower(), _SPELLINGS.get(found["op"], found["op"]), found["value"].lower()
    if field not in FIELDS:
        raise QueryError(f"{field!r} is no field that pages are chosen by; there are {', '.join(FIELDS)}")
    if field in NUMBERS:
        return Condition(field, op, _number(field, value))
    if op in ORDERS:
        raise QueryError(f"{field} {op} {value}: {field} is a word, which is compared by = and != only")
    _check_word(field, value)
    return Condition(field, op, value)


def _number(field: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 9:
        raise QueryError(f"{field}: {value!r} is no whole number")
    return int(value)


def _check_word(field: str, value: str) -> None:
    allowed: Callable[[str], object] = (lambda word: word in WORDS[field]) if field in WORDS else _LANGUAGE.fullmatch
    if not allowed(value):
        there_are = f"there are {', '.join(WORDS[field])}" if field in WORDS else "write it as fr, ar or und"
        raise QueryError(f"{field}: there is no {value!r}; {there_are}")
