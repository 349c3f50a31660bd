"""The wheel alone: installed into an environment of its own, run from a folder that has a `db` of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
PACKAGES = ("veille", "pipeline", "crawlers", "db")


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, and borrows the locked libraries from the one the tests run in."""

    folder: Path
    working: Path

    def run(self, *words: str, program: str = "python") -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("VEILLE_", "PYTHON", "VIRTUAL_ENV"))}
        command = [str(self.folder / "bin" / program), *words]
        return subprocess.run(command, cwd=self.working, env=environment, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    install = [
        str(UV),
        "pip",
        "install",
        "--offline",
        "--no-deps",
        "--no-config",
        "--python",
        str(environment / "bin" / "python"),
        str(wheel),
    ]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)
    # A folder named in a .pth file is searched, but .pth files inside it are not followed: so the libraries are there, the checkout is not.
    library = Path(sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)}))
    (library / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    working = folder / "elsewhere"
    (working / "db").mkdir(parents=True)
    (working / "db" / "__init__.py").write_text('OF = "somebody else"\n')
    return Installed(environment, working)


def test_every_package_comes_from_the_wheel(installed: Installed):
    code = f"import importlib, json; print(json.dumps([importlib.import_module(name).__file__ for name in {PACKAGES}]))"
    found = installed.run("-P", "-c", code)
    assert found.returncode == 0, found.stderr
    assert all(Path(file).is_relative_to(installed.folder) for file in json.loads(found.stdout)), found.stdout
    assert str(ROOT) not in installed.run("-P", "-c", "import sys; print(sys.path)").stdout.replace(sysconfig.get_path("purelib"), "")


def test_the_demonstration_finds_every_article_and_reads_it_right_where_a_strange_db_lies(installed: Installed):
    done = installed.run("demo", "--score", "--json", program="veille")
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    score = outcome["score"]
    assert outcome["passed"] is True
    assert (score["missing"], score["doubled"], score["strangers"]) == ([], [], [])
    assert score["stored"] >= score["expected"] > 300, "what vanished since is kept"
    assert score["body_f1"] >= 0.97
    assert (score["days"], score["languages"]) == (1.0, 1.0)
    assert outcome["found"] > 0
    assert sorted(path.name for path in installed.working.iterdir()) == ["db"], "nothing is left behind"


@pytest.mark.parametrize("words", [("--help",), ("version",), ("sources", "list"), ("init",)])
def test_commands_need_nothing_of_the_checkout(installed: Installed, words: tuple[str, ...]):
    done = installed.run(*words, program="veille")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    for name in ("veille.toml", "veille.db"):
        (installed.working / name).unlink(missing_ok=True)
    if words == ("version",):
        assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"] in done.stdout


def test_python_m_puts_the_working_folder_first_and_says_what_is_in_the_way(installed: Installed):
    """`python -m` looks in the working folder before anything else; the strange package is told of, not stumbled over."""
    done = installed.run("-m", "veille", "demo", "--json")
    assert done.returncode in {1, 2}
    assert str(installed.working / "db") in done.stderr
    assert "Traceback" not in done.stderr
    safely = installed.run("-P", "-m", "veille", "--help")
    assert safely.returncode == 0, safely.stderr
