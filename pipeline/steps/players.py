"""Lines that players leave in a text: times and controls, and how long listening or reading takes."""

from __future__ import annotations

import re
from functools import cache

from pipeline.steps.lexicon import pattern

_CLOCK = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:])")
_START = re.compile(r"(?<![\d:])0?0:00(?::00)?(?![\d:])")
_SPEED = re.compile(r"(?<![\w.,])\d(?:[.,]\d{1,2})?\s?x(?!\w)")


def is_player(_line: str, folded: str) -> bool:
    """Whether a folded line is "00:00 / 03:12" or a label beside a time: "Lecture 00:00 / 03:12", "Listen to this article · 6 min".

    Times alone are a player's only if one of them is its beginning: "20:30 – 22:15" is when a film is shown.
    """
    if not any(map(str.isdigit, folded)):
        return False
    words, clocks = _CLOCK.subn(" ", folded)
    words, durations = _duration().subn(" ", words)
    words = _SPEED.sub(" ", words)
    starts = _START.search(folded) is not None
    if not any(map(str.isalnum, words)):
        return clocks > 1 and starts
    if durations or not starts:
        return bool(clocks or durations) and _labels().fullmatch(words) is not None
    return _controls().fullmatch(words) is not None


@cache
def _duration() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)\d{{1,3}}[\s-]*{pattern('clutter', 'durations')}(?!\w)\.?")


@cache
def _labels() -> re.Pattern[str]:
    return _any_of("players")


@cache
def _controls() -> re.Pattern[str]:
    return _any_of("players", "controls")


def _any_of(*keys: str) -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{pattern('clutter', *keys)}(?!\w)\W*)+")
