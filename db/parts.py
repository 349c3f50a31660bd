"""Articles that stand on several pages: how the texts of their pages become one, and which of them are still missing.

A revision of such an article keeps, in its metadata, where the text of each page lies in its own. Which article a page belongs to is
`db.saving`'s business, which page follows another the reader's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from db import same
from db.identity import text_digest
from db.readings import Article
from db.same import Version
from db.vocabulary import ArticleStatus

_BETWEEN = "\n\n"
_CHANCE = 20
"""Characters up to which two pages may have a line in common that each of them means: "— Yes."."""
_WHOLE = (ArticleStatus.COMPLETE, ArticleStatus.PARTIAL)
"""What the pages of an article decide together; the other words are its first page's."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One page's share of an article."""

    number: int
    url: str
    page_id: int
    fetched_at: str
    """ISO 8601, UTC."""
    characters: int
    following: str | None
    """Address of the next page as this one names it."""
    status: str
    """What the reader said of this page alone."""
    ended: bool = False
    """The page that it names brought nothing of its own: the article ends here."""


def with_parts(version: Version, article: Article) -> Version:
    """Return a reading with its page among its metadata (`parts`): as it is for the many articles that stand on one page."""
    part = article.part
    if part.number == 1 and part.following is None:
        return replace(version, metadata=version.metadata | {"parts": []})
    own = replace(_only(version), number=part.number, following=part.following)
    return _put_together(version, [own], [version.text.split(_BETWEEN)])


def number(version: Version) -> int:
    """Return which page of its article a reading is of; of what is joined, the first that it has."""
    return min((piece.number for piece in _pieces(version)), default=1)


def is_joined(version: Version) -> bool:
    """Tell whether a reading is of an article on several pages, be it one of them or all."""
    return bool(version.metadata.get("parts"))


def alone(version: Version, of: int) -> Version | None:
    """Return the version as page number `of` of it alone, its text and when it was fetched; None if it has no such page."""
    if not is_joined(version):
        return version if of == 1 else None
    texts = _texts(version)
    piece = next((piece for piece in _pieces(version) if piece.number == of), None)
    if piece is None:
        return None
    return replace(version, page_id=piece.page_id, fetched_at=datetime.fromisoformat(piece.fetched_at), text=texts[of])


def by_itself(version: Version) -> Version:
    """Return the reading of what is no page of another article after all."""
    status = next((piece.status for piece in _pieces(version)), version.metadata["status"])
    return replace(version, metadata=version.metadata | {"parts": [], "status": status})


def ended_before(version: Version, of: int) -> Version:
    """Return the version without hope for page number `of`: what stands at its address is none of the article."""
    texts = _texts(version)
    pieces = [replace(piece, ended=piece.ended or piece.number == of - 1) for piece in _pieces(version)]
    return _put_together(version, pieces, [texts[piece.number].split(_BETWEEN) for piece in pieces]) if pieces else version


def text_at(metadata: dict[str, Any], text: str, url: str) -> str:
    """Return what stands of a revision's text on the page at `url`: all of it where the article is not on several pages."""
    at = 0
    for piece in metadata.get("parts", ()):
        if piece["url"] == url:
            return text[at : at + piece["characters"]]
        at += piece["characters"] + len(_BETWEEN)
    return text


def page_ids(metadata: dict[str, Any]) -> set[int]:
    """Return the pages that an article on several rests on."""
    return {piece["page_id"] for piece in metadata.get("parts", ())}


def say_the_same(one: Version, other: Version) -> bool:
    """Tell whether two readings say the same, be it on other pages."""
    return one.text == other.text and _saying(one) == _saying(other)


def joined(current: Version, new: Version) -> Version:
    """Return an article with a page's new reading in its place: the texts in order, all else as the first page has it.

    What every page repeats above or below its text stands once. A page that brings nothing else is none of the article: sites answer
    numbers they do not know with the first page, and number the pages of comments. Where a page names no next one any more, the pages
    behind it go if it holds their text by now, and stay if not: then it was the link that was not there.
    """
    own = _pieces(new)[0] if is_joined(new) else _only(new)
    pieces = {piece.number: piece for piece in _pieces(current) or [_only(current)]}
    texts = _texts(current) or {1: current.text}
    before = pieces.get(own.number)
    if own.following is None and any(n > own.number for n in pieces):
        pieces = {n: piece for n, piece in pieces.items() if n <= own.number or not same.alike(replace(current, text=texts[n]), new)}
        if before and any(n > own.number for n in pieces):
            own = replace(own, following=before.following)
    pieces[own.number] = replace(own, ended=before is not None and before.ended and before.following == own.following)
    texts[own.number] = new.text
    order = sorted(pieces)
    if order == [1] and not is_joined(new):
        return new
    lines = _each_once([texts[n].split(_BETWEEN) if texts[n] else [] for n in order])
    return _put_together(new if order[0] == own.number else current, [pieces[n] for n in order], lines)


def _put_together(speaker: Version, pieces: list[Piece], lines: list[list[str]]) -> Version:
    told: list[Piece] = []
    texts = [_BETWEEN.join(of) for of in lines]
    for piece, text in zip(pieces, texts, strict=True):
        if text or not told:
            told.append(replace(piece, characters=len(text)))
        else:
            told[-1] = replace(told[-1], ended=True)
    text = _BETWEEN.join(text for text in texts if text)
    status = speaker.metadata["status"] if told[0].status not in _WHOLE else _status(told)
    parts = [asdict(piece) for piece in told]
    return replace(speaker, text=text, metadata={**speaker.metadata, "text_digest": text_digest(text), "status": status, "parts": parts})


def _status(pieces: Sequence[Piece]) -> str:
    """Partial while a page is missing."""
    unbroken = [piece.number for piece in pieces] == list(range(1, len(pieces) + 1))
    last = pieces[-1]
    whole = unbroken and (last.following is None or last.ended) and (len(pieces) > 1 or pieces[0].status == ArticleStatus.COMPLETE)
    return (ArticleStatus.COMPLETE if whole else ArticleStatus.PARTIAL).value


def _each_once(pages: list[list[str]]) -> list[list[str]]:
    """The lines of the pages without those at a page's head that the first one has, and those at its foot that the last repeats."""
    head = frozenset(pages[0])
    shorn = [pages[0], *(lines[_repeated(lines, head) :] for lines in pages[1:])]
    last = max((at for at, lines in enumerate(shorn) if lines), default=0)
    foot = frozenset(shorn[last])
    return [lines[: len(lines) - _repeated(lines[::-1], foot)] if at < last else lines for at, lines in enumerate(shorn)]


def _repeated(lines: list[str], known: frozenset[str]) -> int:
    """How many lines are known, up to the last that is so by no chance: all, if there is nothing else."""
    count = next((at for at, line in enumerate(lines) if line not in known), len(lines))
    while 0 < count < len(lines) and len(lines[count - 1]) <= _CHANCE:
        count -= 1
    return count


def _only(version: Version) -> Piece:
    at = version.fetched_at.isoformat()
    return Piece(1, version.page_url, version.page_id, at, len(version.text), None, version.metadata["status"])


def _saying(version: Version) -> dict[str, Any]:
    """Metadata without the pages they were read from."""
    pieces = [replace(piece, page_id=0, fetched_at="") for piece in _pieces(version)]
    return version.metadata | {"parts": pieces}


def _pieces(version: Version) -> list[Piece]:
    return [Piece(**piece) for piece in version.metadata.get("parts", ())]


def _texts(version: Version) -> dict[int, str]:
    texts: dict[int, str] = {}
    at = 0
    for piece in _pieces(version):
        texts[piece.number] = version.text[at : at + piece.characters]
        at += piece.characters + len(_BETWEEN)
    return texts
