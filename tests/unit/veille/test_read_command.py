"""One page read on the spot, from the command line and from Python."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

import veille
from db.readings import ReadingHints

URL = "https://www.exemple.test/economie/port-oran,12.html"
PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Le port d'Oran s'agrandit - Exemple</title>
<meta property="og:title" content="Le port d'Oran s'agrandit">
<meta property="article:published_time" content="2020-10-03T14:30:00+01:00"><meta name="author" content="Nadia Belkacem">
</head><body><nav><a href="/">Accueil</a></nav><article><h1>Le port d'Oran s'agrandit</h1>
<p>Les travaux du nouveau terminal à conteneurs ont commencé samedi matin devant une foule de riverains venus voir les machines.</p>
<p>Le directeur du chantier a promis une ouverture au printemps, si le temps le permet et si les livraisons ne tardent pas trop.</p>
<p>Les pêcheurs demandent de leur côté un quai réservé, loin des remous causés par les grands navires qui entrent dans la rade.</p>
</article></body></html>"""
NOTHING = "<html><head><title>Page introuvable</title></head><body><h1>404</h1></body></html>"


@pytest.fixture
def page(folder):
    path = folder / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_a_file_is_read_as_a_person_reads_it(veille, page):
    outcome = veille("read", page, "--url", URL)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == "Le port d'Oran s'agrandit"
    assert "published  2020-10-03 (2020-10-03T13:30:00Z), to the second, from meta" in lines
    assert "authors    Nadia Belkacem" in lines
    assert any(line.startswith("Les pêcheurs demandent") for line in lines)


def test_the_record_as_json(veille, page):
    record = veille("read", page, "--url", URL, "--json").json
    assert (record["article"], record["url"], record["language"]) == (True, URL, "fr")
    assert record["published"] == {"on": "2020-10-03", "precision": "second", "evidence": "meta", "at": "2020-10-03T13:30:00Z"}
    assert "decisions" not in record


def test_every_decision_is_explained(veille, page):
    outcome = veille("read", page, "--url", URL, "--why")
    assert "step\tfield\tvalue\twhy" in outcome.out
    decisions = veille("read", page, "--url", URL, "--why", "--json").json["decisions"]
    assert {"step", "field", "value", "why"} == set(decisions[0])
    assert any(decision["field"] == "published" for decision in decisions)


def test_an_article_that_goes_on_says_where(veille, folder):
    first, second = folder / "1.html", folder / "2.html"
    first.write_text(PAGE.replace("</article>", f'</article><a href="{URL}?page=2">2</a>'), encoding="utf-8")
    second.write_text(PAGE.replace("</article>", f'</article><a href="{URL}">1</a>'), encoding="utf-8")
    assert f"goes on at  {URL}?page=2" in veille("read", first, "--url", URL).out.splitlines()
    assert f"page       2 of several, after {URL}" in veille("read", second, "--url", f"{URL}?page=2").out.splitlines()
    assert veille("read", first, "--url", URL, "--json").json["part"] == {"number": 1, "first": None, "following": f"{URL}?page=2"}


def test_stdin_is_read(veille, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PAGE.encode())))
    assert veille("read", "-", "--url", URL, "--json").json["title"] == "Le port d'Oran s'agrandit"


def test_without_an_address_a_page_is_read_all_the_same(veille, page):
    assert veille("read", page, "--json").json["url"] is None


def test_a_page_without_an_article_says_why_and_ends_with_1(veille, folder):
    (folder / "nothing.html").write_text(NOTHING, encoding="utf-8")
    outcome = veille("read", "nothing.html", "--url", URL)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("no article: ")
    machine = veille("read", "nothing.html", "--url", URL, "--json")
    assert (machine.code, machine.json["article"]) == (1, False)


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"%PDF-1.7 \x00", b"<" * 100_000])
def test_whatever_the_bytes_there_is_an_answer(veille, folder, body):
    (folder / "odd.html").write_bytes(body)
    outcome = veille("read", "odd.html", "--url", URL, "--json")
    assert (outcome.code, outcome.json["article"]) == (1, False)


@pytest.mark.parametrize("how", ["named", "by address"])
def test_the_hints_of_a_source_hold(veille, folder, page, how):
    (folder / "papers").mkdir()
    (folder / "papers" / "exemple.toml").write_text(
        'home = "https://www.exemple.test/"\n[editions]\nfrancaise = "/economie/"\n', encoding="utf-8"
    )
    arguments = ["--source", "exemple"] if how == "named" else []
    record = veille("read", page, "--url", URL, "--sources", "papers", "--json", *arguments).json
    assert record["edition"] == "francaise"


def test_an_unknown_source_is_a_usage_error(veille, page):
    outcome = veille("read", page, "--source", "blady")
    assert (outcome.code, outcome.err) == (2, "veille: no source is called 'blady'; did you mean bladi?\n")


def test_control_characters_of_a_page_do_not_reach_the_terminal(veille, folder):
    (folder / "page.html").write_text(PAGE.replace("Les travaux", "Les \x1b[31mtravaux\x9b"), encoding="utf-8")
    assert "\x1b" not in veille("read", "page.html", "--url", URL).out


# ---------------------------------------------------------------- from Python


def test_python_reads_a_page():
    article = veille.read(PAGE.encode(), url=URL)
    assert isinstance(article, veille.Article)
    assert article.published is not None
    assert article.published.on == date(2020, 10, 3)


def test_python_reads_a_page_of_no_known_address():
    for article in (veille.read(PAGE.encode()), veille.read(PAGE.encode(), url="")):
        assert isinstance(article, veille.Article)
        assert (article.url, article.published.on) == ("", date(2020, 10, 3))


def test_python_is_told_why_there_is_no_article():
    rejected = veille.read(NOTHING.encode(), url=URL)
    assert isinstance(rejected, veille.Rejected)
    assert rejected.detail


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/html; charset=iso-8859-1"}, [("Content-Type", "text/html; charset=iso-8859-1")]]
)
def test_headers_tell_the_charset(headers):
    body = PAGE.replace('<meta charset="utf-8">', "").encode("iso-8859-1")
    article = veille.read(body, url=URL, headers=headers)
    assert "Les pêcheurs" in article.text


def test_relative_dates_count_from_the_fetch():
    undated = PAGE.replace('<meta property="article:published_time" content="2020-10-03T14:30:00+01:00">', "")
    recent = undated.replace("</h1>", "</h1><p>il y a 3 jours</p>")
    at = datetime(2026, 2, 15, 8, tzinfo=UTC)
    assert veille.read(recent.encode(), url=URL).published is None
    article = veille.read(recent.encode(), url=URL, fetched_at=at.astimezone(timezone(timedelta(hours=1))))
    assert article.published.on == date(2026, 2, 12)


def test_a_fetch_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs a time zone"):
        veille.read(PAGE.encode(), url=URL, fetched_at=datetime(2026, 2, 15))


def test_hints_of_a_source_can_be_given():
    hints = ReadingHints(source="exemple", editions=(("/economie/", "économie"),))
    assert veille.read(PAGE.encode(), url=URL, hints=hints).edition == "économie"


@pytest.mark.parametrize("url", ["not a url", "", "file:///page.html", "www.example.org"])
def test_an_address_that_is_none_is_refused(veille, folder, url):
    (folder / "page.html").write_text("<p>x", encoding="utf-8")
    outcome = veille("read", "page.html", "--url", url)
    assert (outcome.code, outcome.out) == (2, "")
    assert "is no web address" in outcome.err


def test_a_file_from_nowhere_shows_no_address(veille, folder):
    text = "Les travaux du terminal ont commencé samedi; les pêcheurs demandent un quai réservé, loin des remous des navires. " * 3
    head = '<meta property="og:image" content="/lead.jpg"><link rel="canonical" href="/a,12.html">'
    page = f'<html lang="fr"><head>{head}</head><body><article><h1>Le port s\'agrandit</h1><p>{text}</p><a href="/b">b</a></article></html>'
    (folder / "page.html").write_text(page, encoding="utf-8")
    assert "unknown.invalid" not in veille("read", "page.html").out
    outcome = veille("read", "page.html", "--json")
    assert (outcome.code, outcome.json["url"], "unknown.invalid" in outcome.out) == (0, None, False)
    (folder / "empty.html").write_text("<a href='/b'>b</a>", encoding="utf-8")
    assert "unknown.invalid" not in veille("read", "empty.html", "--json").out
