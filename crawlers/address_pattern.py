"""What the addresses of a site's articles have in common, proposed as one regular expression a person may put into the source file."""

from __future__ import annotations

import re
from collections.abc import Collection

from crawlers.findings import AddressPattern
from crawlers.source import path_of

ENOUGH = 5
"""Addresses below which nothing is proposed."""
SHARE = 0.9
FORMS = (
    (r",\d+\.html$", "slug,ID.html"),
    (r"/article\d+(?:\.html)?$", "articleID.html"),
    (r"spip\.php\?article\d+", "spip.php?articleID"),
    (r"/(?:19|20)\d\d/\d\d?/\d\d?/[^/]+", "/YYYY/MM/DD/slug"),
    (r"/(?:19|20)\d\d/\d\d?/[^/]+", "/YYYY/MM/slug"),
    (r"/node/\d+$", "/node/ID"),
    (r"[?&](?:p|id)=\d+", "a number in the query"),
    (r"[-_]\d+\.html?$", "slug-ID.html"),
    (r"/\d+\.html?$", "/ID.html"),
    (r"[-_]\d{3,}/?$", "slug-ID"),
    (r"/\d{3,}[-_][^/]+$", "/ID-slug"),
    (r"/\d{4,}/[^/]+/?$", "/ID/slug"),
    (r"/articles?/[^/]+", "below /article/"),
)
"""From the most particular form to the least; the first that nearly all addresses have is proposed."""


def propose(urls: Collection[str]) -> AddressPattern | None:
    """The form that at least nine in ten of these article addresses have; None if they are few or have none in common."""
    paths = {path_of(url) for url in urls}
    if len(paths) < ENOUGH:
        return None
    for pattern, words in FORMS:
        matched = sum(re.search(pattern, path) is not None for path in paths)
        if matched >= SHARE * len(paths):
            return AddressPattern(pattern, words, matched, len(paths))
    return None
