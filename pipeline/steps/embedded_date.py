"""The day in the data that a page's scripts build it from, where nothing else states it: one day for all the page's data, or none.

JSON-LD is read elsewhere. The data of a page often holds those of other articles too, so keys that name several days are not believed.
"""

from __future__ import annotations

import re
from datetime import tzinfo

from lxml.html import HtmlElement

from pipeline.steps.date_phrases import Phrase, find_date

_KEY = re.compile(
    r"""(?<![\w-])(?:date_?published|published_?(?:at|date|time|first|on)|publish_?(?:date|time)|publication_?(?:date|time)|first[_-]?publi(?:cation(?:_date)?|shed(?:_?(?:at|date))?)|date_?posted|pub_?date)\\{0,3}["']\s*:\s*\\{0,3}["']([^"'\\]{8,40})""",
    re.IGNORECASE,
)
_LONGEST_SCRIPT = 1_000_000


def embedded_phrase(tree: HtmlElement, zone: tzinfo) -> Phrase | None:
    """The day of every key that names a day of publication in the page's scripts, if they agree; the first with a time of day."""
    found = [
        phrase
        for script in tree.iter("script")
        if script.text and "ld+json" not in (script.get("type") or "") and len(script.text) <= _LONGEST_SCRIPT
        for match in _KEY.finditer(script.text)
        if (phrase := find_date(match[1], zone=zone, now=None)) is not None
    ]
    if len({phrase.on for phrase in found}) != 1:
        return None
    return next((phrase for phrase in found if phrase.at), found[0])
