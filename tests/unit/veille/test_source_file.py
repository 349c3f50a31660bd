"""The source file made of a survey: it loads, every line says what it rests on, and no guess stands as a fact."""

from __future__ import annotations

import dataclasses
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.findings import (
    AddressPattern,
    FeedFound,
    RobotsFound,
    SectionFound,
    SitemapFound,
    Survey,
    SystemFound,
    ZoneFound,
)
from crawlers.source import Source
from db.errors import SettingError, SourceError
from veille.preview import Preview
from veille.source_file import feed_words, quoted, remark, sitemap_words, source_text, taken, write_new

HOME = "https://www.exemple.tn/"
FEED = FeedFound(f"{HOME}feed/", "rss", 20, 19, date(2026, 1, 30), "L'Exemple", declared=True)
MAP = SitemapFound(f"{HOME}plan.xml", True, 12, False, True, 50, 48, f"{HOME}plan-12.xml", 800, date(2011, 3, 1), date(2026, 1, 30))
READ = Preview(f"{HOME}a,1.html", "feed", None, "Un titre", date(2026, 1, 30), "json_ld", "second", ("Nadia B.",), 300, "fr")
SURVEY = Survey(
    asked_for="exemple.tn",
    home=HOME,
    status=200,
    at=datetime(2026, 1, 31, 9, tzinfo=UTC),
    robots=RobotsFound(f"{HOME}robots.txt", "ok", 5.0, (MAP.url,)),
    system=SystemFound("SPIP", "generator: SPIP 4"),
    title="L'Exemple",
    title_from="og:site_name of the home page",
    page_language="fr-TN",
    feeds=(FEED, dataclasses.replace(FEED, url=f"{HOME}c/", left_out="comments")),
    sitemaps=(MAP,),
    sections=(f"{HOME}politique/", f"{HOME}sport/"),
    looked_at=(SectionFound(f"{HOME}politique/", 10, f"{HOME}politique/page/2/"),),
    links=40,
    pattern=AddressPattern(r",\d+\.html$", "slug,ID.html", 38, 40),
    zone=ZoneFound("TN", "the host's name ends in .tn", "Africa/Tunis", 25, ("+01:00",)),
    sample=(),
    trail=(),
)


def made(survey: Survey = SURVEY, previews: tuple[Preview, ...] = (READ, READ)) -> tuple[str, Source]:
    text = source_text(survey, previews, "exemple.tn")
    return text, Source.from_toml(text, Path("exemple.tn.toml"))


def changed(**values: object) -> Survey:
    return dataclasses.replace(SURVEY, **values)


def test_what_was_seen_is_written():
    _, source = made()
    assert (source.name, source.home, source.title) == ("exemple.tn", HOME, "L'Exemple")
    assert source.languages == ("fr",)
    assert source.time_zone == "Africa/Tunis"
    assert source.feeds == (FEED.url,)
    assert source.sitemaps == (MAP.url,)
    assert source.delay == 5.0
    assert source.checked is None


def test_what_is_a_guess_is_a_comment():
    text, source = made()
    assert (source.country, source.allow, source.listings) == (None, (), ())
    lines = text.splitlines()
    assert '# country = "TN"  # guess: the host\'s name ends in .tn' in lines
    assert r"# allow = [',\d+\.html$']" in lines
    assert f'# url = "{HOME}politique/"  # 10 articles, older ones at {HOME}politique/page/2/' in lines
    assert f"# left out: {HOME}c/ (comments)" in lines


def test_every_fact_has_its_evidence():
    text, _ = made()
    facts = [line for line in text.splitlines() if line and not line.startswith(("#", "[", "]")) and not line.endswith("[")]
    assert len(facts) == 8
    assert all("  # " in line for line in facts), facts


def test_the_guesses_load_once_the_marks_are_taken_away():
    text, _ = made()
    wanted = ("# country", "# [articles]", "# allow", "# [[listings]]", "# url")
    lines = [line.removeprefix("# ") if line.startswith(wanted) else line for line in text.splitlines()]
    source = Source.from_toml("\n".join(lines), Path("x.toml"))
    assert (source.country, source.allow) == ("TN", (r",\d+\.html$",))
    assert [listing.url for listing in source.listings] == list(SURVEY.sections)


def test_a_zone_that_no_date_confirms_is_a_comment():
    text, source = made(changed(zone=dataclasses.replace(SURVEY.zone, agreed=0, offsets=())))
    assert source.time_zone == "UTC"
    assert '# time_zone = "Africa/Tunis"  # guess: that of TN; its dates state no offset' in text
    text, _ = made(changed(zone=dataclasses.replace(SURVEY.zone, agreed=0, offsets=("+02:00",))))
    assert "its dates state +02:00 and contradict it" in text


def test_an_unknown_country_is_said():
    text, source = made(changed(zone=ZoneFound(None, "", None, 0, ("+01:00",))))
    assert source.time_zone == "UTC"
    assert "# country, time_zone: unknown, days count as in UTC; its dates state +01:00" in text


def test_a_country_of_several_zones_has_no_zone():
    text, _ = made(changed(zone=ZoneFound("BR", "the host's name ends in .br", None, 0, ())))
    assert '# country = "BR"' in text
    assert "time_zone" not in text


def test_next_to_nothing_is_enough():
    bare = changed(title=None, system=None, page_language=None, feeds=(), sitemaps=(), sections=(), looked_at=(), pattern=None)
    bare = dataclasses.replace(bare, robots=RobotsFound("r", "none (404)"), zone=ZoneFound(None, "", None, 0, ()))
    text, source = made(bare, ())
    assert (source.home, source.title, source.delay) == (HOME, "exemple.tn", 2.0)
    assert "# no feed was found at 0 addresses" in text
    assert "# languages: no article of the sample told" in text
    assert "# Sample: 0 of 0 pages gave an article." in text


def test_a_single_article_does_not_prove_the_language():
    text, source = made(previews=(READ,))
    assert source.languages == ()
    assert '# languages = ["fr"]  # fr in 1 of 1 articles read' in text


def test_languages_in_the_order_of_their_number():
    other = dataclasses.replace(READ, language="ar")
    unsure = dataclasses.replace(READ, language="und")
    assert made(previews=(other, READ, READ, unsure))[1].languages == ("fr", "ar")


def test_what_could_not_be_read_is_told():
    text, _ = made(previews=(READ, Preview(f"{HOME}%D8%A3", "feed", "listing: many links")))
    assert "# Sample: 1 of 2 pages gave an article." in text
    assert f"#   {HOME}أ (listing: many links)" in text


@pytest.mark.parametrize(("delay", "written"), [(None, 2.0), (1.0, 2.0), (2.5, 2.5), (99999.0, 3600.0)])
def test_the_sites_own_delay(delay, written):
    assert made(changed(robots=RobotsFound("r", "ok", delay)))[1].delay == written


def test_words_for_feeds_and_sitemaps():
    assert feed_words(FEED) == "rss, 19 of 20 items lead to articles, newest 2026-01-30, named by the home page"
    assert feed_words(dataclasses.replace(FEED, newest=None, declared=False)).endswith("undated, guessed and found")
    assert sitemap_words(MAP) == (
        "index of 12 parts, the newest with 800 addresses, 48 of 50 looked at lead to articles, changed 2011-03-01 to 2026-01-30, "
        "named by robots.txt"
    )
    assert "none could be looked at" in sitemap_words(dataclasses.replace(MAP, newest_part_count=None))
    plain = SitemapFound("x", False, 1, True, False, 1, 1)
    assert sitemap_words(plain) == "news, 1 address, 1 of 1 looked at lead to articles, guessed and found"


ODD = [
    'Le "Soir"',
    "L'Écho \\ d'Alger",
    "C:\\temp",
    "جريدة\u202eالسهل",
    "a\nb\tc\x00d\x7f",
    "\ud800",
    '"""',
    "'''",
    "# x",
    "🗞",
    "\\u00e9",
    "= [",
]


@pytest.mark.parametrize("title", ODD)
def test_odd_titles_stay_in_their_line(title):
    text, source = made(changed(title=title, title_from=title, page_language=title, system=SystemFound(title, title)))
    assert "\n\n\n" not in text
    assert source.home == HOME
    text.encode("utf-8")


@given(st.text(max_size=60))
def test_any_string_is_quoted_so_that_it_loads(text):
    loaded = tomllib.loads(f"x = {quoted(text)}  # {remark(text)}\ny = 1")
    assert loaded["y"] == 1
    if text.isprintable():
        assert loaded["x"] == text


@given(st.text(max_size=400))
def test_a_remark_is_one_short_line(text):
    assert len(remark(text)) <= 200
    assert len(remark(text).splitlines()) <= 1


class TestWriting:
    def test_a_new_file_and_its_folder(self, tmp_path):
        path = tmp_path / "a" / "b" / "x.toml"
        write_new(path, "home = 'é'\n")
        assert path.read_text(encoding="utf-8") == "home = 'é'\n"

    def test_nothing_is_overwritten(self, tmp_path):
        path = tmp_path / "x.toml"
        path.write_text("mine")
        with pytest.raises(SourceError, match=r"'x' is taken .*--name"):
            write_new(path, "yours")
        assert path.read_text() == "mine"

    def test_a_link_that_leads_nowhere_is_not_followed(self, tmp_path):
        path = tmp_path / "x.toml"
        path.symlink_to(tmp_path / "elsewhere.toml")
        with pytest.raises(SourceError):
            write_new(path, "yours")
        assert not (tmp_path / "elsewhere.toml").exists()

    def test_a_folder_that_cannot_be(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(SettingError, match="--folder"):
            write_new(tmp_path / "file" / "x.toml", "text")

    def test_a_bundled_name_has_no_path(self):
        assert str(taken("x", None)) == "the name 'x' is taken, and nothing is overwritten; give the source another with --name"
