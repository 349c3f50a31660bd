"""A day with veille: everything a person does with it, through the installed command, on demo newspapers."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawlers.demo.server import Handler, Newsroom

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("veille")
FRENCH, ARABIC = "lecourrierdesrives", "assahl"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory, newsroom: Newsroom, at_newsroom: Callable):
    """A working folder after the first crawl of two papers."""
    folder = tmp_path_factory.mktemp("everyday")
    veille = at_newsroom(folder, f"sqlite:///{folder / 'veille.db'}", newsroom)
    reports = {report["source"]: report for report in veille.json("crawl", FRENCH, ARABIC)}
    assert {name: report["state"] for name, report in reports.items()} == {FRENCH: "done", ARABIC: "done"}
    return veille


def test_status_tells_source_by_source_what_is_stored(crawled):
    status = crawled.json("status")
    assert status["articles"] > 100
    assert status["unread_pages"] == 0
    assert {source["name"] for source in status["sources"]} >= {FRENCH, ARABIC}
    assert FRENCH in crawled.run("status")


@pytest.mark.parametrize(
    ("words", "language", "source"), [("pêcheurs", "fr", FRENCH), ("pecheur", "fr", FRENCH), ("المدرسة", "ar", ARABIC)]
)
def test_search_show_and_page_lead_to_one_another(crawled, words, language, source):
    hits = crawled.json("search", words, "--lang", language)["hits"]
    assert hits
    assert {(hit["language"], hit["source"]) for hit in hits} == {(language, source)}
    shown = crawled.json("show", hits[0]["uid"])
    assert (shown["url"], shown["title"]) == (hits[0]["url"], hits[0]["title"])
    assert len(shown["text"]) > 200
    assert b"<html" in page_of(crawled, shown["url"])


def page_of(veille, url: str) -> bytes:
    """The stored page, byte for byte: not every paper writes UTF-8."""
    printed = subprocess.run([COMMAND, "page", url], cwd=veille.folder, capture_output=True, check=True)
    return printed.stdout


@pytest.fixture(scope="module")
def records(crawled) -> list[dict]:
    return [json.loads(line) for line in crawled.run("export", "--format", "jsonl").splitlines()]


def test_exports_agree(crawled, records):
    table = list(csv.DictReader(io.StringIO(crawled.run("export", "--format", "csv"))))
    canonical = [json.loads(line) for line in crawled.run("export", "--canonical").splitlines()]
    assert len(records) == len(table) == len(canonical) == crawled.json("status")["articles"]
    assert {row["uid"] for row in table} == {record["uid"] for record in records}
    assert [each["url"] for each in canonical] == sorted(record["url"] for record in records)
    assert not {"uid", "change", "first_seen", "last_seen"} & canonical[0].keys()


def test_the_articles_stored_are_those_the_papers_published(records, newsroom: Newsroom):
    expected = {article.url for article in newsroom.truth()}
    stored = [url for record in records for url in [record["url"], *record["urls"]]]
    assert len({record["url"] for record in records}) == len(records)
    assert all(expected & {record["url"], *record["urls"]} for record in records)
    assert len(stored) >= len(records)


def test_the_doctor_finds_nothing(crawled):
    crawled.run("doctor")


def test_a_page_is_read_on_the_spot_with_every_decision_explained(crawled, records):
    record = next(record for record in records if record["source"] == FRENCH)
    (crawled.folder / "page.html").write_bytes(page_of(crawled, record["url"]))
    explained = crawled.run("read", "page.html", "--url", record["url"], "--source", FRENCH, "--why")
    assert record["title"] in explained
    for step in ("decode", "extract", "dates", "language", "judge"):
        assert step in explained


def test_a_backfill_is_planned_then_done(tmp_path: Path, newsroom: Newsroom, at_newsroom: Callable):
    veille = at_newsroom(tmp_path, f"sqlite:///{tmp_path / 'veille.db'}", newsroom)
    period = ("--since", "2014", "--until", "2015")
    plan = veille.json("backfill", FRENCH, *period, "--dry-run")
    assert {each["way"] for each in plan["slices"]} == {"listing"}
    assert veille.json("backfills", "list") == []
    report = veille.json("backfill", FRENCH, *period)
    assert report["backfill"]["state"] == "done"
    assert [each["id"] for each in veille.json("backfills", "list")] == [report["backfill"]["id"]]
    assert len(veille.json("backfills", "show", str(report["backfill"]["id"]), "--slices")["slices"]) == len(plan["slices"])
    dated = [json.loads(line)["published_on"] for line in veille.run("export").splitlines()]
    expected = [each for each in newsroom.truth() if each.source == FRENCH and each.allowed and each.published_on.year == 2014]
    assert expected
    assert sum(str(day).startswith("2014") for day in dated) == len(expected)


def test_the_timetable_runs_for_as_long_as_told(tmp_path: Path, newsroom: Newsroom, at_newsroom: Callable):
    veille = at_newsroom(tmp_path, f"sqlite:///{tmp_path / 'veille.db'}", newsroom)
    runs = veille.json("run", "--for", "5s")
    assert {run["source"] for run in runs} == {paper.host.partition(".")[0] for paper in newsroom.papers}
    assert {run["state"] for run in runs} <= {"done", "stopped"}


def test_a_crawl_of_an_unknown_name_is_a_usage_error(crawled):
    assert crawled.run("crawl", "lecourrier", code=2) == ""


# ---------------------------------------------------------------- SIGTERM


def slow_down(seconds: float) -> Callable[[Handler], bool]:
    def fault(handler: Handler) -> bool:
        time.sleep(seconds)
        return False

    return fault


@pytest.fixture
def hanging() -> Iterator[Newsroom]:
    """A newsroom one of whose articles never comes."""
    with Newsroom() as opened:
        paths = [article.url.partition(".test")[2] for article in opened.truth() if article.source == FRENCH]
        opened.faults[paths[len(paths) // 2]] = slow_down(60)
        opened.faults |= dict.fromkeys(paths[:20], slow_down(0.2))
        yield opened


@pytest.mark.parametrize("command", [("crawl", FRENCH, "--json"), ("run", "--json")])
def test_torture_95_sigterm_stops_within_thirty_seconds_and_the_next_crawl_completes(
    tmp_path: Path, hanging: Newsroom, at_newsroom: Callable, command: tuple[str, ...]
):
    veille = at_newsroom(tmp_path, f"sqlite:///{tmp_path / 'veille.db'}", hanging)
    process = veille.start(*command)
    wait_until(lambda: stored(tmp_path) > 5)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode in {0, 128 + signal.SIGTERM, 128 + signal.SIGINT, 1}, err
    assert "Traceback" not in err
    assert "stopping on SIGTERM" in err
    assert out == "" or json.loads(out)
    with sqlite3.connect(tmp_path / "veille.db") as database:
        assert database.execute("SELECT DISTINCT state FROM runs").fetchall() == [("stopped",)]
        assert database.execute("SELECT count(*) FROM pages WHERE lease_owner IS NOT NULL").fetchone() == (0,)
    database.close()
    hanging.faults.clear()
    veille.run("crawl", FRENCH, "--quiet", code=None)
    kept = {url for line in veille.run("export").splitlines() for url in (json.loads(line)["url"], *json.loads(line)["urls"])}
    assert {article.url for article in hanging.truth() if article.source == FRENCH and article.allowed} <= kept


def stored(folder: Path) -> int:
    try:
        with sqlite3.connect(f"file:{folder / 'veille.db'}?mode=ro", uri=True) as database:
            found = int(database.execute("SELECT count(*) FROM articles").fetchone()[0])
        database.close()
    except sqlite3.OperationalError:  # not made yet
        return 0
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("waited in vain")


# ---------------------------------------------------------------- Scrapy's own command


def test_a_checkout_is_a_scrapy_project(tmp_path: Path, newsroom: Newsroom):
    (tmp_path / "scrapy.cfg").write_bytes((ROOT / "scrapy.cfg").read_bytes())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VEILLE_")}
    environment |= {
        "VEILLE_DATABASE": str(tmp_path / "veille.db"),
        "VEILLE_SOURCES": str(newsroom.sources_folder),
        "VEILLE_RESOLVE": ",".join(f"{name}={where}" for name, where in newsroom.resolve.items()),
        "VEILLE_CA_FILE": str(newsroom.ca_file),
    }

    def scrapy(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scrapy", *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)

    listed = scrapy("list")
    assert listed.returncode == 0, listed.stderr
    assert {FRENCH, ARABIC} <= set(listed.stdout.split())
    crawled = scrapy("crawl", FRENCH, "-a", "limit=5")
    assert crawled.returncode == 0, crawled.stderr
    assert "Traceback" not in crawled.stderr
    with sqlite3.connect(tmp_path / "veille.db") as database:
        assert database.execute("SELECT count(*) FROM pages WHERE kind = 'article'").fetchone() == (5,)
    database.close()


# ---------------------------------------------------------------- learning from kept pages


def test_a_template_is_learned_shown_used_and_forgotten(
    tmp_path: Path, newsroom: Newsroom, at_newsroom: Callable, make_database_url: Callable[..., str]
):
    veille = at_newsroom(tmp_path, make_database_url("postgresql"), newsroom)
    assert veille.run("sources", "learn", FRENCH, code=1) == "", "nothing is kept yet"
    veille.run("crawl", FRENCH, "--limit", "12", "--quiet", code=None)
    before = veille.run("export", "--canonical")
    shown = veille.run("sources", "learn", FRENCH, "--dry-run")
    assert "learned from" in shown
    assert "a dry run" in shown
    learned = veille.json("sources", "learn", FRENCH, "--reread")
    assert learned["bodies"]
    assert learned["pages"] >= 10
    assert veille.json("status")["unread_pages"] == learned["to_read_again"] >= learned["pages"]
    veille.run("read", "--pending")
    after = veille.run("export", "--canonical")
    texts = [[json.loads(line)["text"] for line in export.splitlines()] for export in (before, after)]
    assert texts[0] == texts[1], "the demo's pages are read right without it: it may not eat anything"
    assert "forgotten" in veille.run("sources", "learn", FRENCH, "--forget")
    assert "nothing was learned" in veille.run("sources", "learn", FRENCH, "--forget")
    veille.run("sources", "learn", "nobody", code=2)
