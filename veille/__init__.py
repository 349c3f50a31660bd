"""The front door: the command, the Python API and the settings of veille.

    import veille

    with veille.open("press.db") as watch:
        for hit in watch.search("énergie solaire", language="fr"):
            print(hit.article.published_on, hit.article.title)

    article = veille.read(html, url="https://www.example.org/a,12.html")

Everything is loaded when it is first used: `import veille` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from veille.guard import check_houses

if TYPE_CHECKING:
    from db.errors import VeilleError
    from db.readings import Article, Hit, Rejected, StoredArticle
    from veille.one_page import read
    from veille.watch import KeptPage, Watch
    from veille.watch import open_watch as open  # noqa: A004  (veille.open reads best, and nobody imports it by star)

HOUSE = "veille"
__version__ = "0.1.0"

_PUBLIC = {
    "Article": "db.readings",
    "Hit": "db.readings",
    "KeptPage": "veille.watch",
    "Rejected": "db.readings",
    "StoredArticle": "db.readings",
    "VeilleError": "db.errors",
    "Watch": "veille.watch",
    "open": "veille.watch:open_watch",
    "read": "veille.one_page",
}
"""Where each public name lives."""

__all__ = ["Article", "Hit", "KeptPage", "Rejected", "StoredArticle", "VeilleError", "Watch", "__version__", "open", "read"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'veille' has no attribute {name!r}")
    check_houses()
    module, _, attribute = _PUBLIC[name].partition(":")
    return getattr(importlib.import_module(module), attribute or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
