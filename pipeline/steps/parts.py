"""Articles that stand on several pages: which of them a page is, where the article begins and goes on, told by its pager.

Addresses alone prove nothing: "/le-port-2" may be another article. A page is one of several where it links to another that differs from
it by the number alone, and, unless the number is marked as one of pages, where the link says so too. Joining the texts is the store's
business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from lxml.html import HtmlElement

from db.identity import url_key
from db.readings import Part
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import pattern, plain
from pipeline.steps.tree import absolute, drop, has_word, text_of

MOST_PARTS = 40
"""Pages beyond which it is no article that goes on, but something without an end."""
_LONGEST_MARK = 80
"""Characters of a link that leads to another page of the article, at most: chapters have titles."""
_LONGEST_WORDS = 15
"""Characters of the words of pagers in languages whose words are not known, at most."""
_LONGEST_PAGER = 400
_HIGHEST_CLIMB = 5
_PARAMETERS = frozenset(
    ("page", "pg", "paged", "pag", "pagina", "seite", "strona", "sayfa", "part", "pagenum", "page_number", "pageno", "artpage")
)
_OFFSETS = frozenset(("start", "limitstart"))
"""These count the pages that come before (Joomla)."""
_IN_QUERY = re.compile(r"(?:0,)*(?P<number>[0-9]{1,2})(?:-[0-9]{1,2})?")
"""`2`; `0,1` of several pagers on a page (Drupal); `2-3`, of three (SPIP)."""
_EMPTY = frozenset((("showall", ""),))
"""Parameters that only some links of a pager have (Joomla)."""
_IN_PATH = re.compile(
    r"(?P<sign>/|[-_,.])(?P<word>(?:\(page\)|page|pagina|seite|p)[-_/]?)?(?P<number>\d{1,2})(?P<end>(?:\.(?:html?|php|aspx?|jsp))?/?)$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\?.*|(?:\.{1,2}/)*(?:\.{1,2}|(?:page/)?\d{1,2})/?", re.IGNORECASE | re.DOTALL)
"""An address that need not repeat the article's name."""
_NAMED_NUMBER = re.compile(r"(?:page|pagina|seite|صفحه|الصفحه)\W*(\d{1,2})(?:\W.*)?", re.DOTALL)
"""Words as `plain` gives them."""
_COMMENTS = re.compile(r"comment|disqus|forum", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Numbered:
    """An address without its page number: key of what is left, and the number."""

    root: str
    number: int
    address: str
    marked: bool
    """The number is called one of a page: `?page=2`, `/page/2`, `-p2`."""
    below: bool = False
    """It is a folder of its own: `/le-port/2`. Below what may be an article that is a page of it, else perhaps the second article."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A link to another page of the same article."""

    element: HtmlElement
    url: str
    key: str
    form: _Numbered | None
    rel: tuple[str, ...]
    text: str

    @property
    def number(self) -> int | None:
        """The number that the link shows: "2", "Page 2: the quays"."""
        named = _NAMED_NUMBER.fullmatch(self.text)
        shown = named[1] if named else self.text
        return int(shown) if shown.isdigit() and len(shown) < 3 else None

    @property
    def leads_on(self) -> bool:
        """Whether the link itself says that it leads to a page of the same. `rel="next"` is said of the next article as well."""
        arrow = self.element.tag == "a" and "next" in self.rel and not self.text
        return arrow or self.number is not None or _following().fullmatch(self.text) is not None

    @property
    def is_headline(self) -> bool:
        """Whether it rather is another article's: then the same address is linked to by "read more" as well."""
        return len(self.text) > _LONGEST_WORDS and not self.leads_on


def part_of(
    tree: HtmlElement, url: str, canonical: str | None, base: str, *, journal: Journal, told: tuple[int, str] | None = None
) -> tuple[Part, list[HtmlElement]]:
    """Which page of its article this is, and its pager: elements that are no text of the article.

    `told` is what the page before it said: its number, and the address of the first.
    """
    own = _without_number(url)
    marks = list(_marks(tree, url, own, base))
    if not marks and not (told and own):
        return Part(), []
    shift = next((m.number - m.form.number for m in marks if m.form and m.form.marked and m.number), 0)  # some count from 0
    shift = shift if shift in {0, 1} else 0
    told = told if told and _is_about(told[1], own) else None
    part = _further(own, marks, canonical, shift, told) or _as_told(own, marks, told) or _first(url, own, marks, canonical, shift)
    if part == Part():
        return part, []
    journal.note("parts", "part", str(part.number), f"goes on at {part.following}" if part.following else "the last page")
    return part, _pager(marks)


def cut_pager(pager: list[HtmlElement], journal: Journal) -> None:
    """Take it out of the tree."""
    for element in pager:
        journal.note("extract", "cut", text_of(element)[:120], "leads to other pages of the article")
        drop(element)


def _marks(tree: HtmlElement, url: str, own: _Numbered | None, base: str) -> Iterator[_Mark]:
    parts = urlsplit(own.address if own else url)
    sign = re.sub(r"\.\w{2,5}$", "", parts.path.rstrip("/").rpartition("/")[2]) or parts.query
    if not sign:
        return
    own_key = _key(url)
    roots = {own_key, own.root if own else None}
    spelled = _spelled(sign)
    for element in tree.iter("a", "link"):
        href = (element.get("href") or "").strip()
        if not (spelled.search(href) or (href[:1] not in {"/", "h", "#", ""} and _RELATIVE.fullmatch(href))):
            continue
        address = absolute(base, href)
        key = _key(address) if address else None
        if address is None or key is None or key == own_key or "#comment" in href:
            continue
        form = _without_number(address)
        if key in roots:
            form = None  # the number it ends in is its own
        elif form is None or form.root not in roots:
            continue
        text = plain(text_of(element)).strip(" .…:»›→>«‹←<|()[]")
        if len(text) <= _LONGEST_MARK and not any(has_word(one, _COMMENTS) for one in element.iterancestors()):
            yield _Mark(element, address, key, form, tuple((element.get("rel") or "").lower().split()), text)


def _spelled(name: str) -> re.Pattern[str]:
    """A part of an address, with its letters written or escaped."""
    bare = unquote(name)
    spellings = (name,) if bare == name and name.isascii() else (name, bare, quote(bare))
    return re.compile("|".join(map(re.escape, spellings)), re.IGNORECASE if len(spellings) > 1 else re.NOFLAG)


def _is_about(first: str, own: _Numbered | None) -> bool:
    """Whether a page is one of those behind that first one: a request may have been sent on to another article."""
    before = _without_number(first)
    return own is not None and own.root in {_key(first), before.root if before else None}


def _further(own: _Numbered | None, marks: list[_Mark], canonical: str | None, shift: int, told: tuple[int, str] | None) -> Part | None:
    """A page after the first: it links back, or calls the first page canonical."""
    if own is None or not 2 <= own.number + shift <= MOST_PARTS:
        return None
    number = own.number + shift
    family = [m for m in marks if m.key == own.root or (m.form and m.form.root == own.root)]
    firsts = [m for m in family if m.form is None or m.form.number + shift == 1]
    named = canonical is not None and _key(canonical) == own.root
    numbered = any(m.number == (m.form.number + shift if m.form else 1) and m.number < number for m in family)
    back = any((m.form.number + shift if m.form else 1) == number - 1 and _preceding().fullmatch(m.text) for m in family)
    if not (named or numbered or back or (own.marked and (firsts or any("prev" in m.rel for m in family)))):
        return None
    first = told[1] if told else _address_of(firsts, own, canonical if named else None)
    return Part(number, first, _next(own.root, number + 1 - shift, marks))


def _address_of(firsts: list[_Mark], own: _Numbered, canonical: str | None) -> str:
    """The first page's, without a number where there is such an address: pagers call `/le-port` `/le-port?page=1` as well."""
    bare = next((m.url for m in firsts if m.form is None), canonical)
    return bare or next((m.url for m in firsts if not own.marked), own.address)


def _as_told(own: _Numbered | None, marks: list[_Mark], told: tuple[int, str] | None) -> Part | None:
    """What the page before said: enough where the number is marked, or something leads back."""
    if own is None or told is None or not (own.marked or own.below or marks):
        return None
    number, first = told
    return Part(number, first, _next(own.root, own.number + 1, marks) if number < MOST_PARTS else None)


def _first(url: str, own: _Numbered | None, marks: list[_Mark], canonical: str | None, shift: int) -> Part:
    """The first page, or the whole of an article."""
    for root in (_key(url), _key(canonical)):
        following = _next(root, 2 - shift, marks) if root else None
        if following:
            return Part(following=following)
    if own and own.number + shift == 1:
        numbered = [m for m in marks if own.marked or m.number == 2]
        return Part(following=_next(own.root, 2 - shift, numbered))
    return Part()


def _next(root: str, number: int, marks: list[_Mark]) -> str | None:
    """The address of that page of an article."""
    if number >= MOST_PARTS:
        return None
    leading = [m for m in marks if m.form and (m.form.root, m.form.number) == (root, number)]
    surely = any(m.form and (m.form.marked or m.form.below) for m in leading)
    said = any(m.leads_on for m in leading) and not any(m.is_headline for m in leading)
    return next((m.url for m in leading), None) if surely or said else None


def _without_number(url: str) -> _Numbered | None:
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in pairs:
        counted = _IN_QUERY.fullmatch(value)
        if counted and name.lower() in _PARAMETERS | _OFFSETS:
            rest = urlencode([pair for pair in pairs if pair != (name, value) and pair not in _EMPTY])
            number = int(counted["number"]) + (name.lower() in _OFFSETS)
            return _numbered(urlunsplit((*parts[:3], rest, "")), number, marked=True)
    found = _IN_PATH.search(parts.path)
    if not found or found.start() == 0:
        return None
    bare = urlunsplit((*parts[:2], parts.path[: found.start()] + found["end"], parts.query, ""))
    return _numbered(bare, int(found["number"]), marked=bool(found["word"]), below=found["sign"] == "/")


def _numbered(address: str, number: int, *, marked: bool, below: bool = False) -> _Numbered | None:
    key = _key(address)
    return _Numbered(key, number, address, marked, below) if key else None


def _key(url: str | None) -> str | None:
    try:
        return url_key(url) if url else None
    except ValueError:
        return None


def _pager(marks: list[_Mark]) -> list[HtmlElement]:
    """The links, or what holds nothing but them, numbers and the words of pagers."""
    found: dict[HtmlElement, None] = {}
    for mark in marks:
        if mark.element.tag != "a":
            continue
        pager = mark.element
        for container in islice(mark.element.iterancestors(), _HIGHEST_CLIMB):
            if not _is_pager(container, marks):
                break
            pager = container
        if pager is not mark.element or mark.leads_on:
            found[pager] = None
    return list(found)


def _is_pager(container: HtmlElement, marks: list[_Mark]) -> bool:
    text = plain(text_of(container))
    if len(text) > _LONGEST_PAGER:
        return False
    for mark in sorted(marks, key=lambda mark: -len(mark.text)):
        if len(mark.text) > 1:
            text = text.replace(mark.text, " ", 1)
    return _pager_words().fullmatch(text) is not None


@cache
def _following() -> re.Pattern[str]:
    return re.compile(rf"{pattern('parts', 'following')}(?:\W+.{{0,60}})?")


@cache
def _preceding() -> re.Pattern[str]:
    return re.compile(pattern("parts", "preceding"))


@cache
def _pager_words() -> re.Pattern[str]:
    return re.compile(rf"[\W\d]*(?:{pattern('parts', 'following', 'preceding', 'others')}[\W\d]*)*")
