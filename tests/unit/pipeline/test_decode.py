"""Bytes to text: the right letters, whatever is declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps.characters import one_line, tidy, valid_source
from pipeline.steps.decode import decode

FRENCH = "L'été à Alger : très chaud, où l'on rêve de glaçons, d'œufs et de forêts – « déjà », dit-on. Ça coûte 3 € la journée."
SPANISH = "El año pasado, según la señora Núñez, llovió más en Cádiz que en Málaga. ¿Cuándo volverá el buen tiempo? ¡Ojalá mañana!"
ARABIC = "أعلنت وزارة الفلاحة أن موسم الحصاد بدأ مبكرا هذا العام بسبب قلة الأمطار في السهول، وأن الدعم سيصل إلى صغار المزارعين"
RUSSIAN = "Вчера вечером в порту открыли новый причал, и рыбаки впервые за два года вернулись с уловом на рынок."
POLISH = "Zażółć gęślą jaźń: w środę słońce świeciło nad Łodzią, a późnym wieczorem spadł śnieg i zrobiło się ślisko."


def html(text: str, meta: str | None = None) -> str:
    declared = f'<meta charset="{meta}">' if meta else ""
    return f"<!DOCTYPE html><html><head>{declared}<title>x</title></head><body><p>{text}</p></body></html>"


def header(charset: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", f"text/html; charset={charset}"),)


LABELLED = [
    ("latin-1 declared utf-8 in the header", FRENCH, "cp1252", None, "utf-8"),
    ("latin-1 declared utf-8 in the page", FRENCH, "cp1252", "utf-8", None),
    ("utf-8 declared latin-1 in the header", FRENCH, "utf-8", None, "iso-8859-1"),
    ("utf-8 declared latin-1 in the page", FRENCH, "utf-8", "iso-8859-1", None),
    ("utf-8 declared windows-1252 twice", SPANISH, "utf-8", "windows-1252", "windows-1252"),
    ("french, nothing declared", FRENCH, "cp1252", None, None),
    ("spanish, nothing declared", SPANISH, "cp1252", None, None),
    ("spanish latin-1, declared", SPANISH, "cp1252", "iso-8859-1", None),
    ("arabic windows-1256, declared", ARABIC, "cp1256", "windows-1256", None),
    ("arabic windows-1256, nothing declared", ARABIC, "cp1256", None, None),
    ("arabic windows-1256, declared utf-8", ARABIC, "cp1256", "utf-8", None),
    ("arabic windows-1256, declared latin-1", ARABIC, "cp1256", None, "iso-8859-1"),
    ("arabic utf-8, declared windows-1256", ARABIC, "utf-8", "windows-1256", None),
    ("arabic utf-8, nothing declared", ARABIC, "utf-8", None, None),
    ("russian windows-1251, declared", RUSSIAN, "cp1251", "windows-1251", None),
    ("russian windows-1251, nothing declared", RUSSIAN, "cp1251", None, None),
    ("polish latin-2, declared", POLISH, "iso8859-2", "iso-8859-2", None),
    ("utf-16 with a mark", FRENCH, "utf-16", None, "utf-8"),
    ("utf-16 without a mark", FRENCH, "utf-16-le", None, None),
    ("utf-16 big end first without a mark", ARABIC + FRENCH, "utf-16-be", "utf-8", None),
    ("utf-8 mark against a header", FRENCH, "utf-8-sig", None, "iso-8859-1"),
    ("utf-32 with a mark", FRENCH, "utf-32", None, None),
    ("japanese iso-2022-jp", "東京の新聞", "iso2022_jp", "iso-2022-jp", None),
    ("chinese gbk declared gb2312", "这是一个新闻网站的标题", "gbk", "gb2312", None),
    ("ascii", "plain words only", "ascii", None, None),
]


@pytest.mark.parametrize(("text", "encoding", "meta", "http"), [row[1:] for row in LABELLED], ids=[row[0] for row in LABELLED])
def test_torture_70_the_right_letters_come_out(text, encoding, meta, http):
    decoded = decode(html(text, meta).encode(encoding), header(http) if http else ())
    assert text in decoded.text
    assert decoded.why


def test_torture_70_stray_latin_bytes_in_a_utf8_page_are_read_one_by_one():
    body = html(FRENCH).encode() + "publicité payée".encode("cp1252")
    decoded = decode(body, header("utf-8"))
    assert FRENCH in decoded.text
    assert decoded.text.endswith("publicité payée")
    assert "2 stray bytes" in decoded.why


def test_a_text_that_was_encoded_twice_is_read_back():
    twice = html(FRENCH).encode("utf-8").decode("cp1252").encode("utf-8")
    assert FRENCH in decode(twice).text


def test_a_text_about_mojibake_is_left_alone():
    text = html("Le signe Ã© s'affiche parfois à la place de é ; œuvre, élève, forêt, Âge. 日本")
    assert decode(text.encode()).text == text


@pytest.mark.parametrize("label", ["rot13", "unicode_escape", "idna", "x-unknown", "utf-7", "punycode", "base64"])
def test_a_label_that_names_no_charset_is_ignored(label):
    assert "déjà" in decode(html("déjà vu, hélas, à l'été").encode("cp1252"), header(label)).text


def test_torture_71_what_no_database_takes_is_gone():
    text = decode("<p>a\x00b\ufffec\ufeffd\x0be</p>".encode()).text
    assert text == "<p>abcde</p>"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("pou\u00advoir", "pouvoir"),
        ("zero\u200bwidth\u2060joined", "zerowidthjoined"),
        ("\u202bعربي\u202c", "عربي"),
        ("\u2067rtl\u2069", "rtl"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("la\u200ctin", "latin"),
        ("l\u0092eau", "l’eau"),
        ("prix\u00a0: 3\u202f€", "prix : 3 €"),
        ("e\u0301te\u0301", "été"),
        ("a\ud800b", "ab"),
        ("un\u2028deux", "un\ndeux"),
        ("a\u0000\u0007b", "ab"),
    ],
)
def test_torture_71_invisible_characters_follow_one_rule(written, kept):
    assert tidy(written) == kept


def test_one_line_takes_none_for_nothing():
    assert one_line(None) == ""
    assert one_line("  un \n deux\t") == "un deux"


@given(st.binary(max_size=400), st.sampled_from(["", "utf-8", "iso-8859-1", "windows-1256", "utf-16", "shift_jis", "big5", "x"]))
def test_decode_never_raises_and_gives_storable_text(body, label):
    text = decode(body, header(label)).text
    text.encode("utf-8")
    assert "\x00" not in text


@given(st.text(max_size=200))
def test_tidy_is_idempotent(text):
    once = tidy(text)
    assert tidy(once) == once
    assert valid_source(once) == once
    once.encode("utf-8")


@given(
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x6FF, exclude_categories=("Cs", "Cc", "Cf")), min_size=1, max_size=80)
)
def test_any_utf8_page_is_read_as_written_unless_it_looks_encoded_twice(text):
    source = html(text)
    decoded = decode(source.encode("utf-8"), header("iso-8859-1"))
    assert decoded.text == source or any(mark in source for mark in "ÃÂØÙâ")
