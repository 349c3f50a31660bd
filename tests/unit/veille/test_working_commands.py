"""What crawl, run, backfill and read --pending ask of the pipeline, and what they make of its answers. The work itself is tested elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from db.engine import Database
from db.plans import Backfill, SlicePlan
from db.records import Run, SourceEntry
from db.slices import BackfillStore
from db.sources import SourceStore
from db.vocabulary import BackfillState, RunKind, RunState, SliceState, Way
from pipeline import backfill, jobs
from pipeline.backfill import BackfillProgress, BackfillReport, Loading, Wanted
from pipeline.planning import BackfillPlan, Estimate
from pipeline.read_loop import ReadPage
from pipeline.report import RunReport
from pipeline.service import Service
from pipeline.session import Progress
from veille.cli.backfill_view import in_words
from veille.cli.output import note


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


def test_a_crawl_says_which_selectors_it_could_not_use(veille, ask, papers, folder):
    (folder / "papers" / "one.toml").write_text('home = "https://one.test/"\n[[layouts]]\nbody = "div["\n', encoding="utf-8")
    ask("crawl", [report("one", fetched=3, new=2)])
    outcome = veille("crawl", "one", *papers)
    assert outcome.code == 1
    assert "one.toml: layouts[1].body: 'div[' is no CSS selector" in outcome.err
    ask("crawl", [report("two", fetched=3, new=2)])
    assert veille("crawl", "two", *papers).code == 0


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


ASKED = datetime(2026, 2, 15, 8, tzinfo=UTC)
KEPT = Backfill(3, "one", date(2019, 1, 1), date(2019, 4, 1), (), {}, BackfillState.DONE, "2 slices: 2 done", ASKED, ASKED)
MONTHS = {"2019-01": 5, "2019-03": 6}
BROUGHT = BackfillReport(KEPT, {SliceState.DONE: 2}, {"fetched": 12, "new": 11, "gone": 1}, MONTHS, ("2019-02",), 60.0)
PERIOD = ("--since", "2019", "--until", "2019-04")


@pytest.fixture
def past(monkeypatch) -> Callable[[str, Any], Asked]:
    def replace(name: str, answer: Any) -> Asked:
        asked = Asked(answer)
        monkeypatch.setattr(backfill, name, asked)
        return asked

    return replace


def test_a_backfill_is_told_its_period_and_shows_what_it_brought(veille, past, papers):
    wanted, worked = past("request", KEPT), past("work_on", BROUGHT)
    outcome = veille("backfill", "one", *papers, *PERIOD, "--for", "2h")
    assert outcome.code == 0
    assert wanted.given["names"] == (Wanted("one", date(2019, 1, 1), date(2019, 4, 1)), note)
    assert (worked.given["names"], worked.given["at_most"]) == ((3,), timedelta(hours=2))
    assert outcome.out.splitlines() == [
        "backfill 3 of one, 2019-01-01 up to 2019-04-01: done",
        "2 slices: 2 done",
        "12 fetched, 11 new, 0 revised, 1 gone",
        "stored of these days: 11 articles",
        "month\tarticles",
        "2019-01\t5",
        "2019-03\t6",
    ]
    assert outcome.err == "few or none in 2019-02\n"


def test_the_ways_of_a_backfill_may_be_named(veille, past, papers):
    wanted, _ = past("request", KEPT), past("work_on", BROUGHT)
    veille("backfill", "one", *papers, *PERIOD, "--via", "listing,sitemap")
    assert wanted.given["names"][0].ways == (Way.SITEMAP, Way.LISTING)
    veille("backfill", "one", *papers, *PERIOD, "--via", "wayback", "--set", "wayback=https://archive.test/press")
    assert (wanted.given["names"][0].ways, wanted.given["names"][0].params) == ((Way.WAYBACK,), {"wayback": "https://archive.test/press"})
    outcome = veille("backfill", "one", *papers, *PERIOD, "--via", "telepathy")
    assert (outcome.code, outcome.out) == (2, "")
    assert "telepathy: no such way; there are sitemap, archive, ids, listing, wayback, warc" in outcome.err


def test_warc_files_are_a_way_of_their_own(veille, past, papers):
    wanted, _ = past("request", KEPT), past("work_on", BROUGHT)
    veille("backfill", "one", *papers, *PERIOD, "--warc", "a.warc.gz", "--warc", "b.warc.gz", "--copy")
    assert wanted.given["names"][0].ways == (Way.WARC,)
    assert wanted.given["names"][0].params == {"warc": ["a.warc.gz", "b.warc.gz"], "copy": True}
    assert "name the files with --warc" in veille("backfill", "one", *papers, *PERIOD, "--via", "warc").err
    assert "nothing to copy" in veille("backfill", "one", *papers, *PERIOD, "--copy").err


CLOCK = ("--set", "clock=2026-03-01T23:30:00Z")


@pytest.mark.parametrize("since", ["2030", "2026-03-03"])
def test_a_range_that_lies_ahead_is_a_usage_error(veille, past, papers, since):
    wanted = past("request", KEPT)
    outcome = veille("backfill", "one", *papers, *CLOCK, "--since", since, "--until", "2031")
    assert (outcome.code, outcome.out, wanted.given) == (2, "", {})
    assert "lies ahead: nothing was published yet; name a day up to 2026-03-01." in outcome.err


def test_a_range_that_lies_partly_ahead_ends_today_and_says_so(veille, past, papers):
    wanted, _ = past("request", KEPT), past("work_on", BROUGHT)
    outcome = veille("backfill", "one", *papers, *CLOCK, "--since", "2026", "--until", "2027")
    assert wanted.given["names"] == (Wanted("one", date(2026, 1, 1), date(2026, 3, 2), params={"until": "2027-01-01"}), note)
    assert "--until 2027-01-01 lies ahead: what was published up to today, 2026-03-01, is brought back" in outcome.err
    assert "backfill 3, asked for on 2026-02-15, goes on; it ends before 2019-04-01" in outcome.err
    assert "lies ahead" not in veille("backfill", "one", *papers, *CLOCK, "--since", "2026", "--until", "2026-03-02").err


def test_today_is_a_day_of_the_source(veille, past, papers, folder):
    wanted, _ = past("request", KEPT), past("work_on", BROUGHT)
    (folder / "papers" / "one.toml").write_text('home = "https://www.one.test/"\ntime_zone = "Africa/Algiers"')
    veille("backfill", "one", *papers, *CLOCK, "--since", "2026-03-02", "--until", "2027")
    assert wanted.given["names"][0].until == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "--warc '' names no file; write its path, or its address as https://…."),
        ("ftp://x.test/a.warc.gz", "--warc 'ftp://x.test/a.warc.gz' names no file; write its path"),
        ("nowhere.warc.gz", "nowhere.warc.gz cannot be read: No such file or directory"),
        ("page.html", "page.html is no WARC file: it holds no record"),
    ],
)
@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_a_warc_file_that_cannot_be_used_is_a_usage_error(veille, papers, folder, file, said, dry_run):
    (folder / "page.html").write_text("<p>No record.</p>")
    outcome = veille("backfill", "one", *papers, *PERIOD, "--warc", file, *dry_run)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_a_backfill_that_is_cut_off_says_how_it_goes_on_and_one_that_failed_ends_with_1(veille, past, papers):
    open_still = dataclasses.replace(KEPT, state=BackfillState.ACTIVE, ended_at=None, note=None)
    past("request", open_still)
    past("work_on", dataclasses.replace(BROUGHT, backfill=open_still, tally={SliceState.PLANNED: 1}))
    outcome = veille("backfill", "one", *papers, *PERIOD)
    assert outcome.code == 0
    assert "the same command goes on with it" in outcome.err
    past("work_on", dataclasses.replace(BROUGHT, tally={SliceState.FAILED: 1}))
    assert veille("backfill", "one", *papers, *PERIOD).code == 1


def test_a_backfill_can_be_left_to_the_service(veille, past, papers, monkeypatch):
    past("request", KEPT)
    worked = past("work_on", AssertionError("the service does it"))
    monkeypatch.setattr(backfill, "report", lambda *_: BROUGHT)
    outcome = veille("backfill", "one", *papers, *PERIOD, "--queue", "--json")
    assert outcome.code == 0
    assert worked.given == {}
    assert outcome.json["backfill"]["id"] == 3
    assert "`veille run` works on it" in outcome.err


PLAN = BackfillPlan(
    "one",
    date(2019, 1, 1),
    date(2020, 1, 1),
    (Way.SITEMAP,),
    (SlicePlan(Way.SITEMAP, "/sitemap-2019.xml", date(2019, 1, 1), date(2020, 1, 1), {"starts": []}, 900),),
    ("no pages by month were found",),
    7,
    2.5,
    Estimate(900, True, 0.63, 13.5),
)


def test_a_dry_run_prints_the_plan_and_its_cost(veille, past, papers):
    past("plan", PLAN)
    outcome = veille("backfill", "one", *papers, "--since", "2019", "--until", "2020", "--dry-run")
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "one: 2019-01-01 up to 2020-01-01 (365 days), 7 articles of it stored already",
        "900 pages, one every 2.5 s: 38 min, 13.5 MB of archive",
        "slice\tway\twhat\tsince\tuntil\tarticles",
        "1\tsitemap\t/sitemap-2019.xml\t2019-01-01\t2020-01-01\t900",
    ]
    assert outcome.err == "no pages by month were found\n"


def test_a_plan_whose_size_nothing_tells(veille, past, papers):
    past("plan", dataclasses.replace(PLAN, estimate=Estimate(None, False, None, None)))
    outcome = veille("backfill", "one", *papers, "--since", "2019", "--until", "2020", "--dry-run")
    assert "one request every 2.5 s; how many articles there are is only known once the slices are begun" in outcome.out


def test_a_plan_of_files_asks_nothing_of_the_site(veille, past, papers):
    slices = (SlicePlan(Way.WARC, "a.warc.gz", date(2019, 1, 1), date(2020, 1, 1), {"starts": []}),)
    past("plan", dataclasses.replace(PLAN, ways=(Way.WARC,), slices=slices, estimate=Estimate(None, False, None, None), seconds_a_page=0.0))
    outcome = veille("backfill", "one", *papers, "--since", "2019", "--until", "2020", "--warc", "a.warc.gz", "--dry-run")
    said = "nothing is asked of the site; how many articles there are is only known once the files are looked through"
    assert outcome.out.splitlines()[1] == said


def test_a_plan_as_json(veille, past, papers):
    past("plan", PLAN)
    plan = veille("backfill", "one", *papers, "--since", "2019", "--until", "2020", "--dry-run", "--json").json
    assert (plan["source"], plan["known"], plan["slices"][0]["way"], plan["estimate"]["hours"]) == ("one", 7, "sitemap", 0.63)


@pytest.mark.parametrize(
    ("gaps", "words"),
    [
        (("2019-02",), "2019-02"),
        (("2019-11", "2019-12", "2020-01", "2020-03"), "2019-11 to 2020-01, 2020-03"),
    ],
)
def test_gaps_in_words(veille, past, papers, gaps, words):
    past("request", KEPT)
    past("work_on", dataclasses.replace(BROUGHT, gaps=gaps))
    assert veille("backfill", "one", *papers, *PERIOD).err == f"few or none in {words}\n"


# ---------------------------------------------------------------- backfills


@pytest.fixture
def asked_for(folder, papers):
    """A database with one backfill of two slices; the flags that name it."""
    database = Database.open("sqlite:///veille.db")
    entry = SourceEntry("one", "One", "https://www.one.test/", None, (), "UTC", "0" * 64)
    plans = [SlicePlan(Way.LISTING, f"/{name}/", None, None, {"starts": []}) for name in ("sport", "ville")]

    def work(tx):
        SourceStore(tx).sync([entry], ASKED)
        return BackfillStore(tx).open("one", KEPT.since, KEPT.until, [Way.LISTING], params={}, plans=plans, now=ASKED)

    made = database.transact(work)
    database.close()
    return str(made.id)


def test_a_backfill_whose_source_is_missing_says_what_it_waits_for(veille, asked_for, papers):
    words = "waits: there is no usable source file one.toml; it goes on when there is"
    bare = ("--set", "bundled_sources=no")
    listed = veille("backfills", "list", *bare)
    assert listed.err == f"backfill {asked_for} of one {words}\n"
    assert veille("backfills", "list", *bare, "--json").json[0]["waits"] == words
    assert f"it {words}" in veille("backfills", "show", asked_for, *bare).out.splitlines()
    assert veille("backfills", "show", asked_for, *bare, "--json").json["waits"] == words
    assert veille("backfills", "list", *papers).err == ""
    assert veille("backfills", "show", asked_for, *papers, "--json").json["waits"] is None


def test_a_file_that_is_being_fetched_is_shown(veille, past, papers):
    past("request", KEPT)
    url = "https://archive.test/a.warc.gz"
    past("work_on", dataclasses.replace(BROUGHT, loading=(Loading(url, 12_000_000, 800_000_000),)))
    assert f"{url}: 12 of 800 MB of a file loaded" in veille("backfill", "one", *papers, *PERIOD).out.splitlines()
    assert veille("backfill", "one", *papers, *PERIOD, "--json").json["loading"] == [
        {"file": url, "loaded": 12_000_000, "size": 800_000_000}
    ]
    runs = [Progress(1, "one", 0, 0, 0, {}, (12_000_000, 800_000_000)), Progress(2, "one", 0, 0, 0, {})]
    state = BackfillProgress(KEPT, {SliceState.RUNNING: 2}, 0, None, None, runs)
    assert in_words(state) == "0 of 2 slices, 0 pages, 12 of 800 MB of a file loaded"


def test_backfills_are_listed_and_shown(veille, asked_for, papers):
    [head, row] = veille("backfills", "list", *papers).out.splitlines()
    assert head.split("\t") == ["backfill", "source", "since", "until", "state", "slices", "asked for"]
    assert row.split("\t")[1:6] == ["one", "2019-01-01", "2019-04-01", "active", "2 slices: 2 planned"]
    assert veille("backfills", "list", "--source", "two", "--json", *papers).json == []
    shown = veille("backfills", "show", asked_for, "--slices").out.splitlines()
    assert [line.split("\t")[:4] for line in shown[-2:]] == [["1", "listing", "/sport/", "planned"], ["2", "listing", "/ville/", "planned"]]
    told = veille("backfills", "show", asked_for, "--slices", "--json").json
    assert [part["plan"]["label"] for part in told["slices"]] == ["/sport/", "/ville/"]


@pytest.mark.parametrize(("name", "remedy"), [("nosuch", "`veille sources list` prints those there are"), ("on", "did you mean one?")])
def test_backfills_of_a_source_nobody_knows_are_a_usage_error(veille, asked_for, papers, name, remedy):
    outcome = veille("backfills", "list", "--source", name, *papers)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"veille: no source is called {name!r}; {remedy}\n")


def test_backfills_are_steered(veille, asked_for):
    words = "2 slices: 2 planned\n"
    assert veille("backfills", "pause", asked_for).out == f"backfill {asked_for} is paused; {words}"
    assert veille("backfills", "resume", asked_for).out == f"backfill {asked_for} is active; {words}"
    assert veille("backfills", "drain", asked_for).out == f"backfill {asked_for} is paused; {words}", "nothing is under way"
    assert veille("backfills", "retry", asked_for).out == f"backfill {asked_for}: none failed\n"
    assert veille("backfills", "cancel", asked_for).out == f"backfill {asked_for} is cancelled; {words}"
    outcome = veille("backfills", "pause", asked_for)
    assert (outcome.code, outcome.err) == (
        1,
        f"veille: backfill {asked_for} is cancelled already: ask for it anew with `veille backfill`\n",
    )


def test_a_backfill_that_is_not_known(veille, asked_for):
    outcome = veille("backfills", "show", "77")
    assert (outcome.code, outcome.err) == (2, "veille: there is no backfill 77: `veille backfills list` shows them\n")


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
    assert outcome.out.splitlines()[1].split("\t")[:3] == ["one", "crawl", "1"]
    assert outcome.err.splitlines() == ["one: crawl begins for 2026-02-15T08:00:00", "one: crawl done, 1 fetched, 1 new, 0 revised"]
    assert veille("run", *papers, "--quiet").err == ""
    assert given["until"] is None


def test_waiting_pages_are_read(veille, ask, papers):
    ask("read_pending", [ReadPage(1, "one", "https://www.one.test/1", outcome) for outcome in ("new", "new", "listing")])
    outcome = veille("read", "--pending", *papers)
    assert (outcome.code, outcome.out) == (0, "new 2, listing 1\n")
    assert veille("read", "--pending", *papers, "--json").json == {"new": 2, "listing": 1}
