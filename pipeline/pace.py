"""When an adaptive source is visited next: the visits of a day are laid where they shorten the wait for its articles most. Pure.

What the source does is `pipeline.rhythm`'s; this module weighs it. The cost of an article is its delay up to D, and a FURTHER part of
the delay beyond: news that is an hour late is worse than news that is ten minutes late, but not six times as bad. With a price P for a
visit, the length I between visits that costs least at a rate λ is where λ(I·c(I) - ∫c) = P (renewal reward), that is

    I = √(2P / (1+FURTHER)λ)           up to D: the square-root law of Sia, Cho and Cho (IEEE TKDE 19(7), 2007)
    I = √((2P/λ - D²) / FURTHER)       beyond: quiet hours give way to lively ones

and P is set so that a week's visits are as many as a source of its size is worth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.rhythm import ONE_HOUR, Rhythm, hours_between, liveliness, mean, week

AIM, HALF = 7.5 / 60, 0.56
"""Half of the articles are to be found within AIM hours, as with `every = "15m"`; a little more, for rates are not known exactly."""
D = 9 / 60
"""Hours of delay that count in full."""
FURTHER = (1.0, 0.5, 0.25, 0.12, 0.06, 0.03, 0.015)
BALANCED = 0.12
GROUP = 7
VISITS = 46.5
"""Visits a day, on average: half of what `every = "15m"` makes, less some for bursts."""
VISITS_AN_ARTICLE = 12.0
"""A source that publishes less than four articles a day is visited less."""
ARTICLES_A_VISIT = 5.0
"""And one that publishes so much that a feed of ten items might lose some, more."""
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=6)
LONGEST_ASLEEP, ASLEEP = timedelta(hours=24), timedelta(days=30)
"""A paper that has published nothing for ASLEEP is looked at once a day."""
FIRST = timedelta(hours=1)
"""After a visit that taught nothing yet."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How near and how far apart two visits may be."""

    shortest: timedelta = SHORTEST
    longest: timedelta = LONGEST
    asleep: timedelta = LONGEST_ASLEEP


def next_visit(rhythm: Rhythm | None, zone: ZoneInfo, bounds: Bounds, last: datetime) -> datetime:
    """The instant of the visit after one at `last`, to the second."""
    if rhythm is None:
        return last + max(bounds.shortest, min(bounds.longest, FIRST))
    if is_asleep(rhythm, last):
        return last + bounds.asleep
    intervals = _Intervals(rhythm, bounds)
    done = 0.0
    for start, stop, weekday, hour in hours_between(last, last + bounds.longest, zone):
        part = (stop - start) / ONE_HOUR / intervals.at(weekday, hour, start)
        if done + part >= 1:
            at = start + (stop - start) * ((1 - done) / part)
            return max(last + bounds.shortest, at).replace(microsecond=0)
        done += part
    return (last + bounds.longest).replace(microsecond=0)


def visits_between(rhythm: Rhythm | None, zone: ZoneInfo, bounds: Bounds, start: datetime, end: datetime) -> int:
    """How many visits there would have been after `start` and before `end`."""
    if rhythm is None:
        return int(max(timedelta(0), end - start) / FIRST)
    intervals = _Intervals(rhythm, bounds)
    pieces = hours_between(start, end, zone)
    return int(sum((stop - begun) / ONE_HOUR / intervals.at(weekday, hour, begun) for begun, stop, weekday, hour in pieces))


def is_asleep(rhythm: Rhythm, now: datetime) -> bool:
    """Whether a source has published nothing for so long that it may be dead."""
    return now - (rhythm.latest or rhythm.since) > ASLEEP


class _Intervals:
    """Hours between two visits, by hour of the week, at the price and the patience that suit the source."""

    def __init__(self, rhythm: Rhythm, bounds: Bounds) -> None:
        self._rhythm, self._week = rhythm, week(rhythm)
        self._shortest, self._longest = bounds.shortest / ONE_HOUR, bounds.longest / ONE_HOUR
        self._rates = _grouped(self._week)
        visits = _worth(mean(rhythm) * 24) / 24
        for further in (*FURTHER, BALANCED):  # the most even one that leaves half of the articles in time
            self._further, self._price = further, self._find_price(further, visits)
            if self._share_in_time() >= HALF:
                break

    def at(self, weekday: int, hour: int, when: datetime) -> float:
        lively = liveliness(self._rhythm, when - self._rhythm.seen)
        return self._interval(self._week[24 * weekday + hour] * lively, self._price, self._further)

    def _find_price(self, further: float, visits: float) -> float:
        """The price at which there are as many visits an hour."""
        low, high = -20.0, 15.0
        for _ in range(24):
            middle = (low + high) / 2
            price = math.exp(middle)
            if sum(1 / self._interval(rate, price, further) for rate in self._rates) > visits * len(self._rates):
                low = middle
            else:
                high = middle
        return math.exp((low + high) / 2)

    def _share_in_time(self) -> float:
        found = sum(rate * min(1.0, AIM / self._interval(rate, self._price, self._further)) for rate in self._rates)
        return found / sum(self._rates)

    def _interval(self, rate: float, price: float, further: float) -> float:
        worth = 2 * price / rate
        length = math.sqrt(worth / (1 + further))
        if length > D:
            length = math.sqrt((worth - D * D) / further)
        return min(self._longest, max(self._shortest, length))


def _grouped(rates: Sequence[float]) -> list[float]:
    """The means of GROUP rates at a time, in order of size: exact enough for what concerns the whole week, and seven times as quick."""
    ordered = sorted(rates)
    return [sum(ordered[n : n + GROUP]) / GROUP for n in range(0, len(ordered), GROUP)]


def _worth(articles_a_day: float) -> float:
    """Visits a day that a source of this size is worth."""
    return max(min(VISITS, VISITS_AN_ARTICLE * articles_a_day), articles_a_day / ARTICLES_A_VISIT)
