"""How far a crawl is, told where it does not disturb."""

from __future__ import annotations

import io
import sys

import pytest

from pipeline.session import Progress
from veille.cli import progress as module
from veille.cli.progress import BarProgress, PlainProgress, SilentProgress, progress

RUNS = [Progress(run_id=1, source="[b]bladi", fetched=3, waiting=7, unread=2, outcomes={"new": 1})]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("quiet", "stream", "kind"),
    [(True, Terminal(), SilentProgress), (False, Terminal(), BarProgress), (False, io.StringIO(), PlainProgress)],
)
def test_the_kind_suits_where_stderr_leads(monkeypatch, quiet, stream, kind):
    monkeypatch.setattr(sys, "stderr", stream)
    assert type(progress(quiet=quiet)) is kind


def test_plain_lines_come_now_and_then(monkeypatch, capsys):
    moments = iter([0.0, 5.0, 11.0, 11.0, 12.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(moments))
    with PlainProgress() as show:
        show(RUNS)
        show(RUNS)
        show(RUNS)
    out, err = capsys.readouterr()
    assert (out, err) == ("", "[b]bladi: 3 fetched, 7 waiting, 2 to be read, 1 new\n")


def test_quiet_says_nothing(capsys):
    with SilentProgress() as show:
        show(RUNS)
    assert capsys.readouterr() == ("", "")


def test_bars_follow_the_open_runs(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with BarProgress() as show:
        show(RUNS)
        (task,) = show._bars.tasks
        assert (task.completed, task.total) == (3, 10)
        show([])
        assert not show._bars.tasks
    assert "[b]bladi" in screen.getvalue()
