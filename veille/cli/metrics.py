"""`veille metrics`: the figures of a database in Prometheus' text format."""

from __future__ import annotations

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import say

app = single()


@app.command("metrics", cls=FrontCommand, epilog=examples("veille metrics", "veille run --metrics /var/lib/node_exporter/veille.prom"))
def metrics(ctx: typer.Context) -> None:
    """Print figures for Prometheus.

    The service writes the same into a file with `veille run --metrics FILE`.
    """
    door = front(ctx)
    from veille.metrics import exposition

    with door.watch() as watch:
        say(exposition(watch.database, door.clock()).rstrip("\n"))
