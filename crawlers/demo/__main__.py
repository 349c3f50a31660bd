"""Serves the demo newspapers until interrupted: `python -m crawlers.demo --port 8080`."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from datetime import datetime

from crawlers.demo.clock import START, DemoClock
from crawlers.demo.server import Newsroom


def main(arguments: list[str] | None = None) -> int:
    """Serve on the ports asked for and print the addresses; returns the exit code: 130 after Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m crawlers.demo", description="Serve the demo newspapers on loopback.")
    parser.add_argument("--port", type=int, default=8080, help="plain HTTP port (default 8080, 0 takes a free one)")
    parser.add_argument("--tls-port", type=int, default=8443, help="TLS port (default 8443, 0 takes a free one)")
    parser.add_argument("--now", type=datetime.fromisoformat, default=START, help=f"the newspapers' instant (default {START.isoformat()})")
    chosen = parser.parse_args(arguments)
    if chosen.now.tzinfo is None:
        parser.error("--now needs a zone, as in 2026-01-20T08:00+00:00")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    newsroom = Newsroom(DemoClock(chosen.now, running=True), port=chosen.port, tls_port=chosen.tls_port)
    with contextlib.ExitStack() as stack:
        stack.callback(newsroom.stop)
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        try:
            newsroom.start()
        except OSError as error:
            sys.stderr.write(f"cannot open a port: {error}; choose others with --port and --tls-port\n")
            return 1
        sys.stdout.write(describe(newsroom))
        sys.stdout.flush()
        threading.Event().wait()
    return 130


def describe(newsroom: Newsroom) -> str:
    """Return what a person needs to look at the papers: names, addresses, ports, an example."""
    now = newsroom.clock.now()
    lines = [f"{paper.title:24} {paper.origin}/  {len(paper.truth(now))} articles" for paper in newsroom.papers]
    first = newsroom.papers[0].host
    where = newsroom.resolve[first]
    lines += [
        f"certificate authority: {newsroom.ca_file}",
        f"to look: curl -H 'Host: {first}' http://{where}/",
        f"or with a browser: --host-resolver-rules='MAP *.demo.test:80 {where}, MAP *.demo.test:443 {newsroom.resolve[first + ':443']}'",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
