"""The publication day that a page's scripts name: what it tells those who count its visits, or renders itself from.

Such data hold other articles too, so a day is believed only where all days of publication in them are the same.
"""

from __future__ import annotations

import re
from datetime import tzinfo

from lxml.html import HtmlElement

from db.vocabulary import Precision
from pipeline.steps.date_phrases import COARSE, Phrase, find_date, read_instant
from pipeline.steps.page_date import in_comment, in_teaser, is_card

_NAMED = re.compile(
    r"""(?<![\w-])["']?(?:(?:article|content|page|story|post|first|original|news)[_-]?)?
    (?:(?:publish(?:ed)?|publication|pub)[_-]?(?:date|time|at|on|first|day)(?:[_-]?time)?|date[_-]?(?:published|publish|publication|posted)|
    first[_-]?publication|posted[_-]?(?:at|on|date))
    ["']?\s*[:=]\s*["']([^"'<>{}]{6,40})["']""",
    re.VERBOSE | re.IGNORECASE,
)
"""`publishedFirst`, `first-publication`, `datePublished`, `article_publish_date` and their kin, each with a text."""
_ATTRIBUTES = "//@*[starts-with(name(), 'data-') and (contains(name(), 'publi') or contains(name(), 'pub') or contains(name(), 'posted'))]"
_NAMED_ATTRIBUTE = re.compile(r"data-(?:[\w-]+[-_])?(?:publish(?:ed|ing)?|publication|pub|posted)(?:[_-]?(?:date|time|at|on|day))*$")
_LONGEST = 2_000_000
_MOST = 40


def script_phrase(tree: HtmlElement, zone: tzinfo) -> Phrase | None:
    """The only day of publication that the scripts name; None if they name none or several."""
    found: list[Phrase] = []
    for script in tree.iter("script"):
        text = script.text or ""
        if not 20 < len(text) < _LONGEST or "ld+json" in (script.get("type") or "").lower():
            continue
        for match in _NAMED.finditer(text.replace('\\"', '"')):
            phrase = find_date(match[1], zone=zone, now=None)
            if phrase and phrase.precision not in COARSE and not _is_default(phrase):
                found.append(phrase)
            if len(found) > _MOST:
                return None
    return found[0] if len({phrase.on for phrase in found}) == 1 else None


def attribute_phrase(tree: HtmlElement, zone: tzinfo) -> Phrase | None:
    """The only day of publication that attributes of the page name (`data-publish-date`); None if they name none or several."""
    found: list[Phrase] = []
    for value in tree.xpath(_ATTRIBUTES):
        element = value.getparent()
        if (
            not _NAMED_ATTRIBUTE.match(value.attrname)
            or not 6 <= len(value) <= 40
            or in_teaser(element)
            or in_comment(element)
            or is_card(element)
        ):
            continue
        read = read_instant(value, zone)
        phrase = Phrase(read[0], Precision.MINUTE if read[1] else Precision.DAY, read[1], False, 0, len(value)) if read else None
        phrase = phrase or find_date(value, zone=zone, now=None)
        if phrase and phrase.precision not in COARSE and not _is_default(phrase):
            found.append(phrase)
        if len(found) > _MOST:
            return None
    return found[0] if len({phrase.on for phrase in found}) == 1 else None


def _is_of_another(element: HtmlElement) -> bool:
    return in_teaser(element) or in_comment(element) or is_card(element)


def _is_default(phrase: Phrase) -> bool:
    """Whether a day is the first of January without a time, which systems write where they know the year at most."""
    return (phrase.on.month, phrase.on.day) == (1, 1) and phrase.at is None
