"""`veille read`: one page read on the spot with every decision explained, or all pages that wait to be read."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast
from urllib.parse import quote

import typer

from veille.cli.front import Front, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, note, say, table
from veille.cli.values import instant

if TYPE_CHECKING:
    from db.readings import Article, PageToRead, Part, ReadingHints, Rejected

app = single()
EXAMPLES = examples(
    "veille read page.html --url https://www.example.org/a,12.html --why",
    "veille read https://www.example.org/a,12.html --json",
    "veille read --pending",
)
UNKNOWN_SITE = "https://unknown.invalid/"
"""Where a file was served if nobody says (RFC 2606 keeps `.invalid` from ever being a site)."""


@app.command("read", cls=FrontCommand, epilog=EXAMPLES)
def read(
    ctx: typer.Context,
    place: Annotated[str | None, typer.Argument(metavar="FILE|URL", help="An HTML file (- for stdin), or an address to fetch.")] = None,
    *,
    url: Annotated[str | None, typer.Option(help="Address the file was served at.")] = None,
    fetched_at: Annotated[
        Any, typer.Option(parser=instant, metavar="TIME", help="When it was fetched: relative dates count from there.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", "-s", metavar="NAME", help="Source whose hints hold; default: by address.")
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Print every decision of the reader.")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="Read all kept pages that are unread, and store the articles.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record.")] = False,
) -> None:
    """Read one page and print its article; nothing is stored.

    Exit code 1 if the page holds none. With --pending: read every page that was fetched but not yet read, and store what they hold.
    """
    door = front(ctx)
    if pending == (place is not None):
        raise typer.BadParameter("give one FILE or URL, or --pending.")
    if pending:
        _read_pending(door, as_json=as_json)
        return
    page = _page(door, str(place), url, fetched_at)
    outcome = _without_unknown_site(_read(page, _hints(door, source, page.url)))
    shown = _print_json if as_json else _print
    shown(outcome, why=why)
    if _is_rejected(outcome):
        raise typer.Exit(1)


def _page(door: Front, place: str, url: str | None, fetched_at: datetime | None) -> PageToRead:
    """The page a person means: fetched now, or taken from a file or stdin."""
    from db.readings import PageToRead

    if place.startswith(("http://", "https://")):
        from veille.cli.fetching import fetch_page

        return fetch_page(door, place)
    if url is not None and not _is_web_address(url):
        raise typer.BadParameter(f"--url {url}: is no web address; write it as https://www.example.org/a,12.html.")
    body = sys.stdin.buffer.read() if place == "-" else _bytes(Path(place))
    return PageToRead(url=url or UNKNOWN_SITE + quote(Path(place).name), body=body, fetched_at=fetched_at)


def _is_web_address(url: str) -> bool:
    from db.identity import url_key

    try:
        url_key(url)
    except ValueError:
        return False
    return True


def _without_unknown_site(outcome: Article | Rejected) -> Article | Rejected:
    """The outcome of a file without the address we made up for it (empty instead) and what was resolved against it."""
    if not outcome.url.startswith(UNKNOWN_SITE):
        return outcome
    links = tuple(link for link in outcome.links if not link.startswith(UNKNOWN_SITE))
    outcome = dataclasses.replace(outcome, url="", links=links)
    if _is_rejected(outcome):
        return outcome
    article = cast("Article", outcome)
    canonical = article.canonical_url
    return dataclasses.replace(
        article,
        canonical_url=None if canonical and canonical.startswith(UNKNOWN_SITE) else canonical,
        part=_known_part(article.part),
        image=None if article.image and article.image.url.startswith(UNKNOWN_SITE) else article.image,
        translations=tuple(pair for pair in article.translations if not pair[1].startswith(UNKNOWN_SITE)),
    )


def _known_part(part: Part) -> Part:
    first, following = (None if url and url.startswith(UNKNOWN_SITE) else url for url in (part.first, part.following))
    return dataclasses.replace(part, first=first, following=following)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path}: cannot be read ({error.strerror}); give an HTML file, - or an address.") from error


def _read(page: PageToRead, hints: ReadingHints) -> Article | Rejected:
    from veille.one_page import read as read_page

    return read_page(page.body, url=page.url, headers=page.headers, fetched_at=page.fetched_at, hints=hints)


def _hints(door: Front, source: str | None, url: str) -> ReadingHints:
    """The hints of the source that was named, else of the one the address belongs to, else none."""
    from db.readings import ReadingHints

    if source is not None:
        return door.registry.get(source).reading_hints()
    owner = next((known for known in door.registry.all() if known.is_on_site(url)), None)
    return owner.reading_hints() if owner else ReadingHints()


def _is_rejected(outcome: Article | Rejected) -> bool:
    from db.readings import Rejected

    return isinstance(outcome, Rejected)


def _print(outcome: Article | Rejected, *, why: bool) -> None:
    from db.readings import Rejected
    from veille.cli.article_view import print_read

    if isinstance(outcome, Rejected):
        note(f"no article: {line(outcome.reason)} ({line(outcome.detail)})")
    else:
        print_read(outcome)
    if why:
        say()
        table(("step", "field", "value", "why"), [(item.step, item.field, item.value, item.why) for item in outcome.decisions])


def _print_json(outcome: Article | Rejected, *, why: bool) -> None:
    record = {"article": not _is_rejected(outcome)} | dataclasses.asdict(outcome) | {"url": outcome.url or None}
    if not why:
        del record["decisions"]
    say(json_text(record))


def _read_pending(door: Front, *, as_json: bool) -> None:
    from pipeline.jobs import read_pending
    from veille.cli.reports import print_outcomes
    from veille.cli.signals import stoppable

    with door.working() as work, stoppable(raising=True):
        read = read_pending(work.spec, work.database, work.registry)
    print_outcomes(Counter(page.outcome for page in read), as_json=as_json)
