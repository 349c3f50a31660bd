"""The closed vocabularies: every word that a state, a kind or a reason can be, in the schema, in the code and in the documents alike."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class RunKind(StrEnum):
    """Why pages are being fetched or read."""

    CRAWL = "crawl"
    BACKFILL = "backfill"
    REPLAY = "replay"
    REPROCESS = "reprocess"


class RunState(StrEnum):
    """What has become of a run. `queued` and `running` are open; the others are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # a limit, a deadline or a person ended it; what is left stays in the frontier
    FAILED = "failed"


class Way(StrEnum):
    """By which way a backfill gets at the past of a source."""

    SITEMAP = "sitemap"
    LISTING = "listing"  # section pages, walked back
    ARCHIVE = "archive"  # pages of a month or a day
    IDS = "ids"  # article numbers that count up
    WAYBACK = "wayback"
    WARC = "warc"


class BackfillState(StrEnum):
    """What has become of a backfill. The first three are open."""

    ACTIVE = "active"
    PAUSED = "paused"  # nothing new is begun, and what is under way is put down
    DRAINING = "draining"  # nothing new is begun; what is under way is brought to its end
    DONE = "done"
    CANCELLED = "cancelled"


class SliceState(StrEnum):
    """Where a slice of a backfill stands."""

    PLANNED = "planned"
    QUEUED = "queued"  # it has a run that nobody has begun
    RUNNING = "running"
    DONE = "done"
    EMPTY = "empty"  # looked through to its end: there is nothing of the range
    FAILED = "failed"
    ROBOTS = "robots"  # robots.txt forbids it


class PageKind(StrEnum):
    """What an address is expected to hold, which decides who parses it."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    CAPTURES = "captures"  # a page of the Wayback Machine's index
    ARTICLE = "article"


class FoundBy(StrEnum):
    """What led to an address."""

    SEED = "seed"
    GUESS = "guess"
    ROBOTS = "robots"
    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    PAGINATION = "pagination"
    LINK = "link"
    CANONICAL = "canonical"
    EDITION = "edition"
    REDIRECT = "redirect"
    CAPTURE = "capture"


class PageState(StrEnum):
    """Where a kept page stands. Only `unread` pages are work."""

    UNREAD = "unread"
    READ = "read"  # an article was read from it
    REJECTED = "rejected"  # it holds no article; `reason` says why
    PARSED = "parsed"  # feed, sitemap, listing or redirect: used for discovery on arrival
    UNCHANGED = "unchanged"  # same body as the page kept before for this address
    FAILED = "failed"  # an HTTP error answer, kept as evidence


class PageReason(StrEnum):
    """Why a page gave no article."""

    NOT_HTML = "not_html"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    LISTING = "listing"
    GALLERY = "gallery"
    VIDEO = "video"
    ERROR_PAGE = "error_page"
    SOFT_404 = "soft_404"
    CONSENT = "consent"
    PAYWALL = "paywall"
    BLOCKED = "blocked"
    ROBOTS = "robots"
    NOINDEX = "noindex"
    OFF_SITE = "off_site"
    TOO_COMPLEX = "too_complex"
    CRASHED = "crashed"


class FailureClass(StrEnum):
    """Why a fetch brought no usable answer."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    GONE = "gone"  # 404 and 410
    BLOCKED = "blocked"  # 401, 403, 407, 429, 451, or a bot wall in the place of the page
    TOO_LARGE = "too_large"
    DECODE = "decode"  # broken content or transfer encoding
    REDIRECT = "redirect"  # a loop, too many hops, or a target that may not be followed
    ROBOTS = "robots"  # robots.txt forbids it
    UNREADABLE = "unreadable"  # a feed or sitemap that is none
    REFUSED = "refused"  # an address that is never fetched (not http, not https)
    OTHER = "other"


class Trap(StrEnum):
    """Why a link was not followed although it looked like more of the site."""

    CALENDAR = "trap_calendar"  # a page of a calendar, or a day that lies ahead
    REPEATS = "trap_repeats"  # a path that repeats itself, or a listing page that holds what another one held
    SESSION = "trap_session"  # the same pages again under the number of a visit
    FACETS = "trap_facets"  # the same articles again, filtered or sorted
    DEPTH = "trap_depth"  # deeper than any site is


LISTED: Final = "listed"
"""Counts addresses within the range that a backfill's lists named."""
ELSEWHERE: Final = "elsewhere"
"""Counts addresses that a crawl of the source had in hand when a run came upon them: what they lead to is not known to the run."""


class Skip(StrEnum):
    """Why a record of a WARC file was passed over, as counted with the run that went through it."""

    TYPE = "skipped_type"  # requests, metadata, names: nothing that answers for an address
    OFF_SITE = "skipped_off_site"  # another site's
    ADDRESS = "skipped_address"  # a listing, a file or a service by its address
    DAYS = "skipped_days"  # its address names a day outside the range
    STATUS = "skipped_status"  # no answer with status 200
    NOT_HTML = "skipped_not_html"
    EMPTY = "skipped_empty"  # no body, as in a revisit record
    WALL = "skipped_wall"  # a bot wall or a consent page in the place of the page
    TOO_LARGE = "skipped_too_large"
    DAMAGED = "skipped_damaged"
    KNOWN = "skipped_known"  # the same body is kept for that address


class ArticleStatus(StrEnum):
    """How whole the stored text is, and whether it is one article's own."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    PAYWALLED = "paywalled"
    LIVE = "live"
    PRESS_REVIEW = "press_review"  # what other papers say
    SUSPECT = "suspect"


class Fate(StrEnum):
    """What became of the article at its publisher's."""

    PRESENT = "present"
    MOVED = "moved"
    GONE = "gone"


class RevisionCause(StrEnum):
    """Who made a revision: the publisher, or a newer reader of ours over the same page."""

    PUBLISHER = "publisher"
    REREADING = "re-reading"


class SaveOutcome(StrEnum):
    """What the store made of a reading."""

    NEW = "new"
    REVISED = "revised"
    SAME = "same"
    COPY = "copy"  # the text is that of an article already known, in this source or another
    PART = "part"  # a further page of an article that stands on several: its text was added, or replaced
    SUSPECT = "suspect"  # far shorter than the reading it would replace: kept aside


class Precision(StrEnum):
    """How exactly the page states its publication date."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"


class DateEvidence(StrEnum):
    """Which evidence a publication date rests on, best first."""

    JSON_LD = "json_ld"
    META = "meta"
    MICRODATA = "microdata"
    URL = "url"
    HEADLINE = "headline"  # a short line of text around the headline
    FEED = "feed"
    SITEMAP = "sitemap"  # news:publication_date only; lastmod is never a publication date
    LISTING = "listing"  # stated beside the link on a page that lists articles
    PAGE = "page"  # htmldate over the cleaned page

    @property
    def confidence(self) -> float:
        """How far a day from this evidence is to be believed, 0 to 1: rounded shares of right days, see docs/reading.md."""
        return _CONFIDENCE[self]


_CONFIDENCE: Final = {
    DateEvidence.JSON_LD: 0.95,
    DateEvidence.META: 0.9,
    DateEvidence.MICRODATA: 0.95,
    DateEvidence.URL: 0.95,
    DateEvidence.HEADLINE: 0.95,
    DateEvidence.FEED: 0.9,
    DateEvidence.SITEMAP: 0.9,
    DateEvidence.LISTING: 0.8,
    DateEvidence.PAGE: 0.8,
}


class SourceState(StrEnum):
    """Whether a source's file is still there."""

    ACTIVE = "active"
    REMOVED = "removed"


class HealthState(StrEnum):
    """How a source is, told from its latest runs."""

    OK = "ok"
    QUIET = "quiet"  # it answers, but has published nothing for far longer than it is used to
    FAILING = "failing"  # nobody answers, or only with server errors
    REFUSED = "refused"  # it does not let us in: walls, 401, 403, 451, robots.txt
    LAYOUT = "layout"  # it answers, but its pages no longer give what they gave


class KeepPages(StrEnum):
    """Which kept pages stay for good."""

    ALL = "all"
    READ = "read"  # those that a revision rests on, and what is not older than a month
    NEWEST = "newest"  # of those only the ones that current revisions rest on
