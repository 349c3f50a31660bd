"""A survey as a person reads it: one screen, a line for each thing that was looked for, found or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from crawlers.findings import SectionFound, Survey
from veille.cli.output import isolated, line, say
from veille.preview import Preview, languages, read_count, settled_zone
from veille.source_file import feed_words, sitemap_words

LABEL = 10
SHOWN = 6
"""Lines of one kind; what is more is counted."""


def print_survey(survey: Survey, previews: Sequence[Preview]) -> None:
    """Print what was found, and the sample as it was read."""
    moved = "" if survey.home == survey.asked_for else f", asked for as {survey.asked_for}"
    print_fact("reached", f"{survey.home} ({survey.status}{moved}) · {len(survey.trail)} addresses asked for")
    print_fact("robots", _robots(survey))
    print_fact("system", f"{survey.system.name} ({survey.system.why})" if survey.system else "not recognised")
    _several("feeds", _feeds(survey), f"none at {len(survey.tried('feed'))} addresses")
    _several("sitemaps", _sitemaps(survey), f"none at {len(survey.tried('sitemap'))} addresses")
    _several("sections", _sections(survey), "none linked on the home page")
    print_fact("articles", _articles(survey))
    print_fact("language", _language(survey, previews))
    print_fact("time zone", _zone(survey))
    print_fact("preview", f"{read_count(previews)} of {len(previews)} read")
    for page in previews:
        _print_preview(page)


def print_fact(label: str, words: str) -> None:
    """Print one line of the screen."""
    say(f"{label.ljust(LABEL)}{line(words)}")


def as_json(survey: Survey, previews: Sequence[Preview]) -> dict[str, Any]:
    """The survey and the preview as JSON has them, without the bodies of pages."""
    values = {field.name: getattr(survey, field.name) for field in dataclasses.fields(survey) if field.name != "sample"}
    plain = {key: _plain(value) for key, value in values.items()}
    return {"survey": plain, "preview": [dataclasses.asdict(page) for page in previews]}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _robots(survey: Survey) -> str:
    robots = survey.robots
    delay = f"Crawl-delay {robots.crawl_delay:g}" if robots.crawl_delay else "no Crawl-delay"
    return f"{robots.outcome} · {delay} · sitemaps named: {len(robots.sitemaps)}"


def _feeds(survey: Survey) -> list[str]:
    return [_found(survey, feed.url, f"left out: {feed.left_out}" if feed.left_out else feed_words(feed)) for feed in survey.feeds]


def _sitemaps(survey: Survey) -> list[str]:
    return [
        _found(survey, found.url, f"left out: {found.left_out}" if found.left_out else sitemap_words(found)) for found in survey.sitemaps
    ]


def _sections(survey: Survey) -> list[str]:
    if not survey.sections:
        return []
    looked_at = "; ".join(_section(survey, section) for section in survey.looked_at)
    return [
        f"{len(survey.sections)} linked on the home page · {looked_at}" if looked_at else f"{len(survey.sections)} linked on the home page"
    ]


def _section(survey: Survey, section: SectionFound) -> str:
    older = f", older ones at {short(section.older, survey.home)}" if section.older else ""
    return f"{short(section.url, survey.home)} ({section.articles} articles{older})"


def _articles(survey: Survey) -> str:
    links = f"{survey.links} links on the home page and {len(survey.looked_at)} sections"
    if survey.pattern is None:
        return f"no one form of address · {links}"
    return f"{survey.pattern.words} ({survey.pattern.pattern}): {survey.pattern.matched} of {survey.pattern.of} addresses · {links}"


def _language(survey: Survey, previews: Sequence[Preview]) -> str:
    seen = ", ".join(f"{language} ({count} of {read_count(previews)} read)" for language, count in languages(previews))
    stated = f" · the home page says {survey.page_language}" if survey.page_language else ""
    return f"{seen or 'unknown'}{stated}"


def _zone(survey: Survey) -> str:
    zone = survey.zone
    offsets = f"dates state {', '.join(zone.offsets)}" if zone.offsets else "dates state no offset"
    settled = settled_zone(survey)
    if settled:
        return f"{settled} ({zone.country_from}, and {zone.agreed} dates agree)"
    guess = f"guess: {zone.zone}, because {zone.country_from}" if zone.zone else "no guess"
    return f"not settled, days count as in UTC · {guess} · {offsets}"


def _print_preview(page: Preview) -> None:
    if page.problem:
        say(f"  -  {isolated(line(page.problem))} · {line(unquote(page.url))}")
        return
    when = f"{page.published_on} ({page.date_from})" if page.published_on else "undated"
    authors = line(page.authors) or "no author"
    say(f"  +  {isolated(line(page.title))} · {when} · {isolated(authors)} · {page.words} words · {page.language} · by {page.found_by}")


def _several(label: str, lines: Sequence[str], otherwise: str) -> None:
    shown: Iterable[str] = lines[:SHOWN] or [otherwise]
    for number, words in enumerate(shown):
        print_fact("" if number else label, words)
    if len(lines) > SHOWN:
        print_fact("", f"and {len(lines) - SHOWN} more")


def _found(survey: Survey, url: str, words: str) -> str:
    return f"{short(url, survey.home)} ({words})"


def short(url: str, home: str) -> str:
    """An address as a person reads it: only path and query where the host is the home page's."""
    parts = urlsplit(url)
    shown = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return isolated(unquote(shown if parts.netloc == urlsplit(home).netloc else url))
