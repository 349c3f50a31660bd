"""What stands below an article's last paragraph and is no text: who signed it, where it comes from, the day; names go into the record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from pipeline.steps import bylines
from pipeline.steps.date_phrases import find_date
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import pattern, plain, vocabulary, words

_MOST = 4
"""Lines that are looked at, from the last one up."""
_LONGEST = 100
_LONGEST_AGENCY = 60
_LONGEST_BYLINE = 80
_EDGES = " \t–—-*•|/._:"
_SEPARATORS = re.compile(r"\s*[|•·–—:+]\s*|\s+-\s+")
_INITIALS = re.compile(r"[a-zäöüß]{2,4}")
"""How papers of German speech sign: "(dmk)", "(dpa/fre)"."""
_SENTENCE_END = re.compile(r"[.!?؟…»”]\s*$")
_WORD = re.compile(r"[^\W\d_]+")
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Foot:
    """The lines without those below the text, and whom these name: an agency, people."""

    lines: list[str]
    agency: str | None = None
    signed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    why: str
    agency: str | None = None
    signed: tuple[str, ...] = ()


def without_foot(lines: Sequence[str], signatures: frozenset[str], journal: Journal) -> Foot:
    """Drop what stands below the text. `signatures` are the folded names of the article's authors."""
    kept, agency, signed = list(lines), None, tuple[str, ...]()
    while kept and len(lines) - len(kept) < _MOST:
        said = _said(kept[-1], signatures)
        if said is None:
            break
        journal.note("extract", "dropped", kept.pop(), said.why)
        agency, signed = agency or said.agency, signed or said.signed
    return Foot(kept, agency, signed)


def _said(line: str, signatures: frozenset[str]) -> _Said | None:
    if len(line) > _LONGEST:
        return None
    if plain(line) in signatures:
        return _Said("signature")
    return _origin(line) or _signature(line, signatures) or _byline(line) or _day(line)


def _origin(line: str) -> _Said | None:
    """A line that opens with words for where an article comes from: "With files from Reuters", "Mit Agenturmaterial."."""
    bare = _bare(line)
    match = _origins().match(plain(bare))
    if match is None:
        return None
    rest = plain(bare)[match.end() :]
    if rest and _SENTENCE_END.search(line):
        return None
    agencies = filter(None, map(bylines.agency_named, bylines.split(" ".join(bare.split()[len(match[0].split()) :]))))
    return _Said("says where the article comes from", next(agencies, None))


def _signature(line: str, signatures: frozenset[str]) -> _Said | None:
    """A line of nothing but agencies and desks, beside authors or initials; initials alone stand in brackets."""
    if len(line) > _LONGEST_AGENCY:
        return None
    bare = _bare(line)
    alone = bylines.agency_named(bare)
    if alone:
        return _Said("says where the article comes from", alone)
    if line.strip() == f"({bare})" and _INITIALS.fullmatch(bare):
        return _Said("initials")
    parts = bylines.split(_SEPARATORS.sub(" / ", _without_joiner(bylines.strip_prefix(bare))))
    agencies = [bylines.agency_named(part) for part in parts]
    if not any(agencies) and not any(map(bylines.is_desk, parts)):
        return None
    known = (agency or bylines.is_desk(part) or plain(part) in signatures or _INITIALS.fullmatch(part)
             for part, agency in zip(parts, agencies, strict=True))  # fmt: skip
    return _Said("says where the article comes from", next(filter(None, agencies), None)) if all(known) else None


def _bare(line: str) -> str:
    """A line without dashes at its ends and the brackets around the whole of it."""
    bare = line.strip(_EDGES)
    return bare[1:-1].strip(_EDGES) if bare[:1] in {"(", "["} and bare[-1:] in {")", "]"} else bare


def _without_joiner(text: str) -> str:
    """The text without a small first word: "Avec AFP"."""
    first, _, rest = text.partition(" ")
    return rest.strip(_EDGES) if rest and plain(first) in _small_words() else text


def _byline(line: str) -> _Said | None:
    names = bylines.in_line(line) if len(line) < _LONGEST_BYLINE and not line.endswith(".") else None
    people = bylines.take_apart([names], ()).authors if names else ()
    return _Said("byline", signed=people) if people and _is_whole(people[0]) else None


def _is_whole(name: str) -> bool:
    """Whether a name has a first and a last part, in a script with capitals or without."""
    return bylines.is_full_name(name) or (name.upper() == name.lower() and 2 <= len(name.split()) <= 4)


def _day(line: str) -> _Said | None:
    """A day with nothing beside it but its label: "Publié le 12 mars 2024"."""
    phrase = find_date(line, zone=UTC, now=_ANY_DAY)
    if phrase is None or phrase.relative:
        return None
    folded = plain(line)
    beside = _WORD.findall(f"{folded[: phrase.start]} {folded[phrase.end :]}")
    return _Said("line of the day") if _day_words().issuperset(beside) else None


@cache
def _small_words() -> frozenset[str]:
    return frozenset((*words("bylines", "joiners"), *words("bylines", "openers")))


@cache
def _origins() -> re.Pattern[str]:
    return re.compile(rf"{pattern('bylines', 'origins')}(?!\w)")


@cache
def _day_words() -> frozenset[str]:
    said = vocabulary("dates")["labels"]
    entries = (*said["published"], *said["updated"], *said["weekdays"], "posted", "last", "am", "pm", "h", "uhr")
    return frozenset(word for entry in entries for word in _WORD.findall(plain(entry)))
