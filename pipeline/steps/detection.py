"""What langdetect says of a text, and what speaks for and against its answer: known trigrams, strange letters."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from pipeline.steps.accelerator import NOTHING_TO_GO_BY, accelerator
from pipeline.steps.scripts import script_of
from pipeline.steps.trigrams import Factory

NO_DOUBT = 0.999
"""langdetect's probability from which a few more runs would change nothing."""
_LONG = 200
_TRIALS, _ALL_TRIALS = 3, 7
"""Runs langdetect takes the mean of: over a long text three nearly always agree, else, as for short ones, its own number is asked for."""
_COVERED, _COVERED_SYLLABIC = 0.6, 0.5
"""Shares of a text's trigrams that a profile must know. There are many more trigrams where a letter carries its vowel (Hindi, Bengali)."""
_SYLLABIC = frozenset(("hi", "mr", "ne", "bn"))
_WORD = re.compile("(?:[^\\W\\d_]|[\u0300-\u036f\u0900-\u0963\u0981-\u09e3])+")
"""Letters, and the signs that are written above, below and beside them."""
_AS_IN_PROFILES = dict.fromkeys(range(0x1EA0, 0x1F00), 0x1EC3) | {0x0219: 0x015F, 0x021B: 0x0163}
"""langdetect's profiles have one sign for all Vietnamese letters with two accents, and cedillas for Romanian commas."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz ")
"""No letter of these is strange in any language: names and loans have them all."""


@dataclass(frozen=True, slots=True)
class Detected:
    """Langdetect's best answer (primary subtag, "" for none), its probability, and what speaks for and against it."""

    answer: str = ""
    probability: float = 0.0
    covered: float = 0.0
    """Share of the text's trigrams that the answer's profile knows."""
    strange: float = 0.0
    """Share of its letters that the answer is not written with."""
    words: tuple[str, ...] = ()

    @property
    def least(self) -> float:
        """How much of the text the profile must know."""
        return _COVERED_SYLLABIC if self.answer in _SYLLABIC else _COVERED


def detect(body: str) -> Detected:
    """Ask langdetect; the same answer for the same text. Nothing is said of a text without a letter it knows."""
    text = _without_capitals(body)
    best = _best(text, _TRIALS) if len(text) >= _LONG else None
    if best is None or best[1] < NO_DOUBT:
        best = _best(text, _ALL_TRIALS)
    if best is None:
        return Detected()
    words = tuple(_WORD.findall(body.lower()))
    return Detected(best[0].partition("-")[0], best[1], *known(words, best[0]), words)


def _best(text: str, trials: int) -> tuple[str, float] | None:
    detector = (accelerator() or _factory()).create()
    detector.n_trial = trials
    detector.append(text)
    try:
        first = detector.get_probabilities()[0]
    except NOTHING_TO_GO_BY:
        return None
    return first.lang, float(first.prob)


def _without_capitals(body: str) -> str:
    """Langdetect skips words in capitals; a text that is mostly capitals is lowered first."""
    upper = sum(character.isupper() for character in body)
    return body.lower() if upper > 0.4 * sum(character.isalpha() for character in body) else body


def known(words: tuple[str, ...], profile: str) -> tuple[float, float]:
    """The share of the words' trigrams that a profile knows, and the share of their letters that its language is not written with."""
    profiles = _factory().word_lang_prob_map
    own = _factory().langlist.index(profile)
    padded = f" {' '.join(words)} ".translate(_AS_IN_PROFILES)
    grams = Counter(padded[start : start + 3] for start in range(len(padded) - 2) if padded[start + 1] != " ")
    known = sum(count for gram, count in grams.items() if profiles.knows(gram, own))
    script = _script_of_profile(own)
    others = set(padded) - profiles.letters[own] - _PLAIN
    strange = sum(padded.count(letter) for letter in others if script_of(letter) == script)  # what is in another script is a quotation
    return (known / grams.total(), strange / len(padded)) if grams else (0.0, 0.0)


def profile_of(tag: str) -> str | None:
    """The name of langdetect's profile for a primary subtag."""
    return next((name for name in _factory().langlist if name.partition("-")[0] == tag), None)


def warm() -> None:
    """Load the profiles now rather than with the first text."""
    _factory()
    accelerator()


@cache
def _script_of_profile(number: int) -> str:
    return Counter(map(script_of, _factory().word_lang_prob_map.letters[number])).most_common(1)[0][0]


@cache
def _factory() -> Factory:
    return Factory()
