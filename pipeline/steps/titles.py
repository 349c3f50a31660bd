"""What an article is called: its title, its standfirst, and the names of the paper that belong to neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from db.readings import ReadingHints
from pipeline.steps import bylines
from pipeline.steps.headline import Surroundings, following, likeness
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import plain
from pipeline.steps.structured import Statements, text_value, types_of
from pipeline.steps.tree import has_word, text_of

_SEPARATOR = re.compile(r"\s+[|•·–—\-:»›/]+\s+|\s*[|»›]\s*")
_WORD = re.compile(r"\w+")
_PUNCTUATION = re.compile(r"[^\w\s]")
_LONGEST_KICKER = 5
"""Words of the line a paper sets above its headline, often in the same h1."""
_FEWEST_WORDS = 4
"""Words of a headline from which on what stands before it can only be a kicker."""
_STANDFIRST_CLASS = re.compile(
    r"(?:^|[\s_-])(?:chapo|chapeau|standfirst|sapo|entradilla|subheadline|sub-headline|subtitle|sub-title|sous-titre|deck|dek|lead-?text|article-?lead|intro-?text)(?:$|[\s_-])",
    re.IGNORECASE,
)

_PARAGRAPHS = frozenset(("p", "div", "h2", "h3", "h4", "span", "section", "header"))
_SAME_WORDS = 80
"""Letters in which a paragraph and the page's description agree if they are the same: descriptions are cut short."""
_SHORTEST_STANDFIRST, _LONGEST_STANDFIRST = 40, 1_200


def stated_titles(tree: HtmlElement, stated: Statements) -> tuple[str, ...]:
    """The titles a page states, best first: JSON-LD headline, og:title and its kin, `<title>`."""
    head = tree.find(".//head/title")
    found = (
        text_value(stated.article.get("headline")),
        stated.first_meta("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title", "title"),
        text_of(head) if head is not None else "",
    )
    return tuple(dict.fromkeys(title for title in found if title))


def site_names(stated: Statements, hints: ReadingHints) -> tuple[str, ...]:
    """Every name the paper goes by: configured, og:site_name, JSON-LD publisher and site nodes, its host."""
    publishers = [text_value(stated.resolve(node.get("publisher"))) for node in stated.nodes if "publisher" in node]
    sites = [text_value(node.get("name")) for node in stated.nodes if {"website", "newsmediaorganization"} & set(types_of(node))]
    host = urlsplit(hints.home).hostname or ""
    names = (hints.title, hints.source, stated.first_meta("og:site_name", "application-name") or "", host, *publishers[:5], *sites[:5])
    return tuple(dict.fromkeys(name for name in names if name))


def title(stated: tuple[str, ...], lines: Surroundings, names: Iterable[str], journal: Journal) -> str:
    """The h1 that a stated title confirms, else the headline stated for machines without the site's name, else any h1."""
    cleaned = [without_site(text, names) for text in stated]
    confirmed = max((likeness(lines.text, text) for text in (*cleaned, *stated)), default=0.0) if lines.text else 0.0
    if lines.text and confirmed >= 0.6 and len(lines.text) <= 400:
        better = next((text for text in cleaned if _is_the_same_better(text, lines.text)), None)
        if better:
            journal.note(
                "metadata",
                "title",
                better,
                f"stated for machines; the h1 is the same, with its kicker or without its punctuation: {lines.text}",
            )
            return better
        journal.note("metadata", "title", lines.text, f"h1, confirmed at {confirmed:.0%}")
        return lines.text
    chosen = next((text for text in cleaned if text), "") or lines.text
    journal.note("metadata", "title", chosen, "stated for machines" if chosen != lines.text else "the only heading")
    return chosen


def _is_the_same_better(stated: str, shown: str) -> bool:
    """Whether a stated title is the h1 without the kicker set before it, or word for word the h1 with more between its words.

    An h1 of two parts loses the colon between them to a line break.
    """
    if not stated or stated == shown or stated.endswith(("…", "...")):
        return False
    mine, yours = _WORD.findall(plain(stated)), _WORD.findall(plain(shown))
    if mine == yours:
        return _clarity(stated) > _clarity(shown) and not stated.isupper()
    kicker = len(yours) - len(mine)
    if len(mine) < _FEWEST_WORDS or not 0 < kicker <= _LONGEST_KICKER or yours[kicker:] != mine:
        return False
    return not re.match(rf"(?:\W*\w+){{{kicker}}}\W*:\s", shown)  # "'A quote': who said it" is all one headline


def _clarity(title: str) -> tuple[int, int]:
    """How many signs and blanks part the words of a title."""
    return len(_PUNCTUATION.findall(title)), title.count(" ")


def without_site(text: str, names: Iterable[str]) -> str:
    """A page title without the paper's name, and without what stands beyond it."""
    squeezed = {bylines.squeeze(name) for name in names} - {""}
    parts = [(match.start(), match.end()) for match in _SEPARATOR.finditer(text)]
    for start, end in reversed(parts):
        if bylines.squeeze(text[end:]) in squeezed:
            return without_site(text[:start].strip(), names) or text
    for start, end in parts:
        if bylines.squeeze(text[:start]) in squeezed:
            return text[end:].strip() or text
    return text


def named_behind(stated: Iterable[str], headline: str) -> tuple[str, ...]:
    """The last part of what stated titles add behind the headline: most often the paper's name (*"Le port rouvre | La Gazette"*)."""
    behind = (text[len(headline) :] for text in stated if headline and text.startswith(headline))
    parts = (_SEPARATOR.split(f" {rest}") for rest in behind if _SEPARATOR.match(rest))
    return tuple(filter(None, (one[-1].strip() for one in parts)))


def standfirst(shown: str | None, stated: Statements, headline: str, body: str, journal: Journal) -> str | None:
    """The paragraph set under the headline (`shown`), else the description, unless that only repeats the title or the first words."""
    if shown:
        journal.note("metadata", "standfirst", shown, "set under the headline")
        return shown
    text = next(_descriptions(stated), "")
    if len(text) < 20 or likeness(text, headline) > 0.8:
        return None
    start = plain(text).rstrip(".… ")[:80]
    if start and plain(body[: len(text) + 200]).startswith(start) and text.rstrip().endswith(("…", "...", "[…]", "[...]")):
        return None
    journal.note("metadata", "standfirst", text, "description of the page")
    return text


def _descriptions(stated: Statements) -> Iterator[str]:
    """What a page says for machines that it is about, best first."""
    yield from filter(None, (text_value(stated.article.get("description")),))
    yield from filter(None, (stated.first_meta(name) for name in ("og:description", "description", "twitter:description")))


def shown_standfirst(headline: HtmlElement | None, stated: Statements) -> tuple[str | None, bool]:
    """The paragraph set under the headline, and whether it opens the article's text.

    A news article's does that the page states as its description: a newspaper sets it apart and does not say it again. What only a
    class calls so, and what a blog repeats of itself under its titles, does not.
    """
    if headline is None:
        return None, False
    described = {plain(text).rstrip(".… ")[:_SAME_WORDS] for text in _descriptions(stated) if len(text) >= _SHORTEST_STANDFIRST}
    found = next(_described(headline, described), None)
    if found is None:
        return _marked_standfirst(headline), False
    return found, any("newsarticle" in kind for kind in stated.types())


def stands_in(standfirst: str, lines: Sequence[str]) -> bool:
    """Whether a text holds the standfirst already."""
    start = plain(standfirst)[:_SAME_WORDS]
    return any(start in plain(line) for line in lines)


def _described(headline: HtmlElement, described: set[str]) -> Iterator[str]:
    for element in following(headline):
        if element.tag in _PARAGRAPHS and any(_starts_so(element, start) for start in described):
            text = text_of(element)
            if len(text) <= _LONGEST_STANDFIRST and not any(child.tag in _PARAGRAPHS - {"span"} for child in element):
                yield text


def _starts_so(element: HtmlElement, start: str) -> bool:
    begun = ""
    for text in element.itertext():
        begun += text
        if len(begun) > 4 * _SAME_WORDS:
            break
    return plain(begun).startswith(start)


def _marked_standfirst(headline: HtmlElement) -> str | None:
    """The text of an element near the headline whose class says that it is the standfirst."""
    node: HtmlElement | None = headline
    for _ in range(3):
        for sibling in node.itersiblings() if node is not None else ():
            for element in (sibling, *sibling.iter("p", "h2", "div", "section")):
                if has_word(element, _STANDFIRST_CLASS):
                    text = text_of(element)
                    if 20 <= len(text) <= _LONGEST_STANDFIRST:
                        return text
        node = node.getparent() if node is not None else None
    return None
