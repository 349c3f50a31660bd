"""What a newspaper answers to a request, and how answers of each kind are made: pages, feeds, redirects, files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers; validators are None where the server gives none."""

    status: int
    body: bytes = field(repr=False)
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()
    etag: str | None = None
    last_modified: datetime | None = None


def page(
    html: str,
    modified: datetime | None = None,
    *,
    status: int = 200,
    encoding: str = "utf-8",
    declared: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """Return an HTML answer. `declared` is the charset the header claims."""
    return Answer(
        status=status,
        body=html.encode(encoding, errors="xmlcharrefreplace"),
        content_type=f"{HTML}; charset={declared or encoding}",
        headers=headers,
        etag=f'"{digest(html.encode())}"' if status == 200 else None,
        last_modified=modified if status == 200 else None,
    )


def document(body: str, content_type: str, modified: datetime | None) -> Answer:
    """Return a feed, sitemap or text file in UTF-8."""
    raw = body.encode()
    return Answer(200, raw, content_type, etag=f'"{digest(raw)}"', last_modified=modified)


def file(body: bytes, content_type: str, modified: datetime) -> Answer:
    """Return a file that never changes."""
    return Answer(200, body, content_type, etag=f'"{digest(body)}"', last_modified=modified)


def redirect(url: str, status: int = 301) -> Answer:
    """Return a redirect with a short HTML body, as servers send it."""
    body = f'<html><head><title>Moved</title></head><body><a href="{url}">{url}</a></body></html>'
    return Answer(status, body.encode(), f"{HTML}; charset=utf-8", headers=(("Location", url),))


def digest(body: bytes) -> str:
    """Return 20 hexadecimal digits that change with the body."""
    return hashlib.sha256(body).hexdigest()[:20]
