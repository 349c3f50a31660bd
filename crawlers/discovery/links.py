"""Whether an address is an article's, a listing's or neither: first by the source's own patterns, else by the shape of the address.

Only the address is looked at. What a page really holds is judged after reading; a wrong `article` here costs one fetch.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from crawlers.discovery import link_words as words
from crawlers.discovery import traps
from crawlers.source import Source, path_of
from db.identity import clean_url, fold, is_home, url_key
from db.url_noise import SESSION_IN_PATH
from db.vocabulary import Trap


class LinkKind(StrEnum):
    """What an address most probably leads to."""

    ARTICLE = "article"
    PART = "part"  # a further page of an article: followed from the page before it only
    LISTING = "listing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind and the sign it rests on, in words for a person."""

    kind: LinkKind
    why: str
    weak: bool = False
    """It rests only on the absence of signs: whoever knows more may overrule it."""
    trap: Trap | None = None
    """What makes the address one that leads on for ever."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An address taken apart for the rules: everything decoded and folded."""

    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]

    @property
    def last(self) -> str:
        """The last segment of the path, empty for the root."""
        return self.segments[-1] if self.segments else ""

    @property
    def extension(self) -> str:
        """File extension of the last segment without its dot, empty if there is none."""
        found = re.search(r"\.([a-z][a-z0-9]{1,5})$", self.last)
        return found[1] if found else ""

    @property
    def stem(self) -> str:
        """The last segment without extension."""
        return self.last[: -len(self.extension) - 1] if self.extension else self.last

    @property
    def names(self) -> set[str]:
        """Names of the query's parameters."""
        return {name for name, _ in self.query}

    def segment_in(self, vocabulary: frozenset[str]) -> str | None:
        """The first segment of that vocabulary, the last one taken without its extension too."""
        return next((segment for segment in (*self.segments, self.stem) if segment in vocabulary), None)

    def without_last(self, count: int) -> Shape:
        """The shape without its last `count` segments and without its query."""
        return Shape(self.segments[:-count] if count else self.segments, ())


Rule = Callable[[Shape], Verdict | None]


def classify(url: str, source: Source) -> Verdict:  # noqa: PLR0911 - a table of cases reads best as one
    """Judge one absolute address. Never raises: what cannot be fetched or is not on the source's site is `other`."""
    cleaned = clean_url(url)
    if cleaned is None:
        return other("not a fetchable address")
    if not source.is_on_site(cleaned):
        return other("off site")
    trap = endless(cleaned)
    if trap is not None:
        return other(ENDLESS[trap], trap)
    address = path_of(cleaned)
    denied = denied_by(cleaned, source)
    if denied is not None:
        return other(f"denied by the source ({denied})")
    allowed = next((pattern for pattern in source.allow if re.search(pattern, address)), None)
    if allowed is not None:
        return article(f"allowed by the source ({allowed})")
    verdict = _by_shape(cleaned, source)
    if source.allow and verdict.kind is LinkKind.ARTICLE:
        return other("matches no article pattern of the source")
    return verdict


def denied_by(url: str, source: Source) -> str | None:
    """The source's own pattern that keeps an address from being followed."""
    return next((pattern for pattern in source.deny if re.search(pattern, path_of(url))), None)


def article(why: str) -> Verdict:
    """Verdict in one word."""
    return Verdict(LinkKind.ARTICLE, why)


def listing(why: str) -> Verdict:
    """Verdict in one word."""
    return Verdict(LinkKind.LISTING, why)


def other(why: str, trap: Trap | None = None) -> Verdict:
    """Verdict in one word."""
    return Verdict(LinkKind.OTHER, why, trap=trap)


def may_be_article(url: str, source: Source) -> bool:
    """Whether an address that a feed or a sitemap of articles names may be one: short slugs pass, services and sections do not."""
    verdict = classify(url, source)
    return verdict.kind is LinkKind.ARTICLE or (verdict.weak and not source.allow)


def may_hold_text(url: str, source: Source) -> bool:
    """Whether a kept page at an address may be one of an article's: pages after the first too, that no list names."""
    return may_be_article(url, source) or classify(url, source).kind is LinkKind.PART


def endless(url: str) -> Trap | None:
    """The trap of an address that grows by itself, and that a source's pattern would let grow."""
    shape = shape_of(url)
    return traps.endless(shape.segments, shape.query)


def shape_of(url: str) -> Shape:
    """Take an address apart, without AMP's own final segment and without tracking and visits' numbers, which change nothing."""
    parts = urlsplit(url)
    path = SESSION_IN_PATH.sub("", parts.path)
    segments = [fold(unquote(segment)).strip() for segment in path.split("/")]
    segments = [segment for segment in segments if segment]
    if segments[-1:] == ["amp"]:
        segments.pop()
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors="replace")
    meant = _meaningful_names(url) | words.SHARE_PARAMETERS | words.PAGE_PARAMETERS if pairs else frozenset()
    return Shape(tuple(segments), tuple((name.lower(), value) for name, value in pairs if name.lower() in meant))


def _meaningful_names(url: str) -> frozenset[str]:
    """Parameters that belong to the address's identity."""
    try:
        query = urlsplit(url_key(url)).query
    except ValueError:
        query = urlsplit(url).query
    return frozenset(name.lower() for name, _ in parse_qsl(query, keep_blank_values=True, errors="replace"))


def _by_shape(url: str, source: Source) -> Verdict:
    if _is_front_page(url, source):
        return listing("front page")
    shape = shape_of(url)
    return next((verdict for rule in RULES if (verdict := rule(shape)) is not None), NO_SIGN)


def _is_front_page(url: str, source: Source) -> bool:
    try:
        return is_home(url) or url_key(url) == url_key(source.home)
    except ValueError:
        return False


# ---------------------------------------------------------------- rules, in order: the first that knows decides


def _deep(shape: Shape) -> Verdict | None:
    return other(f"path of {len(shape.segments)} segments", Trap.DEPTH) if traps.is_deep(shape.segments) else None


def _file(shape: Shape) -> Verdict | None:
    if shape.extension in words.MEDIA_FILES:
        return other(f"file (.{shape.extension})")
    return other(f"feed or data (.{shape.extension})") if shape.extension in words.FEED_FILES else None


def _service(shape: Shape) -> Verdict | None:
    """Pages of the site's machinery, by a word anywhere in the path."""
    for vocabulary, name in SERVICES:
        word = shape.segment_in(vocabulary)
        if word is not None:
            dated = vocabulary is words.CALENDAR and traps.names_month(shape.segments, shape.query)
            return other(f"{name} ({word})", Trap.CALENDAR if dated else None)
    return None


def _fixed(shape: Shape) -> Verdict | None:
    if len(shape.segments) <= 3 and (shape.last in words.FIXED or shape.stem in words.FIXED):
        return other(f"a page every site has ({shape.stem})")
    return None


def _query_service(shape: Shape) -> Verdict | None:
    for vocabulary, name in QUERY_SERVICES:
        found = shape.names & vocabulary
        if found:
            return other(f"{name} ({min(found)}=)", Trap.CALENDAR if vocabulary is words.CALENDAR_PARAMETERS else None)
    view = next((value for name, value in shape.query if name == "page" and re.match(r"[a-z]", value)), "article")
    return None if view in {"article", "rubrique", "sommaire"} else other(f"feed, print or service view (page={view})")


def _query_page(shape: Shape) -> Verdict | None:
    """`?page=2`, `?debut_articles=20`: a later page of whatever the path is."""
    later = any(
        (name in words.PAGE_PARAMETERS or name.startswith("debut_")) and re.fullmatch(r"[0-9,]{1,9}", value) for name, value in shape.query
    )
    if not later:
        return None
    others = (pair for pair in shape.query if pair[0] not in words.PAGE_PARAMETERS and not pair[0].startswith("debut_"))
    rest = Shape(shape.segments, tuple(others))
    return _later_page_of(rest)


def _path_page(shape: Shape) -> Verdict | None:
    """`/page/2/`, `/page-2.html`: a later page of whatever stands before."""
    if len(shape.segments) >= 2 and shape.segments[-2] in words.LATER_PAGES and re.fullmatch(r"\d{1,6}", shape.stem):
        return _later_page_of(shape.without_last(2))
    if re.fullmatch(r"comment-page-\d+", shape.last):
        return other("comments")
    return _later_page_of(shape.without_last(1)) if re.fullmatch(r"page[-_]?\d{1,6}", shape.stem) else None


def _later_page_of(shape: Shape) -> Verdict:
    rest = next((verdict for rule in RULES if (verdict := rule(shape)) is not None), listing("later page"))
    return (
        Verdict(LinkKind.PART, "further page of an article")
        if rest.kind is LinkKind.ARTICLE
        else Verdict(rest.kind, f"later page: {rest.why}", trap=rest.trap)
    )


def _query_article(shape: Shape) -> Verdict | None:
    """`?p=123`, `article.php?id=12`, `spip.php?article12`, `index.php?option=com_content&view=article&id=7`."""
    if any(re.fullmatch(r"article\d+", name) for name in shape.names):
        return article("SPIP article number")
    if not _is_script(shape):
        return None
    numbered = {name for name, value in shape.query if re.match(r"\d+", value)}
    found = numbered & words.ARTICLE_PARAMETERS
    if found:
        return article(f"article number ({min(found)}=)")
    named = shape.stem not in {"", "index", "default", "spip"} and shape.stem not in words.SECTION
    if "id" in numbered and (named or ("view", "article") in shape.query):
        return article("a script's article number (id=)")
    return None


def _facets(shape: Shape) -> Verdict | None:
    return other("a list sorted or filtered", Trap.FACETS) if traps.is_faceted(shape.names) else None


def _is_script(shape: Shape) -> bool:
    return not shape.segments or shape.extension in {"php", "php3", "asp", "aspx", "jsp", "cfm", "do"}


def _query_listing(shape: Shape) -> Verdict | None:
    if any(re.fullmatch(r"(?:rubrique|secteur)\d+", name) for name in shape.names) or shape.names & words.LISTING_PARAMETERS:
        return listing("section by number")
    return None


def _spip(shape: Shape) -> Verdict | None:
    """SPIP's address styles: `article12.html`, `slug,12.html`, `-Rubrique-`, `+-Mot-+`, `_Auteur_`."""
    last, stem = shape.last, shape.stem
    if re.fullmatch(r"article\d+", stem) or re.search(r"[^,\d],\d+$", stem):
        return article("SPIP article number")
    if re.fullmatch(r"(?:rubrique|secteur)\d+", stem) or re.fullmatch(r"-[^+].*-", last):
        return listing("SPIP section")
    if re.fullmatch(r"(?:mot|auteur|breve|site)\d+", stem) or re.fullmatch(r"\+-?.+-?\+|_.+_", last):
        return other("SPIP keyword or author")
    return None


def _section(shape: Shape) -> Verdict | None:
    """`/category/x/`; not where an article's own number or date follows (`/rubrique/slug-12345.html`)."""
    word = shape.segment_in(words.SECTION)
    if word is None or (word != shape.last and _numbered(shape) is not None) or (word != shape.last and _dated(shape) is not None):
        return None
    return listing(f"section ({word})")


def _date_archive(shape: Shape) -> Verdict | None:
    """`/2014/`, `/2014/08/`, `/2014/08/05/`, also below a section."""
    archive = re.search(r"/(?:19|20)\d\d(?:/(?:0?[1-9]|1[0-2])(?:/\d{1,2})?)?$", "/" + "/".join(shape.segments))
    return listing("date archive") if archive else None


def _dated(shape: Shape) -> Verdict | None:
    """A calendar date before the slug, or in it."""
    path = "/" + "/".join(shape.segments)
    if re.search(r"/(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]?[0-3]?\d)?/[^/]*[^\W\d][^/]*$", path):
        return article("date before the slug")
    stamped = re.search(r"(?:19|20)\d\d[-_]?(?:0[1-9]|1[0-2])[-_]?(?:0[1-9]|[12]\d|3[01])\d*$", shape.stem)
    return article("date in the slug") if stamped else None


def _numbered(shape: Shape) -> Verdict | None:
    """An article number beside, before or instead of the slug."""
    stem = shape.stem
    if len(shape.segments) >= 2 and shape.segments[-2] == "node" and stem.isdigit():
        return article("Drupal node number")
    if NUMBER_AT_END.search(stem) or re.match(r"\d{4,}[-_,]", stem):
        return article("article number")
    if re.match(r"\d{1,3}[-_,]", stem) and word_count(stem) >= 3:
        return article("article number before the slug")
    numbered_parent = len(shape.segments) >= 2 and re.fullmatch(r"[a-z]?\d{4,}", shape.segments[-2])
    if numbered_parent and not re.fullmatch(r"(?:19|20)\d\d", shape.segments[-2]) and word_count(stem) >= 2:
        return article("article number before the slug")
    return article("number after a long slug") if re.search(r"[-_]\d{1,3}$", stem) and word_count(stem) >= 4 else None


def _named_article(shape: Shape) -> Verdict | None:
    """`/article/slug`: the path says so itself."""
    above = next((segment for segment in shape.segments[:-1] if segment in words.ARTICLE), None)
    return article(f"below /{above}/") if above and (word_count(shape.stem) >= 2 or re.search(r"\d", shape.stem)) else None


def _slug(shape: Shape) -> Verdict | None:
    """A headline's worth of words."""
    count, length = word_count(shape.stem), len(shape.stem)
    if count >= 4 and length >= 18:
        return article(f"slug of {count} words")
    if count >= 3 and (shape.extension in {"html", "htm"} or len(shape.segments) >= 2) and length >= 18:
        return article(f"slug of {count} words")
    return None


def _short(shape: Shape) -> Verdict | None:
    """A few short words and nothing else: the address of a section."""
    plain = not shape.query or shape.names <= words.SORT_PARAMETERS
    if plain and 1 <= len(shape.segments) <= 3 and all(word_count(segment) >= 1 for segment in (*shape.segments[:-1], shape.stem)):
        return Verdict(LinkKind.LISTING, "short path", weak=True)
    return None


NUMBER_AT_END = re.compile(
    r"""(?:^|[-_.,])
    (?: (?:id|n|a|art|i)?(?!(?:19|20)\d\d$)\d{4,}
      | (?=[a-f-]*\d)[0-9a-f]{12,}
      | [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
    )$""",
    re.VERBOSE,
)
"""Four digits or more that are no year, or a hexadecimal number such as a UUID."""


def word_count(slug: str) -> int:
    """Words of a slug that hold letters."""
    return sum(1 for word in re.split(r"[-_+\s,.'’]+", slug) if re.search(r"[^\W\d_]", word))


SERVICES = (
    (words.ACCOUNT, "account or administration"),
    (words.SEARCH, "search"),
    (words.FEED, "feed"),
    (words.TAG, "tag"),
    (words.AUTHOR, "author"),
    (words.CALENDAR, "calendar"),
    (words.SHARE, "share, print or comment"),
    (words.MEDIA, "pictures, video or sound"),
    (words.FORUM, "service"),
)
QUERY_SERVICES = (
    (words.SHARE_PARAMETERS, "share, print or feed view"),
    (words.SEARCH_PARAMETERS, "search"),
    (frozenset({"feed"}), "feed"),
    (words.TAG_PARAMETERS, "tag or author"),
    (words.CALENDAR_PARAMETERS, "calendar"),
)
ENDLESS = {
    Trap.DEPTH: "path without end",
    Trap.REPEATS: "path repeats itself",
    Trap.SESSION: "the number of a visit",
}
NO_SIGN = Verdict(LinkKind.OTHER, "no sign of an article", weak=True)
RULES: tuple[Rule, ...] = (
    _file,
    _deep,
    _service,
    _fixed,
    _query_service,
    _query_page,
    _path_page,
    _query_article,
    _facets,
    _query_listing,
    _spip,
    _section,
    _date_archive,
    _dated,
    _numbered,
    _named_article,
    _slug,
    _short,
)
