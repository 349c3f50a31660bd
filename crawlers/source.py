"""A source: what is known of one news site, read from a TOML file in which everything but `home` may be left out.

Checking single values is `crawlers.definition`'s business, fetching is the spider's. No third-party library is loaded here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from crawlers.definition import Definition
from crawlers.pagination import AUTO, Pagination
from crawlers.time_zones import is_zone, zone_of
from db.errors import SourceError
from db.identity import clean_url, site_of, url_key
from db.readings import Layout, ReadingHints, Template
from db.records import Hints
from db.url_noise import SESSION_IN_PATH

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
OWN_LABELS = frozenset({"ar", "en", "es", "fr", "m", "amp", "mobile"})
"""Subdomains that hold the same paper: its editions and its mobile pages."""
SHORTEST = timedelta(minutes=5)
NOT_PART_OF_DIGEST = frozenset({"path", "digest", "checked"})


@dataclass(frozen=True, slots=True)
class ListingPage:
    """A section page that lists articles, and how its older pages are numbered."""

    url: str
    pagination: Pagination = AUTO


@dataclass(frozen=True, slots=True)
class Source:
    """One news site. Tuples are empty and optional fields None where the file says nothing."""

    name: str
    home: str
    title: str
    country: str | None = None
    """ISO 3166 two-letter code, upper case."""
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    time_zone: str = "UTC"
    checked: date | None = None
    """When a person last compared the file with the site; None: never."""
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    """Pages that list what appeared in a year, a month or a day: addresses with `{yyyy}`, `{mm}`, `{dd}`."""
    numbered: str | None = None
    """The address of an article by its number, with `{n}` in it: numbers count up with the days."""
    listings: tuple[ListingPage, ...] = ()
    hosts: tuple[str, ...] = ()
    """Further hosts whose pages belong to the source."""
    guess: bool = True
    """Whether the usual systems' feed and sitemap addresses are tried where none is given."""
    follow_links: bool = True
    """Whether links of article pages are offered to the frontier."""
    max_pages: int = 2000
    """Article pages fetched in one run at most."""
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    """Regular expressions searched in `path_of(url)`."""
    template: bool = True
    """Whether what was learned from its kept pages is applied to the next ones."""
    editions: tuple[tuple[str, str], ...] = ()
    """(regular expression matched at the start of the path, edition): the first that matches names the edition."""
    delay: float = 2.0
    """Seconds between two requests to a host, at least."""
    concurrency: int = 1
    """Requests under way at one host at the same time, at most."""
    verify_tls: bool = True
    """Whether certificates must be valid; off only where a publisher let his expire and is wanted all the same."""
    every: timedelta | None = None
    cron: str | None = None
    """Five fields in the source's own zone. Without `every` and `cron` the timetable is adaptive."""
    windows: tuple[str, ...] = ()
    """When visits may begin, on the source's clock, as `06:00-23:00`; empty: always."""
    shortest: timedelta = SHORTEST
    longest: timedelta | None = None
    """Bounds of an adaptive timetable: the time between two visits."""
    layouts: tuple[Layout, ...] = ()
    path: Path | None = None
    """The file it was read from."""
    digest: str = ""
    """SHA-256 of the definition, whatever its file's spelling."""

    @classmethod
    def load(cls, path: Path) -> Source:
        """Read one file. Raises SourceError naming the file and everything that is wrong in it."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise SourceError(f"{path}: not UTF-8 text (byte {error.start}); save the file as UTF-8") from error
        except OSError as error:
            raise SourceError(f"{path}: cannot be read ({error.strerror}); check its name and rights") from error
        return cls.from_toml(text, path)

    @classmethod
    def from_toml(cls, text: str, path: Path) -> Source:
        """Understand the text of a file; `path` gives the default name and is named in errors. Raises SourceError."""
        try:
            values = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise SourceError(f'{path}: not TOML: {error}; the least a source file holds is: home = "https://…/"') from error
        problems: list[str] = []
        source = _build(Definition(values, problems), path)
        if problems or source is None:
            lines = "".join(f"\n  {problem}" for problem in problems)
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            raise SourceError(f"{path}: {count}{lines}")
        return source

    @classmethod
    def from_home(cls, url: str, name: str | None = None) -> Source:
        """The source that a file holding only this home URL would give; its name is the host unless told. Raises SourceError."""
        home = _home(url)
        if home is None:
            raise SourceError(f"{url!r} is no web address; write it as https://www.example.org/")
        stem = name or re.sub(r"[^a-z0-9._-]", "-", site_of(home)).strip("-._")
        return cls.from_toml(f"home = {json.dumps(home)}", Path(f"{stem}.toml"))

    def reading_hints(self, discovered: Hints = Hints(), template: Template | None = None) -> ReadingHints:  # noqa: B008 - frozen, like any constant
        """What the reader may know of this source, with what discovery said of the page and what was learned of others."""
        return ReadingHints(
            source=self.name,
            title=self.title,
            home=self.home,
            time_zone=self.time_zone,
            languages=self.languages,
            editions=self.editions,
            layouts=self.layouts,
            discovered=discovered,
            template=template if self.template else None,
        )

    def is_on_site(self, url: str) -> bool:
        """Whether an address belongs to this paper: its own site, its editions' and mobile subdomains, and the hosts its file adds."""
        try:
            site, own = site_of(url), site_of(self.home)
        except ValueError:
            return False
        label, _, parent = site.partition(".")
        return site == own or (parent == own and label in OWN_LABELS) or site in self.hosts


def path_of(url: str) -> str:
    """Decoded path of an address, with its query, less tracking and session numbers (`/maroc,12.html?page=2`): what patterns search in."""
    parts = urlsplit(url)
    try:
        query = urlsplit(url_key(url)).query
    except ValueError:
        query = parts.query
    path = unquote(SESSION_IN_PATH.sub("", parts.path)) or "/"
    return f"{path}?{unquote(query)}" if query else path


def _build(top: Definition, path: Path) -> Source | None:
    home = _take_home(top)
    name = top.take_text("name") or path.stem
    if not NAME.fullmatch(name):
        top.problem("name", f"{name!r} must be small letters, digits, '.', '_' and '-'; rename the file or give a name")
    if home is None:
        home = "https://invalid.example/"  # the rest is still checked, so that one message says everything
    country = _take_country(top)
    source = Source(
        name=name,
        home=home,
        title=top.take_text("title") or site_of(home),
        country=country,
        tags=top.take_texts("tags"),
        languages=_take_languages(top),
        time_zone=_take_zone(top, country),
        checked=_take_checked(top),
        **_discovery(top.take_table("discovery"), home),
        listings=_listings(top.take_tables("listings"), home),
        **_articles(top.take_table("articles")),
        editions=_editions(top.take_table("editions")),
        **_politeness(top.take_table("politeness")),
        **_timetable(top.take_table("timetable")),
        layouts=_layouts(top.take_tables("layouts")),
        path=path,
    )
    top.close()
    return None if top.problems else dataclasses.replace(source, digest=_digest(source))


def _home(text: str) -> str | None:
    """An absolute home address; a bare host gets `https://`."""
    return clean_url(text if "://" in text else f"https://{text.strip()}")


def _take_home(top: Definition) -> str | None:
    text = top.take_text("home")
    if text is None:
        if "home" not in top.values:
            top.problem("home", 'is missing; add a line such as home = "https://www.example.org/"')
        return None
    home = _home(text)
    if home is None:
        top.problem("home", f"{text!r} is no web address; write it as https://www.example.org/")
    return home


def _take_country(top: Definition) -> str | None:
    text = top.take_text("country")
    if text is not None and not re.fullmatch(r"[A-Za-z]{2}", text):
        top.problem("country", f"{text!r} is no ISO 3166 code of two letters, such as MA, DZ, TN or FR")
        return None
    return text.upper() if text else None


def _take_languages(top: Definition) -> tuple[str, ...]:
    languages = top.take_texts("languages")
    for language in languages:
        if not re.fullmatch(r"[a-z]{2,3}", language):
            top.problem("languages", f"{language!r} is no primary language subtag of BCP 47, such as fr, ar, en or es")
    return languages


def _take_zone(top: Definition, country: str | None) -> str:
    zone = top.take_text("time_zone")
    if zone is not None and not is_zone(zone):
        top.problem("time_zone", f"{zone!r} is no zone of the tz database, such as Africa/Casablanca or Europe/Madrid")
        return "UTC"
    return zone or zone_of(country)


def _take_checked(top: Definition) -> date | None:
    if top.values.get("checked") == "never":
        top.take("checked")
        return None
    return top.take_day("checked")


def _addresses(table: Definition, key: str, home: str) -> tuple[str, ...]:
    """Absolute addresses; relative ones are understood from the home page."""
    return tuple(url for text in table.take_texts(key) if (url := _address(table, key, text, home)))


def _archives(table: Definition, home: str) -> tuple[str, ...]:
    """Addresses of pages by month or day, with `{yyyy}` and `{mm}` (or `{m}`) and perhaps `{dd}` (or `{d}`) in them."""
    found = []
    for text in table.take_texts("archives"):
        known = re.sub(r"\{(?:yyyy|mm?|dd?)\}", "1", text)
        if "{yyyy}" not in text or "{" in known or ("{d" in text and "{m" not in text):
            table.problem("archives", f"{text!r} needs {{yyyy}}, and may have {{mm}} and {{dd}}, as in /archives/{{yyyy}}/{{mm}}/")
        elif _address(table, "archives", known, home):
            found.append(urljoin(home, text))
    return tuple(found)


def _numbered(table: Definition, home: str) -> str | None:
    """The address of an article by its number, with `{n}` in it."""
    text = table.take_text("numbered")
    if text is None:
        return None
    if text.count("{n}") != 1 or "{" in text.replace("{n}", ""):
        table.problem("numbered", f"{text!r} needs {{n}} once, as in /?p={{n}} or /article{{n}}.html")
        return None
    return urljoin(home, text) if _address(table, "numbered", text.replace("{n}", "1"), home) else None


def _address(table: Definition, key: str, text: str, home: str) -> str | None:
    try:
        url = clean_url(urljoin(home, text))
    except ValueError:
        url = None
    if url is None:
        table.problem(key, f"{text!r} is no address; write https://… or a path such as /feed/")
    return url


def _discovery(table: Definition, home: str) -> dict[str, Any]:
    found = {
        "feeds": _addresses(table, "feeds", home),
        "sitemaps": _addresses(table, "sitemaps", home),
        "archives": _archives(table, home),
        "numbered": _numbered(table, home),
        "hosts": tuple(host.lower().removeprefix("www.") for host in table.take_texts("hosts")),
        "guess": table.take_flag("guess", default=True),
        "follow_links": table.take_flag("follow_links", default=True),
        "max_pages": table.take_number("max_pages", 2000, 1, 1_000_000),
    }
    table.close()
    return found


def _listings(tables: list[Definition], home: str) -> tuple[ListingPage, ...]:
    pages = []
    for table in tables:
        text, rule = table.take_text("url"), table.take_text("next", "auto") or "auto"
        url = _address(table, "url", text, home) if text else None
        if "url" not in table.values:
            table.problem("url", "is missing; give the section's first page")
        try:
            pagination = Pagination.parse(rule)
        except ValueError as error:
            table.problem("next", str(error))
            pagination = AUTO
        table.close()
        if url:
            pages.append(ListingPage(url, pagination))
    return tuple(pages)


def _articles(table: Definition) -> dict[str, Any]:
    found: dict[str, Any] = {"allow": table.take_patterns("allow"), "deny": table.take_patterns("deny")}
    found["template"] = table.take_flag("template", default=True)
    table.close()
    return found


def _editions(table: Definition) -> tuple[tuple[str, str], ...]:
    return tuple((pattern, edition) for edition in table.values for pattern in table.take_patterns(edition))


def _politeness(table: Definition) -> dict[str, Any]:
    found: dict[str, Any] = {"delay": table.take_seconds("delay", 2.0, 3600), "concurrency": table.take_number("concurrency", 1, 1, 16)}
    found["verify_tls"] = table.take_flag("verify_tls", default=True)
    table.close()
    return found


def _timetable(table: Definition) -> dict[str, Any]:
    every, cron = table.take_duration("every", timedelta(minutes=1)), table.take_text("cron")
    found: dict[str, Any] = {"every": every, "cron": cron, "windows": table.take_windows("windows")}
    shortest, longest = table.take_duration("shortest", timedelta(minutes=1)), table.take_duration("longest", timedelta(minutes=1))
    if every is not None and cron is not None:
        table.problem("cron", "stands beside `every`; keep one of the two")
    if cron is not None and len(cron.split()) != 5:
        table.problem("cron", f"{cron!r} must have five fields: minute, hour, day, month, weekday, as in '15 6-22 * * *'")
    if cron is not None and found["windows"]:
        table.problem("windows", "stands beside `cron`, which says its own hours; keep one of the two")
    for key, value in (("shortest", shortest), ("longest", longest)):
        if value is not None and (every or cron):
            table.problem(key, "is a bound of a timetable that has neither `every` nor `cron`; leave it out, or them")
    if longest is not None and longest < (shortest or SHORTEST):
        table.problem("longest", f"must not be less than `shortest` ({(shortest or SHORTEST).total_seconds():g} seconds)")
    table.close()
    return {**found, "shortest": shortest or SHORTEST, "longest": longest}


def _layouts(tables: list[Definition]) -> tuple[Layout, ...]:
    layouts = []
    for table in tables:
        layout = Layout(
            since=table.take_day("since"),
            until=table.take_day("until"),
            remove=table.take_texts("remove"),
            **{key: table.take_text(key) for key in ("body", "title", "date", "authors", "section", "tags")},
        )
        if layout.since and layout.until and layout.since >= layout.until:
            table.problem("until", f"{layout.until} is not after since = {layout.since}")
        table.close()
        layouts.append(layout)
    return tuple(layouts)


def _digest(source: Source) -> str:
    """Hash of everything that changes what is fetched or read."""
    values = {field.name: getattr(source, field.name) for field in dataclasses.fields(source) if field.name not in NOT_PART_OF_DIGEST}
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
