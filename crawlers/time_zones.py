"""The time zone a source most probably keeps when its file names only a country; reads the tz database's own table."""

from __future__ import annotations

import functools
import zoneinfo
from importlib import resources

MAINLAND = {"DE": "Europe/Berlin", "ES": "Europe/Madrid", "PT": "Europe/Lisbon"}
"""Countries whose other zones are islands and enclaves: their papers keep the mainland's time."""


@functools.cache
def countries() -> dict[str, tuple[str, ...]]:
    """ISO 3166 two-letter code → zone names, from `zone.tab` of the tz database (package `tzdata`)."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, tuple[str, ...]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            zones[code] = (*zones.get(code, ()), zone)
    return zones


def zone_of(country: str | None) -> str:
    """The one zone of `country`; `UTC` where the country is unknown or keeps several, which only its sources can choose between."""
    if country in MAINLAND:
        return MAINLAND[country]
    zones = countries().get(country or "", ())
    return zones[0] if len(zones) == 1 else "UTC"


def is_zone(name: str) -> bool:
    """Whether `name` is a zone of the tz database (`Africa/Casablanca`)."""
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError, caught below: names with NUL, "..", or a folder's name
        return False
    except KeyError:
        return False
    return True
