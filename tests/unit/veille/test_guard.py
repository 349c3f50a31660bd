"""What is said when another distribution's package hides one of ours."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

import veille
from veille.guard import HOUSES, check_houses

COMMAND = Path(sys.executable).with_name("veille")


def test_our_own_packages_pass():
    check_houses()


@pytest.mark.parametrize("name", HOUSES)
def test_a_strange_package_is_named_with_its_file(monkeypatch, name):
    strange = types.ModuleType(name)
    strange.__file__ = f"/elsewhere/{name}/__init__.py"
    monkeypatch.setitem(sys.modules, name, strange)
    with pytest.raises(ImportError, match=rf"^/elsewhere/{name}/__init__\.py is in the way of veille's own package `{name}`"):
        check_houses()


def test_a_folder_without_code_is_named_too(monkeypatch):
    strange = types.ModuleType("db")
    strange.__file__ = None
    strange.__path__ = ["/elsewhere/db"]
    monkeypatch.setitem(sys.modules, "db", strange)
    with pytest.raises(ImportError, match=r"^/elsewhere/db is in the way"):
        check_houses()


def test_the_python_door_is_guarded(monkeypatch):
    strange = types.ModuleType("db")
    strange.__file__ = "/elsewhere/db/__init__.py"
    monkeypatch.setitem(sys.modules, "db", strange)
    with pytest.raises(ImportError, match="is in the way"):
        _ = veille.Article


@pytest.fixture
def folder_with_a_db(tmp_path: Path) -> Path:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "__init__.py").write_text("", encoding="utf-8")
    return tmp_path


def test_python_m_in_a_folder_with_a_db_of_its_own_says_what_is_in_the_way(folder_with_a_db):
    done = subprocess.run([sys.executable, "-m", "veille", "version"], cwd=folder_with_a_db, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"veille: {folder_with_a_db}/db/__init__.py is in the way of veille's own package `db`")
    assert done.stderr.count("\n") == 1


def test_the_command_works_in_a_folder_with_a_db_of_its_own(folder_with_a_db):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([COMMAND, "sources", "list"], cwd=folder_with_a_db, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "bladi" in done.stdout


def test_a_package_that_cannot_even_be_loaded_is_named(folder_with_a_db):
    (folder_with_a_db / "db" / "__init__.py").write_text("raise RuntimeError('not for you')", encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "veille", "version"], cwd=folder_with_a_db, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is in the way" in done.stderr
    assert "Traceback" not in done.stderr
