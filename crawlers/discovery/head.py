"""What the head of a page states about the page and its site: language, title, meta elements. Links are `crawlers.discovery.listing`'s."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from crawlers.discovery.charset import decoded
from crawlers.discovery.text import plain_title

MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Head:
    """The statements of one page; all empty if there are none."""

    language: str | None = None
    """`lang` of the `html` element, as written."""
    title: str | None = None
    metas: Mapping[str, str] = field(default_factory=dict)
    """Content by name or property in small letters, the first of each name."""


def read_head(body: bytes, content_type: str | None = None) -> Head:
    """Read what a page states. Never raises: bytes that are no HTML state nothing."""
    reader = _Reader()
    with contextlib.suppress(AssertionError, ValueError):  # html.parser gives up on some broken declarations; what stood before them counts
        reader.feed(decoded(body, content_type)[:MAX_CHARACTERS])
    return Head(reader.language, plain_title("".join(reader.title)), reader.metas)


class _Reader(HTMLParser):
    """Collects `html lang`, the first `title` and all `meta` elements, wherever they stand: heads are often closed too early."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.language: str | None = None
        self.title: list[str] = []
        self.metas: dict[str, str] = {}
        self._titles = 0
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element states."""
        values = {name: (value or "").strip() for name, value in attrs}
        if tag == "html":
            self.language = self.language or values.get("lang") or values.get("xml:lang") or None
        elif tag == "title":
            self._titles += 1
            self._open = self._titles == 1
        elif tag == "meta":
            name = (values.get("name") or values.get("property") or values.get("http-equiv") or "").lower()
            content = plain_title(values.get("content"))
            if name and content:
                self.metas.setdefault(name, content)

    def handle_endtag(self, tag: str) -> None:
        """A title ends with its element."""
        if tag == "title":
            self._open = False

    def handle_data(self, data: str) -> None:
        """Text counts inside the first title only: pictures in SVG have titles of their own."""
        if self._open:
            self.title.append(data)
