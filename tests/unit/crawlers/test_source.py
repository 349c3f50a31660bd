"""Source files: defaults, every key, every kind of mistake."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.definition import duration
from crawlers.pagination import Pagination
from crawlers.source import ListingPage, Source, _digest, path_of
from crawlers.time_zones import is_zone, zone_of
from db.errors import SourceError
from db.readings import Layout
from db.records import Hints

FULL = """
name = "gazette"
title = "La Gazette du Sud"
home = "https://www.gazette.example/"
country = "ma"
tags = ["presse", "quotidien"]
languages = ["fr", "ar"]
time_zone = "Africa/Tunis"
checked = 2026-01-15

[discovery]
feeds = ["/feed/", "https://feeds.example/gazette.xml"]
sitemaps = ["sitemap.xml"]
archives = ["archives/{yyyy}/{mm}/"]
numbered = "?p={n}"
hosts = ["www.archives-gazette.example"]
guess = false
follow_links = false
max_pages = 50

[[listings]]
url = "/sports/"
next = "query:debut_articles={offset:20}"

[[listings]]
url = "/monde/"

[articles]
allow = [',\\d+\\.html$']
deny = ['^/pub/']
template = false

[editions]
ar = "/ar/"
fr = ["/fr/", "/"]

[politeness]
delay = "1m30s"
concurrency = 2
verify_tls = false

[timetable]
windows = ["6:00-23:00", "23:30 - 01:00"]
shortest = "10m"
longest = "3h"

[[layouts]]
until = "2021-01-01"
body = "div.texte"
remove = [".pub", "aside"]

[[layouts]]
since = 2021-01-01
date = "time.date"
"""


def read(text: str, name: str = "gazette.toml") -> Source:
    return Source.from_toml(text, Path(name))


def problems(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        read(text)
    return str(caught.value)


def test_a_file_that_holds_only_a_home_url_works():
    source = read('home = "https://www.journal.example/"', "mon-journal.toml")
    assert (source.name, source.title, source.home) == ("mon-journal", "journal.example", "https://www.journal.example/")
    assert (source.country, source.languages, source.tags, source.time_zone) == (None, (), (), "UTC")
    assert (source.feeds, source.sitemaps, source.listings, source.guess) == ((), (), (), True)
    assert (source.every, source.cron, source.max_pages, source.checked) == (None, None, 2000, None)
    assert (source.delay, source.concurrency, source.verify_tls) == (2.0, 1, True)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://journal.example", "https://journal.example/"),
        ("journal.example", "https://journal.example/"),
        ("www.journal.example/fr/", "https://www.journal.example/fr/"),
        ("http://journal.example:8080/", "http://journal.example:8080/"),
        ("https://journal.example/#haut", "https://journal.example/"),
        (" https://journal.example/ ", "https://journal.example/"),
    ],
)
def test_home_is_completed(written, meant):
    assert read(f'home = "{written}"').home == meant
    assert Source.from_home(written).home == meant


def test_every_key_is_understood():
    source = read(FULL)
    assert source.title == "La Gazette du Sud"
    assert source.country == "MA"
    assert source.time_zone == "Africa/Tunis"
    assert source.checked == date(2026, 1, 15)
    assert source.feeds == ("https://www.gazette.example/feed/", "https://feeds.example/gazette.xml")
    assert source.sitemaps == ("https://www.gazette.example/sitemap.xml",)
    assert source.numbered == "https://www.gazette.example/?p={n}"
    assert source.archives == ("https://www.gazette.example/archives/{yyyy}/{mm}/",)
    assert source.hosts == ("archives-gazette.example",)
    assert (source.guess, source.follow_links, source.max_pages) == (False, False, 50)
    assert source.listings == (
        ListingPage("https://www.gazette.example/sports/", Pagination("query", "debut_articles", "", 20, 0)),
        ListingPage("https://www.gazette.example/monde/"),
    )
    assert source.allow == (r",\d+\.html$",)
    assert source.deny == ("^/pub/",)
    assert source.editions == (("/ar/", "ar"), ("/fr/", "fr"), ("/", "fr"))
    assert (source.delay, source.concurrency, source.verify_tls) == (90.0, 2, False)
    assert (source.every, source.cron, source.windows) == (None, None, ("06:00-23:00", "23:30-01:00"))
    assert (source.shortest, source.longest) == (timedelta(minutes=10), timedelta(hours=3))
    assert source.layouts == (
        Layout(until=date(2021, 1, 1), body="div.texte", remove=(".pub", "aside")),
        Layout(since=date(2021, 1, 1), date="time.date"),
    )
    assert source.path == Path("gazette.toml")


def test_the_digest_follows_interval_and_cron():
    written = ["", 'every = "1h"', 'cron = "15 6-22 * * *"', 'windows = "06:00-24:00"']
    sources = [read(f'home = "https://a.example/"\n[timetable]\n{each}') for each in written]
    assert [(source.every, source.cron) for source in sources[1:3]] == [(timedelta(hours=1), None), (None, "15 6-22 * * *")]
    assert sources[3].windows == ("06:00-24:00",)
    assert len({source.digest for source in sources}) == 4


def test_what_the_reader_may_know():
    discovered = Hints(title="Un titre")
    hints = read(FULL).reading_hints(discovered)
    assert hints.source == "gazette"
    assert hints.title == "La Gazette du Sud"
    assert hints.languages == ("fr", "ar")
    assert hints.editions[0] == ("/ar/", "ar")
    assert len(hints.layouts) == 2
    assert hints.discovered is discovered


def test_the_country_gives_the_time_zone():
    assert read('home = "https://a.example/"\ncountry = "DZ"').time_zone == "Africa/Algiers"
    assert zone_of("ES") == "Europe/Madrid"
    assert zone_of("US") == "UTC", "several zones: nothing is guessed"
    assert zone_of(None) == zone_of("XX") == "UTC"


def test_zone_names():
    assert is_zone("Africa/Casablanca")
    assert not any(map(is_zone, ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe", "a\0b"]))


def test_a_wrong_key_names_file_key_and_remedy():
    message = problems('home = "https://a.example/"\ntittle = "A"')
    assert message == "gazette.toml: 1 problem\n  tittle: unknown key; did you mean 'title'?"


def test_all_problems_of_a_file_come_in_one_message():
    message = problems("""
        titel = "x"
        country = "Maroc"
        languages = ["français"]
        time_zone = "Casablanca"
        checked = "hier"
        listings = "x"
        tags = 3
        [discovery]
        feed = ["/feed/"]
        guess = "no"
        max_pages = 0
        feeds = ["javascript:alert(1)"]
        [articles]
        allow = ["("]
        [politeness]
        delay = -1
        concurrency = true
        [timetable]
        every = "often"
        cron = "* *"
        [[layouts]]
        since = 2021-01-01
        until = 2020-01-01
        boddy = "div"
    """)
    keys = [line.split(":")[0].strip() for line in message.splitlines()[1:]]
    assert sorted(keys) == sorted(
        [
            "home", "country", "languages", "time_zone", "checked", "listings", "tags", "titel",
            "discovery.feed", "discovery.guess", "discovery.max_pages", "discovery.feeds", "articles.allow",
            "politeness.delay", "politeness.concurrency", "timetable.every", "timetable.cron",
            "layouts[1].until", "layouts[1].boddy",
        ]
    )  # fmt: skip
    assert "did you mean 'feeds'?" in message
    assert 'add a line such as home = "https://www.example.org/"' in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "home: is missing"),
        ("home = 3", "home: must be text in quotes, not 3"),
        ('home = ""', "home: must be text"),
        ('home = "ftp://a.example/"', "home: 'ftp://a.example/' is no web address"),
        ('home = "file:///etc/passwd"', "is no web address"),
        ('home = "https:// a .example/"', "is no web address"),
        ('home = "https://a.example/"\nname = "Mon Journal"', "name: 'Mon Journal' must be small letters"),
        ("home = https://a.example/", "not TOML"),
        ('home = "https://a.example/"\n[[listings]]\nnext = "rel"', "listings[1].url: is missing"),
        ('home = "https://a.example/"\n[[listings]]\nurl = "/a/"\nnext = "page 2"', "listings[1].next: 'page 2' is no pagination"),
        ('home = "https://a.example/"\n[[listings]]\nurl = "mailto:a@b"', "listings[1].url: 'mailto:a@b' is no address"),
        ('home = "https://a.example/"\n[timetable]\nevery = "1h"\ncron = "0 * * * *"', "timetable.cron: stands beside `every`"),
        (
            'home = "https://a.example/"\n[timetable]\ncron = "0 * * * *"\nwindows = "06:00-23:00"',
            "timetable.windows: stands beside `cron`",
        ),
        ('home = "https://a.example/"\n[timetable]\nevery = "1h"\nlongest = "3h"', "timetable.longest: is a bound of a timetable that has"),
        ('home = "https://a.example/"\n[timetable]\nlongest = "4m"', "timetable.longest: must not be less than `shortest` (300 seconds)"),
        ('home = "https://a.example/"\n[timetable]\nwindows = ["6-23"]', "timetable.windows: '6-23' is no span of the day"),
        ('home = "https://a.example/"\n[timetable]\nwindows = ["06:00-06:00"]', "is no span of the day; write it as 06:00-23:00"),
        ('home = "https://a.example/"\n[timetable]\nevery = "5s"', "timetable.every: must be at least 60 seconds"),
        ('home = "https://a.example/"\n[politeness]\ndelay = "soon"', "politeness.delay: 'soon' is no length of time"),
        ('home = "https://a.example/"\n[politeness]\ndelay = [1]', "politeness.delay: must be a number of seconds"),
        ('home = "https://a.example/"\n[politeness]\ndelay = nan', "politeness.delay: must be from 0 to 3600 seconds"),
        ('home = "https://a.example/"\npoliteness = 3', "politeness: must be a table: write [politeness]"),
        ('home = "https://a.example/"\n[editions]\nfr = "["', "editions.fr: '[' is not a regular expression"),
    ],
)
def test_mistakes(text, told):
    message = problems(text)
    assert message.startswith("gazette.toml:")
    assert told in message


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(SourceError, match=r"nothing\.toml: cannot be read \(No such file"):
        Source.load(tmp_path / "nothing.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes('home = "https://a.example/"\ntitle = "Liberté"'.encode("latin-1"))
    with pytest.raises(SourceError, match=r"latin\.toml: not UTF-8 text"):
        Source.load(latin)


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('\ufeffhome = "https://a.example/"', encoding="utf-8")
    assert Source.load(path).name == "a"


def test_from_home_names_the_source_after_its_host():
    assert Source.from_home("https://www.Exemple.dz/").name == "exemple.dz"
    assert Source.from_home("https://exemple.dz/", name="exemple").name == "exemple"
    with pytest.raises(SourceError, match="is no web address"):
        Source.from_home("not a host")


def test_a_source_can_be_pickled_and_hashed():
    source = read(FULL)
    assert pickle.loads(pickle.dumps(source)) == source
    assert hash(source) == hash(read(FULL))


def test_the_digest_follows_the_meaning_not_the_spelling():
    source = read(FULL)
    respelt = read(FULL.replace('country = "ma"', 'country = "MA"  # Maroc').replace("2026-01-15", "2026-02-15"))
    assert len(source.digest) == 64
    assert respelt.digest == source.digest
    assert read(FULL.replace("max_pages = 50", "max_pages = 51")).digest != source.digest


@pytest.mark.parametrize(
    "field", [f.name for f in dataclasses.fields(Source) if f.name not in {"path", "digest", "checked", "every", "cron"}]
)
def test_every_field_that_matters_is_in_the_digest(field):
    full = read(FULL)
    other = getattr(read('home = "https://a.example/"', "other.toml"), field)
    assert getattr(full, field) != other, "the test's file must say something about every field"
    assert _digest(dataclasses.replace(full, **{field: other})) != full.digest


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://www.gazette.example/a,1.html", True),
        ("http://gazette.example/", True),
        ("https://ar.gazette.example/", True),
        ("https://m.gazette.example/a", True),
        ("https://archives-gazette.example/1999/", True),
        ("https://emploi.gazette.example/", False),
        ("https://autre.example/", False),
        ("https://gazette.example.evil.example/", False),
        ("https://xgazette.example/", False),
        ("javascript:alert(1)", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_on_site(url, own):
    assert read(FULL).is_on_site(url) is own


def test_patterns_see_decoded_path_and_query():
    assert path_of("https://a.example/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1?p=%20x#f") == "/أخبار?p= x"
    assert path_of("https://a.example") == "/"
    assert path_of("https://a.example/maroc,1.html?utm_source=fil&page=2&fbclid=x") == "/maroc,1.html?page=2"
    assert path_of("https://a.example/maroc,1.html?utm_source=fil") == "/maroc,1.html"
    assert path_of("/maroc,1.html?a=1") == "/maroc,1.html?a=1"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), ("1w", 604800), ("1h30m", 5400), ("1 h 30 m", 5400), ("0.5h", 1800)],
)
def test_durations(text, seconds):
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "fifteen minutes", "-5m", "1y", "999999d", "1e5s", "9" * 400 + "s"])
def test_no_durations(text):
    with pytest.raises(ValueError):
        duration(text)


@given(st.text())
def test_any_text_is_a_source_or_a_source_error(text):
    try:
        told = read(text).path
    except SourceError as error:
        told = str(error).partition(":")[0]
    assert str(told) == "gazette.toml"


@given(st.text())
def test_any_address_is_a_source_or_a_source_error(text):
    try:
        source = Source.from_home(text)
    except SourceError:
        return
    assert source.home.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("rule", "url", "following"),
    [
        ("path:/page/{n}/", "https://a.example/sport/", "https://a.example/sport/page/2/"),
        ("path:/page/{n}/", "https://a.example/sport/page/2/", "https://a.example/sport/page/3/"),
        ("path:/page/{n}/", "https://a.example/sport/page/9", "https://a.example/sport/page/10/"),
        ("path:/page/{n}/", "https://a.example/", "https://a.example/page/2/"),
        ("path:/{n-1}", "https://a.example/sport", "https://a.example/sport/1"),
        ("path:/{n-1}", "https://a.example/sport/1", "https://a.example/sport/2"),
        ("path:/{n}.html", "https://a.example/sport/", "https://a.example/sport/2.html"),
        ("path:/p{offset:10}", "https://a.example/sport", "https://a.example/sport/p10"),
        ("query:page={n}", "https://a.example/sport", "https://a.example/sport?page=2"),
        ("query:page={n}", "https://a.example/sport?page=2&tri=date", "https://a.example/sport?tri=date&page=3"),
        ("query:page={n-1}", "https://a.example/sport", "https://a.example/sport?page=1"),
        ("query:debut_articles={offset:20}", "https://a.example/sport", "https://a.example/sport?debut_articles=20"),
        ("query:debut_articles={offset:20}", "https://a.example/s?debut_articles=20#x", "https://a.example/s?debut_articles=40"),
        ("query:page={n}", "https://a.example/sport?page=abc", "https://a.example/sport?page=2"),
        ("query:q={n}", "https://a.example/?nom=%D8%A3", "https://a.example/?nom=%D8%A3&q=2"),
        ("auto", "https://a.example/sport", None),
        ("rel", "https://a.example/sport", None),
        ("none", "https://a.example/sport", None),
    ],
)
def test_pagination(rule, url, following):
    assert Pagination.parse(rule).following(url) == following


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "page",
        "path:/page/",
        "path:page/{n}",
        "path:/{n}/{n}",
        "query:{n}",
        "query:a={n}b",
        "query:a=b&c={n}",
        "path:/{m}",
        "x:/{n}",
        "query:p={offset:0}",
    ],
)
def test_no_pagination(rule):
    with pytest.raises(ValueError, match="is no pagination; write"):
        Pagination.parse(rule)


def test_the_schema_loads_no_third_party_library():
    code = (
        "import sys, crawlers.source; print([m for m in ('scrapy', 'lxml', 'sqlalchemy', 'feedparser', 'trafilatura') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert done.stdout.strip() == "[]"
