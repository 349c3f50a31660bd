"""The days a page shows or names away from its headline, best first; only where it states none and none stands by the headline.

Which of them a day may be at all, and what outranks them, is `dates`' business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from lxml.html import HtmlElement

from db.vocabulary import Precision
from pipeline.steps.asset_months import asset_months
from pipeline.steps.calendars import names_lunar_day
from pipeline.steps.date_context import DateContext
from pipeline.steps.date_phrases import COARSE, Phrase, find_date, read_month
from pipeline.steps.dateline import is_part_of_sentence, tells_of_another_day
from pipeline.steps.headline import Surroundings
from pipeline.steps.lone_date import first_publication, lone_phrase
from pipeline.steps.opening import opening_dateline
from pipeline.steps.own_link import own_link_phrase
from pipeline.steps.page_date import day_of_month, guess_day, marked_phrase
from pipeline.steps.script_date import attribute_phrase, script_phrase
from pipeline.steps.yearless import yearless_phrase


@dataclass(frozen=True, slots=True)
class InPage:
    """The tree of a page, the lines around its headline, and what its days are read with."""

    tree: HtmlElement
    lines: Surroundings
    here: DateContext

    def first_version(self) -> Phrase | None:
        """The day of a sentence that says when the article was first published: what stands by the headline is then a later one."""
        return first_publication(self.tree, self._read)

    def yearless(self) -> Phrase | None:
        """A day without its year by the headline, where the address or the images know the year."""
        here = self.here
        return yearless_phrase(self.lines.after, here.url, partial(asset_months, self.tree), here.zone, here.language)

    def away(self) -> Iterator[tuple[Phrase, str]]:
        """The days away from the headline, surest first, each with what speaks for it.

        Where the day by the headline is one of the moon, which gives no day here, those that readers are shown elsewhere are others'.
        """
        yield from self._found(
            (self._scripted, "the only day of publication that the page's scripts name"),
            (self._attributed, "the only day of publication that the page's attributes name"),
        )
        if any(names_lunar_day(line.text) for line in (*self.lines.after, *self.lines.before)):
            return
        yield from self._found(
            (self._linked, "a link to the page itself holds the day"),
            (self._marked, "a place the page marks as a date"),
            (self._opening, "a dateline opens the text"),
            (self._lone, "labelled, or the only day that stands by itself"),
            (self._guessed, "found in the cleaned page"),
        )

    def _found(self, *evidence: tuple[Callable[[], Phrase | None], str]) -> Iterator[tuple[Phrase, str]]:
        for look, why in evidence:
            phrase = look()
            if phrase:
                yield phrase, why

    def day_of(self, month: date) -> date | None:
        """The only day of a month that the page writes in a line of its own, or says it was published on."""
        return day_of_month(self.tree, month, month_first=self.here.month_first)

    def agreed(self) -> date | None:
        """The day of the place the page marks as a date, if it is the only one that stands by itself as well."""
        marked, lone = self._marked(), self._lone()
        if not marked or not lone or marked.on != lone.on or marked.relative or marked.precision in COARSE:
            return None
        return marked.on

    def _scripted(self) -> Phrase | None:
        return script_phrase(self.tree, self.here.zone)

    def _attributed(self) -> Phrase | None:
        return attribute_phrase(self.tree, self.here.zone)

    def _guessed(self) -> Phrase | None:
        day = guess_day(self.tree, self.here.url, self.here.fetched_at, month_first=self.here.month_first)
        return Phrase(day, Precision.DAY, None, relative=False, start=0, end=0) if day else None

    def _linked(self) -> Phrase | None:
        return own_link_phrase(self.tree, self.here.url, self._read)

    def _opening(self) -> Phrase | None:
        text = opening_dateline(self.tree)
        return self._read(text) if text else None

    def _marked(self) -> Phrase | None:
        is_prose = partial(is_part_of_sentence, here=self.here)
        return marked_phrase(self.tree, self.lines.element, self._read, is_prose, self.here.fetched_at)

    def _lone(self) -> Phrase | None:
        is_prose = partial(is_part_of_sentence, here=self.here)
        return lone_phrase(self.tree, self.lines.element, self._read, is_prose, self.here.fetched_at)

    def _read(self, text: str) -> Phrase | None:
        here = self.here
        month = read_month(text)
        if month:
            return Phrase(month, Precision.MONTH, None, relative=False, start=0, end=len(text))
        found = find_date(text, zone=here.zone, now=here.fetched_at, month_first=here.month_first, language=here.language)
        return None if found and tells_of_another_day(text, found) else found
