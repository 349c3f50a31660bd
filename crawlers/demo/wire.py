"""Agency stories printed by several papers: the same words under different headlines, credited to the agency."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from crawlers.demo import bank
from crawlers.demo.articles import Block, DemoArticle, Text


@cache
def _stories() -> dict[str, Any]:
    return tomllib.loads(bank.text("wire.toml"))


def wire_articles(paper: str, origins: dict[str, str], zone: ZoneInfo, first_number: int) -> list[DemoArticle]:
    """Return the agency stories that a paper prints. `origins` gives each paper's scheme and host, for the original's address."""
    made: list[DemoArticle] = []
    for name, story in _stories().items():
        own = story["papers"].get(paper)
        if own is None:
            continue
        original = story["original"]
        origin = None if original == paper else origins[original] + story["papers"][original]["path"]
        local: datetime = own["published"]
        made.append(
            DemoArticle(
                number=first_number + len(made),
                path=own["path"],
                text=_text(name, story, own["title"]),
                published_at=local.replace(tzinfo=zone).astimezone(UTC),
                language="fr",
                agency=story["agency"],
                duplicate_of=origin,
            )
        )
    return made


def _text(name: str, story: dict[str, Any], title: str) -> Text:
    blocks = tuple(Block(paragraph) for paragraph in story["paragraphs"])
    return Text(title, None, blocks, f"wire-{name}", story["section"], tuple(story["tags"]))
