"""Why robots.txt decides as it does: the group that is meant for us and the line that settles an address. Pure; the verdict is Protego's.

Protego says yes or no, and not by which line. So it is asked about smaller files, made of the lines in question: which group is
ours, which of its lines match, which of those wins. No rule of matching is written down a second time here.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from protego import Protego

from crawlers.spec import PRODUCT

RULE = re.compile(r"(allow|disallow|dissallow|dissalow|disalow|diasllow|disallaw)\s*[:\s]\s*(\S.*)", re.IGNORECASE)
"""A rule with a value, in the spellings that Protego bears with."""
AGENT = re.compile(r"(?:user-agent|useragent|user\s+agent)\s*[:\s]\s*(\S.*)", re.IGNORECASE)
AGENT_LINE = re.compile(r"user[-\s]*agent", re.IGNORECASE)
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
ENOUGH = 20
"""Lines that are tried as the deciding one, longest first; the first is it, but for odd percent-encodings."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line that allows or disallows something."""

    line: int
    """Its number, from 1."""
    text: str
    """As written, without its comment."""
    allows: bool
    value: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What one file says about one address."""

    allowed: bool
    group: str | None
    """The user agent whose group applies to us, as written; None: there is no group for us, nor one for everybody."""
    rule: Rule | None
    """The line that decided; None: no line of the group matches the address, so that it is allowed."""


def decide(text: str, url: str) -> Decision:
    """Whether `text` lets us fetch an address, and by which line (RFC 9309 §2.2.2: the longest match, an Allow before a Disallow)."""
    if urlsplit(url).path == "/robots.txt":
        return Decision(True, group_of(text), None)
    allowed = bool(Protego.parse(text).can_fetch(url, PRODUCT))
    return Decision(allowed, group_of(text), _deciding(_matching(text, url), url, allowed=allowed))


def group_of(text: str) -> str | None:
    """The name of the group that applies to us; None if none does."""
    names = [match[1] for match in map(AGENT.match, _statements(text)) if match]
    numbered = "".join(f"User-agent: {name}\nCrawl-delay: {number}\n" for number, name in enumerate(names))
    chosen = Protego.parse(numbered).crawl_delay(PRODUCT)
    return None if chosen is None else names[int(chosen)]


def _statements(text: str) -> list[str]:
    """The lines without comments and outer white space, as Protego takes them."""
    return [line.partition("#")[0].strip() for line in text.splitlines()]


def _matching(text: str, url: str) -> list[Rule]:
    """The lines of our group that say something about an address."""
    lines = _statements(text)
    blocks: dict[int, list[Rule]] = {}
    """Those that match, by the number of the last line before them that names a user agent."""
    block = 0
    for number, line in enumerate(lines, 1):
        if AGENT_LINE.match(line):
            block = number
        elif match := RULE.match(line):
            rule = Rule(number, line, match[1].lower() == "allow", match[2])
            lines[number - 1] = f"Disallow: /{block}/"  # an address of the block's own, which tells whether it is meant for us
            if _says([rule], url) is rule.allows:
                blocks.setdefault(block, []).append(rule)
    marked = Protego.parse("\n".join(line for line, _ in itertools.groupby(lines)))
    ours = [block for block in blocks if not marked.can_fetch(f"http://any.invalid/{block}/", PRODUCT)]
    return [rule for block in ours for rule in blocks[block]]


def _deciding(rules: list[Rule], url: str, *, allowed: bool) -> Rule | None:
    """The longest of the lines that bring the verdict about against all that say otherwise."""
    others = [rule for rule in rules if rule.allows is not allowed]
    same = [rule for rule in rules if rule.allows is allowed]
    same.sort(key=lambda rule: -len(quote(rule.value, safe=PRINTABLE)))
    return next((rule for rule in same[:ENOUGH] if _says([rule, *others], url) is allowed), None)


def _says(rules: list[Rule], url: str) -> bool:
    """What these lines alone make of an address; if all of them allow, the rest of the site is forbidden."""
    rest = "Disallow: /\n" if all(rule.allows for rule in rules) else ""
    lines = "\n".join(rule.text for rule in rules)
    return bool(Protego.parse(f"User-agent: *\n{rest}{lines}").can_fetch(url, "any"))
