"""The captures of a Wayback Machine or a pywb: how their addresses are written, at which pace they are asked for, and a backfill's slices.

Pure. What the index answers is `crawlers.discovery.captures`'s business, what a replay answers `crawlers.replay`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from crawlers.source import Source
from db.identity import clean_url, host_of, site_of
from db.plans import SlicePlan
from db.records import Run
from db.vocabulary import PageKind, RunKind, Way

REPLAY = re.compile(r"^(https?://.+?)/(\d{4,14})(?:[a-z]{2}_)?/(https?):/{1,2}(.+)$")
DAY = timedelta(days=1)
GRACE = timedelta(days=30)
"""How long after the end of a range first captures are looked for: crawlers of archives come days or weeks after the publication."""
ROWS = 5_000
"""Captures a page of the index; its own limit is 150,000."""
PACES = {"web.archive.org": 4.0}
"""Seconds between two requests to archives of which it is known what they take.

The Wayback Machine answers 429 to more than 24 questions to its index a minute, and bars who goes on for an hour (release notes of
EDGI's `wayback` 0.5.1, and its issue 137, which quotes the Internet Archive): fifteen a minute, index and replays together, keep clear.
"""


@dataclass(frozen=True, slots=True)
class Replay:
    """The address of one capture, taken apart."""

    archive: str
    """What stands before the timestamp."""
    stamp: str
    """UTC, fourteen digits (YYYYMMDDhhmmss); fewer only in what an archive redirects to."""
    original: str

    @property
    def url(self) -> str:
        """Where the capture is replayed as it was captured, without banner and rewritten links (`id_`)."""
        return f"{self.archive}/{self.stamp}id_/{self.original}"

    @property
    def captured_at(self) -> datetime | None:
        """The instant the address names; None if it is none."""
        return instant_of(self.stamp)


@dataclass(frozen=True, slots=True)
class WebArchive:
    """A Wayback Machine (its base has no path), or one collection of a pywb (its base has one: `https://archive.example/press`)."""

    base: str

    @property
    def is_collection(self) -> bool:
        """Whether it is a pywb's collection."""
        return bool(urlsplit(self.base).path.strip("/"))

    @property
    def index(self) -> str:
        """Where captures are listed."""
        return f"{self.base.rstrip('/')}/{'cdx' if self.is_collection else 'cdx/search/cdx'}"

    def replay(self, stamp: str, original: str) -> Replay:
        """Where one capture is."""
        return Replay(self.base.rstrip("/") if self.is_collection else f"{self.base.rstrip('/')}/web", stamp, original)

    def query(self, scope: str, name: str, until: date) -> str:
        """The first page of the captures of HTML pages of a host or a domain (`scope`), made before a day (UTC).

        There is no lower bound: only so is the first capture that is listed of an address the first that was made. It is kind to
        the server as well, whose index is in the order of addresses: for a month alone it would read all of them to answer with few.
        """
        common = {"url": name, "matchType": scope, "output": "json", "to": f"{until - DAY:%Y%m%d}"}
        if self.is_collection:
            own = [("fl", "timestamp,url,mime,status"), ("filter", "=status:200"), ("filter", "=mime:text/html"), ("page", "0")]
        else:
            own = [("fl", "timestamp,original,mimetype,statuscode"), ("filter", "statuscode:200"), ("filter", "mimetype:text/html")]
            own += [("collapse", "urlkey"), ("limit", str(ROWS)), ("showResumeKey", "true")]
        return f"{self.index}?{urlencode([*common.items(), *own], safe=':,/')}"


def replay_of(url: str) -> Replay | None:
    """Take the address of a capture apart; None if it is no such address."""
    found = REPLAY.match(url)
    original = clean_url(f"{found[3]}://{found[4]}") if found else None
    return Replay(found[1], found[2], original) if found and original else None


def instant_of(stamp: str) -> datetime | None:
    """The instant that a timestamp of four digits or more begins."""
    try:
        return datetime.strptime(stamp + "00000101000000"[len(stamp) :], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def pace_of(run: Run, source: Source) -> tuple[float, int]:
    """Seconds between two requests, and requests at once: a replay asks an archive, not the source's own host."""
    return (float(run.params["delay"]), 1) if run.kind is RunKind.REPLAY and "delay" in run.params else (source.delay, source.concurrency)


def window_of(params: Mapping[str, Any]) -> tuple[str, str]:
    """The timestamps [first, after) between which a run wants first captures to lie."""
    first, after = (str(day).replace("-", "") for day in params["captured"])
    return first, after


def plan_wayback(source: Source, since: date, until: date, base: str, *, today: date | None = None) -> list[SlicePlan]:
    """The slices by which an archive gives what a source published in [since, until): a slice a month of first capture, newest first.

    Nothing can be captured before it is published, so that first captures before the range (less a day, for zones) are left out;
    those made up to `GRACE` after it are asked for. `today` ends it earlier: nothing is captured in days to come.
    """
    archive = WebArchive(base)
    first, after = since - DAY, min(until + GRACE, (today or date.max - DAY) + DAY)
    return [_slice(source, since, until, archive, month) for month in reversed(list(_months(first, after)))]


def _slice(source: Source, since: date, until: date, archive: WebArchive, captured: tuple[date, date]) -> SlicePlan:
    starts = [[PageKind.CAPTURES.value, archive.query(scope, name, captured[1])] for scope, name in _scopes(source)]
    params = {
        "way": Way.WAYBACK.value,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "captured": [day.isoformat() for day in captured],
        "base": archive.base,
        "delay": max(source.delay, PACES.get(host_of(archive.base), 0.0)),
        "starts": starts,
    }
    label = f"first captured in {captured[1] - DAY:%Y-%m}"
    return SlicePlan(Way.WAYBACK, label, since, max(min(until, captured[1]), since + DAY), params)


def _scopes(source: Source) -> Iterator[tuple[str, str]]:
    """What is asked of the index: the paper's domain with its editions' and mobile hosts, and the hosts its file adds."""
    own = site_of(source.home)
    yield "domain", own
    for host in source.hosts:
        if host != own and not host.endswith(f".{own}"):
            yield "host", host


def _months(first: date, after: date) -> Iterator[tuple[date, date]]:
    """[first, after) cut at the first of each month; what is left of a month before the first whole one belongs to that."""
    start = first
    while start < after:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        if (following - start).days <= 1:  # the day that zones are owed is no slice of its own
            following = (following + timedelta(days=32)).replace(day=1)
        yield start, min(following, after)
        start = following
