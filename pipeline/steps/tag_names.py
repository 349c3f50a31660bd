"""What a label is called for readers: names for machines are left out, and what systems put before a name is cut off."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.steps.lexicon import plain

_FOR_MACHINES = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$"  # the number of a record
    r"|(?:[a-z0-9-]+\.)+(?:com|org|net|info|[a-z]{2})$"  # a host
    r"|[a-z0-9]*_[a-z0-9_]*$"  # a variable
    r"|(?:type|id|uuid|source|section|site|nlp [\w ]+)\s?:"  # a field of the database, or what an analyser found in the text
    r"|\W*$",
    re.IGNORECASE,
)
_PUT_BEFORE = re.compile(
    r"(?:(?:category|tags?|topics?|keywords?)\s?:\s*|(?:sections?|topics?|tags?|organi[sz]ations?|persons?|places?|locations?)/|\(\d+\)\s*)(?=\S)",
    re.IGNORECASE,
)
"""A label's kind, or how many articles have it."""
_NO_BLANKS_BETWEEN_WORDS = re.compile("^[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f ・ー]+$")
_WORDS_OF_A_LIST = 4
_LONGEST = 80


def names_for_readers(names: Iterable[str]) -> tuple[str, ...]:
    """The labels of a list as they are shown to readers, each once (case and accents apart, the last spelling), in their order."""
    kept: dict[str, str] = {}
    for one in names:
        for name in _parted_at_blanks(one):
            shown = _PUT_BEFORE.sub("", name.strip(" #,;"), count=1) if not _FOR_MACHINES.match(name) else ""
            if plain(shown) and len(shown) <= _LONGEST:
                kept[plain(shown)] = shown
    return tuple(kept.values())


def _parted_at_blanks(label: str) -> list[str]:
    """Chinese and Japanese have no blanks between words: where a label has several, they part labels."""
    words = label.split()
    return words if len(words) >= _WORDS_OF_A_LIST and _NO_BLANKS_BETWEEN_WORDS.match(label) else [label]
