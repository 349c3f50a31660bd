"""The names `import veille` offers, and where they come from."""

from __future__ import annotations

import pytest

import veille


def test_the_public_names_are_these():
    assert sorted(veille.__all__) == [
        "Article",
        "Hit",
        "KeptPage",
        "Rejected",
        "StoredArticle",
        "VeilleError",
        "Watch",
        "__version__",
        "open",
        "read",
    ]


@pytest.mark.parametrize("name", veille.__all__)
def test_each_public_name_is_there_and_listed(name):
    assert getattr(veille, name) is not None
    assert name in dir(veille)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'veille' has no attribute 'serach'"):
        _ = veille.serach


def test_the_version_is_the_distributions():
    from importlib.metadata import version

    assert veille.__version__ == version("veille")


@pytest.mark.parametrize("html", ["<html></html>", None])
def test_a_page_that_is_not_bytes_is_refused_at_the_door(html):
    with pytest.raises(TypeError, match=r"html must be bytes, as fetched, not .*: read the file with mode 'rb'"):
        veille.read(html, url="https://www.example.org/a")
