"""One-off fetches, outside any run: in a child process with the engine's own settings, robots.txt obeyed, nothing stored."""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawlers.child import Child
from crawlers.spec import EngineSpec
from db.errors import Unavailable
from db.vocabulary import FailureClass

SECONDS_EACH = 200.0
"""What one address may take with robots.txt and redirects, before the process is given up."""
LISTEN_SECONDS = 0.05
"""How often the process is listened to."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one address. With a `failure` there may still be an error answer's status and body."""

    url: str
    """As asked for."""
    final_url: str
    """After redirects."""
    fetched_at: datetime
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    failure: FailureClass | None = None
    detail: str = ""
    """For a person, where there is a failure."""

    def to_line(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {
                "url": self.url,
                "final_url": self.final_url,
                "fetched_at": self.fetched_at.isoformat(),
                "status": self.status,
                "headers": self.headers,
                "body": base64.b64encode(self.body).decode("ascii"),
                "failure": self.failure,
                "detail": self.detail,
            }
        )

    @classmethod
    def from_line(cls, line: str) -> Fetched:
        """The value that a line holds."""
        said = json.loads(line)
        return cls(
            url=said["url"],
            final_url=said["final_url"],
            fetched_at=datetime.fromisoformat(said["fetched_at"]),
            status=said["status"],
            headers=tuple((name, value) for name, value in said["headers"]),
            body=base64.b64decode(said["body"]),
            failure=FailureClass(said["failure"]) if said["failure"] else None,
            detail=said["detail"],
        )


def fetch(urls: Sequence[str], spec: EngineSpec) -> list[Fetched]:
    """Fetch each address and follow its redirects; the results are in the order of `urls`.

    Of `spec` only what concerns the network counts. Raises Unavailable if the fetching process dies.
    """
    return errand("crawlers.fetch_job:run", urls, spec)


def fetch_rules(urls: Sequence[str], spec: EngineSpec) -> list[Fetched]:
    """Fetch the robots.txt of each address as a crawl would, each once; the results are in the order of `urls`.

    `final_url` is where it was asked for, `body` its text as UTF-8, empty where there are no rules; with a `failure` nothing may be
    fetched there. Raises Unavailable if the fetching process dies.
    """
    return errand("crawlers.fetch_job:run_rules", urls, spec)


def errand(work: str, urls: Sequence[str], spec: EngineSpec, *more: Any, hear: Callable[[str], None] | None = None) -> list[Fetched]:
    """Have a process of its own do the work, which is told `more` too and says a line for each address.

    With `hear`, which is told what else it says, it may take as long as it takes. Raises Unavailable if it dies.
    """
    if not urls:
        return []
    environment = {"SSL_CERT_FILE": str(spec.ca_file)} if spec.ca_file else {}
    child = Child(work, list(urls), spec, *more, log_file=spec.log_file, environment=environment)
    found: dict[str, Fetched] = {}
    ends = math.inf if hear else time.monotonic() + SECONDS_EACH * len(urls)
    child.start()
    try:
        while not child.finished and time.monotonic() < ends:
            for line in child.lines():
                if line.startswith("{"):
                    result = Fetched.from_line(line)
                    found[result.url] = result
                elif hear:
                    hear(line)
            time.sleep(LISTEN_SECONDS)
    finally:
        child.kill()
    missing = [url for url in urls if url not in found]
    if missing:
        raise Unavailable(f"the fetching process ended with exit code {child.exit_code} before it had fetched {missing[0]}")
    return [found[url] for url in urls]
