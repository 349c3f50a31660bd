"""The order in which a page is read, known to this file alone: decode, parse, state, lay out, date, extract, tell the language, judge.

The steps themselves are in `pipeline.steps`; comparing with what is stored is the article store's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from lxml.html import HtmlElement

from db.readings import Article, Image, Layout, PageToRead, Part, ReadingHints, Rejected
from db.vocabulary import PageReason
from pipeline.steps import (
    addresses,
    clutter,
    date_context,
    dates,
    images,
    judge,
    labels,
    language,
    layout,
    lines,
    parts,
    people,
    pointers,
    sniff,
    template,
)
from pipeline.steps import headline as headlines
from pipeline.steps import titles as titling
from pipeline.steps import tree as trees
from pipeline.steps.characters import one_line
from pipeline.steps.decode import decode
from pipeline.steps.extract import extract, lines_below
from pipeline.steps.fingerprint import fingerprint
from pipeline.steps.headline import Surroundings
from pipeline.steps.journal import Journal
from pipeline.steps.structured import Statements, gather

READING_VERSION = 4
"""Grows whenever the same page may be read differently; kept with every revision."""
LARGEST_PAGE = 16 * 2**20
"""Bytes of a body beyond which it is not read."""


@dataclass(slots=True)
class _Desk:
    """What lies on the reader's desk while one page is read."""

    page: PageToRead
    hints: ReadingHints
    journal: Journal
    base: str = ""
    links: tuple[str, ...] = ()

    def rejected(self, reason: PageReason, detail: str) -> Rejected:
        self.journal.note("reading", "rejected", reason.value, detail)
        return Rejected(self.page.url, reason, detail, READING_VERSION, self.links, self.journal.decisions())


@dataclass(frozen=True, slots=True)
class _Frame:
    """What was found around the text before anything was cut from the tree."""

    stated: Statements
    names: tuple[str, ...]
    titles: tuple[str, ...]
    around: Surroundings
    layout: Layout | None
    when: dates.Dates
    title: str
    by: people.People
    section: str | None
    canonical_url: str | None
    translations: tuple[tuple[str, str], ...]
    part: Part
    pager: list[HtmlElement]
    image: Image | None
    captions: frozenset[str]
    shape: judge.Shape
    page_language: str
    whole_text: str
    standfirst: str | None
    opens: bool
    """The standfirst opens the text."""
    filed: tuple[labels.Labels, ...]


def process_page(page: PageToRead, hints: ReadingHints) -> Article | Rejected:
    """Read one page: the article it holds, or why it holds none. Pure, and never raises, whatever the bytes."""
    desk = _Desk(page, hints, Journal())
    try:
        return _read(desk)
    except MemoryError:
        return desk.rejected(PageReason.TOO_COMPLEX, "not enough memory to read it")
    except Exception as error:  # noqa: BLE001 - one odd page of millions must not stop a run: it is kept, marked and can be read again
        return desk.rejected(PageReason.CRASHED, f"{type(error).__name__}: {error}"[:300])


def warm() -> None:
    """Load what the first page would have to wait for: profiles, word lists, compiled patterns."""
    language.warm()
    sample = (
        "<html><head><title>Un titre</title></head><body><h1>Un titre</h1><p>Par Rachid Amrani, il y a 2 jours</p><p>{}</p></body></html>"
    )
    process_page(PageToRead("https://paper.example/un-titre-1.html", sample.format("Une phrase de plus. " * 40).encode()), ReadingHints())


def _read(desk: _Desk) -> Article | Rejected:
    tree = _parsed(desk)
    if isinstance(tree, Rejected):
        return tree
    held = trees.elements(tree)
    if len(held) > trees.MAX_ELEMENTS:
        return desk.rejected(PageReason.TOO_COMPLEX, f"{len(held):,} elements")
    trees.strip_swarms(held)
    desk.base = trees.base_url(tree, desk.page.url)
    desk.links = trees.links(tree, desk.base)
    frame = _frame(desk, tree, held)
    kept = _text(desk, tree, frame)
    text = "\n\n".join(kept.lines)
    candidate = judge.Candidate(
        desk.page.url,
        frame.title,
        frame.titles[-1] if frame.titles else "",
        text,
        frame.stated,
        frame.shape,
        frame.when.published,
        frame.whole_text,
    )
    verdict = judge.judge(candidate, desk.journal)
    if verdict.reason:
        return desk.rejected(verdict.reason, verdict.detail)
    return _article(desk, frame, kept, candidate)


def _parsed(desk: _Desk) -> HtmlElement | Rejected:
    """The page's one tree, or why there is none."""
    body = desk.page.body
    if not body.strip():
        return desk.rejected(PageReason.EMPTY, "zero bytes" if not body else "nothing but blanks")
    if len(body) > LARGEST_PAGE:
        return desk.rejected(PageReason.TOO_LARGE, f"{len(body):,} bytes, more than the {LARGEST_PAGE:,} that are read")
    if not trees.is_address(desk.page.url):
        return desk.rejected(PageReason.OFF_SITE, "its address cannot be understood")
    other = sniff.what_else(body, desk.page.headers)
    if other:
        return desk.rejected(PageReason.NOT_HTML, f"the bytes are {other}")
    decoded = decode(body, desk.page.headers)
    desk.journal.note("decode", "encoding", decoded.encoding, decoded.why)
    tree = trees.parse(decoded.text)
    if tree is None:
        return desk.rejected(PageReason.EMPTY, "no element in it")
    return tree


def _frame(desk: _Desk, tree: HtmlElement, held: list[HtmlElement]) -> _Frame:
    marked = trees.Names(held)
    page, hints, journal = desk.page, desk.hints, desk.journal
    stated = gather(tree)
    names = titling.site_names(stated, hints)
    titles = titling.stated_titles(tree, stated)
    around = headlines.surroundings(tree, headlines.find_headline(tree, tuple(titling.without_site(title, names) for title in titles)))
    canonical_url = addresses.canonical(tree, page.url, desk.base)
    page_language = one_line(tree.get("lang") or tree.get("xml:lang") or stated.first_meta("og:locale", "content-language"))
    when = date_context.context(canonical_url or page.url, page.fetched_at, hints, page_language)
    found = dates.find_dates(tree, stated, around, when, journal)
    own = layout.valid_layout(hints.layouts, found.published.on if found.published else None, tree) if hints.layouts else None
    if own:
        found = dates.with_written(found, layout.all_texts(tree, own.date), when, journal)
    title = layout.first_text(tree, own.title if own else None) or titling.title(titles, around, names, journal)
    standfirst, opens = titling.shown_standfirst(around.element, stated)
    part, pager = parts.part_of(tree, page.url, canonical_url, desk.base, journal=journal, told=hints.discovered.part)
    written = layout.all_texts(tree, own.authors if own else None)
    return _Frame(
        stated=stated,
        names=names,
        titles=titles,
        around=around,
        layout=own,
        when=found,
        title=title,
        by=people.people(
            marked, stated, around, journal, names=names, written=written, title_names=titling.named_behind(titles, around.text)
        ),
        section=layout.first_text(tree, own.section if own else None) or labels.section(marked, stated, around, title, journal),
        canonical_url=canonical_url,
        translations=addresses.translations(tree, page.url, canonical_url, desk.base),
        part=part,
        pager=pager,
        image=images.lead_image(tree, stated, desk.base),
        captions=images.captions(tree, marked),
        shape=judge.measure(tree),
        page_language=page_language,
        whole_text=trees.words_of(tree),
        standfirst=standfirst,
        opens=opens,
        filed=labels.labels(marked, stated, layout.all_texts(tree, own.tags if own else None)),
    )


def _text(desk: _Desk, tree: HtmlElement, frame: _Frame) -> lines.Kept:
    """The lines of the article. From here on the tree is cut: nothing may be looked up in it afterwards."""
    journal = desk.journal
    titles = tuple(dict.fromkeys((frame.title, frame.around.text, *frame.titles)))
    drop_clutter = partial(
        lines.drop_clutter, titles=titles, captions=frame.captions, journal=journal, authors=frame.by.authors, section=frame.section
    )
    parts.cut_pager(frame.pager, journal)
    if frame.layout:
        layout.remove(tree, frame.layout, journal)
        found = _laid_out(tree, frame.layout, journal)
        if found:
            return drop_clutter(found)
    learned = desk.hints.template
    if learned:
        template.cut(tree, learned, journal)
    pointers.cut_pointers(tree, desk.page.url, frame.title, journal)
    clutter.cut_blocks(tree, journal)
    clutter.cut_captions(tree)
    trees.silence(tree)
    found = extract(tree, desk.page.url, frame.stated, journal, mode=learned.engine if learned else "default").lines
    recurring = template.recurring(learned, found, (*titles, frame.standfirst or ""))
    kept = drop_clutter(found, recurring=recurring)
    foreign = language.foreign_lead(kept.lines)
    for line in kept.lines[:foreign]:
        journal.note("extract", "dropped", line, "a line in another language above the text")
    del kept.lines[:foreign]
    if frame.standfirst and frame.opens and not titling.stands_in(frame.standfirst, kept.lines):
        journal.note("extract", "added", frame.standfirst, "the standfirst, which stands apart from the text")
        kept.lines.insert(0, frame.standfirst)
    return kept


def _laid_out(tree: HtmlElement, own: Layout, journal: Journal) -> tuple[str, ...]:
    """The lines of the elements that the source says hold the text; none if it says nothing, or not of this page."""
    if not own.body:
        return ()
    bodies = layout.bodies(tree, own.body)
    if bodies:
        clutter.cut_captions(tree)
    found = tuple(line for element in bodies for line in lines_below(element))
    what = "" if found else ", but it holds no text: the general rules" if bodies else ", but it finds nothing: the general rules"
    journal.note("extract", "text", own.body, f"layout of the source{what}")
    return found


def _article(desk: _Desk, frame: _Frame, kept: lines.Kept, candidate: judge.Candidate) -> Article:
    page, hints, journal = desk.page, desk.hints, desk.journal
    text = candidate.text
    by = people.with_foot(frame.by, kept.signed, kept.agency, journal)
    told = language.identify(frame.title, text, page_language=frame.page_language, expected=hints.languages)
    journal.note("language", "language", told.tag, told.why)
    return Article(
        url=page.url,
        title=frame.title,
        text=text,
        text_digest=fingerprint(text),
        language=told.tag,
        language_confidence=told.confidence,
        languages=language.shares(text, told.tag),
        status=judge.status_of(candidate, frame.section, journal),
        reading_version=READING_VERSION,
        canonical_url=frame.canonical_url,
        standfirst=titling.standfirst(frame.standfirst, frame.stated, frame.title, text, journal),
        authors=by.authors,
        byline=by.byline,
        agency=by.agency,
        publisher=by.publisher,
        contributors=tuple(dict.fromkeys(kept.contributors)),
        section=frame.section,
        tags=labels.tags(frame.filed, kept.tags, journal),
        published=frame.when.published,
        modified_at=frame.when.modified_at,
        image=frame.image,
        edition=addresses.edition(hints, page.url, journal),
        translations=frame.translations,
        part=frame.part,
        links=desk.links,
        decisions=journal.decisions(),
    )
