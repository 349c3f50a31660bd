"""Whose time a site may keep: the country that its host's name or language points to, compared with the offsets its own dates state."""

from __future__ import annotations

import re
import zoneinfo
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from crawlers.findings import ZoneFound
from crawlers.time_zones import countries, zone_of

ISO = re.compile(rb"(?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?[+-]\d\d:?\d\d\b")
RFC_822 = re.compile(rb"\b\d{1,2} [A-Z][a-z]{2} (?:19|20)\d\d \d\d:\d\d(?::\d\d)? [+-]\d{4}\b")
BORROWED = frozenset({"AC", "AI", "AM", "CC", "CO", "FM", "IO", "LA", "LY", "ME", "NU", "SH", "TK", "TO", "TV", "WS"})
"""Domains that are sold for their letters: they say nothing of the country."""
RENAMED = {"UK": "GB"}
DEFAULTS = frozenset({"en-us", "en-gb", "fr-fr", "es-es", "pt-pt", "de-de"})
"""Languages that systems are delivered with: they say nothing of the country."""
MAX_STAMPS = 500


def stamps_in(body: bytes) -> list[datetime]:
    """The instants of a feed or page that are written with an offset other than UTC's."""
    found = [*ISO.findall(body)[:MAX_STAMPS], *RFC_822.findall(body)[:MAX_STAMPS]]
    return [stamp for text in found if (stamp := _instant(text.decode("ascii"))) is not None and stamp.utcoffset()]


def find_zone(home: str, page_language: str | None, stamps: Iterable[datetime]) -> ZoneFound:
    """Compare the zone of the country that host or language point to with stated instants; one that contradicts leaves it a guess."""
    country, country_from = _country(urlsplit(home).hostname or "", page_language or "")
    zone = zone_of(country)
    known = list(stamps)
    own = zoneinfo.ZoneInfo(zone)
    agreed = sum(stamp.astimezone(own).utcoffset() == stamp.utcoffset() for stamp in known)
    offsets = Counter(_offset(stamp.utcoffset() or timedelta()) for stamp in known)
    return ZoneFound(
        country=country,
        country_from=country_from,
        zone=zone if country and zone != "UTC" else None,
        agreed=agreed if country and agreed == len(known) else 0,
        offsets=tuple(offset for offset, _ in sorted(offsets.items(), key=lambda item: (-item[1], item[0]))),
    )


def _country(host: str, language: str) -> tuple[str | None, str]:
    """A code and what it was guessed from: the end of the host's name, else the region of the page's language (`fr-TG`)."""
    label = host.rpartition(".")[2].upper()
    code = RENAMED.get(label, label)
    if code in countries() and code not in BORROWED:
        return code, f"the host's name ends in .{label.lower()}"
    region = re.fullmatch(r"[A-Za-z]{2,3}[-_]([A-Za-z]{2})", language)
    if region and region[1].upper() in countries() and language.lower().replace("_", "-") not in DEFAULTS:
        return region[1].upper(), f'the home page says lang="{language}"'
    return None, ""


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if "T" in text else parsedate_to_datetime(text)
    except ValueError:
        return None


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
