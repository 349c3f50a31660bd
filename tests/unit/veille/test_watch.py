"""The Python face of a database, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime

import pytest

import veille
from db.errors import QueryError, SettingError, UnknownName
from veille.filters import Filters

SOLAR = "https://www.lerivage.test/energie/centrale-solaire,12.html"
ARABIC = "https://www.almina.test/akhbar/14.html"


@pytest.fixture
def watch(press, folder, monkeypatch):
    monkeypatch.setenv("VEILLE_ARCHIVE", str(press.archive))
    with veille.open(press.url) as opened:
        yield opened


def test_search_takes_words_and_filters(watch):
    (hit,) = watch.search(
        "énergie solaire", language="fr", source="lerivage", country="DZ", after=date(2020, 1, 1), before=date(2021, 1, 1)
    )
    assert isinstance(hit, veille.Hit)
    assert hit.article.url == SOLAR
    assert watch.search("solaire", limit=1, tag="énergie", author="Nadia Belkacem")
    assert watch.search("zzzqqq") == []


def test_days_may_be_text(watch):
    assert [hit.article.url for hit in watch.search(after="2020-01-01", before=datetime(2020, 12, 31, tzinfo=UTC))] == [SOLAR]


@pytest.mark.parametrize("wrong", [{"after": "spring"}, {"before": 2020}, {"limit": 0}, {"limit": -3}])
def test_what_cannot_be_asked_is_a_value_error(watch, wrong):
    with pytest.raises(ValueError, match=r"is not a day|ask for one article"):
        watch.search("solaire", **wrong)


@pytest.mark.parametrize("wrong", [{"country": "Maroc"}, {"after": "2021-01-01", "before": "2020-01-01"}])
def test_filters_that_can_never_match_are_refused(watch, wrong):
    with pytest.raises(QueryError):
        watch.search("solaire", **wrong)


def test_a_closed_watch_answers_no_more(watch):
    watch.close()
    watch.close()
    for ask in (watch.search, watch.count, lambda: watch.get("x"), lambda: watch.page(SOLAR), lambda: list(watch.articles())):
        with pytest.raises(ValueError, match="this watch is closed"):
            ask()


def test_without_words_the_newest_come(watch):
    assert watch.search(limit=1)[0].article.url == ARABIC


def test_articles_stream(watch):
    assert {article.language for article in watch.articles()} == {"fr", "ar"}
    assert [article.url for article in watch.articles("solaire")] == [SOLAR]
    assert watch.count() == 4
    assert watch.count(filters=Filters(language="ar")) == 2
    assert watch.count(filters=Filters(originals_only=True)) == 4


def test_an_article_by_uid_or_address(watch, press):
    article = watch.get(press.uids[SOLAR])
    assert isinstance(article, veille.StoredArticle)
    assert watch.get(SOLAR) == article
    assert watch.get("no-such-uid") is None
    assert watch.get("https://www.lerivage.test/nothing") is None


def test_a_page(watch):
    page = watch.page(SOLAR)
    assert isinstance(page, veille.KeptPage)
    assert page.stored.status == 200
    assert page.body.startswith(b"<html>")
    assert watch.page("https://www.lerivage.test/nothing") is None
    with pytest.raises(UnknownName, match="is no web address"):
        watch.page("nonsense")


def test_an_export(watch):
    stream = io.StringIO()
    assert watch.export(stream, filters=Filters(source="almina")) == 2
    assert all(json.loads(line)["source"] == "almina" for line in stream.getvalue().splitlines())


@pytest.mark.parametrize("wrong", [{"file_format": "xml"}, {"file_format": "csv", "canonical": True}])
def test_an_export_that_there_is_not(watch, wrong):
    with pytest.raises(ValueError, match="there are jsonl, jsonl canonical, and csv"):
        watch.export(io.StringIO(), **wrong)


def test_a_database_that_is_not_there_is_not_made(folder):
    with pytest.raises(SettingError, match=r"press\.db: there is no database yet; `veille init` makes one"):
        veille.open("press.db")
    assert list(folder.iterdir()) == []


def test_settings_of_the_working_folder_count(press, folder, monkeypatch):
    (folder / "veille.toml").write_text(f"database = {json.dumps(press.url)}\n", encoding="utf-8")
    with veille.open() as opened:
        assert opened.count() == 4
