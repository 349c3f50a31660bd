"""What a backfill will do, before it does it: its slices by every way that is asked for, and what they will cost.

Each way's own module knows where to look; the order of work, and the estimate, are decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Final

from crawlers.fetch import Fetched
from crawlers.source import Source
from db.errors import BackfillError
from db.plans import Slice, SlicePlan
from db.readings import Article, PageToRead
from db.vocabulary import Way
from pipeline.reading import process_page

OWN_WAYS: Final = (Way.SITEMAP, Way.ARCHIVE, Way.IDS, Way.LISTING)
"""Ways at the source itself, in the order in which they are gone: the surest first, each next one for what the others lack."""
PAGE_BYTES: Final = 15_000
"""Of a kept page, compressed, where a source has none yet."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a backfill is likely to cost; None where nothing tells."""

    articles: int | None
    """Pages to be fetched that may be articles."""
    measured: bool
    """Whether every slice told its size; else those that did stand for the others."""
    hours: float | None
    """At the source's politeness, if nothing else asks the host."""
    megabytes: float | None
    """Of archive, compressed."""


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """What would be done."""

    source: str
    since: date
    until: date
    ways: tuple[Way, ...]
    """That there are slices of."""
    slices: tuple[SlicePlan, ...]
    remarks: tuple[str, ...]
    """What was looked for and gave nothing."""
    known: int
    """Articles of the range that are stored already."""
    seconds_a_page: float
    """The pause between two requests that the source, its robots.txt or the web archive asks for; 0 where files are looked through."""
    estimate: Estimate


def day_of(page: Fetched, source: Source) -> date | None:
    """When the article on a fetched page was published; None if it holds none, or does not say."""
    reading = process_page(PageToRead(page.final_url, page.body, page.headers, page.fetched_at), source.reading_hints())
    return reading.published.on if isinstance(reading, Article) and reading.published else None


def require(slices: Sequence[SlicePlan], source: Source, remarks: Sequence[str]) -> None:
    """Raise BackfillError, with what was tried, if there is no slice."""
    if not slices:
        tried = "".join(f"\n  {remark}" for remark in remarks)
        remedy = "try `--via listing` or `--via wayback`, or name its [discovery] sitemaps or archives in the source file"
        raise BackfillError(f"no way into the past of {source.name} was found:{tried}\n{remedy}")


def estimate(slices: Sequence[SlicePlan], known: Mapping[str, int], delay: float, page_bytes: float | None) -> Estimate:
    """What slices will cost; `known` are sizes that were looked up, `delay` is in seconds, `page_bytes` of pages kept before.

    Only the first way counts where several lead to the same articles. Slices that do not tell their size count as the mean of
    those that do.
    """
    first = [each for each in slices if each.way is slices[0].way] if slices else []
    told = [size for each in first if (size := known.get(each.label, each.expected)) is not None]
    if not told:
        return Estimate(None, False, None, None)
    articles = round(sum(told) + fmean(told) * (len(first) - len(told)))
    requests = articles + len(slices)
    return Estimate(
        articles, len(told) == len(first), round(requests * delay / 3600, 2), round(articles * (page_bytes or PAGE_BYTES) / 1e6, 1)
    )


def remaining(slices: Sequence[Slice], waiting: int) -> int | None:
    """Requests that are still to be made: `waiting` of what is under way, and what slices not begun are likely to bring.

    A slice that does not tell its size is taken for the mean of those of its way that are over. None as long as nothing tells;
    a way that has not begun after others have is taken to repeat what they found.
    """
    over: dict[Way, list[int]] = {}
    for part in slices:
        if part.ended_at is not None and part.counts:
            over.setdefault(part.plan.way, []).append(part.counts.get("fetched", 0))
    total = float(waiting)
    for part in slices:
        if part.started_at is not None or part.ended_at is not None:
            continue
        told = part.plan.expected if part.plan.expected is not None else fmean(over.get(part.plan.way, [1] if over else [-1]))
        if told < 0:
            return None
        total += told
    return round(total)
