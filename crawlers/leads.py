"""Where a feed, a sitemap or a listing leads: the parsers of `crawlers.discovery` applied to what a run wants. Pure: bytes in, candidates out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from crawlers.discovery import priorities
from crawlers.discovery.feed import parse_feed
from crawlers.discovery.listing import parse_listing
from crawlers.discovery.scope import Scope
from crawlers.discovery.sitemap import parse_sitemap
from crawlers.source import Source
from db.records import Candidate, FoundBy, FrontierLease, Hints, PageKind, Run, RunKind

MAX_DEPTH = 500
"""Listing pages walked one after the other at most."""
EVERYTHING = Scope(None, None)
