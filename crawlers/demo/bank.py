"""The text bank: hand-written topics a language, and the towns and invented names of each region, read from the files in `texts/`.

A topic file is plain text. `# name / section / tag, tag / places` starts a topic; `!` lines are headlines, `>` standfirsts,
`-` paragraphs and `+` sub-headings. Lines that follow each other are alternatives for one position; an empty line starts the next position.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Position:
    """One place in a story: the alternatives written for it, and whether it is a sub-heading."""

    heading: bool
    variants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """What can be told about one subject. `places` names the kind of region it fits, empty if any."""

    name: str
    section: str
    tags: tuple[str, ...]
    places: str
    titles: tuple[str, ...]
    standfirsts: tuple[str, ...]
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """Where a newspaper's stories happen, and who lives there."""

    places: str
    money: str
    """What its currency is called, in the plural."""
    towns: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]


def text(name: str) -> str:
    """Return a data file of `texts/`; FileNotFoundError if there is none of that name."""
    return files("crawlers.demo").joinpath("texts", name).read_text(encoding="utf-8")


@cache
def topics(language: str) -> tuple[Topic, ...]:
    """Return the topics written in a language (`fr`, `es`, `en`, `ar`), in file order."""
    blocks = ("\n" + text(f"{language}.txt")).split("\n# ")
    return tuple(_topic(block) for block in blocks if block.strip())


@cache
def region(name: str, language: str) -> Region:
    """Return a region with its towns as that language spells them; KeyError if either is unknown."""
    entry = tomllib.loads(text("regions.toml"))[name]
    return Region(
        places=entry["places"],
        money=entry["money"],
        towns=tuple(entry["towns"][language]),
        women=tuple(entry["women"]),
        men=tuple(entry["men"]),
        surnames=tuple(entry["surnames"]),
    )


def _topic(block: str) -> Topic:
    head, _, rest = block.strip().partition("\n")
    name, section, tags, *places = [part.strip() for part in head.split("/")]
    lines = rest.splitlines()
    return Topic(
        name=name,
        section=section,
        tags=tuple(tag.strip() for tag in tags.split(",")),
        places=places[0] if places else "",
        titles=_marked(lines, "! "),
        standfirsts=_marked(lines, "> "),
        positions=_positions(lines),
    )


def _marked(lines: list[str], mark: str) -> tuple[str, ...]:
    return tuple(line.removeprefix(mark) for line in lines if line.startswith(mark))


def _positions(lines: list[str]) -> tuple[Position, ...]:
    groups: list[list[str]] = [[]]
    for line in lines:
        if line.startswith(("- ", "+ ")):
            groups[-1].append(line)
        elif not line.strip() and groups[-1]:
            groups.append([])
    return tuple(Position(group[0].startswith("+"), tuple(line[2:] for line in group)) for group in groups if group)
