"""`veille sources add` with answers given by hand: what it prints, writes and refuses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawlers.fetch import Fetched
from crawlers.source import Source
from db.vocabulary import FailureClass

NOW = datetime(2026, 2, 1, 8, tzinfo=UTC)
HOME = "https://www.exemple.test/"
PARAGRAPHS = """<p>Les travaux du nouveau terminal à conteneurs ont commencé samedi matin devant une foule de riverains venus voir les machines.</p>
<p>Le directeur du chantier a promis une ouverture au printemps, si le temps le permet et si les livraisons ne tardent pas trop.</p>
<p>Les pêcheurs demandent de leur côté un quai réservé, loin des remous causés par les grands navires qui entrent dans la rade.</p>"""
PATHS = [f"economie/le-port-s-agrandit-encore,{n}.html" for n in range(6)]


def article(n: int) -> str:
    title = f"Le port s'agrandit encore, épisode {n}"
    return (
        f'<html lang="fr"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="article:published_time" content="2026-01-1{n}T09:00:00+01:00"></head>'
        f"<body><article><h1>{title}</h1>{PARAGRAPHS}</article></body></html>"
    )


def listed() -> str:
    items = "".join(f'<li><a href="/{path}">Le port s\'agrandit encore une fois</a></li>' for path in PATHS)
    return f'<html lang="fr"><head><meta charset="utf-8"><meta property="og:site_name" content="L&#39;Exemple"></head><body><ul>{items}</ul></body></html>'


@pytest.fixture
def pages(monkeypatch):
    """The site's pages by address; whatever is asked for is answered from here."""
    held = {HOME: listed()} | {f"{HOME}{path}": article(n) for n, path in enumerate(PATHS)}

    def fetch(urls, spec):
        return [answer(url) for url in urls]

    def answer(url):
        if url in held:
            return Fetched(url, url, NOW, 200, (("Content-Type", "text/html"),), held[url].encode())
        return Fetched(url, url, NOW, 404, failure=FailureClass.GONE, detail="the server answered 404")

    monkeypatch.setattr("veille.cli.source_adding.fetch", fetch)
    return held


def test_a_site_becomes_a_source(veille, folder, pages):
    outcome = veille("sources", "add", "www.exemple.test")
    assert (outcome.code, outcome.err) == (0, "")
    path = folder / "sources" / "exemple.test.toml"
    source = Source.load(path)
    assert (source.name, source.home, source.title, source.languages) == ("exemple.test", HOME, "L'Exemple", ("fr",))
    lines = outcome.out.splitlines()
    assert [line[:10].strip() for line in lines if not line.startswith(" ")] == [
        "reached",
        "robots",
        "system",
        "feeds",
        "sitemaps",
        "sections",
        "articles",
        "language",
        "time zone",
        "preview",
        "written",
        "next",
    ]
    assert "preview   5 of 5 read" in lines
    assert sum(line.startswith("  +  Le port s'agrandit encore, épisode") for line in lines) == 5
    assert any("2026-01-10 (meta)" in line and "· fr · by listing" in line for line in lines)
    assert "sources/exemple.test.toml" in outcome.out
    assert 'sources = ["sources"]' in lines[-1]
    assert "--sources sources" in lines[-1]


def test_the_file_goes_where_the_settings_say(veille, folder, pages):
    outcome = veille("sources", "add", HOME, "--sources", "mine", "--sources", "theirs")
    assert (folder / "mine" / "exemple.test.toml").is_file()
    assert outcome.out.splitlines()[-1] == "next      veille crawl exemple.test --limit 20"
    assert veille("sources", "show", "exemple.test", "--sources", "mine").code == 0


def test_a_folder_and_a_name_may_be_given(veille, folder, pages):
    outcome = veille("sources", "add", HOME, "--folder", "a b", "--name", "ex")
    assert (folder / "a b" / "ex.toml").is_file()
    assert "--sources 'a b'" in outcome.out


def test_a_dry_run_writes_nothing(veille, folder, pages):
    outcome = veille("sources", "add", HOME, "--dry-run")
    assert outcome.code == 0
    assert not (folder / "sources").exists()
    text = outcome.out.split("would hold:\n\n")[1]
    assert Source.from_toml(text, folder / "x.toml").home == HOME


def test_json_holds_everything_but_the_pages(veille, folder, pages):
    said = veille("sources", "add", HOME, "--json").json
    assert (said["name"], said["written"], said["path"]) == ("exemple.test", True, "sources/exemple.test.toml")
    assert said["toml"] == (folder / "sources" / "exemple.test.toml").read_text(encoding="utf-8")
    assert said["survey"]["robots"]["outcome"] == "none (404)"
    assert "sample" not in said["survey"]
    assert said["survey"]["pattern"]["words"] == "slug,ID.html"
    assert {page["language"] for page in said["preview"]} == {"fr"}
    assert said["survey"]["trail"][0] == {"url": HOME, "purpose": "home", "outcome": "answered 200"}
    assert said["same_home"] == []


def test_json_of_a_dry_run(veille, pages):
    said = veille("sources", "add", HOME, "--json", "--dry-run").json
    assert (said["written"], said["path"]) == (False, "sources/exemple.test.toml")


def test_no_file_is_overwritten(veille, folder, pages):
    (folder / "sources").mkdir()
    path = folder / "sources" / "exemple.test.toml"
    path.write_text("mine")
    for more in ((), ("--dry-run",)):
        outcome = veille("sources", "add", HOME, *more)
        assert outcome.code == 2
        assert "taken" in outcome.err
        assert "--name" in outcome.err
    assert path.read_text() == "mine"
    assert veille("sources", "add", HOME, "--name", "other").code == 0


def test_the_name_of_a_known_source_is_taken_whatever_its_folder(veille, folder, pages):
    outcome = veille("sources", "add", HOME, "--name", "bladi")
    assert outcome.code == 2
    assert "bladi.toml" in outcome.err
    assert not (folder / "sources").exists()


def test_a_name_that_a_redirect_leads_to_may_be_taken_too(veille, folder, pages, monkeypatch):
    (folder / "sources").mkdir()
    (folder / "sources" / "exemple.test.toml").write_text("mine")
    home = Fetched("https://ancien.test/", HOME, NOW, 200, (), listed().encode())
    from veille.cli import source_adding

    usual = source_adding.fetch
    monkeypatch.setattr(
        source_adding,
        "fetch",
        lambda urls, spec: [home if url == home.url else fetched for url, fetched in zip(urls, usual(urls, spec), strict=True)],
    )
    outcome = veille("sources", "add", "ancien.test")
    assert (outcome.code, "taken" in outcome.err) == (2, True)


def test_a_site_that_is_known_is_noted(veille, folder, pages):
    assert veille("sources", "add", HOME, "--folder", "sources").code == 0
    outcome = veille("sources", "add", HOME, "--name", "again", "--sources", "sources")
    assert "note      source exemple.test has this home page already" in outcome.out.splitlines()


@pytest.mark.parametrize("name", ["Exemple", "a b", "../x", "", ".x"])
def test_a_name_that_is_none(veille, folder, pages, name):
    outcome = veille("sources", "add", HOME, "--name", name)
    assert outcome.code == (0 if name == "" else 2), "no name given is no name"
    assert not (folder / "x.toml").exists()


@pytest.mark.parametrize("url", ["ftp://exemple.test/", "http://"])
def test_what_is_no_web_address(veille, pages, url):
    outcome = veille("sources", "add", url)
    assert outcome.code == 2
    assert "no web address" in outcome.err


def test_a_sample_without_articles_ends_with_one(veille, folder, pages):
    for path in PATHS:
        pages[f"{HOME}{path}"] = "<html><title>Page introuvable</title><body><h1>404</h1></body></html>"
    outcome = veille("sources", "add", HOME)
    assert outcome.code == 1
    assert "preview   0 of 5 read" in outcome.out
    assert "none of the sample could be read" in outcome.err
    assert (folder / "sources" / "exemple.test.toml").is_file()


def test_no_article_no_file(veille, folder, pages):
    pages.clear()
    pages[HOME] = "<html><body><p>Bientôt.</p></body></html>"
    outcome = veille("sources", "add", HOME)
    assert outcome.code == 1
    assert "no article was found" in outcome.err
    assert not (folder / "sources").exists()


def test_control_characters_of_a_site_reach_neither_screen_nor_file(veille, folder, pages):
    pages[HOME] = listed().replace("L&#39;Exemple", "Un\x1b[31m &#8238;titre&#10;home = 1")
    outcome = veille("sources", "add", HOME)
    assert outcome.code == 0
    text = (folder / "sources" / "exemple.test.toml").read_text(encoding="utf-8")
    for character in ("\x1b", "\u202e"):
        assert character not in outcome.out + text
    assert Source.load(folder / "sources" / "exemple.test.toml").home == HOME


def test_the_help_has_an_example(veille):
    assert "veille sources add https://www.example.org/ --dry-run" in veille("sources", "add", "--help").out
