"""What a stranger gets: a lock that matches pyproject.toml, a wheel with everything in it, a README that fits a screenful or three."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = {
    canonicalize_name(match["name"]): match["version"]
    for match in re.finditer(r"^(?P<name>[\w.-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", LOCK, re.MULTILINE)
}

INSTALLED = {canonicalize_name(found.metadata["Name"]) for found in distributions()}


def declared() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"]
    return [
        Requirement(line) for line in [*PROJECT["dependencies"], *extras["postgres"], *extras["fast"], *extras["alerts"], *extras["dev"]]
    ]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_every_declared_dependency_is_locked_to_a_version_it_allows(requirement: Requirement):
    if requirement.name == "veille":
        return
    pinned = PINS.get(canonicalize_name(requirement.name))
    assert pinned, f"{requirement.name} is not in requirements.lock: run `make lock`"
    assert requirement.specifier.contains(pinned, prereleases=True), f"{pinned} is locked: run `make lock`"


def test_every_pin_carries_hashes_and_no_index_is_named():
    blocks = re.split(r"^(?=[\w.-]+(?:\[[^\]]*\])?==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) >= len(PINS)
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "index-url" not in LOCK
    assert "://" not in LOCK


def extras_asked_for() -> set[tuple[str, str]]:
    """Which extras the locked packages ask of each other, as (package, extra)."""
    return {
        (canonicalize_name(wanted.name), canonicalize_name(extra))
        for package in PINS.keys() & INSTALLED
        for wanted in map(Requirement, distribution(package).requires or [])
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        for extra in wanted.extras
    }


def test_extras_that_locked_packages_ask_of_each_other_are_pinned_too():
    """pip takes `coverage[toml]` for unpinned where the lock says only `coverage==…`, once a newer coverage is out."""
    pinned = {
        (canonicalize_name(name), canonicalize_name(extra))
        for name, extras in re.findall(r"^([\w.-]+)\[([^\]]*)\]==", LOCK, re.MULTILINE)
        for extra in extras.split(",")
    }
    assert ("coverage", "toml") in extras_asked_for()
    assert extras_asked_for() - pinned == set()


def test_the_extras_that_are_promised_exist():
    assert {"postgres", "web", "frames", "cluster", "browser", "alerts", "dev"} <= PROJECT["optional-dependencies"].keys()


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return set(zipfile.ZipFile(next(folder.glob("*.whl"))).namelist())


def test_the_wheel_carries_code_sources_migrations_and_data(wheel: set[str]):
    kept = {".py", ".toml", ".txt", ".json", ".html", ".mako"}
    expected = {
        str(path.relative_to(ROOT))
        for package in ("db", "crawlers", "pipeline", "veille")
        for path in (ROOT / package).rglob("*")
        if path.suffix in kept and "__pycache__" not in path.parts
    }
    assert expected - wheel == set()
    assert any(name.startswith("crawlers/sources/") for name in wheel)
    assert any(name.startswith("db/migrations/versions/") for name in wheel)


def test_the_wheel_carries_nothing_else(wheel: set[str]):
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == {"db", "crawlers", "pipeline", "veille"}
