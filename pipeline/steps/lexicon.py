"""Loads the word lists of `vocabulary/` and folds text the way they are compared; what the words mean is each step's business.

A vocabulary is one file, or a folder with a file a language, whose lists are joined: a new language is a new file.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_ALEF_AND_KIN = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ـ": None, "’": "'", "‘": "'", "ʼ": "'", "\u00a0": " ", "\u202f": " "}
)
_FOLDED_KEPT = 2_048
"""Texts whose folded form is remembered: several steps look at the same lines."""
_ACCENTS = re.compile("[\u0300-\u036f]+")
_ZEROS = "٠۰०০੦૦௦๐"
"""Zero in the digits of Arabic, Persian, Hindi, Bengali, Punjabi, Gujarati, Tamil and Thai; the other nine follow it."""
_DIGITS = str.maketrans({chr(ord(zero) + n): str(n) for zero in _ZEROS for n in range(10)})
_SPELLED_APART = re.compile(f"[{''.join(map(chr, _DIGITS))}\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufeff\U0001ee00-\U0001eeff]")
"""Letters and digits that need these tables, and the shapes that decompose into such."""


@cache
def vocabulary(name: str) -> dict[str, Any]:
    """The word lists `vocabulary/<name>.toml` or `vocabulary/<name>/*.toml`, read once a process; callers never change them."""
    place = files("pipeline.steps").joinpath("vocabulary")
    if not place.joinpath(name).is_dir():
        return tomllib.loads(place.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    joined: dict[str, list[str]] = {}
    for file in sorted(place.joinpath(name).iterdir(), key=lambda file: file.name):
        for key, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            joined.setdefault(key, []).extend(entries)
    return joined


@cache
def words(name: str, key: str) -> tuple[str, ...]:
    """The list `key` of a vocabulary, folded by `plain`, longest first so that a prefix never hides a longer one."""
    return tuple(sorted({plain(word) for word in vocabulary(name)[key]}, key=lambda word: (-len(word), word)))


@cache
def pattern(name: str, *keys: str) -> str:
    """A regular expression that matches any entry of the lists `keys`, without groups of its own."""
    return alternatives(word for key in keys for word in words(name, key))


def alternatives(entries: Iterable[str]) -> str:
    """`(?:a|b|…)`, longest entry first; blanks in an entry match any run of blanks.

    Entries of one first letter stand together, for the engine passes over a branch by its first letter: lists are hundreds of words long.
    """
    ordered = sorted(set(entries), key=lambda entry: (-len(entry), entry))
    initials: dict[str, list[str]] = {}
    for entry in ordered:
        initials.setdefault(entry[:1], []).append(re.escape(entry[1:]).replace(r"\ ", r"\s+"))
    return "(?:" + "|".join(f"{re.escape(initial)}(?:{'|'.join(rest)})" for initial, rest in initials.items()) + ")"


@lru_cache(maxsize=_FOLDED_KEPT)
def plain(text: str) -> str:
    """`text` as the word lists are compared: lower case, no accents, one spelling of Arabic letters, Western digits, single blanks."""
    if text.isascii():
        return " ".join(text.lower().split())
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    if bare.isascii():
        return " ".join(bare.lower().split())
    if not _SPELLED_APART.search(text):
        bare = _without_marks(bare)
        return " ".join(bare.replace("’", "'").replace("‘", "'").replace("ʼ", "'").casefold().split())
    unmarked = _without_marks(unicodedata.normalize("NFKD", text.translate(_ALEF_AND_KIN)))
    return " ".join(unmarked.translate(_DIGITS).translate(_ALEF_AND_KIN).casefold().split())


def _without_marks(text: str) -> str:
    for mark in filter(unicodedata.combining, set(text)):
        text = text.replace(mark, "")
    return text
