"""What crawl, run, backfill and read --pending ask of the pipeline, and what they make of its answers. The work itself is tested elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from db.records import Candidate, Run
from db.vocabulary import FoundBy, PageKind, RunKind, RunState
from pipeline import jobs
from pipeline.read_loop import ReadPage
from pipeline.report import RunReport
from pipeline.service import Service


def report(source: str, state: RunState = RunState.DONE, **counts: int) -> RunReport:
    return RunReport(1, source, RunKind.CRAWL, state, counts, None, 2.0)


class Asked:
    """Stands in for a job: remembers what it was asked, and answers."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.given: dict[str, Any] = {}

    def __call__(self, spec: Any, database: Any, registry: Any, *names: Any, **given: Any) -> Any:
        self.given = {"spec": spec, "database": database, "registry": registry, "names": names, **given}
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def ask(monkeypatch) -> Callable[[str, Any], Asked]:
    def replace(name: str, answer: Any) -> Asked:
        asked = Asked(answer)
        monkeypatch.setattr(jobs, name, asked)
        return asked

    return replace


@pytest.fixture
def papers(folder):
    """A folder of two sources, and the flags that make them the only ones."""
    (folder / "papers").mkdir()
    for name in ("one", "two"):
        (folder / "papers" / f"{name}.toml").write_text(f'home = "https://www.{name}.test/"', encoding="utf-8")
    return ["--sources", "papers", "--set", "bundled_sources=no"]


def test_a_crawl_of_all_sources(veille, ask, papers):
    asked = ask("crawl", [report("one", fetched=3, new=2), report("two", fetched=1)])
    outcome = veille("crawl", *papers)
    assert outcome.code == 0
    assert asked.given["names"] == (["one", "two"],)
    assert (asked.given["limit"], asked.given["at_most"]) == (None, None)
    assert [line.split("\t")[:3] for line in outcome.out.splitlines()] == [
        ["source", "fetched", "new"],
        ["one", "3", "2"],
        ["two", "1", "0"],
    ]


def test_a_crawl_is_told_names_limit_and_time(veille, ask, papers):
    asked = ask("crawl", [])
    veille("crawl", "two", *papers, "--limit", "5", "--for", "1m30s", "--set", "readers=3")
    assert asked.given["names"] == (["two"],)
    assert (asked.given["limit"], asked.given["at_most"]) == (5, timedelta(seconds=90))
    assert asked.given["spec"].readers == 3
    assert asked.given["registry"].names() == ["one", "two"]
    assert callable(asked.given["on_progress"])


def test_a_crawl_makes_the_database_if_there_is_none(veille, ask, papers, folder):
    ask("crawl", [])
    assert veille("crawl", *papers).code == 0
    assert (folder / "veille.db").is_file()


def test_a_failed_source_ends_with_1(veille, ask, papers):
    ask("crawl", [report("one", RunState.FAILED, dns=2), report("two", fetched=1)])
    assert veille("crawl", *papers).code == 1


def test_a_broken_source_file_is_named_and_does_not_stop_the_others(veille, ask, papers, folder):
    (folder / "papers" / "wrong.toml").write_text('hoem = "x"', encoding="utf-8")
    ask("crawl", [report("one"), report("two")])
    outcome = veille("crawl", *papers)
    assert outcome.code == 1
    assert "wrong.toml" in outcome.err
    assert len(outcome.out.splitlines()) == 3


def test_an_unknown_source_is_a_usage_error_before_anything_starts(veille, papers):
    outcome = veille("crawl", "three", *papers)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("veille: no source is called 'three'")


def test_an_interrupted_crawl_ends_with_130(veille, ask, papers):
    ask("crawl", KeyboardInterrupt())
    assert veille("crawl", *papers).code == 130


def test_the_clock_of_the_settings_is_passed_down(veille, ask, papers):
    asked = ask("crawl", [])
    veille("crawl", *papers, "--set", "clock=2020-01-01T00:00:00Z")
    there = datetime.now(UTC) + asked.given["spec"].engine.clock_offset
    assert there.date() == date(2020, 1, 1)


# ---------------------------------------------------------------- backfill


def test_a_backfill_is_told_its_period(veille, ask, papers):
    asked = ask("backfill", [report("one", fetched=2, new=2)])
    outcome = veille("backfill", "one", *papers, "--since", "2019", "--until", "2019-04", "--for", "2h")
    assert outcome.code == 0
    assert asked.given["names"] == ("one",)
    assert (asked.given["since"], asked.given["until"], asked.given["at_most"]) == (date(2019, 1, 1), date(2019, 4, 1), timedelta(hours=2))


PLAN = jobs.BackfillPlan(
    "one",
    date(2019, 1, 1),
    date(2020, 1, 1),
    (Candidate("https://www.one.test/sitemap.xml", PageKind.SITEMAP, FoundBy.SEED),),
    7,
    2.5,
)


def test_a_dry_run_prints_the_plan(veille, ask, papers):
    ask("plan_backfill", PLAN)
    outcome = veille("backfill", "one", *papers, "--since", "2019", "--until", "2020", "--dry-run")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "one: 2019-01-01 up to 2020-01-01 (365 days), 7 articles of it stored already",
        "one request every 2.5 s; it would begin at:",
        "kind\taddress\tfound by",
        "sitemap\thttps://www.one.test/sitemap.xml\tseed",
    ]


def test_a_plan_as_json(veille, ask, papers):
    ask("plan_backfill", PLAN)
    plan = veille("backfill", "one", *papers, "--since", "2019", "--until", "2020", "--dry-run", "--json").json
    assert (plan["source"], plan["known"], plan["starts"][0]["kind"]) == ("one", 7, "sitemap")


# ---------------------------------------------------------------- run and read --pending


def test_the_service_runs_for_as_long_as_told(veille, monkeypatch, papers):
    given = {}
    begun = Run(1, "one", RunKind.CRAWL, "2026-02-15T08:00:00", RunState.RUNNING, {}, {}, None, None, 1, datetime.now(UTC), None, None)

    def work(self: Service, stop: Callable[[], bool], until: datetime | None = None) -> list[RunReport]:
        given.update(stop=stop(), until=until)
        self.on_start(begun)
        self.on_report(report("one", fetched=1, new=1))
        return [report("one", fetched=1, new=1)]

    monkeypatch.setattr(Service, "work", work)
    outcome = veille("run", *papers, "--for", "10m", "--set", "clock=2020-01-01T00:00:00Z")
    assert outcome.code == 0
    assert given["stop"] is False
    assert given["until"] is not None
    assert timedelta(minutes=9) < given["until"] - datetime(2020, 1, 1, tzinfo=UTC) < timedelta(minutes=11)
    assert outcome.err.splitlines() == ["one: crawl begins for 2026-02-15T08:00:00", "one: crawl done, 1 fetched, 1 new, 0 revised"]
    assert veille("run", *papers, "--quiet").err == ""
    assert given["until"] is None


def test_waiting_pages_are_read(veille, ask, papers):
    ask("read_pending", [ReadPage(1, "one", "https://www.one.test/1", outcome) for outcome in ("new", "new", "listing")])
    outcome = veille("read", "--pending", *papers)
    assert (outcome.code, outcome.out) == (0, "new 2, listing 1\n")
    assert veille("read", "--pending", *papers, "--json").json == {"new": 2, "listing": 1}
