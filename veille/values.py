"""How a written value (a TOML value, or the text of a variable or flag) becomes the value of a setting; knows no setting by name.

Every parser takes the raw value and the folder relative paths start from, and raises `BadValue` with the end of a
sentence: "is not a whole number; write for example 4".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

Parser = Callable[[Any, Path], Any]


class BadValue(ValueError):
    """A written value cannot be used; the message is the end of a sentence that begins with the value."""


_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_SCHEME = re.compile(r"[a-z][a-z0-9+]*(?=://)", re.IGNORECASE)
_HOST = re.compile(r"[^\s:/=,]+(:\d{1,5})?")
_ALERT = re.compile(r"[a-z][a-z0-9]*://\S+", re.IGNORECASE)
_ALERTS_BETWEEN = re.compile(r"[\s,]+(?=[a-z][a-z0-9]*://)", re.IGNORECASE)
"""What parts addresses in one text; a comma inside of one stays."""
_TARGET = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/=,]+)(:\d{1,5})?")


def text(raw: Any, base: Path) -> str:
    """Any string, without surrounding white space."""
    del base
    if not isinstance(raw, str):
        raise BadValue("is not a text; put it in quotes")
    return raw.strip()


def flag(raw: Any, base: Path) -> bool:
    """true/false, as TOML has it or in the words of environment variables."""
    word = str(raw).lower() if isinstance(raw, bool) else text(raw, base).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValue("is neither true nor false; write true or false")


def whole(minimum: int) -> Parser:
    """Whole numbers from `minimum` up."""

    def parse(raw: Any, base: Path) -> int:
        del base
        remedy = f"write a whole number from {minimum} up"
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            raise BadValue(f"is not a whole number; {remedy}")
        try:
            value = int(raw)
        except ValueError:
            raise BadValue(f"is not a whole number; {remedy}") from None
        if value < minimum:
            raise BadValue(f"is too small; {remedy}")
        return value

    return parse


def number(minimum: float) -> Parser:
    """Finite numbers from `minimum` up, with or without a fraction."""

    def parse(raw: Any, base: Path) -> float:
        del base
        remedy = f"write a number from {minimum:g} up"
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise BadValue(f"is not a number; {remedy}")
        try:
            value = float(raw)
        except ValueError:
            raise BadValue(f"is not a number; {remedy}") from None
        if not minimum <= value < float("inf"):
            raise BadValue(f"is out of range; {remedy}")
        return value

    return parse


def one_of(*words: str) -> Parser:
    """One word of a closed list, upper or lower case."""

    def parse(raw: Any, base: Path) -> str:
        word = text(raw, base).lower()
        if word not in words:
            raise BadValue(f"is not known; write one of {', '.join(words)}")
        return word

    return parse


def optional(parse: Parser) -> Parser:
    """An empty text means "not set" (None); anything else goes to `parse`."""

    def parse_or_none(raw: Any, base: Path) -> Any:
        return None if raw is None or raw == "" else parse(raw, base)

    return parse_or_none


def folder(raw: Any, base: Path) -> Path:
    """A path, `~` expanded, relative ones taken from `base`; it need not exist yet."""
    written = text(raw, base)
    if not written or "\0" in written:
        raise BadValue("is not a path; write the path of a folder")
    return (base / Path(written).expanduser()).absolute()


def existing_file(raw: Any, base: Path) -> Path:
    """A path of a file that can be read now."""
    path = folder(raw, base)
    if not path.is_file():
        raise BadValue("is not a file that exists; check the path")
    return path


def folders(raw: Any, base: Path) -> tuple[Path, ...]:
    """A TOML array of paths, or one text with the paths separated by `:`."""
    written = raw.split(":") if isinstance(raw, str) else raw
    if not isinstance(written, list | tuple):
        raise BadValue('is not a list of folders; write ["one", "two"], or one:two in a variable')
    return tuple(folder(item, base) for item in written if item != "")


def database(raw: Any, base: Path) -> str:
    """A database URL. SQLite paths (bare, or in the URL) become absolute, so that child processes mean the same file."""
    written = text(raw, base)
    scheme = _SCHEME.match(written)
    if scheme is None:
        return f"sqlite:///{folder(written, base)}"
    kind = scheme.group().lower()
    if kind == "sqlite":
        path = written.removeprefix(f"{scheme.group()}:///")
        if path in {"", written, ":memory:"}:
            raise BadValue("names no file; write sqlite:///veille.db, or a path")
        return f"sqlite:///{folder(path, base)}"
    if kind.split("+")[0] in {"postgresql", "postgres"}:
        return written
    raise BadValue("is no database we know; write a file name, or postgresql://user@host/name")


def host_map(raw: Any, base: Path) -> Mapping[str, str]:
    """A TOML table `host = "ip:port"`, or a text `host=ip:port,host:443=ip:port`."""
    if isinstance(raw, str):
        raw = dict(_pair(part) for part in raw.split(",") if part.strip())
    if not isinstance(raw, Mapping):
        raise BadValue("is not a table of hosts; write host=127.0.0.1:8000")
    for host, target in raw.items():
        if not _HOST.fullmatch(host) or not _TARGET.fullmatch(text(target, base)):
            raise BadValue(f"has an entry {host}={target} that is not host=address:port")
    return MappingProxyType({host.lower(): target.strip() for host, target in raw.items()})


def networks(raw: Any, base: Path) -> tuple[str, ...]:
    """A TOML array of networks, or one text with the networks separated by commas; each as `ipaddress` writes it."""
    del base
    written = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(written, list | tuple):
        raise BadValue('is not a list of networks; write ["10.1.0.0/16"], or 10.1.0.0/16,fd00::/8 in a variable')
    try:
        return tuple(str(ip_network(str(item).strip(), strict=False)) for item in written if item != "")
    except ValueError as error:
        raise BadValue(f"holds what is no network ({error}); write 10.1.0.0/16, 127.0.0.1 or fd00::/8") from None


def targets(raw: Any, base: Path) -> tuple[str, ...]:
    """A TOML array of Apprise addresses, or one text with commas or spaces between them. No message repeats one: they hold passwords."""
    del base
    written = _ALERTS_BETWEEN.split(raw.strip().strip(",")) if isinstance(raw, str) else raw
    if not isinstance(written, list | tuple) or not all(isinstance(item, str) for item in written):
        raise BadValue('is not a list of addresses; write ["mailtos://…", "slack://…"], or one after the other in a variable')
    found = tuple(item.strip() for item in written if item.strip())
    for place, item in enumerate(found, 1):
        if not _ALERT.fullmatch(item):
            raise BadValue(f"holds an address (number {place}) that is none; write them as Apprise does: scheme://…")
    return found


def proxy(raw: Any, base: Path) -> str:
    """The address of an HTTP proxy, with or without user and password; empty for none."""
    written = text(raw, base)
    try:
        parts = urlsplit(written)
        usable = parts.scheme == "http" and parts.hostname and parts.port != 0 and (parts.path or "/", parts.query) == ("/", "")
    except ValueError:  # brackets that do not match, a port that is no number
        usable = False
    if written and not usable:
        raise BadValue("is no HTTP proxy; write http://proxy.example.org:3128")
    return written


def web_archive(raw: Any, base: Path) -> str:
    """The base of a Wayback Machine or of a pywb's collection, without a slash at its end."""
    written = text(raw, base)
    try:
        parts = urlsplit(written)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not (parts.username or parts.query)
    except ValueError:
        usable = False
    if not usable:
        raise BadValue("is no web archive; write https://web.archive.org, or https://archive.example.org/collection")
    return written.partition("#")[0].rstrip("/")


def _pair(part: str) -> tuple[str, str]:
    host, equals, target = part.partition("=")
    if not equals:
        raise BadValue(f"has an entry {part.strip()!r} without =; write host=127.0.0.1:8000")
    return host.strip(), target.strip()


def instant(raw: Any, base: Path) -> datetime:
    """An ISO 8601 instant; without an offset it is taken as UTC."""
    try:
        value = raw if isinstance(raw, datetime) else datetime.fromisoformat(text(raw, base))
    except ValueError:
        raise BadValue("is not an instant; write for example 2026-02-15T08:00:00Z") from None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
