"""`veille sources add` on real sockets: every demo newspaper, and sites that cannot be taken."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crawlers.demo.server import Newsroom
from crawlers.source import Source

SENTENCES = (
    "Les travaux du nouveau terminal à conteneurs ont commencé samedi matin devant une foule de riverains venus voir les machines.",
    "Le directeur du chantier a promis une ouverture au printemps, si le temps le permet et si les livraisons ne tardent pas trop.",
    "Les pêcheurs demandent de leur côté un quai réservé, loin des remous causés par les grands navires qui entrent dans la rade.",
)
COMMAND = Path(sys.executable).with_name("veille")
LANGUAGES = {
    "lecourrierdesrives": {"fr"},
    "lagunemagazine": {"fr", "en"},
    "lefildumatin": {"fr"},
    "elmiradordelestrecho": {"es", "fr", "en"},
    "assahl": {"ar", "en"},
}
FEEDS = {
    "lecourrierdesrives": "/spip.php?page=backend",
    "lagunemagazine": "/feed/",
    "lefildumatin": "/rss.xml",
    "elmiradordelestrecho": "/rss",
    "assahl": "/feed.xml",
}
SYSTEMS = {"lecourrierdesrives": "SPIP", "lagunemagazine": "WordPress"}
SITEMAPS = {"lagunemagazine": 1, "elmiradordelestrecho": 2, "assahl": 1}


@pytest.fixture
def veille(tmp_path: Path, newsroom: Newsroom, at_newsroom: Callable[..., Any]) -> Any:
    """The command in a folder of its own."""
    return at_newsroom(tmp_path / "desk", "veille.db", newsroom)


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_newspaper_is_taken_aboard(veille, newsroom, name):
    (paper,) = (paper for paper in newsroom.papers if paper.name == name)
    before = len(newsroom.log)
    said = veille.json("sources", "add", f"{paper.origin}/", "--folder", "mine", "--name", f"my-{name}")
    assert len(newsroom.log) - before <= 30
    survey, previews = said["survey"], said["preview"]
    assert survey["home"] == f"{paper.origin}/"
    assert survey["title"] == paper.title
    assert (survey["system"] or {}).get("name") == SYSTEMS.get(name)
    assert [feed["url"] for feed in survey["feeds"] if not feed["left_out"]] == [paper.origin + FEEDS[name]]
    assert len(survey["sitemaps"]) == SITEMAPS.get(name, 0)
    assert survey["pattern"]["matched"] >= 0.9 * survey["pattern"]["of"]
    truth = {article.title: article for article in newsroom.truth() if article.source == name}
    assert len(previews) == 5
    for page in previews:
        assert page["problem"] is None, page
        assert page["published_on"] == truth[page["title"]].published_on.isoformat(), page
        assert page["language"] == truth[page["title"]].language, page
    source = Source.load(veille.folder / said["path"])
    assert source.name == f"my-{name}"
    assert set(source.languages) <= LANGUAGES[name]
    assert source.feeds == (paper.origin + FEEDS[name],)
    assert said["same_home"] == [name], "the demo's own source has the same home page"


def test_a_new_source_can_be_crawled_at_once(veille):
    screen = veille.run("sources", "add", "http://lefildumatin.demo.test/", "--folder", "mine")
    assert "preview   5 of 5 read" in screen
    assert screen.splitlines()[-1].endswith("veille crawl lefildumatin.demo.test --limit 20 --sources mine")
    assert "1 source checked, 0 with problems" in veille.run("sources", "check", "mine/lefildumatin.demo.test.toml")
    with (veille.folder / "mine" / "lefildumatin.demo.test.toml").open("a", encoding="utf-8") as written:
        written.write("\n[politeness]\ndelay = 0\n")  # the pause of two seconds is for other people's servers
    veille.run("crawl", "lefildumatin.demo.test", "--limit", "5", "--sources", "mine")
    assert 1 <= len(veille.run("export").splitlines()) <= 5


def test_a_name_that_is_taken(veille, newsroom):
    veille.run("sources", "add", "lefildumatin.demo.test", "--name", "lefildumatin", "--folder", "mine", code=2)
    assert not (veille.folder / "mine").exists()
    (veille.folder / "mine").mkdir()
    (veille.folder / "mine" / "assahl.demo.test.toml").write_text("# mine")
    before = len(newsroom.log)
    veille.run("sources", "add", "http://assahl.demo.test/", "--folder", "mine", code=2)
    assert (veille.folder / "mine" / "assahl.demo.test.toml").read_text() == "# mine"
    assert len(newsroom.log) == before, "nothing is asked for in vain"


# ---------------------------------------------------------------- sites that cannot be taken


@pytest.fixture
def odd_site(tmp_path: Path) -> Iterator[Callable[..., tuple[int, str, str, list[str]]]]:
    """A function that serves pages by path as odd.test, runs `sources add` on it and gives exit code, output, errors and what was asked for."""
    asked: list[str] = []
    pages: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = pages.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/plain" if self.path == "/robots.txt" else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    def add(given: dict[str, str], *more: str, port: int = server.server_address[1]) -> tuple[int, str, str, list[str]]:
        pages.update({path: text.encode() for path, text in given.items()})
        (tmp_path / "veille.toml").write_text(f'[resolve]\n"odd.test" = "127.0.0.1:{port}"\n"www.odd.test" = "127.0.0.1:{port}"\n')
        done = subprocess.run(
            [COMMAND, "sources", "add", "http://odd.test/", *more], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr, asked

    yield add
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_site_that_forbids_everything(odd_site, tmp_path):
    code, out, err, asked = odd_site(
        {"/robots.txt": "User-agent: *\nDisallow: /\n", "/": "<a href='/un-titre-assez-long-12345.html'>x</a>"}
    )
    assert (code, out) == (1, "")
    assert "robots.txt of odd.test forbids us http://odd.test/" in err
    assert set(asked) == {"/robots.txt"}
    assert not (tmp_path / "sources").exists()


def test_a_page_without_any_article(odd_site, tmp_path):
    code, out, err, asked = odd_site(
        {"/": "<html><title>Bientôt</title><body><p>Bientôt ici.</p><a href='/contact'>Contact</a></body></html>"}
    )
    assert (code, out) == (1, "")
    assert "no article was found" in err
    assert "http://odd.test/spip.php?page=backend (the server answered 404)" in err
    assert len(asked) <= 30
    assert not (tmp_path / "sources").exists()


def test_a_dead_host(odd_site, tmp_path):
    code, out, err, asked = odd_site({}, port=9)
    assert (code, out, asked) == (1, "", [])
    assert "http://odd.test/ does not answer" in err
    assert "http://www.odd.test/ (connect" in err
    assert not (tmp_path / "sources").exists()


def test_a_site_of_sections_only(odd_site, tmp_path):
    titles = [f"/actu/un-titre-de-plusieurs-mots-{n}.html" for n in range(1001, 1009)]
    words = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    page = '<html lang="fr"><head><title>Un titre de plusieurs mots {0}</title></head><body><article><h1>Un titre de plusieurs mots {0}</h1>{1}</article></body></html>'
    listing = "".join(f'<li><a href="{path}">Un titre de plusieurs mots</a></li>' for path in titles)
    code, out, err, _ = odd_site(
        {
            "/": '<html lang="fr"><nav><a href="/actu/">Actualité</a></nav></html>',
            "/actu/": f"<html><ul>{listing}</ul></html>",
            **{path: page.format(n, words) for n, path in enumerate(titles)},
        }
    )
    assert (code, err) == (0, "")
    assert "feeds     none at 8 addresses" in out
    assert "sitemaps  none at 6 addresses" in out
    assert "preview   5 of 5 read" in out
    source = Source.load(tmp_path / "sources" / "odd.test.toml")
    assert (source.home, source.feeds, source.sitemaps) == ("http://odd.test/", (), ())
