"""`veille robots`: what robots.txt says about addresses, asked now or of the copies that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veille.cli.front import Front, front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, line, note, say

if TYPE_CHECKING:
    from crawlers.robots import Unreachable
    from db.records import RobotsCopy
    from veille.robots_verdict import RobotsVerdict

app = single()
EXAMPLES = examples("veille robots https://www.example.org/a,12.html", "veille robots --kept --json https://www.example.org/")


@app.command("robots", cls=FrontCommand, epilog=EXAMPLES)
def robots(
    ctx: typer.Context,
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="Addresses, of one site or several.")],
    *,
    kept: Annotated[bool, typer.Option("--kept", help="Ask the copies in the database; nothing is fetched.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say whether robots.txt lets us fetch addresses, and why.

    Fetches each site's robots.txt as a crawl would, and prints the verdict, the line that decided, Crawl-delay and sitemaps. Exit
    code 1 if any address may not be fetched.
    """
    door = front(ctx)
    addresses = {url: _address(url) for url in urls}
    from veille.robots_verdict import verdict

    said = (_kept if kept else _fetched)(door, list(dict.fromkeys(addresses.values())))
    verdicts = [verdict(address, said[address], door.clock()) for address in addresses.values()]
    if as_json:
        say(json_text([_record(each) for each in verdicts]))
    else:
        for number, each in enumerate(verdicts):
            _print(each, blank=number > 0)
    if any(each.allowed is None for each in verdicts):
        note("veille: a host without a kept copy has not been asked yet; leave out --kept to ask it now")
    if not all(each.allowed for each in verdicts):
        raise typer.Exit(1)


def _address(url: str) -> str:
    """The address as a crawl would ask for it."""
    from db.identity import clean_url

    found = clean_url(url)
    if found is None:
        raise typer.BadParameter(f"{url}: is no web address; write it as https://www.example.org/a,12.html.")
    return found


def _fetched(door: Front, urls: list[str]) -> Mapping[str, RobotsCopy | Unreachable | None]:
    from crawlers.fetch import fetch_rules
    from crawlers.robots import Unreachable
    from db.records import RobotsCopy
    from veille.specs import engine_spec

    said: dict[str, RobotsCopy | Unreachable | None] = {}
    for got in fetch_rules(urls, engine_spec(door.settings, door.clock.offset)):
        if got.failure is not None:
            said[got.url] = Unreachable(got.failure, got.status, got.detail)
        elif got.status is not None:
            body = got.body.decode() if 200 <= got.status < 300 else None
            said[got.url] = RobotsCopy(got.fetched_at, got.status, body)
    return said


def _kept(door: Front, urls: list[str]) -> Mapping[str, RobotsCopy | Unreachable | None]:
    from db.hosts import HostStore
    from db.identity import host_of

    with door.watch() as watch, watch.database.read() as tx:
        return {url: HostStore(tx).robots(host_of(url)) for url in urls}


def _print(found: RobotsVerdict, *, blank: bool) -> None:
    word = {True: "allowed", False: "forbidden", None: "unknown"}[found.allowed]
    if blank:
        say()
    say(f"{word}  {line(found.url)}")
    _field("why", found.why)
    _field("robots.txt", " ".join(filter(None, (found.robots_url, _copy_in_words(found)))))
    if found.crawl_delay is not None:
        _field("Crawl-delay", f"{found.crawl_delay:g} s stated, {found.applied_delay:g} s applied")
    for address in found.sitemaps:
        _field("sitemap", address)


def _field(name: str, value: str) -> None:
    say(f"  {name.ljust(11)}  {line(value)}")


def _copy_in_words(found: RobotsVerdict) -> str:
    if found.fetched_at is None or found.age is None:
        return "" if found.status is None else f"answered {found.status}"
    old = "" if found.fresh else "; a crawl would ask again"
    return f"answered {found.status} at {line(found.fetched_at)}, {_age(found.age)} ago{old}"


def _age(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


def _record(found: RobotsVerdict) -> dict[str, Any]:
    at: datetime | None = found.fetched_at
    return {
        "url": found.url,
        "allowed": found.allowed,
        "why": found.why,
        "group": found.group,
        "rule": None if found.rule is None else {"line": found.rule.line, "text": found.rule.text},
        "robots": {
            "url": found.robots_url,
            "status": found.status,
            "failure": found.failure,
            "fetched_at": at,
            "age_seconds": None if found.age is None else int(found.age.total_seconds()),
            "fresh": found.fresh,
        },
        "crawl_delay": {"stated": found.crawl_delay, "applied": found.applied_delay},
        "sitemaps": list(found.sitemaps),
    }
