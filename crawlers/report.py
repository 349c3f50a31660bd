"""What a fetching process tells the one that started it: counts by run, and the few things that need an answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from crawlers.discovery.traps import counted
from crawlers.sink import Outcome
from db.vocabulary import PageKind, PageReason, PageState

WALLS_IN_A_ROW = 20
"""Bot walls, without a page in between, after which it is no use and no manners to go on."""


class EventKind(StrEnum):
    """What an event is about."""

    STARTED = "started"
    PROGRESS = "progress"  # `counts` of one run since the engine started
    LIMIT = "limit"  # a run has fetched as many articles as it may
    WALLED = "walled"  # a run has met nothing but bot walls for a while, or its hosts are all left alone for longer than it can wait
    RECYCLE = "recycle"  # the engine has fetched enough pages and wishes to be replaced
    FAILED = "failed"  # it cannot go on; `message` says why, for a person
    STOPPED = "stopped"  # the last event of an engine that ended in order


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """One message. `counts` holds `fetched`, `articles`, `unchanged`, `new` (addresses), `lost`, failure classes, and traps."""

    kind: EventKind
    run_id: int | None = None
    message: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    def to_line(self) -> str:
        """One line of JSON."""
        return json.dumps({"kind": self.kind, "run_id": self.run_id, "message": self.message, "counts": self.counts})

    @classmethod
    def from_line(cls, line: str) -> EngineEvent:
        """The event that a line holds. Raises ValueError if it holds none."""
        values = json.loads(line)
        if not isinstance(values, dict) or "kind" not in values:
            raise ValueError(f"no event: {line[:100]!r}")
        return cls(EventKind(values["kind"]), values.get("run_id"), values.get("message", ""), values.get("counts", {}))


class Report:
    """Adds up outcomes by run."""

    def __init__(self) -> None:
        self._counts: dict[int, Counter[str]] = {}
        self._changed: set[int] = set()
        self._walls: Counter[int] = Counter()
        self.fetched = 0
        """Answers of all runs together."""

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count a batch."""
        for outcome in outcomes:
            settlement = outcome.visit.settlement
            run_id = settlement.lease.run_id
            self._changed.add(run_id)
            self._counts.setdefault(run_id, Counter()).update(_words(outcome))
            self.fetched += settlement.fetched
            if outcome.visit.page is not None:
                self._walls[run_id] = self._walls[run_id] + 1 if is_wall(outcome) else 0

    def walled(self) -> set[int]:
        """Runs that have met nothing but bot walls for a while."""
        return {run_id for run_id, walls in self._walls.items() if walls >= WALLS_IN_A_ROW}

    def counts(self, run_id: int) -> dict[str, int]:
        """What was counted for one run, without zeros."""
        return {word: n for word, n in sorted(self._counts.get(run_id, Counter()).items()) if n}

    def events(self) -> list[EngineEvent]:
        """Progress of the runs that moved since this was last asked."""
        changed, self._changed = sorted(self._changed), set()
        return [EngineEvent(EventKind.PROGRESS, run_id, counts=self.counts(run_id)) for run_id in changed]


def _words(outcome: Outcome) -> Counter[str]:
    settlement = outcome.visit.settlement
    if not outcome.kept:
        return Counter(lost=1)
    words = Counter(fetched=int(settlement.fetched), new=outcome.new)
    words["articles"] += is_article_page(outcome)
    if outcome.state is not None and outcome.state == "unchanged":
        words["unchanged"] += 1
    if settlement.failure is not None:
        words["retried" if settlement.retry_at else settlement.failure.value] += 1
    if outcome.visit.page is not None:
        words.update(counted(outcome.visit.page.detail))
    return words


def is_wall(outcome: Outcome) -> bool:
    """Whether a bot wall answered in the place of the page; plain refusals have no name."""
    page = outcome.visit.page
    return page is not None and page.state is PageState.FAILED and page.reason is PageReason.BLOCKED and page.detail is not None


def is_article_page(outcome: Outcome) -> bool:
    """Whether a visit used up one page of its run's limit: every answer kept for an article's address does."""
    page = outcome.visit.page
    return outcome.kept and page is not None and page.kind is PageKind.ARTICLE
