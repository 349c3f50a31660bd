"""A working folder prepared."""

from __future__ import annotations

import re
import tomllib

import pytest

from veille.cli.init import configuration
from veille.settings import SETTINGS, load


def test_a_folder_is_prepared(veille, folder):
    outcome = veille("init")
    assert outcome.code == 0
    assert sorted(path.name for path in folder.iterdir() if "-" not in path.name) == ["sources", "veille.db", "veille.toml"]
    assert outcome.out.splitlines()[0] == "wrote veille.toml"
    assert veille("status").code == 0


def test_a_second_time_nothing_is_touched(veille, folder):
    veille("init")
    (folder / "veille.toml").write_text("readers = 3\n", encoding="utf-8")
    outcome = veille("init")
    assert outcome.code == 0
    assert outcome.err == "veille.toml is there already and was left as it is\n"
    assert (folder / "veille.toml").read_text(encoding="utf-8") == "readers = 3\n"


def test_the_database_is_written_down(veille, folder):
    veille("init", "--database", "deep.db")
    assert tomllib.loads((folder / "veille.toml").read_text(encoding="utf-8")) == {"database": "deep.db", "sources": ["sources"]}
    assert (folder / "deep.db").is_file()


def test_every_setting_is_explained_and_its_default_valid(tmp_path):
    text = configuration({})
    assert tomllib.loads(text) == {"sources": ["sources"]}
    uncommented = "\n".join(re.findall(r"^(?:# )?(\w+ = .+)$", text, re.MULTILINE))
    written = tomllib.loads(uncommented)
    assert set(written) == {row.name for row in SETTINGS}
    (tmp_path / "veille.toml").write_text(uncommented, encoding="utf-8")
    defaults = load({"sources": ["sources"]}, environment={}, folder=tmp_path)
    assert load({}, environment={}, folder=tmp_path, config=tmp_path / "veille.toml") == defaults
    assert all(f"# {row.help}\n" in text for row in SETTINGS)


@pytest.mark.parametrize(
    ("database", "message"),
    [("nowhere/press.db", "nowhere"), (".", "database"), ("veille.toml", "veille.toml")],
)
def test_a_database_that_cannot_be_made_is_one_line(veille, folder, database, message):
    outcome = veille("init", "--database", database)
    assert outcome.code in (1, 2)
    assert message in outcome.err
    assert outcome.err.startswith("veille: ")


def test_an_archive_of_pages_is_not_made_before_it_is_needed(veille, folder):
    veille("init")
    assert not (folder / "archive").exists()
    assert "no page was fetched yet" in veille("doctor").out
    assert not list((folder / "sources").iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--database", "nowhere/press.db"],
        ["--database", "veille.toml"],
        ["--database", "mysql://x/y"],
        ["--database", "junk.txt"],
        ["--config", "nowhere/veille.toml"],
        ["--sources", "junk.txt"],
        ["--set", "readers=many"],
    ],
)
def test_nothing_is_written_before_everything_is_checked(veille, folder, arguments):
    (folder / "junk.txt").write_text("no database, whatever its name says; " * 100, encoding="utf-8")
    outcome = veille("init", *arguments)
    assert outcome.code in (1, 2)
    assert outcome.out == ""
    assert outcome.err.startswith("veille: ")
    assert [path.name for path in folder.iterdir()] == ["junk.txt"]


@pytest.mark.parametrize("by_variable", [False, True])
def test_the_configuration_that_is_named_is_the_one_written(veille, folder, monkeypatch, by_variable):
    (folder / "etc").mkdir()
    if by_variable:
        monkeypatch.setenv("VEILLE_CONFIG", "etc/press.toml")
    flags = [] if by_variable else ["--config", "etc/press.toml"]
    outcome = veille("init", *flags)
    assert (outcome.code, outcome.out.splitlines()[0]) == (0, "wrote etc/press.toml")
    assert not (folder / "veille.toml").exists()
    assert (folder / "etc" / "sources").is_dir()
    assert (folder / "veille.db").is_file()
    assert veille("status", *flags).err == ""


def test_flags_mean_the_same_from_a_configuration_elsewhere(veille, folder):
    (folder / "etc").mkdir()
    flags = ["--config", "etc/press.toml"]
    assert veille("init", *flags, "--database", "press.db", "--sources", "papers").code == 0
    assert (folder / "papers").is_dir()
    assert veille("status", *flags).out.rstrip().endswith(str(folder / "press.db"))


def test_the_folder_the_file_names_is_made(veille, folder):
    (folder / "veille.toml").write_text('sources = ["papers"]\n', encoding="utf-8")
    assert veille("init", "--sources", "mine").code == 0
    assert (folder / "papers").is_dir()
    assert (folder / "mine").is_dir()
