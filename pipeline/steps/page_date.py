"""The last resorts for a day: places the page marks as dates, then htmldate over a copy without its frame, distrusted where it guesses.

htmldate runs in its fast mode: the extensive one asks dateparser, whose first miss costs 2.4 CPU seconds a process.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from htmldate import extractors
from htmldate import find_date as search_page
from lxml.html import HtmlElement

from pipeline.steps.date_phrases import Phrase, written_days
from pipeline.steps.dateline import is_other, is_update, says_published, tells_of_another_day
from pipeline.steps.headline import date_text, enclosing, said_before
from pipeline.steps.tree import ancestors_and_self, drop, has_word, text_of

logging.getLogger("htmldate").setLevel(logging.CRITICAL)  # its warnings about odd pages are no business of our users
_MARKED = re.compile(
    r"date|datum|fecha|publi|posted|time(?:stamp)?\b|entry-meta|post-meta|article-?(?:meta|info)|created|dateline", re.IGNORECASE
)
_NOT_ITS_OWN = re.compile(
    r"sidebar|widget|footer|comment|related|teaser|latest|popular|menu|top-?bar|masthead|clock|horloge|today|current|date-?du-?jour|header-?date|ticker|update|wm-ipp",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"comment|kommentar|forum-?(?:post|message)", re.IGNORECASE)
_COMMENTS = re.compile(r"(?:^|\s)(?:comments?|comment-?list|comments-area|kommentare|commentaires|comentarios)(?:\s|$)", re.IGNORECASE)
"""What a list of comments is called; commentaries are called so too, in longer names."""
_PUBLISHED = re.compile("publish(?:ed|-?date)", re.IGNORECASE)
"""Microformats call one element `published updated` where an article was never changed."""
_ITS_OWN = re.compile(r"(?:entry|post|article|story)[\w-]*footer|news-?single|single-?(?:post|news|article)|article-?detail", re.IGNORECASE)
"""Names of the article itself or of its own footer, where many templates state the day."""
_OWN_DATE = re.compile(r"(?:article|post|entry|story|news|publi\w*)[\w-]*dat(?:e|um)|published", re.IGNORECASE)
_TITLE = 30
"""Characters of a linked title."""
_OTHER_META = re.compile("title|description|image|keywords|url|modif|updat|revis|expir|unavailable|last", re.IGNORECASE)
"""Names of statements that hold no publication day."""
_NO_LIMIT = "2200-12-31"
_FILLINGS = (datetime(2000, 1, 1), datetime(2003, 2, 2))  # noqa: DTZ001 - only their days are compared, no instants
_LONGEST_ATTRIBUTE, _LONGEST_LINE, _LONGEST_SENTENCE = 60, 150, 400
_BLOCKS = (
    "p",
    "div",
    "li",
    "td",
    "section",
    "article",
    "main",
    "body",
    "ul",
    "ol",
    "table",
    "tr",
    "dd",
    "dt",
    "blockquote",
    "fieldset",
    "center",
    "h2",
    "h3",
    "h4",
)
_FRAME = ("nav", "header", "footer", "aside", "script", "style")
_FACTS = 200
"""Characters up to which an aside of the article states facts of it (day, author, length) rather than other articles."""


def marked_phrase(
    tree: HtmlElement,
    headline: HtmlElement | None,
    read: Callable[[str], Phrase | None],
    is_prose: Callable[[str], bool],
    fetched_at: datetime | None,
) -> Phrase | None:
    """The first date `read` finds in an element that says by class, id or tag that it is one, outside frame and sentences."""
    around = holders(tree, headline)
    for element in tree.iter("time", "span", "div", "p", "li", "small", "em", "td", "abbr", "dd"):
        if element.tag != "time" and not has_word(element, _MARKED):
            continue
        text = element.get("datetime") or date_text(element)
        if not 6 <= len(text) <= 120 or in_frame(element, around) or in_teaser(element):
            continue
        phrase = read(text)
        said = said_before(element)
        if not phrase or is_update(said) or is_other(said) or is_prose(enclosing(element)) or is_prose(text_of(element)):
            continue
        if not is_fetch_day(phrase.on, fetched_at) or any(one.tag in {"article", "main"} for one in element.iterancestors()):
            return phrase
    return None


def in_comment(element: HtmlElement) -> bool:
    """Whether an element stands among what readers wrote below the article."""
    return any(has_word(one, _COMMENT) for one in ancestors_and_self(element) if one.tag not in {"body", "html"})


def is_card(element: HtmlElement) -> bool:
    """Whether an element is the card of another article: it holds a linked title and no headline, or stands in an aside."""
    if any(one.tag in {"aside", "nav", "footer"} for one in ancestors_and_self(element)):
        return True
    return next(element.iter("h1"), None) is None and any(len(text_of(link)) >= _TITLE for link in element.iter("a"))


def in_teaser(element: HtmlElement) -> bool:
    """Whether an element stands in a link that holds more than a date: that is a teaser of another article."""
    return any(one.tag == "a" and is_teaser(one) for one in element.iterancestors())


def is_teaser(link: HtmlElement) -> bool:
    """Whether a link holds more than a date."""
    return len(text_of(link)) > _LONGEST_ATTRIBUTE


def is_fetch_day(day: date, fetched_at: datetime | None) -> bool:
    """Whether a day is that of the visit, give or take one: what a clock shows."""
    return fetched_at is not None and abs(day - fetched_at.date()) <= timedelta(days=1)


def holders(tree: HtmlElement, headline: HtmlElement | None) -> frozenset[HtmlElement]:
    """The elements around the headline and the longest article, which are never frame, whatever they are called."""
    around = [] if headline is None else list(headline.iterancestors())
    if not any(element.tag == "article" for element in around):
        longest = max(tree.iter("article"), key=lambda article: len(text_of(article)), default=None)
        around += [] if longest is None else ancestors_and_self(longest)
    return frozenset(around)


def in_frame(element: HtmlElement, around: frozenset[HtmlElement]) -> bool:
    """Whether an element stands in what surrounds articles. The header, footer and short asides of the article itself do not."""
    return any(is_frame(one, around) for one in ancestors_and_self(element))


def is_frame(element: HtmlElement, around: frozenset[HtmlElement]) -> bool:
    """Whether an element is itself a part of what surrounds articles, by its tag or its names."""
    if element.tag in {"body", "html"} or element in around:
        return False
    if has_word(element, _NOT_ITS_OWN) and not has_word(element, _PUBLISHED) and not has_word(element, _ITS_OWN):
        return True
    if element.tag not in _FRAME:
        return False
    own = next((one for one in element.iterancestors() if one.tag in {"article", "main"}), None)
    if own is None or own not in around or element.tag in {"nav", "script", "style"}:
        return True
    return element.tag == "aside" and len(text_of(element)) > _FACTS


def names_own_day(element: HtmlElement, around: frozenset[HtmlElement]) -> bool:
    """Whether a framed element is called the article's date, in an aside that is nothing else by name and beside no linked title."""
    if not has_word(element, _OWN_DATE) or any(one.tag == "a" for one in element.iterancestors()):
        return False
    frames = [one for one in element.iterancestors() if is_frame(one, around)]
    beside = [*islice(element.itersiblings(preceding=True), 2), *islice(element.itersiblings(), 2)]
    is_teasers = any(len(text_of(link)) >= _TITLE for one in beside for link in one.iter("a"))
    return not is_teasers and all(one.tag == "aside" and not has_word(one, _NOT_ITS_OWN) for one in frames)


def guess_day(tree: HtmlElement, url: str, fetched_at: datetime | None, *, month_first: bool = False) -> date | None:
    """A day htmldate finds in the page, if the page writes that whole day in one place that is no sentence."""
    page = _without_frame(tree)
    latest = (fetched_at + timedelta(days=1)).strftime("%Y-%m-%d") if fetched_at else _NO_LIMIT
    try:
        found = search_page(page, extensive_search=False, original_date=True, url=url, max_date=latest)
    except Exception:  # noqa: BLE001 - htmldate raises many kinds of errors on odd pages; without it the day stays unknown
        return None
    day = date.fromisoformat(found) if found else None
    if day is None or is_fetch_day(day, fetched_at):
        return None  # htmldate cannot tell a clock in the masthead from the day of an article
    places = _places(page) if (day.month, day.day) != (1, 1) else _lines(page)  # 1 January in an attribute is a default
    return day if any(_writes(text, day, month_first=month_first) for text in places) else None


def day_of_month(tree: HtmlElement, month: date, *, month_first: bool) -> date | None:
    """The only day of a month (given by its first) that a page without its frame writes by itself, or says it was published on."""
    page = _without_frame(tree)
    days: set[date] = set()
    said: set[date] = set()
    for text in _lines(page, _LONGEST_SENTENCE):
        for phrase in written_days(text, month_first=month_first):
            if (phrase.on.year, phrase.on.month) != (month.year, month.month):
                continue
            if len(text) <= _LONGEST_LINE and not tells_of_another_day(text, phrase):
                days.add(phrase.on)
            elif says_published(text, phrase):
                said.add(phrase.on)
    found = days or said
    return found.pop() if len(found) == 1 else None


def _without_frame(tree: HtmlElement) -> HtmlElement:
    """A copy of a page without what surrounds articles, the times of changes and teasers of other articles."""
    page = deepcopy(tree)
    changed = [time for time in page.iter("time") if has_word(time, _NOT_ITS_OWN) and not has_word(time, _PUBLISHED)]
    teasers = [link for link in page.iter("a") if len(link) and next(link.iter(*_BLOCKS), None) is not None and is_teaser(link)]
    comments = [one for one in page.iter("div", "section", "ol", "ul") if has_word(one, _COMMENTS) and next(one.iter("h1"), None) is None]
    for element in [*page.iter(*_FRAME), *changed, *teasers, *comments]:
        drop(element)
    return page


def _writes(text: str, day: date, *, month_first: bool) -> bool:
    return any(phrase.on == day and not tells_of_another_day(text, phrase) for phrase in written_days(text, month_first=month_first))


def _places(page: HtmlElement) -> Iterator[str]:
    """The short texts of a page that may be datelines, and the attributes that hold dates; not headlines, which tell of other days."""
    for element in page.iter("meta", "abbr"):
        value = (element.get("content") if element.tag == "meta" else element.get("title")) or ""
        if value and len(value) <= _LONGEST_ATTRIBUTE and not _OTHER_META.search(element.get("property") or element.get("name") or ""):
            yield value
    yield from _lines(page)


def _lines(page: HtmlElement, longest: int = _LONGEST_LINE) -> Iterator[str]:
    for element in page.iter(*_BLOCKS):
        whole = not any(child.tag in _BLOCKS for child in element.iterdescendants())
        if not whole:
            yield from (piece.strip() for piece in (element.text, *(child.tail for child in element)) if piece and 6 <= len(piece) <= 150)
            continue
        text = text_of(element)
        if len(text) <= longest and not is_other(said_before(element)):
            yield text
            if _stands_alone(text):
                yield from (time.get("datetime") or "" for time in element.iter("time") if not is_update(said_before(time)))


def _stands_alone(text: str) -> bool:
    return len(text.split()) <= 6


def _whole_dates_only(parse: Callable[..., datetime]) -> Callable[..., datetime]:
    """`parse` without its habit of filling in what a date leaves out from the clock: a date that is not whole is an error to it."""

    def parse_whole(text: str, **options: Any) -> datetime:
        one, other = (parse(text, **{**options, "default": default}) for default in _FILLINGS)
        if one.date() != other.date():
            raise ValueError(text)
        return one

    return parse_whole


# htmldate has no setting for this, and the clock of the computer must have no say in what a page is read as
setattr(extractors, "dateutil_parse", _whole_dates_only(getattr(extractors, "dateutil_parse")))  # noqa: B009, B010 - the name is private to htmldate
