"""How often a source publishes, by hour of the day and by weekday, learned from what its visits brought. Pure; `pipeline.pace` decides.

The model is a Poisson process whose rate repeats with the week, as Sia, Cho and Cho found it in 10,000 feeds ("Efficient Monitoring
Algorithm for Fast News Alerts", IEEE TKDE 19(7), 2007): a mean rate, times a factor of the hour, times one of the weekday. Each is a
ratio of counts to what the mean would have led to expect, pulled towards its prior by pseudo-counts (gamma-Poisson shrinkage), with
counts and time watched decaying by half in HALF_LIFE. A short memory of the last hours tells bursts and holidays.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

VERSION = 1
"""Of the JSON form; another one is forgotten and learned anew."""
HALF_LIFE = timedelta(days=28)
SHORT_HALF_LIFE = timedelta(hours=2)
WINDOW = timedelta(days=14)
"""How far back the first visit may learn from the instants its articles state."""
PRIOR_RATE, PRIOR_HOURS = 8 / 24, 12.0
"""Before anything is known: eight articles a day, believed as much as half a day of watching."""
HOUR_PULL, WEEKDAY_PULL, SHORT_PULL = 4.0, 4.0, 2.0
"""Pseudo-counts: how many articles it takes to be believed half."""
MOST_LIVELY = 12.0
BELIEVED = 2.5
"""Standard deviations by which the last hours must differ from the usual before they are taken for a burst or a holiday."""
WRONG_CLOCK = timedelta(days=1)
"""What was learned later than this from now on was learned by a clock that was wrong, and is forgotten."""
ONE_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What was learned. Counts of articles and hours watched are decayed to `seen`; hours of the day and weekdays are the source's own."""

    since: datetime
    """From when on the source was watched."""
    seen: datetime
    """The last visit that somebody answered."""
    hours: tuple[float, ...] = (0.0,) * 24
    hours_watched: tuple[float, ...] = (0.0,) * 24
    weekdays: tuple[float, ...] = (0.0,) * 7
    """From Monday on."""
    weekdays_watched: tuple[float, ...] = (0.0,) * 7
    lately: float = 0.0
    """Articles of the last hours, decayed by half in SHORT_HALF_LIFE."""
    expected_lately: float = 0.0
    latest: datetime | None = None
    """When the newest article known was published, or seen if it did not say."""


def learn(known: Rhythm | None, zone: ZoneInfo, at: datetime, instants: Iterable[datetime], undated: int = 0) -> Rhythm:
    """Return what is known after a visit at `at` that brought articles published at `instants`, and `undated` ones without an instant.

    Articles that do not say when count as published evenly since the last visit. A first visit learns from the instants of
    the last WINDOW, as if the source had been watched since the oldest of them.
    """
    said = sorted(min(instant, at) for instant in instants)
    if known is not None and at <= known.seen:
        if known.seen - at < WRONG_CLOCK:
            return known  # a clock that was set back teaches nothing
        known = None
    if known is None:
        said = [instant for instant in said if instant >= at - WINDOW]
        start = said[0] if said else at
        known, undated = Rhythm(since=start, seen=start), 0
    said = [instant for instant in said if instant >= known.since]
    latest = max([known.latest or known.since, *said, *([at] if undated else [])]) if said or undated else known.latest
    even = [known.seen + (at - known.seen) * (n + 0.5) / undated for n in range(undated)]
    return _watched(known, zone, at, [*said, *even], latest)


def rate(rhythm: Rhythm, weekday: int, hour: int) -> float:
    """Articles expected in that hour of that weekday (0: Monday), at its usual liveliness."""
    return mean(rhythm) * _hour_factor(rhythm, hour) * _weekday_factor(rhythm, weekday)


def week(rhythm: Rhythm) -> tuple[float, ...]:
    """Return `rate` for the 168 hours of a week, from Monday's first."""
    base, hours = mean(rhythm), [_hour_factor(rhythm, hour) for hour in range(24)]
    return tuple(base * factor * hour for factor in (_weekday_factor(rhythm, day) for day in range(7)) for hour in hours)


def mean(rhythm: Rhythm) -> float:
    """Articles an hour, over all hours and weekdays."""
    return (sum(rhythm.hours) + PRIOR_RATE * PRIOR_HOURS) / (sum(rhythm.hours_watched) + PRIOR_HOURS)


def liveliness(rhythm: Rhythm, ahead: timedelta = timedelta(0)) -> float:
    """How much livelier than usual a source is: above 1 in a burst, below 1 on a holiday; back to 1 as time goes on without a visit."""
    surplus = rhythm.lately - rhythm.expected_lately
    if abs(surplus) < BELIEVED * math.sqrt(rhythm.expected_lately / 2 + 1):  # a Poisson count that decays varies by half its mean
        return 1.0
    factor = (rhythm.lately + SHORT_PULL) / (rhythm.expected_lately + SHORT_PULL)
    return 1 + (min(MOST_LIVELY, factor) - 1) * _decay(ahead, SHORT_HALF_LIFE)


def to_json(rhythm: Rhythm) -> dict[str, Any]:
    """The form in which the source table keeps it."""
    numbers = {
        name: [round(number, 3) for number in getattr(rhythm, name)] for name in ("hours", "hours_watched", "weekdays", "weekdays_watched")
    }
    instants = {name: instant and instant.isoformat() for name in ("since", "seen", "latest") for instant in [getattr(rhythm, name)]}
    short = {"lately": round(rhythm.lately, 3), "expected_lately": round(rhythm.expected_lately, 3)}
    return {"version": VERSION, **instants, **short, **numbers}


def from_json(kept: Mapping[str, Any] | None) -> Rhythm | None:
    """What `to_json` gave; None if there is nothing, or another version's."""
    if not kept or kept.get("version") != VERSION:
        return None
    numbers = {name: tuple(kept[name]) for name in ("hours", "hours_watched", "weekdays", "weekdays_watched")}
    latest = kept["latest"] and datetime.fromisoformat(kept["latest"])
    since, seen = datetime.fromisoformat(kept["since"]), datetime.fromisoformat(kept["seen"])
    return Rhythm(since, seen, lately=kept["lately"], expected_lately=kept["expected_lately"], latest=latest, **numbers)


def hours_between(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, int, int]]:
    """Cut [start, end) at the source's full hours: (from, to, weekday, hour of the day), the last two on its clock."""
    while start < end:
        wall = start.astimezone(zone)
        gone = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        stop = min(start + ONE_HOUR - gone, end)
        yield start, stop, wall.weekday(), wall.hour
        start = stop


def _watched(known: Rhythm, zone: ZoneInfo, at: datetime, instants: list[datetime], latest: datetime | None) -> Rhythm:
    faded = _decay(at - known.seen, HALF_LIFE)
    hours, hours_watched = [n * faded for n in known.hours], [n * faded for n in known.hours_watched]
    weekdays, weekdays_watched = [n * faded for n in known.weekdays], [n * faded for n in known.weekdays_watched]
    expected = known.expected_lately * _decay(at - known.seen, SHORT_HALF_LIFE)
    usual = week(known)
    for start, stop, weekday, hour in hours_between(max(known.seen, at - 4 * HALF_LIFE), at, zone):
        length = (stop - start) / ONE_HOUR
        hours_watched[hour] += length
        weekdays_watched[weekday] += length
        expected += usual[24 * weekday + hour] * length * _decay(at - stop, SHORT_HALF_LIFE)
    lately = known.lately * _decay(at - known.seen, SHORT_HALF_LIFE)
    for instant in instants:
        wall, weight = instant.astimezone(zone), _decay(at - instant, HALF_LIFE)
        hours[wall.hour] += weight
        weekdays[wall.weekday()] += weight
        lately += _decay(at - instant, SHORT_HALF_LIFE)
    counts = {"hours": tuple(hours), "weekdays": tuple(weekdays)}
    watched = {"hours_watched": tuple(hours_watched), "weekdays_watched": tuple(weekdays_watched)}
    return Rhythm(known.since, at, lately=lately, expected_lately=expected, latest=latest, **counts, **watched)


def _hour_factor(rhythm: Rhythm, hour: int) -> float:
    """An hour is first believed to be like its neighbours, they to be like the whole day."""
    before, after = (hour - 1) % 24, (hour + 1) % 24
    base = mean(rhythm)
    near = rhythm.hours[before] + rhythm.hours[after] + HOUR_PULL
    near /= base * (rhythm.hours_watched[before] + rhythm.hours_watched[after]) + HOUR_PULL
    return (rhythm.hours[hour] + HOUR_PULL * near) / (base * rhythm.hours_watched[hour] + HOUR_PULL)


def _weekday_factor(rhythm: Rhythm, weekday: int) -> float:
    return (rhythm.weekdays[weekday] + WEEKDAY_PULL) / (mean(rhythm) * rhythm.weekdays_watched[weekday] + WEEKDAY_PULL)


def _decay(age: timedelta, half_life: timedelta) -> float:
    return math.exp2(-(max(timedelta(0), age) / half_life))
