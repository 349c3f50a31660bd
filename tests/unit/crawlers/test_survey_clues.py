"""The clues of a survey, one by one: what a head states, the system, the form of addresses, the zone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.address_pattern import propose
from crawlers.discovery.head import Head, read_head
from crawlers.findings import SystemFound
from crawlers.systems import recognise, with_own_first
from crawlers.zone_clues import find_zone, stamps_in


class TestHead:
    def test_language_title_and_metas(self):
        head = read_head(
            b'<html lang="fr-MA"><head><title>Le  Journal &amp; Co</title><meta property="og:site_name" content="Le Journal">'
            b'<META NAME="Generator" content="SPIP 4"><meta name="generator" content="other"></head>'
            b"<body><svg><title>Logo</title></svg></body></html>"
        )
        assert (head.language, head.title) == ("fr-MA", "Le Journal & Co")
        assert head.metas == {"og:site_name": "Le Journal", "generator": "SPIP 4"}

    def test_letters_of_the_declared_charset(self):
        body = "<html><head><title>Économie</title></head></html>".encode("latin-1")
        assert read_head(body, "text/html; charset=iso-8859-1").title == "Économie"

    def test_empty_content_states_nothing(self):
        assert read_head(b'<meta name="generator" content=" "><meta content="x"><meta name="a">').metas == {}

    @given(st.binary(max_size=400))
    def test_never_raises(self, body):
        assert isinstance(read_head(b"<html lang='x'>" + body), Head)

    def test_a_broken_declaration_ends_nothing_before_it(self):
        assert read_head(b"<html lang='ar'><title>A</title><![foo").language == "ar"


class TestSystems:
    @pytest.mark.parametrize(
        ("generator", "name"),
        [
            ("WordPress 6.4", "WordPress"),
            ("SPIP 4.2 [x]", "SPIP"),
            ("Drupal 10 (https://www.drupal.org)", "Drupal"),
            ("Joomla! - Open", "Joomla"),
        ],
    )
    def test_by_generator(self, generator, name):
        found = recognise(Head(metas={"generator": generator}), (), b"", "paper.test")
        assert found == SystemFound(name, f"generator: {generator}")

    def test_by_header(self):
        found = recognise(Head(), (("Composed-By", "SPIP 3 @ www.spip.net"),), b"", "paper.test")
        assert found is not None
        assert found.name == "SPIP"

    @pytest.mark.parametrize(
        ("body", "name"),
        [
            (b'<link href="/wp-content/themes/x/style.css">', "WordPress"),
            (b'<img src="https://paper.test/wp-content/uploads/1.jpg">', "WordPress"),
            (b'<a href="spip.php?page=backend">', "SPIP"),
            (b'<img src="/sites/default/files/a.jpg">', "Drupal"),
            (b'<script src="/media/jui/js/jquery.js">', "Joomla"),
        ],
    )
    def test_by_its_own_addresses(self, body, name):
        found = recognise(Head(), (), body, "paper.test")
        assert found is not None
        assert found.name == name
        assert found.why.startswith("addresses such as ")

    def test_a_link_to_another_sites_system_proves_nothing(self):
        assert recognise(Head(), (), b'<a href="https://other.test/wp-content/x.pdf">', "paper.test") is None

    def test_unknown(self):
        assert recognise(Head(metas={"generator": "Handmade"}), (), b"<p>wp-content</p>", "paper.test") is None

    def test_its_own_habit_is_tried_first(self):
        assert with_own_first(("a", "b", "c"), "b") == ("b", "a", "c")
        assert with_own_first(("a", "b"), None) == ("a", "b")


class TestAddressPattern:
    @pytest.mark.parametrize(
        ("form", "words"),
        [
            ("/le-titre-long,{n}.html", "slug,ID.html"),
            ("/article{n}.html", "articleID.html"),
            ("/2024/03/05/un-titre-{n}", "/YYYY/MM/DD/slug"),
            ("/2024/03/un-titre-{n}/", "/YYYY/MM/slug"),
            ("/node/{n}", "/node/ID"),
            ("/index.php?p={n}", "a number in the query"),
            ("/politique/un-titre-{n}.html", "slug-ID.html"),
            ("/articulo/slug/2024{n}.html", "/ID.html"),
            ("/un-titre-{n}", "slug-ID"),
            ("/actu/{n}-un-titre", "/ID-slug"),
        ],
    )
    def test_the_forms(self, form, words):
        urls = [f"https://paper.test{form.format(n=n)}" for n in range(1000, 1010)]
        found = propose(urls)
        assert found is not None
        assert (found.words, found.matched, found.of) == (words, 10, 10)

    def test_a_tenth_may_differ(self):
        urls = [f"https://paper.test/titre,{n}.html" for n in range(9)]
        assert propose([*urls, "https://paper.test/autre"]) is not None
        assert propose([*urls, "https://paper.test/autre", "https://paper.test/encore"]) is None

    def test_few_addresses_have_no_form(self):
        assert propose([f"https://paper.test/titre,{n}.html" for n in range(4)]) is None
        assert propose([]) is None

    def test_one_address_spelt_twice_counts_once(self):
        urls = [f"https://paper.test/titre,{n}.html" for n in range(6)]
        found = propose([*urls, *(f"{url}?utm_source=rss" for url in urls)])
        assert found is not None
        assert found.of == 6


class TestZone:
    def test_stamps_with_offsets(self):
        body = b'"datePublished":"2024-07-02T09:00:00+01:00" <pubDate>Tue, 02 Jul 2024 09:00:00 +0100</pubDate> 2024-07-02T09:00+0100'
        assert [stamp.utcoffset() for stamp in stamps_in(body)] == [timedelta(hours=1)] * 3

    def test_utc_and_nonsense_prove_nothing(self):
        assert stamps_in(b"2024-07-02T09:00:00+00:00 2024-07-02T09:00:00Z 2024-99-02T09:00:00+01:00 Tue, 02 Jul 2024 09:00:00 +0000") == []

    def test_host_and_dates_agree(self):
        found = find_zone("https://www.paper.tn/", None, stamps_in(b"2024-07-02T09:00:00+01:00 2024-01-02T09:00:00+01:00"))
        assert (found.country, found.zone, found.agreed, found.offsets) == ("TN", "Africa/Tunis", 2, ("+01:00",))

    def test_one_date_of_another_zone_leaves_a_guess(self):
        found = find_zone("https://www.paper.tn/", None, stamps_in(b"2024-07-02T09:00:00+01:00 2024-07-02T09:00:00+02:00"))
        assert (found.zone, found.agreed) == ("Africa/Tunis", 0)

    def test_the_hosts_name_alone_is_a_guess(self):
        found = find_zone("https://paper.dz/", "ar-MA", ())
        assert (found.country, found.zone, found.agreed) == ("DZ", "Africa/Algiers", 0)
        assert found.country_from == "the host's name ends in .dz"

    def test_the_region_of_the_language_is_a_guess(self):
        found = find_zone("https://paper.com/", "fr-TG", ())
        assert (found.country, found.zone) == ("TG", "Africa/Lome")
        assert found.country_from == 'the home page says lang="fr-TG"'

    @pytest.mark.parametrize(
        "home", ["https://paper.com/", "https://paper.io/", "https://paper.tv/", "https://127.0.0.1/", "https://paper.test/"]
    )
    @pytest.mark.parametrize("language", [None, "fr", "fr-FR", "en_US", "nonsense", "fr-XX"])
    def test_no_country(self, home, language):
        found = find_zone(home, language, stamps_in(b"2024-07-02T09:00:00+01:00"))
        assert (found.country, found.zone, found.agreed) == (None, None, 0)
        assert found.offsets == ("+01:00",)

    def test_a_country_of_several_zones_has_none(self):
        found = find_zone("https://paper.br/", None, ())
        assert (found.country, found.zone) == ("BR", None)

    def test_the_united_kingdom_has_a_code_of_its_own(self):
        assert find_zone("https://paper.co.uk/", None, ()).zone == "Europe/London"

    def test_negative_and_half_hours(self):
        assert find_zone("https://p.com/", None, stamps_in(b"2024-07-02T09:00:00-03:30")).offsets == ("-03:30",)
