"""The ways into a site's own past, found in a few requests: sitemaps with their parts, pages by month or day, sections.

Pure but for `ask`; what is done with the slices, and the archives of others (`crawlers.captures`), is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from urllib.parse import unquote, urlsplit

from crawlers import appraisal
from crawlers.discovery.links import LinkKind, classify
from crawlers.discovery.listing import Listing, parse_listing
from crawlers.discovery.numbers import find_between, find_numbers, number_of
from crawlers.discovery.scope import Scope, period_of
from crawlers.discovery.seeds import SITEMAP_GUESSES, guesses
from crawlers.discovery.sitemap import Sitemap, parse_sitemap
from crawlers.fetch import Fetched
from crawlers.robots import Rules, decode_robots, robots_url
from crawlers.rounds import Ask
from crawlers.source import Source
from db.errors import Unavailable
from db.plans import SlicePlan
from db.records import Candidate, RobotsCopy
from db.vocabulary import PageKind, Way

DATED = re.compile(r"/((?:19|20)\d\d)(?:/(0?[1-9]|1[0-2]))?(?:/(?:0?[1-9]|[12]\d|3[01]))?(/?)$")
NO_ARTICLES = re.compile(
    r"(?:author|auteur|user|categor|post_tag|tags?|taxonom|image|video|posts-page)[-_a-z]*\d*(?:-sitemap\d*)?\.xml|page-sitemap"
)
"""Parts of the usual systems that list no articles."""
NEWS_DAYS = timedelta(days=3)
"""News sitemaps list two days."""
NUMBERS_A_SLICE = 200
MOST_NUMBERS = 50_000_000
"""What is larger is no article's number."""
SAMPLED = 3
"""Parts that are looked into for an estimate."""


@dataclass(frozen=True, slots=True)
class Archives:
    """What was found: slices in the order of work, and in words what was looked for and gave nothing."""

    slices: tuple[SlicePlan, ...]
    remarks: tuple[str, ...] = ()
    crawl_delay: float | None = None
    """Seconds between requests that robots.txt asks for."""


@dataclass(frozen=True, slots=True)
class Means:
    """How a look is taken."""

    ask: Ask
    day_of: Callable[[Fetched], date | None]
    """When an article was published, read from its page."""
    now: datetime


def find_archives(source: Source, scope: Scope, ways: Sequence[Way] | None, means: Means) -> Archives:
    """Plan the slices by which articles of a range (both its ends are given) can be got at the source itself.

    None for the ways takes sitemaps and pages by date, and article numbers or else sections where neither is there. Raises
    Unavailable if the home page does not answer.
    """
    look = _Look(source, scope, means)
    look.arrive()
    found: list[SlicePlan] = []
    if ways is None or Way.SITEMAP in ways:
        found += look.sitemaps()
    if ways is None or Way.ARCHIVE in ways:
        found += look.by_date()
    if Way.IDS in ways if ways is not None else not found and source.numbered:
        found += look.by_number()
    if Way.LISTING in ways if ways is not None else not found:
        found += look.sections()
    return Archives(tuple(found), tuple(look.remarks), look.rules.crawl_delay if look.rules else None)


def sample(archives: Archives, source: Source, scope: Scope, means: Means) -> dict[str, int]:
    """Look into a few sitemap parts whose size is unknown, spread over the range; return articles of the range by label."""
    unknown = [each for each in archives.slices if each.way is Way.SITEMAP and each.expected is None]
    step = max(1, len(unknown) // SAMPLED)
    chosen = {str(each.params["starts"][0][1]): each.label for each in unknown[step // 2 :: step][:SAMPLED]}
    sizes = {}
    for page in means.ask(list(chosen)) if chosen else []:
        sitemap = None if page.failure else parse_sitemap(page.body, page.final_url, now=means.now, time_zone=source.time_zone)
        if sitemap is not None and not sitemap.is_index:
            sizes[chosen[page.url]] = sum(1 for each in sitemap.candidates(source) if scope.admits(each))
    return sizes


@dataclass(slots=True)
class _Look:
    source: Source
    scope: Scope
    means: Means
    remarks: list[str] = field(default_factory=list)
    rules: Rules | None = None
    home: Listing = field(default_factory=Listing)
    front: bytes = b""

    def arrive(self) -> None:
        """The front page and the rules."""
        front, robots = self.means.ask([self.source.home, robots_url(self.source.home)])
        if front.status is None:
            raise Unavailable(f"{self.source.home} does not answer ({front.detail or front.failure}): nothing can be planned now")
        body = decode_robots(robots.body) if robots.failure is None else None
        self.rules = Rules(RobotsCopy(robots.fetched_at, robots.status or 0, body))
        self.front = front.body
        if front.failure is None:
            self.home = parse_listing(
                front.body, front.final_url, self.source, now=self.means.now, content_type=appraisal.content_type(front), archives=True
            )
        else:
            self.remarks.append(f"{self.source.home}: {front.detail or front.failure}")

    # ------------------------------------------------------------ sitemaps

    def sitemaps(self) -> list[SlicePlan]:
        """Each part of an index that may hold something of the range, and each sitemap without parts; the newest first."""
        named = [*self.source.sitemaps, *(self.rules.sitemaps if self.rules and not self.source.sitemaps else ())]
        wanted = [url for url in named if self.source.is_on_site(url)]
        guessed = not wanted and self.source.guess
        if guessed:
            wanted = guesses(self.source.home, SITEMAP_GUESSES)
        found: dict[str, tuple[date, SlicePlan]] = {}
        for page in self.means.ask(list(dict.fromkeys(wanted))) if wanted else []:
            for end, plan in self._parts(page, quiet=guessed):
                found.setdefault(plan.params["starts"][0][1], (end, plan))
        if not found:
            self.remarks.append("no sitemap lists anything of these days")
        return [plan for _, plan in sorted(found.values(), key=lambda pair: (-pair[0].toordinal(), pair[1].label))]

    def _parts(self, page: Fetched, *, quiet: bool) -> Iterator[tuple[date, SlicePlan]]:
        sitemap = None if page.failure else parse_sitemap(page.body, page.final_url, now=self.means.now, time_zone=self.source.time_zone)
        if sitemap is None:
            if not quiet:
                self.remarks.append(f"{page.url}: {page.detail or page.failure or 'is no sitemap'}")
            return
        if not sitemap.is_index:
            yield from self._whole(sitemap, page.url)
            return
        for part in sitemap.candidates(self.source):
            if self.scope.admits(part) and not NO_ARTICLES.search(part.url):
                yield self._part(part)

    def _part(self, part: Candidate) -> tuple[date, SlicePlan]:
        period = period_of(part.url, is_sitemap=True)
        last = self.scope.until or self.means.now.date()
        end = period[1] if period else min(last, part.hints.lastmod.date()) if part.hints.lastmod else last
        plan = self._plan(Way.SITEMAP, _name(part.url), period, [(PageKind.SITEMAP, part.url)])
        if period and not self.scope.meets(period):  # only what the server's clock has put on the wrong side of the border
            plan = replace(plan, params={**plan.params, "edge": True}, expected=0)
        return end, plan

    def _whole(self, sitemap: Sitemap, url: str) -> Iterator[tuple[date, SlicePlan]]:
        if sitemap.is_news and self.scope.until is not None and self.scope.until < (self.means.now - NEWS_DAYS).date():
            return
        wanted = [each for each in sitemap.candidates(self.source) if self.scope.admits(each)]
        undated = [each.url for each in wanted if each.hints.published_on is None and period_of(each.url) is None]
        numbers = find_numbers(undated, self.scope, self._days_of)
        if numbers:
            left_out = sum(not numbers.holds(url) for url in undated)
            self.remarks.append(f"{url}: says nothing of days; articles {numbers.first} to {numbers.last} are taken for the range")
        number = len(wanted) - (left_out if numbers else 0)
        if number:
            end = self.scope.until or self.means.now.date()
            plan = self._plan(Way.SITEMAP, _name(url), None, [(PageKind.SITEMAP, url)], number)
            more = {"numbers": [numbers.first, numbers.last]} if numbers else {}
            yield end, replace(plan, params={**plan.params, **more})

    def _days_of(self, urls: Sequence[str]) -> dict[str, date | None]:
        return {page.url: None if page.failure else self.means.day_of(page) for page in self.means.ask(urls)}

    # ------------------------------------------------------------ pages by date

    def by_date(self) -> list[SlicePlan]:
        """A slice a month (or year) of the pages that list what appeared then."""
        templates = self.source.archives or tuple(self._templates())
        if not templates:
            self.remarks.append("no pages by month were found; [discovery] archives names them")
        return [
            self._plan(Way.ARCHIVE, f"{label} {_name(template)}" if len(templates) > 1 else label, days, starts)
            for template in templates
            for label, days, starts in _pages_by_date(template, self.scope)
        ]

    def _templates(self) -> Iterable[str]:
        """What the front page's links to months and years have in common; the months where there are both."""
        found: dict[str, None] = {}
        for section in self.home.sections:
            parts = urlsplit(section.url)
            dated = DATED.search(parts.path)
            if dated and classify(section.url, self.source).kind is LinkKind.LISTING:
                month = "/{mm}" if dated[2] else ""
                found[f"{parts.scheme}://{parts.netloc}{parts.path[: dated.start()]}/{{yyyy}}{month}{dated[3]}"] = None
        monthly = [template for template in found if "{mm}" in template]
        return monthly or found

    # ------------------------------------------------------------ article numbers

    def by_number(self) -> list[SlicePlan]:
        """The article numbers of the range, a few hundred to a slice; the newest first."""
        template = self.source.numbered
        newest = self._newest(template) if template else None
        if template is None or newest is None:
            self.remarks.append("no article numbers are known; [discovery] numbered names the address of an article by its number")
            return []
        numbers = find_between(range(1, newest + 1), lambda number: template.replace("{n}", str(number)), self.scope, self._days_of)
        if numbers is None:
            self.remarks.append(f"{template}: the numbers do not follow the days, or lead to no articles")
            return []
        lasts = range(numbers.last, numbers.first - 1, -NUMBERS_A_SLICE)
        return [self._numbers(template, max(numbers.first, last - NUMBERS_A_SLICE + 1), last) for last in lasts]

    def _newest(self, template: str) -> int | None:
        """The highest number that the front page, or its first article, holds in such an address, or at the end of an article's own."""
        path = re.escape(template.partition("://")[2].partition("/")[2])
        written = re.compile(path.replace(re.escape("{n}"), r"(\d{1,9})(?!\d)").encode())
        first = [article.url for article in self.home.articles[:1]]
        bodies = [self.front, *(page.body for page in (self.means.ask(first) if first else []))]
        found = [int(number) for body in bodies for number in written.findall(body)]
        stated = [number for article in self.home.articles if (number := number_of(article.url)) and number < MOST_NUMBERS]
        return max(found or stated, default=None)

    def _numbers(self, template: str, first: int, last: int) -> SlicePlan:
        starts = [(PageKind.ARTICLE, template.replace("{n}", str(number))) for number in range(last, first - 1, -1)]
        return self._plan(Way.IDS, f"articles {first} to {last}", None, starts, last - first + 1)

    # ------------------------------------------------------------ sections

    def sections(self) -> list[SlicePlan]:
        """A slice a section: its pages are walked from the one where the range begins to the one where it ends."""
        named = [listing.url for listing in self.source.listings]
        found = named or [self.source.home, *(section.url for section in self.home.sections if not self._is_dated(section.url))]
        return [self._plan(Way.LISTING, _name(url), None, [(PageKind.LISTING, url)]) for url in dict.fromkeys(found)]

    @staticmethod
    def _is_dated(url: str) -> bool:
        return DATED.search(urlsplit(url).path) is not None

    def _plan(
        self,
        way: Way,
        label: str,
        days: tuple[date, date] | None,
        starts: Sequence[tuple[PageKind, str]],
        expected: int | None = None,
    ) -> SlicePlan:
        since, until = days or (self.scope.since, self.scope.until)
        return SlicePlan(way, label, since, until, {"starts": [[kind.value, url] for kind, url in starts]}, expected)


def _pages_by_date(template: str, scope: Scope) -> Iterator[tuple[str, tuple[date, date], list[tuple[PageKind, str]]]]:
    """(label, days, first pages) of each month of the range, or each year if the template knows no months; the newest first.

    With `{dd}` a month begins with a page for each of its days.
    """
    assert scope.since is not None
    assert scope.until is not None
    monthly = "{mm}" in template or "{m}" in template
    first = scope.since.replace(day=1) if monthly else scope.since.replace(month=1, day=1)
    spans = []
    while first < scope.until:
        after = _month_after(first) if monthly else first.replace(year=first.year + 1)
        spans.append((first, after))
        first = after
    for start, after in reversed(spans):
        days = _days(max(start, scope.since), min(after, scope.until)) if "{d" in template else [start]
        starts = [(PageKind.LISTING, _written(template, day)) for day in days]
        yield f"{start:%Y-%m}" if monthly else f"{start:%Y}", (start, after), starts


def _written(template: str, day: date) -> str:
    parts = {"{yyyy}": f"{day:%Y}", "{mm}": f"{day:%m}", "{m}": str(day.month), "{dd}": f"{day:%d}", "{d}": str(day.day)}
    for mark, digits in parts.items():
        template = template.replace(mark, digits)
    return template


def _days(start: date, after: date) -> list[date]:
    return [after - timedelta(days=back) for back in range(1, (after - start).days + 1)]


def _month_after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _name(url: str) -> str:
    """An address without its host, as a person tells it from its neighbours."""
    parts = urlsplit(url)
    return unquote(parts.path or "/") + (f"?{parts.query}" if parts.query else "")
