"""Which letters count as the same: folding of text for comparing names, finding words and telling copies.

Standard library only. `db.analysis` decides what a word is; `db.identity` what an address is.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable

LETTERS = {
    "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t",
    # Arabic: alef forms, final ya, ta marbuta, and the Persian shapes that keyboards mix in
    "ٱ": "ا", "ى": "ي", "ة": "ه", "ی": "ي", "ې": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ە": "ه", "ۀ": "ه", "ء": "",
    "ـ": "",
}  # fmt: skip
"""What Unicode does not decompose, mapped to what people type."""


def fold(text: str) -> str:
    """Return `text` without case, accents, Arabic letter variants and surplus spaces: for labels and for comparing names."""
    return " ".join(fold_letters(text).split())


def fold_letters(text: str) -> str:
    """Fold case, accents, Arabic forms and digits of any script, and drop invisible characters; spaces stay as they are.

    Marks are dropped only where they are accents (Latin, Greek, Cyrillic, Hebrew, Arabic): the vowel and tone signs of
    Indic scripts, Thai and kana tell words apart (UAX #44, canonical combining classes).
    """
    if text.isascii():
        return _without_control(text).lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", decomposed.translate(_table(decomposed, _folded)))


def text_digest(text: str) -> str:
    """Return the SHA-256 (hexadecimal) of the text's letters and digits; case, spacing, punctuation, invisible characters do not count."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for character in set(plain):
        plain = plain.replace(character, _letter_or_space(character))  # mostly itself: a text has few signs, and `translate` asks for each
    return hashlib.sha256(" ".join(plain.split()).encode("utf-8", "surrogatepass")).hexdigest()


def is_invisible(character: str) -> bool:
    """Tell characters that take no part in a word: soft hyphen, zero-width and bidi signs, controls, unassigned and lone surrogates."""
    return unicodedata.category(character)[0] == "C" and not character.isspace()


def _table(text: str, rule: Callable[[str], str]) -> dict[int, str]:
    return {ord(character): rule(character) for character in set(text)}


def _without_control(text: str) -> str:
    return text if text.isprintable() else text.translate({code: "" for code in range(128) if is_invisible(chr(code))})


def _folded(character: str) -> str:
    if character in LETTERS:
        return LETTERS[character]
    if _is_accent(character) or is_invisible(character):
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _is_accent(character: str) -> bool:
    place = unicodedata.combining(character)
    return place == 1 or 10 <= place <= 36 or place >= 200


def _letter_or_space(character: str) -> str:
    if character == "ـ" or is_invisible(character):
        return ""
    return character if unicodedata.category(character)[0] in "LMN" else " "
