"""The scripts of a text, and the languages that a script alone, or letters of its own, give away."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

_LETTERS_KEPT = 4_096
_SCRIPTS = {  # scripts that are written in one language only, for a newspaper's purposes
    "TIFINAGH": "zgh", "GREEK": "el", "HEBREW": "he", "THAI": "th", "HANGUL": "ko", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am",
    "HIRAGANA": "ja", "KATAKANA": "ja", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "SINHALA": "si", "TAMIL": "ta", "TELUGU": "te",
    "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa",
}  # fmt: skip
_ARABIC_KIN = {"ur": "ٹڈڑںےہ", "fa": "پچژگکی"}
"""Letters that Arabic does not have; Urdu has those of Persian too."""
_TIGRINYA = frozenset("ኣቐቑቒቓቔቕቖ")
"""Letters of the Ethiopic script that Amharic hardly writes."""
_BEYOND_KIN = frozenset("ېۆۇۈۋەێڕڵۍټډړږښڼځڅٻڀٺٽٿڃڄڇڊڌڍڙڦڱڻݨڳ")
"""Letters that Arabic, Persian and Urdu do not have: of Kurdish, Uyghur, Pashto, Sindhi."""


def main_script(paragraph: str) -> str:
    """The script of most of a paragraph's letters, "" if it has none."""
    scripts: Counter[str] = Counter()
    for character, count in Counter(paragraph).items():
        if character.isalpha():
            scripts[script_of(character)] += count
    return max(scripts, key=lambda script: scripts[script], default="")


@lru_cache(maxsize=_LETTERS_KEPT)
def script_of(character: str) -> str:
    """The first word of a character's name in Unicode, which is its script: `LATIN`, `ARABIC`, `CJK`."""
    return unicodedata.name(character, "").partition(" ")[0]


def language_by_script(body: str, letters: int) -> tuple[str, float, str] | None:
    """The language, a share of the text's letters and why; "" for a language of the script that is none of those told apart here."""
    scripts: Counter[str] = Counter()
    for character, count in Counter(body).items():
        if character.isalpha():
            scripts[script_of(character)] += count
    script, count = scripts.most_common(1)[0]
    share = count / letters
    if script == "ETHIOPIC" and share >= 0.6 and sum(character in _TIGRINYA for character in body) > 0.02 * letters:
        return ("ti", share, "Ethiopic script with letters of Tigrinya")
    if script in _SCRIPTS and share >= 0.6:
        return (_SCRIPTS[script], share, f"{share:.0%} of letters are {script.title()}")
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.15 * letters:
        return ("ja", 0.99, "kana")
    if script == "CJK" and share >= 0.6:
        return ("zh", share, "Chinese characters without kana")
    return _by_arabic_letters(body, letters, share) if script == "ARABIC" and share >= 0.6 else None


def _by_arabic_letters(body: str, letters: int, share: float) -> tuple[str, float, str]:
    if sum(character in _BEYOND_KIN for character in body) > 0.02 * letters:
        return "", share, "Arabic script with letters of Kurdish, Uyghur, Pashto or Sindhi"
    for tag, own in _ARABIC_KIN.items():
        if sum(character in own for character in body) > 0.02 * letters:
            return tag, share, "Arabic script with letters Arabic does not have"
    return "ar", share, f"{share:.0%} of letters are Arabic"
