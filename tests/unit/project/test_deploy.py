"""The files for running it for real name what exists; nothing here starts systemd or builds an image."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest
import typer

from crawlers.engine import GRACE
from pipeline.session import ENGINE_STOP, READING_STOP
from veille.cli.group import COMMANDS, app
from veille.settings import PREFIX, SETTINGS

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "veille.service").read_text(encoding="utf-8")
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
COMPOSE = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
EXTRAS = ("postgres", "fast", "alerts", "metrics")


@pytest.fixture
def unit() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=True)
    parser.optionxform = str
    parser.read_string(UNIT)
    assert parser.sections() == ["Unit", "Service", "Install"]
    return parser["Service"]


def seconds(words: str) -> int:
    number, unit = re.fullmatch(r"(\d+)\s*(s|m|min|)", words).groups()
    return int(number) * (60 if unit.startswith("m") else 1)


def options_of(command: str) -> set[str]:
    group = typer.main.get_command(app)
    return {name for param in group.commands[command].params for name in param.opts}


def test_the_unit_is_told_of_by_the_service(unit):
    assert (unit["Type"], unit["NotifyAccess"]) == ("notify", "main")
    assert unit["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert (unit["Restart"], unit["RestartPreventExitStatus"], unit["KillMode"]) == ("always", "2", "mixed")


def test_the_unit_runs_a_command_that_exists(unit):
    program, command, *rest = shlex.split(unit["ExecStart"])
    assert program.endswith("/bin/veille")
    assert command in COMMANDS
    assert {word for word in rest if word.startswith("--")} <= options_of(command)
    assert {word.partition("=")[0] for word in rest if "=" in word} <= {setting.name for setting in SETTINGS}


def test_the_unit_waits_longer_than_an_orderly_end_takes(unit):
    assert seconds(unit["TimeoutStopSec"]) > ENGINE_STOP + READING_STOP
    assert seconds(unit["WatchdogSec"]) > 2 * GRACE, "a turn may wait for the database or for a process to end"


def test_the_container_runs_commands_and_installs_extras_that_exist():
    commands = re.findall(r'CMD \["veille", "(\w+)"\]', CONTAINERFILE)
    assert commands == ["health", "run"]
    assert set(commands) <= set(COMMANDS)
    assert re.search(r"/src\[([\w,]+)\]", CONTAINERFILE)[1].split(",") == list(EXTRAS)
    assert re.findall(r"^([A-Z]+) ", CONTAINERFILE, re.MULTILINE)[0] == "FROM"


@pytest.mark.parametrize("text", [CONTAINERFILE, COMPOSE], ids=["Containerfile", "compose.yaml"])
def test_variables_are_settings(text):
    known = {f"{PREFIX}{setting.name.upper()}" for setting in SETTINGS}
    own = {"VEILLE_DATABASE_PASSWORD"}  # of the compose file, for PostgreSQL
    named = set(re.findall(r"VEILLE_[A-Z_]+", text))
    assert named
    assert named - known - own == set()


def test_what_the_files_name_is_there():
    assert (DEPLOY / re.search(r"dockerfile: deploy/(\S+)", COMPOSE)[1]).exists()
    assert "\t" not in COMPOSE


def test_the_documentation_names_each_file():
    running = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert [path.name for path in DEPLOY.iterdir() if f"deploy/{path.name}" not in running] == []
