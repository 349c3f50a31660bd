"""The readers that are compared: each takes a page's bytes and gives what it made of them. A peer that is not installed is left out."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from db.readings import Article, PageToRead, ReadingHints
from scoring.sets import Sample

HTML = (("Content-Type", "text/html"),)


@dataclass(frozen=True)
class Reading:
    """What one reader made of one page; None for fields it does not know."""

    text: str = ""
    title: str | None = None
    authors: tuple[str, ...] | None = None
    published_on: date | None = None
    published_at: datetime | None = None
    tags: tuple[str, ...] | None = None
    language: str | None = None
    byline: tuple[str, ...] | None = None
    """All who are credited, outlets and agencies too; None from a reader that calls them all authors."""


Reader = Callable[[Sample, bytes], Reading]


def veille(sample: Sample, body: bytes) -> Reading:
    """Ours, as the crawler calls it, without anything learned."""
    return as_reading(sample, body, hints_of(sample))


def as_reading(sample: Sample, body: bytes, hints: ReadingHints) -> Reading:
    """Read a page with given hints."""
    from pipeline.reading import process_page

    read = process_page(PageToRead(sample.url, body, HTML, sample.fetched_at), hints)
    if not isinstance(read, Article):
        return Reading()
    published = read.published
    day, at = (published.on, published.at) if published else (None, None)
    return Reading(read.text, read.title, read.authors, day, at, read.tags, read.language, read.byline)


def learned(sample: Sample, body: bytes, others: Sequence[Sample]) -> Reading:
    """Ours, with the template of other pages of the site."""
    from dataclasses import replace

    from pipeline.learning import learn_template

    template = learn_template((PageToRead(one.url, one.body(), HTML, one.fetched_at), hints_of(one)) for one in others)
    return as_reading(sample, body, replace(hints_of(sample), template=template))


def hints_of(sample: Sample) -> ReadingHints:
    """The hints a set states."""
    hints: dict[str, Any] = {
        key: tuple(map(tuple, value)) if key == "editions" else tuple(value) if isinstance(value, list) else value
        for key, value in sample.hints.items()
    }
    return ReadingHints(**hints)


def trafilatura(sample: Sample, body: bytes, **options: bool) -> Reading:
    """The engine by itself, comments off."""
    from trafilatura import bare_extraction

    found: Any = bare_extraction(body, url=sample.url, with_metadata=True, include_comments=False, **options)
    if found is None:
        return Reading()
    return Reading(
        found.text or "",
        found.title,
        tuple(part.strip() for part in (found.author or "").split(";") if part.strip()),
        date.fromisoformat(found.date) if found.date else None,
        tags=tuple(found.tags or ()),
    )


def trafilatura_precision(sample: Sample, body: bytes) -> Reading:
    """The engine set to favour precision."""
    return trafilatura(sample, body, favor_precision=True)


def newspaper4k(sample: Sample, body: bytes) -> Reading:
    """newspaper4k with its defaults, but that it asks the network for no images."""
    from newspaper import Article as Paper
    from newspaper import Config

    config = Config()
    config.fetch_images = False
    paper = Paper(sample.url or "https://page.example/", config=config)
    paper.download(input_html=body.decode("utf-8", "replace"))
    paper.parse()
    at = paper.publish_date if isinstance(paper.publish_date, datetime) else None
    return Reading(
        paper.text, paper.title, tuple(paper.authors or ()), at and at.date(), at if at and at.tzinfo else None, tuple(paper.tags or ())
    )


def readability(_sample: Sample, body: bytes) -> Reading:
    """readability-lxml, its answer as plain lines."""
    import lxml.html
    from readability import Document

    document = Document(body)
    tree = lxml.html.fromstring(document.summary())
    lines = (" ".join(block.text_content().split()) for block in tree.iter("p", "h2", "h3", "h4", "li", "blockquote"))
    return Reading("\n".join(filter(None, lines)), document.short_title())


READERS: dict[str, tuple[Reader, str]] = {
    "veille": (veille, "pipeline"),
    "trafilatura": (trafilatura, "trafilatura"),
    "precision": (trafilatura_precision, "trafilatura"),
    "newspaper4k": (newspaper4k, "newspaper"),
    "readability": (readability, "readability"),
}
"""Every reader by name, with the module it needs."""


def installed(names: Sequence[str]) -> list[str]:
    """Those of these readers whose module is there."""
    return [name for name in names if importlib.util.find_spec(READERS[name][1])]
