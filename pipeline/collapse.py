"""Whether a source's pages no longer give what they gave: the latest runs compared with those before; counts in, a sentence out."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from db.vocabulary import FailureClass, PageReason, SaveOutcome

Counts = Mapping[str, int]

ARTICLES = (SaveOutcome.NEW, SaveOutcome.REVISED, SaveOutcome.COPY, SaveOutcome.PART, SaveOutcome.SAME, SaveOutcome.SUSPECT)
SHUT = (FailureClass.BLOCKED, FailureClass.ROBOTS, PageReason.CONSENT, PageReason.PAYWALL)
"""Words of a source that does not let us in."""
WITHOUT = tuple(word for word in PageReason if word.value not in {str(shut) for shut in SHUT})
"""Reasons for rejecting a page that are no refusal: the page came, and no article was found in it."""
LATE = 2
"""Runs that must say the same."""
FEWEST_EARLIER, FEWEST_LATE = 10, 4
"""Pages that a comparison needs on either side."""
FALLEN = 0.3
"""A share or length below this part of what it used to be has collapsed."""
USUAL = 0.7
"""Share of articles that had a day, or an author, from which its loss is told."""


def articles(counts: Counts) -> int:
    """Pages of a run that held an article."""
    return sum(counts.get(word, 0) for word in ARTICLES)


def without(counts: Counts) -> int:
    """Pages of a run that came, and held none."""
    return sum(counts.get(word, 0) for word in WITHOUT)


def collapse_of(late: Sequence[Counts], earlier: Sequence[Counts], fewest: int = FEWEST_LATE) -> str | None:
    """Say what the `LATE` newest runs that had pages no longer give, compared with those before; None if nothing is amiss.

    Both come newest first. `fewest` pages, or new articles, of the late runs are enough to tell. Runs of a program that did not
    measure days, authors and lengths yet are compared by their pages alone.
    """
    if len(late) < LATE or not earlier:
        return None
    return _dried_up(late, earlier, fewest) or _shortened(late, earlier, fewest) or _share_lost(late, earlier, fewest)


def _dried_up(late: Sequence[Counts], earlier: Sequence[Counts], fewest: int) -> str | None:
    asked, before = _sum(_pages, late), _sum(_pages, earlier)
    if asked < fewest or before < FEWEST_EARLIER:
        return None
    usual = _sum(articles, earlier) / before
    if any(articles(counts) > FALLEN * usual * _pages(counts) for counts in late) or not usual:
        return None
    return f"{_sum(articles, late)} of the last {asked} pages held an article, where {usual:.0%} did"


def _shortened(late: Sequence[Counts], earlier: Sequence[Counts], fewest: int) -> str | None:
    lengths = [counts["text_median"] for counts in earlier if counts.get("text_median")]
    latest = [counts.get("text_median", 0) for counts in late]
    if _sum(_new, late) < fewest or _sum(_new, earlier) < FEWEST_EARLIER or not lengths or not all(latest):
        return None
    usual = statistics.median(lengths)
    if max(latest) > FALLEN * usual:
        return None
    return f"texts are {latest[0]} characters long, where {usual:.0f} were usual"


def _share_lost(late: Sequence[Counts], earlier: Sequence[Counts], fewest: int) -> str | None:
    measured = [counts for counts in earlier if counts.get("text_median")]
    found, before = _sum(_new, late), _sum(_new, measured)
    if found < fewest or before < FEWEST_EARLIER or not all(counts.get("text_median") for counts in late):
        return None
    for word, words in (("dated", "a date"), ("signed", "an author")):
        usual = sum(counts.get(word, 0) for counts in measured) / before
        if usual >= USUAL and all(counts.get(word, 0) <= FALLEN * usual * _new(counts) for counts in late):
            return f"{sum(counts.get(word, 0) for counts in late)} of the last {found} articles had {words}, where {usual:.0%} did"
    return None


def _pages(counts: Counts) -> int:
    return articles(counts) + without(counts)


def _new(counts: Counts) -> int:
    return counts.get(SaveOutcome.NEW, 0)


def _sum(number: Callable[[Counts], int], runs: Sequence[Counts]) -> int:
    return sum(map(number, runs))
