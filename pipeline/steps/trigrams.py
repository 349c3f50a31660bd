"""langdetect's profiles and its arithmetic, made cheap to load and to use: the same answers bit for bit, for less time and memory."""

from __future__ import annotations

import json
from functools import cache, cached_property, lru_cache
from pathlib import Path

from langdetect.detector import Detector
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.utils.ngram import NGram

_WORDS_KEPT = 20_000
"""Words whose n-grams a process remembers: a language's common words, over and over."""

_RARE = 2e-5
"""Share of a language's letters below which one is not its own."""


class Profiles(dict[str, list[float]]):
    """N-gram → its probability in each language; a row is worked out when its n-gram is first met, since few ever are."""

    def __init__(self, profiles: list[tuple[dict[str, int], list[int]]]) -> None:
        """`profiles`: for each language how often its n-grams of 1 to 3 characters occur, and how many there are of each length."""
        super().__init__()
        self._profiles = profiles
        self._known = frozenset().union(*(frequencies for frequencies, _ in profiles))

    def __contains__(self, gram: object) -> bool:
        return gram in self._known

    def __missing__(self, gram: str) -> list[float]:
        length = len(gram) - 1
        row = [frequencies.get(gram, 0) / totals[length] for frequencies, totals in self._profiles]
        self[gram] = row
        return row

    @cached_property
    def letters(self) -> list[frozenset[str]]:
        """For each language the letters that it is written with, leaving out those that its profile has from foreign names."""
        return [
            frozenset(gram for gram, count in frequencies.items() if len(gram) == 1 and count >= _RARE * totals[0])
            for frequencies, totals in self._profiles
        ]

    def knows(self, gram: str, language: int) -> bool:
        """Whether the profile of the language with this number holds the n-gram."""
        return gram in self._profiles[language][0]


class Factory(DetectorFactory):  # type: ignore[misc]  # langdetect has no types
    """A langdetect factory over `Profiles`, apart from the library's global one."""

    def __init__(self) -> None:
        """Without a seed langdetect answers by chance; with its profiles in sorted order every machine adds up the same sums."""
        super().__init__()
        paths = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if path.is_file())
        profiles = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        self.langlist = [profile["name"] for profile in profiles]
        self.word_lang_prob_map = Profiles([(profile["freq"], profile["n_words"]) for profile in profiles])
        self.set_seed(0)
        self.grams_in = lru_cache(maxsize=_WORDS_KEPT)(self._known_grams)

    def _known_grams(self, word: str) -> tuple[str, ...]:
        """The n-grams of a word and of the blanks around it that any profile knows; the second of two capitals in a row ends none."""
        padded = f" {word}"
        grams = (
            gram
            for end in range(1, len(padded))
            if not (padded[end].isupper() and padded[end - 1].isupper())
            for gram in (padded[end], padded[end - 1 : end + 1], padded[end - 2 : end + 1] if end > 1 else " ")
        )
        return tuple(gram for gram in grams if gram != " " and gram in self.word_lang_prob_map)

    def _create_detector(self) -> Detector:
        return _QuickDetector(self)


class _QuickDetector(Detector):  # type: ignore[misc]  # langdetect has no types
    """The inner loops of the detector, which are most of its time, without a call for every character and language."""

    def __init__(self, factory: Factory) -> None:
        super().__init__(factory)
        self._grams_in = factory.grams_in

    def _extract_ngrams(self) -> list[str]:
        words = "".join(map(_normal, self.text)).split(" ")
        found = [gram for word in words[:-1] if word for gram in self._grams_in(word + " ")]
        return found + list(self._grams_in(words[-1])) if words[-1] else found

    def _update_lang_prob(self, prob: list[float], word: str, alpha: float) -> bool:
        weight = alpha / self.BASE_FREQ
        prob[:] = [value * (weight + share) for value, share in zip(prob, self.word_lang_prob_map[word], strict=True)]
        return True

    def _normalize_prob(self, prob: list[float]) -> float:
        total = sum(prob)
        prob[:] = [value / total for value in prob]
        return max(0.0, *prob)


@cache
def _normal(character: str) -> str:
    return str(NGram.normalize(character))
