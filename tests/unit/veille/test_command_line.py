"""What all commands have in common: help with an example, exit codes, one line for a mistake, nothing loaded too early."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from db.errors import ArchiveError, QueryError, SchemaError, SettingError, SourceError, Unavailable, UnknownName, VeilleError
from veille.cli.group import COMMANDS, app
from veille.settings import SETTINGS

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
HEAVY = ("scrapy", "twisted", "trafilatura", "sqlalchemy", "lxml", "apscheduler", "alembic")


def commands() -> dict[str, object]:
    """Every command by its full name, groups taken apart."""
    found = {}
    for name, command in typer.main.get_command(app).commands.items():
        if hasattr(command, "commands"):
            found |= {f"{name} {inner}": each for inner, each in command.commands.items()}
        else:
            found[name] = command
    return found


ALL = commands()


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_with_an_example(veille, name):
    outcome = veille(*name.split(), "--help")
    assert outcome.code == 0
    assert outcome.err == ""
    assert "Examples:" in outcome.out
    assert re.search(rf"^  +veille {name}", outcome.out, re.MULTILINE)
    for option in ("--database", "--archive", "--sources", "--config", "--set", "--verbose", "--quiet"):
        assert option in outcome.out


@pytest.mark.parametrize("name", ALL)
def test_the_first_line_of_help_fits_the_list_of_commands(name):
    assert not ALL[name].get_short_help_str(64).endswith("...")


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_does(name):
    assert all(getattr(param, "help", None) for param in ALL[name].params)


def test_the_help_lists_every_command(veille):
    outcome = veille("--help")
    assert outcome.code == 0
    assert all(re.search(rf"^  {name} ", outcome.out, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["sources"], ["backfills"]])
def test_a_missing_command_is_a_usage_error_that_shows_the_help(veille, arguments):
    outcome = veille(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Commands:" in outcome.err
    assert not outcome.err.startswith("veille:")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serch", "x"], "veille: No such command 'serch'. Did you mean 'search'? `veille --help` shows how it is used.\n"),
        (["sources", "lst"], "veille: No such command 'lst'. Did you mean 'list'? `veille sources --help` shows how it is used.\n"),
        (["show"], "veille: Missing argument 'ID'. `veille show --help` shows how it is used.\n"),
        (["search", "--limit", "0"], "'--limit' / '-n': '0' is not a whole number from 1 to 1000. `veille search --help` shows how it is"),
        (["crawl", "--limit", "5.0"], "'--limit' / '-n': '5.0' is not a whole number from 1 up."),
        (["reprocess", "--sample", "-1"], "'--sample': '-1' is not a whole number from 0 up."),
        (["backfills", "show", "last"], "'N': 'last' is not a whole number from 1 up."),
        (["sources", "learn", "bladi", "--pages", "3"], "'--pages' / '-n': '3' is not a whole number from 4 to 500."),
        (["schedule", "next", "-n", ""], "'-n': '' is not a whole number from 1 to 100000."),
        (["search", "--after", "20x"], "'20x' is not a day; write it as 2020-03-01, 2020-03 or 2020."),
        (["crawl", "--for", "soon"], "'soon' is not a duration; write for example 90s, 10m or 1h30m."),
        (["backfill", "x", "--since", "2020"], "veille: Missing option '--until'. `veille backfill --help` shows how it is used.\n"),
        (["backfill", "x", "--since", "2020", "--until", "2019"], "--since 2020-01-01 is not before --until 2019-01-01."),
        (["export", "--format", "xml"], "'--format' / '-f': 'xml' is not known; write jsonl or csv. `veille export --help`"),
        (["export", "--format", "csv", "--canonical"], "--canonical is a form of JSON lines; leave out --format csv."),
        (["read"], "give one FILE or URL, or --pending."),
        (["read", "x.html", "--pending"], "give one FILE or URL, or --pending."),
        (["read", "nowhere.html"], "nowhere.html: cannot be read (No such file or directory); give an HTML file, - or an address."),
        (["read", "x.html", "--fetched-at", "noon"], "'noon' is not an instant; write it as 2026-02-15T08:00:00Z."),
        (["--set", "readers", "status"], "veille: --set readers: is not NAME=VALUE; write for example --set readers=2\n"),
        (["--set", "reeders=2", "status"], "veille: --set reeders: no such setting; did you mean readers?\n"),
        (["--database", "mysql://x/y", "status"], "veille: --database: 'mysql://x/y' is no database we know;"),
        (["--config", "none.toml", "status"], "none.toml: cannot be read (No such file or directory)"),
        (["sources", "show", "blady"], "veille: no source is called 'blady'; did you mean bladi?\n"),
        (["status"], "there is no database yet; `veille init` makes one here, --database names another\n"),
        (["search", "x"], "there is no database yet;"),
    ],
)
def test_a_mistake_is_one_line_with_the_way_out_and_code_2(veille, arguments, message):
    outcome = veille(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("veille: ")


def test_shared_options_stand_before_or_after_the_command(veille, folder):
    (folder / "papers").mkdir()
    (folder / "papers" / "example.toml").write_text('home = "https://www.example.org/"', encoding="utf-8")
    outcomes = [
        veille("--sources", "papers", "sources", "list"),
        veille("sources", "--sources", "papers", "list"),
        veille("sources", "list", "--sources", "papers"),
    ]
    assert all(outcome.code == 0 for outcome in outcomes)
    assert all("example\t" in outcome.out for outcome in outcomes)


def test_several_folders_of_sources_may_be_given(veille, folder):
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / f"paper-{name}.toml").write_text('home = "https://www.example.org/"', encoding="utf-8")
    outcome = veille("sources", "list", "--sources", "one", "--sources", "two", "--set", "bundled-sources=no")
    assert [line.split("\t")[0] for line in outcome.out.splitlines()] == ["name", "paper-one", "paper-two"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingError, 2),
        (SourceError, 2),
        (UnknownName, 2),
        (QueryError, 2),
        (SchemaError, 1),
        (ArchiveError, 1),
        (Unavailable, 1),
        (VeilleError, 1),
    ],
)
def test_each_error_of_ours_has_its_exit_code(veille, monkeypatch, error, code):
    def fail(*arguments: object, **named: object) -> None:
        raise error("something is wrong; do this")

    monkeypatch.setattr("veille.cli.version.json_text", fail)
    outcome = veille("version", "--json")
    assert (outcome.code, outcome.err) == (code, "veille: something is wrong; do this\n")


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt, 130), (BrokenPipeError(32, "Broken pipe"), 0)])
def test_an_interrupt_and_a_closed_pipe_are_silent(error, code):
    name = error.__name__ if isinstance(error, type) else "BrokenPipeError(32, 'Broken pipe')"
    program = f"""
import sys, veille.cli, veille.cli.version
def fail(*arguments, **named): raise {name}
veille.cli.version.json_text = fail
sys.exit(veille.cli.run(["version", "--json"]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_a_closed_stdout_is_one_line(folder):
    program = f"exec '{sys.executable}' -m veille version >&-"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "veille: stdout is closed; lead it somewhere, to /dev/null if nothing is to be seen\n"


def test_a_closed_stderr_disturbs_nothing(folder):
    for arguments, code in (("version", 0), ("serch", 2)):
        done = subprocess.run(
            ["sh", "-c", f"exec '{sys.executable}' -m veille {arguments} 2>&-"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (code, "")


def test_a_reader_that_leaves_early_does_not_fail_the_pipeline(folder):
    program = f"set -o pipefail; '{sys.executable}' -m veille search --help | true"
    assert subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False).returncode == 0


def test_a_fault_of_ours_keeps_its_traceback(veille, monkeypatch):
    def fail(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("veille.cli.version.json_text", fail)
    with pytest.raises(ZeroDivisionError):
        veille("version", "--json")


def loaded_by(*arguments: str) -> set[str]:
    """The modules a command line leaves loaded in a process of its own."""
    program = f"""
import sys
from veille.cli import run
code = run({list(arguments)!r})
sys.stderr.write("\\n".join(sys.modules))
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["version"], ["sources", "--help"], ["crawl", "--help"], ["sources", "list"]])
def test_help_loads_none_of_the_heavy_libraries(arguments):
    assert loaded_by(*arguments).isdisjoint(HEAVY)


def test_a_command_loads_no_other_command():
    loaded = loaded_by("version")
    assert {name for name in loaded if name.startswith("veille.cli.") and name.split(".")[2] in COMMANDS} == {"veille.cli.version"}


def test_importing_the_package_loads_next_to_nothing():
    program = "import sys, veille; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({*HEAVY, "typer", "rich", "db.records", "db.readings"})


def test_version(veille):
    outcome = veille("version", "--json")
    assert outcome.json["veille"] == __import__("veille").__version__
    assert veille("version").out.startswith(f"veille {outcome.json['veille']}\n")


def test_docs_list_every_command_with_its_own_words():
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    for name, command in ALL.items():
        assert re.search(rf"^\| \[`veille {name}`\]\(#veille-\w+\) \| {re.escape(first_line(command))} \|$", text, re.MULTILINE), name
        assert f"## veille {name.split()[0]}\n" in text


@pytest.mark.parametrize("name", ALL)
def test_docs_name_every_option(name):
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    section = text.split(f"## veille {name.split()[0]}\n")[1].split("\n## ")[0]
    shared = text.split("## Options of every command\n")[1].split("\n## ")[0]
    for param in ALL[name].params:
        if param.param_type_name == "option":
            assert param.opts[0] in section or param.opts[0] in shared or param.opts[0] == "--json", param.opts


def first_line(command: object) -> str:
    return command.help.strip().split("\n\n")[0].replace("\n", " ")


def test_docs_list_every_setting_with_its_default_and_meaning():
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \| (.+) \|$", (DOCS / "settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    import json

    assert rows == [(row.name, json.dumps(row.default), row.help) for row in SETTINGS]


def test_every_setting_is_used():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "veille").rglob("*.py") if path.name != "settings.py")
    code += (ROOT / "veille" / "settings.py").read_text(encoding="utf-8").split("class Settings")[1]
    for row in SETTINGS:
        assert re.search(rf"(settings|self)\.{row.name}\b", code), row.name


def test_every_module_is_short():
    for path in (ROOT / "veille").rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_version_and_help_as_options(veille):
    assert veille("--version").out == veille("version").out
    assert veille("--version").code == 0
    for command in ([], ["search"], ["sources"], ["sources", "list"]):
        assert veille(*command, "-h").out == veille(*command, "--help").out != ""
