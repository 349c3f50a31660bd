"""What must never be reached is never reached, on every way in: page, robots.txt, feed, sitemap, redirect, one-off fetch, proxy."""

from __future__ import annotations

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from crawlers.fetch import fetch
from crawlers.spec import EngineSpec
from db.vocabulary import FailureClass, PageReason

LITERALS = ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]


@pytest.fixture
def secret(press):
    """A second press that nobody may reach; its log must stay empty."""
    made = type(press)()
    for host in ("127.0.0.1", "localhost"):
        made.papers[host] = {"/robots.txt": made.Answer(b""), "/secret": made.article("secret")}
    yield made
    made.close()


def test_torture_40_41_no_spelling_of_a_private_address_is_fetched(press, secret, tmp_path):
    urls = [f"http://{host}:{secret.port}/secret" for host in LITERALS]
    found = fetch(urls, EngineSpec(timeout=5.0, log_file=tmp_path / "log"))
    assert {result.failure for result in found} == {FailureClass.REFUSED}
    assert all("robots.txt gives no answer" in result.detail for result in found)
    assert secret.log == [], "not even robots.txt, not even a connection's first byte"


def test_torture_40_a_network_that_the_operator_names_is_fetched(press, secret, tmp_path):
    url = f"http://127.0.0.1:{secret.port}/secret"
    found = fetch([url], EngineSpec(timeout=5.0, allow_networks=("127.0.0.0/8",), log_file=tmp_path / "log"))
    assert (found[0].failure, found[0].status) == (None, 200)


def test_torture_36_43_redirects_sitemaps_and_robots_lead_to_no_private_address(place, press, secret):
    paper = place.source(discovery=f'guess = false\nhosts = ["127.0.0.1:{secret.port}", "127.0.0.1", "localhost"]')
    target = f"http://127.0.0.1:{secret.port}"
    paper["/robots.txt"] = press.Answer(f"User-agent: *\nAllow: /\nSitemap: {target}/map.xml\n".encode())
    paper["/"] = press.html("Une", press.links(["/article/1", "/article/2", f"{target}/article/3"]))
    paper["/article/1"] = press.redirect(f"{target}/secret", 302)
    paper["/article/2"] = press.article(2)
    run = place.open()
    place.crawl(run)
    assert secret.log == []
    assert place.failures(run) == {"refused": 3}, "the hop, the sitemap and the link"
    assert place.page("/article/2").reason is None


def test_torture_36_a_robots_txt_that_redirects_to_a_private_address_forbids(place, press, secret):
    paper = place.source()
    paper["/robots.txt"] = press.redirect(f"http://localhost:{secret.port}/robots.txt")
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    run = place.open()
    place.crawl(run)
    assert secret.log == []
    assert press.paths("paper.test") == ["/robots.txt"]
    assert place.failures(run) == {"refused": 1}


def test_a_proxy_of_the_environment_is_ignored_and_one_of_the_settings_is_used(press, tmp_path, monkeypatch):
    asked: list[tuple[str, str | None]] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Proxy-Authorization")))
            connection = http.client.HTTPConnection("127.0.0.1", press.port)
            connection.request("GET", self.path, headers={"Host": "paper.test"})
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_address[1]}"
    press.papers["paper.test"] = {"http://paper.test/a": press.article("a"), "/a": press.article("direct")}
    monkeypatch.setenv("http_proxy", f"http://{address}")
    spec = EngineSpec(timeout=5.0, resolve=press.resolve, log_file=tmp_path / "log")
    assert b"Article direct" in fetch(["http://paper.test/a"], spec)[0].body
    assert asked == []
    proxied = EngineSpec(timeout=5.0, proxy=f"http://user:word@{address}", log_file=tmp_path / "log")
    found = fetch(["http://paper.test/a", "http://127.1/a", "http://[::1]/a"], proxied)
    server.shutdown()
    server.server_close()
    assert b"Article a" in found[0].body
    assert [result.failure for result in found] == [None, FailureClass.REFUSED, FailureClass.REFUSED]
    assert asked == [("http://paper.test/robots.txt", "Basic dXNlcjp3b3Jk"), ("http://paper.test/a", "Basic dXNlcjp3b3Jk")]


@pytest.mark.parametrize(("verify", "failures"), [("true", {"tls": 1}), ("false", {})])
def test_torture_24_an_expired_or_unknown_certificate_is_a_decision_of_the_source(place, press, verify, failures):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("other.test").configure_cert(context)
    press.server.socket = context.wrap_socket(press.server.socket, server_side=True)
    paper = place.source(more=f"verify_tls = {verify}")
    paper["/"] = press.html("Une")
    file = place.folder / "sources" / "paper.toml"
    file.write_text(file.read_text().replace("http://", "https://"))
    run = place.open()
    place.crawl(run)
    assert place.failures(run) == failures
    assert bool(press.asked("paper.test", "/")) is (verify == "false")


def test_torture_25_a_host_with_a_useless_ipv6_address_is_reached_by_ipv4(press, tmp_path):
    """localhost is both ::1, where nothing listens, and 127.0.0.1, where the press does."""
    press.papers["localhost"] = {"/a": press.article("a")}
    spec = EngineSpec(timeout=5.0, allow_networks=("127.0.0.0/8", "::1/128"), log_file=tmp_path / "log")
    assert fetch([f"http://localhost:{press.port}/a"], spec)[0].status == 200


def test_torture_23_strange_heads_are_pages_or_clean_errors(place, press):
    paper = place.source(concurrency=4)
    paths = [f"/article/{name}" for name in ("bare", "many", "endless")]
    paper["/"] = press.html("Une", press.links(paths))
    paper[paths[0]] = press.Answer(press.article("bare").body, fault="bare")
    paper[paths[1]] = press.Answer(press.article("many").body, fault="many_headers")
    paper[paths[2]] = press.Answer(fault="endless_head")
    run = place.open()
    place.crawl(run)
    assert place.failures(run) == {"too_large": 1}
    assert place.page(paths[0]).status == place.page(paths[1]).status == 200
    assert len(press.asked("paper.test", paths[2])) == 1, "what is too large once is not asked for again"


def test_torture_4_a_body_that_trickles_is_given_up_at_the_deadline(place, press):
    paper = place.source()
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    paper["/article/1"] = press.Answer(fault="drip")
    run = place.open()
    place.crawl(run, timeout=0.6)
    assert place.failures(run) == {"timeout": 1}


def test_torture_37_noindex_is_kept_unless_the_operator_obeys_it(place, press):
    paper = place.source()
    paper["/"] = press.html("Une", press.links(["/article/1", "/article/2", "/article/3"]))
    paper["/article/1"] = press.Answer(press.article(1).body, headers={"Content-Type": "text/html", "X-Robots-Tag": "noindex"})
    paper["/article/2"] = press.html("Deux", "<p>texte</p>", '<meta name="robots" content="noindex,follow">')
    paper["/article/3"] = press.article(3)
    place.crawl(place.open(), obey_noindex=True)
    assert [place.page(f"/article/{n}").reason for n in (1, 2, 3)] == [PageReason.NOINDEX, PageReason.NOINDEX, None]
