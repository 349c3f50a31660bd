"""Whether a page is an article at all, and if not, what it is instead; and how whole an article's text is.

A wrong rejection loses an article, a wrong acceptance stores clutter: a page is only rejected on evidence, and strong statements of
being an article (JSON-LD, og:type with a date) outweigh anything but an error page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from db.readings import PublicationDate
from db.vocabulary import ArticleStatus, DateEvidence, PageReason
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import pattern, plain, words
from pipeline.steps.live_coverage import live_coverage
from pipeline.steps.press_review import press_review
from pipeline.steps.structured import Statements
from pipeline.steps.tree import text_of

_LISTING_TYPES = frozenset(("collectionpage", "searchresultspage", "itemlist", "profilepage", "contactpage", "aboutpage"))
_LISTING_CLASSES = frozenset(
    ("home", "archive", "category", "tag", "search", "search-results", "author", "blog", "paged", "front", "is-front")
)
_ARTICLE_CLASSES = re.compile(
    r"(?:^|\s)(?:single|single-post|postid-\d+|page-node-\d+|node-type-article|article-page|post-template\S*)(?:\s|$)"
)
_LONG = 140
_SHORT_TEXT = 400
_WALL = 250
"""Characters up to which a text may be nothing but an invitation to subscribe."""
_HARDLY = 60
_DATED = frozenset((DateEvidence.JSON_LD, DateEvidence.META, DateEvidence.MICRODATA))
_PAGE_ADDRESS = re.compile(r"(?:^|/)page/\d+|[?&](?:page|paged|start|debut\w*|offset)=\d+")
"""One page of several; that of the next or the previous *article*, which blogs state by the same relations, is none."""
_ARTICLE_QUERY = re.compile(r"(?:^|&)(?:p|id|article|art|newsid|storyid|id_article)=\d+")
_ARTICLE_PATH = re.compile(r"/\d{4}/\d{1,2}/|\d{5,}|(?:[^/-]+-){3,}[^/]*/?$|\.html?$|,\d+")


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a page's shape tells articles from listings; measured before anything is cut."""

    linked_headings: int
    prose: int
    """Characters in long paragraphs that are mostly not links."""
    body_classes: str
    has_video: bool
    images: int
    paginated: bool
    article_elements: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Everything the verdict rests on."""

    url: str
    title: str
    page_title: str
    text: str
    stated: Statements
    shape: Shape
    published: PublicationDate | None
    shown: str = ""
    """The words of the whole page, before anything was cut from it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is None for an article."""

    reason: PageReason | None
    detail: str = ""


def measure(tree: HtmlElement) -> Shape:
    """The shape of a page."""
    body = tree.find("body")
    prose = 0
    for paragraph in tree.iter("p"):
        length = sum(len(text) for text in paragraph.itertext())
        if length >= _LONG:
            linked = sum(len(text) for link in paragraph.iter("a") for text in link.itertext())
            prose += length if linked < 0.5 * length else 0
    frames = [
        frame for frame in tree.iter("iframe", "embed", "object") if _video_source().search(frame.get("src") or frame.get("data-src") or "")
    ]
    return Shape(
        linked_headings=sum(_is_linked(heading) for tag in ("h2", "h3", "h4") for heading in tree.iter(tag)),
        prose=prose,
        body_classes=f" {body.get('class') or ''} " if body is not None else "",
        has_video=bool(frames) or next(tree.iter("video"), None) is not None,
        images=sum(1 for figure in tree.iter("figure") if next(figure.iter("img"), None) is not None),
        paginated=any(_PAGE_ADDRESS.search(link.get("href") or "") for link in tree.xpath("//link[@rel='next' or @rel='prev']")),
        article_elements=sum(1 for _ in tree.iter("article")),
    )


def judge(page: Candidate, journal: Journal) -> Verdict:
    """Article or not; the first rule that has enough evidence decides."""
    verdict = next((verdict for verdict in _verdicts(page) if verdict), Verdict(None))
    shown = verdict.reason.value if verdict.reason else "article"
    journal.note("judge", "verdict", shown, verdict.detail or f"{len(page.text)} characters of text, evidence {article_evidence(page)}")
    return verdict


def _verdicts(page: Candidate) -> Iterator[Verdict | None]:
    yield _apology(page)
    yield _listing(page)
    yield _wall(page)
    yield _picture_page(page)
    yield _nothing(page)


def article_evidence(page: Candidate) -> int:
    """How strongly a page says that it is an article: 0 not at all, from 3 on it does."""
    kind = (page.stated.first_meta("og:type") or "").lower()
    score = 3 if page.stated.article else 0
    score += 2 if kind in {"article", "og:article", "news", "blog", "post", "newsarticle"} else 0
    score += 1 if page.published and page.published.evidence in _DATED else 0
    score += 2 if _ARTICLE_CLASSES.search(page.shape.body_classes) else 0
    own_day = page.published is not None and page.published.evidence is DateEvidence.HEADLINE
    score += (2 if own_day else 1) if _is_article_address(page.url) else 0
    return score


def _is_article_address(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_ARTICLE_PATH.search(parts.path) or _ARTICLE_QUERY.search(parts.query))


def _apology(page: Candidate) -> Verdict | None:
    """Error pages, pages that are gone, challenges, consent walls: their title says so, and there is little text."""
    if len(page.text) > 1_500 and page.stated.article:
        return None
    shown = [plain(text) for text in (page.title, page.page_title) if text]
    short = len(page.text) < 900
    for key, reason in (
        ("soft_404", PageReason.SOFT_404),
        ("error_page", PageReason.ERROR_PAGE),
        ("blocked", PageReason.BLOCKED),
        ("consent", PageReason.CONSENT),
    ):
        said = next((title for title in shown if _title_says(key, title)), None)
        if said and short and not (page.stated.article and page.published):
            return Verdict(reason, f"its title says so: {said[:80]}")
    opening = plain(page.text[:300])
    if len(page.text) < _SHORT_TEXT and article_evidence(page) < 3:
        for key, reason in (("soft_404", PageReason.SOFT_404), ("consent", PageReason.CONSENT)):
            if _opens_with(key).match(opening):
                return Verdict(reason, f"its text says so: {opening[:80]}")
    return None


def _title_says(key: str, title: str) -> bool:
    """A phrase of the list is the title, or begins or ends it beside a separator; a headline that only mentions it is no apology."""
    if title in words("judge", key):
        return True
    return _alone(key).search(title) is not None


def _listing(page: Candidate) -> Verdict | None:
    """Front, section, tag, author and search pages."""
    parts = urlsplit(page.url)
    segments = [segment for segment in plain(parts.path).split("/") if segment]
    if parts.netloc and not segments and not _ARTICLE_QUERY.search(parts.query):
        return Verdict(PageReason.LISTING, "the front page of its host")
    evidence = article_evidence(page)
    shape = page.shape
    types = page.stated.types()
    score = 0
    said: list[str] = []
    for holds, weight, why in (
        (bool(_LISTING_TYPES & types) and not page.stated.article, 3, "its JSON-LD is of a list"),
        (
            bool(_LISTING_CLASSES & set(shape.body_classes.lower().split())) and not _ARTICLE_CLASSES.search(shape.body_classes),
            3,
            "its body has a class of lists",
        ),
        (bool(set(words("judge", "listing_segments")) & set(segments[:2] + segments[-2:-1])), 2, "its path is one of lists"),
        ((page.stated.first_meta("og:type") or "").lower() == "website", 1, "og:type is website"),
        (
            shape.paginated or _PAGE_ADDRESS.search(page.url) is not None,
            2,
            "it is paginated",
        ),
        (shape.linked_headings >= 6 and shape.prose < 1_200, 2, f"{shape.linked_headings} linked headings"),
        (shape.linked_headings >= 15 and shape.prose < 2_500, 1, "very many linked headings"),
        (shape.article_elements >= 5 and shape.prose < 1_500, 1, f"{shape.article_elements} article elements"),
        (shape.prose < 200, 1, "hardly any prose"),
        (parts.netloc != "" and len(segments) <= 2 and not _is_article_address(page.url), 1, "a short path"),
        (shape.prose >= 1_500, -2, "much prose"),
    ):
        if holds:
            score += weight
            said.append(why)
    if score - evidence >= 3:
        return Verdict(PageReason.LISTING, "; ".join(said))
    return None


def _wall(page: Candidate) -> Verdict | None:
    """A page whose whole text is the invitation to subscribe."""
    if len(page.text) >= _WALL:
        return None
    opening = plain(page.text)[:200]
    only_invites = any(_opens_with(key).search(opening) for key in ("paywall", "login"))
    says_nothing = len(page.text) < _HARDLY and article_evidence(page) < 3 and _anywhere("paywall").search(plain(page.shown))
    return Verdict(PageReason.PAYWALL, "nothing but the invitation to subscribe") if only_invites or says_nothing else None


def _picture_page(page: Candidate) -> Verdict | None:
    """Video and gallery pages: a caption is not an article, unless the page says it is one."""
    if len(page.text) >= _SHORT_TEXT:
        return None
    segments = set(plain(urlsplit(page.url).path).split("/"))
    types = page.stated.types()
    evidence = article_evidence(page)
    if (
        ("videoobject" in types or page.shape.has_video)
        and segments & set(words("judge", "video"))
        and (evidence < 3 or len(page.text) < 60)
    ):
        return Verdict(PageReason.VIDEO, f"a film and {len(page.text)} characters of text")
    if (page.stated.first_meta("og:type") or "").lower().startswith("video") and evidence < 3 and len(page.text) < 250:
        return Verdict(PageReason.VIDEO, "og:type is video")
    galleries = {"imagegallery", "mediagallery"} & types
    if (galleries or segments & set(words("judge", "gallery"))) and evidence < 3 and (galleries or page.shape.images >= 4):
        return Verdict(PageReason.GALLERY, f"{page.shape.images} figures and {len(page.text)} characters of text")
    return None


def _nothing(page: Candidate) -> Verdict | None:
    if not any(character.isalnum() for character in page.text):
        if page.shape.has_video:
            return Verdict(PageReason.VIDEO, "a film and no text")
        return Verdict(PageReason.EMPTY, "no text could be found")
    if not page.title and len(page.text) < _SHORT_TEXT:
        return Verdict(PageReason.EMPTY, "no title and hardly any text")
    if len(page.text) < 120 and article_evidence(page) < 2:
        return Verdict(PageReason.EMPTY, f"{len(page.text)} characters of text, and nothing says that this is an article")
    return None


def status_of(page: Candidate, section: str | None, journal: Journal) -> ArticleStatus:
    """How whole the text of an article is, and whether it tells what other papers say, or what is happening."""
    status, why = _status(page, section)
    if status is not ArticleStatus.COMPLETE:
        journal.note("judge", "status", status.value, why)
    return status


def _status(page: Candidate, section: str | None) -> tuple[ArticleStatus, str]:
    free = page.stated.article.get("isAccessibleForFree")
    closed = isinstance(free, bool | str) and str(free).lower() in {"false", "http://schema.org/false"}
    if closed and len(page.text) < 2_000:
        return ArticleStatus.PAYWALLED, "the page says that it is not free, and the text is short"
    if len(page.text) < 1_500 and _anywhere("paywall").search(plain(page.shown)):
        return ArticleStatus.PAYWALLED, "a short text and an invitation to subscribe"
    if "liveblogposting" in page.stated.types():
        return ArticleStatus.LIVE, "JSON-LD LiveBlogPosting"
    for kind, why in (
        (ArticleStatus.LIVE, live_coverage(page.title, page.url, page.shown)),
        (ArticleStatus.PRESS_REVIEW, press_review(page.title, section, page.url)),
    ):
        if why:
            return kind, why
    if len(page.text) < 250:
        return ArticleStatus.PARTIAL, f"{len(page.text)} characters of text"
    return ArticleStatus.COMPLETE, ""


def _is_linked(heading: HtmlElement) -> bool:
    link = next(heading.iter("a"), None)
    if link is None:
        parent = heading.getparent()
        return parent is not None and parent.tag == "a" and bool(text_of(heading))
    return bool((link.text or "").strip() or len(link))


@cache
def _alone(key: str) -> re.Pattern[str]:
    phrases = pattern("judge", key)
    sorry = rf"(?:{pattern('judge', 'apologies')}\W+)?"
    return re.compile(rf"^[\W\d]*{sorry}{phrases}\s*(?:$|[-–|:.!…•»].{{0,25}}$)|[-–|:•»]\s*{phrases}[\W]*$")


@cache
def _opens_with(key: str) -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{pattern('judge', 'apologies')}\W+)?{pattern('judge', key)}\b")


@cache
def _anywhere(key: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){pattern('judge', key)}(?!\w)")


@cache
def _video_source() -> re.Pattern[str]:
    return re.compile(r"youtube|youtu\.be|vimeo|dailymotion|dai\.ly|facebook\.com/plugins/video|brightcove|jwplayer|player", re.IGNORECASE)
