"""The list of the demo newspapers."""

from __future__ import annotations

from crawlers.demo.paper import Paper
from crawlers.demo.papers.daily import Assahl
from crawlers.demo.papers.portal import FilDuMatin
from crawlers.demo.papers.spip import CourrierDesRives
from crawlers.demo.papers.strait import MiradorDelEstrecho
from crawlers.demo.papers.wordpress import LaguneMagazine


def all_papers() -> tuple[Paper, ...]:
    """Return the newspapers, freshly composed: always the same ones."""
    return (CourrierDesRives(), LaguneMagazine(), FilDuMatin(), MiradorDelEstrecho(), Assahl())
