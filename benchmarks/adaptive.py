"""Adaptive visits against fixed ones every quarter of an hour: requests, and how late articles are found, on arrivals of fixed laws.

    python benchmarks/adaptive.py                       every law, eight measured weeks each
    python benchmarks/adaptive.py --weeks 2 --seed 3
    python benchmarks/adaptive.py --undated --json      feeds that do not say when an article was published
    python benchmarks/adaptive.py --smoke               one law, two weeks; exit code 1 if a bound is broken

The laws are inhomogeneous Poisson processes with one rate an hour of the week: a rhythm (below) times 5, 20 or 100 articles a day, and
one burst of two days' articles between 20 and 23 h on a Thursday. Nothing is fetched: visits are points in time, an article is found by
the first visit after it, and the delay between the two is what is measured. The first four weeks teach and are not measured.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from bisect import bisect_left
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.pace import Bounds, next_visit
from pipeline.rhythm import learn

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
ZONE = ZoneInfo("UTC")
WARM_UP = 4
"""Weeks that teach."""
FIXED = timedelta(minutes=15)
BURST_HOURS, BURST_DAYS = (20, 23), 2
BURST_WEEKDAY = 3


@dataclass(frozen=True, slots=True)
class RhythmLaw:
    """Shares of the 24 hours in what is published on a day, and the weight of a day of the weekend against a working day."""

    name: str
    hours: tuple[float, ...]
    weekend: float


RHYTHMS = (
    # A newsroom of one shift: 86 % between 9 and 18 h, a tenth in the evening, hardly anything by night; three editors in ten on weekends.
    RhythmLaw("one shift", (*[0.2] * 6, 0.5, 2, 6, 13, 14, 12, 7, 8, 11, 11, 8, 4, 1.5, 0.8, 0.5, 0.5, 0.3, 0.2), 0.3),
    # Two shifts: 86 % between 7 and 20 h, morning and afternoon peaks, half on weekends.
    RhythmLaw("two shifts", (0.5, 0.3, 0.2, 0.2, 0.3, 0.7, 2, 4.5, 7.5, 9, 9, 8.5, 6, 5.5, 6.5, 7.5, 8, 7, 5.5, 4, 3, 2.2, 1.5, 0.8), 0.5),
    # Many newsrooms in one: measured on 268 article pages of public test collections that state an hour with its zone.
    RhythmLaw(
        "round the clock",
        (0.7, 1.5, 1.1, 0.4, 2.2, 2.2, 2.2, 3.0, 5.2, 7.1, 6.7, 8.6, 6.3, 5.6, 6.0, 7.1, 6.3, 4.1, 6.3, 5.2, 6.0, 2.2, 3.0, 0.7),
        0.53,
    ),
)
VOLUMES = (5, 20, 100)


@dataclass(frozen=True, slots=True)
class Figure:
    """Delays in minutes, visits over the measured weeks."""

    rhythm: str
    a_day: int
    articles: int
    fixed_visits: int
    fixed_median: float
    fixed_p95: float
    visits: int
    median: float
    p95: float
    least: float
    """Share of the fixed visits below which no timetable, even one that knows the law, has half of the articles in 7.5 minutes."""

    @property
    def share(self) -> float:
        """Of the fixed visits."""
        return self.visits / self.fixed_visits

    @property
    def is_reached(self) -> bool:
        """At most half of the requests, the same median delay."""
        return self.share <= 0.5 and self.median <= self.fixed_median


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weeks", type=int, default=8, help="measured weeks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--undated", action="store_true", help="articles do not say when they were published")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="one law, two weeks; exit code 1 if a bound is broken")
    given = parser.parse_args()
    laws = [(rhythm, a_day) for rhythm in RHYTHMS for a_day in VOLUMES]
    if given.smoke:
        laws, given.weeks = [(RHYTHMS[0], 100)], 2
    figures = []
    for rhythm, a_day in laws:
        figures.append(measure(rhythm, a_day, given.weeks, given.seed, dated=not given.undated))
        if not given.json:
            show(figures[-1], first=len(figures) == 1)
    if given.json:
        print(json.dumps([{**asdict(figure), "share": figure.share, "is_reached": figure.is_reached} for figure in figures], indent=2))
    return 1 if given.smoke and not figures[0].is_reached else 0


def measure(rhythm: RhythmLaw, a_day: int, weeks: int, seed: int, *, dated: bool) -> Figure:
    """Let both timetables visit the same arrivals."""
    chance = random.Random(f"{rhythm.name}:{a_day}:{seed}")
    end, measured = START + timedelta(weeks=WARM_UP + weeks), START + timedelta(weeks=WARM_UP)
    arrivals = draw(rhythm, a_day, WARM_UP + weeks, chance)
    fixed = [START + FIXED * n for n in range((end - START) // FIXED + 1)]
    adaptive = visit(arrivals, end, dated=dated)
    fixed_delays, delays = delays_of(arrivals, fixed, measured), delays_of(arrivals, adaptive, measured)
    return Figure(
        rhythm.name,
        a_day,
        len(delays),
        sum(measured <= at < end for at in fixed),
        quantile(fixed_delays, 0.5),
        quantile(fixed_delays, 0.95),
        sum(measured <= at < end for at in adaptive),
        quantile(delays, 0.5),
        quantile(delays, 0.95),
        least(rhythm),
    )


def draw(rhythm: RhythmLaw, a_day: float, weeks: int, chance: random.Random) -> list[datetime]:
    """Arrivals of one source, in order, the burst among them."""
    weights = [weight / (5 + 2 * rhythm.weekend) * 7 for weight in (*[1.0] * 5, rhythm.weekend, rhythm.weekend)]
    total, found = sum(rhythm.hours), []
    for hour in range(weeks * 168):
        expected = a_day * rhythm.hours[hour % 24] / total * weights[hour // 24 % 7]
        found += [START + timedelta(hours=hour + chance.random()) for _ in range(poisson(expected, chance))]
    burst = START + timedelta(weeks=WARM_UP + (weeks - WARM_UP) // 2, days=BURST_WEEKDAY, hours=BURST_HOURS[0])
    length = BURST_HOURS[1] - BURST_HOURS[0]
    found += [burst + timedelta(hours=length * chance.random()) for _ in range(poisson(BURST_DAYS * a_day, chance))]
    return sorted(found)


def poisson(mean: float, chance: random.Random) -> int:
    """A Poisson number: how many exponential waits fit into a time of length `mean`."""
    count, waited = 0, chance.expovariate(1)
    while waited < mean:
        count, waited = count + 1, waited + chance.expovariate(1)
    return count


def visit(arrivals: list[datetime], end: datetime, *, dated: bool) -> list[datetime]:
    """When an adaptive source is visited that publishes so; each visit finds what has arrived since the last."""
    known, seen, now, visits = None, 0, START, []
    while now < end:
        until = bisect_left(arrivals, now)
        found, seen = arrivals[seen:until], until
        known = learn(known, ZONE, now, found) if dated else learn(known, ZONE, now, [], len(found))
        visits.append(now)
        now = next_visit(known, ZONE, Bounds(), now)
    return [*visits, now]


def delays_of(arrivals: list[datetime], visits: list[datetime], since: datetime) -> list[float]:
    """Minutes from each measured arrival to the first visit after it, in order of size."""
    found = [(visits[bisect_left(visits, at)] - at) / timedelta(minutes=1) for at in arrivals if at >= since and at <= visits[-1]]
    return sorted(found)


def quantile(ordered: list[float], share: float) -> float:
    """Of sorted numbers, nearest rank."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def least(rhythm: RhythmLaw) -> float:
    """A visit serves at most the arrivals of the 7.5 minutes before it: so many are needed for half of them, in the busiest hours."""
    days = (*[1.0] * 5, rhythm.weekend, rhythm.weekend)
    rates = sorted((hour * day for day in days for hour in rhythm.hours), reverse=True)
    half, hours = sum(rates) / 2, 0.0
    for rate in rates:
        hours += min(1.0, half / rate)
        half -= min(rate, half)
    return hours * 8 / (168 * 4)


def show(figure: Figure, *, first: bool) -> None:
    """Print a row of the table."""
    if first:
        print(f"{'rhythm':16}{'a day':>6}{'articles':>9} | {'every 15m':>9}{'median':>8}{'p95':>7} | ", end="")
        print(f"{'adaptive':>9}{'share':>7}{'median':>8}{'p95':>7} | least")
    print(
        f"{figure.rhythm:16}{figure.a_day:6}{figure.articles:9} | {figure.fixed_visits:9}{figure.fixed_median:8.1f}{figure.fixed_p95:7.1f}"
        f" | {figure.visits:9}{figure.share:7.1%}{figure.median:8.1f}{figure.p95:7.1f} | {figure.least:.0%}"
        f"{'' if figure.is_reached else '   not reached'}",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
