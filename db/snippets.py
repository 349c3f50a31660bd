"""The piece of an article to show for a question, cut from its own words, with the places that match."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from db.analysis import Sought, Terms, analyse
from db.question import Question

MAX_LENGTH = 300
"""Characters of a snippet, ellipses included."""
LEAD = 60
"""Characters shown before the first match, at most."""
ELLIPSIS = "…"

Span = tuple[int, int]


def snippet(text: str, language: str, question: Question | None) -> tuple[str, tuple[Span, ...]]:
    """Return at most 300 characters of `text`, and the ranges within them that match; its beginning if nothing does."""
    found = sorted(set(_spans(analyse(text, language), question))) if question else []
    start = _opening(text, found) if found else 0
    room = MAX_LENGTH - (len(ELLIPSIS) if start else 0)
    end = len(text)
    if end - start > room:
        end = _word_end(text, start, start + room - len(ELLIPSIS))
    before, after = ELLIPSIS if start else "", ELLIPSIS if end < len(text) else ""
    shift = len(before) - start
    shown = before + "".join(" " if c.isspace() else c for c in text[start:end]) + after
    return shown, tuple((a + shift, b + shift) for a, b in _merged(found) if a >= start and b <= end)


def _spans(terms: Terms, question: Question) -> Iterator[Span]:
    for sought in (s for choice in question.wanted for s in choice):
        yield from _spans_of(terms, terms.folded, sought.folded, sought)
        for stems in sought.stemmed:
            yield from _spans_of(terms, terms.stemmed, stems, sought)


def _spans_of(terms: Terms, indexed: Sequence[str], wanted: Sequence[str], sought: Sought) -> Iterator[Span]:
    *whole, last = wanted
    for at in range(len(indexed) - len(whole)):
        final = indexed[at + len(whole)]
        if (final == last or (sought.prefix and final.startswith(last))) and all(indexed[at + i] == word for i, word in enumerate(whole)):
            yield terms.offsets[at][0], terms.offsets[at + len(whole)][1]


def _opening(text: str, found: Sequence[Span]) -> int:
    """Return where to begin so that the most matches are seen, a few words before the first of them."""
    starts = [start for start, _ in found]
    best = max(range(len(found)), key=lambda i: (bisect_right(starts, starts[i] + MAX_LENGTH - LEAD) - i, -i))
    begin = max(0, starts[best] - LEAD)
    if begin == 0:
        return 0
    word = next((at + 1 for at in range(begin, starts[best]) if text[at].isspace()), starts[best])
    return min(word, starts[best])


def _word_end(text: str, start: int, end: int) -> int:
    """Return the last end of a word before `end`; `end` itself where there is no space to cut at."""
    cut = next((at for at in range(end, max(start, end - LEAD), -1) if text[at].isspace()), end)
    return cut if cut > start else end


def _merged(found: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
