"""Whether two addresses are one, and what a usable address is: pure functions on text, standard library only.

Which letters of a text count as the same is `db.folding`'s business; its two public functions are offered here as well.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from db import url_noise as noise
from db.folding import fold, text_digest

__all__ = ["clean_url", "fold", "host_of", "is_home", "site_of", "text_digest", "url_key"]

MAX_LENGTH = 2_048
"""Characters of a fetchable address and of a key; an index row of PostgreSQL holds no more than 2,704 bytes."""

UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
PATH_PLAIN = UNRESERVED | frozenset("!$&'()*+,;=:@/")
QUERY_PLAIN = UNRESERVED | frozenset("!$'()*,;:@/?")
QUERY_KEPT = QUERY_PLAIN | frozenset("&=+")
DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPES = re.compile(r"((?:%[89A-Fa-f][0-9A-Fa-f]|[^\x00-\x7f])+)|%([0-7][0-9A-Fa-f])|(%)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


class _Parts(NamedTuple):
    scheme: str
    host: str
    port: int | None
    """None where it is the scheme's own."""
    path: str
    query: str


def url_key(url: str) -> str:
    """Return the identity of an address: the same for every spelling of it, itself an `http:` address and its own key.

    Folded: scheme, `www.` and mobile hosts, default ports, fragment, tracking and session parameters, AMP and print views,
    percent-encoding (RFC 3986, 6.2.2), Unicode form, punycode, parameter order, dot segments, repeated and final slashes.
    Kept apart: every other parameter and every other port. Raises ValueError for what is not an http(s) address, carries
    user-info, or is longer than 2,048 characters even when folded.
    """
    parts = _split(url)
    query = _query_key(parts.query)
    port = "" if parts.port in {None, 80, 443} else f":{parts.port}"
    key = f"http://{_plain_host(parts.host)}{port}{_path_key(parts.path, plain=not query)}"
    key = f"{key}?{query}" if query else key
    if len(key) > MAX_LENGTH:
        message = f"an address of {len(key):,} characters"
        raise ValueError(message)
    return key


def host_of(url: str) -> str:
    """Return the host that will be asked: lower case, punycode, `:port` if it is not the scheme's own. ValueError as `url_key`."""
    return _authority(_split(url))


def site_of(url: str) -> str:
    """Return the host without `www.` and without port: what two addresses of one site share. ValueError as `url_key`."""
    return _split(url).host.removeprefix("www.")


def is_home(url: str) -> bool:
    """Tell whether an address is the front page of its host. ValueError as `url_key`."""
    return urlsplit(url_key(url))[2:4] == ("/", "")


def clean_url(url: str) -> str | None:
    """Return the address as it is fetched: ASCII, without fragment and surrounding space; None if it cannot or may not be fetched.

    Refused: anything but http(s), user-info, backslashes before the query, control characters, over 2,048 characters.
    """
    try:
        parts = _split(url)
    except ValueError:
        return None
    path = _without_dots(_escaped(parts.path, PATH_PLAIN))
    query = _escaped(parts.query, QUERY_KEPT)
    cleaned = f"{parts.scheme}://{_authority(parts)}{path}" + (f"?{query}" if query else "")
    return cleaned if len(cleaned) <= MAX_LENGTH else None


# ---------------------------------------------------------------- taking apart


def _split(url: str) -> _Parts:
    """Split an address the way browsers and servers agree on; refuse what they read differently."""
    text = re.sub(r"[\t\r\n]", "", url.strip("\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x1b \xa0\u200b\ufeff"))
    if len(text) > 10 * MAX_LENGTH or _CONTROLS.search(text):
        raise ValueError("an address with control characters, or far too long")
    if "\\" in text.partition("?")[0].partition("#")[0]:
        raise ValueError("a backslash before the query: browsers and servers read it differently")
    split = urlsplit(text)
    scheme = split.scheme.lower()
    if scheme not in DEFAULT_PORTS or not split.netloc:
        raise ValueError("not an absolute http or https address")
    if "@" in split.netloc:
        raise ValueError("user-info in an address")
    port = None if split.port in {None, DEFAULT_PORTS[scheme]} else split.port
    return _Parts(scheme, _host(split.hostname or ""), port, split.path or "/", split.query)


def _host(name: str) -> str:
    if ":" in name:
        return f"[{IPv6Address(name).compressed}]" if "%" not in name else _refuse_host(name)
    if not name.isascii():
        if len(name) > 255:  # nameprep takes quadratic time
            _refuse_host(name)
        labels = re.split(r"[.。．｡]", unicodedata.normalize("NFC", name))
        name = ".".join(label.encode("idna").decode() for label in labels)
    name = name.lower().removesuffix(".")
    return name if len(name) <= 253 and _HOST.fullmatch(name) else _refuse_host(name)


def _refuse_host(name: str) -> str:
    message = f"not a host name: {name[:80]!r}"
    raise ValueError(message)


def _authority(parts: _Parts) -> str:
    return parts.host if parts.port is None else f"{parts.host}:{parts.port}"


def _escaped(text: str, plain: frozenset[str]) -> str:
    """Percent-encode what may not stand in an address; escapes that are there stay as they are."""
    kept = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return "".join(c if c in plain or c == "%" else "".join(f"%{byte:02X}" for byte in c.encode()) for c in kept)


def _without_dots(path: str) -> str:
    """Remove dot segments (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    *folders, last = path.split("/")[1:]
    for segment in folders:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if last == "..":
        del kept[-1:]
    return "/" + "".join(f"{segment}/" for segment in kept) + ("" if last in {".", ".."} else last)


# ---------------------------------------------------------------- folding


def _plain_host(host: str) -> str:
    while True:
        prefix = next((p for p in noise.VIEW_HOSTS if host.startswith(p)), "")
        if not prefix or "." not in host[len(prefix) :]:  # amp.dev and m.com are names of their own
            return host
        host = host[len(prefix) :]


def _path_key(path: str, *, plain: bool) -> str:
    """Fold a path until nothing more folds. `plain`: no parameters are left, so that an index page is its folder."""
    folded, before = _normal(path, PATH_PLAIN), ""
    while folded != before:
        before = folded
        folded = re.sub(r"/{2,}", "/", _without_dots(noise.SESSION_IN_PATH.sub("", folded)))
        folded = folded.rstrip("/")
        cut = noise.VIEW_PREFIX.sub("", noise.VIEW_INFIX.sub("", noise.VIEW_SUFFIX.sub("", folded)))
        folded = cut or folded
        if plain:
            folded = noise.INDEX_PAGE.sub("", folded)
    return folded or "/"


def _query_key(query: str) -> str:
    pairs = {pair for part in query.split("&") if part and (pair := _pair(part)) and not _is_noise(*pair)}
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs))


def _pair(part: str) -> tuple[str, str] | None:
    """Return name and value in normal form. `+` is a space in a query (HTML, form encoding); `amp;` a doubly escaped `&`."""
    name, _, value = part.replace("+", "%20").partition("=")
    name = _normal(name, QUERY_PLAIN)
    while name.startswith("amp;"):
        name = name.removeprefix("amp;")
    value = _normal(value, QUERY_PLAIN)
    return (name, value) if name or value else None


def _is_noise(name: str, value: str) -> bool:
    name, value = name.lower(), value.lower()
    if name in noise.TRACKING or name in noise.SESSIONS or name in noise.VIEW_NAMES or name.startswith(noise.TRACKING_PREFIXES):
        return True
    if (name, value) in noise.VIEW_VALUES:
        return True
    if name in {"sid", "_"}:  # a visit or a cache breaker, unless it is a short number
        return not value.isdigit() or len(value) > 9
    return name in noise.REFERRER_NAMES and value in noise.REFERRER_VALUES


def _normal(text: str, plain: frozenset[str]) -> str:
    """Return the one spelling of a path, name or value: NFC, escapes only where needed, in upper case.

    Bytes that are not UTF-8 stay escaped as they are.
    """
    if plain.issuperset(text):
        return text
    decoded = unicodedata.normalize("NFC", _ESCAPES.sub(lambda match: _decoded(match, plain), text))
    return "".join(character if character in plain else _spelled(character) for character in decoded)


def _decoded(match: re.Match[str], plain: frozenset[str]) -> str:
    if match[1]:
        return unquote_to_bytes(match[1]).decode("utf-8", "surrogateescape")
    if match[3]:
        return "%25"
    character = chr(int(match[2], 16))
    return character if character in plain and character != "/" else f"%{match[2].upper()}"


@lru_cache(maxsize=1024)
def _spelled(character: str) -> str:
    if character == "%":
        return character
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
