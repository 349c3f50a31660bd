"""Makes an article of a topic: chooses among the alternatives and fills towns, names and numbers, always the same way for the same seed.

Slots: `{t}` `{t2}` `{t3}` towns, `{w1}` `{w2}` women, `{m1}` `{m2}` men,
`{day}` `{month}` `{year}` `{lastyear}`, `{money}`, `{3-9}` a number,
`{a=3-9}` a number that `{a}` repeats, `{x|y}` alternatives.
"""

from __future__ import annotations

import random
import re
from datetime import datetime

from crawlers.demo import bank, wording
from crawlers.demo.articles import Block, Text

_SLOT = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(?:([a-z])=)?(\d+)-(\d+)")
_ATTEMPTS = 400


class Composer:
    """Composes the articles of one newspaper in one language; no headline and no paragraph is used twice."""

    def __init__(self, seed: str, language: str, region: str) -> None:
        self._seed = seed
        self._language = language
        self._region = bank.region(region, language)
        usable = [topic for topic in bank.topics(language) if topic.places in {"", self._region.places}]
        self._topics = {topic.name: topic for topic in usable}
        self._used: set[str] = set()
        self._told: dict[str, int] = {}

    def compose(self, number: int, published: datetime, *, topic: str | None = None, story: int | None = None) -> Text:
        """Return a story for a local publication time. Equal `story` numbers share towns, people and figures across languages.

        KeyError if the topic is not written in this language or does not fit the region; ValueError when the bank is exhausted.
        """
        chosen = self._topics[topic] if topic else self._next_topic(number)
        for attempt in range(_ATTEMPTS):
            key = f"{story if story is not None else number}" if attempt == 0 else f"{number}:{attempt}"
            made = _Filling(self._region, self._language, published, f"{self._seed}:{chosen.name}:{key}").story(chosen)
            wanted = {made.title, *(block.text for block in made.blocks if not block.heading)}
            if made.standfirst:
                wanted.add(made.standfirst)
            if not wanted & self._used:
                self._used |= wanted
                return made
        raise ValueError(f"the topic {chosen.name!r} has nothing new left to say in {self._language}")

    def knows(self, topic: str) -> bool:
        """Tell whether a topic is written in this language and fits the region."""
        return topic in self._topics

    def _next_topic(self, number: int) -> bank.Topic:
        fewest = min(self._told.get(name, 0) for name in self._topics)
        open_names = [name for name in self._topics if self._told.get(name, 0) == fewest]
        name = random.Random(f"{self._seed}:topic:{number}").choice(open_names)  # noqa: S311 - repeatable, not secret
        self._told[name] = fewest + 1
        return self._topics[name]


class _Filling:
    """The values one story's slots take."""

    def __init__(self, region: bank.Region, language: str, published: datetime, seed: str) -> None:
        self._seed = seed
        self._language = language
        self._asked = 0
        chance = self._chance("people")
        self._values = dict(zip(("t", "t2", "t3"), (region.towns[i] for i in chance.sample(range(len(region.towns)), 3)), strict=True))
        surnames = chance.sample(region.surnames, 4)
        women, men = chance.sample(region.women, 2), chance.sample(region.men, 2)
        people = zip(("w1", "w2", "m1", "m2"), [*women, *men], surnames, strict=True)
        self._values |= {slot: f"{first} {last}" for slot, first, last in people}
        self._values |= {
            "money": region.money,
            "day": wording.weekday(published, language),
            "month": wording.month(published, language),
            "year": str(published.year),
            "lastyear": str(published.year - 1),
        }

    def story(self, topic: bank.Topic) -> Text:
        title = self._one(topic.titles, "title")
        standfirst = self._one(topic.standfirsts, "standfirst") if topic.standfirsts else None
        blocks = [Block(self._one(place.variants, f"block{i}"), place.heading) for i, place in enumerate(topic.positions)]
        return Text(title, standfirst, tuple(blocks), topic.name, topic.section, (*topic.tags, self._values["t"]))

    def _one(self, variants: tuple[str, ...], place: str) -> str:
        text = self._chance(place).choice(variants)
        while found := _SLOT.search(text):
            text = text[: found.start()] + self._value(found.group(1)) + text[found.end() :]
        return text[0].upper() + text[1:]

    def _value(self, slot: str) -> str:
        if slot in self._values:
            return self._values[slot]
        self._asked += 1
        if "|" in slot:
            return self._chance(f"choice{self._asked}").choice(slot.split("|"))
        found = _RANGE.fullmatch(slot)
        if found is None:
            raise ValueError(f"a story uses {{{slot}}} before giving it a value")
        name = found.group(1) or f"#{self._asked}"
        picked = self._chance(f"number{name}").randint(int(found.group(2)), int(found.group(3)))
        self._values[name] = wording.number(picked, self._language)
        return self._values[name]

    def _chance(self, purpose: str) -> random.Random:
        return random.Random(f"{self._seed}:{purpose}")  # noqa: S311 - repeatable, not secret
