"""The newsroom on real sockets: virtual hosts, TLS, conditional requests, log, faults, command line."""

from __future__ import annotations

import http.client
import signal
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawlers.demo.clock import START, DemoClock
from crawlers.demo.server import SOURCES, Newsroom
from crawlers.registry import Registry


@pytest.fixture(scope="module")
def shared():
    with Newsroom() as newsroom:
        yield newsroom


@pytest.fixture
def newsroom():
    with Newsroom() as newsroom:
        yield newsroom


class Client:
    """A keep-alive client that resolves like the crawler: by the newsroom's map."""

    def __init__(self, newsroom):
        self.newsroom = newsroom
        self.open = {}

    def connection(self, scheme, host):
        if (scheme, host) not in self.open:
            where, _, port = self.newsroom.resolve[host + (":443" if scheme == "https" else "")].partition(":")
            if scheme == "https":
                context = ssl.create_default_context(cafile=str(self.newsroom.ca_file))
                made = http.client.HTTPSConnection(where, int(port), timeout=10)
                made.sock = context.wrap_socket(socket.create_connection((where, int(port)), 10), server_hostname=host)
            else:
                made = http.client.HTTPConnection(where, int(port), timeout=10)
            self.open[scheme, host] = made
        return self.open[scheme, host]

    def get(self, url, method="GET", **headers):
        parts = urlsplit(url)
        connection = self.connection(parts.scheme, parts.netloc)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Host": parts.netloc, **sent})
        answer = connection.getresponse()
        return answer, answer.read()

    def close(self):
        for connection in self.open.values():
            connection.close()


@pytest.fixture
def client(newsroom):
    made = Client(newsroom)
    yield made
    made.close()


@pytest.fixture
def reader(shared):
    made = Client(shared)
    yield made
    made.close()


def test_every_article_answers_over_its_own_scheme(shared, reader):
    schemes = set()
    for truth in shared.truth():
        answer, body = reader.get(truth.url)
        assert answer.status == 200, truth.url
        assert body
        schemes.add(truth.url.partition(":")[0])
    assert schemes == {"http", "https"}


def test_every_article_answers_after_ten_days_too(newsroom, client):
    before = {truth.url for truth in newsroom.truth()}
    newsroom.clock.advance(days=10)
    after = {truth.url for truth in newsroom.truth()}
    assert len(after - before) >= 10
    for url in after:
        assert client.get(url)[0].status == 200, url
    assert {client.get(url)[0].status for url in before - after} <= {301, 410}


def test_the_resolver_map_names_each_host_twice(shared):
    assert len(shared.resolve) == 2 * len(shared.papers) == 10
    assert all(host.partition(":")[0].endswith(".demo.test") for host in shared.resolve)
    assert all(where.startswith("127.0.0.1:") for where in shared.resolve.values())


def test_a_paper_on_tls_sends_plain_requests_there(reader):
    answer, _ = reader.get("http://lagunemagazine.demo.test/feed/")
    assert answer.status == 301
    assert answer.headers["Location"] == "https://lagunemagazine.demo.test/feed/"


def test_an_unknown_host_is_misdirected(shared):
    where, _, port = next(iter(shared.resolve.values())).partition(":")
    connection = http.client.HTTPConnection(where, int(port), timeout=10)
    connection.request("GET", "/", headers={"Host": "other.demo.test"})
    assert connection.getresponse().status == 421
    connection.close()


def test_a_client_without_the_authority_is_refused_and_harms_nobody(shared, reader):
    where, _, port = shared.resolve["lagunemagazine.demo.test:443"].partition(":")
    with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection((where, int(port)), 10) as raw:
        ssl.create_default_context().wrap_socket(raw, server_hostname="lagunemagazine.demo.test")
    assert reader.get("https://lagunemagazine.demo.test/")[0].status == 200


def test_a_silent_client_on_the_tls_port_holds_up_nobody(shared, reader):
    where, _, port = shared.resolve["lagunemagazine.demo.test:443"].partition(":")
    with socket.create_connection((where, int(port)), 10):
        assert reader.get("https://lagunemagazine.demo.test/")[0].status == 200


VALIDATED = [
    "http://lecourrierdesrives.demo.test/",
    "http://lecourrierdesrives.demo.test/spip.php?page=backend",
    "http://lecourrierdesrives.demo.test/sport/",
    "https://lagunemagazine.demo.test/feed/",
    "https://lagunemagazine.demo.test/wp-sitemap.xml",
    "https://lagunemagazine.demo.test/page/2/",
    "http://lefildumatin.demo.test/rss.xml",
    "http://lefildumatin.demo.test/culture",
    "https://elmiradordelestrecho.demo.test/sitemap.xml",
    "https://elmiradordelestrecho.demo.test/sitemap-news.xml",
    "https://elmiradordelestrecho.demo.test/fr/",
    "http://assahl.demo.test/feed.xml",
    "http://assahl.demo.test/sitemap.xml",
    "http://assahl.demo.test/robots.txt",
]


@pytest.mark.parametrize("url", VALIDATED)
def test_both_validators_bring_304_without_a_body(reader, url):
    answer, body = reader.get(url)
    assert answer.status == 200
    assert body
    again, nothing = reader.get(url, If_None_Match=answer.headers["ETag"])
    assert (again.status, nothing) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]
    later, nothing = reader.get(url, If_Modified_Since=answer.headers["Last-Modified"])
    assert (later.status, nothing) == (304, b"")


def test_articles_have_validators(shared, reader):
    for paper in shared.papers:
        truth = paper.truth(START)[30]
        answer, _ = reader.get(truth.url)
        assert parsedate_to_datetime(answer.headers["Last-Modified"]) <= START
        assert reader.get(truth.url, If_None_Match=answer.headers["ETag"])[0].status == 304


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If_None_Match", '"something-else"', 200),
        ("If_None_Match", "garbage", 200),
        ("If_Modified_Since", "Thu, 01 Jan 2015 00:00:00 GMT", 200),
        ("If_Modified_Since", "not a date", 200),
        ("If_Modified_Since", "Thu, 01 Jan 2037 00:00:00 -0000", 304),
    ],
)
def test_other_validators(reader, header, value, status):
    assert reader.get("http://assahl.demo.test/feed.xml", **{header: value})[0].status == status


def test_an_entity_tag_decides_alone(reader):
    answer, _ = reader.get("http://assahl.demo.test/feed.xml", If_None_Match='"x"', If_Modified_Since="Thu, 01 Jan 2037 00:00:00 GMT")
    assert answer.status == 200


def test_a_new_article_ends_the_304(newsroom, client):
    url = "http://assahl.demo.test/feed.xml"
    tag = client.get(url)[0].headers["ETag"]
    newsroom.clock.advance(days=2)
    answer, body = client.get(url, If_None_Match=tag)
    assert answer.status == 200
    assert body


def test_a_correction_and_a_move_show_on_the_wire(newsroom, client):
    paper = next(paper for paper in newsroom.papers if paper.name == "lecourrierdesrives")
    corrected = next(a for a in paper.articles if a.corrected_at)
    moving = next(a for a in paper.articles if a.moved_at and a.moved_at > START)
    url = paper.origin + corrected.path
    first, before = client.get(url)
    assert client.get(paper.origin + moving.old_path)[0].status == 200
    assert client.get(paper.origin + moving.path)[0].status == 404
    newsroom.clock.advance(days=5)
    second, after = client.get(url, If_None_Match=first.headers["ETag"])
    assert second.status == 200
    assert before != after
    answer, _ = client.get(paper.origin + moving.old_path)
    assert (answer.status, answer.headers["Location"]) == (301, paper.origin + moving.path)
    assert client.get(paper.origin + moving.path)[0].status == 200


def test_a_vanished_article_is_gone(newsroom, client):
    paper = newsroom.papers[0]
    vanishing = next(a for a in paper.articles if a.vanishes_at)
    newsroom.clock.set(vanishing.vanishes_at)
    assert client.get(paper.origin + vanishing.path)[0].status == 410


def test_head_brings_headers_only(reader):
    answer, body = reader.get("http://assahl.demo.test/", method="HEAD")
    assert (answer.status, body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0
    assert reader.get("http://assahl.demo.test/")[0].status == 200  # the connection is still in step


def test_the_date_header_follows_the_demo_clock(newsroom, client):
    newsroom.clock.advance(days=3)
    answer, _ = client.get("http://assahl.demo.test/")
    assert parsedate_to_datetime(answer.headers["Date"]) == START + timedelta(days=3)


def test_the_log_keeps_host_path_status_and_kind(newsroom, client):
    answer, _ = client.get("https://lagunemagazine.demo.test/feed/?paged=2", User_Agent="tester/1")
    client.get("https://lagunemagazine.demo.test/feed/?paged=2", If_None_Match=answer.headers["ETag"])
    client.get("http://assahl.demo.test/nothing-here")
    first, second, third = newsroom.log
    assert (first.host, first.path, first.status) == ("lagunemagazine.demo.test", "/feed/?paged=2", 200)
    assert (first.tls, first.conditional, first.user_agent) == (True, False, "tester/1")
    assert (second.status, second.conditional) == (304, True)
    assert (third.host, third.status, third.tls) == ("assahl.demo.test", 404, False)
    assert first.at <= second.at <= third.at


def test_many_clients_at_once_get_the_same_pages(newsroom):
    urls = [truth.url for truth in newsroom.truth() if truth.url.startswith("http:")][:60]

    def fetch_all(_number):
        client = Client(newsroom)
        bodies = [client.get(url)[1] for url in urls]
        client.close()
        return bodies

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(fetch_all, range(8)))
    assert all(result == results[0] for result in results)
    assert len(newsroom.log) == 8 * len(urls)


def test_two_newsrooms_at_the_same_instant_show_equal_bytes(newsroom, client):
    with Newsroom(DemoClock(START + timedelta(days=6))) as other:
        newsroom.clock.advance(days=6)
        twin = Client(other)
        assert other.truth() == newsroom.truth()
        for truth in newsroom.truth():
            assert client.get(truth.url)[1] == twin.get(truth.url)[1], truth.url
        twin.close()


def drop(handler):
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)
    return True


def garble(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
    handler.close_connection = True
    return True


def slow(handler):
    time.sleep(0.05)
    return False


def test_named_faults_take_over_single_addresses(newsroom):
    newsroom.faults["assahl.demo.test/feed.xml"] = drop
    newsroom.faults["/rss.xml"] = garble
    newsroom.faults["/"] = slow
    for url, expected in [
        ("http://assahl.demo.test/feed.xml", http.client.RemoteDisconnected),
        ("http://lefildumatin.demo.test/rss.xml", http.client.IncompleteRead),
    ]:
        client = Client(newsroom)
        with pytest.raises(expected):
            client.get(url)
        client.close()
    client = Client(newsroom)
    assert client.get("http://assahl.demo.test/")[0].status == 200
    client.close()
    assert [entry.status for entry in newsroom.log] == [0, 0, 200]


def test_a_newsroom_can_be_closed_and_its_files_are_gone():
    newsroom = Newsroom()
    with pytest.raises(RuntimeError, match="start it first"):
        _ = newsroom.ca_file
    newsroom.start()
    newsroom.start()  # changes nothing
    ca_file = newsroom.ca_file
    assert ca_file.is_file()
    newsroom.stop()
    newsroom.stop()
    assert not ca_file.exists()
    with Newsroom() as again:
        assert again.resolve


def test_the_registry_reads_the_demo_sources(shared):
    registry = Registry([shared.sources_folder], bundled=False)
    assert registry.problems() == []
    assert registry.names() == sorted(paper.name for paper in shared.papers)
    assert shared.sources_folder == SOURCES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_line_serves_and_prints_the_addresses(number):
    command = [sys.executable, "-m", "crawlers.demo", "--port", "0", "--tls-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(8)]
        where = lines[6].rpartition("http://")[2].strip().rstrip("/")
        host, _, port = where.partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.request("GET", "/", headers={"Host": "lecourrierdesrives.demo.test"})
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    authority = Path(lines[5].rpartition(": ")[2].strip())
    assert authority.suffix == ".pem"
    assert not authority.parent.exists()
    assert errors == ""
    assert "https://lagunemagazine.demo.test/" in "".join(lines)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [(["--now", "2026-01-20"], 2, "needs a zone"), (["--now", "someday"], 2, "invalid"), (["--port", "seven"], 2, "invalid int")],
)
def test_the_command_line_explains_wrong_arguments(arguments, code, message):
    done = subprocess.run([sys.executable, "-m", "crawlers.demo", *arguments], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == code
    assert message in done.stderr


def test_the_command_line_says_when_a_port_is_taken(shared):
    port = next(iter(shared.resolve.values())).rpartition(":")[2]
    command = [sys.executable, "-m", "crawlers.demo", "--port", port, "--tls-port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "choose others with --port" in done.stderr
