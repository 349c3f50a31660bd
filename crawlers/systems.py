"""Which system a site is made with (WordPress, SPIP, Drupal, Joomla…), told from what it states or from the addresses on its home page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crawlers.discovery.head import Head
from crawlers.findings import SystemFound

NAMES = ("WordPress", "SPIP", "Drupal", "Joomla", "Blogger", "TYPO3", "Ghost", "Wix", "Squarespace")
STATING_HEADERS = ("x-generator", "composed-by", "x-powered-by", "x-powered-cms")
HABITS = (
    ("WordPress", rb"/wp-content/[\w./-]{1,80}|/wp-json/"),
    ("SPIP", rb"\bspip\.php\?[\w=&;.-]{1,60}|/local/cache-(?:css|js|vignettes)/|/squelettes(?:-dist)?/"),
    ("Drupal", rb"/sites/default/files/|data-drupal-[a-z-]{3,40}|/core/misc/drupal"),
    ("Joomla", rb"/media/(?:jui|system)/js/|index\.php\?option=com_[a-z]{3,30}"),
)
"""Addresses and marks that only this system writes. They may stand in a link to another site, so each must be the page's own."""
OWN_FEED = {"WordPress": "feed/", "SPIP": "spip.php?page=backend", "Drupal": "rss.xml", "Joomla": "index.php?format=feed&type=rss"}
OWN_SITEMAP = {"WordPress": "wp-sitemap.xml", "SPIP": "sitemap.xml", "Drupal": "sitemap.xml"}


def recognise(head: Head, headers: Iterable[tuple[str, str]], body: bytes, host: str) -> SystemFound | None:
    """The system of the home page with this head, these answer headers and this body; None if nothing gives it away."""
    generator = head.metas.get("generator", "")
    stated = [(generator, f"generator: {generator}")]
    stated += [(value, f"header {name}: {value}") for name, value in headers if name.lower() in STATING_HEADERS]
    for words, why in stated:
        name = next((name for name in NAMES if name.lower() in words.lower()), None)
        if name:
            return SystemFound(name, why[:120])
    return _by_habit(body, host)


def with_own_first(guesses: tuple[str, ...], own: str | None) -> tuple[str, ...]:
    """The usual addresses, the recognised system's own before all others."""
    return guesses if own is None else (own, *(guess for guess in guesses if guess != own))


def _by_habit(body: bytes, host: str) -> SystemFound | None:
    for name, pattern in HABITS:
        own = re.compile(rb"(?:[\"'(\s=]|//" + re.escape(host.encode()) + rb")/?(" + pattern + rb")")
        found = own.search(body)
        if found:
            return SystemFound(name, f"addresses such as {found[1].decode('ascii', 'replace')}")
    return None
