"""What a person may type to search: words, "phrases", AND, OR, NOT, -word and prefix*; everything else is read as words, never as syntax.

How the words are found in a database is `db.fulltext`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from db.analysis import Sought, sought
from db.errors import QueryError

MAX_LENGTH = 2_000
"""Characters of a question that are read; what comes after is left out."""
MAX_WORDS = 32
"""Words and phrases that are looked for; what comes after is left out."""

_PIECE = re.compile(r'(?P<minus>(?:(?<=\s)|^)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Question:
    """All of `wanted` must be found, by any one of its choices; nothing of `excluded` may be."""

    wanted: tuple[tuple[Sought, ...], ...]
    excluded: tuple[Sought, ...] = ()


def parse(text: str, languages: Iterable[str] | None = None) -> Question:
    """Read a question. OR (in capitals) joins the words beside it and binds closer than AND, which need not be written.

    NOT (in capitals) leaves out the word or phrase after it, as a minus does; in quotes the three are words like any other.

    `languages`: BCP 47 subtags whose stems count; None for all. Raises QueryError when nothing is left to look for.
    """
    wanted: list[list[Sought]] = []
    excluded: list[Sought] = []
    joining = leaving_out = False
    chosen = None if languages is None else tuple(languages)
    for piece in _PIECE.finditer(text[:MAX_LENGTH]):
        if piece["word"] == "OR" and not piece["minus"]:
            joining = bool(wanted)
            continue
        if piece["word"] in {"AND", "NOT"} and not piece["minus"]:
            leaving_out = leaving_out or piece["word"] == "NOT"
            continue
        found = _sought(piece, chosen)
        if found is None:
            continue
        if piece["minus"] or leaving_out:
            excluded.append(found)
        elif joining:
            wanted[-1].append(found)
        else:
            wanted.append([found])
        joining = leaving_out = False
        if len(excluded) + sum(map(len, wanted)) >= MAX_WORDS:
            break
    if not wanted:
        reason = "it only says what to leave out" if excluded else "it holds no word"
        raise QueryError(f"nothing to search for in {text[:80]!r}: {reason}")
    return Question(tuple(map(tuple, wanted)), tuple(excluded))


def _sought(piece: re.Match[str], languages: tuple[str, ...] | None) -> Sought | None:
    if piece["word"] is None:
        return sought(piece["phrase"], exact=True)
    return sought(piece["word"], languages, prefix=piece["word"].endswith("*"))
