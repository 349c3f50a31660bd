"""One address under many spellings is one; two addresses stay two; no text makes these functions fail otherwise than promised."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.identity import MAX_LENGTH, clean_url, host_of, is_home, site_of, url_key

ARTICLE = "https://journal.example/monde/accord-de-peche,1234.html"
ARABIC = "https://sahifa.example/أخبار/الجزائر-والمغرب"

SAME = [
    # scheme, host, port
    (ARTICLE, "http://journal.example/monde/accord-de-peche,1234.html"),
    (ARTICLE, "HTTPS://journal.example/monde/accord-de-peche,1234.html"),
    (ARTICLE, "https://JOURNAL.Example/monde/accord-de-peche,1234.html"),
    (ARTICLE, "https://www.journal.example/monde/accord-de-peche,1234.html"),
    (ARTICLE, "https://m.journal.example/monde/accord-de-peche,1234.html"),
    (ARTICLE, "https://mobile.journal.example/monde/accord-de-peche,1234.html"),
    (ARTICLE, "https://www.m.journal.example/monde/accord-de-peche,1234.html"),
    (ARTICLE, "https://amp.journal.example/monde/accord-de-peche,1234.html"),
    (ARTICLE, "https://journal.example:443/monde/accord-de-peche,1234.html"),
    (ARTICLE, "http://journal.example:80/monde/accord-de-peche,1234.html"),
    (ARTICLE, "http://journal.example./monde/accord-de-peche,1234.html"),
    (ARTICLE, "  https://journal.example/monde/accord-\nde-peche,1234.html\t"),
    # path
    (ARTICLE, "https://journal.example//monde///accord-de-peche,1234.html"),
    (ARTICLE, "https://journal.example/sport/../monde/./accord-de-peche,1234.html"),
    (ARTICLE, "https://journal.example/monde/accord-de-peche%2C1234.html"),
    (ARTICLE, "https://journal.example/monde/%61ccord%2Dde-peche,1234.html"),
    (ARTICLE, "https://journal.example/monde/accord-de-peche,1234.html/"),
    (ARTICLE, "https://journal.example/monde/accord-de-peche,1234.html;jsessionid=6F1C2A"),
    (ARTICLE, "https://journal.example/(S(lit3py55t21z5v55vlm25s55))/monde/accord-de-peche,1234.html"),
    (ARTICLE, "https://journal.example/monde/accord-de-peche,1234.amp.html"),
    (ARTICLE, "https://journal.example/amp/monde/accord-de-peche,1234.html"),
    ("https://journal.example/monde/12", "https://journal.example/monde/12/amp/"),
    ("https://journal.example/monde/12", "https://journal.example/monde/12/amp"),
    ("https://journal.example/monde/12", "https://journal.example/monde/12.amp"),
    ("https://journal.example/monde/12", "https://journal.example/monde/12/print/"),
    ("https://journal.example/monde/12", "https://journal.example/monde/12/imprimer"),
    ("https://journal.example/monde/", "https://journal.example/monde/index.html"),
    ("https://journal.example", "https://journal.example/index.php"),
    ("https://journal.example", "https://journal.example/?"),
    # fragment, query
    (ARTICLE, ARTICLE + "#comments"),
    (ARTICLE, ARTICLE + "?"),
    (ARTICLE, ARTICLE + "?&&"),
    (ARTICLE, ARTICLE + "?utm_source=rss&utm_medium=feed&utm_campaign=été"),
    (ARTICLE, ARTICLE + "?UTM_Source=rss"),
    (ARTICLE, ARTICLE + "?fbclid=IwAR0x"),
    (ARTICLE, ARTICLE + "?gclid=Cj0"),
    (ARTICLE, ARTICLE + "?xtor=RSS-16"),
    (ARTICLE, ARTICLE + "?mc_cid=a1&mc_eid=b2"),
    (ARTICLE, ARTICLE + "?ref=homepage"),
    (ARTICLE, ARTICLE + "?amp=1"),
    (ARTICLE, ARTICLE + "?amp"),
    (ARTICLE, ARTICLE + "?outputType=amp"),
    (ARTICLE, ARTICLE + "?print=1"),
    (ARTICLE, ARTICLE + "?tmpl=component&print=1"),
    (ARTICLE, ARTICLE + "?PHPSESSID=5b0c9d"),
    (ARTICLE, ARTICLE + "?jsessionid=5b0c9d"),
    (ARTICLE, ARTICLE + "?sid=9f86d081884c7d65"),
    (ARTICLE, ARTICLE + "?replytocom=4711"),
    (ARTICLE, ARTICLE + "?_=1700000000000"),
    ("https://journal.example/a?b=2&a=1", "https://journal.example/a?a=1&b=2"),
    ("https://journal.example/a?b=2&a=1", "https://journal.example/a/?b=2&amp;a=1&amp;utm_id=3"),
    ("https://journal.example/a?q=x+y", "https://journal.example/a?q=x%20y"),
    ("https://journal.example/a?q=x+y", "https://journal.example/a?q=x y"),
    ("https://journal.example/a?b=", "https://journal.example/a?b"),
    # Unicode
    (ARABIC, "https://sahifa.example/" + quote("أخبار/الجزائر-والمغرب")),
    (ARABIC, "https://sahifa.example/" + quote("أخبار/الجزائر-والمغرب").lower()),
    ("https://journal.example/été", "https://journal.example/e\u0301te\u0301"),
    ("https://journal.example/été", "https://journal.example/%C3%A9t%C3%A9"),
    ("https://journal.example/été", "https://journal.example/e%CC%81te%cc%81"),
    ("https://journal.example/?t=%C3%A9", "https://journal.example/?t=é"),
    ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
    ("https://BÜCHER.example/a", "https://xn--bcher-kva.example/a"),
    ("https://bu\u0308cher.example/a", "https://xn--bcher-kva.example/a"),
    ("https://موقع.example/a", "https://xn--4gbrim.example/a"),
    ("https://journal。example/a", "https://journal.example/a"),
    ("http://[2001:DB8:0:0::1]/a", "http://[2001:db8::1]/a"),
]

APART = [
    ("https://journal.example/?id=1", "https://journal.example/?id=2"),
    ("https://journal.example/", "https://journal.example/?page=backend"),
    ("https://journal.example/spip.php?page=backend", "https://journal.example/spip.php"),
    ("https://journal.example/monde?page=2", "https://journal.example/monde"),
    ("https://journal.example/monde?debut_articles=20", "https://journal.example/monde?debut_articles=40"),
    ("https://journal.example/spip.php?article12", "https://journal.example/spip.php?article13"),
    ("https://journal.example/index.php?id=1", "https://journal.example/index.php?id=2"),
    ("https://journal.example/index.php/slug", "https://journal.example/"),
    ("https://journal.example/modules.php?name=News&sid=12", "https://journal.example/modules.php?name=News&sid=13"),
    ("https://journal.example/?m=202401", "https://journal.example/"),
    ("https://journal.example/a?ref=1234", "https://journal.example/a?ref=1235"),
    ("https://journal.example/a?s=alger", "https://journal.example/a"),
    ("https://journal.example/A", "https://journal.example/a"),
    ("https://journal.example/a%2Fb", "https://journal.example/a/b"),
    ("https://journal.example/a%3Fb", "https://journal.example/a?b"),
    ("https://journal.example/a?q=x%2By", "https://journal.example/a?q=x+y"),
    ("https://journal.example/a?q=x%26y", "https://journal.example/a?q=x&y"),
    ("https://journal.example:8080/a", "https://journal.example/a"),
    ("https://ar.journal.example/a", "https://fr.journal.example/a"),
    ("https://m.example/a", "https://example/a"),
    ("https://journal.example/amp", "https://journal.example/"),
    ("https://journal.example/caf%E9", "https://journal.example/caf%C3%A9"),
    ("https://journal.example/feed", "https://journal.example/"),
]

REFUSED = [
    "",
    "   ",
    "journal.example/a",
    "//journal.example/a",
    "/a",
    "mailto:redaction@journal.example",
    "javascript:alert(1)",
    "file:///etc/hostname",
    "data:text/html,x",
    "ftp://journal.example/a",
    "http://",
    "http:///a",
    "http:journal.example",
    "http://user:secret@journal.example/a",
    "http://user@journal.example/a",
    "http://interne\\@journal.example/",
    "http://journal.example\\a",
    "http://journal.example:99999/",
    "http://journal.example:x/",
    "http://[::1/",
    "http://[fe80::1%25eth0]/",
    "http://jour nal.example/",
    "http://journal..example/",
    "http://journal.example/a\x00b",
    "http://journal.example/\ud800",
    "http://" + "é" * 5_000 + ".example/",
    "http://" + "a" * 64 + ".example/",
]


def pieces(*parts: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(parts), max_size=14).map("".join)


texts = st.text(max_size=60)
urls = st.builds(
    lambda scheme, host, path, query: f"{scheme}://{host}/{path}?{query}",
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(
        ["a.example", "www.a.example", "m.amp.a.example", "é.example", "a.example:443", "a.example:80", "a.example:81", "[::1]"]
    ),
    pieces(*"/.%;=&aé\u0301\u037e?#()S+", "%2e", "%C3", "%A9", "amp", "print", "index.php", ";sid=x", ".amp.html"),
    pieces(*"&=+;%aé\u0301?/_", "amp;", "utm_x", "sid", "%26", "%3d", "page", "print"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_torture_61_spellings_of_one_address_share_a_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_torture_61_different_addresses_keep_different_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


def test_torture_60_arabic_slug_raw_encoded_and_decomposed() -> None:
    slug = "مؤتمر-آسيا"
    spellings = {slug, unicodedata.normalize("NFD", slug), quote(slug), quote(unicodedata.normalize("NFD", slug)), quote(slug).lower()}
    assert len(spellings) == 5
    assert len({url_key(f"https://sahifa.example/{spelling}/") for spelling in spellings}) == 1


@pytest.mark.parametrize("url", REFUSED)
def test_torture_44_what_is_no_address_is_refused(url: str) -> None:
    for function in (url_key, host_of, site_of, is_home):
        with pytest.raises(ValueError):
            function(url)
    assert clean_url(url) is None


@pytest.mark.parametrize("length", [2_050, 10_000, 1_000_000])
def test_torture_59_overlong_addresses_are_refused(length: int) -> None:
    url = "https://journal.example/" + "a" * (length - 24)
    assert len(url) == length
    assert clean_url(url) is None
    with pytest.raises(ValueError):
        url_key(url)


def test_torture_59_the_longest_address_allowed() -> None:
    url = "https://journal.example/" + "a" * (MAX_LENGTH - 24)
    assert clean_url(url) == url
    assert len(url_key(url)) == MAX_LENGTH - 1


def test_a_long_tracking_tail_does_not_refuse_an_address() -> None:
    assert url_key(ARTICLE + "?fbclid=" + "x" * 4_000) == url_key(ARTICLE)


@given(urls)
@example("http://a.example/;sid=x/amp/index.php?amp;utm_x=1")
@example("https://a.example:80/")
def test_the_key_is_its_own_key_and_fetchable(url: str) -> None:
    try:
        key = url_key(url)
    except ValueError:
        return
    assert url_key(key) == key
    assert key.isascii()
    assert clean_url(key) is not None


@given(urls)
def test_cleaning_keeps_the_identity_and_is_stable(url: str) -> None:
    cleaned = clean_url(url)
    if cleaned is None:
        return
    assert url_key(cleaned) == url_key(url)
    assert clean_url(cleaned) == cleaned
    assert host_of(cleaned) == urlsplit(cleaned).netloc


@given(st.lists(st.sampled_from(["a=1", "b=2", "b=3", "c", "é=ü", "utm_source=x", "page=2"]), unique=True), st.randoms())
def test_parameter_order_does_not_matter(parameters: list[str], chance: object) -> None:
    shuffled = list(parameters)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert url_key("https://a.example/x?" + "&".join(parameters)) == url_key("https://a.example/x?" + "&".join(shuffled))


@given(st.one_of(texts, texts.map("http://".__add__), texts.map("https://a.example/".__add__), texts.map("https://a.example?".__add__)))
@example("http://\u2100.example/")
@example("http://xn--/")
@example("http://[::1]x/")
@example("http://١.example/")
def test_any_text_is_either_an_address_or_a_value_error(text: str) -> None:
    for function in (url_key, host_of, site_of):
        try:
            function(text)
        except ValueError:
            continue
    clean_url(text)


def test_the_real_host_is_kept_for_politeness() -> None:
    assert host_of("https://WWW.Journal.Example:443/a") == "www.journal.example"
    assert host_of("http://journal.example:8080/a") == "journal.example:8080"
    assert host_of("http://journal.example:443/a") == "journal.example:443"
    assert host_of("https://Bücher.example/") == "xn--bcher-kva.example"


def test_the_site_leaves_out_www_and_the_port() -> None:
    assert site_of("https://www.journal.example:8443/a") == "journal.example"
    assert site_of("https://ar.journal.example/") == "ar.journal.example"


def test_home_pages_are_told() -> None:
    assert is_home("https://www.journal.example/index.html?utm_source=x")
    assert not is_home("https://journal.example/?id=3")
    assert not is_home("https://journal.example/monde")


def test_clean_url_makes_an_address_fetchable() -> None:
    assert clean_url(" HTTPS://Journal.Example:443/a b/é?q=ü&x=1#top ") == "https://journal.example/a%20b/%C3%A9?q=%C3%BC&x=1"
    assert clean_url("http://journal.example") == "http://journal.example/"
    assert clean_url("http://journal.example/a/../b/.") == "http://journal.example/b/"
    assert clean_url("http://journal.example/100%/%e9") == "http://journal.example/100%25/%e9"
    assert clean_url("https://www.journal.example/a/?utm_source=x") == "https://www.journal.example/a/?utm_source=x"
