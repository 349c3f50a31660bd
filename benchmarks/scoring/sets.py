"""Folders of pages with ground truth, told apart by their files, as one kind of sample.

Known formats: WCXB (`NNNN.html.gz` beside `NNNN.json`), fundus-evaluation (`ground_truth.json` of bodies as lists of paragraphs), Fundus'
parser test data (`CC/Publisher_DATE.html.gz`, `CC/Publisher.json`, `CC/meta.info`), article-extraction-benchmark (`ground-truth.json`
beside `html/`), htmldate's evaluation (`ground_truth.json` of days), and pages of our own (`name.html` beside `name.json`, whose
`expected.text` is a list of paragraphs).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Truth:
    """What is known of a page; None where a set does not say."""

    text: str | None = None
    paragraphs: tuple[str, ...] | None = None
    """Paragraphs in square brackets may be given or left out."""
    wanted: tuple[str, ...] = ()
    """Snippets the text must hold."""
    unwanted: tuple[str, ...] = ()
    title: str | None = None
    authors: tuple[str, ...] | None = None
    byline: tuple[str, ...] | None = None
    """Whom the page credits, outlets and agencies too."""
    published_on: date | None = None
    published_at: datetime | None = None
    tags: tuple[str, ...] | None = None
    language: str | None = None


@dataclass(frozen=True)
class Sample:
    """One page: bytes are read when they are asked for, so that a large corpus costs no memory."""

    set: str
    name: str
    path: Path
    url: str
    truth: Truth
    metric: str
    """`words`, `shingles` or `rouge`: how the set's own evaluation compares texts; `none` where it has none."""
    fetched_at: datetime | None = None
    site: str | None = None
    """Pages of one site are learned from together."""
    hints: dict[str, Any] = field(default_factory=dict)

    def body(self) -> bytes:
        """The page as it was served."""
        data = self.path.read_bytes()
        return gzip.decompress(data) if self.path.suffix == ".gz" else data


def find(corpus: Path, *, or_none: bool = False) -> Iterator[Sample]:
    """Every sample below a folder, set by set. Raises ValueError if nothing in it has a known format, unless there may be none."""
    if not corpus.is_dir():
        raise ValueError(f"{corpus} is no folder")
    found = False
    for folder in (corpus, *sorted(path for path in corpus.iterdir() if path.is_dir())):
        read = _format_of(folder)
        if read:
            found = True
            yield from read(folder)
    if not found and not or_none:
        raise ValueError(f"{corpus} holds no set in a known format: see docs/benchmarks.md")


def _format_of(folder: Path) -> Callable[[Path], Iterator[Sample]] | None:
    if (folder / "ground-truth.json").exists():
        return _shingle_set
    if (folder / "ground_truth.json").exists():
        first = next(iter(json.loads((folder / "ground_truth.json").read_bytes()).values()))
        return _days if "file" in first else _sites
    if next(folder.glob("*/meta.info"), None):
        return _parser_tests
    if next(folder.glob("[0-9]*.json"), None):
        return _snippet_set
    if next(folder.glob("*.html"), None) and next(folder.glob("*.json"), None):
        return _own
    return None


def _shingle_set(folder: Path) -> Iterator[Sample]:
    for name, truth in sorted(json.loads((folder / "ground-truth.json").read_bytes()).items()):
        path = folder / "html" / f"{name}.html.gz"
        yield Sample(folder.name, name, path, truth.get("url") or f"https://{name}.example/", Truth(text=truth["articleBody"]), "shingles")


def _sites(folder: Path) -> Iterator[Sample]:
    for name, truth in sorted(json.loads((folder / "ground_truth.json").read_bytes()).items()):
        publisher = name.rpartition("_")[0]
        url = truth.get("url") or f"https://www.{publisher.lower()}.example/{name.partition('.')[0]}.html"
        crawled = truth.get("crawl_date")
        fetched_at = datetime.fromisoformat(crawled).replace(tzinfo=UTC) if crawled else None
        wanted = Truth(paragraphs=tuple(truth["body"]), language="en")
        yield Sample(folder.name, name, folder / name, url, wanted, "rouge", fetched_at, publisher)


def _days(folder: Path) -> Iterator[Sample]:
    for url, truth in sorted(json.loads((folder / "ground_truth.json").read_bytes()).items()):
        path = folder / truth["file"]
        if path.exists():
            yield Sample(folder.name, truth["file"], path, url, Truth(published_on=date.fromisoformat(truth["date"])), "none")


def _parser_tests(folder: Path) -> Iterator[Sample]:
    for country in sorted(path.parent for path in folder.glob("*/meta.info")):
        pages = json.loads((country / "meta.info").read_bytes())
        for path in sorted(country.glob("*.json")):
            versions = json.loads(path.read_bytes())
            files = sorted(country.glob(f"{path.stem}_[0-9]*.html.gz"))
            if len(versions) != 1 or len(files) != 1:
                continue  # which truth belongs to which page is not said
            about = pages[files[0].name]
            fetched_at = datetime.fromisoformat(about["crawl_date"]).replace(tzinfo=UTC)
            truth = _parsed_truth(next(iter(versions.values())))
            yield Sample(folder.name, f"{country.name}/{files[0].name}", files[0], about["url"], truth, "words", fetched_at)


def _parsed_truth(said: dict[str, Any]) -> Truth:
    body = said.get("body")
    text = None
    if body:
        lines = [*body.get("summary", ())]
        for section in body["sections"]:
            lines += [*section["headline"], *section["paragraphs"]]
        text = "\n\n".join(lines)
    at = datetime.fromisoformat(said["publishing_date"]) if said.get("publishing_date") else None
    credited = tuple(said["authors"]) if "authors" in said else None  # they make no difference between people and others
    return Truth(
        text=text,
        title=said.get("title"),
        authors=credited,
        byline=credited,
        published_on=at.date() if at else None,
        published_at=at if at and at.tzinfo else None,
        tags=tuple(said["topics"]) if "topics" in said else None,
    )


def _snippet_set(folder: Path) -> Iterator[Sample]:
    for path in sorted(folder.glob("[0-9]*.json")):
        said = json.loads(path.read_bytes())
        said = said.get("ground_truth", said) | {"url": said.get("url") or ""}
        published = _day(said.get("publish_date"))
        truth = Truth(
            text=said.get("main_content"),
            wanted=tuple(said.get("with") or ()),
            unwanted=tuple(said.get("without") or ()),
            title=said.get("title"),
            published_on=published,
        )
        yield Sample(folder.name, path.stem, path.with_suffix(".html.gz"), said["url"], truth, "words")


def _own(folder: Path) -> Iterator[Sample]:
    for path in sorted(folder.glob("*.json")):
        said = json.loads(path.read_bytes())
        expected = said.get("expected")
        page = path.with_suffix(".html")
        if not expected or not page.exists() or "text" not in expected:
            continue
        truth = Truth(
            text="\n\n".join(expected["text"]),
            title=expected.get("title"),
            authors=tuple(expected["authors"]) if "authors" in expected else None,
            byline=tuple(expected["byline"]) if "byline" in expected else None,
            published_on=_day(expected.get("published_on")),
            language=expected.get("language"),
        )
        fetched_at = datetime.fromisoformat(said["fetched_at"]) if said.get("fetched_at") else None
        yield Sample(folder.name, path.stem, page, said["url"], truth, "words", fetched_at, hints=said.get("hints", {}))


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat((said or "")[:10])
    except ValueError:
        return None
