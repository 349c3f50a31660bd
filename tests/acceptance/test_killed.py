"""Killing everything at any instant loses no article and stores none twice: the end is, byte for byte, that of an undisturbed run."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from crawlers.demo.server import Newsroom

KILLS = 10
PAPER = "lecourrierdesrives"
COMMANDS = {
    "crawl": ("crawl", PAPER, "assahl", "--quiet"),
    "backfill": ("backfill", PAPER, "--since", "2012-01-01", "--until", "2026-01-01", "--quiet"),
}


def canonical(veille) -> str:
    return veille.run("export", "--canonical")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, newsroom: Newsroom, at_newsroom: Callable) -> dict[str, str]:
    """What each command leaves when nobody disturbs it."""
    left = {}
    for name, words in COMMANDS.items():
        folder = tmp_path_factory.mktemp(name)
        veille = at_newsroom(folder, f"sqlite:///{folder / 'veille.db'}", newsroom)
        veille.run(*words, code=None)
        left[name] = canonical(veille)
        assert left[name].count("\n") > 20
    return left


@pytest.mark.parametrize("name", COMMANDS)
def test_torture_86_kill_at_ten_random_moments(
    name: str,
    dialect: str,
    make_database_url: Callable[..., str],
    newsroom: Newsroom,
    at_newsroom: Callable,
    undisturbed: dict[str, str],
    tmp_path: Path,
):
    veille = at_newsroom(tmp_path, make_database_url(dialect), newsroom)
    moments = random.Random(f"{name} {dialect}")
    kills, latest = 0, 3.0
    while kills < KILLS:
        process = veille.start(*COMMANDS[name])
        try:
            process.communicate(timeout=moments.uniform(0.3, latest))
        except subprocess.TimeoutExpired:
            veille.kill(process)
            kills += 1
        else:
            latest = max(0.6, latest / 2)  # it was quicker than the killer, who now comes earlier
    veille.run(*COMMANDS[name], code=None)
    assert canonical(veille) == undisturbed[name]
    assert "integrity check passed" in veille.run("doctor", code=None)
