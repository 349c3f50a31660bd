"""`veille robots`: the verdict of robots.txt that can be asked, live over loopback or of the kept copies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawlers.robots import Unreachable
from db.engine import Database
from db.hosts import HostStore
from db.records import RobotsCopy
from db.vocabulary import FailureClass
from veille.robots_verdict import verdict

NOW = datetime(2026, 2, 15, 8, tzinfo=UTC)
TEXT = """User-agent: *
Disallow: /private/ # ours
Allow: /private/open
Crawl-delay: 120
Sitemap: http://press.test/map.xml
"""
ANSWERS = {"press.test": (200, TEXT), "bare.test": (404, "no"), "broken.test": (503, "oops"), "busy.test": (429, "")}


class Papers(BaseHTTPRequestHandler):
    """Several hosts that have nothing but a robots.txt."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(f"{self.headers['Host']}{self.path}")
        status, text = ANSWERS[self.headers["Host"]]
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def papers() -> Iterator[list[str]]:
    """Flags that lead the hosts' names to loopback; dead.test leads nowhere, press2.test is resolved as private."""
    Papers.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Papers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    leads = [f"{host}=127.0.0.1:{server.server_port}" for host in ANSWERS]
    yield ["--set", f"resolve={','.join([*leads, 'dead.test=127.0.0.1:9'])}", "--set", "clock=2026-02-15T08:00:00Z"]
    server.shutdown()
    thread.join()
    server.server_close()


def keep(folder, host: str, copy: RobotsCopy) -> None:
    database = Database.open(f"sqlite:///{folder}/veille.db")
    database.transact(lambda tx: HostStore(tx).keep_robots(host, copy))
    database.close()


def test_each_address_has_its_verdict_and_each_host_is_asked_once(veille, folder, papers):
    names = ("news/1", "private/1", "private/open")
    outcome = veille("robots", *(f"http://press.test/{name}" for name in names), *papers)
    assert outcome.code == 1
    lines = outcome.out.splitlines()
    assert [line for line in lines if line.startswith(("allowed", "forbidden"))] == [
        "allowed  http://press.test/news/1",
        "forbidden  http://press.test/private/1",
        "allowed  http://press.test/private/open",
    ]
    assert "  why          no line of the group for * matches the address (RFC 9309 §2.2.2)" in lines
    assert "  why          line 2 of robots.txt, in the group for *: Disallow: /private/" in lines
    assert "  why          line 3 of robots.txt, in the group for *: Allow: /private/open" in lines
    assert lines.count("  Crawl-delay  120 s stated, 60 s applied") == 3
    assert lines.count("  sitemap      http://press.test/map.xml") == 3
    assert any(line.startswith("  robots.txt   http://press.test/robots.txt answered 200 at 2026-02-15T08:00:") for line in lines)
    assert Papers.asked == ["press.test/robots.txt"], "and no page is"
    assert list(folder.iterdir()) == []


def test_the_record_of_an_allowed_address(veille, papers):
    outcome = veille("robots", "http://press.test/private/open", "--json", *papers)
    (record,) = outcome.json
    assert outcome.code == 0
    assert (record["allowed"], record["group"], record["rule"]) == (True, "*", {"line": 3, "text": "Allow: /private/open"})
    assert (record["crawl_delay"], record["sitemaps"]) == ({"stated": 120, "applied": 60}, ["http://press.test/map.xml"])
    assert record["robots"].items() >= {"url": "http://press.test/robots.txt", "status": 200, "failure": None, "fresh": True}.items()


def test_torture_27_28_29_what_errors_and_silence_mean(veille, papers):
    hosts = ("bare.test", "broken.test", "busy.test", "dead.test")
    outcome = veille("robots", *(f"http://{host}/x" for host in hosts), "http://127.0.0.1/x", "--json", *papers)
    assert outcome.code == 1
    found = outcome.json
    assert [each["allowed"] for each in found] == [True, False, False, False, False]
    assert [each["robots"]["status"] for each in found] == [404, 503, 429, None, None]
    assert [each["robots"]["failure"] for each in found] == [None, "http_5xx", "blocked", "connect", "refused"]
    assert found[0]["why"] == "404 means that there are no rules (RFC 9309 §2.3.1.3)"
    assert found[1]["why"] == "503 means that nothing may be fetched until there is an answer (RFC 9309 §2.3.1.4)"
    assert "429 asks us to come later" in found[2]["why"]
    assert found[3]["why"].startswith("it cannot be reached: connect (")
    assert "127.0.0.1 is loopback" in found[4]["why"]


def test_all_allowed_is_0_and_the_copy_is_told(veille, papers):
    outcome = veille("robots", "http://bare.test/x", *papers)
    assert outcome.code == 0
    assert outcome.out.startswith("allowed  http://bare.test/x\n")
    assert "  robots.txt   http://bare.test/robots.txt answered 404 at" in outcome.out


def test_kept_copies_are_asked_without_a_network(veille, folder, monkeypatch):
    monkeypatch.setattr("crawlers.fetch.Child", None)
    keep(folder, "press.test", RobotsCopy(NOW - timedelta(hours=30), 200, TEXT))
    outcome = veille("robots", "--kept", "http://press.test/private/1", "--set", "clock=2026-02-15T08:00:00Z")
    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        "forbidden  http://press.test/private/1",
        "  why          line 2 of robots.txt, in the group for *: Disallow: /private/",
        "  robots.txt   http://press.test/robots.txt answered 200 at 2026-02-14T02:00:00Z, 30 hours ago; a crawl would ask again",
        "  Crawl-delay  120 s stated, 60 s applied",
        "  sitemap      http://press.test/map.xml",
    ]


def test_a_host_without_a_kept_copy_is_unknown(veille, folder):
    keep(folder, "press.test", RobotsCopy(NOW, 404, None))
    outcome = veille("robots", "--kept", "https://press.test/a", "https://other.test:8443/a", "--json")
    assert outcome.code == 1
    assert [each["allowed"] for each in outcome.json] == [True, None]
    assert outcome.json[1]["robots"]["url"] == "https://other.test:8443/robots.txt"
    assert outcome.err == "veille: a host without a kept copy has not been asked yet; leave out --kept to ask it now\n"


def test_kept_without_a_database_is_a_mistake(veille):
    outcome = veille("robots", "--kept", "http://press.test/")
    assert (outcome.code, outcome.out) == (2, "")
    assert "there is no database yet" in outcome.err


@pytest.mark.parametrize("url", ["press.test/x", "ftp://press.test/x", "nonsense", "", "http://"])
def test_what_is_no_web_address_is_a_mistake_before_anything_is_asked(veille, papers, url):
    outcome = veille("robots", "http://press.test/", url, *papers)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.endswith("`veille robots --help` shows how it is used.\n")
    assert Papers.asked == []


def test_what_a_site_wrote_does_not_steer_the_terminal(veille, folder):
    keep(
        folder,
        "press.test",
        RobotsCopy(NOW, 200, "User-agent: *\nDisallow: /x\x1b[31m\nDisallow: /\nSitemap: http://press.test/\x1b[2J.xml"),
    )
    outcome = veille("robots", "--kept", "http://press.test/x")
    assert "\x1b" not in outcome.out
    assert outcome.code == 1


@pytest.mark.parametrize(
    ("said", "allowed", "why"),
    [
        (None, None, "no copy of its robots.txt is kept"),
        (RobotsCopy(NOW, 200, ""), True, "it has no group for veille, nor one for everybody (RFC 9309 §2.2.1)"),
        (
            RobotsCopy(NOW, 302, None),
            True,
            "it redirects more than 5 times, or to what is no address: that counts as no rules (RFC 9309 §2.3.1.2)",
        ),
        (
            Unreachable(FailureClass.TIMEOUT),
            False,
            "it cannot be reached: timeout; nothing may be fetched until there is an answer (RFC 9309 §2.3.1.4)",
        ),
    ],
)
def test_what_an_answer_means(said, allowed, why):
    found = verdict("http://press.test/x", said, NOW)
    assert (found.allowed, found.why) == (allowed, why)


def test_robots_txt_itself_may_be_fetched():
    found = verdict("http://press.test/robots.txt", RobotsCopy(NOW, 200, "User-agent: *\nDisallow: /"), NOW)
    assert (found.allowed, found.why) == (True, "robots.txt itself may always be fetched (RFC 9309 §2.2.2)")


@pytest.mark.parametrize(("stated", "applied"), [("0.5", 0.5), ("60", 60.0), ("86400", 60.0), ("-1", None), ("soon", None)])
def test_torture_34_the_delay_as_stated_and_as_applied(stated, applied):
    found = verdict("http://press.test/x", RobotsCopy(NOW, 200, f"User-agent: *\nCrawl-delay: {stated}"), NOW)
    assert found.applied_delay == applied
    assert found.crawl_delay == (None if applied is None else float(stated))
