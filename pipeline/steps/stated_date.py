"""The publication days a page states for machines: JSON-LD, then meta elements, then marked elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from lxml.html import HtmlElement

from db.readings import PublicationDate
from db.vocabulary import DateEvidence, Precision
from pipeline.steps.date_context import DateContext
from pipeline.steps.date_phrases import Phrase, find_date, read_instant, read_month, written_days
from pipeline.steps.page_date import in_comment, in_teaser
from pipeline.steps.structured import Statements, text_value
from pipeline.steps.tree import text_of, words_of

_META = (
    "article:published_time", "article:published", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "publish-date", "publish_date", "publication_date", "pubdate", "publishdate",
    "article.published", "article_date_original", "originalpublicationdate", "dc.date.issued", "dcterms.issued", "dc.date.published",
    "published", "date_published", "publisheddate", "publish_time", "publishtime", "pub_date", "article_publication_date",
    "rnews:datepublished", "bt:pubdate", "article:post_date", "ptime", "citation_publication_date", "citation_online_date", "citation_date",
    "og:pubdate", "publicationdate", "publication-date", "article:published_date", "article:publish_time", "published_at", "published_time",
    "publishedat", "dateposted", "date_posted", "prism.publicationdate", "weibo:article:create_at", "apub:time",
)  # fmt: skip
_VAGUE_META = ("dcterms.created", "dc.date.created", "dc.date", "dcterms.date", "date", "cdate")
"""Names of a day of the page that many systems fill with the one its record was made or moved on: below those of publication."""
_MARKED = (
    "//*[@itemprop[contains(concat(' ', ., ' '), ' datePublished ')] or @property[contains(concat(' ', ., ' '), ' datePublished ')"
    " or contains(., 'schema:datePublished') or contains(., 'dc:created')]][not(self::meta)] | //time[@pubdate]"
)
"""Microdata, RDFa (of schema.org, and as Drupal writes it), and a `pubdate` of HTML drafts."""
_MOST = 3


@dataclass(frozen=True, slots=True)
class Stated:
    """A stated day: `other` is the day that its figures may mean as well (03-04-2026)."""

    published: PublicationDate
    why: str
    other: date | None = None
    is_vague: bool = False
    """Whether the name it is stated by does not say that it is the day of publication."""


def stated_dates(tree: HtmlElement, stated: Statements, here: DateContext) -> Iterator[Stated]:
    """Every day the page states, best evidence first."""
    for key in ("datePublished", "dateCreated", "uploadDate"):
        found = machine_date(text_value(stated.article.get(key)), DateEvidence.JSON_LD, here)
        if found:
            yield Stated(found, f"JSON-LD {key}")
    for node in stated.nodes:
        found = machine_date(text_value(node.get("datePublished")), DateEvidence.JSON_LD, here) if not stated.article else None
        if found:
            yield Stated(found, "JSON-LD datePublished of the page")
            break
    for name in _META:
        for value in stated.meta.get(name, ())[:1]:
            yield from _read(value, DateEvidence.META, here, f"meta {name}", tree)
    marked = tree.xpath(_MARKED)
    for element in [one for one in marked[: 4 * _MOST] if not _is_of_another(one)][:_MOST]:
        value = element.get("datetime") or element.get("content") or text_of(element)
        yield from _read(value, DateEvidence.MICRODATA, here, "itemprop datePublished", tree)
    for name in _VAGUE_META:
        for value in stated.meta.get(name, ())[:1]:
            yield from (replace(one, is_vague=True) for one in _read(value, DateEvidence.META, here, f"meta {name}", tree))


def _read(value: str, evidence: DateEvidence, here: DateContext, why: str, tree: HtmlElement) -> Iterator[Stated]:
    machine = machine_date(value, evidence, here)
    if machine:
        yield Stated(machine, why)
        return
    phrase = find_date(value, zone=here.zone, now=here.fetched_at, month_first=here.month_first, language=here.language)
    if phrase:
        phrase = _settled_by_text(phrase, tree)
        yield Stated(PublicationDate(phrase.on, phrase.precision, evidence, phrase.at), why, phrase.other)


def _settled_by_text(phrase: Phrase, tree: HtmlElement) -> Phrase:
    """Of the two days that figures may mean (11/01/2023), the one that the page writes in words or in an order that is clear."""
    if phrase.other is None:
        return phrase
    written = {one.on for one in written_days(words_of(tree), month_first=False) if one.other is None}
    if phrase.other not in written or phrase.on in written:
        return phrase
    return replace(phrase, on=phrase.other, other=phrase.on, at=phrase.at and phrase.at + (phrase.other - phrase.on))


def _is_of_another(element: HtmlElement) -> bool:
    """Whether a marked day is that of a comment, or of an article that is only linked to."""
    return in_teaser(element) or in_comment(element)


def machine_date(value: str | None, evidence: DateEvidence, here: DateContext) -> PublicationDate | None:
    """An ISO 8601 date, instant or month; in the source's zone if that is known, else the day as it is written."""
    read = read_instant(value, here.zone) if value else None
    if not read or not value:
        month = read_month(value) if value else None
        return PublicationDate(month, Precision.MONTH, evidence) if month else None
    day, at = read
    if at is None:
        return PublicationDate(day, Precision.DAY, evidence)
    if here.zone_is_known:
        day = at.astimezone(here.zone).date()
    seconds = re.search(r":\d\d:\d\d", value) is not None
    return PublicationDate(day, Precision.SECOND if seconds else Precision.MINUTE, evidence, at)


def written_date(value: str, evidence: DateEvidence, here: DateContext) -> PublicationDate | None:
    """The first day a short text writes, in words or figures."""
    phrase = find_date(value, zone=here.zone, now=here.fetched_at, month_first=here.month_first, language=here.language)
    return PublicationDate(phrase.on, phrase.precision, evidence, phrase.at) if phrase else None
