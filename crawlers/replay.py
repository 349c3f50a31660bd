"""What the answers of a web archive make: pages with the address and the instant they were captured at, and captures to ask for. Pure.

Nothing that was captured is held against the archive, which only replays it: no failure, no pause, no wall.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from crawlers import answer
from crawlers.answer import Meaning, Verdict, redirect_target
from crawlers.captures import Replay, WebArchive, replay_of, window_of
from crawlers.discovery import traps
from crawlers.discovery.captures import Captures, candidates, following, parse_captures, says_none
from crawlers.discovery.scope import Scope
from crawlers.leads import MAX_DEPTH, Errand
from crawlers.memento import Memento, memento_of
from crawlers.redirect_page import target_of
from crawlers.retries import MAX_ATTEMPTS, retry_at
from crawlers.robots_tag import is_noindex
from crawlers.sink import Visit
from crawlers.spec import MIB
from crawlers.visits import MAX_HOPS, NEVER_ANSWERED, Answer, failed, pause_of, settled, walled
from db.identity import host_of, is_home, url_key
from db.records import Candidate, FetchedPage, FrontierLease, Hints, Settlement
from db.vocabulary import FailureClass, FoundBy, PageKind, PageReason, PageState

LIMIT = 16 * MIB
"""Bytes a body that is still gzipped may unfold to."""
NOT_SHOWN = "accesscontrol"
"""In the error of a Wayback Machine that may not show a site: it says nothing of us."""


def is_archives(lease: FrontierLease) -> bool:
    """Whether an address is asked of an archive: a page of its index, or a replay."""
    return lease.kind is PageKind.CAPTURES or lease.found_by is FoundBy.CAPTURE


def replayed(errand: Errand, got: Answer, now: datetime) -> tuple[Visit, timedelta | None]:
    """The visit that an archive's answer makes, and how long the archive wishes not to be asked."""
    if errand.lease.kind is PageKind.CAPTURES:
        return _listed(errand, got, now), pause_of(got, now)
    asked = replay_of(errand.lease.url)
    if asked is None:  # nothing else is found by its capture
        return Visit(settled(errand.lease, got, now, FailureClass.OTHER)), None
    memento = memento_of(asked, got.status, got.headers, got.body, now, LIMIT)
    if memento is None:
        return _of_archive(errand, asked, got, now)
    return _of_publisher(errand, asked, got, memento, now), None


# ---------------------------------------------------------------- its index


def _listed(errand: Errand, got: Answer, now: datetime) -> Visit:
    """A page of the index. Its body is not looked at for walls: among thousands of addresses there is any word."""
    lease = errand.lease
    headers = {name.lower(): value for name, value in reversed(got.headers)}
    verdict = answer.judge(lease.kind, got.status, headers, b"")
    empty = says_none(got.status, got.body)
    state = PageState.PARSED if empty else verdict.state
    page = FetchedPage(lease.source, lease.run_id, lease.url, lease.url_key, lease.kind, now, got.status, got.headers, got.body, state)
    if verdict.meaning is Meaning.REDIRECT:
        return _index_moved(errand, got, headers["location"], now, page)
    if verdict.meaning is not Meaning.PARSE and not empty:
        failure = verdict.failure or FailureClass.OTHER
        return Visit(failed(lease, got, failure, now, pause_of(got, now)), page)
    listing = Captures() if empty else parse_captures(got.body, lease.url)
    if listing is None:
        return Visit(_unreadable(lease, got, now), dataclasses.replace(page, state=PageState.FAILED))
    params = errand.run.params
    found, trapped = candidates(listing, errand.source, Scope.of(params), window_of(params), WebArchive(str(params["base"])))
    page = dataclasses.replace(page, detail=traps.said(trapped))
    return Visit(settled(lease, got, now), page, found, () if empty else _next_page(errand, listing, got))


def _next_page(errand: Errand, listing: Captures, got: Answer) -> tuple[Candidate, ...]:
    """The page that follows; none where the answer is the same as before: an index without pages gives all it has for every number."""
    lease, url = errand.lease, following(listing, errand.lease.url)
    if url is None or lease.hints.depth >= MAX_DEPTH or (listing.rows and errand.walks.repeats_body(lease, got.body)):
        return ()
    hints = Hints(depth=lease.hints.depth + 1)
    return (Candidate(url, lease.kind, FoundBy.PAGINATION, hints, lease.priority, errand.run.requested_at),)


def _index_moved(errand: Errand, got: Answer, location: str, now: datetime, page: FetchedPage) -> Visit:
    """The same question by another scheme or path of the archive, no further."""
    lease = errand.lease
    target = redirect_target(lease.url, location)
    if target is None or target == lease.url or host_of(target) != lease.host or lease.attempts + 1 >= MAX_ATTEMPTS:
        return Visit(settled(lease, got, now, FailureClass.REDIRECT), page)
    if url_key(target) == lease.url_key:
        return Visit(dataclasses.replace(settled(lease, got, now), fetched=False, moved_to=target, retry_at=now), page)
    if len(lease.aliases) >= MAX_HOPS:
        return Visit(settled(lease, got, now, FailureClass.REDIRECT), page)
    aliases = (lease.url, *lease.aliases)
    again = Candidate(target, lease.kind, FoundBy.REDIRECT, lease.hints, lease.priority, errand.run.requested_at, aliases)
    return Visit(settled(lease, got, now), page, (again,))


def _unreadable(lease: FrontierLease, got: Answer, now: datetime) -> Settlement:
    """How an answer that is nothing of what was asked for is settled: it may have been cut off, and is asked for again."""
    again = retry_at(FailureClass.HTTP_5XX, lease.attempts + 1, now, 0.0)
    return dataclasses.replace(settled(lease, got, now, FailureClass.UNREADABLE), fetched=again is None, retry_at=again)


# ---------------------------------------------------------------- the archive's own answers


def _of_archive(errand: Errand, asked: Replay, got: Answer, now: datetime) -> tuple[Visit, timedelta | None]:
    """A way to the nearest capture, or that there is none, or trouble of the archive's: no page of the publisher's, so none is kept."""
    lease, pause = errand.lease, pause_of(got, now)
    headers = {name.lower(): value for name, value in reversed(got.headers)}
    verdict = answer.judge(lease.kind, got.status, headers, got.body)
    if verdict.meaning is Meaning.REDIRECT:
        return _led_on(errand, asked, got, headers["location"], now), pause
    if verdict.meaning is Meaning.WALL:
        return Visit(walled(lease, got, verdict.failure, now, pause)), pause
    if verdict.meaning is Meaning.FAILED:
        shut = got.status == 403 and NOT_SHOWN in headers.get("x-archive-wayback-runtime-error", "").lower()
        failure = FailureClass.HTTP_4XX if shut else verdict.failure or FailureClass.OTHER
        return Visit(failed(lease, got, failure, now, pause)), pause
    return Visit(_unreadable(lease, got, now)), pause


# ---------------------------------------------------------------- the publisher's, of then


def _of_publisher(errand: Errand, asked: Replay, got: Answer, memento: Memento, now: datetime) -> Visit:
    verdict = answer.judge(errand.lease.kind, memento.status, memento.named, memento.body)
    if verdict.meaning is Meaning.REDIRECT:
        page = _page(errand.lease, memento, verdict)
        return _led_on(errand, asked, got, memento.named["location"], now, page)
    if verdict.meaning is Meaning.WALL:  # rejected, not failed: it is no wall before us
        verdict = dataclasses.replace(verdict, state=PageState.REJECTED)
    elif verdict.state is PageState.UNREAD:
        if target := target_of(memento.body, memento.original):
            return _led_on(errand, asked, got, target, now, _page(errand.lease, memento, Verdict(Meaning.REDIRECT, PageState.PARSED)))
        if errand.obey_noindex and is_noindex(memento.headers, memento.body):
            verdict = dataclasses.replace(verdict, state=PageState.REJECTED, reason=PageReason.NOINDEX)
    return Visit(settled(errand.lease, got, now), _page(errand.lease, memento, verdict))


def _page(lease: FrontierLease, memento: Memento, verdict: Verdict) -> FetchedPage:
    return FetchedPage(
        source=lease.source,
        run_id=lease.run_id,
        url=memento.original,
        url_key=url_key(memento.original),
        kind=lease.kind,
        fetched_at=memento.captured_at,
        status=memento.status,
        headers=memento.headers,
        body=memento.body,
        state=verdict.state,
        reason=verdict.reason,
        detail=verdict.detail,
    )


# ---------------------------------------------------------------- another capture


def _led_on(  # noqa: PLR0917 - an answer, and what is known of it
    errand: Errand, asked: Replay, got: Answer, location: str, now: datetime, page: FetchedPage | None = None
) -> Visit:
    """Follow one hop within the archive: to another spelling, to the nearest capture, or to what the publisher had moved it to."""
    lease, target = errand.lease, _target(asked, location)
    lost = Visit(settled(lease, got, now, FailureClass.REDIRECT if page is None else None), page)
    if target is None or target.url == lease.url or not errand.source.is_on_site(target.original) or is_home(target.original):
        return lost
    try:
        same = url_key(target.url) == lease.url_key
    except ValueError:
        return lost
    if same:
        again = now if lease.attempts + 1 < MAX_ATTEMPTS else None
        moved = dataclasses.replace(settled(lease, got, now), fetched=again is None, moved_to=target.url, retry_at=again)
        return Visit(moved, page)
    if len(lease.aliases) >= MAX_HOPS:
        return lost
    following = Candidate(
        url=target.url,
        kind=PageKind.ARTICLE,
        found_by=FoundBy.CAPTURE,
        hints=lease.hints,
        priority=lease.priority,
        refetch_before=NEVER_ANSWERED,
        aliases=(lease.url, *lease.aliases),
    )
    return Visit(settled(lease, got, now), page, (following,))


def _target(asked: Replay, location: str) -> Replay | None:
    """The capture that a Location names: in the archive itself, or at the publisher's address as it stood in the answer of then."""
    inside = redirect_target(asked.url, location)
    found = replay_of(inside) if inside else None
    if found is not None and host_of(found.url) == host_of(asked.url):
        return found
    original = redirect_target(asked.original, location)
    return dataclasses.replace(asked, original=original) if original else None
