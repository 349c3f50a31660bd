"""The public metrics of the corpora: values in, numbers from 0 to 1 out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

_WORD = re.compile(r"\w+")
_ROUGE_WORD = re.compile(r"[a-z0-9]+")
_MOST_OPTIONAL = 6
"""Optional paragraphs up to which every choice of them is tried; beyond, each is taken where it helps alone."""


def word_f1(found: str, truth: str) -> float:
    r"""F1 of two bags of lower-case words (`\w+`), as WCXB compares texts."""
    left, right = (Counter(_WORD.findall(_composed(text).lower())) for text in (found, truth))
    return _f1((left & right).total(), left.total(), right.total())


def shingle_counts(found: str, truth: str, size: int = 4) -> tuple[float, float, float]:
    """True positives, false positives and false negatives of two bags of word n-grams, as article-extraction-benchmark counts them.

    The three are shares of their sum, so that every page counts alike. A text shorter than a shingle is one shingle.
    """
    left, right = (_shingles(text, size) for text in (found, truth))
    common = (left & right).total()
    extra, missing = left.total() - common, right.total() - common
    whole = common + extra + missing
    return (common / whole, extra / whole, missing / whole) if whole else (0.0, 0.0, 0.0)


def shingle_f1(counts: Sequence[tuple[float, float, float]]) -> float:
    """F1 of mean precision and mean recall over the pages on which each is defined, as article-extraction-benchmark computes it."""
    precisions = [hit / (hit + extra) for hit, extra, _ in counts if hit + extra]
    recalls = [hit / (hit + missing) for hit, _, missing in counts if hit + missing]
    precision, recall = (sum(values) / len(values) if values else 0.0 for values in (precisions, recalls))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def rouge_lsum(found: Sequence[str], truth: Sequence[str]) -> float:
    """ROUGE-LSum F1 (Lin 2004: union of longest common subsequences by line), the best over the optional paragraphs of the truth."""
    lines = [_ROUGE_WORD.findall(line.lower()) for line in found]
    references = [(_ROUGE_WORD.findall(line.strip("[]").lower()), _is_optional(line)) for line in truth if line]
    unions = [_union(words, lines) for words, _ in references]
    optional = [position for position, (_, may_go) in enumerate(references) if may_go]
    choices: Iterable[tuple[int, ...]] = (
        (left_out for size in range(len(optional) + 1) for left_out in combinations(optional, size))
        if len(optional) <= _MOST_OPTIONAL
        else [(), tuple(optional), tuple(one for one in optional if len(unions[one]) < 0.5 * len(references[one][0]))]
    )
    available = Counter(word for line in lines for word in line)
    return max(_rouge_of([(words, unions[at]) for at, (words, _) in enumerate(references) if at not in out], available) for out in choices)


def _rouge_of(references: list[tuple[list[str], list[int]]], available: Counter[str]) -> float:
    total = sum(len(words) for words, _ in references)
    given, hits = Counter(word for words, _ in references for word in words), 0
    left = Counter(available)
    for words, union in references:
        for position in union:
            word = words[position]
            if left[word] > 0 and given[word] > 0:
                hits += 1
                left[word] -= 1
                given[word] -= 1
    return _f1(hits, available.total(), total)


def _union(reference: list[str], lines: list[list[str]]) -> list[int]:
    """Positions of a line's words that are in its longest common subsequence with any line found."""
    if reference in lines:
        return list(range(len(reference)))
    taken: set[int] = set()
    words = set(reference)
    for line in lines:
        if words.intersection(line):
            taken.update(_common(reference, line))
    return sorted(taken)


def _common(one: list[str], other: list[str]) -> list[int]:
    """Positions in `one` of a longest common subsequence, a row of the table in the bits of one number (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for column, word in enumerate(other):
        places[word] = places.get(word, 0) | 1 << column
    full = (1 << len(other)) - 1
    rows, row = [], full
    for word in one:
        step = row & places.get(word, 0)
        row = ((row + step) | (row - step)) & full
        rows.append(row)  # a zero bit: the subsequence grows in this column
    found, line, column = [], len(one), len(other)
    while line and column:
        if rows[line - 1] >> (column - 1) & 1:
            column -= 1
            continue
        line -= 1
        if not line or rows[line - 1] >> (column - 1) & 1:
            found.append(line)
            column -= 1
    return found


def held(snippets: Sequence[str], text: str) -> float | None:
    """The share of snippets that stand in a text, white space and case apart; None if there are none."""
    folded = folded_text(text)
    wanted = [snippet for snippet in map(folded_text, snippets) if snippet]
    return sum(snippet in folded for snippet in wanted) / len(wanted) if wanted else None


def _composed(text: str) -> str:
    """Letters in one character each (NFC) and words without soft hyphens: whether a reader keeps these says nothing of its quality."""
    return unicodedata.normalize("NFC", text).replace("\u00ad", "")


def folded_text(text: str) -> str:
    """A text on one line, in lower case, composed (NFC)."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def folded_name(name: str) -> str:
    """A person's name without case, accents and punctuation."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one))
    return " ".join(_WORD.findall(plain))


def set_f1(found: Iterable[str], truth: Iterable[str]) -> float:
    """F1 of two sets of names, folded as persons' names are; 1 if both are empty."""
    left, right = ({folded_name(name) for name in names} - {""} for names in (found, truth))
    return _f1(len(left & right), len(left), len(right))


def _is_optional(line: str) -> bool:
    return line.startswith("[") and line.endswith("]")


def _shingles(text: str, size: int) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(_composed(text))
    count = max(1, len(words) - size + 1) if words else 0
    return Counter(tuple(words[start : start + size]) for start in range(count))


def _f1(common: int, one: int, other: int) -> float:
    if not one and not other:
        return 1.0
    return 2 * common / (one + other)
