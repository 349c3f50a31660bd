"""Which language a text is in: by its script where that is enough, else by langdetect, distrusted where it is known to guess.

langdetect gives 1.00 to most of its wrong answers. One is kept only at p ≥ 0.9 and when at least half of the text's trigrams are
known to the winning profile: that sends languages it has no profile for (Kabyle, Darija in Latin letters) to `und`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.steps.accelerator import NOTHING_TO_GO_BY, accelerator
from pipeline.steps.trigrams import Factory

UNKNOWN = "und"
_SAMPLE = 1_000
_SHORT = 200
"""Letters below which a text alone does not prove its language: the page's own statement must agree, or decides."""
_TOO_SHORT = 20
_PROBABLE = 0.9
_COVERED = 0.5
_TRIALS, _ALL_TRIALS = 3, 7
"""Runs langdetect takes the mean of: over a long text three nearly always agree, else, as for short ones, its own number is asked for."""
_NO_DOUBT = 0.999
_OTHER_SCRIPT = re.compile("[\u0370-\u1dff\u2c00-\u2dff\u3040-\ud7ff]")
"""A letter that is not Latin."""
_QUOTED = 0.1
_LETTERS_KEPT = 4_096
_WORD = re.compile(r"[^\W\d_]+")
_NOT_PROSE = re.compile(r"https?://\S+|\S+@\S+|www\.\S+")
_SCRIPTS = {  # scripts that are written in one language only, for a newspaper's purposes
    "TIFINAGH": "zgh", "GREEK": "el", "HEBREW": "he", "THAI": "th", "HANGUL": "ko", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am",
    "HIRAGANA": "ja", "KATAKANA": "ja", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "SINHALA": "si", "TAMIL": "ta", "TELUGU": "te",
    "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa",
}  # fmt: skip
_ARABIC_KIN = {"fa": "پچژگک", "ur": "ٹڈڑںے"}


@dataclass(frozen=True, slots=True)
class Language:
    """A BCP 47 primary subtag (`und` if unsure), how sure (0…1, two decimals) and why."""

    tag: str
    confidence: float
    why: str


def identify(title: str, text: str, *, page_language: str = "", expected: Iterable[str] = ()) -> Language:
    """The language of an article; the same answer for the same text, whatever was read before.

    `page_language` (html lang) and `expected` (the source's languages) are votes for short texts, never over a long body.
    """
    body = _NOT_PROSE.sub(" ", f"{title}\n{text}")[:_SAMPLE]
    letters = sum(character.isalpha() for character in body)
    if letters == 0:
        return Language(UNKNOWN, 0.0, "no letters")
    by_script = _by_script(body, letters)
    if by_script:
        return by_script
    votes = tuple(dict.fromkeys(filter(None, (primary_subtag(page_language), *map(primary_subtag, expected)))))
    if letters < _TOO_SHORT:
        return Language(UNKNOWN, 0.0, f"{letters} letters are too few")
    answer, probability, covered = _detect(body)
    if letters < _SHORT:
        return _short(answer, probability, covered, votes)
    if answer and probability >= _PROBABLE and covered >= _COVERED:
        return Language(answer, round(probability, 2), f"langdetect, {covered:.0%} of trigrams known")
    return Language(
        UNKNOWN,
        round(min(probability, covered), 2),
        f"langdetect unsure: {answer or 'nothing'} p={probability:.2f}, {covered:.0%} of trigrams known",
    )


def shares(text: str, tag: str) -> tuple[tuple[str, float], ...]:
    """The languages of a text whose paragraphs are in several scripts, with their shares of its letters, largest first.

    `tag` is the language of the whole; it is all there is if the text is in one script, for langdetect cannot part two languages
    that share one. What holds less than a tenth of the letters is a quotation.
    """
    if not _OTHER_SCRIPT.search(text):
        return ((tag, 1.0),)
    paragraphs: defaultdict[str, list[str]] = defaultdict(list)
    for paragraph in text.split("\n\n"):
        paragraphs[_script_of(paragraph)].append(paragraph)
    letters = {script: sum(map(str.isalpha, "".join(held))) for script, held in paragraphs.items() if script}
    whole = sum(letters.values())
    kept = sorted((script for script in letters if letters[script] >= _QUOTED * whole), key=lambda script: -letters[script])
    found: Counter[str] = Counter()
    for place, script in enumerate(kept):
        found[identify("", "\n".join(paragraphs[script])).tag if place else tag] += letters[script]
    return tuple((language, round(count / found.total(), 2)) for language, count in found.most_common())


def _script_of(paragraph: str) -> str:
    """The script of most of a paragraph's letters, "" if it has none."""
    scripts: Counter[str] = Counter()
    for character, count in Counter(paragraph).items():
        if character.isalpha():
            scripts[_script(character)] += count
    return max(scripts, key=lambda script: scripts[script], default="")


@lru_cache(maxsize=_LETTERS_KEPT)
def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]


def foreign_lead(lines: Sequence[str]) -> int:
    """How many lines at the top (two at most) are short, unfinished and surely in another language than the text below them."""
    count = 0
    while (
        count < min(2, len(lines) - 1)
        and 30 <= len(lines[count]) <= 200
        and not lines[count].rstrip().endswith((".", "!", "?", "؟", "»", '"'))
    ):
        count += 1
    if not count:
        return 0
    below = identify("", "\n".join(lines[count:]))
    return count if all(_is_other(line, below.tag) for line in lines[:count]) else 0


def _is_other(line: str, tag: str) -> bool:
    answer, probability, covered = _detect(line)
    return tag != UNKNOWN and answer not in {"", tag} and probability >= _PROBABLE and covered >= 0.7


def primary_subtag(tag: str) -> str:
    """`fr` of `fr-MA` or `fr_FR`; empty if it is none."""
    first = re.split(r"[-_,; ]", tag.strip().lower())[0]
    return first if re.fullmatch(r"[a-z]{2,3}", first) else ""


def warm() -> None:
    """Load the profiles now rather than with the first page."""
    _factory()
    accelerator()


def _short(answer: str, probability: float, covered: float, votes: tuple[str, ...]) -> Language:
    sure = probability >= _PROBABLE and covered >= _COVERED
    if sure and answer in votes:
        return Language(answer, round(probability, 2), "short text; langdetect and the page agree")
    if sure and covered >= 0.75 and not votes:
        return Language(answer, round(covered, 2), "short text, nothing else to go by")
    if votes and _coverage_of(votes[0], covered, answer) and probability < 0.99:
        return Language(votes[0], 0.5, "short text; the page's own statement")
    return Language(UNKNOWN, round(min(probability, covered), 2), "short text, no agreement")


def _coverage_of(vote: str, covered: float, answer: str) -> bool:
    """Whether a vote may decide: langdetect knows the language, and is not contradicted by a text of another one."""
    return vote in {name.partition("-")[0] for name in _factory().get_lang_list()} and (covered < _COVERED or answer == vote)


def _by_script(body: str, letters: int) -> Language | None:
    scripts: Counter[str] = Counter()
    for character, count in Counter(body).items():
        if character.isalpha():
            scripts[_script(character)] += count
    script, count = scripts.most_common(1)[0]
    share = count / letters
    if script in _SCRIPTS and share >= 0.6:
        return Language(_SCRIPTS[script], round(share, 2), f"{share:.0%} of letters are {script.title()}")
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.15 * letters:
        return Language("ja", 0.99, "kana")
    if script == "CJK" and share >= 0.6:
        return Language("zh", round(share, 2), "Chinese characters without kana")
    if script == "ARABIC" and share >= 0.6:
        for tag, own in _ARABIC_KIN.items():
            if sum(character in own for character in body) > 0.02 * letters:
                return Language(tag, round(share, 2), "Arabic script with letters Arabic does not have")
        return Language("ar", round(share, 2), f"{share:.0%} of letters are Arabic")
    return None


def _detect(body: str) -> tuple[str, float, float]:
    """Langdetect's best answer (primary subtag), its probability, and the share of trigrams its profile knows."""
    text = _without_capitals(body)
    best = _best(text, _TRIALS) if len(text) >= _SHORT else None
    if best is None or best[1] < _NO_DOUBT:
        best = _best(text, _ALL_TRIALS)
    if best is None:
        return "", 0.0, 0.0
    return best[0].partition("-")[0], best[1], _coverage(body, best[0])


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


def _coverage(body: str, profile: str) -> float:
    factory = _factory()
    own = factory.langlist.index(profile)
    padded = [f" {word} " for word in _WORD.findall(body.lower())]
    grams = Counter(word[start : start + 3] for word in padded for start in range(len(word) - 2))
    known = sum(count for gram, count in grams.items() if factory.word_lang_prob_map.knows(gram, own))
    return known / grams.total() if grams else 0.0


@cache
def _factory() -> Factory:
    return Factory()
