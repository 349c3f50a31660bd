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

from pipeline.steps import detection, function_words
from pipeline.steps.detection import NO_DOUBT, Detected, detect
from pipeline.steps.scripts import language_by_script, main_script

UNKNOWN = "und"
_SAMPLE = 1_000
_SHORT = 200
"""Letters below which a text alone does not prove its language: the page's own statement must agree, or decides."""
_TOO_SHORT = 10
_TITBIT = 20
"""Letters below which function words or the page must bear an answer out."""
_PROBABLE = 0.9
_HALF = 0.5
_NEARLY = 0.1
_STRANGE, _STRANGE_SHORT = 0.02, 0.03
"""Shares of letters the language is not written with, up to which they are those of foreign names."""
_OUTNUMBERED = 1.5
_LEAD = 2
"""Function words by which another language must be ahead to be believed."""
_OTHER_SCRIPT = re.compile("[\u0370-\u1dff\u2c00-\u2dff\u3040-\ud7ff]")
"""A letter that is not Latin."""
_QUOTED = 0.1
_ALSO_CALLED = {"nb": "no", "nn": "no", "fil": "tl", "iw": "he", "in": "id"}
"""What pages call a language, and langdetect's name of it (a macrolanguage, or the newer code)."""
_NOT_PROSE = re.compile(r"https?://\S+|\S+@\S+|www\.\S+")


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
    head = f"{title}\n{text[: 2 * _SAMPLE]}"[: 2 * _SAMPLE]  # what follows would be cut off, unless half of this is addresses
    body = unicodedata.normalize("NFC", _NOT_PROSE.sub(" ", head)[:_SAMPLE])
    letters = sum(character.isalpha() for character in body)
    if letters == 0:
        return Language(UNKNOWN, 0.0, "no letters")
    by_script = language_by_script(body, letters)
    if by_script:
        tag, share, why = by_script
        return Language(tag or UNKNOWN, round(share, 2), why)
    votes = tuple(dict.fromkeys(filter(None, map(_vote, (page_language, *expected)))))
    if letters < _TOO_SHORT:
        return Language(UNKNOWN, 0.0, f"{letters} letters are too few")
    found = detect(body)
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
        paragraphs[main_script(paragraph)].append(paragraph)
    letters = {script: sum(map(str.isalpha, "".join(held))) for script, held in paragraphs.items() if script}
    whole = sum(letters.values())
    kept = sorted((script for script in letters if letters[script] >= _QUOTED * whole), key=lambda script: -letters[script])
    found: Counter[str] = Counter()
    for place, script in enumerate(kept):
        found[identify("", "\n".join(paragraphs[script])).tag if place else tag] += letters[script]
    return tuple((language, round(count / found.total(), 2)) for language, count in found.most_common())


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
    found = detect(line)
    return tag != UNKNOWN and found.answer not in {"", tag} and found.probability >= _PROBABLE and found.covered >= 0.7


def primary_subtag(tag: str) -> str:
    """`fr` of `fr-MA` or `fr_FR`; empty if it is none."""
    first = re.split(r"[-_,; ]", tag.strip().lower())[0]
    return first if re.fullmatch(r"[a-z]{2,3}", first) else ""


def _vote(tag: str) -> str:
    first = primary_subtag(tag)
    return _ALSO_CALLED.get(first, first)


def warm() -> None:
    """Load profiles and lists now rather than with the first page."""
    detection.warm()
    function_words.count(())


def _doubt(found: Detected) -> str:
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


def _short(found: Detected, votes: tuple[str, ...]) -> Language:
    """A text that does not prove its language alone: function words tell near languages apart, and the page has a voice."""
    counted = function_words.count(found.words)
    answer, why = _by_function_words(found, counted, votes)
    confidence = round(min(found.probability, found.covered), 2)
    if answer and answer in votes and found.covered >= _HALF and (answer != found.answer or found.probability >= 0.7):
        return Language(answer, max(confidence, 0.5), "short text; langdetect and the page agree")
    if answer and not votes and _proved(found, answer, counted):
        return Language(answer, confidence, why or "short text, nothing else to go by")
    if votes and found.probability < 0.99 and (answer or found.strange > _STRANGE_SHORT) and _can_be(votes[0], found):
        return Language(votes[0], 0.5, "short text; the page's own statement")
    return Language(UNKNOWN, confidence, why or "short text, no agreement")


def _by_function_words(found: Detected, counted: function_words.Counted, votes: tuple[str, ...]) -> tuple[str, str]:
    """Langdetect's answer, or a near language that has more of the text's function words, and why.

    "" if a language without a profile has more, or if there are strange letters.
    """
    candidates = function_words.near(found.answer) if found.probability >= _PROBABLE else function_words.with_profile()
    near = sorted(counted.rivals(found.answer, candidates), key=lambda rival: -rival.lead)
    enough = 1 if found.probability < NO_DOUBT else _LEAD
    if near and near[0].lead >= enough and (len(near) == 1 or near[1].lead < near[0].lead) and _can_be(near[0].language, found):
        return near[0].language, f"short text, {near[0].own} function words of {near[0].language}, {near[0].other} of {found.answer}"
    if found.strange > _STRANGE_SHORT:
        return "", f"short text, {found.strange:.0%} of letters are not of {found.answer}"
    if found.answer not in votes and any(rival.lead >= _LEAD for rival in counted.rivals(found.answer, function_words.without_profile())):
        return "", "short text, function words of a language without a profile"
    return found.answer, ""


def _proved(found: Detected, answer: str, counted: function_words.Counted) -> bool:
    """Whether nothing but the text is needed: it has function words, or a clear answer whose trigrams are known."""
    spelled = sum(map(len, found.words))
    if counted.most(answer) and found.probability >= (0.7 if spelled < _TITBIT else 0.4) and found.covered >= found.least - _NEARLY:
        return True
    if spelled < _TITBIT or answer != found.answer:
        return False
    return any(found.probability >= least and found.covered >= share for least, share in ((0.8, found.least), (0.7, 0.75)))


def _can_be(tag: str, found: Detected) -> bool:
    """Whether a text can be in a language: its profile knows nearly as many trigrams as that of langdetect's answer, and the letters."""
    profile = detection.profile_of(tag)
    if profile is None:
        return False
    covered, strange = detection.known(found.words, profile)
    return strange <= _STRANGE_SHORT and covered >= max(_HALF, found.covered - _NEARLY)
