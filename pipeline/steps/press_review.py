"""Whether an article is a press review, a round of what other papers say, by its title, its section or its path: never by its text.

A title must name the review and then end, go on beside a separator, or give a day: an article *about* press reviews is none.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote, urlsplit

from pipeline.steps.lexicon import alternatives, pattern, plain, vocabulary


def press_review(title: str, section: str | None, url: str) -> str:
    """Why an article is a press review; "" if nothing says so."""
    folded = plain(title)
    if _opening().match(folded) or _ending().search(folded):
        return f"its title says so: {title[:80]}"
    if section and _whole().fullmatch(plain(section)):
        return f"its section is {section[:80]}"
    folders = [unquote(segment) for segment in urlsplit(url).path.split("/")[:-1]]
    named = next((folder for folder in folders if _whole().fullmatch(plain(re.sub(r"[-_+]", " ", folder)))), None)
    return f"it lies under /{named}/" if named else ""


@cache
def _opening() -> re.Pattern[str]:
    weekdays = alternatives(plain(day) for day in vocabulary("dates")["labels"]["weekdays"])
    day = rf"(?:\s+[^\W\d_]{{1,6}}){{0,3}}\s+(?:\d|{weekdays}(?!\w))"
    return re.compile(rf"\W*{_named()}(?:\W*$|\s*[:|–—•«(/]|\s+-\s|{day})")


@cache
def _ending() -> re.Pattern[str]:
    return re.compile(rf"(?:\s[-–—]|[|:•»])\s*{_named()}\W*$")


@cache
def _whole() -> re.Pattern[str]:
    return re.compile(_named())


def _named() -> str:
    """A review by its name, with an article before and a word or two of what kind it is after it."""
    article, name, kind = (pattern("press_review", key) for key in ("articles", "names", "kinds"))
    return rf"(?:{article}\s+)?{name}(?:\s+{kind}){{0,2}}(?!\w)"
