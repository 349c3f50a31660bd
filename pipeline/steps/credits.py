"""Lines of a text that say whose an image is: words for images and agencies tell them from sentences."""

from __future__ import annotations

import re
from functools import cache

from pipeline.steps.bylines import agency_named, is_full_name
from pipeline.steps.lexicon import pattern, plain, words

_CREDIT = re.compile(r"^(?:©|\(c\)\s|ⓒ|PHOTO/|FOTO/|[A-Z]{2,}/[A-Z]{2}[A-Z .'’/-]*(?=\s*$|\s+[-–—]|[,(]))")
_SENTENCE_END = re.compile(r"[.!?؟…»”\"]\s*$")
_SHORT = 40
"""Characters up to which an agency beside a word for an image is a credit."""


def is_credit(line: str, folded: str) -> bool:
    """Whether a short line is nothing but the credit of an image: "Photo : Rim Slaoui", "© AFP", "REUTERS/Ada Quay"."""
    if _CREDIT.match(line) is not None or _credits_an_agency(line):
        return True
    return _credit_line().match(folded) is not None and not _SENTENCE_END.search(line)


def _credits_an_agency(line: str) -> bool:
    """Whether a short line is an agency beside the word for an image, or before a name: "Photo AFP", "REUTERS/Ada Quay"."""
    bare = line.strip(" ()[].–—-")
    agency, slash, name = bare.partition("/")
    if slash:
        return is_full_name(name.strip()) and (agency_named(agency.strip()) is not None or _is_agencys_image(agency.strip()))
    return len(bare) <= _SHORT and _is_agencys_image(bare)


def _is_agencys_image(text: str) -> bool:
    first, _, rest = text.partition(" ")
    start, _, last = text.rpartition(" ")
    return any(
        plain(word.strip(" :")) in _image_words() and agency_named(name.strip(" :")) for word, name in ((first, rest), (last, start))
    )


@cache
def _credit_line() -> re.Pattern[str]:
    return re.compile(rf"[(\[]?\s*{pattern('clutter', 'credits')}\s*(?::|/|©|\(c\)|by\b|par\b)")


@cache
def _image_words() -> frozenset[str]:
    return frozenset(word for word in words("clutter", "credits") if " " not in word)
