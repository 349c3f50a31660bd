"""Which language's function words a text holds most of; whether that settles anything is for `language` to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pipeline.steps.lexicon import vocabulary


@dataclass(frozen=True, slots=True)
class Rival:
    """A language that has more of a text's function words than the one it was taken for."""

    language: str
    own: int
    """Words of the text that are function words of this one only."""
    other: int
    """And of the other one only."""

    @property
    def lead(self) -> int:
        """How many more are its own."""
        return self.own - self.other


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of a text's words are function words of each language."""

    words: Counter[str]
    of: Counter[str]

    def rivals(self, answer: str, among: Iterable[str]) -> list[Rival]:
        """Those of `among` that have more of them than `answer`."""
        found = []
        for language in among:
            if self.of[language] > self.of[answer]:
                shared = sum(count for word, count in self.words.items() if {language, answer} <= _languages()[word])
                found.append(Rival(language, self.of[language] - shared, self.of[answer] - shared))
        return found

    def most(self, language: str) -> bool:
        """Whether the text has function words of this language, and no more of any other."""
        return self.of[language] > 0 and self.of[language] == max(self.of.values())


def count(words: Iterable[str]) -> Counted:
    """Count the function words among a text's words (lower case)."""
    table = _languages()
    held = Counter(word for word in words if word in table)
    of: Counter[str] = Counter()
    for word, times in held.items():
        for language in table[word]:
            of[language] += times
    return Counted(held, of)


@cache
def without_profile() -> frozenset[str]:
    """Languages of the list that langdetect cannot answer."""
    return frozenset(vocabulary("function_words")["unknown"])


@cache
def with_profile() -> frozenset[str]:
    """Languages of the list that langdetect can answer."""
    return frozenset(vocabulary("function_words")["known"])


@cache
def near(language: str) -> frozenset[str]:
    """Languages that are easily taken for this one in a short text."""
    groups = (group.split() for group in vocabulary("function_words")["near"])
    return frozenset(one for group in groups if language in group for one in group) - {language}


@cache
def _languages() -> dict[str, frozenset[str]]:
    lists = vocabulary("function_words")
    table: dict[str, set[str]] = {}
    for part in ("known", "unknown"):
        for language, listed in lists[part].items():
            for word in listed.split():
                table.setdefault(word, set()).add(language)
    return {word: frozenset(languages) for word, languages in table.items()}
