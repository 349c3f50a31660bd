"""The months that the paths of a page's images hold (/uploads/2015/03/): on or before the article's own, and often the same.

They date nothing by themselves, for images are used again; they tell which of two readings of a day is right.
"""

from __future__ import annotations

import re
from itertools import islice

from lxml.html import HtmlElement

_MONTH = re.compile(r"/((?:19|20)\d\d)[/-](0[1-9]|1[0-2])(?=[/-])|/((?:19|20)\d\d)(0[1-9]|1[0-2])[0-3]\d(?=[/_-])")
_STATED = frozenset(("og:image", "twitter:image", "og:image:url", "og:image:secure_url"))
_MOST = 60


def asset_months(tree: HtmlElement) -> frozenset[tuple[int, int]]:
    """Year and month of each path that holds one, among the image the page states and the first it shows."""
    paths = [meta.get("content") for meta in tree.iter("meta") if (meta.get("property") or meta.get("name")) in _STATED]
    for image in islice(tree.iter("img"), _MOST):
        paths += [image.get("src"), image.get("data-src")]
    found = (match for path in paths if path and len(path) < 500 for match in _MONTH.finditer(path))
    return frozenset((int(match[1] or match[3]), int(match[2] or match[4])) for match in found)
