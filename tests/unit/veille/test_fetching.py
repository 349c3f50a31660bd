"""`veille read URL`: the page is fetched now, politely, and read; nothing is stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawlers.fetch import Fetched
from db.vocabulary import FailureClass
from veille.cli import fetching

URL = "http://press.test/economie/port-oran,12.html"
PAGE = """<!doctype html><html lang="fr"><head><title>Le port d'Oran s'agrandit</title></head><body><article>
<h1>Le port d'Oran s'agrandit</h1><p>il y a 2 jours</p>
<p>Les travaux du nouveau terminal ont commencé samedi matin devant une foule de riverains venus voir arriver les machines.</p>
<p>Le directeur du chantier a promis une ouverture au printemps, si le temps le permet et si les livraisons ne tardent pas.</p>
<p>Les pêcheurs demandent de leur côté un quai réservé, loin des remous causés par les navires qui entrent dans la rade.</p>
</article></body></html>"""


class Paper(BaseHTTPRequestHandler):
    """One article and a robots.txt that closes /private/."""

    def do_GET(self) -> None:
        known = {"/robots.txt": "User-agent: *\nDisallow: /private/\n", "/economie/port-oran,12.html": PAGE}
        body = known.get(self.path, "").encode("iso-8859-1")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=iso-8859-1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def resolve() -> Iterator[str]:
    """A paper on loopback; the setting that leads its name there."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Paper)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"resolve=press.test=127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_is_fetched_and_read_and_nothing_is_stored(veille, folder, resolve):
    record = veille("read", URL, "--set", resolve, "--set", "clock=2020-10-05T12:00:00Z", "--json").json
    assert (record["url"], record["language"]) == (URL, "fr")
    assert "Les pêcheurs demandent" in record["text"]
    assert record["published"]["on"] == "2020-10-03"
    assert list(folder.iterdir()) == []


def test_robots_are_obeyed(veille, resolve):
    outcome = veille("read", "http://press.test/private/1.html", "--set", resolve)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("veille: http://press.test/private/1.html could not be fetched: robots")


@pytest.mark.parametrize(
    ("failure", "status", "detail", "message"),
    [
        (FailureClass.GONE, 404, "the server answered 404", "could not be fetched: gone (404), the server answered 404"),
        (FailureClass.DNS, None, "", "could not be fetched: dns, no more is known"),
    ],
)
def test_what_went_wrong_is_told(veille, monkeypatch, failure, status, detail, message):
    answer = Fetched(URL, URL, datetime.now(UTC), status=status, failure=failure, detail=detail)
    monkeypatch.setattr(fetching, "fetch", lambda urls, spec: [answer])
    outcome = veille("read", URL)
    assert (outcome.code, outcome.err) == (1, f"veille: {URL} {message}\n")
