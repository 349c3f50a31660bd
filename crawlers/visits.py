"""Turns an answer, or the lack of one, into a visit: what is kept, how the address is settled, where it leads. Pure, without Scrapy."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crawlers import answer
from crawlers.answer import Hop, Meaning, Verdict
from crawlers.challenge import is_consent_address
from crawlers.discovery import traps
from crawlers.leads import Errand, leads_of, step_back
from crawlers.politeness import DEFAULT_PAUSE, retry_after
from crawlers.redirect_page import target_of
from crawlers.retries import MAX_ATTEMPTS, retry_at
from crawlers.robots_tag import is_noindex
from crawlers.sink import Visit
from db.records import Candidate, FetchedPage, FrontierLease, Settlement
from db.vocabulary import FailureClass, FoundBy, PageKind, PageReason, PageState

MAX_HOPS = 5
"""Redirects followed from one address to its article."""
NEVER_ANSWERED = datetime(1970, 1, 1, tzinfo=UTC)
"""As `refetch_before`: fetch a known address again only if it never gave a final answer."""
FINAL_FAILURES = frozenset({FailureClass.TOO_LARGE})
"""Failures without an answer that stay as they are however often one asks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, decoded of its content encoding."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """The first header of that name, given in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


def answered(  # noqa: PLR0911 - a table of cases reads best as one
    errand: Errand, got: Answer, now: datetime
) -> tuple[Visit, timedelta | None]:
    """The visit an answer makes, and how long the host wishes not to be asked."""
    headers = {name.lower(): value for name, value in reversed(got.headers)}
    verdict = answer.judge(errand.lease.kind, got.status, headers, got.body)
    if errand.obey_noindex and verdict.state is PageState.UNREAD and is_noindex(got.headers, got.body):
        verdict = dataclasses.replace(verdict, state=PageState.REJECTED, reason=PageReason.NOINDEX)
    pause = pause_of(got, now)
    if verdict.meaning is Meaning.NOTHING_NEW:
        return Visit(settled(errand.lease, got, now)), pause
    page = _page(errand.lease, got, now, verdict)
    if verdict.meaning is Meaning.WALL:
        return Visit(walled(errand.lease, got, verdict.failure, now, pause), page), pause
    if verdict.meaning is Meaning.REDIRECT:
        return _redirected(errand, got, page, now, got.header("location") or ""), pause
    if verdict.meaning is Meaning.FAILED:
        if errand.lease.hints.seek and verdict.failure is FailureClass.GONE:
            return _beyond_the_end(errand, got, page, now), pause
        return Visit(failed(errand.lease, got, verdict.failure or FailureClass.OTHER, now, pause), page), pause
    if target := target_of(got.body, errand.lease.url):
        return _sent_on(errand, got, page, now, target), pause
    if verdict.meaning is Meaning.PARSE:
        return _parsed(errand, got, page, now), pause
    return Visit(settled(errand.lease, got, now), page), pause


def unanswered(lease: FrontierLease, failure: FailureClass, now: datetime, delay: float) -> Visit:
    """The visit that a failed request makes; `delay` is the host's, in seconds."""
    again = retry_at(failure, lease.attempts + 1, now, delay)
    final = failure in FINAL_FAILURES
    return Visit(Settlement(lease, now, fetched=final, failure=failure, retry_at=again, etag=lease.etag, last_modified=lease.last_modified))


def article_candidate(candidate: Candidate) -> Candidate:
    """The candidate, fetched again at least if it never gave a final answer: a dead host must not lose what it named."""
    return candidate if candidate.refetch_before else dataclasses.replace(candidate, refetch_before=NEVER_ANSWERED)


def settled(lease: FrontierLease, got: Answer, now: datetime, failure: FailureClass | None = None) -> Settlement:
    """An address that was answered for good."""
    fresh = 200 <= got.status < 300
    return Settlement(
        lease,
        now,
        fetched=True,
        status=got.status,
        failure=failure,
        etag=got.header("etag") if fresh else lease.etag,
        last_modified=got.header("last-modified") if fresh else lease.last_modified,
    )


def failed(lease: FrontierLease, got: Answer, failure: FailureClass, now: datetime, pause: timedelta | None) -> Settlement:
    """An error answer: final unless the server itself is in trouble or asks to come back later."""
    settlement = settled(lease, got, now, failure)
    if pause is not None:
        again = now + pause if lease.attempts + 1 < MAX_ATTEMPTS else None
        return dataclasses.replace(settlement, fetched=False, retry_at=again)
    if failure is FailureClass.HTTP_5XX:
        return dataclasses.replace(settlement, fetched=False, retry_at=retry_at(failure, lease.attempts + 1, now, 0.0))
    return settlement


def walled(lease: FrontierLease, got: Answer, failure: FailureClass | None, now: datetime, pause: timedelta | None) -> Settlement:
    """Not the page's answer: nothing of it is remembered, and the address is asked again by the next run that comes upon it."""
    again = now + pause if pause is not None and lease.attempts + 1 < MAX_ATTEMPTS else None
    return dataclasses.replace(
        settled(lease, got, now, failure), fetched=False, retry_at=again, etag=lease.etag, last_modified=lease.last_modified
    )


def pause_of(got: Answer, now: datetime) -> timedelta | None:
    """429 always silences the host, 503 only if it says for how long: many papers answer 503 for a single broken page."""
    if got.status not in answer.PAUSING:
        return None
    stated = retry_after(got.header("retry-after"), now)
    return stated or (DEFAULT_PAUSE if got.status == 429 else None)


def _page(lease: FrontierLease, got: Answer, now: datetime, verdict: Verdict) -> FetchedPage:
    return FetchedPage(
        source=lease.source,
        run_id=lease.run_id,
        url=lease.url,
        url_key=lease.url_key,
        kind=lease.kind,
        fetched_at=now,
        status=got.status,
        headers=got.headers,
        body=got.body,
        state=verdict.state,
        reason=verdict.reason,
        detail=verdict.detail,
    )


def _parsed(errand: Errand, got: Answer, page: FetchedPage, now: datetime) -> Visit:
    found = leads_of(errand, got.body, got.header("content-type"), now)
    if found is None:
        settlement = settled(errand.lease, got, now, FailureClass.UNREADABLE)
        return Visit(settlement, dataclasses.replace(page, state=PageState.FAILED))
    candidates = tuple(article_candidate(each) if each.kind is PageKind.ARTICLE else each for each in found.candidates)
    page = dataclasses.replace(page, detail=traps.said(found.trapped))
    return Visit(settled(errand.lease, got, now), page, candidates, found.next_pages, found.walk_since)


def _beyond_the_end(errand: Errand, got: Answer, page: FetchedPage, now: datetime) -> Visit:
    """A section has no page of that number: no failure, but the answer that was sought."""
    return Visit(settled(errand.lease, got, now), dataclasses.replace(page, state=PageState.PARSED), next_pages=step_back(errand))


def _sent_on(errand: Errand, got: Answer, page: FetchedPage, now: datetime, target: str) -> Visit:
    """A page that only leads on is a redirect; its validators would have the next run believe that there is nothing new behind it."""
    plain = tuple(pair for pair in got.headers if pair[0].lower() not in {"etag", "last-modified"})
    page = dataclasses.replace(page, state=PageState.PARSED, reason=None)
    return _redirected(errand, dataclasses.replace(got, headers=plain), page, now, target)


def _redirected(errand: Errand, got: Answer, page: FetchedPage, now: datetime, location: str) -> Visit:
    """Follow one hop: as another spelling of this address, or as another address that the frontier gets to know."""
    lease = errand.lease
    target = answer.redirect_target(lease.url, location)
    if target is not None and is_consent_address(target):
        wall = dataclasses.replace(page, state=PageState.REJECTED, reason=PageReason.CONSENT, detail=f"sent to {target}")
        return Visit(walled(lease, got, None, now, None), wall)
    hop = answer.classify_hop(lease.url, lease.url_key, target, on_site=target is not None and errand.source.is_on_site(target))
    lost = settled(lease, got, now, FailureClass.REDIRECT)
    if hop is Hop.OFF_SITE:
        away = dataclasses.replace(page, state=PageState.REJECTED, reason=PageReason.OFF_SITE, detail=f"sent to {target}")
        return Visit(lost, away)
    if hop is Hop.SAME and lease.attempts + 1 < MAX_HOPS:
        moved = dataclasses.replace(settled(lease, got, now), fetched=False, moved_to=target, retry_at=now)
        return Visit(moved, page)
    if hop is not Hop.ON_SITE or target is None or len(lease.aliases) >= MAX_HOPS:
        return Visit(lost, page)
    return Visit(settled(lease, got, now), page, (_next_hop(errand, target),))


def _next_hop(errand: Errand, target: str) -> Candidate:
    lease = errand.lease
    return Candidate(
        url=target,
        kind=lease.kind,
        found_by=FoundBy.REDIRECT,
        hints=lease.hints,
        priority=lease.priority,
        refetch_before=NEVER_ANSWERED if lease.kind is PageKind.ARTICLE else errand.run.requested_at,
        aliases=(lease.url, *lease.aliases),
    )
