"""The list of the demo newspapers."""

from __future__ import annotations

from crawlers.demo.paper import Paper
from crawlers.demo.papers.spip import CourrierDesRives


def all_papers() -> tuple[Paper, ...]:
    """Return the newspapers, freshly composed: always the same ones."""
    return (CourrierDesRives(),)
