"""Which lines of an extracted text are not the article: one rule a kind, and the one place where such a line goes instead, or nowhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise

from pipeline.steps.bylines import in_line
from pipeline.steps.clutter import ends_text
from pipeline.steps.credits import is_credit
from pipeline.steps.date_phrases import find_date
from pipeline.steps.foot import without_foot
from pipeline.steps.headline import likeness
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import alternatives, pattern, plain, vocabulary, words
from pipeline.steps.players import is_player

_SLUG = re.compile(r"[\w.]+(?:[-_][\w.]+){3,}(?:\.\w{3,4})?")
_DEBRIS = re.compile(
    r"^\s*(?:[{\[]\s*[\"']|[\"']?@(?:type|context)|window\.|document\.|var\s+\w+\s*=|function\s*\(|\(function|googletag\b|adsbygoogle|jQuery[.(]|\$\(|</?(?:script|style|div|iframe|span|img|a)\b|#\w+\s*\{|\.\w[\w-]*\s*\{|\}\s*;?\s*$)"
)
_DEBRIS_WITHIN = re.compile(r"\{\"@|\"@type\"|adsbygoogle|googletag\.cmd|function(?<!\wfunction)\s*\(\w*\)\s*\{")
"""Every branch begins with a letter of its own, by which whole lines are passed over."""
_TEASER_END = re.compile(r"(?:\[…\]|\[\.\.\.\]|\[&hellip;\]|\[…|…\s*\]|\(…\)|\(\.\.\.\))\s*$")
_SENTENCE_END = re.compile(r"[.!?؟…»”\"]\s*$")
_UNPARTED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]$")
"""Words of scripts that leave no blank between them."""
_LEAD = 6
_SMALL = 2
"""Words written small that a line of the day may hold beside a phrase that counts back: labels and what joins names."""
_PROSE = 120
"""Characters from which on a line above is the text, and a name below it a speaker's."""
_OFTEN = 3
"""Times from which on a line that comes again, with others in between, is a notice."""
_AGAIN = 0.2
"""Share of a text in long lines that come again from which on all of it does."""
_SHORTEST_TEASER = 20
_NOTICE = 60
"""Characters from which on this is looked at: names, answers and the labels of lists may well come again."""
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""Relative phrases are only recognised here, not resolved."""
_CALLED, _PREPOSITION = 8, 3
"""Words in which a call to follow names the place, and letters that a preposition has at most."""
_COPYRIGHT = re.compile(r"(?:copyright|©|\(c\))\s*(?:©\s*)?(?:19|20)\d\d\b", re.IGNORECASE)
_CRUMBS = re.compile(r"(?:accueil|acceuil|home|inicio|portada|الرئيسية)\b\s*([›»>/|\-–:]?)\s*(\S*)", re.IGNORECASE)


@dataclass(slots=True)
class Kept:
    """What remained, and what lines gave to other fields."""

    lines: list[str]
    tags: list[str] = field(default_factory=list)
    contributors: list[str] = field(default_factory=list)
    agency: str | None = None
    signed: tuple[str, ...] = ()
    """People who sign below the text."""
    dropped: int = 0


def drop_clutter(
    lines: Iterable[str],
    titles: tuple[str, ...],
    captions: frozenset[str],
    journal: Journal,
    *,
    authors: tuple[str, ...] = (),
    section: str | None = None,
    recurring: frozenset[str] = frozenset(),
) -> Kept:
    """Take the lines that are not the article out of its text.

    `captions` are folded lines known to belong to images, `recurring` such that stand in other articles of the source too.
    """
    kept = Kept([])
    signatures = frozenset(map(plain, (*authors, ", ".join(authors))))
    known = dict.fromkeys(signatures, "byline") | ({plain(section): "section"} if section else {})
    foot = without_foot(_without_lead(list(lines), titles, known, journal), signatures, journal)
    waiting, kept.agency, kept.signed = foot.lines, foot.agency, foot.signed
    half, so_far = 0.5 * sum(map(len, waiting)), 0
    folded_titles = {plain(title) for title in titles if title}
    refrains, rendered_again = _refrains(waiting), _rendered_again(waiting)
    for position, line in enumerate(waiting):
        folded = plain(line)
        after_half = so_far >= half
        if ends_text(line) and after_half and _tail_is_clutter(waiting[position + 1 :]):
            journal.note("extract", "cut", line, "heading of a clutter block: the text ends here")
            kept.dropped += len(waiting) - position
            break
        if _moves(line, folded, kept, journal):
            continue
        why = "stands in other articles of the source too" if folded in recurring else _reason(line, folded, captions)
        if why is None and folded in folded_titles and after_half:
            why = "the title once more"
        if why is None and position in rendered_again:
            why = "the page shows its text more than once"
        if why is None and line in refrains:
            why = "a notice that stands in the text again and again"
        if why is None and _is_doubled(waiting, position):
            why = "a doubled teaser title"
        if why:
            journal.note("extract", "dropped", line, why)
            kept.dropped += 1
        else:
            kept.lines.append(line)
            so_far += len(line)
    return kept


def _without_lead(lines: list[str], titles: tuple[str, ...], known: dict[str, str], journal: Journal) -> list[str]:
    """Drop what stands above the article: title, breadcrumbs, the line of day and byline; `known` are folded lines and what they are."""
    kept: list[str] = []
    for position, line in enumerate(lines[:_LEAD]):
        named = known.get(plain(line)) if max(map(len, kept), default=0) <= _PROSE else None
        why = named or _lead_reason(line, titles, first=position < 2)
        if why:
            journal.note("extract", "dropped", line, why)
            continue
        kept.append(line)
        if len(line) > 200:
            return kept + lines[position + 1 :]
    return kept + lines[_LEAD:]


def _lead_reason(line: str, titles: tuple[str, ...], *, first: bool) -> str | None:
    if any(_repeats(line, title, first=first) for title in titles if title):
        return "repeats the title"
    if len(line) > 120:
        return None
    if _is_breadcrumb(line, titles):
        return "breadcrumb"
    if _is_day_line(line):
        return "line of the day"
    if in_line(line) and len(line) < 80 and not line.endswith("."):
        return "byline"
    return None


def _is_breadcrumb(line: str, titles: tuple[str, ...]) -> bool:
    """Whether a line leads from the front page to the article: with marks between its steps, in capitals, or up to the title itself."""
    crumbs = _CRUMBS.match(line)
    if crumbs is None or len(line.split()) < 2 or _SENTENCE_END.search(line):
        return False
    return bool(crumbs[1]) or crumbs[2].isupper() or any(plain(line).endswith(plain(title)) for title in titles if title)


def _is_day_line(line: str) -> bool:
    """Whether a line gives the day: few words, and no sentence around a phrase that counts back ("Il y a 20 ans naissait la foire")."""
    phrase = find_date(line, zone=UTC, now=_ANY_DAY) if len(line.split()) <= 14 and not line.endswith(".") else None
    if phrase is None or not phrase.relative:
        return phrase is not None
    small = {plain(word) for word in line.split() if word[:1].islower()}
    folded = plain(line)
    return sum(word in small for word in f"{folded[: phrase.start]} {folded[phrase.end :]}".split()) <= _SMALL


def _repeats(line: str, title: str, *, first: bool) -> bool:
    if plain(line) == plain(title):
        return len(line) < 300
    return first and len(title) < 250 and 0.6 * len(title) < len(line) < 1.3 * len(title) + 10 and likeness(line, title) >= 0.95


def _moves(line: str, folded: str, kept: Kept, journal: Journal) -> bool:
    """Lines that belong to another field: tags and contributors."""
    match = _tag_line().match(folded) if len(line) < 600 else None
    if match:
        value = line[line.index(":") + 1 :] if ":" in line else ""
        found = [tag.strip(" .#") for tag in re.split(r"\s+[-–|•·]\s+|\s*[,،;]\s*|\s+(?=#)", value) if tag.strip(" .#")]
        if found and all(len(tag) <= 60 for tag in found):
            kept.tags.extend(found)
            journal.note("metadata", "tags", ", ".join(found), "line of tags in the text")
            return True
    match = _contributor_line().match(folded) if len(line) < 160 else None
    if match and ":" in line:
        kept.contributors.append(line.partition(":")[2].strip(" ."))
        journal.note("metadata", "contributors", line, "line of a contributor in the text")
        return True
    return False


def _reason(line: str, folded: str, captions: frozenset[str]) -> str | None:
    if folded in captions:
        return "caption of an image"
    return next((why for why, longest, holds in _RULES if len(line) <= longest and holds(line, folded)), None)


def _has_no_words(_line: str, folded: str) -> bool:
    return not any(character.isalnum() for character in folded)


def _is_control(_line: str, folded: str) -> bool:
    return folded.strip(" :.»›>-–|•·*←→") in _whole_lines()


def _is_pointer(_line: str, folded: str) -> bool:
    return _pointer().match(folded) is not None


def _is_request(_line: str, folded: str) -> bool:
    if _line_start().match(folded) or _invitation().match(folded):
        return True
    return _maybe_start().match(folded) is not None and _request_word().search(folded) is not None


def _is_copyright(line: str, _folded: str) -> bool:
    return _COPYRIGHT.match(line) is not None


def _is_file_name(line: str, _folded: str) -> bool:
    return len(line) > 24 and _SLUG.fullmatch(line.strip()) is not None


def _is_icon(_line: str, folded: str) -> bool:
    return _icon().match(folded) is not None


def _is_debris(line: str, _folded: str) -> bool:
    start = line[:400]
    return _DEBRIS.match(start) is not None or _DEBRIS_WITHIN.search(start) is not None


def _is_teaser(line: str, _folded: str) -> bool:
    return _TEASER_END.search(line) is not None


def _is_follow(_line: str, folded: str) -> bool:
    tokens = folded.lstrip("*•·>-–— ").split()
    if len(tokens) > 2 and tokens[0].strip(":،,") in _follow_calls():
        opening = " ".join(tokens[:_CALLED])
        return any(place in opening for place in words("clutter", "follow_places"))
    return (
        2 <= len(tokens) <= 14
        and any(place in folded for place in words("clutter", "follow_places"))
        and tokens[-1][-1:] not in ".?!"
        and not _follow_words().isdisjoint(token.strip(":،,") for token in tokens)
    )


def _is_doubled(lines: list[str], position: int) -> bool:
    """A line given twice in a row, and no sentence: the title and the image text of a teaser. Shorter ones are cells of a table."""
    line = lines[position]
    beside = (lines[position - 1] if position else "", lines[position + 1] if position + 1 < len(lines) else "")
    return _SHORTEST_TEASER <= len(line) < 200 and line in beside and not _SENTENCE_END.search(line)


def _refrains(lines: list[str]) -> frozenset[str]:
    """Lines that stand here and there in the text, word for word, and speak of the page: what takes the place of embeds not shown."""
    seen = Counter(line for line in lines if len(line) >= _NOTICE and _notice_word().search(plain(line)))
    often = {line: times for line, times in seen.items() if times >= _OFTEN}
    apart = {line for line in often if not any(line == one == other for one, other in pairwise(lines))}
    share = sum(len(line) * often[line] for line in apart)
    return frozenset(apart) if 2 * share < sum(map(len, lines)) else frozenset()


@cache
def _notice_word() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){pattern('clutter', 'notice_starts')}")


def _rendered_again(lines: list[str]) -> frozenset[int]:
    """The positions of lines that come again because the page holds its text once more, for screens of another size."""
    seen: set[str] = set()
    again = []
    for position, line in enumerate(lines):
        if line in seen:
            again.append(position)
        seen.add(line)
    long = [lines[position] for position in again if len(lines[position]) >= _NOTICE]
    whole = sum(map(len, lines))
    return frozenset(again) if len(set(long)) >= _OFTEN and sum(map(len, long)) >= _AGAIN * whole else frozenset()


def _tail_is_clutter(tail: list[str]) -> bool:
    """Whether what follows a heading is short lines and teasers rather than half an article."""
    prose = [line for line in tail if len(line) >= 250 and not _TEASER_END.search(line)]
    return len(prose) <= max(1, len(tail) // 3)


_RULES: tuple[tuple[str, int, Callable[[str, str], bool]], ...] = (
    ("no words", 10_000, _has_no_words),
    ("a control of the page", 80, _is_control),
    ("a player, or how long reading takes", 80, is_player),
    ("points to another article", 260, _is_pointer),
    ("asks to follow, subscribe or comment", 220, _is_request),
    ("copyright notice", 200, _is_copyright),
    ("follow line", 200, _is_follow),
    ("file name of an image", 300, _is_file_name),
    ("caption and credit of an image", 600, _is_icon),
    ("credit of an image", 200, is_credit),
    ("script or data, not text", 1_000_000, _is_debris),
    ("teaser of another article", 500, _is_teaser),
)
"""What a line is instead of text, up to which length (characters), and how it is told from the line and its folded form."""


@cache
def _whole_lines() -> frozenset[str]:
    return frozenset(words("clutter", "whole_lines"))


@cache
def _follow_words() -> frozenset[str]:
    return frozenset(words("clutter", "follow_words"))


@cache
def _follow_calls() -> frozenset[str]:
    """Those of the follow words that are no prepositions: a line that opens with one is a call."""
    return frozenset(word for word in _follow_words() if len(word) > _PREPOSITION)


@cache
def _pointer() -> re.Pattern[str]:
    return re.compile(rf"[\W_]*{pattern('clutter', 'pointers')}(?:\s*[:>»›|←→…]|\s+[–\-]|\s*$)")


@cache
def _line_start() -> re.Pattern[str]:
    entries = words("clutter", "line_starts")
    parted = alternatives(entry for entry in entries if not _UNPARTED.search(entry))
    unparted = alternatives(entry for entry in entries if _UNPARTED.search(entry))
    return re.compile(rf"[\W_]*(?:{parted}(?!\w)|{unparted})")


@cache
def _maybe_start() -> re.Pattern[str]:
    return re.compile(rf"[\W_]*{pattern('clutter', 'maybe_starts')}(?!\w)")


@cache
def _request_word() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){pattern('clutter', 'request_words', 'follow_places')}(?!\w)")


@cache
def _invitation() -> re.Pattern[str]:
    """What opens an invitation to subscribe where the text stops."""
    return re.compile(rf"[\W_]*{pattern('judge', 'paywall')}(?!\w)")


@cache
def _icon() -> re.Pattern[str]:
    return re.compile(rf"{alternatives(word for word in words('clutter', 'icons') if '_' in word)}\b|{pattern('clutter', 'icons')}$")


@cache
def _tag_line() -> re.Pattern[str]:
    return re.compile(rf"{pattern('clutter', 'tag_lines')}\s*:")


@cache
def _contributor_line() -> re.Pattern[str]:
    return re.compile(alternatives(plain(word) for word in vocabulary("bylines")["contributors"]) + r"\b")
