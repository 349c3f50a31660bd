"""Where log records go."""

from __future__ import annotations

import json
import logging

import pytest

from pipeline.journal import NAME, tell
from veille import logs


@pytest.fixture(autouse=True)
def _root_as_before():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_text_lines_go_to_stderr(capsys):
    logs.configure("info", "text")
    logging.getLogger("pipeline.session").info("run %d begins", 7)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("INFO pipeline.session: run 7 begins\n")


def test_json_lines_hold_time_level_logger_message_and_traceback(capsys):
    logs.configure("info", "json")
    try:
        raise ValueError("é")
    except ValueError:
        logging.getLogger("db").exception("failed")
    record = json.loads(capsys.readouterr().err)
    assert (record["level"], record["logger"], record["message"]) == ("error", "db", "failed")
    assert record["traceback"].endswith("ValueError: é")
    assert record["time"].endswith("+00:00")


def test_what_is_below_the_level_is_left_out(capsys):
    logs.configure("warning", "text")
    logging.getLogger("db").info("nothing of note")
    assert capsys.readouterr().err == ""


def test_configured_twice_each_record_is_written_once(capsys):
    logs.configure("info", "text")
    logs.configure("info", "text")
    logging.getLogger("db").warning("once")
    assert capsys.readouterr().err.count("once") == 1


@pytest.mark.parametrize(("option", "level"), [("--verbose", "INFO"), ("--quiet", "ERROR"), (None, "WARNING")])
def test_the_shared_options_set_the_level(veille, option, level):
    veille("sources", "list", *([option] if option else []))
    assert logging.getLevelName(logging.getLogger().level) == level


def test_what_happens_to_a_service_is_an_object_with_its_facts(capsys):
    logs.configure("warning", "json")
    logs.show_events()
    tell("run_begins", "crawl of bladi begins", run=4, source="bladi", logger="no fact replaces what stands there")
    record = json.loads(capsys.readouterr().err)
    assert (record["event"], record["run"], record["source"]) == ("run_begins", 4, "bladi")
    assert (record["message"], record["level"], record["logger"]) == ("crawl of bladi begins", "info", logs.EVENTS)
    logging.getLogger(logs.EVENTS).setLevel(logging.NOTSET)


def test_the_logger_of_events_is_the_one_they_are_told_to():
    assert logs.EVENTS == NAME


def test_a_service_is_told_as_text_only_by_those_who_ask_for_it(capsys):
    logs.configure("warning", "text")
    tell("run_begins", "crawl of bladi begins")
    assert capsys.readouterr().err == ""
    logs.configure("info", "text")
    tell("run_begins", "crawl of bladi begins: 100 %")
    assert capsys.readouterr().err.endswith(f"INFO {NAME}: crawl of bladi begins: 100 %\n")
