"""Which language a text is in: by its script where that is enough, else by langdetect, distrusted where it is known to guess.

langdetect gives 1.00 to most of its wrong answers. One is kept only where the winning profile knows most of the text's trigrams and all
but a few of its letters, and no language without a profile has more of the text's function words: that sends languages it has no
profile for (Kabyle, Zulu, Galician, Azerbaijani, Darija in Latin letters) to `und`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.steps import function_words
from pipeline.steps.accelerator import NOTHING_TO_GO_BY, accelerator
from pipeline.steps.trigrams import Factory

UNKNOWN = "und"
_SAMPLE = 1_000
_SHORT = 200
"""Letters below which a text alone does not prove its language: the page's own statement must agree, or decides."""
_TOO_SHORT = 10
_TITBIT = 20
"""Letters below which function words or the page must bear an answer out."""
_PROBABLE = 0.9
_COVERED, _COVERED_SYLLABIC = 0.6, 0.5
"""Shares of a text's trigrams that a profile must know. There are many more trigrams where a letter carries its vowel (Hindi, Bengali)."""
_STRANGE, _STRANGE_SHORT = 0.02, 0.03
"""Shares of letters the language is not written with, up to which they are those of foreign names."""
_OUTNUMBERED = 1.5
_LEAD = 2
"""Function words by which another language must be ahead to be believed."""
_SYLLABIC = frozenset(("hi", "mr", "ne", "bn"))
_TRIALS, _ALL_TRIALS = 3, 7
"""Runs langdetect takes the mean of: over a long text three nearly always agree, else, as for short ones, its own number is asked for."""
_NO_DOUBT = 0.999
_OTHER_SCRIPT = re.compile("[\u0370-\u1dff\u2c00-\u2dff\u3040-\ud7ff]")
"""A letter that is not Latin."""
_QUOTED = 0.1
_LETTERS_KEPT = 4_096
_WORD = re.compile("(?:[^\\W\\d_]|[\u0300-\u036f\u0900-\u0963\u0981-\u09e3])+")
"""Letters, and the signs that are written above, below and beside them."""
_AS_IN_PROFILES = dict.fromkeys(range(0x1EA0, 0x1F00), 0x1EC3) | {0x0219: 0x015F, 0x021B: 0x0163}
"""langdetect's profiles have one sign for all Vietnamese letters with two accents, and cedillas for Romanian commas."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz ")
"""No letter of these is strange in any language: names and loans have them all."""
_NOT_PROSE = re.compile(r"https?://\S+|\S+@\S+|www\.\S+")
_SCRIPTS = {  # scripts that are written in one language only, for a newspaper's purposes
    "TIFINAGH": "zgh", "GREEK": "el", "HEBREW": "he", "THAI": "th", "HANGUL": "ko", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am",
    "HIRAGANA": "ja", "KATAKANA": "ja", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "SINHALA": "si", "TAMIL": "ta", "TELUGU": "te",
    "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa",
}  # fmt: skip
_ARABIC_KIN = {"ur": "ٹڈڑںےہ", "fa": "پچژگکی"}
"""Letters that Arabic does not have; Urdu has those of Persian too."""
_BEYOND_KIN = frozenset("ېۆۇۈۋەێڕڵۍټډړږښڼځڅٻڀٺٽٿڃڄڇڊڌڍڙڦڱڻݨڳ")
"""Letters that Arabic, Persian and Urdu do not have: of Kurdish, Uyghur, Pashto, Sindhi."""


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
    body = unicodedata.normalize("NFC", _NOT_PROSE.sub(" ", f"{title}\n{text}")[:_SAMPLE])
    letters = sum(character.isalpha() for character in body)
    if letters == 0:
        return Language(UNKNOWN, 0.0, "no letters")
    by_script = _by_script(body, letters)
    if by_script:
        return by_script
    votes = tuple(dict.fromkeys(filter(None, (primary_subtag(page_language), *map(primary_subtag, expected)))))
    if letters < _TOO_SHORT:
        return Language(UNKNOWN, 0.0, f"{letters} letters are too few")
    found = _detect(body)
    if letters < _SHORT:
        return _short(found, votes)
    doubt = _doubt(found)
    if not doubt:
        return Language(found.answer, round(found.probability, 2), f"langdetect, {found.covered:.0%} of trigrams known")
    return Language(UNKNOWN, round(min(found.probability, found.covered), 2), f"langdetect says {found.answer or 'nothing'}, but {doubt}")


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
    found = _detect(line)
    return tag != UNKNOWN and found.answer not in {"", tag} and found.probability >= _PROBABLE and found.covered >= 0.7


def primary_subtag(tag: str) -> str:
    """`fr` of `fr-MA` or `fr_FR`; empty if it is none."""
    first = re.split(r"[-_,; ]", tag.strip().lower())[0]
    return first if re.fullmatch(r"[a-z]{2,3}", first) else ""


def warm() -> None:
    """Load the profiles now rather than with the first page."""
    _factory()
    accelerator()
    function_words.count(())


@dataclass(frozen=True, slots=True)
class _Detected:
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


def _doubt(found: _Detected) -> str:
    """Why an answer over a long text is not believed; "" if it is."""
    if found.probability < _PROBABLE:
        return f"p={found.probability:.2f}"
    if found.covered < found.least:
        return f"only {found.covered:.0%} of trigrams are known"
    if found.strange > _STRANGE:
        return f"{found.strange:.0%} of letters are of other languages"
    counted = function_words.count(found.words)
    for rival in counted.rivals(found.answer, function_words.without_profile()):
        if rival.own > _OUTNUMBERED * rival.other + _LEAD:
            return f"it has {rival.own} function words of {rival.language} against {rival.other}"
    return ""


def _short(found: _Detected, votes: tuple[str, ...]) -> Language:
    """A text that does not prove its language alone: function words tell near languages apart, and the page has a voice."""
    counted = function_words.count(found.words)
    answer, why = _by_function_words(found, counted)
    if not answer:
        return Language(UNKNOWN, round(min(found.probability, found.covered), 2), why)
    confidence = round(min(found.probability, found.covered), 2)
    if answer in votes and found.covered >= _COVERED_SYLLABIC and (answer != found.answer or found.probability >= 0.7):
        return Language(answer, max(confidence, 0.5), "short text; langdetect and the page agree")
    if not votes and _proved(found, answer, counted):
        return Language(answer, confidence, why or "short text, nothing else to go by")
    if votes and _coverage_of(votes[0], found.covered, found.answer) and found.probability < 0.99:
        return Language(votes[0], 0.5, "short text; the page's own statement")
    return Language(UNKNOWN, confidence, "short text, no agreement")


def _by_function_words(found: _Detected, counted: function_words.Counted) -> tuple[str, str]:
    """Langdetect's answer or a near language that has more of the text's function words; "" if one without a profile has, or letters are strange."""
    if found.strange > _STRANGE_SHORT:
        return "", f"short text, {found.strange:.0%} of letters are not of {found.answer}"
    candidates = function_words.near(found.answer) if found.probability >= _PROBABLE else function_words.with_profile()
    near = sorted(counted.rivals(found.answer, candidates), key=lambda rival: -rival.lead)
    enough = 1 if found.probability < _NO_DOUBT else _LEAD
    if near and near[0].lead >= enough and (len(near) == 1 or near[1].lead < near[0].lead):
        return near[0].language, f"short text, {near[0].own} function words of {near[0].language}, {near[0].other} of {found.answer}"
    if any(rival.lead >= _LEAD for rival in counted.rivals(found.answer, function_words.without_profile())):
        return "", "short text, function words of a language without a profile"
    return found.answer, ""


def _proved(found: _Detected, answer: str, counted: function_words.Counted) -> bool:
    """Whether nothing but the text is needed: function words, or a clear answer whose trigrams are known, the clearer the fewer are."""
    lower = found.least - _COVERED  # 0, or less for syllabic scripts
    titbit = sum(map(len, found.words)) < _TITBIT
    if counted.most(answer) and found.probability >= (0.7 if titbit else 0.4) and found.covered >= 0.5 + lower:
        return True
    if titbit:
        return False
    return answer == found.answer and any(
        found.probability >= p and found.covered >= known for p, known in ((0.8, _COVERED + lower), (0.7, 0.75))
    )


def _coverage_of(vote: str, covered: float, answer: str) -> bool:
    """Whether a vote may decide: langdetect knows the language, and is not contradicted by a text of another one."""
    return vote in {name.partition("-")[0] for name in _factory().get_lang_list()} and (covered < 0.5 or answer == vote)


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
        if sum(character in _BEYOND_KIN for character in body) > 0.02 * letters:
            return Language(UNKNOWN, round(share, 2), "Arabic script with letters of Kurdish, Uyghur, Pashto or Sindhi")
        for tag, own in _ARABIC_KIN.items():
            if sum(character in own for character in body) > 0.02 * letters:
                return Language(tag, round(share, 2), "Arabic script with letters Arabic does not have")
        return Language("ar", round(share, 2), f"{share:.0%} of letters are Arabic")
    return None


def _detect(body: str) -> _Detected:
    text = _without_capitals(body)
    best = _best(text, _TRIALS) if len(text) >= _SHORT else None
    if best is None or best[1] < _NO_DOUBT:
        best = _best(text, _ALL_TRIALS)
    if best is None:
        return _Detected()
    words = tuple(_WORD.findall(body.lower()))
    return _Detected(best[0].partition("-")[0], best[1], *_known(words, best[0]), words)


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


def _known(words: tuple[str, ...], profile: str) -> tuple[float, float]:
    """The share of the words' trigrams that a profile knows, and the share of their letters that its language is not written with."""
    profiles = _factory().word_lang_prob_map
    own = _factory().langlist.index(profile)
    padded = f" {' '.join(words)} ".translate(_AS_IN_PROFILES)
    grams = Counter(padded[start : start + 3] for start in range(len(padded) - 2) if padded[start + 1] != " ")
    known = sum(count for gram, count in grams.items() if profiles.knows(gram, own))
    script = _script_of_profile(own)
    others = set(padded) - profiles.letters[own] - _PLAIN
    strange = sum(padded.count(letter) for letter in others if _script(letter) == script)  # what is in another script is a quotation
    return (known / grams.total(), strange / len(padded)) if grams else (0.0, 0.0)


@cache
def _script_of_profile(number: int) -> str:
    return Counter(map(_script, _factory().word_lang_prob_map.letters[number])).most_common(1)[0][0]


@cache
def _factory() -> Factory:
    return Factory()
