"""Sitemaps: by their content, gzipped, cut off, hostile, and very long."""

from __future__ import annotations

import gzip
import subprocess
import sys
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.discovery import sitemap as module
from crawlers.discovery.sitemap import MAX_DEPTH, Sitemap, SitemapEntry, inflated, parse_sitemap
from crawlers.source import Source
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FoundBy, PageKind

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
URL = "https://www.journal.example/sitemap.xml"
SITE = "https://www.journal.example"
SOURCE = Source.from_home(SITE)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'


def urlset(*urls: str, head: str = HEAD, root: str = "urlset", part: str = "url") -> str:
    return f"{head}<{root} {NAMESPACES}>" + "".join(f"<{part}>{url}</{part}>\n" for url in urls) + f"</{root}>\n"


def index(*parts: str) -> str:
    return urlset(*parts, root="sitemapindex", part="sitemap")


def maybe(body, url=URL, **more) -> Sitemap | None:
    return parse_sitemap(body.encode() if isinstance(body, str) else body, url, now=NOW, **more)


def parse(body, url=URL, **more) -> Sitemap:
    found = maybe(body, url, **more)
    assert found is not None
    return found


def entries(body, **more) -> list[SitemapEntry]:
    return list(parse(body, **more).entries())


def urls(body, **more) -> list[str]:
    return [entry.url.removeprefix(SITE) for entry in entries(body, **more)]


# ---------------------------------------------------------------- formats


def test_a_plain_sitemap():
    found = parse(
        urlset(
            f"<loc>{SITE}/a,1.html</loc><lastmod>2020-10-03</lastmod><changefreq>daily</changefreq><priority>0.9</priority>",
            f"<loc>{SITE}/b</loc>",
        )
    )
    assert (found.is_index, found.count, found.degraded, found.useless_lastmod, found.is_news) == (False, 2, False, False, False)
    assert list(found.entries()) == [SitemapEntry(f"{SITE}/a,1.html", datetime(2020, 10, 3, tzinfo=UTC)), SitemapEntry(f"{SITE}/b")]
    assert list(found.entries()) == list(found.entries()), "it can be read again"


def test_an_index_is_told_by_its_content_not_its_name():
    found = parse(index(f"<loc>{SITE}/sitemap-2011-03.xml</loc><lastmod>2011-03-31</lastmod>"), url=f"{SITE}/urlset.xml")
    assert found.is_index
    assert [entry.lastmod for entry in found.entries()] == [datetime(2011, 3, 31, tzinfo=UTC)]


def test_news_tags():
    news = (
        f"<loc>{SITE}/a,1.html</loc><news:news><news:publication><news:name>Le Journal</news:name><news:language>fr-FR</news:language></news:publication>"
        "<news:publication_date>2026-10-31T08:30:00+01:00</news:publication_date><news:title>Un titre &amp; demi</news:title></news:news>"
        f"<image:image><image:loc>{SITE}/i.jpg</image:loc><image:title>Photo</image:title></image:image>"
    )
    found = parse(urlset(news), time_zone="Africa/Casablanca")
    assert found.is_news
    assert list(found.entries()) == [
        SitemapEntry(
            f"{SITE}/a,1.html", None, datetime(2026, 10, 31, 7, 30, tzinfo=UTC), date(2026, 10, 31), "Un titre & demi", "fr", "Le Journal"
        )
    ]


def test_a_text_sitemap():
    found = parse(f"\ufeff{SITE}/a\r\n\r\n  {SITE}/b  \n{SITE}/أخبار")
    assert (found.is_index, found.count, found.degraded) == (False, 3, False)
    assert [entry.url for entry in found.entries()][2] == f"{SITE}/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"
    assert parse(f"{SITE}/a\nrubbish\n{SITE}/b").degraded


@pytest.mark.parametrize("times", [1, 2])
def test_gzipped_even_twice(times):
    body = urlset(f"<loc>{SITE}/a</loc>", f"<loc>{SITE}/b</loc>").encode()
    for _ in range(times):
        body = gzip.compress(body)
    assert urls(body) == ["/a", "/b"]


def test_gzip_of_several_members():
    whole = urlset(f"<loc>{SITE}/a</loc>", f"<loc>{SITE}/b</loc>").encode()
    assert urls(gzip.compress(whole[:150]) + gzip.compress(whole[150:])) == ["/a", "/b"]


def test_no_namespace_prefixes_cdata_comments_and_order_do_not_matter():
    assert urls(f"<urlset><url><loc>{SITE}/a</loc></url></urlset>") == ["/a"]
    assert urls(f'<s:urlset xmlns:s="x"><s:url><s:lastmod>2020</s:lastmod><s:loc>{SITE}/a</s:loc></s:url></s:urlset>') == ["/a"]
    assert urls(f"<urlset><!-- <url><loc>{SITE}/x</loc></url> --><url><loc>\n <![CDATA[{SITE}/a?b=1&c=2]]> </loc></url></urlset>") == [
        "/a?b=1&c=2"
    ]
    assert urls(urlset(f"<loc>{SITE}/a</loc>").encode("utf-16")) == ["/a"], "declared as UTF-8"
    assert urls(urlset(f"<loc>{SITE}/a</loc>", head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16")) == ["/a"]


def test_an_empty_sitemap_is_one():
    for body in (urlset(), f"<urlset {NAMESPACES}/>"):
        found = parse(body)
        assert (found.count, found.degraded) == (0, False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n ",
        b"<!DOCTYPE html><html><body><p>Page introuvable</p></body></html>",
        b"<html><url><loc>https://www.journal.example/a</loc></url></html>",
        b"Not found",
        b"<rss version='2.0'><channel><item><link>https://www.journal.example/a</link></item></channel></rss>",
        b"{}",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00rubbish",
        gzip.compress(b"rubbish", mtime=0),
        b"%PDF-1.4",
        b"/a\n/b\n",
        b"<urlset",
    ],
)
def test_what_is_no_sitemap_is_none(body):
    assert maybe(body) is None


@pytest.mark.parametrize(
    "loc",
    [
        "",
        " ",
        "/relative",
        "javascript:alert(1)",
        "file:///etc/hostname",
        "data:text/html,x",
        "ftp://a.example/x",
        "http://",
        "https://u:p@a.example/",
        f"{SITE}/{'a' * 3000}",
    ],
)
def test_torture_45_addresses_that_cannot_be_fetched_are_dropped(loc):
    assert urls(urlset(f"<loc>{loc}</loc>", "<lastmod>2020</lastmod>", f"<loc>{SITE}/a</loc>")) == ["/a"]


def test_unescaped_ampersands_wherever_the_chunks_end(monkeypatch):
    body = urlset(*(f"<loc>{SITE}/i.php?a={n}&id={n}&amp;c=&#50;&section=1&copy=2</loc>" for n in range(20)))
    expected = [f"/i.php?a={n}&id={n}&c=2&section=1&copy=2" for n in range(20)]
    for size in (1, 2, 3, 7, 11, 64, 65_536):
        monkeypatch.setattr(module, "CHUNK", size)
        assert urls(body) == expected, size


# ---------------------------------------------------------------- torture


def test_torture_47_entities_are_neither_expanded_nor_fetched(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(f"{SITE}/SECRET")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    heads = [
        f'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY l0 "ha">{laughs}]>',
        f'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY l11 "{"x" * 50_000}">]>',
        f'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY l11 SYSTEM "file://{secret}">]>',
        f'<?xml version="1.0"?><!DOCTYPE urlset SYSTEM "file://{secret}">',
        f'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY % p SYSTEM "file://{secret}"> %p;]>',
    ]
    for head in heads:
        body = urlset(f"<loc>{SITE}/before</loc>", *["<loc>&l11;</loc>"] * 500, f"<loc>{SITE}/{'&l11;' * 50}</loc>", head=head)
        tracemalloc.start()
        found = urls(body)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert found[:1] == ["/before"]
        assert not any("SECRET" in url or len(url) > 1_000 for url in found)
        assert peak < 8_000_000


def test_torture_48_bad_input_a_sitemap_cut_anywhere_keeps_what_is_complete():
    whole = urlset(*(f"<loc>{SITE}/titre-{n}12345.html</loc><lastmod>2020-10-0{n + 1}</lastmod>" for n in range(9)))
    for cut in range(1, len(whole) - 12):
        text = whole[:cut]
        complete = text.count("</url>")
        found = maybe(text)
        assert (found is None) == (complete == 0 and ("xmlns:image" not in text or not text.rstrip().endswith(">")) and found is None)
        if found is not None:
            assert found.degraded
            assert [entry.url for entry in found.entries()] == [f"{SITE}/titre-{n}12345.html" for n in range(complete)]


def test_bad_input_a_gzipped_sitemap_cut_in_half():
    many = urlset(*(f"<loc>{SITE}/titre-{n * 7919}</loc>" for n in range(3_000))).encode()
    packed = gzip.compress(many)
    found = parse(packed[: len(packed) // 2])
    assert found.degraded
    assert 500 < found.count < 2_500
    assert [entry.url for entry in found.entries()] == [f"{SITE}/titre-{n * 7919}" for n in range(found.count)]


def test_torture_48_broken_in_the_middle():
    assert urls(urlset(f"<loc>{SITE}/a</loc>", "<loc>oops", f"</loc><loc>{SITE}/b</wrong>", f"<loc>{SITE}/c</loc>"))[0] == "/a"
    found = parse(urlset(f"<loc>{SITE}/a</loc>", f"<loc>{SITE}/b&nbsp;x</loc>", f"<loc>{SITE}/c</loc>"))
    assert [entry.url.removeprefix(SITE) for entry in found.entries()][::2] == ["/a", "/c"]
    latin = urlset(f"<loc>{SITE}/été</loc>", f"<loc>{SITE}/c</loc>").encode("latin-1")
    assert urls(latin)[-1] == "/c"


def test_torture_49_an_index_that_names_itself_and_others_sites():
    body = index(
        f"<loc>{URL}</loc>",
        "<loc>http://journal.example/sitemap.xml</loc>",
        f"<loc>{SITE}/sitemap-1.xml</loc>",
        "<loc>https://autre.example/sitemap.xml</loc>",
    )
    (candidate,) = parse(body).candidates(SOURCE)
    assert candidate.url == f"{SITE}/sitemap-1.xml"


def test_torture_49_nesting_is_counted_and_ends():
    body = index(f"<loc>{SITE}/sitemap-1.xml</loc>")
    depths = []
    depth = 0
    while found := list(parse(body).candidates(SOURCE, depth=depth)):
        depth = found[0].hints.depth
        depths.append(depth)
    assert depths == list(range(1, MAX_DEPTH))


def test_torture_49_an_index_of_fifty_thousand_parts_is_capped():
    body = index(*(f"<loc>{SITE}/s-{n}.xml</loc>" for n in range(50_000)))
    assert parse(body).count == module.MAX_PARTS


def test_torture_49_a_sitemap_on_its_own_host_is_followed_there():
    parts = list(parse(index("<loc>https://cdn.example/s-1.xml</loc>"), url="https://cdn.example/index.xml").candidates(SOURCE))
    assert [part.url for part in parts] == ["https://cdn.example/s-1.xml"]


def big(padding: int) -> bytes:
    pad = "x" * padding
    return urlset(*(f"<loc>{SITE}/titre-{n:06}.html</loc><lastmod>2020-10-03</lastmod><!--{pad}-->" for n in range(50_000))).encode()


CHILD = """
import gzip, resource, sys, tracemalloc
from datetime import UTC, datetime
from crawlers.discovery.sitemap import parse_sitemap
now = datetime(2026, 11, 1, tzinfo=UTC)
packed = sys.stdin.buffer.read()
parse_sitemap(gzip.compress(b"<urlset><url><loc>https://a.example/</loc></url></urlset>"), "https://a.example/s.xml", now=now)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if sys.argv[1] == "python":
    tracemalloc.start()
found = parse_sitemap(packed, "https://a.example/s.xml", now=now)
traced = tracemalloc.get_traced_memory()[1]
print(found.count, found.degraded, traced, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture(scope="module")
def huge() -> bytes:
    body = big(870)
    assert len(body) > 48_000_000
    return gzip.compress(body, 1)


def parsed_in_a_child(packed: bytes, looked_at: str) -> tuple[str, str, int, int]:
    """Count, whether it is degraded, bytes that Python took, kilobytes that the process grew by; in a process that nothing else slows down."""
    command = [sys.executable, "-c", CHILD, looked_at]
    done = subprocess.run(command, input=packed, capture_output=True, check=True, cwd=Path(__file__).parents[3])
    count, degraded, traced, kilobytes = done.stdout.decode().split()
    return count, degraded, int(traced), int(kilobytes)


def test_torture_50_fifty_thousand_addresses_in_fifty_megabytes_in_flat_memory(huge):
    count, degraded, traced, _ = parsed_in_a_child(huge, "python")
    assert (count, degraded) == ("50000", "False")
    assert 0 < traced < 3_000_000


def test_torture_50_nor_does_the_parser_below_python_keep_it(huge):
    count, _, _, kilobytes = parsed_in_a_child(huge, "the process")
    assert count == "50000"
    assert kilobytes < 20_000


def test_torture_7_a_gzip_bomb_is_read_to_the_budget_only():
    bomb = gzip.compress(b"<urlset><url><loc>https://a.example/</loc></url>" + b" " * 100_000_000)
    found = parse(bomb, budget=1_000_000)
    assert (found.count, found.degraded) == (1, True)
    assert sum(map(len, inflated(gzip.compress(b"0" * 10_000_000), 300_000))) == 300_000
    assert sum(map(len, inflated(gzip.compress(gzip.compress(b"0" * 10_000_000)), 300_000))) == 300_000


def test_a_sitemap_longer_than_the_protocol_allows_is_capped(monkeypatch):
    monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    found = parse(urlset(*(f"<loc>{SITE}/{n}</loc>" for n in range(9))))
    assert found.count == len(list(found.entries())) == 5


@pytest.mark.parametrize("seconds", [0, 1, 30])
def test_torture_51_lastmod_that_says_now_everywhere_is_ignored(seconds):
    stamp = (NOW - timedelta(seconds=seconds)).isoformat()
    found = parse(urlset(*(f"<loc>{SITE}/a,{n}.html</loc><lastmod>{stamp}</lastmod>" for n in range(3))))
    assert found.useless_lastmod
    assert [(c.refetch_before, c.hints.lastmod, c.priority) for c in found.candidates(SOURCE)] == [(None, None, 300)] * 3


def test_torture_51_true_stamps_are_kept():
    stamps = [(NOW - timedelta(hours=hours)).isoformat() for hours in (0, 5)]
    found = parse(urlset(*(f"<loc>{SITE}/a,{n}.html</loc><lastmod>{stamp}</lastmod>" for n, stamp in enumerate(stamps))))
    assert not found.useless_lastmod
    assert [c.refetch_before for c in found.candidates(SOURCE)] == [NOW, NOW - timedelta(hours=5)]
    same_day = urlset(*(f"<loc>{SITE}/a,{n}.html</loc><lastmod>2020-10-03</lastmod>" for n in range(3)))
    assert not parse(same_day).useless_lastmod, "an import of old articles"


def test_a_change_in_the_future_is_no_change():
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    assert entries(urlset(f"<loc>{SITE}/a</loc><lastmod>{tomorrow}</lastmod>"))[0].lastmod is None


def news_of(name: str, language: str) -> str:
    return (
        f"<loc>{SITE}/a,1.html</loc><news:news><news:publication><news:name>{name}</news:name><news:language>{language}</news:language></news:publication>"
        "<news:publication_date>2026-10-31</news:publication_date><news:title>T</news:title></news:news>"
    )


GAZETTE = Source.from_toml(f'home = "{SITE}"\ntitle = "La Gazette du Sud"\nlanguages = ["fr"]', Path("gazette.toml"))


@pytest.mark.parametrize(
    ("name", "language", "trusted"),
    [
        ("La Gazette", "fr", True),
        ("gazette", "", True),
        ("", "fr", True),
        ("Journal", "fr", True),
        ("Autre Presse", "fr", False),
        ("La Gazette", "ru", False),
    ],
)
def test_torture_55_news_tags_of_another_paper_are_not_believed(name, language, trusted):
    (candidate,) = parse(urlset(news_of(name, language))).candidates(GAZETTE)
    assert candidate.url == f"{SITE}/a,1.html"
    assert (candidate.hints.published_on, candidate.hints.title) == ((date(2026, 10, 31), "T") if trusted else (None, None))
    assert candidate.hints.evidence is (DateEvidence.SITEMAP if trusted else None)


def test_torture_55_a_news_sitemap_without_news_tags_is_a_plain_one():
    found = parse(urlset(f"<loc>{SITE}/a,1.html</loc><news:news></news:news>", f"<loc>{SITE}/b,2.html</loc>"))
    assert not found.is_news
    assert [c.hints for c in found.candidates(SOURCE)] == [Hints(), Hints()]


# ---------------------------------------------------------------- candidates


def test_candidates_of_a_urlset():
    body = urlset(
        f"<loc>{SITE}/</loc>",
        f"<loc>{SITE}/category/monde/</loc>",
        f"<loc>{SITE}/contact</loc>",
        f"<loc>{SITE}/breve</loc>",
        "<loc>https://autre.example/2020/10/03/titre</loc>",
        f"<loc>{SITE}/2020/10/03/un-titre</loc><lastmod>2020-10-03T15:00:00Z</lastmod>",
        f"<loc>{SITE}/2026/10/30/un-titre</loc><lastmod>2026-10-30T15:00:00Z</lastmod>",
    )
    assert list(parse(body).candidates(SOURCE, shift=-250)) == [
        Candidate(f"{SITE}/breve", PageKind.ARTICLE, FoundBy.SITEMAP, Hints(), 50),
        Candidate(
            f"{SITE}/2020/10/03/un-titre",
            PageKind.ARTICLE,
            FoundBy.SITEMAP,
            Hints(lastmod=datetime(2020, 10, 3, 15, tzinfo=UTC)),
            50,
            datetime(2020, 10, 3, 15, tzinfo=UTC),
        ),
        Candidate(
            f"{SITE}/2026/10/30/un-titre",
            PageKind.ARTICLE,
            FoundBy.SITEMAP,
            Hints(lastmod=datetime(2026, 10, 30, 15, tzinfo=UTC)),
            250,
            datetime(2026, 10, 30, 15, tzinfo=UTC),
        ),
    ]


def test_candidates_of_an_index():
    body = index(f"<loc>{SITE}/s-1.xml</loc><lastmod>2020-10-03</lastmod>", f"<loc>{SITE}/s-2.xml</loc>")
    stamped, plain = parse(body).candidates(SOURCE)
    assert (stamped.kind, stamped.found_by, stamped.priority, stamped.hints.depth) == (PageKind.SITEMAP, FoundBy.SITEMAP, 800, 1)
    assert stamped.refetch_before == stamped.hints.lastmod == datetime(2020, 10, 3, tzinfo=UTC)
    assert plain.refetch_before == NOW - timedelta(hours=24)


# ---------------------------------------------------------------- anything


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=3_000),
    st.sampled_from([b"", b"<urlset><url><loc>", b"<sitemapindex>", b"\x1f\x8b\x08", b"https://a.example/\n", b"\xff\xfe<\x00u\x00"]),
)
def test_no_bytes_make_it_raise(body, before):
    found = maybe(before + body)
    if found is not None:
        assert len(list(found.entries())) == found.count
        assert len(list(found.candidates(SOURCE))) <= found.count


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1_000), st.binary(max_size=6), st.booleans())
def test_no_damage_makes_it_raise(place, dirt, packed):
    body = urlset(*(f"<loc>{SITE}/été-{n}</loc><lastmod>2020-10-0{n + 1}</lastmod>" for n in range(8))).encode()
    body = gzip.compress(body) if packed else body
    found = maybe(body[:place] + dirt + body[place + len(dirt) :])
    assert found is None or all(entry.url.startswith("http") for entry in found.entries())
