"""WARC files behind an address: fetched whole into a folder, resumed where a fetch broke off, each by one process at a time.

An operator names such a file himself, so robots.txt is not asked; which addresses may be connected to is decided as everywhere
(`crawlers.networks`), for each redirect anew. Bodies of many gigabytes go to the disk as they come, which Scrapy does not do.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import re
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import unquote, urljoin, urlsplit

from crawlers.networks import Network, literal, parse_networks, refusal
from crawlers.spec import EngineSpec
from db.errors import ArchiveError, Unavailable

FOLDER: Final = "warc-spool"
"""Beside the archive's own files, in its folder."""
CHUNK: Final = 1 << 18
HOPS: Final = 5
TRIES: Final = 5
PAUSE: Final = 2.0
"""Seconds before a broken fetch is taken up; twice as many each time."""
TELL_SECONDS: Final = 0.5
RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+)")

Progress = Callable[[int, int], None]
"""Told the bytes that have been loaded and those of the whole file, now and then."""


def is_address(file: str) -> bool:
    """Whether a file is named by an address instead of a path."""
    return file.lower().startswith(("http://", "https://"))


def spool_path(url: str, archive: Path) -> Path:
    """Where the file behind an address is kept: under its own name, told apart by its whole address."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", unquote(url.partition("?")[0].rpartition("/")[2]))[-100:] or "file.warc"
    return archive.resolve() / FOLDER / f"{hashlib.sha256(url.encode()).hexdigest()[:12]}-{name}"


def size_of(url: str, spec: EngineSpec) -> int:
    """Bytes of the file behind an address, asked of its server. Raises Unavailable, and ArchiveError if there is no such file."""
    try:
        with _Answer.of(url, spec, 0) as answer:
            return answer.total
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{url} cannot be asked for its size: {error}; check the address and the network") from error


def spooled(url: str, spec: EngineSpec, progress: Progress = lambda _got, _of: None) -> Path:
    """Return the path of the file behind an address, fetched if it is not there yet. Raises Unavailable or ArchiveError.

    Whoever comes while another process fetches it waits for that.
    """
    path = spool_path(url, spec.archive)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():  # somebody else was faster
            part.unlink(missing_ok=True)
            return path
        for attempt in range(TRIES):
            try:
                _fetch(url, spec, file.fileno(), progress)
                break
            except (OSError, http.client.HTTPException) as error:
                if attempt == TRIES - 1:
                    raise Unavailable(f"{url} cannot be fetched: {error}; what has come is kept, and gone on with next time") from error
                time.sleep(PAUSE * 2**attempt)
        os.fsync(file.fileno())
        part.replace(path)
    return path


def _fetch(url: str, spec: EngineSpec, file: int, progress: Progress) -> None:
    """Bring the file to its end, from where it stands. Raises OSError or HTTPException where the connection breaks."""
    got = os.fstat(file).st_size
    with _Answer.of(url, spec, got) as answer:
        if answer.start != got:
            os.ftruncate(file, got := 0)
        told = 0.0
        while got < answer.total:
            chunk = answer.response.read(min(CHUNK, answer.total - got))
            if not chunk:
                raise OSError(f"the connection ended after {got:,} of {answer.total:,} bytes")
            os.write(file, chunk)
            got += len(chunk)
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                progress(got, answer.total)
        progress(got, answer.total)


@dataclass(slots=True)
class _Answer:
    """A server's answer whose body is the file from `start` on."""

    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse
    start: int
    total: int

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    @classmethod
    def of(cls, url: str, spec: EngineSpec, start: int) -> _Answer:
        """Ask for the file from `start` on, and follow redirects. Raises ArchiveError for a final no, OSError for what may pass."""
        asked = url
        for _ in range(HOPS):
            connection = _connection(asked, spec)
            response = _asked(connection, asked, spec, start)
            if response.status in {301, 302, 303, 307, 308} and response.headers.get("Location"):
                connection.close()
                asked = urljoin(asked, response.headers["Location"])
                continue
            try:
                return _understood(cls, url, connection, response, start)
            except BaseException:  # whatever it was, no connection stays open behind it
                connection.close()
                raise
        raise ArchiveError(f"{url} cannot be fetched: more than {HOPS} redirects")


def _understood(
    kind: type[_Answer], url: str, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, start: int
) -> _Answer:
    stated = response.headers.get("Content-Range", "")
    if response.status == 206 and (found := RANGE.match(stated)) and int(found[1]) == start:
        return kind(connection, response, start, int(found[2]))
    if response.status == 416 and stated == f"bytes */{start}":  # all of it is here
        return kind(connection, response, start, start)
    if response.status == 200:
        if response.length is None:
            raise ArchiveError(f"{url} cannot be fetched: its server does not say how large it is")
        return kind(connection, response, 0, response.length)
    if response.status in {408, 429} or response.status >= 500:
        raise OSError(f"its server answers {response.status} {response.reason}")
    raise ArchiveError(f"{url} cannot be fetched: its server answers {response.status} {response.reason}")


def _asked(connection: http.client.HTTPConnection, url: str, spec: EngineSpec, start: int) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": spec.agent, "Accept-Encoding": "identity", "Range": f"bytes={start}-"}
    if spec.proxy and parts.scheme == "http":
        target = url
        headers |= _proxy_rights(spec.proxy)
    connection.request("GET", target, headers=headers)
    return connection.getresponse()


def _connection(url: str, spec: EngineSpec) -> http.client.HTTPConnection:
    """A connection to where an address leads, if it may be connected to; through the proxy if there is one."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ArchiveError(f"{url}: only http and https are fetched")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise ArchiveError(f"{url}: {error}") from error
    allowed = parse_networks(spec.allow_networks)
    context = ssl.create_default_context(cafile=str(spec.ca_file) if spec.ca_file else None) if parts.scheme == "https" else None
    if spec.proxy:
        return _through_proxy(parts.hostname, port, spec, allowed, context)
    where = _mapped(spec, parts.hostname, port) or _admitted(parts.hostname, port, allowed, spec.timeout)
    return _Secure(parts.hostname, port, where, spec.timeout, context) if context else _Plain(parts.hostname, port, where, spec.timeout)


def _through_proxy(
    host: str, port: int, spec: EngineSpec, allowed: tuple[Network, ...], context: ssl.SSLContext | None
) -> http.client.HTTPConnection:
    """The proxy resolves names itself, so that only an address in numbers can be judged here."""
    address = literal(host)
    words = refusal(address, allowed) if address is not None else None
    if words:
        raise ArchiveError(f"{host} is {address}, which is {words}: nothing is fetched from there")
    proxy = urlsplit(spec.proxy)
    where = proxy.hostname or "", proxy.port or 80
    if context is None:
        return http.client.HTTPConnection(*where, timeout=spec.timeout)
    secure = http.client.HTTPSConnection(*where, timeout=spec.timeout, context=context)
    secure.set_tunnel(host, port, headers=_proxy_rights(spec.proxy))
    return secure


def _proxy_rights(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Proxy-Authorization": "Basic " + b64encode(pair.encode()).decode()}


def _mapped(spec: EngineSpec, host: str, port: int) -> tuple[str, int] | None:
    """Where the operator's own map leads; that is his word and is not judged."""
    value = spec.resolve.get(f"{host}:{port}") or spec.resolve.get(host)
    if value is None:
        return None
    text, _, number = value.rpartition(":") if "]:" in value or value.count(":") == 1 else (value, "", "")
    return text.strip("[]"), int(number) if number else port


def _admitted(host: str, port: int, allowed: tuple[Network, ...], timeout: float) -> tuple[str, int]:
    """The first address of a name that may be connected to."""
    del timeout  # the system's resolver has its own
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    admitted = [address for address in found if refusal(address.partition("%")[0], allowed) is None and "%" not in address]
    if not admitted:
        words = refusal(found[0].partition("%")[0], allowed) or "link-local"
        raise ArchiveError(f"{host} is {found[0]}, which is {words}: set `allow_networks` if it is meant to be fetched from")
    return admitted[0], port


class _Plain(http.client.HTTPConnection):
    """A connection to an address that was chosen before."""

    def __init__(self, host: str, port: int, where: tuple[str, int], timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._where = where

    def connect(self) -> None:
        """Connect there."""
        self.sock = socket.create_connection(self._where, self.timeout)


class _Secure(http.client.HTTPSConnection):
    """The same with TLS, whose certificate must be that of the name."""

    def __init__(self, host: str, port: int, where: tuple[str, int], timeout: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._where, self._tls = where, context

    def connect(self) -> None:
        """Connect there."""
        self.sock = self._tls.wrap_socket(socket.create_connection(self._where, self.timeout), server_hostname=self.host)
