"""How a source is, told from its latest runs and the days on which it published: values in, a verdict out; `pipeline.checkup` asks.

A verdict other than `ok` takes two runs that agree: one bad run alone never makes one, and the second always does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from db.records import Run
from db.vocabulary import FailureClass, HealthState, RunState
from pipeline.collapse import FEWEST_LATE, LATE, SHUT, articles, collapse_of, without

DOWN = (FailureClass.DNS, FailureClass.CONNECT, FailureClass.TLS, FailureClass.TIMEOUT, FailureClass.HTTP_5XX)
BASELINE_RUNS = 20
"""Runs with pages that the latest ones are compared with."""
SHORTEST_HISTORY = timedelta(days=14)
"""A rhythm shows only when weekends are in it."""
FEWEST_DAYS = 6
NEVER_QUIET = 2
"""Days without an article that are never called quiet, be the source ever so busy."""

ADVICE: Mapping[HealthState, str] = {
    HealthState.QUIET: "look at its site; if it goes on publishing, its feeds or sections have moved",
    HealthState.FAILING: "look whether its site opens in a browser; if it does, check `home` and the network",
    HealthState.REFUSED: "ask its owner to let us in, or fetch more slowly; nothing here goes round a refusal",
    HealthState.LAYOUT: "look at its site and at a page (`veille page URL | veille read - --url URL --why`), then correct its source file",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state, and why, with what to do; the sentence is empty while all is well."""

    state: HealthState
    evidence: str = ""


WELL = Verdict(HealthState.OK)


def assess(
    runs: Sequence[Run],
    days: Sequence[date],
    today: date,
    before: HealthState = HealthState.OK,
    baseline: Sequence[Run] | None = None,
) -> Verdict | None:
    """Tell how a source is from its finished crawls and the days on which it published, both newest first; None: nothing new is known.

    `before` is the last verdict, `baseline` the runs before a change of layout that was noticed earlier.
    """
    told = [(run, access(run.counts, run.state)) for run in runs]
    telling = [(run, word) for run, word in told if word is not None]
    if told and told[0][1] in {HealthState.FAILING, HealthState.LAYOUT}:
        return _shut_out(told, before)
    if telling and telling[0][1] is HealthState.REFUSED:
        return _shut_out(telling, before)
    with_pages = [run.counts for run in runs if articles(run.counts) + without(run.counts)]
    earlier = with_pages[LATE : LATE + BASELINE_RUNS] if baseline is None else [run.counts for run in baseline]
    fewest = 1 if before is HealthState.LAYOUT else FEWEST_LATE  # few good pages prove a recovery, few bad ones prove none
    if change := collapse_of(with_pages[:LATE], earlier, fewest):
        return _verdict(HealthState.LAYOUT, change)
    if (before is HealthState.LAYOUT and len(with_pages) < LATE) or (before is HealthState.REFUSED and not telling):
        return None
    idle = len(runs) >= LATE and not any(run.counts.get("new") or run.counts.get("left") for run in runs[:LATE])
    silence = silence_of(days, today) if idle else None
    return _verdict(HealthState.QUIET, silence) if silence else WELL


def access(counts: Mapping[str, int], state: RunState) -> HealthState | None:
    """How the site met one run; None if its lists answered and no other page was asked for.

    LAYOUT here means that not one of its lists is there, or can be read as a list, any more.
    """
    if articles(counts):
        return HealthState.OK
    down, shut = (sum(counts.get(word, 0) for word in words) for words in (DOWN, SHUT))
    no_list = counts.get("lists_answered") == 0
    if no_list and state is RunState.DONE and counts.get("left") and not counts.get("fetched"):
        return HealthState.FAILING  # robots.txt does not answer, or the host has sent us away for a while
    if state is RunState.FAILED or (no_list and counts.get("lists_failed")):
        return HealthState.REFUSED if shut > down else HealthState.FAILING if down else HealthState.LAYOUT
    if shut and shut >= max(down, without(counts)):
        return HealthState.REFUSED
    return HealthState.OK if without(counts) else None


def silence_of(days: Sequence[date], today: date) -> str | None:
    """Say for how long nothing was published, if that is far longer than the source's longest pause; `days` come newest first."""
    known = [day for day in days if day <= today]
    if len(known) < FEWEST_DAYS or known[0] - known[-1] < SHORTEST_HISTORY:
        return None
    longest = max((later - earlier).days for later, earlier in pairwise(known))
    silent = (today - known[0]).days
    if silent <= max(NEVER_QUIET, 2 * longest):
        return None
    return f"nothing published for {silent} days, where {longest} were the longest pause"


def _shut_out(told: Sequence[tuple[Run, HealthState | None]], before: HealthState) -> Verdict | None:
    """The verdict on runs of which the newest was not let in: it counts if the one before was not let in either."""
    agreeing = [run for run, word in told[:LATE] if word not in {None, HealthState.OK}]
    newest, word = told[0]
    if len(agreeing) < LATE or word is None:
        return WELL if before is HealthState.OK else None
    troubles = {str(each): newest.counts[each] for each in (*FailureClass, *SHUT) if newest.counts.get(each)}
    listed = ", ".join(f"{number} {each}" for each, number in sorted(troubles.items(), key=lambda pair: -pair[1]))
    return _verdict(word, f"two visits in a row got nothing ({listed or 'no address could be asked for'})")


def _verdict(state: HealthState, evidence: str) -> Verdict:
    return Verdict(state, f"{evidence}: {ADVICE[state]}")
