"""Whether a line that holds a date is a dateline, or a sentence or a label that tells of another day."""

from __future__ import annotations

import re
from functools import cache

from pipeline.steps.date_context import DateContext
from pipeline.steps.date_phrases import Phrase, find_date
from pipeline.steps.lexicon import alternatives, plain, vocabulary

_WORD = re.compile(r"[^\W\d_]+")
_FULL_STOP = re.compile(r"[.!?…؟۔][\"'»”’)\]]*\s*$")
_NOON = re.compile(r"\b[ap]\.?\s?m\.\s*$", re.IGNORECASE)
_PARTED = re.compile(r"\s[|·•]\s")
"""What parts a day from sections, tags and bylines in the same line."""
_MOST_BEFORE, _MOST_AFTER = 9, 12
_LABEL = 5
"""Characters before a word of a change that hold no day."""
_LONGEST_NAME = 3
"""Words of a name."""
_ON = re.compile(r"\W+(?:on|am|le|el|il|em|op|at|,)\W*$")
_BESIDE = 40
"""Characters between a day and the word that says what happened on it."""
_ENDED, _ENDED_LABELLED = 3, 5
_OPEN, _OPEN_LABELLED = 4, 9


def tells_of_another_day(line: str, phrase: Phrase) -> bool:
    """Whether `line`, in which `phrase` was found, labels the day as something else's, or is prose.

    Prose has more words around the date than sections, bylines and labels have: a line that ends in a full stop needs few of them,
    one without needs some that are written small.
    """
    folded = plain(line)
    before, after = folded[: phrase.start], folded[phrase.end :]
    if _other_label().search(before) or is_update(before):
        return True
    before, after = _PARTED.split(before)[-1], _PARTED.split(after)[0]
    if len(before.split()) > _MOST_BEFORE or len(after.split()) > _MOST_AFTER:
        return True
    labelled = _opens_as_dateline(line, before)
    left = _WORD.findall(_furniture().sub(" ", f"{before} | {after}"))
    if _FULL_STOP.search(line) and not _NOON.search(line):
        return len(left) >= (_ENDED_LABELLED if labelled else _ENDED)
    small = {plain(word) for word in _WORD.findall(line) if word[0].islower()}
    return sum(word in small for word in left) >= (_OPEN_LABELLED if labelled else _OPEN)


def about_publication(line: str) -> str:
    """The part of a line that may hold the day of publication: before the word of a change, or from a later one of publication on."""
    folded = plain(line)
    update = labels()["updated"].search(folded)
    if update is None:
        return line
    if update.start() > _LABEL:
        return folded[: update.start()]
    again = labels()["published"].search(folded, update.end())
    return folded[again.start() :] if again else ""


def lead_of(before: str) -> str:
    """What stands before a day, folded, without its weekday and article: "نشر في: الاثنين", "Le"."""
    return _weekday().sub("", before)


def says_published(text: str, phrase: Phrase) -> bool:
    """Whether a sentence says of the day in it that something was published on it: "… wurde am 3. Mai 2010 um 23:03 Uhr gepostet"."""
    folded = plain(text)
    return _published_word().search(folded, max(0, phrase.start - _BESIDE), phrase.end + _BESIDE) is not None


def names_event(text: str) -> bool:
    """Whether a text labels the place or the hour of something: the day beside it is that of an event."""
    return _event_label().search(plain(text)) is not None


def is_update(before: str) -> bool:
    """Whether the words right before a day say that it is that of a change."""
    return _update_label().search(plain(before)) is not None


def is_other(before: str) -> bool:
    """Whether the words right before a day say that it is that of something else than the article: a birth, a release, a membership."""
    return bool(before) and _ends_in_other_label().search(plain(before)) is not None


def is_credit(before: str) -> bool:
    """Whether the words before a day are nothing but a byline: "von Ada Quay am", "by Ada Quay on"."""
    byline = _byline().match(before)
    return byline is not None and len(_WORD.findall(_ON.sub("", before[byline.end() :]))) in range(1, _LONGEST_NAME + 1)


def is_part_of_sentence(whole: str, here: DateContext) -> bool:
    """Whether the first day in a paragraph stands in a sentence that tells of another day."""
    phrase = find_date(whole, zone=here.zone, now=here.fetched_at, language=here.language) if whole else None
    return phrase is not None and tells_of_another_day(whole[:400], phrase)


def _opens_as_dateline(line: str, before: str) -> bool:
    """Whether a label ("Published on") or a byline stands before the date, at most one word into the line."""
    label = _label().search(before)
    if label and len(before[: label.start()].split()) <= 1:
        return True
    byline = _byline().match(line)
    return byline is not None and len(before) > byline.end() and not (line[byline.end()].islower() or line[byline.end()].isdigit())


@cache
def labels() -> dict[str, re.Pattern[str]]:
    """A pattern for each list of labels in the vocabulary of dates, for folded text."""
    listed = vocabulary("dates")["labels"]
    return {key: re.compile(rf"(?<!\w){alternatives(plain(word) for word in listed[key])}(?!\w)") for key in listed}


@cache
def _label() -> re.Pattern[str]:
    listed = vocabulary("dates")["labels"]
    return re.compile(rf"(?<!\w){alternatives(plain(word) for key in ('published', 'updated') for word in listed[key])}(?!\w)")


@cache
def _weekday() -> re.Pattern[str]:
    listed = vocabulary("dates")["labels"]
    words = alternatives(plain(word) for key in ("weekdays", "short_weekdays") for word in listed[key])
    return re.compile(rf"(?<!\w)(?:(?:{words}|le|el|den|d|ngay)\W*)+$")


@cache
def _published_word() -> re.Pattern[str]:
    listed = vocabulary("dates")["labels"]
    return re.compile(rf"(?<!\w){alternatives(plain(word) for key in ('published', 'posted') for word in listed[key])}(?!\w)")


@cache
def _event_label() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){alternatives(plain(word) for word in vocabulary('dates')['labels']['events'])}\s*[:：]")


@cache
def _update_label() -> re.Pattern[str]:
    updated = alternatives(plain(word) for word in vocabulary("dates")["labels"]["updated"])
    return re.compile(rf"(?<!\w){updated}\W*(?:(?:on|at|the|le|la|el|am|il|em|op)\W*)?$")


@cache
def _other_label() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){alternatives(plain(word) for word in vocabulary('dates')['labels']['others'])}(?!\w)")


@cache
def _ends_in_other_label() -> re.Pattern[str]:
    return re.compile(rf"{_other_label().pattern}\W*$")


@cache
def _byline() -> re.Pattern[str]:
    return re.compile(
        r"\W*(?:(?:written|posted|ecrit|écrit|rédigé|publié|escrito)\s+)?(?:by|par|por|بقلم|كتب|von|di|door)\b\s*:?\s*(?=\S)", re.IGNORECASE
    )


@cache
def _furniture() -> re.Pattern[str]:
    """Words of dates themselves: labels, weekdays, months."""
    words = vocabulary("dates")
    months = [name for names in words["months"].values() for entry in names for name in entry.split("|") if name]
    listed = [*words["labels"]["published"], *words["labels"]["updated"], *words["labels"]["weekdays"], *months]
    return re.compile(rf"(?<!\w){alternatives(plain(word) for word in listed)}(?!\w)")
