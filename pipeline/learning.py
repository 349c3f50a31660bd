"""Learns a source's template from pages that were kept of it: reads each as if nothing were known, and compares what came of them.

No truth is asked for, only what the pages say themselves: what recurs, what links away, and the texts some state for machines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from db.readings import Article, PageToRead, ReadingHints, Template
from pipeline.reading import process_page
from pipeline.steps.decode import decode
from pipeline.steps.extract import MODES, stated_body
from pipeline.steps.structured import gather
from pipeline.steps.template import LEARNING_VERSION, Observation, learn, observe
from pipeline.steps.tree import parse

_LONG_BODY = 500
"""Characters from which on a text stated for machines may be the whole article."""
_AS_LONG = 0.8
"""Share of the reading's length it must have: some papers state the first paragraph only."""
_FEWEST_BODIES = 4
_BETTER = 0.01
"""By how much of F1 another mode must agree better before the usual one is left."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Read:
    page: PageToRead
    hints: ReadingHints
    article: Article
    observation: Observation
    stated: str
    """The text the page states for machines, "" if it states none or only a part."""


def learn_template(pages: Iterable[tuple[PageToRead, ReadingHints]]) -> Template | None:
    """What the articles on these pages of one source have in common; None if they are too few.

    The same text at two addresses counts once. Takes the CPU time of two readings a page, of five where bodies are stated.
    """
    read: dict[str, _Read] = {}
    for page, hints in pages:
        one = _read(page, replace(hints, template=None))
        if one:
            read.setdefault(one.article.text_digest, one)
    return learn([one.observation for one in read.values()], _best_mode([one for one in read.values() if one.stated]))


def _read(page: PageToRead, hints: ReadingHints) -> _Read | None:
    article = process_page(page, hints)
    tree = parse(decode(page.body, page.headers).text) if isinstance(article, Article) else None
    if not isinstance(article, Article) or tree is None:
        return None
    lines = article.text.split("\n\n")
    stated = "\n".join(stated_body(gather(tree)))
    whole = len(stated) >= max(_LONG_BODY, _AS_LONG * len(article.text))
    own = (article.title, article.standfirst or "")
    return _Read(page, hints, article, observe(tree, lines, own), stated if whole else "")


def _best_mode(read: list[_Read]) -> str:
    """The engine mode whose texts agree best with those the pages state; the usual one unless another is clearly better."""
    if len(read) < _FEWEST_BODIES:
        return "default"
    agreement = {mode: sum(_agreement(one, mode) for one in read) / len(read) for mode in MODES}
    best = max(agreement, key=lambda mode: agreement[mode])
    return best if agreement[best] >= agreement["default"] + _BETTER else "default"


def _agreement(one: _Read, mode: str) -> float:
    article = one.article
    if mode != "default":
        again = process_page(one.page, replace(one.hints, template=Template(LEARNING_VERSION, 0, engine=mode)))
        if not isinstance(again, Article):
            return 0.0
        article = again
    mine, theirs = (Counter(_WORD.findall(text.casefold())) for text in (article.text, one.stated))
    return 2 * (mine & theirs).total() / (mine.total() + theirs.total())
