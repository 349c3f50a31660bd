"""A capture as an archive replays it, turned back into what its publisher answered: address, instant, headers and body of then. Pure.

RFC 7089 asks every replay (there: memento) for a Memento-Datetime; without it an answer is the archive's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crawlers.captures import Replay
from crawlers.discovery.sitemap import inflated

ORIGINAL = "x-archive-orig-"
"""Before the names of the publisher's headers, where the archive sends its own beside them."""
KEPT = frozenset({"content-type", "memento-datetime"})
"""The archive's own headers that are kept with them; pywb prefixes none and sends all as they were."""
SLACK = timedelta(days=1)
"""The archive's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Memento:
    """What a publisher answered then."""

    original: str
    captured_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    @property
    def named(self) -> Mapping[str, str]:
        """The first header of each name, in lower case."""
        return {name.lower(): value for name, value in reversed(self.headers)}


def memento_of(  # noqa: PLR0917 - the parts of an answer
    asked: Replay, status: int, headers: Sequence[tuple[str, str]], body: bytes, now: datetime, limit: int
) -> Memento | None:
    """The memento that an answer to a replay's address is; None if the archive speaks for itself.

    The instant is that of its Memento-Datetime, else the one the address names. A body that is still gzipped (captures of such
    answers are replayed without the header that says so) is unfolded to `limit` bytes at most.
    """
    stated = next((value for name, value in headers if name.lower() == "memento-datetime"), None)
    then = tuple((name[len(ORIGINAL) :], value) for name, value in headers if name.lower().startswith(ORIGINAL))
    if stated is None and not then:
        return None
    instant = _instant(stated, now) or asked.captured_at
    if instant is None:
        return None
    if then:
        own = {name.lower() for name, _ in then}
        then += tuple((name, value) for name, value in headers if name.lower() in KEPT - own)
    plain = b"".join(inflated(body, limit)) if body.startswith(b"\x1f\x8b") else body
    return Memento(asked.original, instant, status, then or tuple(headers), plain)


def _instant(stated: str | None, now: datetime) -> datetime | None:
    """The instant of a Memento-Datetime header (RFC 7089 §2.1.1); None if it is unusable or lies ahead."""
    try:
        instant = parsedate_to_datetime(stated or "")
    except ValueError:
        return None
    instant = instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    return min(instant, now) if instant <= now + SLACK else None
