"""The source file that a survey gives: TOML in which every line says what it rests on, and every guess is a comment.

What a look at the site found is `crawlers.survey`'s, what was read of it `veille.preview`'s business.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

from crawlers.findings import FeedFound, SitemapFound, Survey, ZoneFound
from crawlers.source import Source
from db.errors import SettingError, SourceError
from veille.preview import Preview, languages, read_count

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
SHOWN_SECTIONS = 12
LONGEST_NOTE = 200
DEFAULT_DELAY = 2.0
"""Seconds between requests of a source that says nothing (`crawlers.source`)."""


def source_text(survey: Survey, previews: Sequence[Preview], name: str) -> str:
    """The text of the file. It loads with `Source.from_toml`; raises SourceError if it did not, which would be a fault of ours."""
    blocks = (
        _head(survey, previews),
        _discovery(survey),
        _sections(survey),
        _articles(survey),
        _politeness(survey),
        _sample(previews),
    )
    text = "\n".join("".join(f"{line}\n" for line in block) for block in blocks if block)
    Source.from_toml(text, Path(f"{name}.toml"))
    return text


def write_new(path: Path, text: str) -> None:
    """Write a file that must not be there yet, and its folder if need be. Raises SourceError if it is, SettingError if it cannot be."""
    data, made = text.encode("utf-8"), False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            made = True
            file.write(data)
    except OSError as error:
        if made:
            path.unlink(missing_ok=True)  # half a file would be a source with half its lines
        elif os.path.lexists(path):
            raise taken(path.stem, path) from error
        raise SettingError(f"{path}: cannot be written ({error.strerror}); choose a folder you may write to with --folder") from error


def taken(name: str, path: Path | None) -> SourceError:
    """The error for a name that is not free; nothing is ever overwritten."""
    where = f" ({path})" if path else ""
    return SourceError(f"the name {name!r} is taken{where}, and nothing is overwritten; give the source another with --name")


def quoted(text: str) -> str:
    """A TOML string: in single quotes where that keeps backslashes as they are, else escaped (TOML 1.0, "String")."""
    plain = UNPRINTABLE.sub(" ", text)
    if "\\" in plain and "'" not in plain:
        return f"'{plain}'"
    return json.dumps(plain, ensure_ascii=False)


def remark(text: str) -> str:
    """The words of a comment: one line, no control characters, not endless."""
    plain = " ".join(UNPRINTABLE.sub(" ", text).split())
    return plain if len(plain) <= LONGEST_NOTE else f"{plain[: LONGEST_NOTE - 1]}…"


def _line(key: str, value: str, why: str, *, guess: bool = False) -> str:
    return f"{'# ' if guess else ''}{key} = {value}  # {remark(why)}"


def _head(survey: Survey, previews: Sequence[Preview]) -> list[str]:
    moved = "" if survey.home == survey.asked_for else f"; asked for as {survey.asked_for}"
    title = survey.title or ""
    lines = [
        f"# Made by `veille sources add` on {survey.at:%Y-%m-%d}. Each line says what it rests on; what is only a guess is a comment.",
        f"# System: {remark(f'{survey.system.name} ({survey.system.why})' if survey.system else 'not recognised')}",
        _line("home", quoted(survey.home), f"answered {survey.status}{moved}"),
    ]
    if UNPRINTABLE.sub(" ", title).strip():
        lines.append(_line("title", quoted(title.strip()), survey.title_from))
    lines += _languages(survey, previews)
    lines += _place(survey.zone)
    lines.append(_line("checked", '"never"', "compare this file with the site, then put the day here: 2026-01-31"))
    return lines


def _languages(survey: Survey, previews: Sequence[Preview]) -> list[str]:
    seen, read = languages(previews), read_count(previews)
    stated = f'; the home page says lang="{survey.page_language}"' if survey.page_language else ""
    if not seen:
        return [f"# languages: no article of the sample told{remark(stated)}"]
    evidence = ", ".join(f"{language} in {count}" for language, count in seen)
    return [_line("languages", _texts(language for language, _ in seen), f"{evidence} of {read} articles read{stated}", guess=read < 2)]


def _place(zone: ZoneFound) -> list[str]:
    offsets = f"its dates state {', '.join(zone.offsets)}" if zone.offsets else "its dates state no offset"
    if zone.country is None:
        return [f"# country, time_zone: unknown, days count as in UTC; {offsets}"]
    lines = [_line("country", quoted(zone.country), f"guess: {zone.country_from}", guess=True)]
    if zone.zone and zone.agreed:
        lines.append(_line("time_zone", quoted(zone.zone), f"that of {zone.country}; {zone.agreed} dates on the site state its offset"))
    elif zone.zone:
        contradicted = " and contradict it" if zone.offsets else ""
        lines.append(_line("time_zone", quoted(zone.zone), f"guess: that of {zone.country}; {offsets}{contradicted}", guess=True))
    return lines


def _discovery(survey: Survey) -> list[str]:
    lines = _addresses("feeds", ((feed.url, feed_words(feed)) for feed in survey.feeds_used))
    lines += _addresses("sitemaps", ((found.url, sitemap_words(found)) for found in survey.sitemaps_used))
    left = [(feed.url, feed.left_out) for feed in survey.feeds if feed.left_out]
    left += [(found.url, found.left_out) for found in survey.sitemaps if found.left_out]
    lines += [f"# left out: {remark(url)} ({remark(why)})" for url, why in left]
    missing = [kind for kind, used in (("feed", survey.feeds_used), ("sitemap", survey.sitemaps_used)) if not used]
    lines += [
        f"# no {kind} was found at {len(survey.tried(kind))} addresses; a crawl tries the usual ones again each month" for kind in missing
    ]
    return ["[discovery]", *lines]


def _addresses(key: str, found: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f"    {quoted(url)},  # {remark(words)}" for url, words in found]
    return [f"{key} = [", *lines, "]"] if lines else []


def feed_words(feed: FeedFound) -> str:
    """What a feed holds, for a person."""
    newest = f"newest {feed.newest}" if feed.newest else "undated"
    named = "named by the home page" if feed.declared else "guessed and found"
    return f"{feed.kind}, {feed.articles} of {_count(feed.items, 'item')} lead to articles, {newest}, {named}"


def sitemap_words(found: SitemapFound) -> str:
    """What a sitemap holds, for a person."""
    named = "named by robots.txt" if found.named else "guessed and found"
    span = f", changed {found.oldest} to {found.newest}" if found.oldest and found.newest else ""
    share = f"{found.articles} of {found.looked_at} looked at lead to articles"
    if not found.is_index:
        return f"{'news, ' if found.is_news else ''}{_count(found.count, 'address')}, {share}{span}, {named}"
    count = found.newest_part_count
    inside = f"the newest with {_count(count, 'address')}, {share}" if count is not None else "none could be looked at"
    return f"index of {_count(found.count, 'part')}, {inside}{span}, {named}"


def _count(number: int, word: str) -> str:
    """`1 part`, `2 parts`, `2 addresses`."""
    return f"{number:,} {word}{'' if number == 1 else 'es' if word.endswith('s') else 's'}"


def _sections(survey: Survey) -> list[str]:
    if not survey.sections:
        return []
    count = _count(len(survey.sections), "section")
    lines = [f"# {count} linked on the home page, visited without being named here. To walk only some, name these:"]
    known = {section.url: section for section in survey.looked_at}
    for url in survey.sections[:SHOWN_SECTIONS]:
        section = known.get(url)
        older = f", older ones at {section.older}" if section and section.older else ""
        words = f"{_count(section.articles, 'article')}{older}" if section else ""
        lines += ["# [[listings]]", f"# url = {quoted(url)}{_tail(words)}"]
    return lines


def _tail(words: str) -> str:
    """A comment at the end of a line, if there is something to say."""
    return f"  # {remark(words)}" if words else ""


def _articles(survey: Survey) -> list[str]:
    pattern = survey.pattern
    if pattern is None:
        return ["# Articles are told from other pages by the shape of their addresses; the sample has no one form that could be named."]
    return [
        f"# {pattern.matched} of {pattern.of} article addresses have the form {pattern.words}. To fetch no others:",
        "# [articles]",
        f"# allow = [{quoted(pattern.pattern)}]",
    ]


def _politeness(survey: Survey) -> list[str]:
    delay = survey.robots.crawl_delay
    if delay is None or delay <= DEFAULT_DELAY:
        return []
    return ["[politeness]", _line("delay", f"{min(delay, 3600):g}", f"robots.txt: Crawl-delay {delay:g}")]


def _sample(previews: Sequence[Preview]) -> list[str]:
    lines = [f"# Sample: {read_count(previews)} of {len(previews)} pages gave an article."]
    for page in previews:
        told = page.problem or f"{page.published_on or 'undated'}, {page.words} words, {page.language}"
        lines.append(f"#   {remark(unquote(page.url))} ({remark(told)})")
    return lines


def _texts(values: Iterable[str]) -> str:
    return f"[{', '.join(quoted(value) for value in values)}]"
