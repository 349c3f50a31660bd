"""The demo newspapers in a process of their own, with their log, for the benchmarks. Their clock stands still."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from loopback import answer_lines
from protego import Protego

from crawlers.demo.server import LoggedRequest, Newsroom
from crawlers.spec import PRODUCT

KINDS = (("robots", r"/robots\.txt$"), ("feed", r"rss|feed|backend|atom"), ("sitemap", r"sitemap"), ("article", r"\d{2,}|\.html$"))
"""The first pattern found in a path tells its kind, well enough for a table; what is left is a listing."""


def main() -> None:
    """Serve until standard input ends."""
    with Newsroom() as newsroom:
        rules = {paper.host: Protego.parse(paper.robots()) for paper in newsroom.papers}

        def entry(request: LoggedRequest) -> list[object]:
            url = f"http{'s' if request.tls else ''}://{request.host}{request.path}"
            allowed = request.path == "/robots.txt" or (request.host in rules and rules[request.host].can_fetch(url, PRODUCT))
            kind = kind_of(request.path)
            return [request.at, request.at, request.host, request.path, kind, request.status, request.conditional, allowed]

        answers: dict[str, Callable[[str], object]] = {
            "log": lambda start: [entry(request) for request in newsroom.log[int(start) :]],
            "count": lambda _: len(newsroom.log),
        }
        answer_lines(told(newsroom), answers)


def told(newsroom: Newsroom) -> dict[str, object]:
    """What a benchmark needs to point the command at them."""
    return {
        "resolve": newsroom.resolve,
        "ca_file": str(newsroom.ca_file),
        "sources": str(newsroom.sources_folder),
        "names": sorted(path.stem for path in Path(newsroom.sources_folder).glob("*.toml")),
        "now": newsroom.clock.now().isoformat(),
    }


def kind_of(path: str) -> str:
    """What a newspaper's path leads to."""
    return next((kind for kind, pattern in KINDS if re.search(pattern, path)), "listing")


if __name__ == "__main__":
    main()
