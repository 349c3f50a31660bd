"""Whether an article tells something as it happens, entry by entry: its title or a folder of its path says so, and it shows clock times.

What a page states for machines (LiveBlogPosting) is asked first, by the judge; the name alone is not believed, for films and matches on
television are "live" too.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote, urlsplit

from pipeline.steps.lexicon import pattern, plain, words

_ENTRIES = 3
"""Different times of day that a page shows at least."""
_CLOCK = re.compile(r"(?<![\w:.,/-])(?:[01]?\d|2[0-3])\s?[:h]\s?[0-5]\d(?![\d:])")


def live_coverage(title: str, url: str, shown: str) -> str:
    """Why an article is live coverage, "" if it is not; `shown` are the words of the whole page."""
    named = _opening().match(plain(title))
    folders = [plain(re.sub(r"[_+]", "-", unquote(folder))) for folder in urlsplit(url).path.split("/")[:-1]]
    folder = next((folder for folder in folders if folder in _folders()), None)
    if not named and not folder:
        return ""
    times = len(set(_CLOCK.findall(plain(shown))))
    if times < _ENTRIES:
        return ""
    return f"{f'its title says so: {title[:80]}' if named else f'it lies under /{folder}/'}; {times} times of day"


@cache
def _opening() -> re.Pattern[str]:
    return re.compile(rf"\W*{pattern('judge', 'live')}(?:\W*$|\s*[:|.!,…»–—•(/\]]|\s+-\s)")


@cache
def _folders() -> frozenset[str]:
    return frozenset(name for word in words("judge", "live") for name in (word, word.replace(" ", "-")))
