"""The sample of a surveyed site as the reader sees it: what each page gives, or why it gives nothing. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from crawlers.findings import SamplePage, Survey
from db.readings import Article, ReadingHints, Rejected
from veille.one_page import read


@dataclass(frozen=True, slots=True)
class Preview:
    """One page of the sample. Without `problem` an article was read."""

    url: str
    found_by: str
    problem: str | None = None
    """Why there is no article: a page reason or a failure, and its detail."""
    title: str | None = None
    published_on: date | None = None
    date_from: str | None = None
    precision: str | None = None
    authors: tuple[str, ...] = ()
    words: int = 0
    language: str | None = None
    """BCP 47 primary subtag, `und` if unsure."""


def preview(survey: Survey, name: str) -> tuple[Preview, ...]:
    """Read every page of the sample as the new source `name` would have it read."""
    hints = ReadingHints(source=name, title=survey.title or "", home=survey.home, time_zone=settled_zone(survey) or "UTC")
    return tuple(_read(page, hints) for page in survey.sample)


def settled_zone(survey: Survey) -> str | None:
    """The zone that the host's country and the site's own dates agree on; None where one of the two is missing or another."""
    return survey.zone.zone if survey.zone.agreed else None


def languages(previews: Sequence[Preview]) -> tuple[tuple[str, int], ...]:
    """The languages of the articles that were read, with their number, the most frequent first."""
    counts = Counter(page.language for page in previews if page.language and page.language != "und")
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def read_count(previews: Sequence[Preview]) -> int:
    """How many pages of the sample gave an article."""
    return sum(page.problem is None for page in previews)


def _read(page: SamplePage, hints: ReadingHints) -> Preview:
    found_by, fetched = str(page.candidate.found_by), page.fetched
    if fetched.failure is not None:
        return Preview(fetched.url, found_by, problem=f"{fetched.failure}: {fetched.detail}")
    told = replace(hints, discovered=page.candidate.hints)
    outcome = read(fetched.body, url=fetched.final_url, headers=fetched.headers, fetched_at=fetched.fetched_at, hints=told)
    if isinstance(outcome, Rejected):
        return Preview(fetched.url, found_by, problem=f"{outcome.reason}: {outcome.detail}")
    return _of_article(fetched.url, found_by, outcome)


def _of_article(url: str, found_by: str, article: Article) -> Preview:
    when = article.published
    return Preview(
        url=url,
        found_by=found_by,
        title=article.title,
        published_on=when.on if when else None,
        date_from=str(when.evidence) if when else None,
        precision=str(when.precision) if when else None,
        authors=article.authors,
        words=len(article.text.split()),
        language=article.language,
    )
