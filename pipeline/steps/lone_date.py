"""A day that no name in the markup points at: labelled in words as that of publication, or the only day that stands by itself.

Pages that show several days that stand by themselves are lists, or hold teasers: none of theirs is believed without a label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from itertools import islice

from lxml.html import HtmlElement

from pipeline.steps.date_phrases import COARSE, Phrase
from pipeline.steps.dateline import about_publication, is_credit, is_other, is_update, lead_of, names_event
from pipeline.steps.headline import enclosing, said_before
from pipeline.steps.lexicon import alternatives, plain, vocabulary
from pipeline.steps.page_date import holders, in_comment, in_frame, is_fetch_day, is_frame, names_own_day
from pipeline.steps.tree import text_of

_TAGS = ("time", "span", "div", "p", "li", "small", "em", "i", "b", "strong", "dd", "h3", "h4", "h5", "h6", "font")
_EMPHATIC = frozenset(("b", "strong", "em", "i", "font", "h3", "h4"))
"""A day in these, by itself, may head a part of the text."""
_SHORTEST, _LONGEST, _LONGEST_ALONE = 6, 120, 60
_MOST_CHILDREN = 12
_MOST_DATES = 200
"""Dates after which a page is taken for a list of something, and looked at no further."""
_NEAR = 20
"""Characters between the opening of such a sentence and its date: a weekday."""
_DATE = 36
"""Characters a day with weekday and time takes: more would be the rest of the sentence."""
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")
_ELSEWHERE = re.compile(r"\W*(?:in|by|at|im|bei|auf|von|dans|sur|par|en|por|su|da|em|no|na|op|door)\s+[^\W\d]")
"""What follows the day of a sentence about another paper's article: "in The Gazette", "by The Gazette"."""
_LONGEST_EVENT = 300
"""Characters of the facts of an event at most."""
_WORDS_AFTER = 4
"""Words after a day that stands by itself: how long the article takes to read, a zone, a number of comments."""


def lone_phrase(
    tree: HtmlElement,
    headline: HtmlElement | None,
    read: Callable[[str], Phrase | None],
    is_prose: Callable[[str], bool],
    fetched_at: datetime | None,
) -> Phrase | None:
    """The first labelled date outside the frame, else the only day that stands by itself there; `read` and `is_prose` as in `page_date`."""
    sentence = _sentence(tree, read)
    if sentence:
        return sentence
    alone: list[Phrase] = []
    framed: list[Phrase] = []
    around = holders(tree, headline)
    for element, phrase, is_framed in islice(_dates(tree, around, read), _MOST_DATES):
        if phrase.relative or phrase.precision in COARSE or is_fetch_day(phrase.on, fetched_at) or is_prose(enclosing(element)):
            continue
        text, said = plain(about_publication(text_of(element))), plain(said_before(element))
        before, after = lead_of(text[: phrase.start]), text[phrase.end :]
        if is_update(said) or is_other(said) or _is_event(element):
            continue
        is_labelled = _label().search(before) or (not _WORD.search(before) and _label().search(said))
        if is_framed:
            framed += [phrase] if (is_labelled or names_own_day(element, around)) and not in_comment(element) else []
            continue
        if is_labelled:
            return phrase
        bare = len(text) <= _LONGEST_ALONE and len(_WORD.findall(after)) <= _WORDS_AFTER and (not _WORD.search(before) or is_credit(before))
        if bare and element.tag not in _EMPHATIC:
            alone.append(phrase)
    for element, phrase in _labelled_lines(tree, read):
        if not in_frame(element, around):
            return phrase
        framed.append(phrase)
    return next((days[0] for days in (alone, framed) if len({phrase.on for phrase in days}) == 1), None)


def _labelled_lines(tree: HtmlElement, read: Callable[[str], Phrase | None]) -> Iterator[tuple[HtmlElement, Phrase]]:
    """Every labelled day in a line that only breaks part from the others of its element, comments aside."""
    for element, text in _broken_lines(tree):
        line = plain(text)
        said = _label().search(line[: _first_digit(line)])
        phrase = read(line) if said else None
        if not phrase or phrase.relative or phrase.precision in COARSE or not _label().search(line[: phrase.start]):
            continue
        if not in_comment(element) and not _is_event(element):
            yield element, phrase


def _broken_lines(tree: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    """The short texts with a figure that stand before and after breaks, each with its element."""
    for broken in tree.iter("br"):
        element = broken.getparent()
        for text in (element.text if broken.getprevious() is None else None, broken.tail):
            if text and _SHORTEST <= len(text.strip()) <= _LONGEST and _DIGIT.search(text):
                yield element, text


def _first_digit(line: str) -> int:
    found = _DIGIT.search(line)
    return found.start() if found else len(line)


def first_publication(tree: HtmlElement, read: Callable[[str], Phrase | None]) -> Phrase | None:
    """The day of a sentence that says when the article was first published, unless it says where else that was."""
    for opening, said in _openings(tree, _original_opening()):
        rest = opening[said.end() :]
        phrase = read(rest[:_DATE])
        if not phrase or phrase.start > _NEAR or phrase.relative or phrase.precision in COARSE:
            continue
        if not _ELSEWHERE.match(rest, phrase.end):
            return phrase
    return None


def _sentence(tree: HtmlElement, read: Callable[[str], Phrase | None]) -> Phrase | None:
    """The date of a sentence that says when the article was published, which blogs put below it."""
    for opening, said in _openings(tree, _sentence_opening()):
        phrase = read(opening[said.end() :][:_DATE])
        if phrase and phrase.start <= _NEAR and phrase.precision not in COARSE:
            return phrase
    return None


def _openings(tree: HtmlElement, wanted: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """The folded openings of elements that begin with one of the wanted phrases and hold a figure."""
    for element in tree.iter("p", "div", "small", "span", "li", "em", "i"):
        first = (element.text or "").strip()
        if not wanted.match(plain(first[:_LONGEST])) if first else not len(element) or element[0].tag not in _EMPHATIC:
            continue
        opening = _opening(element)
        if not _DIGIT.search(opening):
            continue
        opening = plain(opening)
        said = wanted.match(opening)
        if said:
            yield opening, said


def _dates(
    tree: HtmlElement, around: frozenset[HtmlElement], read: Callable[[str], Phrase | None]
) -> Iterator[tuple[HtmlElement, Phrase, bool]]:
    """Every short element with a day, and whether it stands in the frame."""
    for element in tree.iter(*_TAGS):
        if len(element) > _MOST_CHILDREN or _is_wrapping(element):
            continue
        opening = _opening(element)
        if not _SHORTEST <= len(opening) <= _LONGEST or not _DIGIT.search(opening):
            continue
        phrase = read(about_publication(text_of(element)))
        if not phrase or any(one.tag in {"a", "table"} for one in element.iterancestors()):
            continue
        if not any(is_frame(one, around) for one in element.iterdescendants()):
            yield element, phrase, in_frame(element, around)


def _is_event(element: HtmlElement) -> bool:
    """Whether the place of something, or its hour, is told in the lines beside a day: then it is the day of that."""
    parent = element.getparent()
    return any(
        len(text) <= _LONGEST_EVENT and names_event(text)
        for text in (text_of(one) for one in (element, parent) if one is not None and one.tag != "body")
    )


def _is_wrapping(element: HtmlElement) -> bool:
    """Whether an element holds nothing but another one that is looked at by itself."""
    return len(element) == 1 and element[0].tag in _TAGS and not ((element.text or "") + (element[0].tail or "")).strip()


def _opening(element: HtmlElement) -> str:
    """The first words of an element; more than `_LONGEST` characters if it holds more, but not all of a page."""
    pieces: list[str] = []
    length = 0
    for piece in element.itertext():
        pieces.append(piece)
        length += len(piece.strip())
        if length > _LONGEST:
            break
    return " ".join(" ".join(pieces).split())


@cache
def _sentence_opening() -> re.Pattern[str]:
    return re.compile(rf"\W*{alternatives(plain(words) for words in vocabulary('dates')['labels']['sentences'])}(?!\w)")


@cache
def _original_opening() -> re.Pattern[str]:
    return re.compile(rf"\W*{alternatives(plain(words) for words in vocabulary('dates')['labels']['originals'])}(?!\w)")


@cache
def _label() -> re.Pattern[str]:
    """A label that ends what stands before a day, a word like "on" between them at most."""
    labels = vocabulary("dates")["labels"]
    named = alternatives(plain(word) for key in ("published", "dates") for word in labels[key])
    return re.compile(rf"(?:^|[^\w\s]\s*){named}\W*(?:(?:on|at|the|le|la|el|am|il|em|op|den|du|del)\W*)?$")
