"""What is fetched before what: one scale for everything that is offered to the frontier, higher is sooner."""

from __future__ import annotations

from datetime import datetime, timedelta

from db.records import Hints

FEED = 900
SITEMAP = 800
LISTING = 700
PAGINATION = 600
FRESH_ARTICLE = 500
ARTICLE = 300
REVISIT = 200
BACKFILL = -250
"""Added to everything a backfill wants, so that it never delays news by more than one request."""
FRESH = timedelta(days=7)


def of_article(hints: Hints, now: datetime) -> int:
    """`FRESH_ARTICLE` if anything says that the article appeared or changed in the last week, else `ARTICLE`."""
    if hints.published_on is not None:
        return FRESH_ARTICLE if hints.published_on >= (now - FRESH).date() else ARTICLE
    return FRESH_ARTICLE if hints.lastmod is not None and hints.lastmod >= now - FRESH else ARTICLE
