"""The bundled source files: all usable, and saying only what is known."""

from __future__ import annotations

import re
from datetime import date

import pytest

from crawlers.pagination import Pagination
from crawlers.registry import BUNDLED, TEMPLATES, Registry
from crawlers.source import Source, path_of

REGISTRY = Registry()


def test_every_bundled_file_is_usable():
    assert REGISTRY.problems() == []
    assert len(REGISTRY.names()) >= 10


@pytest.mark.parametrize("name", REGISTRY.names())
def test_a_file_lies_in_its_countrys_folder_under_its_own_name(name):
    source = REGISTRY.get(name)
    assert source.path is not None
    assert source.country is not None
    assert source.path.parent.name == source.country.lower()
    assert source.path.stem == source.name
    assert source.checked is None, "nobody has compared these files with their sites yet"


@pytest.mark.parametrize("name", REGISTRY.names())
def test_no_selector_is_invented(name):
    for layout in REGISTRY.get(name).layouts:
        assert (layout.body, layout.title, layout.date, layout.authors, layout.section, layout.tags) == (None,) * 6


def allowed(name, url):
    source = REGISTRY.get(name)
    return source.is_on_site(url) and any(re.search(pattern, path_of(url)) for pattern in source.allow)


def test_bladi():
    bladi = REGISTRY.get("bladi")
    assert bladi.feeds == ("https://www.bladi.net/spip.php?page=backend",)
    assert allowed("bladi", "https://www.bladi.net/maroc-espagne-frontiere,39876.html")
    assert not allowed("bladi", "https://www.bladi.net/maroc.html")
    assert [(layout.since, layout.until) for layout in bladi.layouts] == [(None, date(2021, 1, 1)), (date(2021, 1, 1), None)]


def test_linvestigateurafricain():
    source = REGISTRY.get("linvestigateurafricain")
    assert source.feeds == ("https://linvestigateurafricain.tg/feed/",)
    assert source.sitemaps == ("https://linvestigateurafricain.tg/wp-sitemap.xml",)
    assert source.listings[0].pagination == Pagination("path", "/page/", "/")
    assert allowed(source.name, "https://linvestigateurafricain.tg/2020/10/un-accord-militaire/")
    assert not allowed(source.name, "https://linvestigateurafricain.tg/2020/10/")
    assert not allowed(source.name, "https://linvestigateurafricain.tg/2020/10/page/2/")
    assert source.time_zone == "Africa/Lome"


@pytest.mark.parametrize(
    ("path", "edition"),
    [
        ("/fr/articulo/p/t/1.html", "fr"),
        ("/en/articulo/x", "en"),
        ("/ar/articulo/x", "ar"),
        ("/es/articulo/x", "es"),
        ("/articulo/x", "es"),
    ],
)
def test_atalayar_is_one_source_of_four_editions(path, edition):
    atalayar = REGISTRY.get("atalayar")
    assert next(name for pattern, name in atalayar.editions if re.match(pattern, path)) == edition
    assert allowed("atalayar", "https://www.atalayar.com/fr/articulo/politique/un-titre/20231011120000192345.html")


def test_the_template_is_no_active_source_but_a_usable_file():
    (path,) = (BUNDLED / TEMPLATES).glob("*.toml")
    assert Source.load(path).name not in REGISTRY.names()
