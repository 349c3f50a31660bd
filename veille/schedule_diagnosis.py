"""Whether what should happen by itself does: service, timetable, runs, leases, housekeeping; a part of `veille doctor`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

from crawlers.registry import Registry
from db import overdue
from db.chores import ChoreStore, Done
from db.engine import Transaction
from db.leases import owner_in_words, owner_is_gone
from db.pages import PageStore
from db.rereading import RereadStore
from db.vocabulary import RunKind
from pipeline.reprocess import stale
from veille.archive_diagnosis import missing_files
from veille.finding import SHOWN, Finding, several
from veille.watch import Watch

SILENT = timedelta(minutes=5)
"""A service that was not seen for so long is not there."""
LATE = timedelta(hours=1)
LONG = {RunKind.CRAWL: timedelta(days=1)}
"""Runs that are open for longer deserve a look."""
LONG_ELSE = timedelta(days=30)


def schedule_findings(watch: Watch, registry: Registry, now: datetime) -> Iterator[Finding]:
    """One finding or more for the service, the timetable, open runs, leases, and what the housekeeping noted."""
    with watch.database.read() as tx:
        post, late = overdue.post(tx), overdue.overdue_sources(tx, now - LATE)
        runs, leases = overdue.open_runs(tx), overdue.expired_leases(tx, now)
        chores = ChoreStore(tx).all()
        told = _in_missing_files(watch, tx, chores.get("verify"))
        better = stale(tx, registry, RereadStore(tx).sources())
    yield _service(post, now)
    yield from _overdue(late, there=_is_there(post, now))
    yield from _runs(runs, now)
    if leases:
        said = ", ".join(f"{count} {name}" for name, count in leases.items())
        yield Finding("schedule", True, f"leases that ran out: {said}; whoever asks next takes them over")
    yield from _chores(chores, told)
    yield from _better(better)


def _is_there(post: overdue.Post | None, now: datetime) -> bool:
    seen = post.seen_at if post and post.owner and not owner_is_gone(post.owner) else None
    return seen is not None and abs(now - seen) < SILENT


def _service(post: overdue.Post | None, now: datetime) -> Finding:
    if post is None or post.seen_at is None:
        return Finding("schedule", True, "no service has run on this database yet; `veille run` starts one")
    seen = f"{post.seen_at:%Y-%m-%d %H:%M} UTC"
    if post.owner is None:
        return Finding("schedule", True, f"the service was stopped in order, and seen last at {seen}")
    if _is_there(post, now):
        return Finding("schedule", True, f"the service is at work ({owner_in_words(post.owner)}), seen at {seen}")
    problem = f"the service ({owner_in_words(post.owner)}) was seen last at {seen} and did not end in order"
    return Finding("schedule", False, problem, "start it again (`veille run`, or `systemctl restart veille`); its logs say why it ended")


def _overdue(late: list[tuple[str, datetime]], *, there: bool) -> Iterator[Finding]:
    """Sources past their time are the service's fault only where one is at work."""
    if not there:
        if late:
            yield Finding("schedule", True, f"{len(late)} sources are past their time, and no service is at work to visit them")
        return
    lines = [f"{name} was due at {due:%Y-%m-%d %H:%M} UTC and was not visited" for name, due in late]
    yield from several("schedule", lines, "no source is overdue", "`veille status NAME` says what it waits for; the service's logs, why")


def _runs(runs: list[overdue.OpenRun], now: datetime) -> Iterator[Finding]:
    cut = [run for run in runs if run.owner is None or owner_is_gone(run.owner) or (run.until is not None and run.until < now)]
    for run in itertools.islice(cut, SHOWN):
        command = f"veille reprocess {run.source}" if run.kind == RunKind.REPROCESS else "veille run"
        begun = f"{run.kind} of {run.source}, begun {run.since:%Y-%m-%d %H:%M} UTC"
        yield Finding("schedule", True, f"{begun}, is worked on by nobody; `{command}` goes on with it")
    for run in runs:
        if run not in cut and now - run.since > LONG.get(RunKind(run.kind), LONG_ELSE):
            long = f"{run.kind} of {run.source} is under way since {run.since:%Y-%m-%d %H:%M} UTC"
            yield Finding("schedule", False, long, "`veille status NAME` says what it does; restart the service if it does nothing")


def _in_missing_files(watch: Watch, tx: Transaction, verified: Done | None) -> set[str]:
    """Ids of pages that verification found wrong because their file has gone: the archive's findings name that file once."""
    bad = [int(number) for number in verified.outcome["bad"]] if verified and "bad" in verified.outcome else []
    pages = PageStore(tx).several(bad)
    missing = missing_files({page.location.file for page in pages}, watch.archive)
    return {str(page.id) for page in pages if page.location.file in missing}


def _chores(chores: dict[str, Done], told: set[str]) -> Iterator[Finding]:
    failed = [
        f"{name}, tried at {done.at:%Y-%m-%d %H:%M} UTC: {done.outcome['failed']}"
        for name, done in chores.items()
        if done.outcome.get("failed")
    ]
    if failed:
        yield from several("upkeep", failed, "", "put in order what it says, then `veille tidy` with the chore's name")
    verified = chores.get("verify")
    if verified is None:
        yield Finding("upkeep", True, "the archive has not been verified yet; the service does, or `veille tidy verify`")
        return
    outcome = verified.outcome
    bad = [str(found["problem"]) for number, found in outcome["bad"].items() if number not in told]
    if told:
        yield Finding("upkeep", True, f"{len(told)} pages could not be verified: their files are not there")
    whole = f", the last whole round ended {outcome['ended'][:10]}" if outcome.get("ended") else ""
    total = max(outcome["total"], outcome["checked"])  # it was counted when the round began, and pages came since
    well = f"{outcome['checked']} of {total} pages verified in this round{whole}"
    yield from several("upkeep", bad, well, "restore the file from a backup, then `veille tidy verify`; the pages can be fetched again")


def _better(counts: dict[str, int]) -> Iterator[Finding]:
    if counts:
        named = ", ".join(f"{name} {count}" for name, count in itertools.islice(counts.items(), SHOWN))
        more = f" and {len(counts) - SHOWN} sources more" if len(counts) > SHOWN else ""
        said = f"kept pages that were read by an older reader, or before their template was learned: {named}{more}"
        yield Finding("reading", True, f"{said}; `veille reprocess --dry-run` shows what reading them again changes")
