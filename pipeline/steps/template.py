"""What only the pages of one source together tell: which blocks and lines recur, and in which containers its articles stand.

Learning looks at where the lines of readings lie in their pages; what was learned is cut from the next pages. It never eats a body:
no container is cut that holds a body or much of a page, and lines that would be most of a text stay.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from lxml.html import HtmlElement

from db.readings import Template
from pipeline.steps.densest import densest
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import plain
from pipeline.steps.tree import ancestors_and_self, drop, text_of, unlinked_length

LEARNING_VERSION = 1
FEWEST_PAGES = 4
"""Articles below which nothing is learned: what two pages share may be chance."""
_LINE_TAGS = (
    "p",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "blockquote",
    "pre",
    "td",
    "div",
    "span",
    "em",
    "i",
    "b",
    "strong",
    "figcaption",
    "section",
)
_LEVELS = 3
"""Containers, inside out, that make a signature: fewer say too little, more differ from page to page."""
_CLASSES = 4
_SHORT = 60
"""Characters below which a line that recurs may be a sub-heading a paper is fond of: it has to be on more pages."""
_SHARE_LONG, _SHARE_SHORT = 0.1, 0.3
"""Shares of the pages on which such lines recur."""
_RECURRING = 0.5
"""Share of a container's characters that recur from which on all such containers go."""
_MINOR_RECURRING, _MINOR_TEASERS = 0.3, 0.25
"""Shares of the characters of all texts up to which a kind of container may be such."""
_TEASERS = 0.8
"""Share of a container's lines that stand beside a linked title from which on it holds teasers."""
_LINKED_TITLE = 20
_MOST_CUT = 0.3
"""Share of a page's words that are no links which one template may cut."""
_MOST_LINES = 400
_LONG_BLOCK = 2_000


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where one line of a reading stands in its page: the signature of its container, whether a linked title is beside it."""

    line: str
    container: str
    teaser: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """One reading as learning sees it; `title` keeps an article's own headline and standfirst out of what recurs."""

    own: frozenset[str]
    sightings: tuple[Sighting, ...]


@dataclass(slots=True)
class _Tally:
    pages: set[int] = field(default_factory=set)
    lines: int = 0
    characters: int = 0
    recurring: int = 0
    teasers: int = 0


def observe(tree: HtmlElement, lines: Sequence[str], own: Iterable[str]) -> Observation:
    """Find each line of a reading in the tree of its page, as it was parsed; `own`: title and standfirst of the article."""
    wanted = {plain(line) for line in lines}
    where: dict[str, HtmlElement] = {}
    for element in tree.iter(*_LINE_TAGS):
        text = text_of(element)
        if len(text) <= _LONG_BLOCK and (folded := plain(text)) in wanted:
            where[folded] = element  # the innermost comes last
    found = []
    for line in lines:
        folded = plain(line)
        element = where.get(folded)
        container = element.getparent() if element is not None else None
        known = container is not None
        found.append(Sighting(folded, signature(container) if known else "", known and _has_linked_title(container, folded)))
    return Observation(frozenset(plain(text) for text in own if text), tuple(found))


def signature(element: HtmlElement) -> str:
    """A container by its tag and classes and those of two containers around it; what holds digits is left out, for it may count pages."""
    path = []
    for one in islice(ancestors_and_self(element), _LEVELS):
        if one.tag in {"body", "html"}:
            break
        names = [name for name in (one.get("class") or "").split() if not re.search(r"\d", name)]
        path.append(".".join([one.tag, *sorted(names)[:_CLASSES]]))
    return ">".join(reversed(path))


def learn(observations: Sequence[Observation], engine: str = "default") -> Template | None:
    """What these readings of different articles have in common; None if they are too few."""
    count = len(observations)
    if count < FEWEST_PAGES:
        return None
    seen = Counter(line for one in observations for line in {sighting.line for sighting in one.sightings} - one.own)
    lines = {line for line, pages in seen.items() if pages >= _least(line, count)}
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for number, one in enumerate(observations):
        for sighting in one.sightings:
            tally, length = tallies[sighting.container], len(sighting.line)
            tally.pages.add(number)
            tally.lines += 1
            tally.characters += length
            tally.recurring += length if seen[sighting.line] > 1 else 0
            tally.teasers += sighting.teaser
    bodies = _bodies(observations)
    total = sum(tally.characters for tally in tallies.values())
    blocks = [
        container
        for container, tally in tallies.items()
        if _is_telling(container) and container not in bodies and _is_clutter(tally, total)
    ]
    ordered = sorted(lines, key=lambda line: (-seen[line], line))
    return Template(LEARNING_VERSION, count, tuple(sorted(blocks)), tuple(ordered[:_MOST_LINES]), tuple(sorted(bodies)), engine)


def cut(tree: HtmlElement, template: Template, journal: Journal) -> None:
    """Cut the containers a template names, in place."""
    if not template.blocks:
        return
    doomed = _found(tree, set(template.blocks))
    holding = {around for element in _bodies_in(tree, template) for around in ancestors_and_self(element)} if doomed else set()
    doomed = [element for element in doomed if element not in holding]
    if sum(map(unlinked_length, doomed)) > _MOST_CUT * unlinked_length(tree):
        journal.note("template", "kept", f"{len(doomed)} blocks", "they recur on pages of the source, but are too much of this one")
        return
    for element in doomed:
        if element.getroottree().getroot() is tree:
            journal.note("template", "cut", text_of(element)[:120], f"a block learned from {template.pages} pages: {signature(element)}")
            drop(element)


def _bodies_in(tree: HtmlElement, template: Template) -> list[HtmlElement]:
    """What holds the body of a page: a container that held one before; without any, as after a redesign, the one with most prose."""
    known = _found(tree, set(template.bodies))
    if known or not template.bodies:
        return known
    most = densest(tree, anywhere=True)
    return [] if most is None else [most]


def recurring(template: Template | None, lines: Sequence[str], own: Iterable[str]) -> frozenset[str]:
    """Those of a text's lines, folded, that the template knows from other articles; none if they are most of the text."""
    if template is None:
        return frozenset()
    known = set(template.lines) - {plain(text) for text in own if text}
    folded = [plain(line) for line in lines]
    found = [line for line in folded if line in known]
    return frozenset(found) if 2 * sum(map(len, found)) < sum(map(len, folded)) else frozenset()


def _found(tree: HtmlElement, signatures: set[str]) -> list[HtmlElement]:
    """The elements of the page that have one of these signatures."""
    tags = {one.rpartition(">")[2].partition(".")[0] for one in signatures}
    return [element for element in tree.iter(*tags) if signature(element) in signatures] if tags else []


def _least(line: str, count: int) -> int:
    return max(2, math.ceil((_SHARE_SHORT if len(line) < _SHORT else _SHARE_LONG) * count))


def _bodies(observations: Sequence[Observation]) -> set[str]:
    """The container that holds most of each reading."""
    bodies: set[str] = set()
    for one in observations:
        weights: Counter[str] = Counter()
        for sighting in one.sightings:
            weights[sighting.container] += len(sighting.line)
        bodies.update(container for container, _ in weights.most_common(1) if container)
    return bodies


def _is_telling(container: str) -> bool:
    return "." in container.rpartition(">")[2]


def _is_clutter(tally: _Tally, total: int) -> bool:
    if len(tally.pages) < 2:
        return False
    recurs = tally.recurring >= _RECURRING * tally.characters and tally.characters <= _MINOR_RECURRING * total
    return recurs or (tally.teasers >= _TEASERS * tally.lines and tally.characters <= _MINOR_TEASERS * total)


def _has_linked_title(container: HtmlElement, line: str) -> bool:
    """Whether a link that is a line of its own stands in the container: beside the line, or as the line."""
    for link in container.iter("a"):
        text = plain(text_of(link))
        if len(text) < _LINKED_TITLE or not link.get("href") or (text in line and text != line):
            continue
        around = link.getparent()
        if around is not None and plain(text_of(around)) == text:
            return True
    return False
