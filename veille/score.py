"""Compares what the database holds with the demo newspapers' truth: each article once, nothing else, and its fields right."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crawlers.demo.articles import TruthArticle
from db.identity import url_key
from db.readings import StoredArticle

WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Score:
    """What came out. `missing`, `doubled` and `strangers` are addresses; the shares run from 0 to 1."""

    expected: int
    stored: int
    missing: tuple[str, ...]
    doubled: tuple[str, ...]
    strangers: tuple[str, ...]
    """Stored, but no article of the papers, or one that robots.txt forbids."""
    body_f1: float
    """Mean word F1 of the bodies."""
    worst: tuple[tuple[float, str], ...]
    """The bodies furthest from the truth."""
    whole: float
    """Share of the bodies without a single line lost or too many, blanks aside."""
    days: float
    languages: float
    titles: float
    authors: float
    wrong: tuple[str, ...]
    """One line for each wrong day or language."""

    @property
    def passed(self) -> bool:
        """Whether the demo does what it promises."""
        complete = not (self.missing or self.doubled or self.strangers)
        return complete and self.body_f1 >= 0.97 and self.days == 1 and self.languages == 1


def score(truth: Sequence[TruthArticle], stored: Iterable[StoredArticle], earlier: Sequence[TruthArticle] = ()) -> Score:
    """Score stored articles against the truth at one instant.

    What was true earlier and has vanished since is rightly still stored: it is neither missing nor a stranger.
    """
    allowed = [article for article in truth if article.allowed]
    by_address = {(article.source, url_key(url)): number for number, article in enumerate(allowed) for url in article.urls}
    found: dict[int, list[StoredArticle]] = defaultdict(list)
    gone = {(article.source, url_key(url)) for article in earlier if article.allowed for url in article.urls} - by_address.keys()
    strangers = []
    total = 0
    for article in stored:
        total += 1
        numbers = {by_address[key] for url in article.urls if (key := (article.source, url_key(url))) in by_address}
        if not numbers and not any((article.source, url_key(url)) in gone for url in article.urls):
            strangers.append(article.url)
        for number in numbers:
            found[number].append(article)
    pairs = [(allowed[number], articles[0]) for number, articles in sorted(found.items())]
    bodies = sorted((word_f1(ours.text, theirs.text), ours.url) for theirs, ours in pairs)
    return Score(
        expected=len(allowed),
        stored=total,
        missing=tuple(article.url for number, article in enumerate(allowed) if number not in found),
        doubled=tuple(allowed[number].url for number, articles in found.items() if len(articles) > 1),
        strangers=tuple(strangers),
        body_f1=_mean([value for value, _ in bodies]),
        worst=tuple(bodies[:5]),
        whole=_mean([_lines(ours.text) == _lines(theirs.text) for theirs, ours in pairs]),
        days=_mean([ours.published_on == theirs.published_on for theirs, ours in pairs]),
        languages=_mean([ours.language == theirs.language for theirs, ours in pairs]),
        titles=_mean([ours.title == theirs.title for theirs, ours in pairs]),
        authors=_mean([set(ours.authors) == set(theirs.authors) for theirs, ours in pairs]),
        wrong=tuple(_wrong(pairs)),
    )


def word_f1(ours: str, theirs: str) -> float:
    """F1 of two bags of lower-case words (`\\w+`); 1 if both are empty."""  # noqa: D301 - the pattern is quoted
    left, right = (Counter(WORD.findall(text.lower())) for text in (ours, theirs))
    if not left and not right:
        return 1.0
    common = (left & right).total()
    return 2 * common / (left.total() + right.total())


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _wrong(pairs: Iterable[tuple[TruthArticle, StoredArticle]]) -> Iterable[str]:
    for theirs, ours in pairs:
        if ours.published_on != theirs.published_on:
            yield f"{ours.url}: day {ours.published_on} ({ours.published_from}), truth {theirs.published_on}"
        if ours.language != theirs.language:
            yield f"{ours.url}: language {ours.language}, truth {theirs.language}"
