"""`veille schedule` over a filled database: what comes, what was, pauses; for people and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.engine import Database
from db.runs import RunStore
from db.sources import SourceStore
from db.vocabulary import RunKind, RunState
from pipeline.rhythm import learn, to_json

NOW = datetime(2026, 2, 15, 8, tzinfo=UTC)
CLOCK = ["--set", "clock=2026-02-15T09:00:00Z", "--set", "bundled_sources=false"]


@pytest.fixture
def paper(press, tmp_path):
    """The two papers of the press as source files: one every two hours with a visit in the past, one adaptive."""
    folder = tmp_path / "papers"
    folder.mkdir()
    every = '[timetable]\nevery = "2h"\nwindows = ["06:00-23:00"]\n'
    (folder / "lerivage.toml").write_text(f'home = "https://www.lerivage.test/"\ncountry = "DZ"\n{every}')
    (folder / "almina.toml").write_text('home = "https://www.almina.test/"\ntime_zone = "Africa/Casablanca"\n')
    database = Database.open(press.url)

    def work(tx):
        run, _ = RunStore(tx).request("lerivage", RunKind.CRAWL, slot="2026-02-15T08:00:00", params={"missed": 3}, now=NOW)
        mine = RunStore(tx).lease(run.id, "me", NOW, NOW + timedelta(minutes=1))
        RunStore(tx).finish(mine, RunState.DONE, {}, "nothing new", NOW + timedelta(minutes=1))
        zone = ZoneInfo("Africa/Casablanca")
        known, at = None, NOW - timedelta(days=15)
        while at < NOW:
            at += timedelta(hours=6)
            said = [at - timedelta(minutes=n) for n in range(12)] if at.astimezone(zone).hour in {14, 15} else []
            known = learn(known, zone, at, said)
        SourceStore(tx).put_rhythm("almina", to_json(known), datetime(2026, 2, 15, 9, 40, tzinfo=UTC))

    database.transact(work)
    database.close()
    return [*press.flags, "--sources", str(folder), *CLOCK]


def test_what_comes_next_and_why(veille, paper):
    found = veille("schedule", "next", "-n", 16, "--json", *paper).json
    assert found["next"][0] == {
        "source": "lerivage",
        "local": "2026-02-15T10:00:00",
        "zone": "Africa/Algiers",
        "at": "2026-02-15T09:00:00Z",
        "due": True,
        "forecast": False,
        "why": "every 2h within 06:00-23:00",
    }
    mine = [visit for visit in found["next"] if visit["source"] == "almina"]
    assert (mine[0]["local"], mine[0]["forecast"], mine[1]["forecast"]) == ("2026-02-15T09:40:00", False, True)
    assert mine[0]["why"] == "publishes about 12 a day, mostly 13–16 h"
    assert [visit["at"] for visit in found["next"]] == sorted(visit["at"] for visit in found["next"])
    assert (found["paused"], found["problems"]) == ([], [])


def test_next_is_what_is_shown_without_a_word_and_for_people_in_columns(veille, paper, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    outcome = veille("schedule", *paper)
    header, first, *rest = outcome.out.splitlines()
    assert header.split("\t") == ["source", "local", "zone", "here", "why"]
    assert first.split("\t")[:3] == ["lerivage", "2026-02-15 10:00 due", "Africa/Algiers"]
    assert len(rest) == 19
    assert any("forecast" in line for line in rest)
    assert outcome.code == 0
    only = veille("schedule", "next", "almina", "-n", 2, *paper).out.splitlines()
    assert {line.split("\t")[0] for line in only[1:]} == {"almina"}


def test_the_history_says_what_was_meant_and_what_was_missed(veille, paper):
    latest = veille("schedule", "history", "--source", "lerivage", "-n", 1, "--json", *paper).json[0]
    assert (latest["slot"], latest["missed"], latest["state"], latest["note"]) == ("2026-02-15T08:00:00", 3, "done", "nothing new")
    assert (latest["started"], latest["ended"]) == ("2026-02-15T08:00:00Z", "2026-02-15T08:01:00Z")
    lines = veille("schedule", "history", *paper).out.splitlines()
    assert lines[0].split("\t") == ["slot", "source", "kind", "started", "ended", "state", "missed", "note"]
    assert len(lines) == 4


def test_pausing_and_resuming(veille, paper):
    told = veille("schedule", "pause", "lerivage", "--until", "2026-03-01", "--reason", "asked us to wait", *paper)
    assert told.out == "lerivage is paused until 2026-02-28T23:00:00Z (asked us to wait)\n", "midnight in Algiers"
    found = veille("schedule", "--json", *paper).json
    assert {visit["source"] for visit in found["next"]} == {"almina"}
    assert found["paused"] == [{"source": "lerivage", "paused": True, "until": "2026-02-28T23:00:00Z", "reason": "asked us to wait"}]
    assert "lerivage is paused until 2026-02-28T23:00:00Z: asked us to wait" in veille("status", *paper).out
    resumed = veille("schedule", "resume", "lerivage", "almina", *paper)
    assert (resumed.out, resumed.err) == ("lerivage is in the timetable again\n", "veille: almina was not paused\n")
    assert veille("schedule", "pause", "almina", "--json", *paper).json == [
        {"source": "almina", "paused": True, "until": None, "reason": None}
    ]
    assert "`veille schedule resume almina` ends it" in veille("schedule", *paper).out
    state = {source["name"]: source for source in veille("status", "--json", *paper).json["sources"]}
    assert (state["almina"]["paused"], state["lerivage"]["paused"]) == (True, False)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["pause", "lerivag"], 2, "no source is called 'lerivag'; did you mean lerivage?"),
        (["resume", "nowhere"], 2, "no source is called 'nowhere'"),
        (["next", "nowhere"], 2, "no source is called 'nowhere'"),
        (["history", "--source", "nowhere"], 2, "no source is called 'nowhere'; `veille sources list` prints those there are"),
        (["history", "--source", "lerivag"], 2, "no source is called 'lerivag'; did you mean lerivage"),
        (["pause", "lerivage", "--until", "2026-01-01"], 2, "'2026-01-01' is past"),
        (["pause", "lerivage", "--until", "tomorrow"], 2, "write it as 2026-09-01 or 2026-09-01T08:00"),
        (["next", "-n", "0"], 2, "-n"),
    ],
)
def test_mistakes_are_named(veille, paper, words, code, told):
    outcome = veille("schedule", *words, *paper)
    assert outcome.code == code
    assert told in outcome.err


def test_a_timetable_that_cannot_be_read_is_named_and_hides_no_other(veille, paper, tmp_path):
    (tmp_path / "papers" / "broken.toml").write_text('home = "https://broken.test/"\n[timetable]\ncron = "61 * * * *"\n')
    outcome = veille("schedule", *paper)
    assert outcome.code == 0
    assert "61 * * * *" in outcome.err
    assert "lerivage" in outcome.out
