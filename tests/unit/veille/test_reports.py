"""What a crawl prints at its end, and the exit code it leaves."""

from __future__ import annotations

import dataclasses
import json

import pytest
import typer

from db.vocabulary import RunKind, RunState
from pipeline.report import RunReport
from veille.cli.reports import conclude, failures, print_outcomes, rejections, sentence


def report(source: str = "bladi", state: RunState = RunState.DONE, note: str | None = None, **counts: int) -> RunReport:
    return RunReport(1, source, RunKind.CRAWL, state, counts, note, 12.4)


def test_a_line_a_source_with_its_counts_reasons_and_remark(capsys):
    reports = [
        report(fetched=12, new=5, revised=1, same=2, unchanged=3, copy=1, listing=2, soft_404=4, parsed=2),
        report("aps", RunState.FAILED, "no article: 3 dns", dns=3),
    ]
    with pytest.raises(typer.Exit) as ended:
        conclude(reports, problems=[], as_json=False)
    assert ended.value.exit_code == 1
    assert capsys.readouterr().out.splitlines() == [
        "source\tfetched\tnew\trevised\tsame\trejected\tfailed\tseconds\tremark",
        "bladi\t12\t5\t1\t6\tsoft 404 4, listing 2\t\t12\t",
        "aps\t0\t0\t0\t0\t\tdns 3\t12\tno article: 3 dns",
    ]


def test_runs_of_several_kinds_are_told_apart(capsys):
    news, past = report(fetched=3, new=2), dataclasses.replace(report(fetched=40, new=9), kind=RunKind.REPLAY)
    conclude([news, past], problems=[], as_json=False, kinds=True)
    rows = [line.split("\t")[:4] for line in capsys.readouterr().out.splitlines()]
    assert rows == [["source", "kind", "fetched", "new"], ["bladi", "crawl", "3", "2"], ["bladi", "replay", "40", "9"]]
    conclude([news, past], problems=[], as_json=True, kinds=True)
    assert [record["kind"] for record in json.loads(capsys.readouterr().out)] == ["crawl", "replay"]


def test_runs_that_went_well_end_with_0(capsys):
    conclude([report(fetched=1, new=1, dns=2)], problems=[], as_json=False)
    assert capsys.readouterr().err == ""


def test_a_source_file_that_cannot_be_used_is_named_and_ends_with_1(capsys):
    with pytest.raises(typer.Exit) as ended:
        conclude([report(fetched=1)], problems=["x.toml: hoem: unknown; did you mean home?"], as_json=False)
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "veille: x.toml: hoem: unknown; did you mean home?\n"


def test_nothing_due_is_said(capsys):
    conclude([], problems=[], as_json=False)
    assert capsys.readouterr().out == "no source was due\n"


def test_the_same_as_json(capsys):
    conclude([report(fetched=2, new=1)], problems=[], as_json=True)
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["source"], record["state"], record["counts"]) == ("bladi", "done", {"fetched": 2, "new": 1})


def test_counts_are_told_apart():
    counts = {"fetched": 3, "dns": 1, "timeout": 0, "listing": 2, "robots": 1, "new": 1}
    assert failures(counts) == {"dns": 1, "robots": 1}
    assert rejections(counts) == {"listing": 2}


def test_the_end_of_a_run_in_one_line():
    assert sentence(report(fetched=4, new=3)) == "bladi: crawl done, 4 fetched, 3 new, 0 revised"
    assert sentence(report(state=RunState.FAILED, note="no article: 3 dns")).endswith("(no article: 3 dns)")


@pytest.mark.parametrize(
    ("outcomes", "as_json", "expected"),
    [({"new": 2, "soft_404": 3}, False, "soft 404 3, new 2\n"), ({}, False, "no page was waiting to be read\n"), ({}, True, "{}\n")],
)
def test_what_reading_the_waiting_pages_brought(capsys, outcomes, as_json, expected):
    print_outcomes(outcomes, as_json=as_json)
    assert capsys.readouterr().out == expected
