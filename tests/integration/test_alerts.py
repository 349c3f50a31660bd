"""The service at work on a paper that goes away and comes back, and a webhook on loopback that is told so, once each."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from db.engine import Database
from pipeline.alerts import Alerts
from pipeline.service import Service

LOOPBACK = ["127.0.0.0/8"]


class Hook:
    """A web server that takes messages, or refuses them."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.got.append(body)
                self.send_response(hook.status)
                self.send_header("Location", f"http://127.0.0.1:{hook.server.server_address[1]}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815 - the name is the server's

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"json://operator:s3cret@127.0.0.1:{self.server.server_address[1]}/t0ken"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


@pytest.fixture
def serve(desk, hook):
    """A function that has a fresh service visit the paper once, so many hours from now."""
    desk.source()
    (desk.folder / "sources" / "paper.toml").write_text(
        (desk.folder / "sources" / "paper.toml").read_text() + '[timetable]\nevery = "15m"\n'
    )

    def visit(hours: int, database: Database = desk.database) -> None:
        ended = []
        alerts = Alerts([hook.url], LOOPBACK)
        spec = desk.spec(clock_offset=timedelta(hours=hours))
        service = Service(spec, database, desk.registry, on_report=ended.append, alerts=alerts)
        service.work(lambda: bool(ended))
        alerts.close()

    return visit


@pytest.mark.usefixtures("hurried")
def test_a_source_that_goes_away_and_comes_back_is_told_once_each(serve, desk, hook):
    feed, gone = desk.press.feed("paper.test", ["/article/1"]), desk.press.Answer(b"try later", 503)
    front = desk.press.html("Une", desk.press.links(["/article/1"]))
    desk.paper |= {"/feed": gone, "/": gone, "/article/1": desk.story(1)}
    serve(7)
    assert hook.got == [], "one bad visit is no news"
    serve(14)
    serve(21)
    assert hook.titles == ["veille: paper is failing"]
    assert "two visits in a row got nothing" in hook.got[0]["message"]
    desk.paper |= {"/feed": feed, "/": front}
    serve(28)
    serve(35)
    assert hook.titles == ["veille: paper is failing", "veille: paper is well again"]


def test_a_webhook_that_redirects_has_not_taken_the_message(hook):
    hook.status = 307
    heard = []
    alerts = Alerts([hook.url], LOOPBACK)
    alerts.tell("one", ["first"], lambda _, problem: heard.append(problem))
    alerts.close()
    assert heard == [f"json://127.0.0.1:{hook.server.server_address[1]} did not take the message"]
    assert hook.titles == ["one"]
