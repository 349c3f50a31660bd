"""Every command the README shows works as written, with a demo newspaper in the place of a real one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from crawlers.demo.server import Newsroom

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
STANDS_FOR = {
    "bladi": "lecourrierdesrives",
    "https://www.example.org/": "http://lefildumatin.demo.test/",
    "10m": "10s",
    "--since": "--since",
}
COMMANDS = [
    line.removeprefix("$ veille ") for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) for line in block.splitlines()
]


def test_every_command_of_the_readme_works_in_order(tmp_path: Path, newsroom: Newsroom, at_newsroom: Callable):
    veille = at_newsroom(tmp_path, f"sqlite:///{tmp_path / 'veille.db'}", newsroom)
    assert len(COMMANDS) >= 10
    for command in COMMANDS:
        if command == "init":
            continue  # the newsroom's veille.toml stands in for the one that it would write
        veille.run(*(STANDS_FOR.get(word, word) for word in shlex.split(command)))
    assert (tmp_path / "articles.jsonl").read_text(encoding="utf-8").count("\n") > 20


def test_the_python_example_runs(tmp_path: Path, newsroom: Newsroom, at_newsroom: Callable, monkeypatch):
    veille = at_newsroom(tmp_path, f"sqlite:///{tmp_path / 'veille.db'}", newsroom)
    veille.run("crawl", "lecourrierdesrives", "--limit", "3")
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {"html": b"<html><body><h1>Un titre assez long</h1></body></html>"}
    exec(example, names)
    assert names["article"] is not None
