"""An address fetched on the spot for `veille read`, with robots.txt obeyed as always."""

from __future__ import annotations

from crawlers.fetch import fetch
from db.errors import Unavailable
from db.readings import PageToRead
from veille.cli.front import Front
from veille.specs import engine_spec


def fetch_page(door: Front, url: str) -> PageToRead:
    """Fetch one page. Raises Unavailable with what went wrong."""
    (fetched,) = fetch([url], engine_spec(door.settings, door.clock.offset))
    if fetched.failure is not None:
        status = f" ({fetched.status})" if fetched.status else ""
        raise Unavailable(f"{url} could not be fetched: {fetched.failure}{status}, {fetched.detail or 'no more is known'}")
    return PageToRead(url=fetched.final_url, body=fetched.body, headers=fetched.headers, fetched_at=fetched.fetched_at)
