"""Where an HTML page sends its reader on if that is all it does: by `meta refresh` or by a script that sets `location`. Pure.

What becomes of the target is decided where HTTP's own redirects are followed (`crawlers.visits`).
"""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

from crawlers.visible import scripts_of, visible_text
from db.identity import clean_url, url_key

MAX_BYTES = 200_000
MAX_WORDS = 300
"""Characters such a page shows at most: "Opening https://…", "click here if nothing happens"."""
MAX_SCRIPT = 4_000
"""Characters of inline script beyond which a page without words is an application rather than a signpost."""
MAX_SECONDS = 30.0
"""A page that waits longer wants to be read first, or is only kept fresh."""
META = re.compile(r"<meta\b[^<>]{0,3000}>", re.IGNORECASE)
REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?refresh\b", re.IGNORECASE)
CONTENT = re.compile(r"content\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
DIRECTIVE = re.compile(r"\s*(\d{0,6}(?:\.\d{0,6})?)\s*[;,]?\s*(?:url\s*=\s*)?[\"']?([^\"']*)", re.IGNORECASE)
"""`content="0; url=/there"`, as browsers read it (HTML Standard, "shared declarative refresh steps")."""
SCRIPTED = re.compile(
    r"""(?<![\w.$])(?:(?:window|document|self|top|parent|this)\s*\.\s*)*location\s*
    (?:(?:\.\s*href\s*)?=\s*|\.\s*(?:replace|assign)\s*\(\s*)
    (?:"((?:[^"\\\n]|\\.){1,2100})"|'((?:[^'\\\n]|\\.){1,2100})')\s*(?![+\s]*\+)""",
    re.VERBOSE,
)
"""A whole address in quotes; one that is put together is not understood."""
ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")


def target_of(body: bytes, url: str) -> str | None:
    """The absolute address that the page of `url` does nothing but lead to; None for every page with something to say.

    A page that reloads itself leads nowhere.
    """
    if len(body) > MAX_BYTES:
        return None
    head = body.lower()
    if b"refresh" not in head and b"location" not in head:
        return None
    page = body.decode("utf-8", "replace")
    named = _refreshed(page) or _scripted(page)
    target = _absolute(named, url) if named else None
    return target if target and not _is_same(target, url) and len(visible_text(page)) <= MAX_WORDS else None


def _refreshed(page: str) -> str | None:
    for element in META.findall(page):
        stated = CONTENT.search(element) if REFRESH.search(element) else None
        found = DIRECTIVE.match(html.unescape(stated[1] or stated[2] or "").strip()) if stated else None
        if found and found[2].strip() and float(found[1].strip(".") or 0) <= MAX_SECONDS:
            return found[2].strip()
    return None


def _scripted(page: str) -> str | None:
    scripts = "\n".join(scripts_of(page))
    found = SCRIPTED.search(scripts) if len(scripts) <= MAX_SCRIPT else None
    return ESCAPED.sub(_plain, found[1] or found[2]) if found else None


def _plain(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16)) if escape[1] or escape[2] else str(escape[3])


def _absolute(named: str, url: str) -> str | None:
    """None for what is not fetched; a target of another scheme (`intent:`, `data:`) is no page's."""
    try:
        return clean_url(urljoin(url, named))
    except ValueError:
        return None


def _is_same(target: str, url: str) -> bool:
    """Whether a page leads to itself. Another scheme or host of the same address is somewhere else: the page may be there."""
    try:
        return url_key(target) == url_key(url) and urlsplit(target)[:2] == urlsplit(clean_url(url) or "")[:2]
    except ValueError:
        return True
