"""What an article of the demo newspapers is, how it changes with time, and the truth that a reader's result is compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from db.vocabulary import Precision


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph or sub-heading of a body."""

    text: str
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A composed story. `standfirst` is shown above the blocks and counts as the first paragraph of the body."""

    title: str
    standfirst: str | None
    blocks: tuple[Block, ...]
    topic: str
    section: str
    tags: tuple[str, ...]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Everything a reader of the page reads as its body, in order."""
        lead = (self.standfirst,) if self.standfirst else ()
        return lead + tuple(block.text for block in self.blocks)


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """An article with its whole life: when it appears, is corrected, moves and vanishes. Paths start with `/` and are percent-encoded."""

    number: int
    path: str
    text: Text
    published_at: datetime
    language: str
    edition: str | None = None
    authors: tuple[str, ...] = ()
    agency: str | None = None
    contributors: tuple[str, ...] = ()
    corrected_at: datetime | None = None
    correction: Text | None = None
    moved_at: datetime | None = None
    old_path: str | None = None
    vanishes_at: datetime | None = None
    twin: str | None = None
    """A second address that shows the same page, without naming the first as canonical."""
    variants: tuple[str, ...] = ()
    """AMP and print versions, which name the article's own address as canonical."""
    further: tuple[str, ...] = ()
    """Addresses of its second and later pages, where it stands on several."""
    listed: bool = True
    in_feed: bool = True
    in_sitemap: bool = True
    allowed: bool = True
    """False: robots.txt forbids its address."""
    precise: bool = True
    """False: the page states the day of publication, not the time."""
    linked: int | None = None
    """Number of an article that this one links to in its text."""
    duplicate_of: str | None = None
    translations: tuple[tuple[str, int], ...] = ()
    """(language, number) of the same story in the paper's other editions."""

    def exists(self, now: datetime) -> bool:
        """Tell whether the article is published and not withdrawn."""
        return self.published_at <= now and (self.vanishes_at is None or now < self.vanishes_at)

    def address(self, now: datetime) -> str:
        """Return the path it is served at."""
        if self.old_path is not None and self.moved_at is not None and now < self.moved_at:
            return self.old_path
        return self.path

    def shown(self, now: datetime) -> Text:
        """Return the text as it stands: corrected or not yet."""
        if self.correction is not None and self.corrected_at is not None and self.corrected_at <= now:
            return self.correction
        return self.text

    def modified_at(self, now: datetime) -> datetime | None:
        """Return when it was corrected, None if it has not been."""
        return self.corrected_at if self.corrected_at is not None and self.corrected_at <= now else None

    def instants(self) -> tuple[datetime, ...]:
        """Return every instant at which something about it changes."""
        known = (self.published_at, self.corrected_at, self.moved_at, self.vanishes_at)
        return tuple(instant for instant in known if instant is not None)

    def corrected(self, at: datetime, paragraph: str) -> DemoArticle:
        """Return the article with its last paragraph replaced from `at` on."""
        blocks = (*self.text.blocks[:-1], Block(paragraph))
        return replace(self, corrected_at=at, correction=replace(self.text, blocks=blocks))


@dataclass(frozen=True, slots=True)
class TruthArticle:
    """What a perfect reader knows of one article at one instant of the demo clock."""

    source: str
    url: str
    urls: tuple[str, ...]
    """Every address that leads to it, `url` first."""
    title: str
    standfirst: str | None
    paragraphs: tuple[str, ...]
    """Body with sub-headings and standfirst, in page order."""
    published_on: date
    published_at: datetime | None
    """None where the page states no time of day."""
    published_precision: Precision
    """How exactly the page itself, without feed, listing or sitemap, states the date."""
    modified_at: datetime | None
    authors: tuple[str, ...]
    agency: str | None
    contributors: tuple[str, ...]
    section: str
    tags: tuple[str, ...]
    language: str
    edition: str | None
    allowed: bool
    duplicate_of: str | None
    """Address of the original in another paper."""
    translations: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The body as `Article.text` gives it: paragraphs with a blank line between."""
        return "\n\n".join(self.paragraphs)
