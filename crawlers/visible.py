"""What a person would see of a small HTML page, roughly: for telling pages that say something from those that only do something.

One pass without a tree, linear whatever the page holds. Reading articles is the reader's business, not this module's.
"""

from __future__ import annotations

import html
import re

HIDDEN = frozenset({"script", "style", "title", "template", "svg"})
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*")


def visible_text(page: str) -> str:
    """The words between tags, white space folded, without scripts, styles and comments. What `noscript` holds counts: we run no scripts."""
    lowered, shown, at = page.lower(), [], 0
    while (tag := page.find("<", at)) >= 0:
        shown.append(page[at:tag])
        at = _after(lowered, tag)
        if at < 0:
            break
    else:
        shown.append(page[at:])
    return " ".join(html.unescape(" ".join(shown)).split())


def scripts_of(page: str) -> list[str]:
    """What stands in the page's inline scripts, in their order."""
    lowered, found, at = page.lower(), [], 0
    while (tag := lowered.find("<script", at)) >= 0:
        begin = lowered.find(">", tag) + 1
        end = lowered.find("</script", begin)
        if not begin or end < 0:
            break
        found.append(page[begin:end])
        at = end
    return found


def _after(lowered: str, tag: int) -> int:
    """Where text may go on after what begins at `tag`; -1 if nothing follows."""
    if lowered.startswith("<!--", tag):
        end = lowered.find("-->", tag)
        return end + 3 if end >= 0 else -1
    end = lowered.find(">", tag)
    name = NAME.match(lowered, tag + 1)
    if end < 0 or name is None:
        return end + 1 or -1
    if name[0] not in HIDDEN or lowered[end - 1] == "/":
        return end + 1
    closing = lowered.find(f"</{name[0]}", end)
    return closing if closing >= 0 else -1
