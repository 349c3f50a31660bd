"""Many small invented papers behind one port on loopback, told apart by the Host header, with a log: `press_server.py SITE [options]`.

HTTP is handled here, conditional requests included (RFC 9110, section 13); what stands on the pages is `press_sites`' business. Requests
in absolute form, as a proxy gets them, are answered too, so that a client without a map of hosts can be pointed at it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from archive_site import Archives
from loopback import answer_lines
from press_sites import SITES, Answer, Site

CHANGED = "Mon, 02 Mar 2026 06:00:00 GMT"
HEADER_BYTES = 1 << 16
ALL_SITES: dict[str, Callable[[int, int], Site]] = {**SITES, "archives": Archives}


class PressServer:
    """One site on one port; every request leaves a line in `log`, in the order of `loopback.Request`."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.log: list[list[object]] = []

    async def serve(self, ready: Callable[[int], None]) -> None:
        """Open a port, tell it, answer for ever."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, limit=HEADER_BYTES, backlog=1024)
        ready(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._respond(head.decode("latin-1"), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _respond(self, head: str, writer: asyncio.StreamWriter) -> None:
        at = time.monotonic()
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        target = urlsplit(first.split(" ")[1])
        host = (target.hostname or headers.get("host", "")).partition(":")[0]
        answer = self.site.answer(host, target.path, at)
        tag = f'"{hashlib.sha1(answer.body).hexdigest()[:16]}"' if answer.status == 200 else ""
        asked = headers.get("if-none-match"), headers.get("if-modified-since")
        status = HTTPStatus.NOT_MODIFIED if tag and (asked[0] == tag or asked == (None, CHANGED)) else answer.status
        if answer.wait:
            await asyncio.sleep(answer.wait)
        writer.write(_bytes(status, answer, tag))
        self.log.append([at, time.monotonic(), host, target.path, answer.kind, int(status), any(asked), answer.allowed])
        await writer.drain()


def _bytes(status: int, answer: Answer, tag: str) -> bytes:
    lines = [f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in answer.headers)]
    if tag:
        lines += [f"ETag: {tag}", f"Last-Modified: {CHANGED}"]
    if status == HTTPStatus.NOT_MODIFIED:
        return "\r\n".join([*lines, "", ""]).encode()
    lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}", "", ""]
    return "\r\n".join(lines).encode() + answer.body


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", choices=ALL_SITES)
    parser.add_argument("--hosts", type=int, default=10, help="papers")
    parser.add_argument("--pages", type=int, default=20, help="articles a paper")
    chosen = parser.parse_args()
    site = ALL_SITES[chosen.site](chosen.hosts, chosen.pages)
    server, port, ready = PressServer(site), [0], threading.Event()

    def tell(number: int) -> None:
        port[0] = number
        ready.set()

    threading.Thread(target=lambda: asyncio.run(server.serve(tell)), daemon=True).start()
    ready.wait()
    where = f"127.0.0.1:{port[0]}"
    answers: dict[str, Callable[[str], object]] = {"log": lambda start: server.log[int(start) :], "count": lambda _: len(server.log)}
    answer_lines({"where": where, "hosts": site.hosts, "resolve": dict.fromkeys(site.hosts, where)}, answers)


if __name__ == "__main__":
    main()
