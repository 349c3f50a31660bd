"""What is printed: plain in a pipe, safe for a terminal whatever a publisher wrote."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.vocabulary import PageReason
from veille.cli import output


class Terminal(io.StringIO):
    """A stdout that calls itself a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (0, "0"),
        ("a\tb\nc", "a b c"),
        ("red \x1b[31mtext\x1b[0m", "red  [31mtext [0m"),
        ("\x9b31m", "31m"),
        ("turned \u202earound\u2069", "turned  around"),
        (("a", "b"), "a, b"),
        (date(2020, 3, 1), "2020-03-01"),
        (datetime(2020, 3, 1, 8, 30, 1, 5, tzinfo=UTC), "2020-03-01T08:30:01Z"),
        (PageReason.EMPTY, "empty"),
    ],
)
def test_a_value_becomes_one_line(value, expected):
    assert output.line(value) == expected


@given(st.text())
def test_torture_96_no_control_character_of_a_publisher_reaches_the_terminal(text):
    for shown in (output.line(text), output.flat(text), output.paragraphs(text).replace("\n", "")):
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in shown)


@given(st.text())
def test_flat_text_keeps_every_position(text):
    flat = output.flat(text)
    assert len(flat) == len(text)
    assert all(new in (old, " ") for new, old in zip(flat, text, strict=True))


def test_paragraphs_keep_their_lines():
    assert output.paragraphs("one\n\ntwo\x07") == "one\n\ntwo "


@pytest.mark.parametrize(("text", "isolated"), [("énergie", False), ("الطاقة الشمسية", True), ("CAN 2025 كأس", True)])
def test_right_to_left_text_is_kept_to_itself(text, isolated):
    assert (output.isolated(text) == f"\u2068{text}\u2069") is isolated
    assert isolated or output.isolated(text) == text


def test_a_table_in_a_pipe_is_tab_separated_lines(capsys):
    output.table(("name", "title"), [("a", "tab\there"), ("b", "الطاقة")])
    assert capsys.readouterr().out == "name\ttitle\na\ttab here\nb\tالطاقة\n"


def test_a_table_on_a_terminal_is_aligned_and_takes_no_markup(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    output.table(("name", "n"), [("[bold]a[/bold]", 5), ("الطاقة", 12)], numbers=("n",))
    drawn = screen.getvalue()
    assert "[bold]a[/bold]" in drawn
    assert "\u2068الطاقة\u2069" in drawn
    assert "\t" not in drawn


def test_json_keeps_letters_and_writes_days_instants_and_words():
    value = {
        "title": "énergie",
        "on": date(2020, 3, 1),
        "at": datetime(2020, 3, 1, 8, tzinfo=UTC),
        "reason": PageReason.EMPTY,
        "set": {2, 1},
    }
    text = output.json_text(value)
    assert "énergie" in text
    assert json.loads(text) == {
        "title": "énergie",
        "on": "2020-03-01",
        "at": "2020-03-01T08:00:00Z",
        "reason": "empty",
        "set": [1, 2],
    }


def test_json_is_escaped_where_stdout_cannot_carry_letters(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert output.json_text("é") == '"\\u00e9"'


def test_unknown_objects_become_their_words():
    assert json.loads(output.json_text({"path": io})) == {"path": str(io)}


def test_remarks_go_to_stderr(capsys):
    output.note("a remark")
    output.say("a result")
    assert capsys.readouterr() == ("a result\n", "a remark\n")
