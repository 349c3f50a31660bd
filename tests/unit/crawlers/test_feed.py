"""Feeds of every make and every kind of damage."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.discovery.dates import Stated, are_all_now, lastmod, stated
from crawlers.discovery.feed import MAX_ITEMS, Feed, FeedItem, absolute, parse_feed
from crawlers.discovery.text import plain_title
from crawlers.source import Source
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FoundBy, PageKind

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
URL = "https://www.journal.example/feed/"
SOURCE = Source.from_home("https://www.journal.example/")


def parse(body, **more) -> Feed:
    feed = parse_feed(body.encode() if isinstance(body, str) else body, URL, now=NOW, **more)
    assert feed is not None
    return feed


def none(body, **more) -> bool:
    return parse_feed(body.encode() if isinstance(body, str) else body, URL, now=NOW, **more) is None


def rss(*items: str, head: str = "<?xml version='1.0' encoding='UTF-8'?>", channel: str = "") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'{head}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Le Journal</title>{channel}{inside}</channel></rss>'


# ---------------------------------------------------------------- formats


def test_rss_2():
    feed = parse(
        rss(
            "<title>Un accord &amp; un traité</title><link>https://www.journal.example/a,1.html</link><pubDate>Sat, 03 Oct 2020 14:05:00 +0100</pubDate>",
            "<title><![CDATA[Deux <b>mots</b>]]></title><link>/b,2.html</link><guid isPermaLink='false'>2</guid>",
            channel='<atom:link rel="self" href="https://www.journal.example/feed/"/><atom:link rel="next" href="?paged=2"/>',
        ),
        time_zone="Africa/Casablanca",
    )
    assert feed == Feed(
        "rss",
        (
            FeedItem(
                "https://www.journal.example/a,1.html", "Un accord & un traité", datetime(2020, 10, 3, 13, 5, tzinfo=UTC), date(2020, 10, 3)
            ),
            FeedItem("https://www.journal.example/b,2.html", "Deux mots"),
        ),
        title="Le Journal",
        self_url="https://www.journal.example/feed/",
        next_url="https://www.journal.example/feed/?paged=2",
    )


def test_rss_1_with_dublin_core():
    feed = parse(
        """<?xml version="1.0"?>
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel rdf:about="https://www.journal.example/"><title>Journal</title><items/></channel>
        <item rdf:about="https://www.journal.example/spip.php?article1"><title>Un</title>
          <link>https://www.journal.example/spip.php?article1</link><dc:date>2020-10-03T14:05:00+01:00</dc:date></item>
        <item rdf:about="https://www.journal.example/spip.php?article2"><title>Deux</title></item>
        </rdf:RDF>"""
    )
    assert [item.url[-1] for item in feed.items] == ["1", "2"]
    assert feed.items[0].published_at == datetime(2020, 10, 3, 13, 5, tzinfo=UTC)


def test_rss_0_9():
    feed = parse(
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">'
        "<channel><title>J</title></channel><item><title>Un</title><link>http://www.journal.example/un</link></item></rdf:RDF>"
    )
    assert feed.items == (FeedItem("http://www.journal.example/un", "Un"),)
    older = parse('<rss version="0.91"><channel><title>J</title><item><title>Un</title><link>/un</link></item></channel></rss>')
    assert [item.url for item in older.items] == ["https://www.journal.example/un"]


def test_atom():
    feed = parse(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://www.journal.example/actu/">
        <title type="html">Le &lt;i&gt;Journal&lt;/i&gt;</title>
        <link rel="self" href="/feed/"/><link rel="next" href="/feed/?page=2"/>
        <entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Un <b>titre</b> entier</div></title>
          <link rel="enclosure" href="/son.mp3"/><link rel="alternate" href="un.html"/>
          <published>2020-10-03T14:05:00Z</published><updated>2020-10-04T08:00:00Z</updated></entry>
        <entry><title>Deux</title><link href="/deux.html"/><updated>2020-10-05T08:00:00Z</updated></entry>
        <entry><title>Trois</title><id>https://www.journal.example/trois.html</id></entry>
        </feed>"""
    )
    assert (feed.kind, feed.title) == ("atom", "Le Journal")
    assert (feed.self_url, feed.next_url) == (URL, f"{URL}?page=2")
    first, second, third = feed.items
    assert (first.url, first.title) == ("https://www.journal.example/actu/un.html", "Un titre entier")
    assert (first.published_at, first.updated) == (datetime(2020, 10, 3, 14, 5, tzinfo=UTC), datetime(2020, 10, 4, 8, 0, tzinfo=UTC))
    assert second.published_at == second.updated == datetime(2020, 10, 5, 8, 0, tzinfo=UTC)
    assert third.url == "https://www.journal.example/trois.html"


def test_json_feed():
    feed = parse(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "Journal",
                "feed_url": URL,
                "next_url": "/feed/2.json",
                "items": [
                    {
                        "id": "1",
                        "url": "/un.html",
                        "title": "Un",
                        "date_published": "2020-10-03T14:05:00Z",
                        "date_modified": "2020-10-04T00:00:01Z",
                    },
                    {"id": "https://www.journal.example/deux.html", "content_text": "…"},
                    {"id": 3, "url": 4, "title": ["x"]},
                    "nothing",
                ],
            }
        )
    )
    assert feed.kind == "json"
    assert [item.url for item in feed.items] == ["https://www.journal.example/un.html", "https://www.journal.example/deux.html"]
    assert feed.items[0].updated == datetime(2020, 10, 4, 0, 0, 1, tzinfo=UTC)
    assert feed.next_url == "https://www.journal.example/feed/2.json"


@pytest.mark.parametrize(
    "body", ["{", "{}", '{"items": 3, "version": "https://jsonfeed.org/version/1"}', '{"items": []}', "{" * 100_000, '{"a":' * 50_000]
)
def test_other_json_is_no_feed(body):
    assert none(body)


# ---------------------------------------------------------------- what is no feed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   \n",
        b"<!DOCTYPE html><html><head><title>Journal</title></head><body><p>Bonjour</p></body></html>",
        b"<html><body>Page introuvable</body></html>",
        b"<!doctype HTML>\n<p>x",
        b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x' 'y'><html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
        b"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://a.example/</loc></url></urlset>",
        b"<?xml version='1.0'?><opml/>",
        b"Not found",
        b"\x00\x01\x02",
        b"\x1f\x8b\x08\x00",
        b"%PDF-1.4",
    ],
)
def test_bad_input_what_is_no_feed_is_none(body):
    assert none(body)
    assert none(body, content_type="application/rss+xml")


def test_bad_input_a_feed_that_is_html_even_with_feed_words_in_it():
    assert none('<!DOCTYPE html><html><body><p>Notre flux &lt;rss&gt;</p><a href="/feed"><feed></a></body></html>')


# ---------------------------------------------------------------- torture


def test_torture_47_entities_are_neither_expanded_nor_fetched(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bodies = [
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]>' + rss("<title>&l11;</title><link>/a</link>", head=""),
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY big "{"x" * 50_000}">]>'
        + rss("<title>" + "&big;" * 5_000 + "</title><link>/a</link>", head=""),
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f SYSTEM "file://{secret}">]>' + rss("<title>&f;</title><link>/a</link>", head=""),
        f'<?xml version="1.0"?><!DOCTYPE rss SYSTEM "file://{secret}">' + rss("<title>un</title><link>/a</link>", head=""),
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY % p SYSTEM "file://{secret}"> %p;]>'
        + rss("<title>un</title><link>/a</link>", head=""),
    ]
    started = time.process_time()
    for body in bodies:
        feed = parse_feed(body.encode(), URL, now=NOW)
        titles = [item.title or "" for item in feed.items] if feed else []
        assert all(len(title) <= 500 and "SECRET" not in title for title in titles)
    assert time.process_time() - started < 30, "entities were expanded"


def test_torture_48_truncated_xml_keeps_the_complete_items():
    whole = rss(*(f"<title>T{n}</title><link>https://www.journal.example/a,{n}1234.html</link>" for n in range(10)))
    for cut in range(len(whole) - 1, 0, -97):
        feed = parse_feed(whole[:cut].encode(), URL, now=NOW)
        complete = whole[:cut].count("</item>")
        assert [item.title for item in (feed.items if feed else ())] == [f"T{n}" for n in range(complete)]
        assert feed is None or feed.degraded
        assert all(item.url.endswith("1234.html") for item in (feed.items if feed else ()))


def test_torture_48_unescaped_ampersands_and_html_entities():
    feed = parse(
        rss(
            "<title>Foot & basket &nbsp; caf&eacute;</title><link>https://www.journal.example/index.php?section=1&section=2&copy=22222</link>"
        )
    )
    assert feed.degraded
    assert feed.items[0].title == "Foot & basket café"
    assert feed.items[0].url == "https://www.journal.example/index.php?section=1&section=2&copy=22222"


def test_torture_48_utf8_declared_as_latin():
    body = rss("<title>L’été à Alger</title><link>/a</link>", head="<?xml version='1.0' encoding='ISO-8859-1'?>").encode()
    feed = parse(body)
    assert feed.items[0].title == "L’été à Alger"
    assert feed.degraded


def test_torture_48_latin_declared_as_utf8():
    body = rss("<title>L'été à Alger</title><link>/a</link>").encode("latin-1")
    feed = parse(body)
    assert feed.items[0].title == "L'été à Alger"
    assert feed.degraded


def test_torture_48_right_latin_and_arabic_declarations_are_followed():
    latin = rss("<title>L'été</title><link>/a</link>", head="<?xml version='1.0' encoding='ISO-8859-1'?>").encode("latin-1")
    arabic = rss("<title>أخبار</title><link>/a</link>", head="<?xml version='1.0' encoding='windows-1256'?>").encode("cp1256")
    wide = rss("<title>أخبار</title><link>/a</link>", head="<?xml version='1.0' encoding='UTF-16'?>").encode("utf-16")
    assert [parse(body).items[0].title for body in (latin, arabic, wide)] == ["L'été", "أخبار", "أخبار"]
    assert not parse(latin).degraded


def test_torture_48_rubbish_around_the_feed():
    good = rss("<title>Un</title><link>/a</link>")
    assert parse("\n\n\ufeff  " + good).items[0].title == "Un"
    assert parse(good + "\n<!-- cached --><script>x</script>").items[0].title == "Un"
    assert parse("<br />\n<b>Warning</b>: x.php on line 3<br />\n" + good).items[0].title == "Un"


def test_torture_51_updates_that_all_say_now_are_useless():
    def atom(*stamps: datetime) -> str:
        entries = "".join(
            f'<entry><title>{n}</title><link href="/{n}"/><updated>{stamp.isoformat()}</updated></entry>' for n, stamp in enumerate(stamps)
        )
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'

    assert [item.updated for item in parse(atom(NOW, NOW, NOW - timedelta(seconds=3))).items] == [None] * 3
    assert all(item.updated for item in parse(atom(NOW, NOW - timedelta(hours=3))).items)
    assert all(item.updated for item in parse(atom(NOW - timedelta(days=9), NOW - timedelta(days=9))).items)


def test_torture_52_more_items_than_one_feed_should_hold():
    feed = parse(rss(*(f"<title>T{n}</title><link>/a,{n}.html</link>" for n in range(10_000))))
    assert len(feed.items) == MAX_ITEMS
    assert feed.capped
    assert feed.items[0].title == "T0"
    assert not parse(rss("<link>/a</link>")).capped


def test_torture_53_items_without_link_guid_or_title_and_with_strange_ones():
    feed = parse(
        rss(
            "<title>Sans adresse</title>",
            "<link>/b</link>",
            "<title>guid</title><guid>https://www.journal.example/c</guid>",
            "<title>no link</title><guid isPermaLink='false'>https://www.journal.example/d</guid>",
            "<title>js</title><link>javascript:alert(1)</link>",
            "<title>data</title><link>data:text/html,x</link>",
            "<title>file</title><link>file:///etc/passwd</link>",
            "<title>vide</title><link> </link><guid></guid>",
            "<title>même guid</title><link>/e</link><guid>1</guid>",
            "<title>même guid</title><link>/f</link><guid>1</guid>",
            "<title>deux fois</title><link>/f</link><guid>99</guid>",
            "<title>cassé</title><link>http://[::1/</link>",
            "<title>long</title><link>/" + "a" * 3000 + "</link>",
            "<title>relatif</title><link>../g.html</link>",
            "<title>protocole</title><link>//www.journal.example/h</link>",
        )
    )
    assert [item.url.removeprefix("https://www.journal.example/") for item in feed.items] == ["b", "c", "e", "f", "g.html", "h"]
    assert feed.items[0].title is None


def test_torture_53_a_changing_guid_changes_nothing():
    one, two = (parse(rss(f"<title>T</title><link>/b</link><guid isPermaLink='false'>{guid}</guid>")) for guid in "12")
    assert one == two


def test_torture_53_links_to_other_sites_are_no_candidates():
    feed = parse(
        rss(
            "<link>https://autre.example/2020/10/03/un-titre</link>",
            "<link>/2020/10/03/un-titre</link>",
            "<link>/tag/maroc</link>",
            "<link>/breve</link>",
        )
    )
    assert [c.url for c in feed.candidates(SOURCE)] == [
        "https://www.journal.example/2020/10/03/un-titre",
        "https://www.journal.example/breve",
    ]


DATES = [
    ("Sat, 03 Oct 2020 14:05:00 +0100", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 13, 5, tzinfo=UTC))),
    ("03 Oct 2020 14:05 GMT", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 14, 5, tzinfo=UTC))),
    ("Sat, 03 Oct 2020 14:05:00 EST", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 19, 5, tzinfo=UTC))),
    ("Sat, 03 Oct 2020 14:05:00 +01:00", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 13, 5, tzinfo=UTC))),
    ("Sat, 03 Oct 2020 14:05:00 GMT+1", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 13, 5, tzinfo=UTC))),
    ("Sat, 03 Oct 2020 14:05:00 +9900", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 13, 5, tzinfo=UTC))),
    ("Sat, 03 Oct 2020 14:05:00 Heure locale", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 13, 5, tzinfo=UTC))),
    ("Sat, 03 Oct 2020 23:30:00 -0500", Stated(date(2020, 10, 4), datetime(2020, 10, 4, 4, 30, tzinfo=UTC))),
    ("Sat, 3 Oct 20 14:05:00 Z", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 14, 5, tzinfo=UTC))),
    ("Sun, 3 Oct 99 14:05:00 Z", Stated(date(1999, 10, 3), datetime(1999, 10, 3, 14, 5, tzinfo=UTC))),
    ("sam., 03 oct. 2020 14:05:00 +0000", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 14, 5, tzinfo=UTC))),
    ("Samedi 3 octobre 2020", Stated(date(2020, 10, 3))),
    ("1er août 2020", Stated(date(2020, 8, 1))),
    ("8 août 2014 - 21h44", Stated(date(2014, 8, 8), datetime(2014, 8, 8, 20, 44, tzinfo=UTC))),
    ("3 de octubre de 2020", Stated(date(2020, 10, 3))),
    ("السبت, 03 أكتوبر 2020 14:05:00 +0000", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 14, 5, tzinfo=UTC))),
    ("٣ غشت ٢٠٢٠", Stated(date(2020, 8, 3))),
    ("2 دجنبر، 2020", Stated(date(2020, 12, 2))),
    ("15 جويلية 2019", Stated(date(2019, 7, 15))),
    ("2020-10-03T14:05:00Z", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 14, 5, tzinfo=UTC))),
    ("2020-10-03 14:05:00.123+01:00", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 13, 5, tzinfo=UTC))),
    ("20201003T140500Z", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 14, 5, tzinfo=UTC))),
    ("2020-10-03", Stated(date(2020, 10, 3))),
    ("2020-10-03T00:00:00Z", Stated(date(2020, 10, 3))),
    ("Sat Oct  3 14:05:00 2020", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 13, 5, tzinfo=UTC))),
    ("October 3, 2020 2:05 pm", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 13, 5, tzinfo=UTC))),
    ("October 3rd, 2020 12:05 am UTC", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 0, 5, tzinfo=UTC))),
    ("25/10/2020 14:05", Stated(date(2020, 10, 25), datetime(2020, 10, 25, 13, 5, tzinfo=UTC))),
    ("10/25/2020", Stated(date(2020, 10, 25))),
    ("1601733900", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 14, 5, tzinfo=UTC))),
    ("1601733900000", Stated(date(2020, 10, 3), datetime(2020, 10, 3, 14, 5, tzinfo=UTC))),
    ("Mon, 02 Nov 2026 20:00:00 GMT", Stated(date(2026, 11, 2), datetime(2026, 11, 2, 20, 0, tzinfo=UTC))),
    ("Wed, 04 Nov 2026 20:00:00 GMT", None),
    ("Thu, 01 Jan 1970 00:00:00 GMT", None),
    ("Wed, 31 Dec 1989 20:00:00 GMT", None),
    ("2099-01-01", None),
    ("15 رمضان 1446", None),
    ("15 رمضان 46", None),
    ("28 جمادى الأولى 1446 هـ", None),
    ("03/04/2020", None),
    ("31 février 2020", None),
    ("03 Oct 2020 25:61:00", None),
    ("0000-00-00 00:00:00", None),
    ("il y a 3 semaines", None),
    ("now", None),
    ("", None),
    (None, None),
    ("3 octobre 2020 " * 20, None),
    ("9999-12-31T23:59:59-14:00", None),
]


@pytest.mark.parametrize(("text", "meant"), DATES)
def test_torture_54_dates_are_right_or_unknown(text, meant):
    assert stated(text, now=NOW, time_zone="Africa/Casablanca") == meant


@pytest.mark.parametrize(("text", "meant"), DATES)
def test_torture_54_dates_of_items(text, meant):
    (item,) = parse(rss(f"<title>T</title><link>/a</link><pubDate>{text or ''}</pubDate>"), time_zone="Africa/Casablanca").items
    assert (item.published_on, item.published_at) == ((meant.on, meant.at) if meant else (None, None))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2020", datetime(2020, 12, 31, tzinfo=UTC)),
        ("2020-02", datetime(2020, 2, 29, tzinfo=UTC)),
        ("2020-10-03", datetime(2020, 10, 3, tzinfo=UTC)),
        ("2020-10-03T14:05Z", datetime(2020, 10, 3, 14, 5, tzinfo=UTC)),
        ("2020-10-03T14:05:09.45+01:00", datetime(2020, 10, 3, 13, 5, 9, tzinfo=UTC)),
        ("2020-10-03 14:05", datetime(2020, 10, 3, 14, 5, tzinfo=UTC)),
        ("Sat, 03 Oct 2020 14:05:00 GMT", datetime(2020, 10, 3, 14, 5, tzinfo=UTC)),
        ("2026", NOW),
        ("2027", None),
        ("2026-11-09", None),
        ("2020-13", None),
        ("1970-01-01", None),
        ("soon", None),
        (None, None),
    ],
)
def test_times_of_last_change(text, meant):
    assert lastmod(text, now=NOW) == meant


def test_stamps_that_say_nothing():
    assert are_all_now([NOW, NOW - timedelta(seconds=20)], NOW)
    assert not are_all_now([NOW - timedelta(hours=1)] * 5, NOW)
    assert not are_all_now([], NOW)


# ---------------------------------------------------------------- candidates and small parts


def test_candidates_carry_what_the_feed_says():
    feed = Feed(
        "rss",
        (
            FeedItem("https://www.journal.example/2020/10/03/un-titre", "Un", NOW, NOW.date(), NOW),
            FeedItem("https://www.journal.example/a,1.html"),
        ),
    )
    assert feed.candidates(SOURCE) == [
        Candidate(
            "https://www.journal.example/2020/10/03/un-titre",
            PageKind.ARTICLE,
            FoundBy.FEED,
            Hints(title="Un", published_at=NOW, published_on=NOW.date(), evidence=DateEvidence.FEED, lastmod=NOW),
            500,
            NOW,
        ),
        Candidate("https://www.journal.example/a,1.html", PageKind.ARTICLE, FoundBy.FEED, Hints(), 500),
    ]


def test_the_sources_patterns_hold_for_feeds_too():
    source = Source.from_toml('home = "https://www.journal.example/"\n[articles]\nallow = [",[0-9]+[.]html$"]', Path("j.toml"))
    feed = parse(rss("<link>/a,1.html</link>", "<link>/un-titre-de-plus-de-quatre-mots</link>", "<link>/breve</link>"))
    assert [c.url for c in feed.candidates(source, -250)] == ["https://www.journal.example/a,1.html"]


def test_feedburners_own_counter_is_avoided():
    feed = parse(
        '<rss xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><item><link>http://feeds.example/~r/1</link>'
        "<feedburner:origLink>https://www.journal.example/a</feedburner:origLink></item></channel></rss>"
    )
    assert feed.items[0].url == "https://www.journal.example/a"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  Un\n titre ", "Un titre"),
        ("Un &amp; deux", "Un & deux"),
        ("&lt;b&gt;Gras&lt;/b&gt;", "Gras"),
        ("<img src=x onerror=alert(1)>Titre", "Titre"),
        ("2 < 3 et 4 > 3", "2 < 3 et 4 > 3"),
        ("nul\x00 et \x1b", "nul et"),
        ("seul \ud800", "seul"),
        ("", None),
        (None, None),
        ("<br/>", None),
        ("a" * 600, "a" * 500),
    ],
)
def test_plain_titles(text, plain):
    assert plain_title(text) == plain


@pytest.mark.parametrize("link", [None, "", "  ", "javascript:x", "mailto:a@b", "http://[", "#"])
def test_no_address(link):
    assert absolute(link, "") is None


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=2_000),
    st.sampled_from(
        [b"", b"<rss><channel><item>", b"<feed><entry>", b"<?xml version='1.0'?><rdf:RDF>", b'{"version":"jsonfeed","items":[']
    ),
)
def test_no_bytes_make_it_raise(body, before):
    feed = parse_feed(before + body, URL, now=NOW)
    assert feed is None or isinstance(feed, Feed)


@pytest.mark.parametrize("dirt", [b"\x80", b"\x00"])
def test_an_encoding_name_that_is_none_makes_no_feed(dirt):
    body = b'<?xml version="1.0" encoding="' + dirt + b'utf-8"?><rss version="2.0"><channel><item><link>http://a.test/1</link></item>'
    assert parse_feed(body, URL, now=NOW) is None


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2_000), st.binary(max_size=6))
def test_no_damage_makes_it_raise(place, dirt):
    body = rss(
        *(f"<title>Été {n}</title><link>/a,{n}.html</link><pubDate>Sat, 0{n + 1} Oct 2020 14:05:00 +0100</pubDate>" for n in range(8))
    ).encode()
    damaged = body[:place] + dirt + body[place + len(dirt) :]
    feed = parse_feed(damaged, URL, now=NOW)
    assert feed is None or all(item.url.startswith("http") for item in feed.items)


@given(st.text(max_size=150))
def test_no_text_makes_a_date_raise(text):
    when = stated(text, now=NOW)
    assert when is None or when.on <= (NOW + timedelta(days=3)).date()
    changed = lastmod(text, now=NOW)
    assert changed is None or changed <= NOW + timedelta(days=2)
